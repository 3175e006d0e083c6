package io.plumbline.engine.docker.live;

import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.SecretMount;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a container beyond its spec, and the names on an engine. The code that creates
 * containers and the code that compares them share it.
 *
 * @param anonymousVolumes target folders that get a small volume of that container, because its
 *     root is read-only and files, secrets or the probe must be copied there; sorted. The root
 *     folder itself cannot be one: the manifest's reader refuses a file directly below {@code /}
 *     with a read-only root
 * @param probe whether the container needs {@link #PROBE}
 * @param healthTest the engine's HEALTHCHECK test; {@code [NONE]} turns the image's own off; null
 *     leaves it to the image
 */
public record ContainerLayout(
        SortedSet<String> anonymousVolumes, boolean probe, @Nullable List<String> healthTest) {

    private static final String NAMES = "plumbline_";
    private static final String BASE = "plumbline-base-";

    /** The folder of the agent's files in containers. */
    public static final String PROBE_FOLDER = "/.plumbline";

    /** The probe that {@code http} and {@code tcp} health checks run. */
    public static final String PROBE = PROBE_FOLDER + "/probe";

    /** Returns the layout of a container with this spec. */
    public static ContainerLayout of(WorkloadSpec spec) {
        boolean probe = needsProbe(spec);
        var volumes = new TreeSet<String>();
        if (spec.readOnly()) {
            spec.files().forEach(f -> addParent(volumes, f.target()));
            for (SecretMount s : spec.secrets()) {
                if (s instanceof SecretMount.AsFile f) {
                    addParent(volumes, f.target());
                }
            }
            if (probe) {
                volumes.add(PROBE_FOLDER);
            }
            spec.volumes().forEach(v -> volumes.remove(v.target()));
            volumes.removeAll(spec.tmpfs().keySet());
        }
        return new ContainerLayout(
                Collections.unmodifiableSortedSet(volumes), probe, healthTest(spec.healthcheck()));
    }

    /** Returns the engine's name of a pipeline's volume. */
    public static String volumeName(String pipeline, String name) {
        return pipeline + "_" + name;
    }

    /** Returns the engine's name of the network on which a pipeline's services have their names. */
    public static String networkName(String pipeline) {
        return NAMES + pipeline;
    }

    /**
     * Returns the engine's name of the network that gives a pipeline's containers their default
     * route and publishes their ports. An engine takes the first endpoint by network name for that,
     * and {@code -} sorts before {@code _}.
     */
    public static String baseNetworkName(String pipeline) {
        return BASE + pipeline;
    }

    /** Returns the pipeline that has a network of this name; empty if none can. */
    public static Optional<String> networkOwner(String network) {
        return Stream.of(NAMES, BASE)
                .filter(network::startsWith)
                .map(prefix -> network.substring(prefix.length()))
                .findFirst();
    }

    /** Returns the engine's name of a container; if it is in use, {@code -2}, {@code -3} follow. */
    public static String containerName(
            String pipeline, String service, int replica, String specHash) {
        int from = specHash.indexOf(':') + 1;
        String hash = specHash.substring(from, Math.min(specHash.length(), from + 6));
        return pipeline + "-" + service + "-" + replica + "-" + hash;
    }

    /** Returns whole seconds, rounded up, because the engine and the probe count in seconds. */
    public static long wholeSeconds(Duration duration) {
        return duration.plusSeconds(1).minusNanos(1).toSeconds();
    }

    private static boolean needsProbe(WorkloadSpec spec) {
        return spec.healthcheck() instanceof Healthcheck.Check check
                && !(check.test() instanceof Healthcheck.Exec);
    }

    private static @Nullable List<String> healthTest(@Nullable Healthcheck healthcheck) {
        return switch (healthcheck) {
            case null -> null;
            case Healthcheck.None _ -> List.of("NONE");
            case Healthcheck.Check c -> test(c);
        };
    }

    private static List<String> test(Healthcheck.Check c) {
        String timeout = Long.toString(Math.max(1, wholeSeconds(c.timeout())));
        return switch (c.test()) {
            case Healthcheck.Exec e -> {
                var words = new ArrayList<String>();
                words.add("CMD");
                words.addAll(e.command());
                yield List.copyOf(words);
            }
            case Healthcheck.Http h ->
                    List.of("CMD", PROBE, "http", Integer.toString(h.port()), h.path(), timeout);
            case Healthcheck.Tcp t ->
                    List.of("CMD", PROBE, "tcp", Integer.toString(t.port()), timeout);
        };
    }

    private static void addParent(SortedSet<String> folders, String target) {
        int slash = target.lastIndexOf('/');
        if (slash > 0) {
            folders.add(target.substring(0, slash));
        }
    }
}
