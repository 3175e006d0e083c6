package io.plumbline.testkit;

import static io.plumbline.testkit.Patience.await;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.HostRules;
import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseBuilder;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.UnhealthyRestarts;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.core.workload.Replica;
import io.plumbline.core.workload.Verdict;
import io.plumbline.manifest.DriftMode;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.port.driver.EngineSlice;
import io.plumbline.port.driver.EngineStatus.Standing;
import io.plumbline.port.driver.EngineTarget;
import io.plumbline.port.driver.SliceOwner;
import io.plumbline.runtime.SilentTelemetry;
import io.plumbline.runtime.SimulatedFleet;
import io.plumbline.runtime.engine.DriverFactory;
import io.plumbline.runtime.engine.EnginePace;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every kind of engine must promise, see docs/engine-drivers.md. */
public abstract class EngineDriverContract {
    private static final Duration DEADLINE = Duration.ofMinutes(5);

    /** The engine behind the driver, as a test changes it. */
    public interface Bed {
        /** The maker of its driver. */
        DriverFactory factory();

        /** What a reference resolves to; the image is in a registry that the engine reaches. */
        ImageRef image(String reference);

        /** Whether it does not answer. */
        void away(boolean now);

        /** The checks of a replica ran and failed. */
        void unhealthy(Replica replica);

        /** Somebody changes a replica so that it differs from its release. */
        void changes(Replica replica);

        /** Replicas with this image end as soon as they start. */
        void breaks(String reference);

        /** Each change fails for a reason that is nobody's fault; null: they work. */
        void refuses(@Nullable String why);

        /** The number of changes so far. */
        int changes();
    }

    /** Makes an engine that is empty and answers. */
    protected abstract Bed bed();

    private final Owner owner = new Owner();
    private Bed bed;
    private EngineDriver driver;
    private EngineSlice slice;
    private String leg = "leg-1";

    private Release one;
    private Release two;

    private static ServiceBuilder web(String image) {
        return service("web").image(image).healthcheck(ServiceBuilder.http(8080));
    }

    /** The pipeline, without an agent. */
    private final class Owner implements SliceOwner {
        private final List<String> told = new CopyOnWriteArrayList<>();
        private volatile boolean full;

        @Override
        public String pipeline() {
            return "shop";
        }

        @Override
        public String repository() {
            return "ml";
        }

        @Override
        public PipelineState state() {
            return PipelineState.fresh("shop", "ml");
        }

        @Override
        public long writes() {
            return 0;
        }

        @Override
        public void tell(
                String engine,
                EventType type,
                String service,
                String field,
                String from,
                String to,
                String reason) {
            if (full) {
                throw new PlumblineException(FailureKind.TRANSIENT, "the ledger is full");
            }
            told.add(type.word() + " " + reason);
        }

        @Override
        public Set<String> externalVolumes() {
            return Set.of();
        }

        @Override
        public HostRules ofImages(Release release) {
            return HostRules.DEFAULT;
        }

        @Override
        public List<EngineDriver> siblings() {
            return List.of(driver);
        }

        @Override
        public void reported() {}
    }

    @BeforeEach
    void open() {
        bed = bed();
        one = release(DriftMode.ENFORCE, web("web:1"));
        two = release(DriftMode.ENFORCE, web("web:2"));
        driver =
                bed.factory()
                        .open(
                                SimulatedFleet.setup(
                                        "test-agent",
                                        new SilentTelemetry(),
                                        _ -> hint(),
                                        EnginePace.USUAL));
        driver.start();
        slice = driver.slice(owner);
        slice.start();
        await().until(() -> driver.seen().reachable());
    }

    private void hint() {
        var s = slice;
        if (s != null) {
            s.hint(null);
        }
    }

    @AfterEach
    void close() throws InterruptedException {
        slice.close();
        slice.join(Duration.ofSeconds(30));
        driver.close();
    }

