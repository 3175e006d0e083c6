package io.plumbline.runtime.render;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseBuilder;
import io.plumbline.core.release.SpecFile;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.step.StepSet;
import io.plumbline.core.step.StepSetBuilder;
import io.plumbline.manifest.Pipeline;
import io.plumbline.manifest.PullPolicy;
import io.plumbline.manifest.Service;
import io.plumbline.manifest.Step;
import io.plumbline.manifest.StepInput;
import io.plumbline.port.FileBytes;
import io.plumbline.port.GitSource.TreeFile;
import io.plumbline.port.Ledger;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.port.driver.EngineDriver.FoundImage;
import io.plumbline.runtime.placement.PlacementView;
import io.plumbline.runtime.state.Permissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The renderer of a pipeline's releases: every image becomes a digest or an id, every file its
 * bytes. The result depends on Git and on the recorded digests of references. The renderer asks an
 * engine and its registry only about a reference that is new to the pipeline.
 */
public final class Renderer {
    private final Ledger ledger;
    private final String pipeline;
    private final PlacementView sites;
    private final String engineName;

    /**
     * Creates the renderer of one pipeline, whatever the manifest calls it.
     *
     * @param pipeline the name under which the ledger records resolved references
     * @param engineName the name that its releases have
     */
    public Renderer(Ledger ledger, PlacementView sites, String pipeline, String engineName) {
        this.ledger = ledger;
        this.pipeline = pipeline;
        this.sites = sites;
        this.engineName = engineName;
    }

    /** The source of the files' bytes. */
    public interface Files {
        /** Returns the file at this path below the repository's folder, empty if there is none. */
        Optional<FileBytes> open(String path, int limit);

        /**
         * Returns why the entry at this path, or on the way to it, is not a file; empty if there is
         * no reason.
         */
        default Optional<String> refusal(String path) {
            return Optional.empty();
        }
    }

    /**
     * The result of rendering.
     *
     * @param head ready, preparing if it has steps, or why it is neither
     * @param files bytes by SHA-256, of a head that is ready or preparing
     * @param draft what its steps need; null if it has none
     */
    public record Rendered(Head head, Map<String, FileBytes> files, @Nullable Draft draft) {

        /** Creates the result of a pipeline without steps. */
        Rendered(Head head, Map<String, FileBytes> files) {
            this(head, files, null);
        }

        static Rendered broken(String commit, String reason) {
            return new Rendered(new Head.Broken(commit, reason), Map.of());
        }
    }

    /** A pipeline whose steps must run before it is a release. */
    public interface Draft {
        /** Returns its resolved steps and gates. */
        StepSet steps();

        /**
         * Whether a service takes data of a step, so that the release depends on what they make.
         */
        boolean takesData();

        /** Returns the release of which the inputs of services are these files. */
        Rendered complete(Function<StepInput, List<SpecFile>> inputs);
    }

    /**
     * Renders a pipeline.
     *
     * @param manifest the manifest's path; sources of files are relative to its folder
     * @param record whether the ledger records resolved references
     */
    public Rendered render(
            Pipeline manifestOf,
            String manifest,
            String commit,
            Files files,
            Permissions permissions,
            boolean record) {
        try {
            var bytes = new HashMap<String, FileBytes>();
            var hashes = new HashMap<String, String>();
            for (var service : workloads(manifestOf)) {
                var at =
                        (manifestOf.services().contains(service) ? "services." : "steps.")
                                + service.name();
                for (var file : service.files()) {
                    var problem = MountedFiles.read(at, file, manifest, files, bytes, hashes);
                    if (problem.isPresent()) {
                        return Rendered.broken(commit, problem.get());
                    }
                }
            }
            var images = new HashMap<String, ImageRef>();
            for (var service : workloads(manifestOf)) {
                var known = images.get(service.image());
                if (known == null) {
                    images.put(service.image(), resolve(manifestOf, service, record));
                }
            }
            var draft = new Resolved(manifestOf, commit, permissions, images, hashes, bytes);
            return manifestOf.steps().isEmpty() ? draft.complete(_ -> List.of()) : draft.begin();
        } catch (PlumblineException e) {
            return new Rendered(
                    new Head.Unresolved(commit, e.kind(), String.valueOf(e.getMessage())),
                    Map.of());
        }
    }

    private static List<Service> workloads(Pipeline of) {
        return Stream.concat(of.services().stream(), of.steps().stream().map(Step::workload))
                .toList();
    }

