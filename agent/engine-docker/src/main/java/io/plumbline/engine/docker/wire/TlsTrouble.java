package io.plumbline.engine.docker.wire;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The explanations of failed TLS connections, in sentences with a remedy. The messages are those of
 * the JDK's own provider; alerts are named as in RFC 8446, section 6.2.
 */
final class TlsTrouble {
    /** A file that a message names. */
    enum Which {
        /** The authorities. */
        CA,
        /** The agent's certificate. */
        CERT
    }

    private static final List<String> REFUSED =
            List.of(
                    "bad_certificate",
                    "certificate_required",
                    "unknown_ca",
                    "certificate_unknown",
                    "certificate_expired",
                    "certificate_revoked",
                    "unsupported_certificate",
                    "access_denied",
                    "decrypt_error");

    private TlsTrouble() {}

    /** Returns an explanation; empty if the failure is not about TLS. */
    static Optional<String> explain(Throwable failure, Function<Which, Path> files) {
        boolean tls = false;
        StringBuilder all = new StringBuilder();
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof CertificateExpiredException) {
                return Optional.of(
                        "the engine's certificate has expired (%s): renew it on the engine's host"
                                .formatted(t.getMessage()));
            }
            if (t instanceof CertificateNotYetValidException) {
                return Optional.of(
                        "the engine's certificate is not good yet (%s): check the clocks of both"
                                .formatted(t.getMessage()));
            }
            tls |= t instanceof SSLException;
            all.append(' ').append(t.getMessage());
        }
        return tls ? Optional.of(sentence(all.toString().strip(), files)) : Optional.empty();
    }

    private static String sentence(String text, Function<Which, Path> files) {
        String said = text.toLowerCase(Locale.ROOT);
        if (said.contains("no name matching")
                || said.contains("no subject alternative")
                || said.contains("doesn't match any of the subject alternative")) {
            return "the engine's certificate is for another name: name the engine in the endpoint"
                    + " as its certificate does, or have one made with this name as a subject"
                    + " alternative name ("
                    + shortened(text)
                    + ")";
        }
        if (said.contains("pkix path building failed")
                || said.contains("path does not chain")
                || said.contains("pkix path validation failed")) {
            return "the engine's certificate is not signed by an authority in "
                    + files.apply(Which.CA)
                    + ": put there who signed it, or find out who answers in the engine's place ("
                    + shortened(text)
                    + ")";
        }
        if (REFUSED.stream().anyMatch(said::contains)) {
            return refused(files.apply(Which.CERT), shortened(text));
        }
        if (said.contains("unsupported or unrecognized ssl message")
                || said.contains("plaintext connection")) {
            return "the engine answers without TLS there: start dockerd with --tlsverify; the agent"
                    + " does not go on without";
        }
        return "no TLS connection: " + shortened(text);
    }

    /** Returns the message for a client certificate that the engine refuses. */
    static String refused(Path certificate, String said) {
        return "the engine refused the agent's certificate "
                + certificate
                + ": it must be good now, be made for clients, and be signed by the authority of"
                + " the engine's --tlscacert ("
                + said
                + ")";
    }

    /** Shortens a text, because exceptions repeat the messages of their causes. */
    private static String shortened(String text) {
        String one = text.replaceAll("\\s+", " ");
        return one.length() > 200 ? one.substring(0, 200) + "..." : one;
    }

    /** Whether the other side may have closed the connection as a refusal. */
    static boolean mayBeRefusal(@Nullable Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof ConnectException || t instanceof UnknownHostException) {
                return false;
            }
            if (t instanceof IOException) {
                return true;
            }
        }
        return false;
    }
}
