package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Words;
import io.plumbline.manifest.yaml.YamlNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The decoder of the files, secrets, volumes and tmpfs of a container; it compares their targets.
 * Files and secrets are copied into the container's own file system, so nothing may be mounted over
 * them.
 */
final class MountDecoder {

    private static final Pattern HOST_PATH = Pattern.compile("[/~.]|[A-Za-z]:\\\\");
    private static final int MOST_ID = Integer.MAX_VALUE;

    private static final Map<String, As> AS = ContainerDecoder.words(As.values());

    /** The folder of the agent's probe. */
    private static final String RESERVED = "/.plumbline";

    /** The files that the engine mounts in each container. */
    private static final Set<String> ENGINE_FILES =
            Set.of("/etc/hosts", "/etc/hostname", "/etc/resolv.conf");

    private static final List<String> ENGINE_FOLDERS = List.of("/proc", "/sys", "/dev");

    /** The targets so far, with their kinds. */
    private final Map<String, Kind> targets = new LinkedHashMap<>();

    private final List<Placed<String>> copied = new ArrayList<>();
    private final List<Placed<String>> mounted = new ArrayList<>();

    private enum As {
        FILE,
        ENV
    }

    private enum Kind {
        FILE("a file"),
        SECRET("a secret"),
        INPUT("an input"),
        VOLUME("a volume"),
        TMPFS("a tmpfs");

        private final String words;

        Kind(String words) {
            this.words = words;
        }
    }

    @Nullable FileMount file(Decoder at) {
        Fields f = at.fields(ManifestKeys.FILE);
        if (f == null) {
            return null;
        }
        String source = f.require("source", Forms::source);
        String target = f.require("target", d -> target(d, Kind.FILE));
        int mode = f.read("mode", Forms::mode, 0444);
        int uid = f.read("uid", MountDecoder::id, 0);
        int gid = f.read("gid", MountDecoder::id, 0);
        return source == null || target == null
                ? null
                : new FileMount(source, target, mode, uid, gid);
    }

    @Nullable SecretMount secret(Decoder at) {
        Fields f = at.fields(ManifestKeys.SECRET);
        if (f == null) {
            return null;
        }
        String name = f.require("name", Forms::secretName);
        return switch (f.read("as", d -> d.choice(AS), As.FILE)) {
            case ENV -> secretVariable(f, name);
            case FILE -> secretFile(f, at, name);
        };
    }

    private static @Nullable SecretMount secretVariable(Fields f, @Nullable String name) {
        for (String key : List.of("mode", "uid", "gid")) {
            if (f.has(key)) {
                f.error(key, "is for 'as: file' only");
            }
        }
        String target = f.require("target", Forms::variable);
        return name == null || target == null ? null : new SecretMount.AsEnv(name, target);
    }

    private @Nullable SecretMount secretFile(Fields f, Decoder at, @Nullable String name) {
        String target;
        if (f.has("target")) {
            target = f.read("target", d -> target(d, Kind.SECRET));
        } else if (name != null) {
            target = "/run/secrets/" + name;
            take(at, target, Kind.SECRET);
        } else {
            target = null;
        }
        int mode = f.read("mode", Forms::mode, 0400);
        int uid = f.read("uid", MountDecoder::id, 0);
        int gid = f.read("gid", MountDecoder::id, 0);
        return name == null || target == null
                ? null
                : new SecretMount.AsFile(name, target, mode, uid, gid);
    }

    /** Takes the path of an input, which is copied as files are. */
    @Nullable String input(Decoder at) {
        return target(at, Kind.INPUT);
    }

    @Nullable VolumeMount volume(Decoder at) {
        Fields f = at.fields(ManifestKeys.VOLUME);
        if (f == null) {
            return null;
        }
        String name = f.require("name", MountDecoder::volumeName);
        String target = f.require("target", d -> target(d, Kind.VOLUME));
        boolean shared = f.read("shared", Decoder::bool, false);
        boolean readOnly = f.read("readOnly", Decoder::bool, false);
        return name == null || target == null
                ? null
                : new VolumeMount(name, target, shared, readOnly);
    }

    private static @Nullable String volumeName(Decoder at) {
        if (at.node() instanceof YamlNode.Scalar scalar
                && HOST_PATH.matcher(scalar.text()).lookingAt()) {
            at.error(
                    "bind mounts are not supported: name a volume, or copy files from Git with"
                            + " `files`");
            return null;
        }
        return Forms.name(at);
    }

    Map.@Nullable Entry<String, String> tmpfs(Decoder at) {
        Map.Entry<String, String> mount = ContainerDecoder.tmpfs(at);
        if (mount != null) {
            take(at, mount.getKey(), Kind.TMPFS);
        }
        return mount;
    }

    private static @Nullable Integer id(Decoder at) {
        return at.integer(0, MOST_ID);
    }

    private @Nullable String target(Decoder at, Kind kind) {
        String target = Forms.target(at);
        if (target != null) {
            take(at, target, kind);
        }
        return target;
    }