    /** A pipeline with the images and files of a commit. */
    private final class Resolved implements Draft {
        private final Pipeline of;
        private final String commit;
        private final Permissions permissions;
        private final Map<String, ImageRef> images;
        private final Map<String, String> hashes;
        private final Map<String, FileBytes> bytes;
        private final StepSet steps;

        Resolved(
                Pipeline of,
                String commit,
                Permissions permissions,
                Map<String, ImageRef> images,
                Map<String, String> hashes,
                Map<String, FileBytes> bytes) {
            this.of = of;
            this.commit = commit;
            this.permissions = permissions;
            this.images = images;
            this.hashes = hashes;
            this.bytes = bytes;
            this.steps = StepSetBuilder.build(of, engineName, commit, images, hashes);
        }

        @Override
        public StepSet steps() {
            return steps;
        }

        @Override
        public boolean takesData() {
            return of.services().stream().anyMatch(s -> !s.inputs().isEmpty());
        }

        /** Returns the draft, if the repository may run its steps. */
        Rendered begin() {
            var names = of.steps().stream().map(Step::name).toList();
            var refused = refused(steps.asRelease(of));
            return refused != null
                    ? refused
                    : new Rendered(
                            new Head.Preparing(
                                    commit, "its steps run first: " + String.join(", ", names)),
                            bytes,
                            this);
        }

        @Override
        public Rendered complete(Function<StepInput, List<SpecFile>> inputs) {
            var byService = new HashMap<String, List<SpecFile>>();
            for (var service : of.services()) {
                byService.put(
                        service.name(),
                        service.inputs().stream().flatMap(i -> inputs.apply(i).stream()).toList());
            }
            var release = ReleaseBuilder.build(of, engineName, images, hashes, byService);
            var refused = refused(release);
            return refused != null ? refused : new Rendered(new Head.Ready(commit, release), bytes);
        }

        private @Nullable Rendered refused(Release release) {
            return permissions
                    .refusal(release)
                    .map(why -> Rendered.broken(commit, "not allowed: " + why))
                    .orElse(null);
        }
    }

    /** Whether rendering makes no call to an engine, because all its references are recorded. */
    boolean asksNobody(Pipeline manifest) {
        return workloads(manifest).stream()
                .map(Service::image)
                .allMatch(i -> i.contains("@") || ledger.resolution(pipeline, i).isPresent());
    }

    /** Whether the ledger has all files of a release that was rendered before. */
    boolean whole(Release release) {
        return release.services().stream()
                .flatMap(s -> s.spec().files().stream())
                .allMatch(f -> ledger.file(f.sha256()).isPresent());
    }

    /** Returns the regular files of a commit. */
    public static Files of(Map<String, TreeFile> tree, io.plumbline.port.GitSource git) {
        return new TreeFiles(tree, git);
    }

    private ImageRef resolve(Pipeline of, Service service, boolean record) {
        var reference = service.image();
        int at = reference.indexOf("@");
        if (at >= 0) {
            return new ImageRef.Digest(
                    repositoryOf(reference.substring(0, at)), reference.substring(at + 1));
        }
        var known = ledger.resolution(pipeline, reference);
        if (known.isPresent()) {
            return known.get();
        }
        var image = ask(of, service);
        if (record) {
            ledger.resolved(pipeline, reference, image);
        }
        return image;
    }

    /**
     * Resolves a reference with the engines that the pipeline may use, in their order, and their
     * registry.
     */
    private ImageRef ask(Pipeline manifest, Service service) {
        var reference = service.image();
        var repository = repositoryOf(reference);
        var engines = answering(sites.candidates(manifest.placement()), reference);
        FoundImage local = null;
        for (var engine : engines) {
            var there = image(engine, reference, engines);
            if (local == null && there.isPresent()) {
                local = there.get();
            }
        }
        var localDigest =
                local == null ? Optional.<ImageRef.Digest>empty() : digest(local, repository);
        if (local != null && localDigest.isEmpty()) {
            if (!manifest.images().copy()) {
                onAll(local, reference, engines);
            }
            return new ImageRef.LocalId(local.id());
        }
        if (service.pull() == PullPolicy.NEVER) {
            return localDigest
                    .map(d -> (ImageRef) new ImageRef.Digest(repository, d.digest()))
                    .orElseThrow(
                            () ->
                                    new PlumblineException(
                                            FailureKind.MISSING,
                                            "image "
                                                    + reference
                                                    + " is not on "
                                                    + names(engines)
                                                    + " and `pull` is never"));
        }
        return fromRegistry(reference, repository, localDigest, engines);
    }

