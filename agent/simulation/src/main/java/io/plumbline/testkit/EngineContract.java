package io.plumbline.testkit;

import static io.plumbline.testkit.Patience.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.engine.docker.api.ControlResult;
import io.plumbline.engine.docker.api.ControlSpec;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.api.EngineClient.EngineEvent;
import io.plumbline.engine.docker.api.EngineClient.FileContent;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveConfig;
import io.plumbline.engine.docker.live.LiveConfig.PublishedPort;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveVolume;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.LogLine;
import io.plumbline.port.LogStart;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;

/**
 * What every {@link EngineClient} must do: run by the fake and by the real adapter, so that what is
 * tested with the one holds for the other.
 */
public abstract class EngineContract extends EngineNetworkContract {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final LogStart ALL = new LogStart.Tail(0);

    @Test
    void saysVersionAndCapacity() {
        EngineClient.Info info = engine().info();
        assertThat(info.version()).isNotBlank();
        assertThat(info.apiVersion()).startsWith("1.");
        assertThat(info.cpus()).isPositive();
        assertThat(info.memory()).isPositive();
    }

    @Test
    void aContainerIsMadeStartedStoppedAndRemoved() {
        String id = make("web", sleeper());
        LiveContainer made = live(id);
        assertThat(made.id()).isEqualTo(id);
        assertThat(made.name()).isEqualTo("web-" + run);
        assertThat(made.state()).isEqualTo(RunState.CREATED);
        assertThat(made.startedAt()).isNull();
        assertThat(made.finishedAt()).isNull();
        assertThat(made.label(Labels.PIPELINE)).isEqualTo(run);

        engine().start(id);
        engine().start(id);
        LiveContainer running = live(id);
        assertThat(running.state()).isEqualTo(RunState.RUNNING);
        assertThat(running.alive()).isTrue();
        assertThat(running.startedAt()).isNotNull().isAfterOrEqualTo(made.createdAt());
        assertThat(running.health()).isEqualTo(EngineHealth.NONE);

        engine().stop(id, SECOND);
        engine().stop(id, SECOND);
        assertThat(live(id).state()).isEqualTo(RunState.EXITED);
        assertThat(live(id).finishedAt()).isNotNull();

        engine().remove(id);
        engine().remove(id);
        assertThat(engine().inspect(id)).isEmpty();
    }

    @Test
    void listsOnlyTheAgentsContainersButKnowsAllNames() {
        String id = started("web", sleeper());
        NewContainer foreign = container("other", sleeper());
        engine().create(
                        new NewContainer(
                                foreign.name(),
                                foreign.spec(),
                                new TreeMap<>(Map.of(Labels.AGENT, "else-" + run)),
                                network(),
                                Map.of(),
                                Map.of()));
        assertThat(engine().list(agent()))
                .singleElement()
                .satisfies(
                        row -> {
                            assertThat(row.id()).isEqualTo(id);
                            assertThat(row.name()).isEqualTo("web-" + run);
                            assertThat(row.state()).isEqualTo(RunState.RUNNING);
                            assertThat(row.status()).startsWith("Up");
                            assertThat(row.labels()).containsEntry(Labels.PIPELINE, run);
                        });
        assertThat(engine().containerNames()).contains("web-" + run, "other-" + run);
    }

    @Test
    void whatIsNotThereIsMissing() {
        String none = "0".repeat(64);
        assertThat(engine().inspect(none)).isEmpty();
        assertThat(engine().image("no-such-image-" + run + ":1")).isEmpty();
        fails(FailureKind.MISSING, () -> engine().start(none));
        fails(FailureKind.MISSING, () -> engine().stop(none, SECOND));
        fails(FailureKind.MISSING, () -> engine().rename(none, "x-" + run));
        fails(FailureKind.MISSING, () -> engine().exec(none, exits(0), SECOND));
        fails(FailureKind.MISSING, () -> engine().connect(none, network(), List.of()));
        fails(
                FailureKind.MISSING,
                () -> engine().logs(none, ALL, false, _ -> {}, () -> {}).close());
        WorkloadSpec unknown =
                new SpecBuilder(new ImageRef.LocalId("sha256:" + "0".repeat(64))).build();
        fails(FailureKind.MISSING, () -> make("web", unknown));
    }