    private void take(Decoder at, String target, Kind kind) {
        Kind first = targets.putIfAbsent(target, kind);
        if (first != null) {
            at.error(Words.quoted(target) + " is already the target of " + first.words);
            return;
        }
        boolean copy = isCopied(kind);
        (copy ? copied : mounted).add(new Placed<>(target, at));
        if (isWithin(target, RESERVED)) {
            at.error(RESERVED + " is for Plumbline's probe: choose another target");
        } else if (copy && ENGINE_FILES.contains(target)) {
            at.error(
                    "the engine mounts its own "
                            + target
                            + " in each container: use extraHosts or dns");
        } else if (ENGINE_FOLDERS.stream().anyMatch(f -> isEngines(target, f, kind))) {
            at.error("the engine mounts its own file system there: choose another target");
        }
    }

    /**
     * Volumes and tmpfs may be mounted below {@code /dev}, as at {@code /dev/shm}, but nothing can
     * be copied there.
     */
    private static boolean isEngines(String target, String folder, Kind kind) {
        boolean whole = isCopied(kind) || !folder.equals("/dev");
        return whole ? isWithin(target, folder) : target.equals(folder);
    }

    private static boolean isCopied(Kind kind) {
        return kind == Kind.FILE || kind == Kind.SECRET || kind == Kind.INPUT;
    }

    private static boolean isWithin(String target, String folder) {
        return target.equals(folder) || target.startsWith(folder + "/");
    }

    /**
     * Reports an output in a folder that is not read back: a tmpfs is gone after the end, and a
     * volume is not part of the container.
     */
    void checkOutput(Decoder at, String path) {
        if (isWithin(path, RESERVED)) {
            at.error(RESERVED + " is for Plumbline's probe: choose another path");
        } else if (ENGINE_FILES.contains(path)
                || ENGINE_FOLDERS.stream().anyMatch(f -> isWithin(path, f))) {
            at.error(
                    "the engine mounts its own there, which is gone after the end: choose another"
                            + " path");
        }
        Kind own = targets.get(path);
        String over =
                own == Kind.VOLUME || own == Kind.TMPFS
                        ? path
                        : above(path, Set.of(Kind.VOLUME, Kind.TMPFS));
        if (over != null) {
            at.error(
                    "lies under "
                            + kind(over)
                            + " at "
                            + Words.quoted(over)
                            + ", which is not read after the end: choose a path outside");
        }
    }

    /** Reports outputs that contain a secret, which would be stored with them, or a mount. */
    void checkInside(Map<String, Placed<StepOutput>> outputs) {
        targets.forEach(
                (target, kind) -> {
                    switch (kind) {
                        case FILE, INPUT -> {}
                        case SECRET -> {
                            Placed<StepOutput> output = nearest(target, outputs);
                            if (output != null) {
                                output.at()
                                        .error(
                                                "contains the secret at "
                                                        + Words.quoted(target)
                                                        + ", which would be stored with the output:"
                                                        + " choose another path");
                            }
                        }
                        case VOLUME, TMPFS -> {
                            Placed<StepOutput> output = nearest(parent(target), outputs);
                            if (output != null) {
                                output.at()
                                        .error(
                                                "contains "
                                                        + kind.words
                                                        + " at "
                                                        + Words.quoted(target)
                                                        + ": choose a path without it");
                            }
                        }
                    }
                });
    }

    /**
     * Whether a path is known to be writable in a container whose root is read-only: it lies in a
     * folder of a file, secret or input, which is a small volume then.
     */
    boolean isWritable(String path) {
        return copied.stream().anyMatch(c -> isWithin(path, parent(c.value())));
    }

    /** Returns the value at a path or at the nearest folder above it; null for none. */
    static <T> @Nullable T nearest(String path, Map<String, T> byPath) {
        for (String at = path; !at.isEmpty(); at = parent(at)) {
            T found = byPath.get(at);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    /** Returns the folder above; an empty text for the root. */
    static String parent(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }

    /** Reports files and secrets that a mount would hide, and targets below a file or secret. */
    void check() {
        for (Placed<String> copy : copied) {
            String over = above(copy.value(), Set.of(Kind.VOLUME, Kind.TMPFS));
            if (over != null) {
                copy.at()
                        .error(
                                "lies under "
                                        + kind(over)
                                        + " at "
                                        + Words.quoted(over)
                                        + ", which would hide it: choose a target outside");
            }
        }
        List<Placed<String>> all = new ArrayList<>(copied);
        all.addAll(mounted);
        for (Placed<String> target : all) {
            String file = above(target.value(), Set.of(Kind.FILE, Kind.SECRET, Kind.INPUT));
            if (file != null) {
                target.at().error("lies under " + Words.quoted(file) + ", which is " + kind(file));
            }
        }
    }

    private String kind(String target) {
        Kind kind = targets.get(target);
        return kind == null ? "" : kind.words;
    }

    /**
     * Returns the nearest folder above a target that is itself a target of these kinds; null for
     * none.
     */
    private @Nullable String above(String target, Set<Kind> kinds) {
        for (int slash = target.lastIndexOf('/'); slash > 0; ) {
            String folder = target.substring(0, slash);
            Kind kind = targets.get(folder);
            if (kind != null && kinds.contains(kind)) {
                return folder;
            }
            slash = folder.lastIndexOf('/');
        }
        return null;
    }
}
