package io.plumbline.adapter.git;

import io.plumbline.adapter.git.JGitSource.Credentials;
import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import org.eclipse.jgit.errors.NoRemoteRepositoryException;
import org.eclipse.jgit.errors.RepositoryNotFoundException;
import org.jspecify.annotations.Nullable;

/** Says what kind of failure a fetch ended with, and in words that hold no credentials. */
final class FetchFailure {
    private static final int DEEPEST_CAUSE = 20;

    private FetchFailure() {}

    /**
     * The failure for the port. JGit's exception is not carried along: a message deep in it may
     * hold the URL or header that it was given.
     */
    static PlumblineException of(
            String tried, Throwable failure, int httpStatus, @Nullable Credentials credentials) {
        FailureKind kind = kind(failure, httpStatus);
        String text = tried + ": " + said(failure, httpStatus) + advice(kind, credentials != null);
        return new PlumblineException(kind, without(text, credentials));
    }

    private static FailureKind kind(Throwable failure, int httpStatus) {
        switch (httpStatus) {
            case 401, 403, 407 -> {
                return FailureKind.DENIED;
            }
            case 404, 410 -> {
                return FailureKind.MISSING;
            }
            default -> {
                // The exception tells.
            }
        }
        Throwable at = failure;
        for (int i = 0; at != null && i < DEEPEST_CAUSE; i++, at = at.getCause()) {
            if (at instanceof UnknownHostException
                    || at instanceof ConnectException
                    || at instanceof NoRouteToHostException
                    || at instanceof HttpTimeoutException
                    || at instanceof InterruptedIOException) {
                return FailureKind.UNREACHABLE;
            }
            if (at instanceof NoRemoteRepositoryException
                    || at instanceof RepositoryNotFoundException) {
                return FailureKind.MISSING;
            }
        }
        return FailureKind.TRANSIENT;
    }

    private static String said(Throwable failure, int httpStatus) {
        if (httpStatus >= 400) {
            return "the remote answered HTTP " + httpStatus;
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
        if (t instanceof UnknownHostException) {
            return "unknown host " + message;
        }
        return message == null || message.isBlank() ? t.getClass().getSimpleName() : message;
    }

    private static String advice(FailureKind kind, boolean withCredentials) {
        return switch (kind) {
            case DENIED ->
                    withCredentials
                            ? "; check the user, token and its rights in repositories[].auth"
                            : "; it wants credentials: set repositories[].auth";
            case MISSING ->
                    "; check repositories[].url, and that the credentials may see the repository";
            case UNREACHABLE -> "; what was fetched before stays in use";
            case INVALID, TRANSIENT, CONFLICT, FAULT -> "";
        };
    }

    private static String without(String text, @Nullable Credentials credentials) {
        if (credentials == null || credentials.password().isEmpty()) {
            return text;
        }
        return text.replace(credentials.password(), "***");
    }
}
