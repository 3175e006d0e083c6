package io.plumbline.adapter.docker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.SecretValue;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What an engine's answer means. Engines say much in prose and little in status codes: the texts
 * are those of moby (daemon/, libnetwork), runc and the distribution registry, seen on 20.10 and
 * read in later ones. What is not known is {@code TRANSIENT}: it is tried again and nothing is
 * quarantined for it.
 */
final class EngineErrors {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LONGEST = 600;

    /** What was being done when the answer came: the same words mean different things. */
    enum Doing {
        /** Anything else. */
        ANYTHING,
        /** Making, filling, starting, running a command in a container. */
        CONTAINER,
        /** Asking an image's registry through the engine. */
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

    private static final List<String> OWN_FAULT =
            List.of(
                    "oci runtime create failed",
                    "oci runtime exec failed",
                    "oci runtime error",
                    "failed to create shim task",
                    "failed to create task for container",
                    "executable file not found",
                    "exec format error",
                    "no command specified",
                    "permission denied",
                    "unable to find user",
                    "unable to find group",
                    "no matching entries in passwd file",
                    "no log driver named",
                    "unknown log opt",
                    "invalid logging driver",
                    "invalid mount config",
                    "invalid mount",
                    "mount config",
                    "duplicate mount point",
                    "range of cpus is from",
                    "minimum memory limit",
                    "minimum memoryswap limit",
                    "cannot overwrite directory",
                    "cannot overwrite non-directory",
                    "is marked read-only",
                    "not a directory",
                    "is a directory",
                    "invalid argument",
                    "invalid port",
                    "invalid range",
                    "bad parameter");

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
     * @param status of HTTP; 0 for an error inside a stream
     * @param message the engine's text
     */
    static FailureKind kind(Doing doing, int status, String message) {
        String text = message.toLowerCase(Locale.ROOT);
        return switch (doing) {
            case REGISTRY -> registry(status, text);
            case CONTAINER -> container(status, text);
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
        if (any(text, HOST_IS_SHORT)) {
            return FailureKind.TRANSIENT;
        }
        if (status == 404 || status == 409) {
            return anything(status, text);
        }
        return any(text, OWN_FAULT) ? FailureKind.INVALID : anything(status, text);
    }

    private static FailureKind anything(int status, String text) {
        if (any(text, TAKEN)) {
            return FailureKind.CONFLICT;
        }
        return switch (status) {
            case 400 -> FailureKind.INVALID;
            case 401, 403 -> FailureKind.DENIED;
            case 404 -> FailureKind.MISSING;
            case 409 -> FailureKind.CONFLICT;
            default -> FailureKind.TRANSIENT;
        };
    }

    private static boolean any(String text, List<String> words) {
        return words.stream().anyMatch(text::contains);
    }

    /**
     * The engine's own sentence out of a body such as <code>{"message":"..."}</code>, on one line
     * and of bounded length.
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
            text = text.substring(0, LONGEST) + "...";
        }
        return text.isEmpty() ? "no explanation" : text;
    }

    /** An engine may quote the environment in its refusal. The cause would quote it again. */
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
