package io.plumbline.testkit;

import static io.plumbline.testkit.Patience.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.release.SpecCanonical;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.manifest.PullPolicy;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.manifest.SecretMount;
import io.plumbline.port.FileBytes;
import io.plumbline.port.LogLine;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.SecretStore;
import io.plumbline.port.SecretValue;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.port.driver.StepEngine;
import io.plumbline.port.driver.StepEngine.Attempt;
import io.plumbline.port.driver.StepEngine.Order;
import io.plumbline.port.driver.StepEngine.Shown;
import io.plumbline.runtime.SilentTelemetry;
import io.plumbline.runtime.SimulatedFleet;
import io.plumbline.runtime.engine.DriverFactory;
import io.plumbline.runtime.engine.DriverSetup;
import io.plumbline.runtime.engine.EnginePace;
import io.plumbline.runtime.secrets.Redaction;
import io.plumbline.runtime.secrets.Secrets;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link StepEngine} must do: run by one over a fake engine and over a real one. */
public abstract class StepEngineContract {
    /** What the process of a step does. */
    protected enum Does {
        /** Ends with 0. */
        SUCCEEDS,
        /** Ends with 3. */
        FAILS,
        /** Runs until it is told to end. */
        LASTS,
        /** Runs until it is killed. */
        IGNORES_TERM,
        /** Needs more memory than it has. */
        EATS_MEMORY,
        /** Prints the lines {@code one} and {@code two}. */
        PRINTS,
        /** Its program does not exist. */
        CANNOT_START,
        /**
         * Makes the file {@code /model} (text {@code m}), the folder {@code /out} with {@code a}
         * (text {@code one}) and {@code in/run} (0755, text {@code two}), the link {@code
         * /etc-link} to {@code /etc/passwd}, and the folder {@code /linked} with a link {@code l}.
         */
        MAKES,
        /**
         * Copies its file {@code /in/data}, its secret {@code /in/key} and its variable {@code
         * TOKEN} to {@code /copy}, without anything between them.
         */
        COPIES
    }

    private static final Duration PULL = Duration.ofMinutes(1);
    private static final Duration SHORT = Duration.ofMillis(50);

    /** Unique to a test, so that several may share an engine. */
    protected final String run =
            "t" + Long.toHexString(ThreadLocalRandom.current().nextLong(1L << 32, 1L << 40));

    private final List<String> woken = new CopyOnWriteArrayList<>();
    private EngineDriver driver;
    private StepEngine steps;

    /** The maker of the engine's driver. */
    protected abstract DriverFactory factory();

    /** The workload of a step that does that. */
    protected abstract SpecBuilder spec(Does does);

    /** Somebody removes the attempt behind the driver's back, even while it runs. */
    protected abstract void vanish(Attempt attempt);

    /** The name of the agent. */
    protected final String agent() {
        return "agent-" + run;
    }

    /** The engine's driver. */
    protected final EngineDriver driver() {
        return driver;
    }

    /** The engine under test. */
    protected final StepEngine steps() {
        return steps;
    }

    /** The names of the pipelines that were woken. */
    protected final List<String> woken() {
        return woken;
    }

    @BeforeEach
    void open() {
        var usual =
                SimulatedFleet.setup(agent(), new SilentTelemetry(), woken::add, EnginePace.USUAL);
        driver = factory().open(with(usual, new Secrets(new Redaction(new Store()), _ -> "h1")));
        driver.start();
        steps = driver.steps().orElseThrow();
        await().until(() -> driver.seen().reachable());
    }

    private static DriverSetup with(DriverSetup s, Secrets secrets) {
        return new DriverSetup(
                s.identity(),
                s.names(),
                s.relist(),
                s.pace(),
                s.drain(),
                s.ledger(),
                secrets,
                s.ticker(),
                s.telemetry(),
                s.wake(),
                s.wakeAll());
    }

    @AfterEach
    void close() {
        driver.close();
    }

    /** Each secret has the value {@code NAME-value}. */
    private static final class Store implements SecretStore {
        @Override
        public Optional<SecretValue> read(String name) {
            return Optional.of(new SecretValue((name + "-value").getBytes(UTF_8)));
        }

