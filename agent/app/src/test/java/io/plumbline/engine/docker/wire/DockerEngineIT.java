package io.plumbline.engine.docker.wire;

import static io.plumbline.testkit.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.FailureKind;
import io.plumbline.core.redact.Redactor;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.engine.docker.api.EngineClient.EngineEvent;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveConfig.LiveMount;
import io.plumbline.engine.docker.live.LiveVolume;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.manifest.SecretMount;
import io.plumbline.port.LogStart;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.SecretValue;
import io.plumbline.testkit.SpecBuilder;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The adapter on a real engine: the contract, and what only a real one can show. */
class DockerEngineIT extends DockerEngineFixture {
    @Test
    void copiesFilesWithOwnersAndModesAndLeavesFoldersAsTheyAre() {
        String id = make("web", sleeper());
        engine.copy(
                id,
                List.of(
                        file("/etc/app.toml", 0444, 0, "a"),
                        file("/owned/key", 0400, 1000, "b"),
                        file("/tmp/x", 04711, 3000000, "c"),
                        file("/new/deep/füü " + "n".repeat(120), 0600, 7, "d")),
                false);
        engine.start(id);
        assertThat(run(id, "[ \"$(stat -c %a:%u:%g /etc/app.toml)\" = 444:0:0 ]")).isZero();
        assertThat(run(id, "[ \"$(cat /owned/key)\" = b ]")).isZero();
        assertThat(run(id, "[ \"$(stat -c %a:%u:%g /owned/key)\" = 400:1000:1000 ]")).isZero();
        assertThat(run(id, "[ \"$(stat -c %a:%u:%g /tmp/x)\" = 4711:3000000:3000000 ]")).isZero();
        assertThat(run(id, "[ \"$(stat -c %a:%u:%g /new/deep/f*)\" = 600:7:7 ]")).isZero();
        assertThat(run(id, "[ \"$(stat -c %a:%u:%g /new/deep)\" = 755:0:0 ]")).isZero();
        assertThat(run(id, "[ \"$(stat -c %a:%u:%g /tmp)\" = 1777:0:0 ]")).isZero();
        assertThat(run(id, "[ \"$(stat -c %a:%u:%g /owned)\" = 750:1000:1000 ]")).isZero();
    }

    @Test
    void copiesBelowAReadOnlyRootAndItsVolumesGoWithTheContainer() {
        WorkloadSpec spec =
                sh("sleep 1000")
                        .readOnly()
                        .user("1000:1000")
                        .file("/etc/app/app.toml", "0".repeat(64))
                        .secret(new SecretMount.AsFile("key", "/run/secrets/key", 0400, 1000, 0))
                        .build();
        String id = make("web", spec);
        engine.copy(
                id,
                List.of(
                        file("/etc/app/app.toml", 0444, 0, "toml"),
                        file("/run/secrets/key", 0400, 1000, "key")),
                false);
        engine.start(id);
        assertThat(run(id, "[ \"$(cat /etc/app/app.toml /run/secrets/key)\" = tomlkey ]")).isZero();
        assertThat(run(id, "echo > /etc/other")).isNotZero();
        assertThat(run(id, "echo > /run/secrets/other")).isNotZero();
        Set<String> volumes =
                live(id).config().mounts().stream()
                        .map(LiveMount::name)
                        .collect(Collectors.toSet());
        assertThat(volumes).hasSize(2);
        engine.stop(id, Duration.ZERO);
        engine.remove(id);
        assertThat(engine.volumes())
                .extracting(LiveVolume::name)
                .doesNotContainAnyElementsOf(volumes);
    }

    @Test
    void refusesAFileThatWouldLandInANamedVolume() {
        engine.createVolume("vol-" + run, container("x", sleeper()).labels());
        NewContainer plain =
                container("web", sh("sleep 1000").volume("data", "/data", false, false).build());
        String id =
                engine.create(
                        new NewContainer(
                                plain.name(),
                                plain.spec(),
                                plain.labels(),
                                network(),
                                Map.of("data", "vol-" + run),
                                Map.of()));
        fails(
                FailureKind.INVALID,
                () -> engine.copy(id, List.of(file("/data/x", 0444, 0, "x")), false));
        fails(
                FailureKind.INVALID,
                () -> engine.copy(id, List.of(file("/etc", 0444, 0, "x")), false));
    }

