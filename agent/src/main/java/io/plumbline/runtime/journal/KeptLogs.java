package io.plumbline.runtime.journal;

import io.plumbline.core.observed.Ending;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.RunState;
import io.plumbline.core.plan.Verdict;
import io.plumbline.core.rollout.FailedLog;
import io.plumbline.core.rollout.HealthEvidence;
import io.plumbline.port.Engine;
import io.plumbline.port.LogStart;
import io.plumbline.port.PlumblineException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
public final class KeptLogs {
    private static final Logger LOG = LoggerFactory.getLogger(KeptLogs.class);
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final int QUOTED_LINES = 3;
    private static final int LONGEST_QUOTE = 300;

    private final String pipeline;
    private final World world;
    private final Journal journal;

    public KeptLogs(String pipeline, World world, Journal journal) {
        this.pipeline = pipeline;
        this.world = world;
        this.journal = journal;
    }

    /**
     * Keeps the log of a failed container.
     *
     * @param release the release of the deployment
     * @return the last lines, shortened, for the evidence; empty if there are none
     */
    public List<String> failed(Engine engine, LiveContainer c, String release) {
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
    public void beforeRemoval(Engine engine, LiveContainer c) {
        var release = c.label(Labels.RELEASE);
        boolean began = c.state() != RunState.CREATED;
        if (began && journal.state().quarantineOf(release).isPresent()) {
            keep(engine, c, release, read(engine, c));
        }
    }

    private void keep(Engine engine, LiveContainer c, String release, List<String> lines) {
        var d = journal.state().deployment();
        boolean failed = c.lastCheck() != null && !c.lastCheck().passed();
        var log =
                new FailedLog(
                        release,
                        d == null ? "" : d.id(),
                        engine.name(),
                        c.label(Labels.SERVICE),
                        c.name(),
                        state(c),
                        failed ? HealthEvidence.of(c, Verdict.UNHEALTHY) : "",
                        world.ticker().now(),
                        lines);
        try {
            world.ledger().keepLog(pipeline, log);
        } catch (PlumblineException e) {
            LOG.warn("{}: the log of {} is not kept: {}", pipeline, c.name(), e.toString());
        }
    }

    /** Returns the container's state for display: {@code exited with code 1}. */
    public static String state(LiveContainer c) {
        return switch (c.state()) {
            case EXITED, DEAD -> Ending.sentence(c);
            case RUNNING, RESTARTING, PAUSED, CREATED, REMOVING ->
                    c.state().name().toLowerCase(Locale.ROOT);
        };
    }

    private List<String> read(Engine engine, LiveContainer c) {
        var lines = new ArrayDeque<String>();
        var end = new CompletableFuture<Boolean>();
        try (var _ =
                engine.logs(
                        c.id(),
                        new LogStart.Tail(FailedLog.MOST_LINES),
                        false,
                        line -> add(lines, world.secrets().redact(line.text())),
                        () -> end.complete(true))) {
            world.ticker().tasks().get(end, DEADLINE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (PlumblineException | ExecutionException | TimeoutException e) {
            LOG.info("{}: the log of {} cannot be read: {}", pipeline, c.name(), e.toString());
        } catch (Exception e) {
            LOG.debug("pipeline={} closing the log of {}: {}", pipeline, c.name(), e.toString());
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
