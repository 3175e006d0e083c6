package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Words;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The decoder of a container's options: limits, health, ports, capabilities, policies. */
final class ContainerDecoder {

    /** The lowest memory limit that an engine accepts: 6 MiB. */
    static final long LEAST_MEMORY = 6L << 20;

    private static final Duration LONGEST = Duration.ofDays(365);
    private static final Pattern HOST_PORTS = Pattern.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?");
    private static final Pattern DRIVER = Pattern.compile("[a-z0-9][a-z0-9_./:-]*");
    private static final Pattern TMPFS_SIZE = Pattern.compile("[0-9]{1,15}[kmgKMG%]?");

    private static final Map<String, RestartPolicy> RESTART = words(RestartPolicy.values());
    private static final Map<String, PullPolicy> PULL = words(PullPolicy.values());
    private static final Map<String, Port.Protocol> PROTOCOL = words(Port.Protocol.values());

    /** All capabilities, see capabilities(7). */
    static final Set<String> CAPABILITIES =
            new TreeSet<>(
                    List.of(
                            "ALL",
                            "AUDIT_CONTROL",
                            "AUDIT_READ",
                            "AUDIT_WRITE",
                            "BLOCK_SUSPEND",
                            "BPF",
                            "CHECKPOINT_RESTORE",
                            "CHOWN",
                            "DAC_OVERRIDE",
                            "DAC_READ_SEARCH",
                            "FOWNER",
                            "FSETID",
                            "IPC_LOCK",
                            "IPC_OWNER",
                            "KILL",
                            "LEASE",
                            "LINUX_IMMUTABLE",
                            "MAC_ADMIN",
                            "MAC_OVERRIDE",
                            "MKNOD",
                            "NET_ADMIN",
                            "NET_BIND_SERVICE",
                            "NET_BROADCAST",
                            "NET_RAW",
                            "PERFMON",
                            "SETFCAP",
                            "SETGID",
                            "SETPCAP",
                            "SETUID",
                            "SYSLOG",
                            "SYS_ADMIN",
                            "SYS_BOOT",
                            "SYS_CHROOT",
                            "SYS_MODULE",
                            "SYS_NICE",
                            "SYS_PACCT",
                            "SYS_PTRACE",
                            "SYS_RAWIO",
                            "SYS_RESOURCE",
                            "SYS_TIME",
                            "SYS_TTY_CONFIG",
                            "WAKE_ALARM"));

    /** All limits, see setrlimit(2). */
    static final Set<String> ULIMITS =
            new TreeSet<>(
                    List.of(
                            "core",
                            "cpu",
                            "data",
                            "fsize",
                            "locks",
                            "memlock",
                            "msgqueue",
                            "nice",
                            "nofile",
                            "nproc",
                            "rss",
                            "rtprio",
                            "rttime",
                            "sigpending",
                            "stack"));

    /** Mount options, see tmpfs(5) and mount(8); without those that take a value. */
    private static final Set<String> TMPFS_FLAGS =
            Set.of(
                    "ro",
                    "rw",
                    "exec",
                    "noexec",
                    "suid",
                    "nosuid",
                    "dev",
                    "nodev",
                    "sync",
                    "async",
                    "atime",
                    "noatime",
                    "relatime",
                    "norelatime",
                    "strictatime",
                    "nostrictatime");

    private ContainerDecoder() {}

    /**
     * Returns the constants by their words in a manifest, such as {@code on-failure}, in their
     * order.
     */
    static <E extends Enum<E>> Map<String, E> words(E[] values) {
        Map<String, E> words = new LinkedHashMap<>();
        for (E value : values) {
            words.put(value.name().toLowerCase(Locale.ROOT).replace('_', '-'), value);
        }
        return Collections.unmodifiableMap(words);
    }

    static @Nullable RestartPolicy restart(Decoder at) {
        return at.choice(RESTART);
    }

    static @Nullable PullPolicy pull(Decoder at) {
        return at.choice(PULL);
    }

    /**
     * Decodes a time in whole seconds, because the engine counts the time before a kill in seconds.
     */
    static @Nullable Duration wholeSeconds(Decoder at) {
        Duration value = at.duration(Duration.ZERO, LONGEST);
        if (value != null && value.toMillisPart() != 0) {
            at.error("must be whole seconds");
            return null;
        }
        return value;
    }

    /** Decodes a time of at least a millisecond. */
    static @Nullable Duration positive(Decoder at) {
        return at.duration(Duration.ofMillis(1), LONGEST);
    }

    /** Decodes a time that may be 0s. */
    static @Nullable Duration time(Decoder at) {
        return at.duration(Duration.ZERO, LONGEST);
    }

    static @Nullable Logging logging(Decoder at) {
        Fields f = at.fields(ManifestKeys.LOGGING);
        if (f == null) {
            return null;
        }
        String driver =
                f.require("driver", d -> d.matching(DRIVER, 128, "must be a log driver's name"));
        SortedMap<String, String> options =
                f.read("options", Forms::options, Collections.emptySortedMap());
        return driver == null ? null : new Logging(driver, options);
    }

    static @Nullable Resources resources(Decoder at) {
        Fields f = at.fields(ManifestKeys.RESOURCES);
        if (f == null) {
            return null;
        }
        return new Resources(
                f.read("cpus", Decoder::nanoCpus), f.read("memory", d -> d.bytes(LEAST_MEMORY)));
    }