    @Test
    void theProbeWorksWithoutShellUserCapabilitiesAndWritableRoot() {
        WorkloadSpec spec =
                new SpecBuilder(made().bare())
                        .command("/httpd", "httpd", "-f", "-p", "8080", "-h", "/")
                        .readOnly()
                        .user("1234:1234")
                        .capabilities(List.of(), List.of("ALL"))
                        .healthcheck(new Healthcheck.Http(8080, "/httpd"))
                        .stop(null, Duration.ZERO)
                        .build();
        String id = make("web", spec);
        engine.copy(id, List.of(), true);
        engine.start(id);
        await().until(() -> live(id).health() == EngineHealth.HEALTHY);
        assertThat(probe(id, "http", "8080", "/httpd", "2")).isZero();
        assertThat(probe(id, "http", "8080", "/none", "2")).isEqualTo(1);
        assertThat(probe(id, "http", "8081", "/", "1")).isEqualTo(1);
        assertThat(probe(id, "tcp", "8080", "1")).isZero();
        assertThat(probe(id, "tcp", "8081", "1")).isEqualTo(1);
        // On a busy machine the first check may have exceeded its timeout: the engine says so
        // there.
        assertThat(
                        made().docker()
                                .client()
                                .inspectContainerCmd(id)
                                .exec()
                                .getState()
                                .getHealth()
                                .getLog())
                .filteredOn(check -> check.getExitCodeLong() == 0)
                .isNotEmpty()
                .allSatisfy(check -> assertThat(check.getOutput()).isEmpty());
        assertThat(engine.list(agent())).hasSize(1);
    }

    private int probe(String id, String... words) {
        List<String> command = new ArrayList<>(List.of(ContainerLayout.PROBE));
        command.addAll(List.of(words));
        return engine.exec(id, command, LONG).exitCode();
    }

    @Test
    void theProbeWorksWithAWritableRootToo() {
        WorkloadSpec spec =
                sh("httpd -f -p 8080 -h /www").healthcheck(new Healthcheck.Tcp(8080)).build();
        String id = make("web", spec);
        engine.copy(id, List.of(), true);
        engine.start(id);
        await().until(() -> live(id).health() == EngineHealth.HEALTHY);
        assertThat(run(id, "[ \"$(stat -c %a:%u:%g /.plumbline)\" = 755:0:0 ]")).isZero();
    }

    @Test
    void aMissingProbeImageIsNotTheReleasesFault() {
        DockerEngineSettings without =
                new DockerEngineSettings(
                        "local",
                        made().docker().endpoint(),
                        null,
                        agent(),
                        "localhost:1/none:1",
                        _ -> Optional.empty());
        String id = make("web", sleeper());
        try (DockerEngine other = DockerEngine.open(without)) {
            assertThatThrownBy(() -> other.copy(id, List.of(), true))
                    .hasMessageContaining("probe.image");
            fails(FailureKind.TRANSIENT, () -> other.copy(id, List.of(), true));
        }
    }

    @Test
    void whatTheContainerCannotBeIsInvalid() {
        WorkloadSpec tooManyCpus =
                new SpecBuilder(made().shell()).limits(null, 5_000L * 1_000_000_000L).build();
        fails(FailureKind.INVALID, () -> make("cpus", tooManyCpus));
        WorkloadSpec tooLittleMemory =
                new SpecBuilder(made().shell()).limits(1L << 20, null).build();
        fails(FailureKind.INVALID, () -> make("memory", tooLittleMemory));
        String user = make("user", sh("sleep 1").user("nobody-here").build());
        fails(FailureKind.INVALID, () -> engine.start(user));
        String notExecutable =
                make("noexec", new SpecBuilder(made().shell()).command("/etc/passwd").build());
        fails(FailureKind.REFUSED, () -> engine.start(notExecutable));
        WorkloadSpec inRoot =
                new SpecBuilder(made().shell()).readOnly().file("/x", "0".repeat(64)).build();
        String root = make("root", inRoot);
        fails(
                FailureKind.INVALID,
                () -> engine.copy(root, List.of(file("/x", 0444, 0, "x")), false));
    }

    @Test
    void aPortOfAnotherProcessIsAConflict() throws IOException {
        int port = freePorts();
        String id = make("web", sh("sleep 1000").port(8080, port).build());
        try (ServerSocket _ = new ServerSocket(port)) {
            fails(FailureKind.CONFLICT, () -> engine.start(id));
        }
    }

    /** Engine 29 refuses after it detached; 20.10 allocates its ports a second time, for ever. */
    @Test
    void aContainerBetweenTwoRestartsIsNotConnectedAndStaysAttached() {
        String id = make("web", sh("exit 3").build());
        engine.connect(id, network(), List.of("web"));
        engine.start(id);
        // The pause before the sixth restart is 6.4 s.
        await().until(() -> live(id).restartCount() > 5 && live(id).state() == RunState.RESTARTING);
        fails(FailureKind.TRANSIENT, () -> engine.connect(id, network(), List.of()));
        assertThat(attachment(id).aliases()).containsExactly("web");
    }

