package io.plumbline.engine.docker.wire;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The authorities, certificate and key that were read together.
 *
 * @param context for connections with them
 * @param leaf the agent's certificate
 */
record EngineTlsFiles(SSLContext context, X509Certificate leaf) {
    private static final char[] NO_PASSWORD = {};
    private static final Pattern KEY =
            Pattern.compile(
                    "-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final Set<String> VERSIONS = Set.of("TLSv1.2", "TLSv1.3");

    /** Time for which a session may be resumed without another check of certificates. */
    private static final int RESUMED_SECONDS = 300;

    /** The bytes of the files. */
    record Content(byte[] ca, byte[] cert, byte[] key) {
        boolean same(@Nullable Content other) {
            return other != null
                    && Arrays.equals(ca, other.ca)
                    && Arrays.equals(cert, other.cert)
                    && Arrays.equals(key, other.key);
        }
    }

    static Content read(EngineReach.Tls files) throws IOException {
        return new Content(bytes(files.ca()), bytes(files.cert()), bytes(files.key()));
    }

    private static byte[] bytes(Path file) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new IOException(
                    file + " cannot be read (" + e.getClass().getSimpleName() + ")", e);
        }
    }

    /**
     * Creates the context.
     *
     * @param seen gets the expiry of the engine's certificate whenever it is shown
     * @throws GeneralSecurityException if they do not belong together; names the file
     */
    static EngineTlsFiles of(Content content, EngineReach.Tls files, Consumer<Instant> seen)
            throws GeneralSecurityException, IOException {
        List<Certificate> authorities = certificates(content.ca, files.ca());
        List<Certificate> chain = certificates(content.cert, files.cert());
        X509Certificate leaf = (X509Certificate) chain.getFirst();
        PrivateKey key = key(content.key, files.key(), leaf.getPublicKey().getAlgorithm());
        if (!belong(leaf, key)) {
            throw new GeneralSecurityException(
                    files.key() + " is not the key of the certificate in " + files.cert());
        }
        KeyStore own = empty();
        own.setKeyEntry("client", key, NO_PASSWORD, chain.toArray(Certificate[]::new));
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, NO_PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                keys.getKeyManagers(),
                new TrustManager[] {new Strict(trust(authorities), seen)},
                null);
        context.getClientSessionContext().setSessionTimeout(RESUMED_SECONDS);
        return new EngineTlsFiles(context, leaf);
    }

    private static List<Certificate> certificates(byte[] pem, Path file)
            throws GeneralSecurityException {
        List<Certificate> all;
        try {
            all =
                    List.copyOf(
                            CertificateFactory.getInstance("X.509")
                                    .generateCertificates(new ByteArrayInputStream(pem)));
        } catch (CertificateException e) {
            throw new GeneralSecurityException(file + " is not a PEM file of certificates", e);
        }
        if (all.isEmpty()) {
            throw new GeneralSecurityException(file + " holds no certificate");
        }
        return all;
    }

    /** Parses a PKCS #8 key, as in RFC 5958 and RFC 7468, section 10. */
    private static PrivateKey key(byte[] pem, Path file, String algorithm)
            throws GeneralSecurityException {
        var match = KEY.matcher(new String(pem, StandardCharsets.US_ASCII));
        try {
            if (match.find()) {
                byte[] der = Base64.getMimeDecoder().decode(match.group(1));
                return KeyFactory.getInstance(algorithm)
                        .generatePrivate(new PKCS8EncodedKeySpec(der));
            }
        } catch (InvalidKeySpecException | IllegalArgumentException e) {
            // The cause may quote the key.
            throw new GeneralSecurityException(
                    file
                            + " holds a private key that is broken or of another kind than the"
                            + " certificate's, "
                            + algorithm);
        }
        throw new GeneralSecurityException(
                file
                        + " holds no unencrypted PKCS #8 key; openssl pkcs8 -topk8 -nocrypt -in OLD"
                        + " -out NEW makes one of others");
    }

    /** Whether the certificate verifies a signature of the key. */
    private static boolean belong(X509Certificate certificate, PrivateKey key)
            throws GeneralSecurityException {
        String algorithm =
                switch (key.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC", "ECDSA" -> "SHA256withECDSA";
                    default -> key.getAlgorithm();
                };
        try {
            byte[] text = {1, 2, 3};
            Signature signing = Signature.getInstance(algorithm);
            signing.initSign(key);
            signing.update(text);
            byte[] signature = signing.sign();
            Signature proof = Signature.getInstance(algorithm);
            proof.initVerify(certificate.getPublicKey());
            proof.update(text);
            return proof.verify(signature);
        } catch (java.security.InvalidKeyException | java.security.SignatureException e) {
            return false;
        }
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static X509ExtendedTrustManager trust(List<Certificate> authorities)
            throws GeneralSecurityException, IOException {
        KeyStore store = empty();
        for (int i = 0; i < authorities.size(); i++) {
            store.setCertificateEntry("ca-" + i, authorities.get(i));
        }
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return Arrays.stream(factory.getTrustManagers())
                .filter(X509ExtendedTrustManager.class::isInstance)
                .map(X509ExtendedTrustManager.class::cast)
                .findFirst()
                .orElseThrow(() -> new GeneralSecurityException("this JVM checks no certificates"));
    }

    /** Returns the expiry of the agent's certificate. */
    Instant client() {
        return leaf.getNotAfter().toInstant();
    }

    /** Returns null while the agent's certificate is valid; else the problem and the remedy. */
    @Nullable String expired(Path cert) {
        try {
            leaf.checkValidity();
            return null;
        } catch (CertificateExpiredException e) {
            return "the agent's certificate "
                    + cert
                    + " expired at "
                    + client()
                    + ": put a new one there, with its key; the agent takes it up by itself";
        } catch (CertificateNotYetValidException e) {
            return "the agent's certificate "
                    + cert
                    + " is not good before "
                    + leaf.getNotBefore().toInstant()
                    + ": check this machine's clock";
        }
    }

    /**
     * The authority's check, and in addition: the certificate must contain the name, and TLS must
     * be 1.2 or newer.
     */
    private static final class Strict extends X509ExtendedTrustManager {
        private final X509ExtendedTrustManager authority;
        private final Consumer<Instant> seen;

        Strict(X509ExtendedTrustManager authority, Consumer<Instant> seen) {
            this.authority = authority;
            this.seen = seen;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            if (!(socket instanceof SSLSocket tls)) {
                throw new CertificateException("an engine is reached by sockets only");
            }
            SSLSession session = Objects.requireNonNull(tls.getHandshakeSession());
            if (!VERSIONS.contains(session.getProtocol())) {
                throw new CertificateException(
                        "the engine speaks " + session.getProtocol() + "; TLS 1.2 is the least");
            }
            SSLParameters parameters = tls.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            tls.setSSLParameters(parameters);
            authority.checkServerTrusted(chain, type, socket);
            seen.accept(chain[0].getNotAfter().toInstant());
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("an engine is reached by sockets only");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            throw new CertificateException("without a socket no name can be checked");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            throw new CertificateException("this is no server");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("this is no server");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            throw new CertificateException("this is no server");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return authority.getAcceptedIssuers();
        }
    }
}
