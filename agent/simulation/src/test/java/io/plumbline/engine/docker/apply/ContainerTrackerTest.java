package io.plumbline.engine.docker.apply;

import static io.plumbline.testkit.Releases.release;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.live.CheckResult;
import io.plumbline.engine.docker.live.CommandResult;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.EngineState;
import io.plumbline.engine.docker.live.LastEnd;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import io.plumbline.testkit.FakeEngine;
import io.plumbline.testkit.Scene;
import io.plumbline.testkit.ServiceBuilder;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** How long a health check's result counts, on the agent's own clock. */
class ContainerTrackerTest {
    private static final Release RELEASE =
            release("shop", service("web").image("web:1").healthcheck(ServiceBuilder.http(8080)));
    private static final Instant ENGINES_CLOCK = Instant.parse("1999-01-01T00:00:00Z");

    private final LiveContainer made = Scene.running(RELEASE).at(RELEASE, "web", 1);
    private Duration now = Duration.ofHours(5);
    private Optional<Duration> reachableFor = Optional.of(Duration.ofHours(1));

    private final ContainerTracker tracker =
            new ContainerTracker(
                    new Ticker() {
                        @Override
                        public long nanos() {
                            return now.toNanos();
                        }

                        @Override
                        public Instant now() {
                            return Instant.EPOCH;
                        }
                    },
                    _ -> LastEnd.UNKNOWN,
                    Duration.ofSeconds(60),
                    () -> reachableFor);

    private Verdict seen(Instant checkedAt) {
        return tracker.verdicts(state(healthy(checkedAt))).getOrDefault(made.id(), Verdict.WAITING);
    }

    private LiveContainer healthy(Instant checkedAt) {
        return with(
                EngineHealth.HEALTHY, new CheckResult(checkedAt, 0, "", 0, Duration.ZERO, true));
    }

    private LiveContainer with(EngineHealth health, CheckResult check) {
        return new LiveContainer(
                made.id(),
                made.name(),
                made.labels(),
                RunState.RUNNING,
                health,
                0,
                false,
                "",
                0,
                made.createdAt(),
                made.startedAt(),
                made.finishedAt(),
                made.config(),
                made.networks(),
                List.of(),
                check);
    }

    private static EngineState state(LiveContainer c) {
        return new EngineState(
                "local", List.of(c), new TreeSet<>(), List.of(), List.of(), new TreeMap<>());
    }

    /** Its first probe hung and never ended: no other was started in that container. */
    @Test
    void anOldProbeThatNeverEndsSaysNothingAgainstAContainerThatTheEngineFindsHealthy() {
        var engine = new FakeEngine("local");
        engine.before(
                (operation, _) -> {
                    throw new PlumblineException(
                            FailureKind.TRANSIENT, operation + ": an earlier one has not ended");
                });
        tracker.took(made.id(), 0, true);
        for (int i = 0; i < 4; i++) {
            probed(engine, ENGINES_CLOCK);
        }
        assertThat(tracker.failure(state(healthy(ENGINES_CLOCK))).orElseThrow().evidence())
                .matches(Evidence::doubtful);
        for (int i = 1; i < 9; i++) {
            probed(engine, ENGINES_CLOCK.plusSeconds(i / 4));
        }
        assertThat(tracker.failure(state(healthy(ENGINES_CLOCK.plusSeconds(2))))).isEmpty();
    }

    /** Seed 556 of the simulation: a rollback went to a container whose check hung. */
    @Test
    void aProbeWithoutResultDoesNotMakeAnOldPassNewerThanTheEnginesFailure() {
        var hangs = new AtomicBoolean();
        var probed =
                (EngineClient)
                        Proxy.newProxyInstance(
                                EngineClient.class.getClassLoader(),
                                new Class<?>[] {EngineClient.class},
                                (_, _, _) -> {
                                    if (hangs.get()) {
                                        throw new PlumblineException(
                                                FailureKind.TRANSIENT, "exec: not ended in time");
                                    }
                                    return new CommandResult(0, "");
                                });
        tracker.probe(probed, List.of(healthy(ENGINES_CLOCK)), Duration.ZERO, 1);
        hangs.set(true);
        now = now.plusSeconds(9);
        var failed = unhealthy(ENGINES_CLOCK.plusSeconds(8));
        tracker.probe(probed, List.of(failed), Duration.ZERO, 1);
        assertThat(tracker.verdicts(state(failed))).containsEntry(made.id(), Verdict.UNHEALTHY);
    }

    private LiveContainer unhealthy(Instant checkedAt) {
        return with(
                EngineHealth.UNHEALTHY,
                new CheckResult(checkedAt, 1, "no", 3, Duration.ofSeconds(9), false));
    }

    private void probed(FakeEngine engine, Instant checkedAt) {
        now = now.plusSeconds(1);
        var c = healthy(checkedAt);
        var _ = tracker.verdicts(state(c));
        tracker.probe(engine, List.of(c), Duration.ZERO, 1);
    }

    /** An engine with live-restore was seen to run no check any more after its restart. */
    @Test
    void aResultThatIsNotRenewedIsUnknownAfterAWhile() {
        assertThat(seen(ENGINES_CLOCK)).isEqualTo(Verdict.HEALTHY);
        now = now.plusMinutes(3);
        assertThat(seen(ENGINES_CLOCK)).isEqualTo(Verdict.HEALTHY);
        now = now.plusMinutes(30);
        assertThat(seen(ENGINES_CLOCK)).isEqualTo(Verdict.UNKNOWN);
        assertThat(seen(ENGINES_CLOCK.plusSeconds(30))).isEqualTo(Verdict.HEALTHY);
    }

    @Test
    void whileTheEngineDoesNotAnswerNoResultGrowsOld() {
        assertThat(seen(ENGINES_CLOCK)).isEqualTo(Verdict.HEALTHY);
        now = now.plusMinutes(30);
        reachableFor = Optional.of(Duration.ofSeconds(5));
        assertThat(seen(ENGINES_CLOCK)).isEqualTo(Verdict.HEALTHY);
        now = now.plusMinutes(10);
        reachableFor = Optional.of(Duration.ofMinutes(10));
        assertThat(seen(ENGINES_CLOCK)).isEqualTo(Verdict.UNKNOWN);
    }
}
