package io.plumbline.engine.docker.apply;

import io.plumbline.core.rollout.FailedLog;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.health.HealthEvidence;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.engine.docker.plan.Replicas;
import io.plumbline.port.LogStart;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.SliceOwner;
import io.plumbline.runtime.engine.DriverSetup;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reader of the logs of failed releases, for one pipeline on one engine. It keeps the last
 * lines in the ledger: when a container fails its deployment, and again before a container of a
 * quarantined release is removed. A log that cannot be read delays nothing. Secret values are
 * removed from the lines. One thread only.
 */
final class KeptLogs {
    private static final Logger LOG = LoggerFactory.getLogger(KeptLogs.class);
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final int QUOTED_LINES = 3;
    private static final int LONGEST_QUOTE = 300;

    private final SliceOwner owner;
    private final DriverSetup setup;

    KeptLogs(SliceOwner owner, DriverSetup setup) {
        this.owner = owner;
        this.setup = setup;
    }

    /**
     * Keeps the log of a failed container.
     *
     * @param release the release of the deployment
     * @return the last lines, shortened, for the evidence; empty if there are none
     */
    public List<String> failed(EngineClient engine, LiveContainer c, String release) {
        var lines = read(engine, c);
        keep(engine, c, release, lines);
        var out = new ArrayDeque<String>();
        for (var line : lines.reversed()) {
            if (!line.isBlank() && out.size() < QUOTED_LINES) {
                var text = line.strip();
                out.addFirst(
                        text.length() <= LONGEST_QUOTE
                                ? text
                                : text.substring(0, LONGEST_QUOTE) + "...");
            }
        }
        return List.copyOf(out);
    }

    /** Keeps the log of a container before its removal, if its release is quarantined. */
    public void beforeRemoval(EngineClient engine, LiveContainer c) {
        var release = c.label(Labels.RELEASE);
        boolean began = c.state() != RunState.CREATED;
        if (began && owner.state().quarantineOf(release).isPresent()) {
            keep(engine, c, release, read(engine, c));
        }
    }

    private void keep(EngineClient engine, LiveContainer c, String release, List<String> lines) {
        var d = owner.state().deployment();
        boolean failed = c.lastCheck() != null && !c.lastCheck().passed();
        var log =
                new FailedLog(
                        release,
                        d == null ? "" : d.id(),
                        engine.name(),
                        c.label(Labels.SERVICE),
                        c.name(),
                        Replicas.state(c),
                        failed ? HealthEvidence.of(c, Verdict.UNHEALTHY) : "",
                        setup.ticker().now(),
                        lines);
        try {
            setup.ledger().keepLog(owner.pipeline(), log);
        } catch (PlumblineException e) {
            LOG.warn("{}: the log of {} is not kept: {}", owner.pipeline(), c.name(), e.toString());
        }
    }

    private List<String> read(EngineClient engine, LiveContainer c) {
        var lines = new ArrayDeque<String>();
        var end = new CompletableFuture<Boolean>();
        try (var _ =
                engine.logs(
                        c.id(),
                        new LogStart.Tail(FailedLog.MOST_LINES),
                        false,
                        line -> add(lines, setup.secrets().redact(line.text())),
                        () -> end.complete(true))) {
            setup.ticker().tasks().get(end, DEADLINE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (PlumblineException | ExecutionException | TimeoutException e) {
            LOG.info(
                    "{}: the log of {} cannot be read: {}",
                    owner.pipeline(),
                    c.name(),
                    e.toString());
        } catch (Exception e) {
            LOG.debug(
                    "pipeline={} closing the log of {}: {}",
                    owner.pipeline(),
                    c.name(),
                    e.toString());
        }
        synchronized (lines) {
            return new ArrayList<>(lines);
        }
    }

    private static void add(ArrayDeque<String> lines, String line) {
        synchronized (lines) {
            lines.add(line);
            if (lines.size() > FailedLog.MOST_LINES) {
                lines.remove();
            }
        }
    }
}
