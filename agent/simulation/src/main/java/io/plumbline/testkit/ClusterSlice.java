package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.core.workload.PlannedAction;
import io.plumbline.core.workload.Reason;
import io.plumbline.core.workload.ReplacementStrategy;
import io.plumbline.core.workload.Replica;
import io.plumbline.core.workload.SecretHashes;
import io.plumbline.core.workload.Verdict;
import io.plumbline.core.workload.WorkloadPlan;
import io.plumbline.manifest.DriftMode;
import io.plumbline.port.Cause;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.EngineSlice;
import io.plumbline.port.driver.EngineStatus;
import io.plumbline.port.driver.EngineStatus.Standing;
import io.plumbline.port.driver.EngineTarget;
import io.plumbline.port.driver.SliceOwner;
import io.plumbline.runtime.engine.DriverSetup;
import io.plumbline.runtime.loop.Countdown;
import io.plumbline.runtime.loop.MailLoop;
import io.plumbline.testkit.FakeCluster.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The work for one pipeline on a {@link FakeCluster}. A pass compares the target with the replicas
 * of the cluster, makes the first change, and reports.
 */
final class ClusterSlice implements EngineSlice {
    private static final Duration NOW = Duration.ZERO;
    private static final Duration SOON = Duration.ofMillis(50);
    private static final Duration IDLE = Duration.ofSeconds(60);

    private final ClusterDriver driver;
    private final FakeCluster cluster;
    private final DriverSetup setup;
    private final SliceOwner owner;
    private final MailLoop loop;
    private final Countdown progress;
    private volatile @Nullable EngineTarget target;
    private volatile EngineStatus report = EngineStatus.none();
    private volatile @Nullable Evidence against;
    private String leg = "";
    private EngineTarget.@Nullable Goal failed;
    private Map<String, FieldDrift> known = Map.of();
    private int troubles;
    private String lastTrouble = "";

    ClusterSlice(ClusterDriver driver, SliceOwner owner) {
        this.driver = driver;
        this.cluster = driver.cluster();
        this.setup = driver.setup();
        this.owner = owner;
        this.progress = new Countdown(setup.ticker());
        this.loop =
                new MailLoop(
                        setup.ticker().tasks(),
                        "pipeline-" + owner.pipeline() + "@" + driver.name(),
                        this::run);
    }

    private void run() {
        loop.run(this::pass, this::failed);
    }

    /** A change and how it is made. */
    private record Step(PlannedAction action, Runnable effect) {}

    @Override
    public String name() {
        return driver.name();
    }

    @Override
    public void start() {
        loop.start();
    }

    @Override
    public void order(EngineTarget next) {
        if (!next.equals(target)) {
            target = next;
            loop.hint();
        }
    }

    @Override
    public @Nullable EngineTarget target() {
        return target;
    }

    @Override
    public EngineStatus report() {
        return report;
    }

    @Override
    public @Nullable Evidence evidence() {
        return against;
    }

    @Override
    public void hint(@Nullable Cause why) {
        loop.hint(why);
    }

    @Override
    public void tryAgain() {
        loop.mail().post(() -> troubles = 0);
    }

    @Override
    public WorkloadPlan plan(EngineTarget of) {
        var seen = cluster.of(driver.onEngine(owner.pipeline()));
        var steps = steps(of, seen, true);
        var services = new TreeMap<String, ReplacementStrategy>();
        for (var step : steps) {
            of.release()
                    .service(step.action().target())
                    .ifPresent(s -> services.put(s.name(), strategy(s)));
        }
        return new WorkloadPlan(
                owner.pipeline(),
                of.release().id(),
                of.commit(),
                of.from(),
                services,
                steps.stream().map(Step::action).toList(),
                List.of());
    }

    @Override
    public List<FieldDrift> drift(EngineTarget of) {
        return drift(of.release(), cluster.of(driver.onEngine(owner.pipeline())));
    }

    @Override
    public void close() {
        loop.close();
    }

    @Override
    public void join(Duration atMost) throws InterruptedException {
        loop.join(atMost);
    }

    // --- a pass -------------------------------------------------------------------------------

    private void failed(Throwable e) {
        var o = target;
        report = report.failing(o == null ? null : o.goal(), e, setup.ticker().nanos());
        owner.reported();
    }

