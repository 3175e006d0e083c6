package io.plumbline.runtime;

import io.plumbline.core.FailureKind;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.plan.Plan;
import io.plumbline.core.plan.PlanPolicy;
import io.plumbline.core.plan.ReleaseDiff;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.FailedLog;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.Quarantine;
import io.plumbline.core.rollout.Rollout;
import io.plumbline.manifest.Diagnostic;
import io.plumbline.manifest.ManifestReader;
import io.plumbline.port.Control.ReleaseDifference;
import io.plumbline.port.FileBytes;
import io.plumbline.port.PlumblineException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Questions about one pipeline. What is to be asked is put together on the pipeline's own thread;
 * engines and registries are then asked on the caller's, so that no question holds up a rollback.
 */
final class PipelineQuestions {
    private final Agent agent;
    private final PipelineWorker worker;

    PipelineQuestions(Agent agent, PipelineWorker worker) {
        this.agent = agent;
        this.worker = worker;
    }

    /** What would be done for what Git says now. */
    Plan plan() {
        worker.awaitHead();
        return worker.ask(this::planNow).get();
    }

    private Supplier<Plan> planNow() {
        var state = worker.journal().state();
        var head = worker.heads().look(agent.repository(worker.repositoryName()).view());
        return switch (head) {
            case Head.Ready ready -> planOf(ready, state);
            case Head.Broken b -> () -> nothing(state, b.commit(), b.reason());
            case Head.Unresolved u -> () -> nothing(state, u.commit(), u.reason());
            case Head.Unseen u -> () -> nothing(state, "", u.reason());
            case Head.Left l ->
                    () -> nothing(state, l.commit(), state.pipeline() + " is not in this commit");
        };
    }

    /** What it would take, and why it is not done where the head is not deployed by itself. */
    private Supplier<Plan> planOf(Head.Ready ready, PipelineState state) {
        var plan = preview(ready.release(), state);
        var why = Rollout.whyNot(state, ready);
        if (why == null) {
            return plan;
        }
        return () -> {
            var p = plan.get();
            var blockers = new ArrayList<>(p.blockers());
            blockers.addFirst("it will not be deployed: " + why);
            return new Plan(
                    p.pipeline(),
                    p.release(),
                    p.commit(),
                    p.from(),
                    p.services(),
                    p.actions(),
                    List.copyOf(blockers),
                    p.withheld());
        };
    }

    private Supplier<Plan> preview(Release release, PipelineState state) {
        boolean steady = release.id().equals(state.deployed()) && state.active().isEmpty();
        return worker.inquiry().plan(release, steady ? PlanPolicy.STEADY : PlanPolicy.SETTLE);
    }

    private static Plan nothing(PipelineState state, String commit, String why) {
        return new Plan(
                state.pipeline(),
                "",
                commit,
                state.deployed() == null ? "" : state.deployed(),
                new TreeMap<>(),
                List.of(),
                List.of(why));
    }

    /** What would be done for these files; what cannot be resolved blocks it, as for the head. */
    Plan plan(Map<String, byte[]> files) {
        return switch (rendered(files)) {
            case Head.Ready ready ->
                    worker.ask(() -> preview(ready.release(), worker.journal().state())).get();
            case Head.Broken b -> throw invalid(b.reason());
            case Head.Unresolved u ->
                    worker.ask(() -> nothing(worker.journal().state(), "", u.reason()));
            case Head.Left _, Head.Unseen _ ->
                    throw new IllegalStateException("rendering gives neither");
        };
    }

    private Head rendered(Map<String, byte[]> files) {
        var pipeline = worker.pipeline();
        var errors = new ArrayList<String>();
        for (var file : new TreeMap<>(files).entrySet()) {
            if (!isManifest(file.getKey())) {
                continue;
            }
            var read = ManifestReader.read(file.getKey(), file.getValue());
            read.errors().stream().map(Diagnostic::toString).forEach(errors::add);
            for (var p : read.pipelines()) {
                if (p.metadata().name().equals(pipeline) && read.errors().isEmpty()) {
                    var made =
                            new Renderer(
                                            agent.setup().ledger(),
                                            worker.sites(),
                                            pipeline,
                                            worker.state().engineName())
                                    .render(
                                            p,
                                            file.getKey(),
                                            "",
                                            (path, _) ->
                                                    Optional.ofNullable(files.get(path))
                                                            .map(FileBytes::of),
                                            agent.permissions(worker.repositoryName()),
                                            false);
                    return made.head();
                }
            }
        }
        throw invalid(
                errors.isEmpty()
                        ? "none of the files defines pipeline " + pipeline
                        : String.join("\n", errors));
    }

    private static PlumblineException invalid(String why) {
        return new PlumblineException(FailureKind.INVALID, why);
    }

    private static boolean isManifest(String path) {
        var lower = path.toLowerCase(Locale.ROOT);
        return lower.endsWith(".yaml") || lower.endsWith(".yml");
    }