    private Release release(DriftMode drift, ServiceBuilder... services) {
        var pipeline = Releases.pipeline("shop", drift, services);
        var images = new HashMap<String, ImageRef>();
        pipeline.services().forEach(s -> images.put(s.image(), bed.image(s.image())));
        return ReleaseBuilder.build(pipeline, "shop", images, Map.of());
    }

    private EngineTarget target(Directive aim, Release release, PlanPolicy policy) {
        return new EngineTarget(
                new EngineTarget.Goal(leg, aim, release, policy, List.of(), null),
                "",
                "c0ffee",
                release.equals(one) ? List.of() : List.of(one),
                List.of(one, two),
                "",
                true,
                aim instanceof Directive.RollOut || aim instanceof Directive.GoBack,
                false,
                false,
                DEADLINE,
                List.of());
    }

    private EngineTarget rollOut(Release release) {
        return target(new Directive.RollOut(release.id()), release, PlanPolicy.ROLL_OUT);
    }

    private EngineTarget settle(Release release) {
        return target(new Directive.Settle(release.id()), release, PlanPolicy.SETTLE);
    }

    private EngineTarget keep(Release release) {
        return target(new Directive.Keep(release.id()), release, PlanPolicy.STEADY);
    }

    private static EngineTarget acting(EngineTarget t, boolean act) {
        return new EngineTarget(
                t.goal(),
                t.from(),
                t.commit(),
                t.kept(),
                t.known(),
                t.refusedSecrets(),
                act,
                t.deploying(),
                t.soaking(),
                t.withholdNames(),
                t.progressLeft(),
                t.restarts());
    }

    private static EngineTarget restarting(EngineTarget t, Replica replica) {
        return new EngineTarget(
                t.goal(),
                t.from(),
                t.commit(),
                t.kept(),
                t.known(),
                t.refusedSecrets(),
                true,
                t.deploying(),
                t.soaking(),
                t.withholdNames(),
                t.progressLeft(),
                List.of(
                        new UnhealthyRestarts.Order(
                                replica.id(), Objects.requireNonNull(replica.run().startedAt()))));
    }

    private static EngineTarget condemning(EngineTarget t, String replica) {
        var g = t.goal();
        return new EngineTarget(
                new EngineTarget.Goal(
                        g.leg(), g.aim(), g.release(), g.policy(), List.of(replica), g.atMost()),
                t.from(),
                t.commit(),
                t.kept(),
                t.known(),
                t.refusedSecrets(),
                true,
                t.deploying(),
                t.soaking(),
                t.withholdNames(),
                t.progressLeft(),
                t.restarts());
    }

    /** Orders it in a leg of its own. */
    private void order(EngineTarget t) {
        slice.order(t);
    }

    private void reaches(Standing standing) {
        await().until(
                        () -> {
                            slice.hint(null);
                            return slice.standing()
                                    .filter(s -> s.standing() == standing)
                                    .isPresent();
                        });
    }

    private void stable(Release release) {
        leg = "up-" + release.id();
        order(rollOut(release));
        reaches(Standing.READY);
        leg = "settle-" + release.id();
        order(settle(release));
        reaches(Standing.READY);
        leg = "keep-" + release.id();
        order(keep(release));
        reaches(Standing.READY);
    }

    private List<Replica> replicas() {
        return driver.look("shop").replicas();
    }

    private List<Replica> running() {
        return replicas().stream().filter(Replica::running).toList();
    }

    private Replica only() {
        var all = running();
        assertThat(all).hasSize(1);
        return all.getFirst();
    }

    // --- the promises -------------------------------------------------------------------------

