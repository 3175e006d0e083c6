package io.plumbline.runtime.control;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.FailedLog;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.Quarantine;
import io.plumbline.port.LogChoice;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.pipeline.Inquiry;
import io.plumbline.runtime.pipeline.PipelineWorker;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The location of a service's log: existing containers, or the ledger.
 *
 * <p>The questions are made on the pipeline's own thread; the engines are asked on the caller's.
 */
final class ServiceLogs {
    private static final int DEPLOYMENTS = 1000;

    private final Agent agent;
    private final PipelineWorker worker;
    private final String service;

    ServiceLogs(Agent agent, PipelineWorker worker, String service) {
        this.agent = agent;
        this.worker = worker;
        this.service = service;
    }

    /** The location of a log. */
    sealed interface LogOf {

        /**
         * Existing containers.
         *
         * @param found at least one
         * @param replaced whether other containers run in their place
         */
        record Replicas(List<Inquiry.Found> found, boolean replaced) implements LogOf {}

        /** Lines in the ledger, because the containers no longer exist. */
        record Kept(List<FailedLog> logs) implements LogOf {}
    }

    /**
     * Finds the log.
     *
     * @throws PlumblineException {@code MISSING} if there is none
     */
    LogOf find(LogChoice choice) {
        return switch (choice) {
            case LogChoice.Current _ -> new LogOf.Replicas(current(there()), false);
            case LogChoice.OfRelease(var release) -> ofRelease(release);
            case LogChoice.Failed _ -> failed();
            case LogChoice.Previous _ -> previous();
            case LogChoice.OfRun _ ->
                    throw missing(service + " is no step of " + worker.pipeline());
        };
    }

    /**
     * Returns the service's containers for a follower of its log, also after the pipeline was
     * removed and added again.
     */
    LogFollower.Source toFollow() {
        var pipeline = worker.pipeline();
        return new LogFollower.Source() {
            @Override
            public String name() {
                return pipeline + "/" + service;
            }

            @Override
            public LogFollower.Service look() {
                return agent.worker(pipeline)
                        .map(w -> new ServiceLogs(agent, w, service).followed())
                        .orElseThrow(() -> missing("pipeline " + pipeline + " is gone"));
            }

            @Override
            public boolean gone() {
                var now = agent.worker(pipeline);
                return now.isEmpty() || !new ServiceLogs(agent, now.get(), service).exists();
            }
        };
    }

    private LogFollower.Service followed() {
        var mine = mine();
        return new LogFollower.Service(mine, worker.ask(() -> fitting(mine, currentSpec())));
    }

    /** Whether the deployed release has the service, or is not known. */
    private boolean exists() {
        var release = worker.ask(this::currentRelease);
        return release == null || release.service(service).isPresent();
    }

    /** Returns the service's containers on all its engines, as they are now. */
    private List<Inquiry.Found> mine() {
        return new PipelineQuestions(agent, worker)
                .replicas().stream().filter(f -> AgentControl.of(f.replica(), service)).toList();
    }

    private List<Inquiry.Found> there() {
        var mine = mine();
        if (mine.isEmpty()) {
            throw missing("no container of " + name() + " is there");
        }
        return mine;
    }

    private List<Inquiry.Found> current(List<Inquiry.Found> mine) {
        var fitting = worker.ask(() -> fitting(mine, currentSpec()));
        return fitting.isEmpty() ? mine : fitting;
    }

    private LogOf ofRelease(String name) {
        var mine = mine();
        var release = worker.ask(() -> new PipelineQuestions(agent, worker).resolve(name));
        var spec = release.service(service).map(s -> s.specHash()).orElse("");
        var fitting = fitting(mine, spec);
        if (!fitting.isEmpty()) {
            return new LogOf.Replicas(fitting, false);
        }
        var kept = kept().stream().filter(log -> log.release().equals(release.id())).toList();
        if (!kept.isEmpty()) {
            return new LogOf.Kept(kept);
        }
        throw missing(
                mine.isEmpty()
                        ? "no container of " + name() + " is there"
                        : "no container of "
                                + service
                                + " of release "
                                + release.id()
                                + " is kept");
    }