    /** How what runs differs from the release that should. */
    List<Drift> diff() {
        return worker.ask(this::driftNow).get();
    }

    private Supplier<List<Drift>> driftNow() {
        var release = worker.reconciler().releases().find(worker.journal().state().deployed());
        return release == null ? List::of : worker.inquiry().drift(release);
    }

    /** The pipeline's containers on all its engines, as they are now. */
    List<Inquiry.Found> containers() {
        return worker.ask(() -> worker.inquiry().containers()).get();
    }

    /** A service's containers: of the release that runs, or of another whose id begins so. */
    List<Inquiry.Found> containersOf(String service, @Nullable String release) {
        var mine =
                containers().stream().filter(f -> AgentControl.of(f.container(), service)).toList();
        if (mine.isEmpty()) {
            throw new PlumblineException(
                    FailureKind.MISSING,
                    "no container of " + worker.pipeline() + "/" + service + " is there");
        }
        return worker.ask(
                () -> release == null ? current(service, mine) : of(release, service, mine));
    }

    /** A service's containers, for who follows its log: also of a pipeline that came again. */
    LogFollower.Source serviceToFollow(String service) {
        var pipeline = worker.pipeline();
        return new LogFollower.Source() {
            @Override
            public String name() {
                return pipeline + "/" + service;
            }

            @Override
            public LogFollower.Service look() {
                return agent.worker(pipeline)
                        .map(w -> new PipelineQuestions(agent, w).toFollow(service))
                        .orElseThrow(
                                () ->
                                        new PlumblineException(
                                                FailureKind.MISSING,
                                                "pipeline " + pipeline + " is gone"));
            }

            @Override
            public boolean gone() {
                var now = agent.worker(pipeline);
                return now.isEmpty() || !new PipelineQuestions(agent, now.get()).has(service);
            }
        };
    }

    private LogFollower.Service toFollow(String service) {
        var mine =
                containers().stream().filter(f -> AgentControl.of(f.container(), service)).toList();
        return new LogFollower.Service(mine, worker.ask(() -> fitting(mine, currentSpec(service))));
    }

    /** Whether what is deployed has that service, or is not known. */
    private boolean has(String service) {
        var release = worker.ask(this::currentRelease);
        return release == null || release.service(service).isPresent();
    }

    /** Where a log is. */
    sealed interface LogOf {

        /** In containers that are there. */
        record Containers(List<Inquiry.Found> found) implements LogOf {}

        /** In the ledger: the containers are gone. */
        record Kept(List<FailedLog> logs) implements LogOf {

            /**
             * The lines of all of them, each log with a line in front that says what it is.
             *
             * @param tail the last lines of each; 0 for all
             */
            List<String> lines(int tail) {
                var out = new ArrayList<String>();
                for (var log : logs) {
                    var prefix = logs.size() > 1 ? log.container() + " | " : "";
                    int from = tail == 0 ? 0 : Math.max(0, log.lines().size() - tail);
                    var shown = log.lines().subList(from, log.lines().size());
                    out.add("# " + head(log, shown.size()));
                    shown.forEach(line -> out.add(prefix + line));
                }
                return out;
            }

            private static String head(FailedLog log, int lines) {
                return "container "
                        + log.container()
                        + " of release "
                        + log.release()
                        + " on engine "
                        + log.engine()
                        + " is gone; "
                        + (log.state().equals("running") ? "it ran" : "it " + log.state())
                        + " at "
                        + log.at().truncatedTo(ChronoUnit.SECONDS)
                        + (log.check().isEmpty() ? "" : "; " + log.check())
                        + (lines == 0 ? "; it had logged nothing" : "; its last lines:");
            }
        }
    }

    /** Where a service's log is: of what runs, of a release, or of the release that failed last. */
    LogOf logOf(String service, @Nullable String release, boolean failed) {
        return failed ? failedLog(service) : logOf(service, release);
    }

    private LogOf logOf(String service, @Nullable String release) {
        try {
            return new LogOf.Containers(containersOf(service, release));
        } catch (PlumblineException e) {
            if (e.kind() != FailureKind.MISSING || release == null) {
                throw e;
            }
            var id = worker.ask(() -> resolve(release)).id();
            var kept = kept(service).stream().filter(log -> log.release().equals(id)).toList();
            if (kept.isEmpty()) {
                throw e;
            }
            return new LogOf.Kept(kept);
        }
    }

    private LogOf failedLog(String service) {
        var kept = kept(service);
        if (kept.isEmpty()) {
            throw new PlumblineException(
                    FailureKind.MISSING,
                    "no failed release of "
                            + worker.pipeline()
                            + " with a container of "
                            + service
                            + " is on record");
        }
        // What an operator left did not fail; it is shown where nothing failed by itself.
        var state = worker.snapshot().state();
        var newest =
                kept.stream()
                        .filter(log -> !left(state, log.release()))
                        .findFirst()
                        .orElse(kept.getFirst());
        var logs = kept.stream().filter(log -> log.release().equals(newest.release())).toList();
        var there = containers().stream().filter(f -> isIn(logs, f)).toList();
        return there.isEmpty() ? new LogOf.Kept(logs) : new LogOf.Containers(there);
    }

