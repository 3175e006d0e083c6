package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.manifest.SecretMount;
import io.plumbline.manifest.VolumeMount;
import io.plumbline.testkit.Property.Draw;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.Scene;
import io.plumbline.testkit.ServiceBuilder;
import io.plumbline.testkit.SimContainers;
import io.plumbline.testkit.SimEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Random releases of one pipeline, and random things that happen to an engine. */
final class RandomWorld {

    static final String PIPELINE = "shop";

    /** A container that somebody made by hand with our labels. */
    static final String BY_HAND = "by-hand";

    private static final List<String> NAMES = List.of("api", "db", "web", "worker");

    private final Draw draw;

    RandomWorld(Draw draw) {
        this.draw = draw;
    }

    /** What is drawn for a service; releases that follow each other differ in a few of these. */
    private record Recipe(
            int image,
            int replicas,
            boolean waits,
            String mode,
            long memory,
            long cpus,
            RestartPolicy restart,
            boolean secret,
            boolean file,
            int range,
            boolean port,
            boolean volume,
            boolean shared) {}

    private final Map<String, Recipe> recipes = new TreeMap<>();

    /** A release that the manifest's reader would accept, often one like the last. */
    Release release() {
        int most = Math.min(NAMES.size(), 1 + draw.size() / 3);
        List<String> names = draw.shuffled(NAMES).subList(0, draw.between(1, most));
        List<String> ports = draw.shuffled(List.of("8001", "8002", "8003", "8004"));
        var services = new ArrayList<ServiceBuilder>();
        for (int i = 0; i < names.size(); i++) {
            Recipe last = recipes.get(names.get(i));
            Recipe recipe = last == null || draw.chance(20) ? recipe() : like(last);
            recipes.put(names.get(i), recipe);
            services.add(service(names.get(i), recipe, names.subList(0, i), ports.get(i)));
        }
        return Releases.release(PIPELINE, services.toArray(ServiceBuilder[]::new));
    }

    private Recipe recipe() {
        return new Recipe(
                draw.between(1, 2),
                draw.between(0, 1 + draw.size() / 4),
                draw.chance(50),
                draw.chance(20) ? "fast" : "",
                draw.chance(20) ? 256L << 20 : 0,
                draw.chance(20) ? 500_000_000L : 0,
                draw.chance(80) ? RestartPolicy.UNLESS_STOPPED : RestartPolicy.ALWAYS,
                draw.chance(20),
                draw.chance(20),
                draw.chance(30) ? draw.between(1, 2) : 0,
                draw.chance(30),
                draw.chance(30),
                draw.chance(30));
    }

    /** The same, or with one thing changed. */
    private Recipe like(Recipe r) {
        int what = draw.between(0, 8);
        return new Recipe(
                what == 1 ? 3 - r.image : r.image,
                what == 2 ? draw.between(0, 1 + draw.size() / 4) : r.replicas,
                r.waits,
                what == 3 ? draw.oneOf("", "fast", "slow") : r.mode,
                what == 4 ? draw.oneOf(0L, 256L << 20, 512L << 20) : r.memory,
                what == 5 ? draw.oneOf(0L, 500_000_000L, 1_000_000_000L) : r.cpus,
                what == 6 ? draw.oneOf(RestartPolicy.values()) : r.restart,
                r.secret,
                what == 7 ? !r.file : r.file,
                r.range,
                r.port,
                what == 8 ? !r.volume : r.volume,
                r.shared);
    }

    private ServiceBuilder service(String name, Recipe r, List<String> before, String port) {
        ServiceBuilder s =
                ServiceBuilder.service(name)
                        .image(name + ":" + r.image)
                        .replicas(r.replicas)
                        .restart(r.restart);
        if (r.waits) {
            s.dependsOn(before.toArray(String[]::new));
        }
        if (!r.mode.isEmpty()) {
            s.env("MODE", r.mode);
        }
        if (r.memory > 0) {
            s.memory(r.memory);
        }
        if (r.cpus > 0) {
            s.cpus(r.cpus);
        }
        if (r.secret) {
            s.secret(new SecretMount.AsEnv("key-" + name, "KEY"));
        }
        if (r.file) {
            s.file("conf", "/etc/conf").healthcheck(ServiceBuilder.http(80));
        }
        if (r.range > 0) {
            int base = 9000 + 10 * NAMES.indexOf(name);
            s.port(80, base + "-" + (base + Math.max(0, r.replicas - 1) + r.range - 1));
        } else if (r.port && r.replicas <= 1) {
            s.port(80, port);
        }
        if (r.volume) {
            boolean shared = r.replicas > 1 || r.shared;
            String volume = before.isEmpty() ? "data" : name;
            s.volume(new VolumeMount(volume, "/data", shared, false));
        }
        return s;
    }

