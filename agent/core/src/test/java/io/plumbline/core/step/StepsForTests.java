package io.plumbline.core.step;

import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.ReleaseBuilder;
import io.plumbline.manifest.ArtifactType;
import io.plumbline.manifest.FieldValues;
import io.plumbline.manifest.Gate;
import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Position;
import io.plumbline.manifest.PullPolicy;
import io.plumbline.manifest.Resources;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.manifest.SecretMount;
import io.plumbline.manifest.Service;
import io.plumbline.manifest.StepCache;
import io.plumbline.manifest.StepInput;
import io.plumbline.manifest.StepOutput;
import io.plumbline.manifest.StepRetry;
import io.plumbline.manifest.StepTimeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Steps as tests need them. */
final class StepsForTests {
    private final String name;
    private final List<String> after = new ArrayList<>();
    private final List<StepInput> inputs = new ArrayList<>();
    private final List<StepOutput> outputs = new ArrayList<>();
    private final List<SecretMount> secrets = new ArrayList<>();
    private final Map<String, String> env = new TreeMap<>();
    private String image = "1";
    private StepRetry retry = StepRetry.NONE;
    private StepCache cache = StepCache.DEFAULT;
    private StepTimeout timeout = StepTimeout.NONE;
    private boolean once;

    private StepsForTests(String name) {
        this.name = name;
    }

    static StepsForTests step(String name) {
        return new StepsForTests(name);
    }

    StepsForTests after(String... steps) {
        after.addAll(List.of(steps));
        return this;
    }

    StepsForTests in(String name, String step, String output) {
        inputs.add(new StepInput(name, step, output, "/in/" + name));
        return this;
    }

    StepsForTests out(String name) {
        outputs.add(new StepOutput(name, ArtifactType.FILE, "/out/" + name));
        return this;
    }

    StepsForTests env(String name, String value) {
        env.put(name, value);
        return this;
    }

    StepsForTests secret(String name) {
        secrets.add(new SecretMount.AsEnv(name, "SECRET"));
        return this;
    }

    StepsForTests image(String tag) {
        image = tag;
        return this;
    }

    StepsForTests retry(int limit, StepRetry.On... on) {
        retry =
                new StepRetry(
                        limit,
                        Duration.ofSeconds(1),
                        2,
                        Duration.ofMinutes(1),
                        Set.of(on),
                        List.of());
        return this;
    }

    StepsForTests cache(StepCache other) {
        cache = other;
        return this;
    }

    StepsForTests timeout(Duration running) {
        timeout = new StepTimeout(running, null);
        return this;
    }

    StepsForTests once() {
        once = true;
        return this;
    }

    StepSpec build() {
        var service =
                new Service(
                        name,
                        after,
                        "app:" + image,
                        1,
                        null,
                        List.of("run", name),
                        new TreeMap<>(env),
                        null,
                        null,
                        new TreeMap<>(),
                        List.of(),
                        List.of(),
                        secrets,
                        List.of(),
                        new TreeMap<>(),
                        null,
                        Resources.NONE,
                        false,
                        new TreeMap<>(),
                        null,
                        Duration.ofSeconds(10),
                        RestartPolicy.NO,
                        PullPolicy.MISSING,
                        null,
                        FieldValues.NONE,
                        new Position("p.yaml", 1, 1),
                        false,
                        null,
                        List.of());
        var resolved = new ImageRef.Digest("app", "sha256:" + image.repeat(64).substring(0, 64));
        return new StepSpec(
                ReleaseBuilder.service(
                        service, Set.of(), Map.of("app:" + image, resolved), Map.of(), List.of()),
                List.copyOf(inputs),
                List.copyOf(outputs),
                timeout,
                retry,
                cache,
                once);
    }

    static StepSet set(StepsForTests... steps) {
        return set(List.of(), steps);
    }

    static StepSet set(List<Gate> gates, StepsForTests... steps) {
        return new StepSet(
                "v1:set",
                "shop",
                List.of(steps).stream().map(StepsForTests::build).toList(),
                gates,
                Placement.DEFAULT,
                new TreeMap<>());
    }
}
