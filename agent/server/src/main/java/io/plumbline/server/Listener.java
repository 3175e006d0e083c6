package io.plumbline.server;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.X509KeyManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The options of the HTTP listener: limits and the TLS certificate. The certificate is replaced
 * without a restart.
 *
 * <ol>
 *   <li>The files are read every two seconds and compared with those last tried.
 *   <li>A new certificate is used only with the key that belongs to it. While only one of the files
 *       is written, or if one is broken, the old pair stays in use. This is logged once.
 *   <li>Open connections keep the old certificate; new connections get the new one.
 * </ol>
 */
final class Listener {
    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
    private static final long LOOK_MILLIS = 2_000;
    private static final Duration SOON = Duration.ofDays(14);
    private static final int HANDSHAKE_SECONDS = 10;

    private final Vertx vertx;
    private final @Nullable TlsSettings tls;
    private final Ticker ticker;
    private @Nullable Files3 tried;

    /** The contents of the files. */
    private record Files3(byte[] cert, byte[] key, byte[] clientCa) {
        boolean same(Files3 other) {
            return Arrays.equals(cert, other.cert)
                    && Arrays.equals(key, other.key)
                    && Arrays.equals(clientCa, other.clientCa);
        }
    }

    Listener(Vertx vertx, @Nullable TlsSettings tls, Ticker ticker) {
        this.vertx = vertx;
        this.tls = tls;
        this.ticker = ticker;
    }

