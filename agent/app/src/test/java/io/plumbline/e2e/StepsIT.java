package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.ImageRef;
import io.plumbline.engine.docker.apply.DockerDriver;
import io.plumbline.engine.docker.wire.DockerEngine;
import io.plumbline.engine.docker.wire.DockerEngineSettings;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.port.driver.StepEngine.Attempt;
import io.plumbline.runtime.engine.DriverFactory;
import io.plumbline.testkit.DockerStepsContract;
import io.plumbline.testkit.SpecBuilder;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Steps on a real Docker engine. */
class StepsIT extends DockerStepsContract {
    private final TestEngine shared = TestEngine.shared();
    private final TestImages images = new TestImages(shared);

    @Override
    protected DriverFactory factory() {
        return DockerDriver.of(
                DockerEngine.open(
                        new DockerEngineSettings(
                                "local",
                                shared.endpoint(),
                                "10.229.0.0/20",
                                agent(),
                                "busybox:1",
                                _ -> Optional.empty())));
    }

    @AfterEach
    void removeAll() {
        shared.removeAllOf(agent());
        images.close();
    }

    @Override
    protected SpecBuilder spec(Does does) {
        return switch (does) {
            case SUCCEEDS -> sh("exit 0");
            case FAILS -> sh("exit 3");
            case LASTS -> sh("trap 'exit 0' TERM; while :; do sleep 0.1; done");
            case IGNORES_TERM -> sh("trap '' TERM; while :; do sleep 0.1; done");
            case EATS_MEMORY ->
                    sh("a=xxxxxxxx; while :; do a=$a$a; done").limits(32L << 20, 500_000_000L);
            case PRINTS -> sh("echo one; sleep 0.2; echo two");
            case CANNOT_START -> new SpecBuilder(busybox()).command("/no/such/program");
            case MAKES ->
                    sh(
                            "umask 022; printf m >/model; /bin/busybox mkdir -p /out/in /linked;"
                                    + " printf one >/out/a; printf two >/out/in/run;"
                                    + " /bin/busybox chmod 755 /out/in/run;"
                                    + " /bin/busybox ln -s /etc/passwd /etc-link;"
                                    + " >/linked/z; /bin/busybox ln -s z /linked/l");
            case COPIES -> sh("umask 022; { cat /in/data /in/key; printf $TOKEN; } >/copy");
        };
    }

    private SpecBuilder sh(String script) {
        return new SpecBuilder(busybox()).command("/bin/sh", "-c", script);
    }

    private ImageRef busybox() {
        return new ImageRef.LocalId(shared.inspect(images.busybox()).path("Id").asText());
    }

    private String id(Attempt attempt) {
        return shared.containers(
                        "plumbline.agent=" + agent(),
                        "plumbline.step=" + attempt.step(),
                        "plumbline.run=" + attempt.run())
                .getFirst();
    }

    @Override
    protected void vanish(Attempt attempt) {
        shared.docker("rm", "-f", "-v", id(attempt));
    }

    @Override
    protected Map<String, String> labels(Attempt attempt) {
        var all = new TreeMap<String, String>();
        var shown = shared.inspect(id(attempt));
        shown.at("/Config/Labels")
                .properties()
                .forEach(e -> all.put(e.getKey(), e.getValue().asText()));
        all.put("restart", shown.at("/HostConfig/RestartPolicy/Name").asText());
        return all;
    }

    private Attempt start(String step, SpecBuilder spec) {
        var attempt = attempt(step);
        steps().start(
                        order(attempt, spec.restart(RestartPolicy.NO).build(), Map.of()),
                        Duration.ofMinutes(1),
                        _ -> {});
        return attempt;
    }

    @Test
    void itsLogIsRotatedAndItHasNoNameOnTheNetworks() {
        var attempt = start("train", spec(Does.LASTS));
        var shown = shared.inspect(id(attempt));
        assertThat(shown.at("/Name").asText()).isEqualTo("/" + run + "-train-7-1");
        assertThat(shown.at("/HostConfig/LogConfig/Config/max-size").asText()).isEqualTo("10m");
        var networks = shown.at("/NetworkSettings/Networks");
        assertThat(networks.properties())
                .extracting(Map.Entry::getKey)
                .containsExactlyInAnyOrder("plumbline-base-" + run, "plumbline_" + run);
        assertThat(networks.path("plumbline_" + run).path("Aliases").toString())
                .doesNotContain("train");
    }
}
