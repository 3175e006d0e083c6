package io.plumbline.engine.docker.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.core.FailureKind;
import io.plumbline.core.redact.Redactor;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.SecretValue;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The classifier of an engine's refusals. Engines put most information into prose and little into
 * status codes. The texts are those of moby (daemon/, libnetwork), runc, crun and the distribution
 * registry, seen on 20.10 to 29 and in public bug reports.
 *
 * <p>Only positive evidence makes a container {@code INVALID}: the engine names a value that the
 * manifest chose. A refusal that names a part of the host is {@code TRANSIENT}. Any other refusal
 * of a container is {@code REFUSED}, because the text does not say whose fault it is. A status
 * alone, 400 included, proves nothing. Engines answer 400 also if address pools are used up, and if
 * a runtime cannot start any container.
 */
final class EngineErrors {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LONGEST = 600;

    /** The kind of call that the engine refused; the same words have different meanings. */
    enum Doing {
        /**
         * Any other call, such as those for networks and volumes, which are never the release's
         * fault.
         */
        ANYTHING,
        /** A call that creates, fills, starts or updates a container. */
        CONTAINER,
        /** A call that runs a command in a container. */
        EXEC,
        /** A call that asks an image's registry through the engine. */
        REGISTRY
    }

    private static final List<String> HOST_IS_SHORT =
            List.of(
                    "no space left on device",
                    "disk quota exceeded",
                    "cannot allocate memory",
                    "resource temporarily unavailable",
                    "too many open files",
                    "input/output error",
                    "context deadline exceeded",
                    "context canceled",
                    "connection refused",
                    "transport is closing",
                    "device or resource busy");

    /** Parts of the host, its runtime and its network that every container needs. */
    private static final List<String> HOST_PART =
            List.of(
                    "cgroup",
                    "namespace {",
                    "systemd",
                    "d-bus",
                    "dbus",
                    "org.freedesktop",
                    "iptables",
                    "ip6tables",
                    "nftables",
                    "ipset",
                    "firewalld",
                    "veth",
                    "failed to create endpoint",
                    "programming external connectivity",
                    "set up container networking",
                    "network sandbox",
                    "address pools",
                    "address pool",
                    "no available ip",
                    "unable to retrieve oci runtime error",
                    "did not terminate su",
                    "failed to start shim",
                    "fork/exec",
                    "error running hook",
                    "hook #",
                    "apparmor",
                    "seccomp",
                    "selinux",
                    "creating overlay mount",
                    "containerd.sock",
                    "error while dialing",
                    "final child's pid",
                    "unknown runtime",
                    "invalid runtime name",
                    "read init-p",
                    "/proc/self/attr",
                    "open /proc/self/fd");

    private static final List<String> TAKEN =
            List.of(
                    "port is already allocated",
                    "ports are already allocated",
                    "all ports are allocated",
                    "address already in use",
                    "is already in use",
                    "pool overlaps",
                    "already exists in network",
                    "has active endpoints");

    /** The error of runc and crun about the program that the manifest or its image names. */
    private static final Pattern PROGRAM =
            Pattern.compile(
                    "(?:starting container process caused:?|unable to start container process:"
                            + "(?: error during container init:)?)[\\s\\\\\"]*"
                            + "exec:? .*(?:executable file not found|no such file or directory"
                            + "|exec format error|is a directory|not a directory)"
                            + "|crun: executable file .* not found"
                            + "|crun: exec .*: exec format error");

    /**
     * The error of runc about a kernel parameter of the manifest: the kernel does not have it, or
     * refuses its value. The engine's own errors about such files are those of the host.
     */
    private static final Pattern KERNEL_PARAMETER =
            Pattern.compile("error during container init: (?:open|write) /proc/sys/");

    /**
     * A container's own network was removed. From 28 on this follows words that also appear in
     * errors of the host.
     */
    private static final Pattern NETWORK_GONE = Pattern.compile("network [\\w.-]+ not found");