    @Test
    void aTakenNameIsAConflict() {
        make("web", sleeper());
        fails(FailureKind.CONFLICT, () -> make("web", sleeper()));
    }

    @Test
    void anImageThatWasSavedAndLoadedKeepsItsId() throws IOException {
        String id = engine().image(image().engineName()).orElseThrow().id();
        try (InputStream saved = engine().save(id, SECOND.multipliedBy(20))) {
            engine().load(saved, SECOND.multipliedBy(20), _ -> {});
        }
        assertThat(engine().image(id)).isPresent();
        fails(
                FailureKind.MISSING,
                () -> engine().save("sha256:" + "0".repeat(64), SECOND.multipliedBy(5)).close());
    }

    @Test
    void whatIsNoImageIsNotLoaded() {
        InputStream none = new ByteArrayInputStream(new byte[] {1, 2, 3});
        assertThatThrownBy(() -> engine().load(none, SECOND.multipliedBy(20), _ -> {}))
                .isInstanceOf(PlumblineException.class);
    }

    @Test
    void anImageWithLabelsOfOursIsRefused() {
        fails(FailureKind.INVALID, () -> make("web", labelled()));
        assertThat(engine().containerNames()).doesNotContain("web-" + run);
    }

    @Test
    void aProgramThatIsNotThereIsTheContainersOwnFault() {
        String id = make("web", broken());
        fails(FailureKind.INVALID, () -> engine().start(id));
        assertThat(live(id).alive()).isFalse();
        assertThat(live(id).error()).isNotBlank();
    }

    @Test
    void aControlExperimentUsesTheHostsPartsAndLeavesNothing() {
        var all = new ControlSpec("", true, true, true, true, SECOND.multipliedBy(10));
        int volumes = engine().volumes().size();
        assertThat(engine().control(all)).isEqualTo(ControlResult.PASSED);
        await().until(() -> engine().list(agent()).stream().noneMatch(EngineContract::helps));
        await().until(() -> engine().volumes().size() <= volumes);
    }

    private static boolean helps(EngineClient.Listed listed) {
        return listed.labels().containsKey(Labels.HELPER);
    }

    @Test
    void aTakenPortIsAConflictAndTheContainerIsNotStarted() {
        int port = freePorts();
        started("a", with(sleeper(), port, port));
        String second = make("b", with(sleeper(), port, port));
        fails(FailureKind.CONFLICT, () -> engine().start(second));
        assertThat(live(second).state()).isEqualTo(RunState.CREATED);
    }

    @Test
    void aRangeGivesEachContainerAPortOfItsOwn() {
        int port = freePorts();
        started("a", with(sleeper(), port, port + 1));
        started("b", with(sleeper(), port, port + 1));
        String third = make("c", with(sleeper(), port, port + 1));
        fails(FailureKind.CONFLICT, () -> engine().start(third));
        assertThat(live(third).config().ports())
                .containsExactly(
                        new PublishedPort(8080, "tcp", "0.0.0.0", port + "-" + (port + 1)));
    }

    @Test
    void theEndOfAProcessIsSeen() {
        String id = started("job", ending(3));
        await().until(() -> live(id).state() == RunState.EXITED);
        assertThat(live(id).exitCode()).isEqualTo(3);
    }

    @Test
    void theEndOfAContainerIsWaitedFor() {
        String id = make("job", sleeper());
        assertThat(engine().await(id, Patience.LONG)).as("it was never started").isTrue();
        engine().start(id);
        assertThat(engine().await(id, Duration.ofMillis(50))).isFalse();
        CompletableFuture<Boolean> waiting = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(() -> Tasks.settle(waiting, () -> engine().await(id, Patience.LONG)));
        engine().stop(id, Duration.ZERO);
        assertThat(waiting.join()).isTrue();
        assertThat(live(id).state()).isEqualTo(RunState.EXITED);
        assertThat(engine().await(id, Patience.LONG)).isTrue();
        fails(FailureKind.MISSING, () -> engine().await("0".repeat(64), SECOND));
    }