    @Test
    void itBringsUpWhatTheTargetSaysAndSaysWhatItIsMadeFrom() {
        order(rollOut(one));
        reaches(Standing.READY);
        var replica = only();
        assertThat(replica.service()).isEqualTo("web");
        assertThat(replica.origin().number()).isEqualTo("1");
        assertThat(replica.origin().release()).isEqualTo(one.id());
        assertThat(replica.origin().spec()).isEqualTo(one.service("web").orElseThrow().specHash());
        assertThat(replica.origin().commit()).isEqualTo("c0ffee");
        assertThat(replica.origin().image()).isEqualTo("web:1");
        var observed = Objects.requireNonNull(slice.report().observed());
        assertThat(observed.replicas())
                .extracting(Replica::verdict)
                .containsExactly(Verdict.HEALTHY);
        assertThat(driver.pipelines()).containsExactly("shop");
        assertThat(driver.pipelinesOf("ml")).containsExactly("shop");
        assertThat(driver.pipelinesOf("other")).isEmpty();
        assertThat(driver.has("shop")).isTrue();
    }

    @Test
    void nothingChangesWithoutLeaveToAct() {
        order(acting(rollOut(one), false));
        reaches(Standing.WORKING);
        assertThat(slice.report().actions()).isPositive();
        assertThat(bed.changes()).isZero();
        order(rollOut(one));
        reaches(Standing.READY);
    }

    @Test
    void aPlanChangesNothingAndIsEmptyOnceItIsDone() {
        var plan = slice.plan(rollOut(one));
        assertThat(plan.actions()).isNotEmpty();
        assertThat(plan.actions()).allMatch(a -> !a.text().isEmpty());
        assertThat(plan.release()).isEqualTo(one.id());
        assertThat(bed.changes()).isZero();
        stable(one);
        assertThat(slice.plan(keep(one)).actions()).isEmpty();
        assertThat(slice.plan(settle(two)).downtime()).startsWith("no downtime");
    }

    @Test
    void nothingIsDoneThatIsNotWrittenFirst() {
        owner.full = true;
        order(rollOut(one));
        await().until(
                        () -> {
                            slice.hint(null);
                            return slice.report().standing() == Standing.TROUBLED;
                        });
        assertThat(bed.changes()).isZero();
        owner.full = false;
        slice.tryAgain();
        reaches(Standing.READY);
        assertThat(owner.told).anyMatch(t -> t.startsWith("Action "));
    }

    @Test
    void theOldServesUntilTheNewIsProvenAndIsKeptForARollback() {
        stable(one);
        var old = only();
        leg = "up";
        order(rollOut(two));
        reaches(Standing.READY);
        assertThat(running()).hasSize(2).extracting(Replica::id).contains(old.id());
        leg = "settle";
        order(settle(two));
        reaches(Standing.READY);
        assertThat(only().origin().release()).isEqualTo(two.id());
        assertThat(replicas()).extracting(Replica::id).contains(old.id());
        leg = "back";
        order(target(new Directive.GoBack(one.id()), one, PlanPolicy.SETTLE));
        reaches(Standing.READY);
        assertThat(only().id()).as("the kept one starts again").isEqualTo(old.id());
    }

    @Test
    void whatEndsByItselfDuringADeploymentIsTheReleasesFault() {
        stable(one);
        bed.breaks("web:2");
        leg = "up";
        order(rollOut(two));
        reaches(Standing.FAULT);
        assertThat(slice.report().why()).contains("web").contains("1");
        assertThat(Objects.requireNonNull(slice.evidence()).doubtful()).isFalse();
        assertThat(running()).extracting(r -> r.origin().release()).contains(one.id());
    }