    @Test
    void aRefusalDoesNotQuoteSecrets() {
        NewContainer plain = container("web", sleeper());
        NewContainer wrong =
                new NewContainer(
                        plain.name(),
                        plain.spec(),
                        plain.labels(),
                        network(),
                        Map.of(),
                        Map.of("", new SecretValue("topsecret".getBytes(StandardCharsets.UTF_8))));
        assertThatThrownBy(() -> engine.create(wrong))
                .hasMessageContaining("[secret]")
                .hasMessageNotContaining("topsecret")
                .hasNoCause();
    }

    @Test
    void aCommandThatDoesNotEndIsGivenUpAtTheDeadlineAndNoOtherIsStartedBesideIt() {
        String id = started("web", sleeper());
        List<String> command = List.of("/bin/sleep", "20");
        for (int i = 0; i < 3; i++) {
            fails(FailureKind.TRANSIENT, () -> engine.exec(id, command, Duration.ofMillis(700)));
        }
        try (DockerEngine next = DockerEngine.open(settings(made().docker().endpoint()))) {
            fails(FailureKind.TRANSIENT, () -> next.exec(id, command, LONG));
        }
        assertThat(running(id, "sleep 20")).isEqualTo(1);
        await().ignoreExceptions()
                .until(() -> run(id, "exit 3") == 3 && running(id, "sleep 20") == 0);
        assertThat(engine.exec(id, List.of("/none"), LONG).exitCode()).isBetween(126, 127);
    }

    private long running(String id, String command) {
        String[][] processes = made().docker().client().topContainerCmd(id).exec().getProcesses();
        return Arrays.stream(processes)
                .filter(words -> String.join(" ", words).contains(command))
                .count();
    }

    @Test
    void whatAKilledAgentLeftOfAControlExperimentIsRemoved() {
        String name = "plumbline_control_" + run;
        made().docker()
                .client()
                .createContainerCmd(image().engineName())
                .withName(name)
                .withCmd("true")
                .withLabels(Map.of(Labels.AGENT, agent(), Labels.HELPER, "control"))
                .exec();
        assertThat(engine.list(agent())).anyMatch(c -> c.name().equals(name));
        await().until(() -> !engine.containerNames().contains(name));
    }

    @Test
    void longAndBrokenLinesOfALogAreKeptApart() throws Exception {
        String id =
                started(
                        "web",
                        sh("printf 'a%.0s' $(/bin/busybox seq 1 20000); echo; echo end >&2")
                                .restart(RestartPolicy.NO)
                                .build());
        await().until(() -> live(id).state() == RunState.EXITED);
        List<String> lines = new CopyOnWriteArrayList<>();
        List<String> end = new CopyOnWriteArrayList<>();
        try (AutoCloseable _ =
                engine.logs(
                        id,
                        new LogStart.Tail(0),
                        false,
                        line -> lines.add(line.text()),
                        () -> end.add("end"))) {
            await().until(() -> !end.isEmpty());
        }
        // The engine splits a line after 16 KiB and puts a time before the second part, too.
        assertThat(lines)
                .containsExactlyInAnyOrder(
                        "a".repeat(LogLines.LONGEST)
                                + Redactor.CUT
                                + " [line cut: 3647 bytes more]",
                        "end");
    }

    @Test
    void seesABurstOfEvents() throws Exception {
        List<EngineEvent> events = new CopyOnWriteArrayList<>();
        String id = make("web", sleeper());
        try (AutoCloseable _ = engine.events(agent(), 0, events::add, _ -> {})) {
            for (int i = 0; i < 50; i++) {
                made().docker()
                        .client()
                        .renameContainerCmd(id)
                        .withName("n" + i + "-" + run)
                        .exec();
            }
            await().untilAsserted(
                            () ->
                                    assertThat(events)
                                            .filteredOn(e -> e.action().equals("rename"))
                                            .hasSize(50));
        }
        assertThat(events).allSatisfy(e -> assertThat(e.timeNano()).isPositive());
    }

    @Test
    void healthChecksSendNoEventsButTheirVerdictDoes() throws Exception {
        List<EngineEvent> events = new CopyOnWriteArrayList<>();
        try (AutoCloseable _ = engine.events(agent(), 0, events::add, _ -> {})) {
            started("web", checked(true));
            await().untilAsserted(
                            () ->
                                    assertThat(events)
                                            .extracting(EngineEvent::action)
                                            .contains("health_status: healthy"));
        }
        assertThat(events).noneMatch(e -> e.action().startsWith("exec_"));
    }