    private Duration pass() {
        var o = target;
        if (o == null || o.goal().equals(failed)) {
            return IDLE;
        }
        if (!o.goal().leg().equals(leg)) {
            leg = o.goal().leg();
            troubles = 0;
            progress.stop();
            progress.refill(o.progressLeft());
        }
        try {
            return pass(o, cluster.of(driver.onEngine(owner.pipeline())));
        } catch (PlumblineException e) {
            progress.stop();
            boolean away = e.kind() == FailureKind.UNREACHABLE;
            var why = String.valueOf(e.getMessage());
            troubles++;
            if (!away && !why.equals(lastTrouble)) {
                lastTrouble = why;
                tell(EventType.TRYING_AGAIN, "", "", "", "", why);
            }
            var seen = cluster.last(driver.onEngine(owner.pipeline()));
            say(o, away ? Standing.AWAY : Standing.TROUBLED, why, 0, "", seen);
            return SOON;
        }
    }

    private Duration pass(EngineTarget o, List<Task> seen) {
        if (o.aim() instanceof Directive.Leave) {
            say(o, Standing.READY, "", 0, "", seen);
            return IDLE;
        }
        var evidence = evidence(o, seen);
        if (evidence != null) {
            failed = o.goal();
            against = evidence;
            say(o, Standing.FAULT, evidence.reason(), 0, "", seen);
            return IDLE;
        }
        var steps = steps(o, seen);
        boolean keeps = o.aim() instanceof Directive.Keep;
        if (keeps) {
            told(drift(o.release(), seen), steps.isEmpty());
        } else {
            known = Map.of();
        }
        var now = steps.stream().filter(s -> !withheld(o, s)).toList();
        if (now.isEmpty()) {
            boolean waits = !keeps && !healthy(o.release(), seen);
            if (waits) {
                progress.run();
            } else {
                progress.stop();
                troubles = 0;
            }
            say(
                    o,
                    waits ? Standing.WORKING : Standing.READY,
                    "",
                    steps.size(),
                    waits ? "waiting for replicas to be healthy" : "",
                    seen);
            return waits ? SOON : IDLE;
        }
        say(o, Standing.WORKING, "", now.size(), "", seen);
        if (!o.act() || !o.equals(target)) {
            return IDLE;
        }
        var first = now.getFirst();
        tell(EventType.ACTION, first.action().target(), "", "", "", first.action().text());
        first.effect().run();
        return NOW;
    }

    private static boolean withheld(EngineTarget o, Step step) {
        return o.withholdNames() && step.action().word().equals("serve");
    }

    /** What speaks against the release while it is deployed. */
    private @Nullable Evidence evidence(EngineTarget o, List<Task> seen) {
        boolean judges =
                o.deploying()
                        && (o.aim() instanceof Directive.RollOut
                                || o.aim() instanceof Directive.GoBack);
        if (!judges) {
            return null;
        }
        for (var task : of(o.release(), seen)) {
            if (task.phase == Replica.Phase.ENDED && task.code != 0) {
                return Evidence.of(
                        Evidence.Kind.PROCESS_ENDED,
                        task.origin.service() + ": exited with code " + task.code,
                        "engine, of replica " + task.name,
                        "");
            }
            if (task.runs() && task.verdict == Verdict.UNHEALTHY) {
                return Evidence.of(
                        Evidence.Kind.CHECK_FAILED,
                        task.origin.service() + ": the cluster's check failed",
                        "health check of " + task.name,
                        "");
            }
        }
        return progress.over() && !healthy(o.release(), seen) && steps(o, seen).isEmpty()
                ? Evidence.of(Evidence.Kind.NO_PROGRESS, "no progress in time", "agent", "")
                : null;
    }

    // --- what is to do ------------------------------------------------------------------------

    /** The changes that can be made now, in order. */
    private List<Step> steps(EngineTarget o, List<Task> seen) {
        return steps(o, seen, false);
    }