    @Test
    void anEngineThatDoesNotAnswerIsNobodysFault() {
        stable(one);
        bed.away(true);
        leg = "up";
        order(rollOut(two));
        reaches(Standing.AWAY);
        await().until(() -> driver.unreachableFor().isPresent());
        assertThat(driver.seen().away()).isTrue();
        assertThat(driver.seen().reason()).isNotBlank();
        assertThat(driver.last("shop").replicas()).as("what was seen last").hasSize(1);
        assertThatThrownBy(() -> driver.look("shop"))
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).isEqualTo(FailureKind.UNREACHABLE));
        bed.away(false);
        reaches(Standing.READY);
    }

    @Test
    void aHostThatCannotIsNobodysFaultAndIsTriedAgain() {
        bed.refuses("no space left on device");
        order(rollOut(one));
        reaches(Standing.TROUBLED);
        assertThat(slice.report().why()).contains("no space left on device");
        assertThat(slice.report().troubles()).isPositive();
        bed.refuses(null);
        slice.tryAgain();
        reaches(Standing.READY);
    }

    @Test
    void driftIsToldAndRepaired() {
        stable(one);
        var changed = only();
        bed.changes(changed);
        await().until(() -> owner.told.stream().anyMatch(t -> t.startsWith("DriftDetected ")));
        await().until(
                        () -> {
                            slice.hint(null);
                            return owner.told.stream()
                                    .anyMatch(t -> t.startsWith("DriftRepaired "));
                        });
        reaches(Standing.READY);
        assertThat(slice.report().drift()).isEmpty();
        assertThat(slice.drift(keep(one))).isEmpty();
        assertThat(running()).hasSize(1);
    }

    @Test
    void driftIsOnlyToldIfTheReleaseSaysSo() {
        var warned = release(DriftMode.WARN, web("web:1"));
        leg = "up";
        order(rollOut(warned));
        reaches(Standing.READY);
        leg = "keep";
        order(keep(warned));
        reaches(Standing.READY);
        bed.changes(only());
        int before = bed.changes();
        await().until(
                        () -> {
                            slice.hint(null);
                            return !slice.report().drift().isEmpty();
                        });
        assertThat(bed.changes()).isEqualTo(before);
    }

    @Test
    void aCondemnedReplicaIsReplacedByAnother() {
        stable(one);
        var old = only();
        leg = "again";
        order(condemning(settle(one), old.id()));
        reaches(Standing.READY);
        assertThat(only().id()).isNotEqualTo(old.id());
    }

    @Test
    void aRestartKeepsTheReplica() {
        stable(one);
        var sick = only();
        bed.unhealthy(sick);
        order(restarting(keep(one), sick));
        await().until(
                        () -> {
                            slice.hint(null);
                            var now = running();
                            return now.size() == 1
                                    && !Objects.equals(
                                            now.getFirst().run().startedAt(),
                                            sick.run().startedAt());
                        });
        assertThat(only().id()).isEqualTo(sick.id());
    }

    @Test
    void lostHealthIsSeenAtRestAndReplacesNothing() {
        stable(one);
        var sick = only();
        bed.unhealthy(sick);
        await().until(
                        () -> {
                            slice.hint(null);
                            var observed = slice.report().observed();
                            return observed != null
                                    && observed.replicas().stream()
                                            .anyMatch(r -> r.verdict() == Verdict.UNHEALTHY);
                        });
        assertThat(slice.report().standing()).isEqualTo(Standing.READY);
        assertThat(only().id()).isEqualTo(sick.id());
    }

    @Test
    void aStatusBelongsToItsGoal() {
        stable(one);
        bed.away(true);
        leg = "another";
        order(acting(rollOut(two), false));
        assertThat(slice.standing().filter(s -> s.standing() == Standing.READY)).isEmpty();
        bed.away(false);
        reaches(Standing.WORKING);
    }

    @Test
    void nothingIsLeftOfAPipelineThatGoes() {
        stable(one);
        leg = "gone";
        var none = release(DriftMode.ENFORCE);
        order(target(new Directive.Nothing(List.of()), none, PlanPolicy.SETTLE));
        reaches(Standing.READY);
        assertThat(replicas().stream().filter(Replica::alive)).isEmpty();
    }

    @Test
    void whatItCanStartIsKnownBeforeARollback() {
        stable(one);
        var service = one.service("web").orElseThrow();
        assertThat(driver.startable("shop", Map.of(service, 1), new java.util.TreeMap<>()))
                .containsExactly("web");
    }
}