    /** Something goes wrong, or somebody does something. */
    void damage(Scene scene, List<Release> releases) {
        SimEngine engine = scene.engine();
        List<LiveContainer> ours = List.copyOf(engine.state(Scene.AGENT, PIPELINE).containers());
        switch (draw.between(0, 11)) {
            case 0 -> onOne(ours, c -> engine.end(c.id(), draw.oneOf(0, 1, 137)));
            case 1 -> onOne(ours, c -> gone(engine, c));
            case 2 -> onOne(ours, c -> pause(engine, c));
            case 3 -> onOne(ours, c -> rename(engine, c));
            case 4 ->
                    onOne(
                            ours,
                            c ->
                                    engine.update(
                                            c.id(),
                                            draw.oneOf(0L, 64L << 20),
                                            0,
                                            draw.oneOf("no", "always")));
            case 5 ->
                    onOne(
                            ours,
                            c ->
                                    c.networks()
                                            .values()
                                            .forEach(
                                                    a -> engine.disconnect(c.id(), a.networkId())));
            case 6 -> networkGone(engine);
            case 7 -> byHand(scene, draw.oneOf(releases));
            case 8 -> otherNetwork(engine, ours);
            case 9 -> onOne(ours, c -> state(engine, c));
            case 10 -> ours.forEach(c -> engine.end(c.id(), 143));
            default -> engine.forgetImage(Releases.image("web:1").engineName());
        }
    }

    private interface Deed {
        void on(LiveContainer c);
    }

    private void onOne(List<LiveContainer> ours, Deed deed) {
        if (!ours.isEmpty()) {
            deed.on(draw.oneOf(ours));
        }
    }

    private static void gone(SimEngine engine, LiveContainer c) {
        engine.end(c.id(), 137);
        engine.remove(c.id());
    }

    private static void pause(SimEngine engine, LiveContainer c) {
        if (c.state() == RunState.RUNNING) {
            engine.pause(c.id());
        }
    }

    private void rename(SimEngine engine, LiveContainer c) {
        String to = draw.oneOf("odd", c.name() + "-2", c.name() + "-x");
        if (engine.find(to).isEmpty()) {
            engine.rename(c.id(), to);
        }
    }

    private static void networkGone(SimEngine engine) {
        engine.state(Scene.AGENT, PIPELINE).networks().forEach(n -> engine.removeNetwork(n.id()));
    }

    private static void otherNetwork(SimEngine engine, List<LiveContainer> ours) {
        String id = engine.createNetwork("other", new TreeMap<>());
        ours.stream().findFirst().ifPresent(c -> engine.connect(c.id(), id, List.of("x")));
    }

    private void state(SimEngine engine, LiveContainer c) {
        engine.end(c.id(), 1);
        RunState to = draw.oneOf(RunState.CREATED, RunState.DEAD);
        engine.put(SimContainers.state(c, to, 0, c.createdAt()));
    }

    /** A copy of one of our containers, as {@code docker run} with our labels makes it. */
    private void byHand(Scene scene, Release release) {
        SimEngine engine = scene.engine();
        ReleaseService s = draw.oneOf(release.services());
        var labels =
                new TreeMap<>(
                        OwnLabels.container(
                                Scene.AGENT,
                                "repo",
                                release,
                                "c0ffee",
                                s,
                                draw.between(1, 3),
                                scene.secrets()));
        labels.put(BY_HAND, "yes");
        String network = engine.createNetwork("hand", new TreeMap<>());
        engine.with(s.reference());
        String name = "hand-" + draw.between(1, 1000);
        if (engine.find(name).isEmpty()) {
            String id = engine.create(name, s.spec(), labels, network, Map.of());
            try {
                engine.start(id);
            } catch (SimEngine.Refused portTaken) {
                // It stays as it is: created.
                assert portTaken.kind() == io.plumbline.core.FailureKind.CONFLICT;
            }
        }
    }

    /** Somebody else's container, perhaps under a name that we want. */
    void foreign(Scene scene, Release release) {
        ReleaseService s = draw.oneOf(release.services());
        String name = Scene.nameOf(release, s.name(), 1);
        if (draw.chance(50) && scene.engine().find(name).isEmpty()) {
            String network = scene.engine().createNetwork("theirs", new TreeMap<>());
            scene.engine().with("theirs:1");
            String id =
                    scene.engine()
                            .create(
                                    name,
                                    Releases.release("theirs", ServiceBuilder.service("theirs"))
                                            .services()
                                            .getFirst()
                                            .spec(),
                                    new TreeMap<>(Map.of("plumbline.agent", "another")),
                                    network,
                                    Map.of());
            scene.engine().start(id);
        }
    }

    static String volume(VolumeMount v) {
        return ContainerLayout.volumeName(PIPELINE, v.name());
    }
}
