package io.plumbline.runtime;

import io.plumbline.core.FailureKind;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.plan.Plan;
import io.plumbline.core.plan.PlanPolicy;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Commands;
import io.plumbline.core.rollout.Commands.Answer;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.Line;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.Rollout;
import io.plumbline.manifest.Diagnostic;
import io.plumbline.manifest.ManifestReader;
import io.plumbline.manifest.VolumeMount;
import io.plumbline.port.Control.Caller;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.port.PlumblineException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Questions and commands about one pipeline, each answered on the pipeline's own thread. */
final class PipelineCommands {
    private final Agent agent;
    private final PipelineWorker worker;

    PipelineCommands(Agent agent, PipelineWorker worker) {
        this.agent = agent;
        this.worker = worker;
    }

    // --- looking ------------------------------------------------------------------------------

    Plan plan() {
        return worker.ask(this::planNow);
    }

    private Plan planNow() {
        var state = worker.journal().state();
        var head = worker.heads().look(agent.repository(worker.repositoryName()).view());
        return switch (head) {
            case Head.Ready ready -> preview(ready.release(), state);
            case Head.Broken b -> nothing(state, b.commit(), b.reason());
            case Head.Unresolved u -> nothing(state, u.commit(), u.reason());
            case Head.Unseen u -> nothing(state, "", u.reason());
            case Head.Left l ->
                    nothing(state, l.commit(), state.pipeline() + " is not in this commit");
        };
    }

