package io.plumbline.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The files for HTTPS: trusted certificates and the client certificate.
 *
 * @param ca PEM file of the authorities that sign the agent's certificate; null for those of the
 *     Java runtime
 * @param cert PEM file of a client certificate, or null
 * @param key PEM file of its key, or null
 * @param pinned PEM file of the only accepted certificate, whatever its names; or null
 */
record ClientTlsFiles(
        @Nullable Path ca, @Nullable Path cert, @Nullable Path key, @Nullable Path pinned) {
    private static final char[] NO_PASSWORD = {};
    private static final Pattern KEY =
            Pattern.compile(
                    "-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

    /**
     * Returns the files of the options, or else of the environment.
     *
     * @throws CliError if there is a certificate without a key, or a key without a certificate
     */
    static ClientTlsFiles of(
            @Nullable Path ca,
            @Nullable Path cert,
            @Nullable Path key,
            AgentAddress address,
            CliContext around) {
        var files =
                new ClientTlsFiles(
                        path(ca, "PLUMBLINE_CA", around),
                        path(cert, "PLUMBLINE_CERT", around),
                        path(key, "PLUMBLINE_KEY", around),
                        address.pinned());
        if ((files.cert == null) != (files.key == null)) {
            throw new CliError(Exit.USAGE, "--cert and --key go together");
        }
        return files;
    }

    private static @Nullable Path path(@Nullable Path given, String variable, CliContext around) {
        var named = around.variable(variable);
        if (given == null && named.isEmpty()) {
            return null;
        }
        return around.folder().resolve(given == null ? Path.of(named) : given);
    }

    /** Configures a connection. Without files it does nothing. */
    void apply(HttpsURLConnection connection) {
        if (ca == null && cert == null && pinned == null) {
            return;
        }
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(keys(), trust(), null);
            connection.setSSLSocketFactory(context.getSocketFactory());
            if (ca == null && pinned != null) {
                connection.setHostnameVerifier((_, _) -> true);
            }
        } catch (GeneralSecurityException e) {
            throw new CliError(Exit.USAGE, "cannot set up TLS: " + e.getMessage());
        }
    }

    private TrustManager @Nullable [] trust() throws GeneralSecurityException {
        if (ca != null) {
            try {
                var store = empty();
                int number = 0;
                for (var certificate : certificates(ca)) {
                    store.setCertificateEntry("ca-" + number++, certificate);
                }
                var factory =
                        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                factory.init(store);
                return factory.getTrustManagers();
            } catch (IOException e) {
                throw new CliError(Exit.USAGE, "cannot read " + ca + ": " + e);
            }
        }
        return pinned == null ? null : new TrustManager[] {new Pinned(first(pinned))};
    }

    private KeyManager @Nullable [] keys() throws GeneralSecurityException {
        if (cert == null || key == null) {
            return null;
        }
        try {
            var chain = certificates(cert);
            var store = empty();
            store.setKeyEntry(
                    "client",
                    privateKey(key, chain.getFirst().getPublicKey().getAlgorithm()),
                    NO_PASSWORD,
                    chain.toArray(Certificate[]::new));
            var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, NO_PASSWORD);
            return factory.getKeyManagers();
        } catch (IOException e) {
            throw new CliError(Exit.USAGE, "cannot read the client certificate: " + e);
        }
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static X509Certificate first(Path file) throws GeneralSecurityException {
        try {
            return certificates(file).getFirst();
        } catch (IOException e) {
            throw new CliError(
                    Exit.DENIED,
                    "cannot read the agent's certificate " + file + " to know it by: " + e);
        }
    }

    private static List<X509Certificate> certificates(Path file)
            throws IOException, CertificateException {
        try (var in = Files.newInputStream(file)) {
            var all =
                    CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                            .map(X509Certificate.class::cast)
                            .toList();
            if (all.isEmpty()) {
                throw new CliError(Exit.USAGE, file + " holds no certificate");
            }
            return all;
        }
    }

    private static PrivateKey privateKey(Path file, String algorithm)
            throws IOException, GeneralSecurityException {
        var match = KEY.matcher(Files.readString(file, StandardCharsets.US_ASCII));
        if (!match.find()) {
            throw new CliError(
                    Exit.USAGE,
                    file
                            + " holds no unencrypted PKCS #8 key; openssl pkcs8 -topk8 -nocrypt -in"
                            + " OLD -out NEW makes one of others");
        }
        return KeyFactory.getInstance(algorithm)
                .generatePrivate(
                        new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(match.group(1))));
    }

    /** Returns a sentence about the cause of a TLS error and what to do next. */
    static String explain(URI url, SSLException e) {
        var text = String.valueOf(e.getMessage());
        for (Throwable t = e; t != null; t = t.getCause()) {
            if (t instanceof CertificateExpiredException) {
                return "the certificate of " + url + " has expired: renew it on the agent's side";
            }
            text += " " + t.getMessage();
        }
        if (text.contains("No name matching") || text.contains("No subject alternative")) {
            return "the certificate of "
                    + url
                    + " is for another name: use a name that is in it, or have one made with this"
                    + " name ("
                    + e.getMessage()
                    + ")";
        }
        if (text.contains("PKIX path building failed")) {
            return "the certificate of "
                    + url
                    + " is signed by nobody known here: give who signed it with --ca FILE or"
                    + " PLUMBLINE_CA";
        }
        if (text.contains("certificate_required") || text.contains("bad_certificate")) {
            return url
                    + " wants a client certificate that it knows: give one with --cert FILE --key"
                    + " FILE";
        }
        if (text.contains("plaintext connection")) {
            return url + " does not speak TLS: is it http:// ?";
        }
        return "no TLS connection to " + url + ": " + e.getMessage();
    }

    /** A trust manager that accepts one certificate only. */
    private record Pinned(X509Certificate known) implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            throw new CertificateException("a command is no server");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            if (chain.length == 0 || !chain[0].equals(known)) {
                throw new CertificateException(
                        "it is not the certificate that the agent's configuration names");
            }
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