    /**
     * All changes from what is there to the target, in order.
     *
     * @param foreseen whether those count that are made when others are done and healthy
     */
    private List<Step> steps(EngineTarget o, List<Task> seen, boolean foreseen) {
        var out = new ArrayList<Step>();
        surplusFirst(o, seen, out);
        var repairs = new ArrayList<Step>();
        var keeps = new HashSet<String>();
        for (var service : o.release().services()) {
            for (int n = 1; n <= service.replicas(); n++) {
                one(o, service, n, seen, keeps, repairs);
            }
        }
        if (o.policy().deploying() || o.release().drift() == DriftMode.ENFORCE) {
            out.addAll(repairs);
        }
        boolean done = repairs.isEmpty() && healthy(o.release(), seen);
        if (o.aim() instanceof Directive.Nothing
                || (o.policy().stopSurplus() && (done || foreseen))) {
            cleanUp(o, seen, keeps, out);
        }
        return out;
    }

    /** An engine that missed targets may run too many; these stop first. */
    private void surplusFirst(EngineTarget o, List<Task> seen, List<Step> out) {
        var most = o.goal().atMost();
        if (most == null) {
            return;
        }
        most.forEach(
                (service, n) ->
                        seen.stream()
                                .filter(t -> t.runs() && t.origin.service().equals(service))
                                .skip(n)
                                .forEach(t -> out.add(stop(t))));
    }

    private void one(
            EngineTarget o,
            ReleaseService service,
            int number,
            List<Task> seen,
            Set<String> keeps,
            List<Step> out) {
        var mine =
                seen.stream()
                        .filter(t -> t.origin.service().equals(service.name()))
                        .filter(t -> t.origin.number().equals(Integer.toString(number)))
                        .toList();
        var fitting = mine.stream().filter(t -> fits(o, service, t)).toList();
        var runs = fitting.stream().filter(Task::runs).findFirst();
        if (runs.isPresent()) {
            var task = runs.get();
            keeps.add(task.id);
            boolean restart =
                    o.restarts().stream()
                            .anyMatch(
                                    r ->
                                            r.replica().equals(task.id)
                                                    && r.startedAt().equals(task.startedAt));
            if (restart) {
                out.add(stop(task));
                out.add(start(task));
            }
            if (!task.serves && task.verdict == Verdict.HEALTHY) {
                out.add(step("serve", service.name(), task, () -> cluster.serve(task, true)));
            }
            return;
        }
        if (strategy(service) == ReplacementStrategy.STOP_FIRST) {
            mine.stream().filter(Task::runs).forEach(t -> out.add(stop(t)));
        }
        var stopped = fitting.stream().findFirst();
        if (stopped.isPresent()) {
            keeps.add(stopped.get().id);
            out.add(start(stopped.get()));
        } else {
            out.add(create(o, service, number));
        }
    }

    private boolean fits(EngineTarget o, ReleaseService service, Task task) {
        return task.origin.spec().equals(service.specHash())
                && task.changed.isEmpty()
                && !o.condemned().contains(task.id)
                && (!o.policy().replaceForSecrets()
                        || task.origin.secrets().equals(secrets(o.release(), service)));
    }

    private String secrets(Release release, ReleaseService service) {
        return SecretHashes.text(service.spec(), setup.secrets().hashes(release).hashes());
    }

    private void cleanUp(EngineTarget o, List<Task> seen, Set<String> keeps, List<Step> out) {
        var kept = new HashSet<String>();
        o.kept().forEach(r -> r.services().forEach(s -> kept.add(s.specHash())));
        for (var task : seen) {
            if (keeps.contains(task.id)) {
                continue;
            }
            if (task.runs()) {
                out.add(stop(task));
            } else if (!kept.contains(task.origin.spec())
                    || !task.changed.isEmpty()
                    || o.condemned().contains(task.id)) {
                out.add(step("remove", task.origin.service(), task, () -> cluster.remove(task)));
            }
        }
    }

    private Step create(EngineTarget o, ReleaseService service, int number) {
        var origin =
                new Replica.Origin(
                        service.name(),
                        Integer.toString(number),
                        o.release().id(),
                        service.specHash(),
                        o.commit(),
                        service.reference(),
                        service.spec().image().engineName(),
                        secrets(o.release(), service));
        var action =
                new PlannedAction(
                        name(),
                        "create",
                        service.name(),
                        "",
                        "create " + service.name() + " " + number,
                        false,
                        List.of(new Reason("replicas", "", Integer.toString(number))));
        return new Step(
                action,
                () -> {
                    var made =
                            cluster.create(
                                    driver.onEngine(owner.pipeline()),
                                    owner.repository(),
                                    origin,
                                    setup.ticker().now());
                    cluster.start(made, setup.ticker().now());
                });
    }