    private Plan preview(Release release, PipelineState state) {
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

    Plan plan(Map<String, byte[]> files) {
        return worker.ask(() -> planOf(files));
    }

    private Plan planOf(Map<String, byte[]> files) {
        var state = worker.journal().state();
        var errors = new ArrayList<String>();
        for (var file : new TreeMap<>(files).entrySet()) {
            if (!isManifest(file.getKey())) {
                continue;
            }
            var read = ManifestReader.read(file.getKey(), file.getValue());
            read.errors().stream().map(Diagnostic::toString).forEach(errors::add);
            for (var p : read.pipelines()) {
                if (p.metadata().name().equals(state.pipeline()) && read.errors().isEmpty()) {
                    var made =
                            new Renderer(agent.setup().ledger(), worker.sites())
                                    .render(
                                            p,
                                            file.getKey(),
                                            "",
                                            (path, _) -> Optional.ofNullable(files.get(path)),
                                            agent.allow(worker.repositoryName()),
                                            false);
                    return switch (made.head()) {
                        case Head.Ready ready -> preview(ready.release(), state);
                        case Head.Broken b -> throw invalid(b.reason());
                        case Head.Unresolved u ->
                                throw new PlumblineException(u.kind(), u.reason());
                        case Head.Left _, Head.Unseen _ ->
                                throw new IllegalStateException("rendering gives neither");
                    };
                }
            }
        }
        throw invalid(
                errors.isEmpty()
                        ? "none of the files defines pipeline " + state.pipeline()
                        : String.join("\n", errors));
    }

    private static PlumblineException invalid(String why) {
        return new PlumblineException(FailureKind.INVALID, why);
    }

    private static boolean isManifest(String path) {
        var lower = path.toLowerCase(Locale.ROOT);
        return lower.endsWith(".yaml") || lower.endsWith(".yml");
    }

    List<Drift> diff() {
        return worker.ask(
                () -> {
                    var release =
                            worker.reconciler()
                                    .releases()
                                    .find(worker.journal().state().deployed());
                    return release == null ? List.of() : worker.inquiry().drift(release);
                });
    }

    /** A service's containers: of the release that runs, or of another whose id begins so. */
    List<Inquiry.Found> containersOf(String service, @Nullable String release) {
        return worker.ask(
                () -> {
                    var pipeline = worker.journal().state().pipeline();
                    var mine =
                            worker.inquiry().containers(pipeline).stream()
                                    .filter(f -> AgentControl.of(f.container(), service))
                                    .toList();
                    if (mine.isEmpty()) {
                        throw new PlumblineException(
                                FailureKind.MISSING,
                                "no container of " + pipeline + "/" + service + " is there");
                    }
                    return release == null ? current(service, mine) : of(release, service, mine);
                });
    }

    private List<Inquiry.Found> current(String service, List<Inquiry.Found> mine) {
        var state = worker.journal().state();
        var active = state.active();
        var id = active.isPresent() ? active.get().release() : state.deployed();
        var release = worker.reconciler().releases().find(id);
        var spec =
                release == null ? "" : release.service(service).map(s -> s.specHash()).orElse("");
        var fitting = fitting(mine, spec);
        return fitting.isEmpty() ? mine : fitting;
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

    /** A stored release by id, the beginning of one, or a commit. */
    private Release resolve(String name) {
        var pipeline = worker.journal().state().pipeline();
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

    // --- changing -----------------------------------------------------------------------------

    Reply sync(boolean resolve, boolean prune, Caller caller) {
        if (caller.dryRun()) {
            return dryRun(plan(), "would");
        }
        var view =
                agent.repository(worker.repositoryName())
                        .fetchNow()
                        .orTimeout(90, TimeUnit.SECONDS)
                        .join();
        var notes =
                view.problem().isEmpty()
                        ? List.<String>of()
                        : List.of("repository " + view.repository() + ": " + view.problem());
        worker.tryAgain(resolve, prune);
        try {
            return worker.ask(() -> afterSync(notes));
        } catch (PlumblineException e) {
            if (prune && e.kind() == FailureKind.MISSING) {
                return new Reply(Outcome.ACCEPTED, "it is removed", null, null, null, notes);
            }
            throw e;
        }
    }

    private Reply afterSync(List<String> notes) {
        var head = worker.followNow();
        var state = worker.journal().state();
        var active = state.active();
        if (state.paused() != null) {
            return happensNot(
                    "paused by " + state.paused().by() + "; `plumb resume` lifts it", notes);
        }
        if (!worker.blocked().isEmpty()) {
            return happensNot(worker.blocked(), notes);
        }
        return switch (head) {
            case Head.Broken b -> happensNot(b.reason(), notes);
            case Head.Unresolved u -> happensNot(u.reason(), notes);
            case Head.Unseen u -> happensNot(u.reason(), notes);
            case Head.Left l ->
                    accepted(state.pipeline() + " is not in commit " + l.commit(), null, notes);
            case Head.Ready ready -> {
                var why = Rollout.whyNot(state, ready);
                yield why == null || active.isPresent()
                        ? accepted(
                                active.isPresent()
                                        ? "deploying " + active.get().release()
                                        : "follows " + ready.commit(),
                                active.isPresent() ? active.get().id() : null,
                                notes)
                        : happensNot(why, notes);
            }
        };
    }

    private Reply accepted(String message, @Nullable String deployment, List<String> notes) {
        var state = worker.journal().state();
        var active = state.active();
        return new Reply(
                Outcome.ACCEPTED,
                message,
                deployment,
                active.isPresent() ? active.get().release() : state.deployed(),
                null,
                notes);
    }

    private Reply happensNot(String why, List<String> notes) {
        return new Reply(
                Outcome.NOTHING_HAPPENS,
                why,
                null,
                worker.journal().state().deployed(),
                null,
                notes);
    }

    Reply rollback(
            @Nullable String to,
            @Nullable String left,
            boolean hold,
            boolean force,
            Caller caller) {
        return worker.ask(() -> rollbackNow(to, left, hold, force, caller));
    }

    private Reply rollbackNow(
            @Nullable String to,
            @Nullable String left,
            boolean hold,
            boolean force,
            Caller caller) {
        var journal = worker.journal();
        var state = journal.state();
        var leaving = Line.leaving(state);
        boolean late = left != null && !left.equals(leaving);
        Head.Ready target = late || leaving == null ? null : target(state, to, leaving);
        var headCommit = worker.heads().head().commit();
        var releases = worker.reconciler().releases();
        var answer =
                Commands.rollback(
                        state,
                        new Commands.RollbackRequest(
                                target == null ? to : target.release().id(),
                                left,
                                hold,
                                force,
                                caller.by(),
                                caller.reason()),
                        target,
                        headCommit.isEmpty() ? null : headCommit,
                        id -> {
                            var r = releases.find(id);
                            return r != null && r.rollout().irreversible();
                        },
                        target == null
                                ? ""
                                : worker.gate().revoked(state.pipeline(), target.release().id()),
                        journal.moment(false, false));
        var notes =
                target == null || leaving == null ? List.<String>of() : volumes(target, leaving);
        if (caller.dryRun() && answer instanceof Answer.Done && target != null) {
            var plan = worker.inquiry().plan(target.release(), PlanPolicy.SETTLE);
            return new Reply(
                    Outcome.WOULD_CHANGE,
                    "would go back from " + leaving + " to " + target.release().id(),
                    null,
                    target.release().id(),
                    plan,
                    notes);
        }
        return carryOut(answer, caller, notes);
    }

    private Head.@Nullable Ready target(PipelineState state, @Nullable String to, String leaving) {
        var releases = worker.reconciler().releases();
        var release =
                to != null
                        ? resolve(to)
                        : Line.before(state, leaving).map(releases::get).orElse(null);
        return release == null ? null : stored(release);
    }

    private Head.Ready stored(Release release) {
        return new Head.Ready(
                worker.reconciler().releases().commitOf(release.id()),
                release,
                worker.gate().verdictOf(release.pipeline(), release.id()));
    }

    private List<String> volumes(Head.Ready target, String leaving) {
        var left = worker.reconciler().releases().find(leaving);
        if (left == null) {
            return List.of();
        }
        var both = written(target.release());
        both.retainAll(written(left));
        return both.stream()
                .map(
                        v ->
                                "volume "
                                        + v
                                        + " is written by both releases; its data is not rolled back")
                .toList();
    }

    private static Set<String> written(Release release) {
        var out = new TreeSet<String>();
        release.services()
                .forEach(
                        s ->
                                s.spec().volumes().stream()
                                        .filter(v -> !v.readOnly())
                                        .map(VolumeMount::name)
                                        .forEach(out::add));
        return out;
    }

    Reply pause(Caller caller) {
        return worker.ask(
                () ->
                        carryOut(
                                Commands.pause(
                                        worker.journal().state(),
                                        caller.by(),
                                        caller.reason(),
                                        worker.journal().moment(false, false)),
                                caller,
                                List.of()));
    }

    Reply resume(Caller caller) {
        return worker.ask(
                () -> {
                    boolean adopting = !caller.dryRun() && worker.giveUpAdoption();
                    var answer =
                            Commands.resume(
                                    worker.journal().state(),
                                    caller.by(),
                                    caller.reason(),
                                    worker.journal().moment(false, false));
                    var reply = carryOut(answer, caller, List.of());
                    if (!caller.dryRun()) {
                        worker.followNow();
                    }
                    return adopting
                            ? accepted("resumed: the head is deployed", null, List.of())
                            : reply;
                });
    }

    Reply retry(@Nullable String release, Caller caller) {
        return worker.ask(
                () -> {
                    var id = release == null ? null : resolve(release).id();
                    var head =
                            worker.heads().look(agent.repository(worker.repositoryName()).view());
                    var answer =
                            Commands.retry(
                                    worker.journal().state(),
                                    id,
                                    head instanceof Head.Ready r ? r : null,
                                    caller.by(),
                                    caller.reason(),
                                    worker.journal().moment(false, false));
                    if (!caller.dryRun()) {
                        worker.reconciler().tryAgain();
                    }
                    return carryOut(answer, caller, List.of());
                });
    }

    Reply restart(String service, Caller caller) {
        return worker.ask(
                () -> {
                    var state = worker.journal().state();
                    var release = worker.reconciler().releases().find(state.deployed());
                    if (release == null || release.service(service).isEmpty()) {
                        throw new PlumblineException(
                                FailureKind.MISSING,
                                "no service "
                                        + service
                                        + " of "
                                        + state.pipeline()
                                        + " is deployed");
                    }
                    var containers =
                            worker.inquiry().containers(state.pipeline()).stream()
                                    .map(Inquiry.Found::container)
                                    .filter(c -> AgentControl.of(c, service))
                                    .map(LiveContainer::id)
                                    .toList();
                    var ready = stored(release);
                    return carryOut(
                            Commands.restart(
                                    state,
                                    ready,
                                    service,
                                    containers,
                                    caller.by(),
                                    caller.reason(),
                                    worker.journal().moment(false, false)),
                            caller,
                            List.of());
                });
    }

    private Reply carryOut(Answer answer, Caller caller, List<String> notes) {
        return switch (answer) {
            case Answer.Already a ->
                    new Reply(
                            caller.dryRun() ? Outcome.WOULD_NOT_CHANGE : Outcome.ALREADY,
                            a.message(),
                            null,
                            worker.journal().state().deployed(),
                            null,
                            notes);
            case Answer.Refused r ->
                    new Reply(
                            r.noTarget() ? Outcome.NO_TARGET : Outcome.NOTHING_HAPPENS,
                            r.message(),
                            null,
                            worker.journal().state().deployed(),
                            null,
                            notes);
            case Answer.Done d -> {
                if (caller.dryRun()) {
                    yield new Reply(Outcome.WOULD_CHANGE, d.message(), null, null, null, notes);
                }
                worker.journal().write(d.transition());
                var active = worker.journal().state().active();
                yield accepted(d.message(), active.isPresent() ? active.get().id() : null, notes);
            }
        };
    }

    private static Reply dryRun(Plan plan, String word) {
        boolean changes = !plan.isEmpty();
        var message =
                !plan.blockers().isEmpty()
                        ? String.join("; ", plan.blockers())
                        : changes
                                ? word + " do " + plan.actions().size() + " actions"
                                : word + " change nothing";
        return new Reply(
                changes ? Outcome.WOULD_CHANGE : Outcome.WOULD_NOT_CHANGE,
                message,
                null,
                plan.release(),
                plan,
                List.of());
    }
}
