package io.plumbline.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What teams commit: each pipeline's manifests, and which of them are bad, and how. */
final class Sources {
    /** How a commit is bad. */
    enum Bad {
        EXITS,
        UNHEALTHY,
        OUT_OF_MEMORY,
        NO_EXECUTABLE,
        CHECK_HANGS,
        NO_IMAGE;

        String image() {
            return "app:" + name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A manifest that was committed.
     *
     * @param text YAML
     * @param bad how its containers fail; null if they work
     */
    record Source(String text, @Nullable Bad bad) {}

    private record Shape(
            int services,
            int replicas,
            boolean checked,
            boolean secret,
            boolean chained,
            String placement) {

        boolean everywhere() {
            return placement.isEmpty();
        }
    }

    /**
     * How manifests name things in one world.
     *
     * @param prefix of the pipelines' names
     * @param image what an image is named there, from {@code app:1}
     * @param check the command of a check, as YAML
     */
    record Dialect(String prefix, UnaryOperator<String> image, String check) {
        static final Dialect SIMULATED = new Dialect("p", UnaryOperator.identity(), "[check]");
    }

    private final Dialect dialect;
    private final List<String> names = new ArrayList<>();
    private final Map<String, Shape> shapes = new TreeMap<>();
    private final Map<String, List<Source>> committed = new TreeMap<>();
    private final Map<String, Source> byCommit = new TreeMap<>();
    private final Map<String, String> heads = new TreeMap<>();
    private int versions;

    /**
     * What teams commit for so many engines.
     *
     * @param engines with several, some pipelines are placed, and leave a lost engine
     */
    Sources(SplittableRandom random, int engines) {
        this(random, engines, Dialect.SIMULATED);
    }

    Sources(SplittableRandom random, int engines, Dialect dialect) {
        this.dialect = dialect;
        int count = SimulatedWorld.few(random);
        for (int i = 0; i < count; i++) {
            var name = dialect.prefix() + i;
            names.add(name);
            shapes.put(
                    name,
                    new Shape(
                            services(random),
                            1 + random.nextInt(3) / 2,
                            random.nextInt(4) > 0,
                            random.nextInt(3) == 0,
                            random.nextBoolean(),
                            engines == 1 ? "" : placement(random.nextInt(3))));
            committed.put(name, new ArrayList<>());
        }
    }

    /** Mostly one or two; now and then so many that several actions run at the same time. */
    private static int services(SplittableRandom random) {
        return random.nextInt(4) > 0 ? 1 + random.nextInt(3) / 2 : 3 + random.nextInt(4);
    }

    private static String placement(int which) {
        return switch (which) {
            case 0 -> "";
            case 1 -> "  placement: {strategy: failover, failover: {after: 40s}}\n";
            default -> "  placement: {strategy: spread, failover: {after: 40s}}\n";
        };
    }

    /** Whether each engine has all replicas of a pipeline; else they are placed. */
    boolean everywhere(String pipeline) {
        return Objects.requireNonNull(shapes.get(pipeline)).everywhere();
    }

    List<String> names() {
        return names;
    }

    /** A manifest that was never committed before. */
    Source fresh(String pipeline, @Nullable Bad bad) {
        var shape = Objects.requireNonNull(shapes.get(pipeline));
        int version = ++versions;
        var text = new StringBuilder();
        text.append("apiVersion: plumbline/v1\nkind: Pipeline\nmetadata: {name: ")
                .append(pipeline)
                .append("}\nspec:\n  services:\n");
        for (int i = 0; i < shape.services(); i++) {
            // The last service is the bad one: the others are under way by then.
            var image =
                    bad != null && i == shape.services() - 1 ? bad.image() : "app:" + version % 3;
            text.append("    - name: s")
                    .append(i)
                    .append("\n      image: ")
                    .append(dialect.image().apply(image));
            text.append("\n      replicas: ").append(i == 0 ? shape.replicas() : 1);
            text.append("\n      env: {VERSION: \"").append(version).append("\"}");
            if (shape.chained() && i > 1) {
                // Of the services from the third on each needs the one two before.
                text.append("\n      dependsOn: [s").append(i - 2).append(']');
            }
            if (shape.secret() && i == 0) {
                text.append("\n      secrets: [{name: key, as: env, target: KEY}]");
            }
            if (shape.checked() || bad == Bad.UNHEALTHY || bad == Bad.CHECK_HANGS) {
                text.append("\n      healthcheck: {exec: ")
                        .append(dialect.check())
                        .append(", interval: 2s, timeout: 5s}");
            }
            text.append('\n');
        }
        text.append(shape.placement());
        text.append("  rollout: {soak: 1s, progressDeadline: 20s, keep: 1}\n");
        return new Source(text.toString(), bad);
    }

    /** One that was committed before, or null. */
    @Nullable Source old(String pipeline, int which) {
        var all = Objects.requireNonNull(committed.get(pipeline));
        return all.isEmpty() ? null : all.get(which % all.size());
    }

    void committed(String pipeline, Source source, String commit) {
        Objects.requireNonNull(committed.get(pipeline)).add(source);
        byCommit.put(pipeline + "@" + commit, source);
        heads.put(pipeline, commit);
    }

    /** The files of the branch now. */
    Map<String, String> files(String pipeline, Source next) {
        var out = new TreeMap<String, String>();
        for (var name : names) {
            var head = name.equals(pipeline) ? next : head(name);
            if (head != null) {
                out.put(name + ".yaml", head.text());
            }
        }
        return out;
    }

    /** What the newest commit of a pipeline says; null before its first. */
    @Nullable Source head(String pipeline) {
        var commit = heads.get(pipeline);
        return commit == null ? null : byCommit.get(pipeline + "@" + commit);
    }

    /** Whether containers of a version work. */
    boolean good(String pipeline, String version) {
        var all = Objects.requireNonNull(committed.get(pipeline));
        return all.stream()
                .filter(s -> s.text().contains("VERSION: \"" + version + "\""))
                .allMatch(s -> s.bad() == null);
    }
}