        @Override
        public String whereabouts(String name) {
            return "memory";
        }
    }

    /** The first attempt of a step of this test. */
    protected final Attempt attempt(String step) {
        return new Attempt(run, step, 7, 1, "v1:" + "a".repeat(32));
    }

    /** An order without files. */
    protected final Order order(Attempt attempt, Does does) {
        return order(attempt, spec(does).restart(RestartPolicy.NO).build(), Map.of());
    }

    /** An order. */
    protected final Order order(Attempt attempt, WorkloadSpec spec, Map<String, FileBytes> files) {
        return new Order(
                attempt,
                "ml",
                "c0ffee",
                new ReleaseService(
                        attempt.step(),
                        List.of(),
                        1,
                        "image:1",
                        PullPolicy.MISSING,
                        SpecCanonical.specHash(spec),
                        spec,
                        false),
                files);
    }

    private Attempt started(String step, Does does) {
        var attempt = attempt(step);
        steps.start(order(attempt, does), PULL, _ -> {});
        return attempt;
    }

    private Attempt ended(String step, Does does) {
        var attempt = started(step, does);
        assertThat(steps.await(attempt, Patience.LONG)).isInstanceOf(Shown.Exited.class);
        return attempt;
    }

    private static void fails(FailureKind kind, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind));
    }

    // ---- start and end

    @Test
    void aStepRunsToItsEndAndIsRemoved() {
        var attempt = attempt("train");
        assertThat(steps.look(attempt)).isEqualTo(new Shown.Absent());
        assertThat(steps.attempts(run)).isEmpty();
        steps.start(order(attempt, Does.SUCCEEDS), PULL, _ -> {});
        assertThat(steps.await(attempt, Patience.LONG)).isEqualTo(new Shown.Exited(0, false, ""));
        assertThat(steps.look(attempt)).isEqualTo(new Shown.Exited(0, false, ""));
        assertThat(steps.attempts(run)).containsExactly(attempt);
        steps.remove(attempt);
        steps.remove(attempt);
        assertThat(steps.look(attempt)).isEqualTo(new Shown.Absent());
        assertThat(steps.attempts(run)).isEmpty();
    }

    @Test
    void theExitCodeIsShown() {
        var attempt = started("train", Does.FAILS);
        assertThat(steps.await(attempt, Patience.LONG)).isEqualTo(new Shown.Exited(3, false, ""));
    }

    @Test
    void aStepThatTheKernelEndsForMemoryIsShownSo() {
        var attempt = started("train", Does.EATS_MEMORY);
        assertThat(steps.await(attempt, Patience.LONG)).isEqualTo(new Shown.Exited(137, true, ""));
    }

    @Test
    void anAttemptThatWasStartedIsLeftAlone() {
        var runs = started("train", Does.LASTS);
        steps.start(order(runs, Does.LASTS), PULL, _ -> {});
        assertThat(steps.look(runs)).isEqualTo(new Shown.Running());
        assertThat(steps.attempts(run)).containsExactly(runs);
        var ended = ended("test", Does.FAILS);
        steps.start(order(ended, Does.SUCCEEDS), PULL, _ -> {});
        assertThat(steps.look(ended)).isEqualTo(new Shown.Exited(3, false, ""));
    }

    @Test
    void anAttemptThatWasNotStartedIsMadeAgain() {
        var attempt = attempt("train");
        fails(
                FailureKind.INVALID,
                () -> steps.start(order(attempt, Does.CANNOT_START), PULL, _ -> {}));
        assertThat(steps.look(attempt)).isEqualTo(new Shown.Absent());
        assertThat(steps.await(attempt, Patience.LONG)).isEqualTo(new Shown.Absent());
        assertThat(steps.attempts(run)).containsExactly(attempt);
        steps.start(order(attempt, Does.FAILS), PULL, _ -> {});
        assertThat(steps.await(attempt, Patience.LONG)).isEqualTo(new Shown.Exited(3, false, ""));
        assertThat(steps.attempts(run)).containsExactly(attempt);
    }

    @Test
    void attemptsOfAStepAndOfOtherRunsAreApart() {
        var first = ended("train", Does.FAILS);
        var second = new Attempt(run, "train", 7, 2, first.key());
        var otherRun = new Attempt(run, "train", 8, 1, first.key());
        var sameName = new Attempt(run, "train", 7, 1, "v1:" + "b".repeat(32));
        for (var attempt : List.of(second, otherRun, sameName)) {
            assertThat(steps.look(attempt)).isEqualTo(new Shown.Absent());
            steps.start(order(attempt, Does.SUCCEEDS), PULL, _ -> {});
            assertThat(steps.await(attempt, Patience.LONG))
                    .isEqualTo(new Shown.Exited(0, false, ""));
        }
        assertThat(steps.look(first)).isEqualTo(new Shown.Exited(3, false, ""));
        assertThat(steps.attempts(run))
                .containsExactlyInAnyOrder(first, second, otherRun, sameName);
    }

    @Test
    void aWaitEndsAtItsDeadline() {
        var attempt = started("train", Does.LASTS);
        assertThat(steps.await(attempt, SHORT)).isEqualTo(new Shown.Running());
    }

    @Test
    void anAttemptThatVanishesIsAbsent() {
        var attempt = started("train", Does.LASTS);
        Thread.ofVirtual().start(() -> vanish(attempt));
        assertThat(steps.await(attempt, Patience.LONG))
                .as("it may be seen between its end and its removal")
                .isNotInstanceOf(Shown.Running.class);
        await().until(() -> steps.look(attempt).equals(new Shown.Absent()));
        fails(FailureKind.MISSING, () -> read(attempt, "/out"));
        assertThat(log(attempt)).isNull();
        steps.stop(attempt, SHORT);
        steps.remove(attempt);
    }

    @Test
    void anImageThatIsNowhereIsMissing() {
        var spec =
                new SpecBuilder(new ImageRef.LocalId("sha256:" + "0".repeat(64)))
                        .restart(RestartPolicy.NO)
                        .build();
        var attempt = attempt("train");
        fails(
                FailureKind.MISSING,
                () -> steps.start(order(attempt, spec, Map.of()), PULL, _ -> {}));
        assertThat(steps.attempts(run)).isEmpty();
    }

    // ---- its files

    private static final class Taken implements StepEngine.Files {
        final Map<String, String> files = new TreeMap<>();

        @Override
        public void file(String path, int mode, long size, InputStream bytes) throws IOException {
            var content = bytes.readAllBytes();
            assertThat(content.length).isEqualTo((int) size);
            files.put(path, Integer.toOctalString(mode) + " " + new String(content, UTF_8));
        }
    }

    private Map<String, String> read(Attempt attempt, String path) {
        var taken = new Taken();
        boolean folder = steps.read(attempt, path, taken);
        assertThat(folder).isEqualTo(!taken.files.containsKey(""));
        return taken.files;
    }

    @Test
    void filesAndFoldersAreRead() {
        var attempt = ended("train", Does.MAKES);
        assertThat(read(attempt, "/model")).isEqualTo(Map.of("", "644 m"));
        var out = Map.of("a", "644 one", "in/run", "755 two");
        assertThat(read(attempt, "/out")).isEqualTo(out);
        assertThat(read(attempt, "/out/")).isEqualTo(out);
        assertThat(read(attempt, "/out/in")).isEqualTo(Map.of("run", "755 two"));
    }

    @Test
    void linksAreRefusedAndNotFollowed() {
        var attempt = ended("train", Does.MAKES);
        for (var path : List.of("/etc-link", "/etc-link/", "/linked")) {
            assertThatThrownBy(() -> read(attempt, path))
                    .isInstanceOfSatisfying(
                            PlumblineException.class,
                            e -> assertThat(e.kind()).isEqualTo(FailureKind.INVALID))
                    .hasMessageContaining("is a link to ")
                    .hasMessageContaining("step train");
        }
    }

    @Test
    void whatIsNotThereIsMissing() {
        var attempt = ended("train", Does.MAKES);
        fails(FailureKind.MISSING, () -> read(attempt, "/none"));
        fails(FailureKind.MISSING, () -> read(attempt, "/out/none"));
        fails(FailureKind.MISSING, () -> read(attempt, "/model/none"));
        fails(FailureKind.MISSING, () -> read(attempt("other"), "/out"));
    }

    @Test
    void filesAndSecretsAreThereAtTheStart() {
        var attempt = attempt("train");
        var sha = Releases.hex("input");
        var spec =
                spec(Does.COPIES)
                        .restart(RestartPolicy.NO)
                        .file("/in/data", sha)
                        .secret(new SecretMount.AsFile("key", "/in/key", 0400, 0, 0))
                        .secret(new SecretMount.AsEnv("token", "TOKEN"))
                        .build();
        fails(FailureKind.FAULT, () -> steps.start(order(attempt, spec, Map.of()), PULL, _ -> {}));
        var files = Map.of(sha, FileBytes.of("input.".getBytes(UTF_8)));
        steps.start(order(attempt, spec, files), PULL, _ -> {});
        assertThat(steps.await(attempt, Patience.LONG)).isEqualTo(new Shown.Exited(0, false, ""));
        assertThat(read(attempt, "/copy")).isEqualTo(Map.of("", "644 input.key-valuetoken-value"));
    }

    // ---- its log and its end

    private @Nullable List<String> log(Attempt attempt) {
        var lines = new CopyOnWriteArrayList<LogLine>();
        var ends = new AtomicInteger();
        var open = steps.logs(attempt, true, lines::add, ends::incrementAndGet);
        if (open == null) {
            return null;
        }
        try (open) {
            await().until(() -> ends.get() == 1);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return new ArrayList<>(lines.stream().map(LogLine::text).toList());
    }

    @Test
    void theLogIsReadWhileItRunsAndAfterwards() {
        var attempt = started("train", Does.PRINTS);
        assertThat(log(attempt)).containsExactly("one", "two");
        assertThat(steps.await(attempt, Patience.LONG)).isInstanceOf(Shown.Exited.class);
        assertThat(log(attempt)).containsExactly("one", "two");
        assertThat(log(attempt("other"))).isNull();
    }

    @Test
    void aStopEndsAlsoAProcessThatIgnoresTheSignal() {
        var attempt = started("train", Does.LASTS);
        steps.stop(attempt, Duration.ofSeconds(30));
        assertThat(steps.look(attempt)).isInstanceOf(Shown.Exited.class);
        steps.stop(attempt, Duration.ofSeconds(30));
        var stubborn = started("test", Does.IGNORES_TERM);
        steps.stop(stubborn, Duration.ofSeconds(1));
        assertThat(steps.look(stubborn)).isEqualTo(new Shown.Exited(137, false, ""));
        steps.stop(attempt("other"), SHORT);
    }

    @Test
    void aRunningAttemptIsRemovedToo() {
        var attempt = started("train", Does.IGNORES_TERM);
        steps.remove(attempt);
        assertThat(steps.attempts(run)).isEmpty();
    }

    // ---- the services beside it

    @Test
    void aStepIsNoReplica() {
        started("train", Does.LASTS);
        assertThat(driver.look(run).replicas()).isEmpty();
        assertThat(driver.last(run).replicas()).isEmpty();
        assertThat(driver.has(run)).isFalse();
        assertThat(driver.used()).isEmpty();
        assertThat(driver.pipelines()).isEmpty();
        assertThat(driver.pipelinesOf("ml")).isEmpty();
        assertThat(driver.carries(run, _ -> true, true)).isFalse();
        assertThat(driver.figures().replicas()).isZero();
    }

    @Test
    void whatIsLeftOfStepsGoesWithThePipeline() {
        started("train", Does.IGNORES_TERM);
        ended("test", Does.SUCCEEDS);
        assertThat(driver.removeShared(run)).isEmpty();
        assertThat(steps.attempts(run)).isEmpty();
        driver.look(run);
        assertThat(driver.carries(run, _ -> true, false)).isFalse();
    }
}