    /** The address and port of a refused binding, in the texts of 20.10 to 29. */
    private static final Pattern HOST_PORT =
            Pattern.compile(
                    "(?:bind for|listen \\w+|bind host port(?: for)?)"
                            + " (?:\\[[0-9a-f:]*]|[0-9.]*):([0-9]{1,5})");

    private static final Pattern LONG_ID = Pattern.compile("\\b([0-9a-f]{12})[0-9a-f]{52}\\b");

    private static final List<String> NAMED =
            List.of(
                    "no command specified",
                    "unable to find user",
                    "unable to find group",
                    "no matching entries in passwd file",
                    "no matching entries in group file",
                    "chdir to cwd",
                    "no log driver named",
                    "unknown log opt",
                    "invalid logging driver",
                    "invalid mount config",
                    "duplicate mount point",
                    "range of cpus is from",
                    "minimum memory limit",
                    "minimum memoryswap limit",
                    "init was oom-killed",
                    "cannot overwrite directory",
                    "cannot overwrite non-directory",
                    "is marked read-only",
                    "unknown capability",
                    "invalid capadd",
                    "invalid capdrop",
                    "invalid hostport",
                    "invalid port specification",
                    "invalid ip address in add-host",
                    "bad format for add-host",
                    "invalid ulimit",
                    "invalid environment variable",
                    "invalid signal",
                    "interval in healthcheck",
                    "timeout in healthcheck",
                    "retries in healthcheck",
                    "startperiod in healthcheck",
                    "unknown type in healthcheck");

    private static final List<String> REGISTRY_AWAY =
            List.of(
                    "dial tcp",
                    "dial udp",
                    "connection refused",
                    "connection reset",
                    "broken pipe",
                    "no such host",
                    "server misbehaving",
                    "no route to host",
                    "network is unreachable",
                    "timeout",
                    "timed out",
                    "deadline exceeded",
                    "context canceled",
                    "tls:",
                    "x509",
                    "server gave http response to https client",
                    "unexpected eof",
                    ": eof",
                    "toomanyrequests",
                    "too many requests",
                    "internal server error",
                    "bad gateway",
                    "service unavailable",
                    "gateway time",
                    "unexpected http status: 5",
                    "no space left on device",
                    "unexpected status code 5");

    private static final List<String> REGISTRY_REFUSES =
            List.of(
                    "unauthorized",
                    "authentication required",
                    "no basic auth credentials",
                    "incorrect username or password",
                    "access denied",
                    "access to the resource is denied",
                    "access forbidden",
                    "denied:",
                    "403 forbidden");

    private static final List<String> REGISTRY_HAS_NONE =
            List.of(
                    "manifest unknown",
                    "name unknown",
                    "not known to registry",
                    "repository does not exist",
                    "not found");

    private static final List<String> WRONG_PLATFORM =
            List.of("no matching manifest for", "no match for platform", "unsupported media type");

    private EngineErrors() {}

    /**
     * Classifies an answer.
     *
     * @param status HTTP status; 0 for an error inside a stream
     * @param message the engine's text
     */
    static FailureKind kind(Doing doing, int status, String message) {
        String text = message.toLowerCase(Locale.ROOT);
        return switch (doing) {
            case REGISTRY -> registry(status, text);
            case CONTAINER -> container(status, text);
            case EXEC -> exec(status, text);
            case ANYTHING -> anything(status, text);
        };
    }

    private static FailureKind registry(int status, String text) {
        if (any(text, REGISTRY_AWAY)) {
            return FailureKind.TRANSIENT;
        }
        if (any(text, WRONG_PLATFORM)) {
            return FailureKind.INVALID;
        }
        if (any(text, REGISTRY_REFUSES)) {
            return FailureKind.DENIED;
        }
        if (any(text, REGISTRY_HAS_NONE)) {
            return FailureKind.MISSING;
        }
        return switch (status) {
            case 400 -> FailureKind.INVALID;
            case 401, 403 -> FailureKind.DENIED;
            case 404 -> FailureKind.MISSING;
            default -> FailureKind.TRANSIENT;
        };
    }