    /**
     * Returns an engine's image. If there are several engines, one that becomes unreachable
     * meanwhile is skipped.
     */
    private static Optional<FoundImage> image(
            EngineDriver engine, String name, List<EngineDriver> engines) {
        try {
            return engine.image(name);
        } catch (PlumblineException e) {
            boolean silent =
                    e.kind() == FailureKind.UNREACHABLE || e.kind() == FailureKind.UNRESPONSIVE;
            if (silent && engines.size() > 1) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static Optional<ImageRef.Digest> digest(FoundImage local, String repository) {
        return local.digests().stream()
                .map(ImageRef::parse)
                .filter(ImageRef.Digest.class::isInstance)
                .map(ImageRef.Digest.class::cast)
                .filter(d -> sameRepository(d.repository(), repository))
                .findFirst();
    }

    private static List<EngineDriver> answering(List<EngineDriver> engines, String reference) {
        var up = engines.stream().filter(e -> e.seen().reachable() || !e.seen().ever()).toList();
        if (up.isEmpty()) {
            throw new PlumblineException(
                    FailureKind.UNREACHABLE,
                    engines.isEmpty()
                            ? "no engine is there to resolve " + reference + " on"
                            : String.join(
                                    "; ", engines.stream().map(e -> e.seen().reason()).toList()));
        }
        return up;
    }

    /**
     * Fails unless all engines have the image: an image that is in no registry runs only where its
     * id is.
     */
    private static void onAll(FoundImage local, String reference, List<EngineDriver> engines) {
        var silent = engines.stream().filter(e -> !answers(e, local.id())).toList();
        if (!silent.isEmpty()) {
            throw new PlumblineException(
                    FailureKind.UNREACHABLE,
                    names(silent)
                            + (silent.size() == 1 ? " does" : " do")
                            + " not answer, so whether image "
                            + reference
                            + " is there is not known");
        }
        var parted =
                engines.stream()
                        .collect(
                                Collectors.partitioningBy(
                                        e -> image(e, local.id(), engines).isPresent()));
        var without = Objects.requireNonNull(parted.get(false));
        if (!without.isEmpty()) {
            throw new PlumblineException(
                    FailureKind.MISSING,
                    "image "
                            + reference
                            + " is local to "
                            + names(Objects.requireNonNull(parted.get(true)))
                            + " ("
                            + local.id()
                            + ", which has no digest of a registry) and not on "
                            + names(without)
                            + ": push it to a registry, load it there, or say `images: {copy: true}`");
        }
    }

    private static boolean answers(EngineDriver engine, String image) {
        try {
            var _ = engine.image(image);
            return true;
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.UNREACHABLE || e.kind() == FailureKind.UNRESPONSIVE) {
                return false;
            }
            throw e;
        }
    }

    private static String names(List<EngineDriver> engines) {
        return (engines.size() == 1 ? "engine " : "engines ")
                + String.join(", ", engines.stream().map(e -> e.name()).toList());
    }

    private static ImageRef fromRegistry(
            String reference,
            String repository,
            Optional<ImageRef.Digest> localDigest,
            List<EngineDriver> engines) {
        PlumblineException trouble = null;
        for (var engine : engines) {
            try {
                var digest = engine.registryDigest(reference);
                if (digest.isPresent()) {
                    return new ImageRef.Digest(repository, digest.get());
                }
            } catch (PlumblineException e) {
                trouble = e;
            }
        }
        if (trouble != null && localDigest.isEmpty()) {
            throw trouble.kind() == FailureKind.UNREACHABLE
                    ? trouble
                    : new PlumblineException(
                            trouble.kind(),
                            "image "
                                    + reference
                                    + " is not on "
                                    + names(engines)
                                    + ", and its registry could not be asked: "
                                    + trouble.getMessage(),
                            trouble);
        }
        return localDigest
                .map(d -> (ImageRef) new ImageRef.Digest(repository, d.digest()))
                .orElseThrow(
                        () ->
                                new PlumblineException(
                                        FailureKind.MISSING,
                                        "image "
                                                + reference
                                                + " is neither in its registry nor on "
                                                + names(engines)
                                                + "; push it, or correct the reference"));
    }

    private static boolean sameRepository(String a, String b) {
        return a.equals(b)
                || a.equals("docker.io/library/" + b)
                || a.equals("docker.io/" + b)
                || b.equals("docker.io/library/" + a)
                || b.equals("docker.io/" + a);
    }

    /** Returns the reference without its tag, which follows a colon after the last slash. */
    private static String repositoryOf(String reference) {
        int colon = reference.lastIndexOf(':');
        return colon > reference.lastIndexOf('/') ? reference.substring(0, colon) : reference;
    }
}