    private static boolean left(PipelineState state, String release) {
        return state.quarantineOf(release)
                .filter(q -> q.cause() == Quarantine.Cause.ROLLED_BACK)
                .isPresent();
    }

    private static boolean isIn(List<FailedLog> logs, Inquiry.Found f) {
        return logs.stream()
                .filter(log -> log.engine().equals(f.engine().engine().name()))
                .anyMatch(log -> log.container().equals(f.container().name()));
    }

    private List<FailedLog> kept(String service) {
        return agent.setup().ledger().failedLogs(worker.pipeline()).stream()
                .filter(log -> log.service().equals(service))
                .toList();
    }

    private List<Inquiry.Found> current(String service, List<Inquiry.Found> mine) {
        var fitting = fitting(mine, currentSpec(service));
        return fitting.isEmpty() ? mine : fitting;
    }

    private String currentSpec(String service) {
        var release = currentRelease();
        return release == null ? "" : release.service(service).map(s -> s.specHash()).orElse("");
    }

    /** What is being deployed, else what is deployed. */
    private @Nullable Release currentRelease() {
        var state = worker.journal().state();
        var active = state.active();
        var id = active.isPresent() ? active.get().release() : state.deployed();
        return worker.reconciler().releases().find(id);
    }

    private List<Inquiry.Found> of(String release, String service, List<Inquiry.Found> mine) {
        var found = resolve(release);
        var spec = found.service(service).map(s -> s.specHash()).orElse("");
        var fitting = fitting(mine, spec);
        if (fitting.isEmpty()) {
            throw new PlumblineException(
                    FailureKind.MISSING,
                    "no container of " + service + " of release " + found.id() + " is kept");
        }
        return fitting;
    }

    private static List<Inquiry.Found> fitting(List<Inquiry.Found> mine, String spec) {
        return mine.stream().filter(f -> f.container().label(Labels.SPEC).equals(spec)).toList();
    }

    /** What differs between two stored releases; null stands for the one that is deployed. */
    List<ReleaseDifference> diff(@Nullable String from, @Nullable String to) {
        // Only the names are resolved on the pipeline's thread: files may be long.
        var both = worker.ask(() -> List.of(stored(from), stored(to)));
        var before = both.getFirst();
        var after = both.getLast();
        return ReleaseDiff.between(before, after).stream()
                .map(d -> difference(d, before, after))
                .toList();
    }

    private Release stored(@Nullable String name) {
        var id = name != null ? name : worker.state().deployed();
        if (id == null) {
            throw invalid(
                    worker.pipeline() + " has no deployed release: name both with --from and --to");
        }
        return resolve(id);
    }

    private ReleaseDifference difference(ReleaseDiff.Difference d, Release before, Release after) {
        var text =
                d.field().startsWith("files[")
                        ? TextDiff.of(d.field(), bytes(before, d), bytes(after, d))
                        : "";
        return new ReleaseDifference(d.service(), d.field(), d.from(), d.to(), text);
    }

    private Optional<FileBytes> bytes(Release release, ReleaseDiff.Difference d) {
        return ReleaseDiff.file(release, d.service(), d.field())
                .flatMap(f -> agent.setup().ledger().file(f.sha256()));
    }

    /**
     * A stored release by id, the beginning of one, or a commit; within {@link PipelineWorker#ask}
     * only.
     */
    Release resolve(String name) {
        var pipeline = worker.pipeline();
        var ledger = agent.setup().ledger();
        var id = name.startsWith("v1:") ? name : "v1:" + name;
        var byId = ledger.releases(pipeline).stream().filter(r -> r.id().startsWith(id)).toList();
        if (byId.size() > 1 && byId.stream().noneMatch(r -> r.id().equals(id))) {
            throw invalid(name + " stands for " + byId.size() + " releases; write more of it");
        }
        if (!byId.isEmpty()) {
            return byId.stream().filter(r -> r.id().equals(id)).findFirst().orElse(byId.getFirst());
        }
        return ledger.releasesOfCommit(pipeline, name).stream()
                .flatMap(r -> Stream.ofNullable(worker.reconciler().releases().find(r)))
                .findFirst()
                .orElseThrow(
                        () ->
                                new PlumblineException(
                                        FailureKind.MISSING,
                                        "no release of "
                                                + pipeline
                                                + " and no commit that was rendered here begins"
                                                + " with "
                                                + name
                                                + "; `plumb history "
                                                + pipeline
                                                + "` lists them"));
    }
}