    private static FailureKind container(int status, String text) {
        if (any(text, TAKEN)) {
            return FailureKind.CONFLICT;
        }
        if (named(text)) {
            return FailureKind.INVALID;
        }
        if (NETWORK_GONE.matcher(text).find()) {
            return FailureKind.MISSING;
        }
        if (any(text, HOST_IS_SHORT) || any(text, HOST_PART)) {
            return FailureKind.TRANSIENT;
        }
        return switch (status) {
            case 401, 403, 404, 409 -> anything(status, text);
            case 0, 502, 503, 504 -> FailureKind.TRANSIENT;
            default -> FailureKind.REFUSED;
        };
    }

    /**
     * Classifies a refused command. A missing program is the release's fault; a command that could
     * not be run is nobody's.
     */
    private static FailureKind exec(int status, String text) {
        return named(text) ? FailureKind.INVALID : anything(status, text);
    }

    /** Whether the engine names a value that the manifest chose. */
    static boolean named(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        return PROGRAM.matcher(lower).find()
                || KERNEL_PARAMETER.matcher(lower).find()
                || any(lower, NAMED);
    }

    private static FailureKind anything(int status, String text) {
        if (any(text, TAKEN)) {
            return FailureKind.CONFLICT;
        }
        return switch (status) {
            case 401, 403 -> any(text, HOST_PART) ? FailureKind.TRANSIENT : FailureKind.DENIED;
            case 404 -> any(text, HOST_PART) ? FailureKind.TRANSIENT : FailureKind.MISSING;
            case 409 -> FailureKind.CONFLICT;
            default -> FailureKind.TRANSIENT;
        };
    }

    private static boolean any(String text, List<String> words) {
        return words.stream().anyMatch(text::contains);
    }

    /**
     * Returns the message of a refusal: what was refused, and the engine's sentence. If a host port
     * is in use, the message begins with that cause, and long ids are shortened.
     *
     * @param what with the engine's name: {@code start container web on engine local}
     */
    static String about(String what, String engine, String sentence) {
        var text = sentence.toLowerCase(Locale.ROOT);
        boolean container = text.contains("port is already allocated");
        var port = HOST_PORT.matcher(text);
        if (!(container || text.contains("address already in use")) || !port.find()) {
            return what + ": " + sentence;
        }
        return "host port "
                + port.group(1)
                + " on engine "
                + engine
                + " is in use by another "
                + (container ? "container" : "process")
                + ": free it, or change ports[].host; "
                + what
                + ": "
                + LONG_ID.matcher(sentence).replaceAll("$1");
    }

    /**
     * Returns the engine's message from a body such as <code>{"message":"..."}</code>, on one line
     * and of limited length.
     */
    static String sentence(String body) {
        String text = body;
        int brace = body.indexOf('{');
        if (brace >= 0) {
            try {
                JsonNode message = JSON.readTree(body.substring(brace)).path("message");
                text = message.isTextual() ? message.textValue() : body;
            } catch (JsonProcessingException e) {
                text = body;
            }
        }
        text = text.strip().replaceAll("\\s+", " ");
        text = text.endsWith(": unknown") ? text.substring(0, text.length() - 9) : text;
        if (text.length() > LONGEST) {
            text = text.substring(0, LONGEST) + Redactor.CUT;
        }
        return text.isEmpty() ? "no explanation" : text;
    }

    /**
     * Removes secrets from a refusal, in which an engine may quote the environment. The cause is
     * dropped, because it would quote it again.
     */
    static PlumblineException redacted(PlumblineException e, Map<String, SecretValue> secrets) {
        String message = String.valueOf(e.getMessage());
        String safe = message;
        for (SecretValue value : secrets.values()) {
            if (!value.text().isBlank()) {
                safe = safe.replace(value.text(), "[secret]");
            }
        }
        return safe.equals(message) ? e : new PlumblineException(e.kind(), safe);
    }
}
