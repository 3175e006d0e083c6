package io.plumbline.adapter.git;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.eclipse.jgit.errors.NoRemoteRepositoryException;
import org.eclipse.jgit.errors.RepositoryNotFoundException;
import org.jspecify.annotations.Nullable;

/** The classifier of a failed fetch. Its messages contain no credentials. */
final class FetchFailure {
    private static final int DEEPEST_CAUSE = 20;
    private static final Pattern PROXY_REFUSED =
            Pattern.compile("tunnel through proxy.*HTTP/1\\.[01] 40[137]");

    /** No known circumstances. */
    static final Circumstances UNKNOWN = new Circumstances(0, null, null, null, false, List.of());

    private FetchFailure() {}

    /**
     * The facts about a fetch in addition to its exception.
     *
     * @param httpStatus the last HTTP status; 0 for none
     * @param retryAfter how long the remote asks to wait; null if it does not
     * @param strayed the target of a redirect that gets no credentials; null for none
     * @param ssh the error of the ssh session, with the remedy; null for none
     * @param withCredentials whether credentials are configured
     * @param secrets texts that no message may contain
     */
    record Circumstances(
            int httpStatus,
            @Nullable Duration retryAfter,
            @Nullable String strayed,
            @Nullable String ssh,
            boolean withCredentials,
            List<String> secrets) {}

    /**
     * Returns the failure for the port, without JGit's exception as its cause, because a message in
     * it may contain the URL or header that it was given.
     */
    static PlumblineException of(String tried, Throwable failure, Circumstances c) {
        if (c.ssh() != null) {
            return new PlumblineException(
                    FailureKind.DENIED, without(tried + ": " + c.ssh(), c.secrets()));
        }
        FailureKind kind = kind(failure, c);
        String text = tried + ": " + said(failure, c) + advice(kind, failure, c);
        return new PlumblineException(kind, without(text, c.secrets()), null, c.retryAfter());
    }

    /** Returns the kind of an exception by itself. */
    static FailureKind kind(Throwable failure, Circumstances c) {
        switch (c.httpStatus()) {
            case 401, 403, 407 -> {
                return FailureKind.DENIED;
            }
            case 404, 410 -> {
                return FailureKind.MISSING;
            }
            default -> {
                // The exception decides.
            }
        }
        Throwable at = failure;
        for (int i = 0; at != null && i < DEEPEST_CAUSE; i++, at = at.getCause()) {
            if (at instanceof UnknownHostException
                    || at instanceof ConnectException
                    || at instanceof NoRouteToHostException
                    || at instanceof UnresolvedAddressException
                    || at instanceof HttpTimeoutException
                    || at instanceof SocketTimeoutException
                    || at instanceof InterruptedIOException) {
                return FailureKind.UNREACHABLE;
            }
            if (at instanceof NoRemoteRepositoryException
                    || at instanceof RepositoryNotFoundException) {
                return FailureKind.MISSING;
            }
            if (proxyRefused(at)) {
                return FailureKind.DENIED;
            }
        }
        return FailureKind.TRANSIENT;
    }

    /**
     * Whether the exception is the JVM's message for a proxy that refuses CONNECT; some proxies
     * answer 401 instead of 407.
     */
    private static boolean proxyRefused(Throwable t) {
        return PROXY_REFUSED.matcher(sentence(t)).find();
    }

    private static String said(Throwable failure, Circumstances c) {
        if (c.httpStatus() >= 400) {
            var wait = c.retryAfter();
            return "the remote answered HTTP "
                    + c.httpStatus()
                    + (wait == null ? "" : " and asks to wait " + wait.toSeconds() + " s");
        }
        Throwable root = failure;
        for (int i = 0; root.getCause() != null && i < DEEPEST_CAUSE; i++) {
            root = root.getCause();
        }
        String first = sentence(failure);
        String last = sentence(root);
        return first.contains(last) ? first : first + " (" + last + ")";
    }

    private static String sentence(Throwable t) {
        String message = t.getMessage();
        if (t instanceof UnknownHostException || t instanceof UnresolvedAddressException) {
            return "unknown host " + Objects.requireNonNullElse(message, "");
        }
        return message == null || message.isBlank()
                ? t.getClass().getSimpleName()
                : withoutFullStop(message);
    }

    /** Returns the message without its full stop, because advice follows. */
    private static String withoutFullStop(String message) {
        String text = message.strip();
        return text.endsWith(".") && !text.endsWith("..")
                ? text.substring(0, text.length() - 1)
                : text;
    }

    private static String advice(FailureKind kind, Throwable failure, Circumstances c) {
        if (isTls(failure)) {
            return "; if the host's certificate is signed by an authority of your own, give its"
                    + " certificate as repositories[].tls.ca";
        }
        return switch (kind) {
            case DENIED -> denied(failure, c);
            case MISSING ->
                    "; check repositories[].url, and that the credentials may see the repository";
            case UNREACHABLE -> "; what was fetched before stays in use";
            case UNRESPONSIVE, INVALID, REFUSED, TRANSIENT, CONFLICT, FAULT -> "";
        };
    }

    private static String denied(Throwable failure, Circumstances c) {
        if (c.httpStatus() == 407 || (c.httpStatus() == 0 && proxyRefused(root(failure)))) {
            return "; check username and password in repositories[].proxy";
        }
        if (c.strayed() != null) {
            return "; it redirected to "
                    + c.strayed()
                    + ", where credentials for repositories[].url are not sent: if that is its new"
                    + " place, write it into repositories[].url";
        }
        return c.withCredentials()
                ? "; check the user, token and its rights in repositories[].auth"
                : "; it wants credentials: set repositories[].auth";
    }

    private static Throwable root(Throwable failure) {
        Throwable root = failure;
        for (int i = 0; root.getCause() != null && i < DEEPEST_CAUSE; i++) {
            root = root.getCause();
        }
        return root;
    }

    private static boolean isTls(Throwable failure) {
        Throwable at = failure;
        for (int i = 0; at != null && i < DEEPEST_CAUSE; i++, at = at.getCause()) {
            if (at instanceof SSLException) {
                return true;
            }
        }
        return false;
    }

    /** Returns a text without the secrets. */
    static String without(String text, List<String> secrets) {
        String clean = text;
        for (String secret : secrets) {
            if (!secret.isBlank()) {
                clean = clean.replace(secret, "***");
            }
        }
        return clean;
    }
}