    private Step start(Task task) {
        return step(
                "start",
                task.origin.service(),
                task,
                () -> cluster.start(task, setup.ticker().now()));
    }

    private Step stop(Task task) {
        return step("stop", task.origin.service(), task, () -> cluster.stop(task));
    }

    private Step step(String word, String service, Task task, Runnable effect) {
        var action =
                new PlannedAction(
                        name(),
                        word,
                        service,
                        task.name,
                        word + " " + task.name,
                        word.equals("stop"),
                        List.of(new Reason("release", task.origin.release(), "")));
        return new Step(action, effect);
    }

    private static ReplacementStrategy strategy(ReleaseService service) {
        return service.spec().ports().isEmpty()
                ? ReplacementStrategy.START_FIRST
                : ReplacementStrategy.STOP_FIRST;
    }

    private static List<Task> of(Release release, List<Task> seen) {
        var specs = new HashSet<String>();
        release.services().forEach(s -> specs.add(s.specHash()));
        return seen.stream().filter(t -> specs.contains(t.origin.spec())).toList();
    }

    private boolean healthy(Release release, List<Task> seen) {
        var observed = cluster.observation(seen);
        return release.services().stream()
                .allMatch(
                        s ->
                                observed.running(s).stream()
                                                .filter(r -> r.verdict() == Verdict.HEALTHY)
                                                .count()
                                        >= s.replicas());
    }

    // --- drift --------------------------------------------------------------------------------

    private List<FieldDrift> drift(Release release, List<Task> seen) {
        var out = new ArrayList<FieldDrift>();
        if (release.drift() == DriftMode.OFF) {
            return out;
        }
        for (var service : release.services()) {
            for (int n = 1; n <= service.replicas(); n++) {
                var number = Integer.toString(n);
                var task =
                        of(release, seen).stream()
                                .filter(Task::runs)
                                .filter(t -> t.origin.service().equals(service.name()))
                                .filter(t -> t.origin.number().equals(number))
                                .findFirst();
                if (task.isEmpty()) {
                    out.add(new FieldDrift(name(), service.name(), n, "", "state", "running", ""));
                    continue;
                }
                int replica = n;
                task.get()
                        .changed
                        .forEach(
                                (field, value) ->
                                        out.add(
                                                new FieldDrift(
                                                        name(),
                                                        service.name(),
                                                        replica,
                                                        task.get().name,
                                                        field,
                                                        "",
                                                        value)));
            }
        }
        return out;
    }

    private void told(List<FieldDrift> drift, boolean settled) {
        var now = new LinkedHashMap<String, FieldDrift>();
        drift.forEach(d -> now.put(d.key(), d));
        for (var d : now.values()) {
            if (!known.containsKey(d.key())) {
                tell(EventType.DRIFT_DETECTED, d.service(), d.field(), d.live(), d.want(), d.key());
            }
        }
        if (!settled && now.isEmpty()) {
            return;
        }
        for (var d : known.values()) {
            if (!now.containsKey(d.key())) {
                tell(EventType.DRIFT_REPAIRED, d.service(), d.field(), d.live(), d.want(), d.key());
            }
        }
        known = now;
    }

    // --- what is told -------------------------------------------------------------------------

    private void tell(
            EventType type, String service, String field, String from, String to, String reason) {
        owner.tell(name(), type, service, field, from, to, reason);
    }

    private void say(
            EngineTarget o,
            Standing standing,
            String why,
            int actions,
            String doing,
            List<Task> seen) {
        var observed = cluster.observation(seen);
        boolean keeps = o.aim() instanceof Directive.Keep;
        var next =
                new EngineStatus(
                        o.goal(),
                        standing,
                        why,
                        actions,
                        troubles,
                        keeps && setup.secrets().changed(o.release(), o.refusedSecrets(), observed),
                        doing,
                        keeps ? drift(o.release(), seen) : List.of(),
                        null,
                        observed,
                        progress.left(),
                        setup.ticker().nanos());
        boolean same = next.says(report);
        report = next;
        if (!same) {
            owner.reported();
        }
    }
}
