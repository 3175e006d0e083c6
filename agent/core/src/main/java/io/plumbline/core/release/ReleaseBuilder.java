package io.plumbline.core.release;

import io.plumbline.manifest.FileMount;
import io.plumbline.manifest.Pipeline;
import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.SecretMount;
import io.plumbline.manifest.Service;
import io.plumbline.manifest.Step;
import io.plumbline.manifest.Strategy;
import io.plumbline.manifest.VolumeMount;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The builder of a release from a pipeline whose images and files are resolved. Lists without an
 * order in the manifest (ports, files, secrets, volumes, capabilities, {@code dependsOn}, engines)
 * are sorted, so that the same meaning has the same id. {@code dns} and {@code extraHosts} keep
 * their order, which the resolver follows, and so do the engines of strategy {@code failover}.
 */
public final class ReleaseBuilder {

    private static final Comparator<Port> BY_PORT =
            Comparator.comparingInt(Port::container)
                    .thenComparing(Port::protocol)
                    .thenComparing(Port::hostIp)
                    .thenComparingInt(p -> p.host() == null ? 0 : p.host().first())
                    .thenComparingInt(p -> p.host() == null ? 0 : p.host().last());

    private static final Comparator<SecretMount> BY_SECRET =
            Comparator.comparing(SecretMount::target)
                    .thenComparing(SecretMount::name)
                    .thenComparingInt(s -> s instanceof SecretMount.AsEnv ? 0 : 1);

    private ReleaseBuilder() {}

    /**
     * Builds a release.
     *
     * @param imagesByReference the resolved images by reference
     * @param sha256BySourcePath 64 hex digits of each file's hash, by {@link FileMount#source()}
     * @throws IllegalArgumentException if a reference or a source was not resolved
     */
    public static Release build(
            Pipeline pipeline,
            Map<String, ImageRef> imagesByReference,
            Map<String, String> sha256BySourcePath) {
        return build(pipeline, pipeline.metadata().name(), imagesByReference, sha256BySourcePath);
    }

    /**
     * Builds the release of a pipeline that was renamed.
     *
     * @param engineName its name on the engines, which is the release's
     */
    public static Release build(
            Pipeline pipeline,
            String engineName,
            Map<String, ImageRef> imagesByReference,
            Map<String, String> sha256BySourcePath) {
        return build(pipeline, engineName, imagesByReference, sha256BySourcePath, Map.of());
    }

    /**
     * Builds the release of a pipeline whose services take data of steps.
     *
     * @param engineName its name on the engines, which is the release's
     * @param inputsByService the files that the inputs of each service are, by its name; a service
     *     without inputs needs none
     */
    public static Release build(
            Pipeline pipeline,
            String engineName,
            Map<String, ImageRef> imagesByReference,
            Map<String, String> sha256BySourcePath,
            Map<String, List<SpecFile>> inputsByService) {
        var steps = pipeline.steps().stream().map(Step::name).collect(Collectors.toSet());
        List<ReleaseService> services =
                pipeline.services().stream()
                        .map(
                                s ->
                                        service(
                                                s,
                                                steps,
                                                imagesByReference,
                                                sha256BySourcePath,
                                                inputsByService.getOrDefault(s.name(), List.of())))
                        .toList();
        var unnamed =
                new Release(
                        "",
                        engineName,
                        sorted(pipeline.metadata().labels()),
                        pipeline.drift(),
                        pipeline.rollout(),
                        services,
                        placement(pipeline.placement()),
                        pipeline.images());
        return new Release(
                ReleaseCanonical.releaseId(unnamed),
                unnamed.pipeline(),
                unnamed.labels(),
                unnamed.drift(),
                unnamed.rollout(),
                unnamed.services(),
                unnamed.placement(),
                unnamed.images());
    }

    /** Sorts the engines, unless their order matters to the strategy. */
    private static Placement placement(Placement p) {
        return p.engines() == null || p.strategy() == Strategy.FAILOVER
                ? p
                : new Placement(
                        SpecCanonical.sorted(p.engines()),
                        p.selector(),
                        p.strategy(),
                        p.minEngines(),
                        p.failover());
    }

    /**
     * Builds a service, or the container of a step.
     *
     * @param others names in {@code dependsOn} that are left out
     * @param inputs files that it takes besides its own
     * @throws IllegalArgumentException if a reference or a source was not resolved
     */
    public static ReleaseService service(
            Service s,
            Set<String> others,
            Map<String, ImageRef> images,
            Map<String, String> hashes,
            List<SpecFile> inputs) {
        WorkloadSpec spec = spec(s, images, hashes, inputs);
        return new ReleaseService(
                s.name(),
                SpecCanonical.sorted(
                        s.dependsOn().stream().filter(d -> !others.contains(d)).toList()),
                s.replicas(),
                s.image(),
                s.pull(),
                SpecCanonical.specHash(spec),
                spec,
                s.stateful(),
                s.restartUnhealthyAfter());
    }

    private static WorkloadSpec spec(
            Service s,
            Map<String, ImageRef> images,
            Map<String, String> hashes,
            List<SpecFile> inputs) {
        return new WorkloadSpec(
                found(images, s.image(), "image", s),
                s.entrypoint() == null ? null : List.copyOf(s.entrypoint()),
                s.command() == null ? null : List.copyOf(s.command()),
                sorted(s.env()),
                s.user(),
                s.workingDir(),
                sorted(s.labels()),
                s.ports().stream().distinct().sorted(BY_PORT).toList(),
                Stream.concat(
                                s.files().stream()
                                        .map(f -> file(f, found(hashes, f.source(), "file", s))),
                                inputs.stream())
                        .sorted(Comparator.comparing(SpecFile::target))
                        .toList(),
                s.secrets().stream().sorted(BY_SECRET).toList(),
                s.volumes().stream()
                        .sorted(
                                Comparator.comparing(VolumeMount::target)
                                        .thenComparing(VolumeMount::name))
                        .toList(),
                sorted(s.tmpfs()),
                s.healthcheck(),
                s.resources(),
                s.readOnly(),
                sorted(s.ulimits()),
                s.stopSignal(),
                s.stopGracePeriod(),
                s.restart(),
                s.logging(),
                s.fields());
    }

    private static SpecFile file(FileMount f, String sha256) {
        return new SpecFile(f.target(), f.mode(), f.uid(), f.gid(), sha256);
    }

    private static <T> T found(Map<String, T> map, String key, String what, Service s) {
        T value = map.get(key);
        if (value == null) {
            throw new IllegalArgumentException(
                    what + " " + key + " of service " + s.name() + " was not looked up");
        }
        return value;
    }

    private static <V> SortedMap<String, V> sorted(SortedMap<String, V> map) {
        return Collections.unmodifiableSortedMap(new TreeMap<>(map));
    }
}