    @Test
    void filesOfAContainerAreReadAsAnArchive() throws IOException {
        String id = make("job", sleeper());
        engine().copy(
                        id,
                        List.of(
                                new FileContent("/opt/out/a", 0644, 0, 0, "one".getBytes(UTF_8)),
                                new FileContent("/opt/out/in/b", 0755, 0, 0, "two".getBytes(UTF_8)),
                                new FileContent("/opt/other", 0644, 0, 0, new byte[0])),
                        false);
        assertThat(entries(id, "/opt/out/in/b")).containsExactly("b 755 two");
        assertThat(entries(id, "/opt/out").getFirst()).startsWith("out/ ");
        assertThat(entries(id, "/opt/out"))
                .filteredOn(e -> !e.contains("/ "))
                .containsExactlyInAnyOrder("out/a 644 one", "out/in/b 755 two");
        fails(FailureKind.MISSING, () -> engine().archive(id, "/opt/none").close());
        fails(FailureKind.MISSING, () -> engine().archive("0".repeat(64), "/opt").close());
    }

    private List<String> entries(String id, String path) throws IOException {
        List<String> out = new ArrayList<>();
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(engine().archive(id, path), UTF_8.name())) {
            for (TarArchiveEntry e = tar.getNextEntry(); e != null; e = tar.getNextEntry()) {
                String mode = Integer.toOctalString(e.getMode() & 07777);
                out.add(e.getName() + " " + mode + " " + new String(tar.readAllBytes(), UTF_8));
            }
        }
        return out;
    }

    @Test
    void aVolumeIsMadeOnceAndAnothersIsRefused() {
        engine().createVolume("vol-" + run, owner());
        engine().createVolume("vol-" + run, owner());
        assertThat(engine().volumes()).contains(new LiveVolume("vol-" + run, owner()));
        fails(
                FailureKind.CONFLICT,
                () ->
                        engine().createVolume(
                                        "vol-" + run, new TreeMap<>(Map.of(Labels.AGENT, "x"))));
    }

    @Test
    void removesAVolumeAndOneThatIsGoneIsNoError() {
        engine().createVolume("gone-" + run, owner());
        engine().removeVolume("gone-" + run);
        engine().removeVolume("gone-" + run);
        assertThat(engine().volumes()).doesNotContain(new LiveVolume("gone-" + run, owner()));
    }

    @Test
    void renamesUnlessTheNameIsTaken() {
        String id = make("a", sleeper());
        make("b", sleeper());
        engine().rename(id, "c-" + run);
        engine().rename(id, "c-" + run);
        assertThat(live(id).name()).isEqualTo("c-" + run);
        fails(FailureKind.CONFLICT, () -> engine().rename(id, "b-" + run));
    }

    @Test
    void thawsAndStopsWhatIsFrozen() {
        String id = started("web", sleeper());
        engine().unpause(id);
        pause(id);
        assertThat(live(id).state()).isEqualTo(RunState.PAUSED);
        engine().unpause(id);
        assertThat(live(id).state()).isEqualTo(RunState.RUNNING);
        pause(id);
        engine().stop(id, SECOND);
        assertThat(live(id).state()).isEqualTo(RunState.EXITED);
    }

    @Test
    void aRunningContainerIsNotRemoved() {
        String id = started("web", sleeper());
        fails(FailureKind.CONFLICT, () -> engine().remove(id));
        assertThat(live(id).alive()).isTrue();
    }

    @Test
    void setsLimitsAndPolicyOfALiveContainer() {
        String id =
                started(
                        "web",
                        new SpecBuilder(image())
                                .command(commandOf(sleeper()))
                                .limits(32L << 20, 500_000_000L)
                                .stop(null, Duration.ZERO)
                                .build());
        engine().update(id, 64L << 20, 250_000_000L, "no");
        LiveConfig config = live(id).config();
        assertThat(config.memory()).isEqualTo(64L << 20);
        assertThat(config.memorySwap()).isEqualTo(128L << 20);
        assertThat(config.nanoCpus()).isEqualTo(250_000_000L);
        assertThat(config.restart()).isEqualTo("no");

        engine().update(id, 0, 0, "unless-stopped");
        assertThat(live(id).config().memory()).isEqualTo(64L << 20);
        assertThat(live(id).config().restart()).isEqualTo("unless-stopped");
    }

    @Test
    void execReturnsTheExitCode() {
        String id = started("web", sleeper());
        assertThat(engine().exec(id, exits(0), Patience.LONG).exitCode()).isZero();
        assertThat(engine().exec(id, exits(7), Patience.LONG).exitCode()).isEqualTo(7);
        engine().stop(id, Duration.ZERO);
        fails(FailureKind.CONFLICT, () -> engine().exec(id, exits(0), Patience.LONG));
    }

    @Test
    void theEnginesCheckSaysHealthyOrNot() {
        String good = started("good", checked(true));
        String bad = started("bad", checked(false));
        await().untilAsserted(
                        () -> {
                            assertThat(live(good).health()).isEqualTo(EngineHealth.HEALTHY);
                            assertThat(live(bad).health()).isEqualTo(EngineHealth.UNHEALTHY);
                        });
        engine().stop(good, Duration.ZERO);
        assertThat(live(good).alive()).isFalse();
    }

    @Test
    void logsComeInOrderAndEndOnce() throws Exception {
        String id = started("web", talking());
        talk("web-" + run);
        List<String> lines = new CopyOnWriteArrayList<>();
        AtomicInteger ends = new AtomicInteger();
        await().untilAsserted(
                        () -> {
                            lines.clear();
                            ends.set(0);
                            try (AutoCloseable _ =
                                    engine().logs(
                                                    id,
                                                    ALL,
                                                    false,
                                                    line -> lines.add(line.text()),
                                                    ends::incrementAndGet)) {
                                await().until(() -> ends.get() == 1);
                            }
                            assertThat(lines).containsExactly("one", "two", "three");
                        });
        List<String> last = new CopyOnWriteArrayList<>();
        AtomicInteger followed = new AtomicInteger();
        try (AutoCloseable _ =
                engine().logs(
                                id,
                                new LogStart.Tail(2),
                                true,
                                line -> last.add(line.text()),
                                followed::incrementAndGet)) {
            await().untilAsserted(() -> assertThat(last).containsExactly("two", "three"));
            assertThat(followed).hasValue(0);
            engine().stop(id, Duration.ZERO);
            await().until(() -> followed.get() == 1);
        }
        assertThat(followed).hasValue(1);
    }

    @Test
    void aLogGoesOnWhereItsReaderStopped() throws Exception {
        String id = started("web", talking());
        talk("web-" + run);
        List<LogLine> all = new CopyOnWriteArrayList<>();
        try (AutoCloseable _ = engine().logs(id, ALL, true, all::add, () -> {})) {
            await().until(() -> all.size() == 3);
        }
        assertThat(all).extracting(LogLine::text).containsExactly("one", "two", "three");
        Instant second = Objects.requireNonNull(all.get(1).at());
        List<LogLine> later = new CopyOnWriteArrayList<>();
        AtomicInteger ends = new AtomicInteger();
        try (AutoCloseable _ =
                engine().logs(
                                id,
                                new LogStart.Since(second),
                                true,
                                later::add,
                                ends::incrementAndGet)) {
            await().until(() -> later.contains(all.get(2)));
            assertThat(later).contains(all.get(1)).isSubsetOf(all);
            assertThat(later).noneMatch(l -> Objects.requireNonNull(l.at()).isBefore(second));
            engine().stop(id, Duration.ZERO);
            await().until(() -> ends.get() == 1);
        }
        List<LogLine> newest = new CopyOnWriteArrayList<>();
        try (AutoCloseable _ =
                engine().logs(
                                id,
                                new LogStart.Since(second, 1),
                                false,
                                newest::add,
                                ends::incrementAndGet)) {
            await().until(() -> ends.get() == 2);
        }
        assertThat(newest).containsExactly(all.getLast());
        List<LogLine> none = new CopyOnWriteArrayList<>();
        try (AutoCloseable _ =
                engine().logs(id, new LogStart.Now(), true, none::add, ends::incrementAndGet)) {
            await().until(() -> ends.get() == 3);
        }
        assertThat(none).isEmpty();
    }

    @Test
    void aFollowedLogEndsWhenItIsClosed() throws Exception {
        String id = started("web", sleeper());
        AtomicInteger ends = new AtomicInteger();
        AutoCloseable logs = engine().logs(id, ALL, true, _ -> {}, ends::incrementAndGet);
        logs.close();
        await().until(() -> ends.get() == 1);
        logs.close();
        assertThat(ends).hasValue(1);
    }

    @Test
    void eventsTellWhatHappensAndTheCursorFindsThemAgain() throws Exception {
        List<EngineEvent> events = new CopyOnWriteArrayList<>();
        List<String> closed = new CopyOnWriteArrayList<>();
        AutoCloseable stream = engine().events(agent(), 0, events::add, closed::add);
        String id = started("web", sleeper());
        engine().rename(id, "web2-" + run);
        engine().update(id, 64L << 20, 0, "no");
        engine().connect(id, network(), List.of("web"));
        pause(id);
        engine().unpause(id);
        engine().stop(id, Duration.ZERO);
        engine().remove(id);
        await().untilAsserted(
                        () ->
                                assertThat(actions(events, id))
                                        .contains(
                                                "create", "start", "rename", "update", "pause",
                                                "unpause", "die", "stop", "destroy"));
        assertThat(events)
                .as("how it ended")
                .anySatisfy(
                        e -> {
                            assertThat(e.action()).isEqualTo("die");
                            assertThat(e.labels().get("exitCode")).matches("[0-9]+");
                        });
        assertThat(events)
                .anySatisfy(
                        e -> {
                            assertThat(e.kind()).isEqualTo("network");
                            assertThat(e.action()).isEqualTo("connect");
                            assertThat(e.id()).isEqualTo(network());
                            assertThat(e.container()).isEqualTo(id);
                        });
        assertThat(events)
                .as("in order for one container; an engine mixes those of several")
                .filteredOn(e -> e.id().equals(id))
                .isSortedAccordingTo(Comparator.comparingLong(EngineEvent::timeNano));
        stream.close();
        await().until(() -> !closed.isEmpty());
        stream.close();
        assertThat(closed).hasSize(1);

        long cursor =
                events.stream()
                        .filter(e -> e.id().equals(id) && e.action().equals("rename"))
                        .findFirst()
                        .orElseThrow()
                        .timeNano();
        List<EngineEvent> again = new CopyOnWriteArrayList<>();
        try (AutoCloseable _ = engine().events(agent(), cursor, again::add, _ -> {})) {
            await().untilAsserted(() -> assertThat(actions(again, id)).contains("destroy"));
            // An event that was recorded late hides those before it, so "rename" may be missed.
            assertThat(again)
                    .allSatisfy(e -> assertThat(e.timeNano()).isGreaterThanOrEqualTo(cursor));
        }
    }

    private static List<String> actions(List<EngineEvent> events, String id) {
        return events.stream()
                .filter(e -> e.kind().equals("container") && e.id().equals(id))
                .map(EngineEvent::action)
                .toList();
    }

    @Test
    void otherAgentsContainersSendNoEvents() throws Exception {
        List<EngineEvent> events = new CopyOnWriteArrayList<>();
        try (AutoCloseable _ = engine().events("else-" + run, 0, events::add, _ -> {})) {
            String foreign = make("web", sleeper());
            NewContainer own = container("own", sleeper());
            String ours =
                    engine().create(
                                    new NewContainer(
                                            own.name(),
                                            own.spec(),
                                            new TreeMap<>(Map.of(Labels.AGENT, "else-" + run)),
                                            network(),
                                            Map.of(),
                                            Map.of()));
            await().untilAsserted(() -> assertThat(actions(events, ours)).contains("create"));
            assertThat(actions(events, foreign)).isEmpty();
        }
    }
}
