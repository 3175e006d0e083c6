package io.plumbline.engine.docker.wire;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.ImageRef;
import io.plumbline.port.PlumblineException;
import java.util.regex.Pattern;

/**
 * A parsed reference to an image of a registry.
 *
 * @param repository with the registry's host if one was written
 * @param version tag or {@code sha256:...} digest; {@code latest} if none was written
 */
record ImageName(String repository, String version) {
    private static final Pattern LEGAL =
            Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/-]*(@sha256:[0-9a-f]{64})?");

    /**
     * Parses a reference.
     *
     * @throws PlumblineException {@code INVALID} if it is invalid; {@code MISSING} for an image's
     *     id, for which no registry can be asked
     */
    static ImageName parse(String reference) {
        if (reference.startsWith("sha256:")) {
            throw new PlumblineException(
                    FailureKind.MISSING,
                    "image " + reference + " is named by its id: no registry knows it");
        }
        if (!LEGAL.matcher(reference).matches()) {
            throw new PlumblineException(
                    FailureKind.INVALID, "image " + reference + " is not a legal reference");
        }
        int at = reference.indexOf('@');
        String name = at < 0 ? reference : reference.substring(0, at);
        int colon = name.lastIndexOf(':');
        boolean tagged = colon > name.lastIndexOf('/');
        String repository = tagged ? name.substring(0, colon) : name;
        if (at >= 0) {
            return new ImageName(repository, reference.substring(at + 1));
        }
        return new ImageName(repository, tagged ? name.substring(colon + 1) : "latest");
    }

    /** Returns the registry's host, {@code docker.io} if none was written. */
    String registry() {
        return ImageRef.registryOf(repository);
    }
}