    static @Nullable Port port(Decoder at) {
        Fields f = at.fields(ManifestKeys.PORT);
        if (f == null) {
            return null;
        }
        Integer container = f.require("container", ContainerDecoder::portNumber);
        Port.Range host = f.read("host", ContainerDecoder::hostPorts);
        Port.Protocol protocol = f.read("protocol", d -> d.choice(PROTOCOL), Port.Protocol.TCP);
        String hostIp = f.read("hostIp", Forms::address, "0.0.0.0");
        return container == null ? null : new Port(container, host, protocol, hostIp);
    }

    static @Nullable Integer portNumber(Decoder at) {
        return at.integer(1, 65_535);
    }

    private static Port.@Nullable Range hostPorts(Decoder at) {
        String text = at.text("a port or ports");
        if (text == null) {
            return null;
        }
        Matcher m = HOST_PORTS.matcher(text);
        if (text.length() > 11 || !m.matches()) {
            at.error("must be a port or ports such as \"8080-8089\", not " + Words.quoted(text));
            return null;
        }
        int first = Integer.parseInt(m.group(1));
        int last = m.group(2) == null ? first : Integer.parseInt(m.group(2));
        if (first < 1 || last > 65_535 || last < first) {
            at.error("must be between 1 and 65535, the smaller one first");
            return null;
        }
        return new Port.Range(first, last);
    }

    /** Returns a capability's name in upper case and without {@code CAP_}. */
    static String capabilityName(String text) {
        String upper = text.toUpperCase(Locale.ROOT);
        return upper.startsWith("CAP_") ? upper.substring(4) : upper;
    }

    /** Decodes a name with or without {@code CAP_}; the result is without it. */
    static @Nullable String capability(Decoder at) {
        String text = at.string();
        if (text == null) {
            return null;
        }
        String name = text.startsWith("CAP_") ? text.substring(4) : text;
        if (CAPABILITIES.contains(name)) {
            return name;
        }
        String nearest = Words.nearest(name, CAPABILITIES);
        at.error(
                "must be a capability such as NET_BIND_SERVICE, not "
                        + Words.quoted(text)
                        + (nearest == null ? "" : ", did you mean '" + nearest + "'?"));
        return null;
    }

    static SortedMap<String, Ulimit> ulimits(Decoder at) {
        SortedMap<String, Ulimit> limits = new TreeMap<>();
        Map<String, Decoder> entries = at.entries();
        if (entries == null) {
            return limits;
        }
        entries.forEach(
                (name, value) -> {
                    if (!ULIMITS.contains(name)) {
                        String nearest = Words.nearest(name, ULIMITS);
                        at.errorAtKey(
                                name,
                                "is no limit of the kernel"
                                        + (nearest == null
                                                ? ""
                                                : ", did you mean '" + nearest + "'?"));
                    }
                    Ulimit limit = ulimit(value);
                    if (limit != null) {
                        limits.put(name, limit);
                    }
                });
        return Collections.unmodifiableSortedMap(limits);
    }

    private static @Nullable Ulimit ulimit(Decoder at) {
        if (!at.isMapping()) {
            Long both = at.whole(-1, Long.MAX_VALUE);
            return both == null ? null : new Ulimit(both, both);
        }
        Fields f = at.fields(ManifestKeys.ULIMIT);
        if (f == null) {
            return null;
        }
        Long soft = f.require("soft", d -> d.whole(-1, Long.MAX_VALUE));
        Long hard = f.require("hard", d -> d.whole(-1, Long.MAX_VALUE));
        if (soft == null || hard == null) {
            return null;
        }
        if (hard >= 0 && (soft < 0 || soft > hard)) {
            f.error("soft", "must be at most the hard limit, " + hard);
            return null;
        }
        return new Ulimit(soft, hard);
    }

    /** Decodes {@code /path} or {@code /path:options}. */
    static Map.@Nullable Entry<String, String> tmpfs(Decoder at) {
        String text = at.string();
        if (text == null) {
            return null;
        }
        int colon = text.indexOf(':');
        String path = colon < 0 ? text : text.substring(0, colon);
        String options = colon < 0 ? "" : text.substring(colon + 1);
        if (text.length() > 1024 || !Forms.isTarget(path)) {
            at.error("must be /path or /path:options, not " + Words.quoted(text));
            return null;
        }
        if (colon >= 0) {
            for (String option : options.split(",", -1)) {
                if (!isTmpfsOption(option)) {
                    at.error("has an unknown mount option " + Words.quoted(option));
                    return null;
                }
            }
        }
        return Map.entry(path, options);
    }

    private static boolean isTmpfsOption(String option) {
        int equals = option.indexOf('=');
        String value = option.substring(equals + 1);
        return switch (equals < 0 ? "" : option.substring(0, equals)) {
            case "" -> TMPFS_FLAGS.contains(option);
            case "size" -> TMPFS_SIZE.matcher(value).matches();
            case "mode" -> value.matches("[0-7]{3,5}");
            case "uid", "gid", "nr_inodes" -> value.matches("[0-9]{1,9}");
            default -> false;
        };
    }
}
