package io.plumbline.engine.docker.plan;

import static io.plumbline.core.workload.PlanPolicy.ROLL_OUT;
import static io.plumbline.testkit.PlanAssert.assertPlan;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.Release;
import io.plumbline.manifest.SecretMount;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.Scene;
import org.junit.jupiter.api.Test;

/** What an action says of why it is planned. */
class ReasonsTest {
    private static final Release V1 = Releases.release("shop", service("web"));

    @Test
    void everyFieldThatChangedIsNamed() {
        Release before =
                Releases.release(
                        "shop",
                        service("web")
                                .env("DATE", "1")
                                .label("team", "a")
                                .shmSize(1L << 30)
                                .file("conf", "/etc/conf")
                                .secret(new SecretMount.AsEnv("key", "KEY"))
                                .memory(512L << 20));
        Release after =
                Releases.release(
                        "shop",
                        service("web")
                                .env("DATE", "2")
                                .file("other", "/etc/conf")
                                .secret(new SecretMount.AsFile("key", "/key", 0400, 0, 0))
                                .cpus(1_500_000_000L)
                                .memory(1L << 30));
        Scene scene = Scene.running(before, after);
        assertPlan(scene.plan(after, ROLL_OUT))
                .calling("b", after)
                .because(
                        "create web-1@b",
                        "cpus: unset -> 1.5",
                        "env[DATE]: 1 -> 2",
                        "files[/etc/conf]: "
                                + Releases.hex("conf").substring(0, 12)
                                + " 0444 0:0 -> "
                                + Releases.hex("other").substring(0, 12)
                                + " 0444 0:0",
                        "labels[team]: a -> unset",
                        "memory: 512m -> 1g",
                        "secrets[/key]: unset -> key as file 0400 0:0",
                        "secrets[KEY]: key as env -> unset",
                        "shmSize: 1g -> unset");
    }

    @Test
    void aSpecOfWhichOnlyTheHashIsLeftIsNamedAsSuch() {
        Release before = Releases.release("shop", service("web").file("conf", "/etc/conf"));
        Release after = Releases.release("shop", service("web").file("other", "/etc/conf"));
        Scene scene = Scene.running(before, after).forgetting();
        assertPlan(scene.plan(after, ROLL_OUT))
                .calling("b", after)
                .because(
                        "create web-1@b",
                        "spec: "
                                + before.services().getFirst().specHash()
                                + " -> "
                                + after.services().getFirst().specHash());
    }

    @Test
    void valuesOfSecretsAreNeverTold() {
        Release before =
                Releases.release(
                        "shop",
                        service("web")
                                .env("OPEN", "yes")
                                .secret(new SecretMount.AsEnv("key", "KEY")));
        Scene scene = Scene.running(before, V1);
        String told = scene.plan(V1, ROLL_OUT).toString() + scene.drift(V1);
        String forgotten =
                scene.forgetting().plan(V1, ROLL_OUT).toString()
                        + scene.drift(V1)
                        + NormalForm.live(
                                scene.at(before, "web", 1),
                                V1.services().getFirst().spec(),
                                null,
                                null,
                                "shop");
        assertThat(scene.at(before, "web", 1).config().env()).containsEntry("KEY", "value of h1");
        assertThat(told).doesNotContain("value of").contains("env[OPEN]: yes -> unset");
        assertThat(forgotten).doesNotContain("value of").contains("env[KEY]: (not shown) -> unset");
    }
}