    /**
     * Returns the options of the server and reads the certificate.
     *
     * @throws PlumblineException {@code INVALID} if the certificate or its key cannot be used
     */
    HttpServerOptions options(ServerSettings settings) {
        var options =
                new HttpServerOptions()
                        .setHost(settings.host())
                        .setPort(settings.port())
                        .setHttp2ClearTextEnabled(false)
                        .setHandle100ContinueAutomatically(true)
                        .setMaxHeaderSize(16 * 1024)
                        .setMaxInitialLineLength(8 * 1024);
        if (tls == null) {
            return options;
        }
        try {
            var files = read(tls);
            tried = files;
            check(files, tls);
            options.setSsl(true)
                    // HTTP/1.1 only: a connection then handles one request at a time, so its cost
                    // is bounded.
                    .setUseAlpn(false)
                    .setEnabledSecureTransportProtocols(
                            new LinkedHashSet<>(List.of("TLSv1.3", "TLSv1.2")))
                    .setSslHandshakeTimeout(HANDSHAKE_SECONDS)
                    .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS)
                    .setKeyCertOptions(pair(files));
            if (tls.clientCa() != null) {
                options.setTrustOptions(trust(files)).setClientAuth(clientAuth(tls));
            }
            return options;
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.INVALID, "cannot read the listener's certificate: " + e, e);
        } catch (GeneralSecurityException e) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "http.tls: " + tls.cert() + " and " + tls.key() + ": " + e.getMessage(),
                    e);
        }
    }

    /** Starts to watch the files. */
    void watch(HttpServer server) {
        if (tls != null) {
            var settings = tls;
            vertx.setPeriodic(
                    LOOK_MILLIS,
                    _ ->
                            Thread.ofVirtual()
                                    .name("certificate")
                                    .start(() -> look(server, settings)));
        }
    }

    private synchronized void look(HttpServer server, TlsSettings settings) {
        try {
            var files = read(settings);
            if (tried != null && tried.same(files)) {
                return;
            }
            tried = files;
            check(files, settings);
            server.updateSSLOptions(ssl(files, settings))
                    .onSuccess(_ -> LOG.info("the listener's new certificate is in use"))
                    .onFailure(e -> LOG.error("the listener's new certificate is refused", e));
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            LOG.error(
                    "the listener's certificate files changed and cannot be used, the old ones go"
                            + " on: {}",
                    e.toString());
        }
    }

    private static Files3 read(TlsSettings settings) throws IOException {
        var clientCa = settings.clientCa();
        return new Files3(
                Files.readAllBytes(settings.cert()),
                Files.readAllBytes(settings.key()),
                clientCa == null ? new byte[0] : Files.readAllBytes(clientCa));
    }

    private static PemKeyCertOptions pair(Files3 files) {
        return new PemKeyCertOptions()
                .addCertValue(Buffer.buffer(files.cert()))
                .addKeyValue(Buffer.buffer(files.key()));
    }

    private static PemTrustOptions trust(Files3 files) {
        return new PemTrustOptions().addCertValue(Buffer.buffer(files.clientCa()));
    }

    private static ClientAuth clientAuth(TlsSettings settings) {
        return settings.clientRequired() ? ClientAuth.REQUIRED : ClientAuth.REQUEST;
    }

    private static ServerSSLOptions ssl(Files3 files, TlsSettings settings) {
        var options = new ServerSSLOptions();
        options.setKeyCertOptions(pair(files))
                .setUseAlpn(false)
                .setEnabledSecureTransportProtocols(
                        new LinkedHashSet<>(List.of("TLSv1.3", "TLSv1.2")))
                .setSslHandshakeTimeout(HANDSHAKE_SECONDS)
                .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS);
        if (settings.clientCa() != null) {
            options.setTrustOptions(trust(files)).setClientAuth(clientAuth(settings));
        }
        return options;
    }

    /** Checks that key and certificate belong together, and reports the certificate's expiry. */
    private void check(Files3 files, TlsSettings settings)
            throws GeneralSecurityException, IOException {
        var certificate = certificate(files.cert(), settings.cert());
        if (settings.clientCa() != null) {
            certificate(files.clientCa(), settings.clientCa());
        }
        if (!belongs(key(files), certificate)) {
            throw new GeneralSecurityException("the key is not that of the certificate");
        }
        var until = certificate.getNotAfter().toInstant();
        settings.expiry().accept(until);
        var left = Duration.between(ticker.now(), until);
        if (left.isNegative()) {
            LOG.error("the listener's certificate expired at {}", until);
        } else if (left.compareTo(SOON) < 0) {
            LOG.warn("the listener's certificate expires at {}, in {} h", until, left.toHours());
        }
    }

    private static X509Certificate certificate(byte[] pem, Path file)
            throws GeneralSecurityException {
        var all =
                CertificateFactory.getInstance("X.509")
                        .generateCertificates(new ByteArrayInputStream(pem));
        if (all.isEmpty()) {
            throw new GeneralSecurityException(file + " holds no certificate");
        }
        return (X509Certificate) all.iterator().next();
    }

    private PrivateKey key(Files3 files) throws GeneralSecurityException {
        try {
            for (var manager : pair(files).getKeyManagerFactory(vertx).getKeyManagers()) {
                if (manager instanceof X509KeyManager keys) {
                    for (var type : new String[] {"RSA", "EC", "EdDSA", "RSASSA-PSS"}) {
                        var aliases = keys.getServerAliases(type, null);
                        if (aliases != null && aliases.length > 0) {
                            return keys.getPrivateKey(aliases[0]);
                        }
                    }
                }
            }
        } catch (GeneralSecurityException e) {
            throw e;
        } catch (Exception e) {
            throw new GeneralSecurityException("the key cannot be read: " + e.getMessage(), e);
        }
        throw new GeneralSecurityException("no usable key");
    }

    private static boolean belongs(PrivateKey key, X509Certificate certificate)
            throws GeneralSecurityException {
        var algorithm =
                switch (key.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> key.getAlgorithm();
                };
        var probe = new byte[] {1, 2, 3};
        var signer = Signature.getInstance(algorithm);
        signer.initSign(key);
        signer.update(probe);
        var signed = signer.sign();
        if (!certificate.getPublicKey().getAlgorithm().equals(key.getAlgorithm())) {
            return false;
        }
        var verifier = Signature.getInstance(algorithm);
        verifier.initVerify(certificate.getPublicKey());
        verifier.update(probe);
        return verifier.verify(signed);
    }
}