    /** As a failed release that is on its way out: another one needs its port. */
    @Test
    void aContainerThatTheEngineIsRestartingIsNeitherConnectedNorHoldsItsPortAfterItsStop() {
        int port = freePorts();
        String base = engine.createNetwork("a-base-" + run, container("x", sleeper()).labels());
        String next = engine.create(twoNetworks("next", with(sleeper(), port, port), base));
        String ends = engine.create(twoNetworks("ends", with(ending(), port, port), base));
        engine.start(ends);
        for (List<String> aliases : List.of(List.of("web"), List.<String>of())) {
            awaitRestarting(ends);
            fails(FailureKind.TRANSIENT, () -> engine.connect(ends, network(), aliases));
            fails(FailureKind.TRANSIENT, () -> engine.disconnect(ends, network()));
        }
        engine.stop(ends, Duration.ZERO);
        engine.connect(ends, network(), List.of());
        engine.start(next);
        assertThat(live(next).published()).isNotEmpty();
        assertThat(attachment(ends).aliases()).isEmpty();
    }

    /** Whatever moment a container ends at, a name that it takes up or leaves costs no port. */
    @Test
    void aContainerThatKeepsEndingHoldsNoPortAfterItsStopWheneverItWasConnected() {
        int port = freePorts();
        String base = engine.createNetwork("a-base-" + run, container("x", sleeper()).labels());
        String next = engine.create(twoNetworks("next", with(sleeper(), port, port), base));
        String ends = engine.create(twoNetworks("ends", with(ending(), port, port), base));
        for (int round = 0; round < 6; round++) {
            engine.start(ends);
            await().until(() -> live(ends).restartCount() > 1);
            List<String> aliases = round % 2 == 0 ? List.of("web") : List.of();
            try {
                engine.connect(ends, network(), aliases);
            } catch (PlumblineException e) {
                // Refused or undone; the port below counts.
                assertThat(e).hasMessageContaining("connect container");
            }
            engine.stop(ends, Duration.ZERO);
            engine.connect(ends, network(), aliases);
            engine.start(next);
            engine.stop(next, Duration.ZERO);
        }
    }

    /** Until the engine waits for longer than the calls of a test take. */
    private void awaitRestarting(String id) {
        await().until(() -> live(id).restartCount() > 4 && live(id).state() == RunState.RESTARTING);
    }

    private WorkloadSpec ending() {
        return sh("exit 5").build();
    }

    @Test
    void networksAreCutFromTheRange() {
        String second = engine.createNetwork("net2-" + run, container("x", sleeper()).labels());
        List<String> subnets =
                List.of(network(), second).stream()
                        .map(
                                n ->
                                        made().docker()
                                                .client()
                                                .inspectNetworkCmd()
                                                .withNetworkId(n)
                                                .exec())
                        .map(n -> n.getIpam().getConfig().getFirst().getSubnet())
                        .toList();
        assertThat(subnets).doesNotHaveDuplicates();
        assertThat(subnets).allMatch(s -> s.startsWith("10.231.") && s.endsWith("/26"));
    }

    @Test
    void manyCallsLeaveNoThreadAndNoSocket() throws Exception {
        String id = started("web", sleeper());
        useEverything(id);
        int threads = Thread.activeCount();
        long files = openFiles();
        for (int i = 0; i < 40; i++) {
            useEverything(id);
        }
        await().untilAsserted(
                        () -> {
                            assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads + 2);
                            assertThat(openFiles()).isLessThanOrEqualTo(files + 4);
                        });
    }

    private void useEverything(String id) throws Exception {
        assertThat(engine.info().cpus()).isPositive();
        assertThat(engine.list(agent())).hasSize(1);
        assertThat(engine.inspect(id)).isPresent();
        assertThat(run(id, "exit 0")).isZero();
        engine.logs(id, new LogStart.Tail(0), true, _ -> {}, () -> {}).close();
        engine.events(agent(), 0, _ -> {}, _ -> {}).close();
        fails(FailureKind.MISSING, () -> engine.start("0".repeat(64)));
    }

    private static long openFiles() throws IOException {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }

    @Test
    void aLocalImageHasNoDigestAtARegistryThatIsNotThere() {
        fails(FailureKind.TRANSIENT, () -> engine.registryDigest("localhost:1/none:1"));
        fails(FailureKind.TRANSIENT, () -> engine.pull("localhost:1/none:1", LONG, _ -> {}));
        fails(FailureKind.MISSING, () -> engine.registryDigest(made().shell().engineName()));
        fails(FailureKind.INVALID, () -> engine.registryDigest("Not Legal"));
    }
}