    private LogOf failed() {
        var kept = kept();
        if (kept.isEmpty()) {
            throw missing(
                    "no failed release of "
                            + worker.pipeline()
                            + " with a container of "
                            + service
                            + " is on record");
        }
        // A release that an operator rolled back did not fail. It is shown only if no release
        // failed by itself.
        var state = worker.snapshot().state();
        var failures = failures();
        var newest =
                kept.stream()
                        .filter(log -> !left(state, log.release()))
                        .min(Comparator.comparingInt(log -> place(failures, log)))
                        .orElse(kept.getFirst());
        var logs = kept.stream().filter(log -> log.release().equals(newest.release())).toList();
        var there = mine().stream().filter(f -> isIn(logs, f)).toList();
        return there.isEmpty() ? new LogOf.Kept(logs) : new LogOf.Replicas(there, false);
    }

    /**
     * Returns the newest log before the current containers. It goes through the releases in the
     * order of their deployments, newest first. The first release counts that left a replaced
     * container, or the log of one. The order is the ledger's, because times of engines are not
     * compared.
     */
    private LogOf previous() {
        var mine = mine();
        var now = current(mine);
        var before = mine.stream().filter(f -> !now.contains(f)).toList();
        var kept = kept().stream().filter(log -> !isAmong(mine, log)).toList();
        return deployed().stream()
                .flatMap(release -> of(release, before, kept).stream())
                .findFirst()
                .orElseThrow(
                        () ->
                                missing(
                                        "no container of "
                                                + name()
                                                + " is kept that ran before the present one, and no"
                                                + " log of a failed release"));
    }

    private static List<LogOf> of(
            String release, List<Inquiry.Found> before, List<FailedLog> kept) {
        var found =
                before.stream()
                        .filter(f -> f.replica().origin().release().equals(release))
                        .toList();
        if (!found.isEmpty()) {
            return List.of(new LogOf.Replicas(found, true));
        }
        var logs = kept.stream().filter(log -> log.release().equals(release)).toList();
        return logs.isEmpty() ? List.of() : List.of(new LogOf.Kept(logs));
    }

    /** Returns the ids of releases, the last deployed first. */
    private List<String> deployed() {
        return agent.setup().ledger().history(worker.pipeline(), DEPLOYMENTS).stream()
                .flatMap(ServiceLogs::releases)
                .distinct()
                .toList();
    }

    /**
     * Returns the ids of releases whose deployment did not succeed, the last deployed first. The
     * order of the kept logs is not that of the failures: a log is stored again when its container
     * is removed.
     */
    private List<String> failures() {
        return agent.setup().ledger().history(worker.pipeline(), DEPLOYMENTS).stream()
                .filter(
                        d ->
                                d.state() != DeploymentState.STABLE
                                        && d.state() != DeploymentState.ROLLED_BACK)
                .map(DeploymentRecord::release)
                .distinct()
                .toList();
    }

    private static int place(List<String> releases, FailedLog log) {
        int at = releases.indexOf(log.release());
        return at < 0 ? releases.size() : at;
    }

    private static Stream<String> releases(DeploymentRecord d) {
        return Stream.of(d.release(), d.from()).flatMap(Stream::ofNullable);
    }

    private static boolean left(PipelineState state, String release) {
        return state.quarantineOf(release)
                .filter(q -> q.cause() == Quarantine.Cause.ROLLED_BACK)
                .isPresent();
    }

    private static boolean isAmong(List<Inquiry.Found> found, FailedLog log) {
        return found.stream().anyMatch(f -> isIn(List.of(log), f));
    }

    private static boolean isIn(List<FailedLog> logs, Inquiry.Found f) {
        return logs.stream()
                .filter(log -> log.engine().equals(f.engine().name()))
                .anyMatch(log -> log.replica().equals(f.replica().name()));
    }

    private List<FailedLog> kept() {
        return agent.setup().ledger().failedLogs(worker.pipeline()).stream()
                .filter(log -> log.service().equals(service))
                .toList();
    }

    private String currentSpec() {
        var release = currentRelease();
        return release == null ? "" : release.service(service).map(s -> s.specHash()).orElse("");
    }

    /** Returns the release that is being deployed, else the deployed one. */
    private @Nullable Release currentRelease() {
        var state = worker.journal().state();
        var active = state.active();
        var id = active.isPresent() ? active.get().release() : state.deployed();
        return worker.reconciler().releases().find(id);
    }

    private static List<Inquiry.Found> fitting(List<Inquiry.Found> mine, String spec) {
        return mine.stream().filter(f -> f.replica().origin().spec().equals(spec)).toList();
    }

    private String name() {
        return worker.pipeline() + "/" + service;
    }

    private static PlumblineException missing(String why) {
        return new PlumblineException(FailureKind.MISSING, why);
    }
}
