package io.plumbline.engine.docker.wire;

import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.api.EngineClient.Certificates;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The route by mutual TLS to one engine.
 *
 * <ol>
 *   <li>Before a call the files are read, at most every second, and their content is compared.
 *   <li>New files are used only together: the key must belong to the certificate. While only one of
 *       them is new, or one cannot be read, the earlier ones stay in use; that is logged once.
 *   <li>With new files the older sessions are retired. Open streams continue, and new connections
 *       use the new certificate and authorities.
 *   <li>There is no way without TLS, without the check of the engine's name, or without the
 *       configured authority.
 * </ol>
 */
final class TlsRoute implements EngineRoute {
    private static final Logger LOG = LoggerFactory.getLogger(TlsRoute.class);
    private static final Ticker CLOCK = Ticker.system();
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);
    private static final int ALERT_MILLIS = 2_000;

    private final String engine;
    private final URI host;
    private final EngineReach.Tls files;
    private final AtomicReference<@Nullable Instant> server = new AtomicReference<>();
    private final AtomicInteger accepted = new AtomicInteger();
    private @Nullable EngineTlsFiles loaded;
    private EngineTlsFiles.@Nullable Content tried;
    private String complaint = "";
    private long looked = CLOCK.nanos();

    TlsRoute(String engine, URI host, EngineReach.Tls files) {
        this.engine = engine;
        this.host = host;
        this.files = files;
    }

    @Override
    public synchronized Target target() {
        changed(Duration.ZERO);
        EngineTlsFiles now = loaded;
        if (now == null) {
            now = first();
        }
        String expired = now.expired(files.cert());
        if (expired != null) {
            throw new PlumblineException(FailureKind.UNREACHABLE, where() + ": " + expired);
        }
        SSLContext context = now.context();
        return new Target(host, () -> context);
    }

    private EngineTlsFiles first() {
        try {
            EngineTlsFiles.Content content = EngineTlsFiles.read(files);
            EngineTlsFiles fresh = EngineTlsFiles.of(content, files, this::accepted);
            tried = content;
            loaded = fresh;
            return fresh;
        } catch (IOException | GeneralSecurityException e) {
            throw new PlumblineException(
                    FailureKind.UNREACHABLE,
                    where() + ": the files of engines[].tls cannot be used: " + e.getMessage(),
                    e);
        }
    }

    @Override
    public synchronized boolean changed() {
        return changed(BETWEEN_LOOKS);
    }

    private boolean changed(Duration atMost) {
        if (loaded == null || atMost.compareTo(CLOCK.left(Duration.ZERO, looked).negated()) > 0) {
            return false;
        }
        looked = CLOCK.nanos();
        try {
            EngineTlsFiles.Content content = EngineTlsFiles.read(files);
            if (content.same(tried)) {
                return false;
            }
            tried = content;
            EngineTlsFiles fresh = EngineTlsFiles.of(content, files, this::accepted);
            loaded = fresh;
            complaint = "";
            LOG.info(
                    "engine {}: the certificate files changed; new connections use them, good until"
                            + " {}",
                    engine,
                    fresh.client());
            return true;
        } catch (IOException | GeneralSecurityException e) {
            complain(String.valueOf(e.getMessage()));
            return false;
        }
    }

    private void complain(String why) {
        if (!why.equals(complaint)) {
            complaint = why;
            LOG.warn(
                    "engine {}: the certificate files changed but cannot be used; the previous"
                            + " ones stay in use: {}",
                    engine,
                    why);
        }
    }

    @Override
    public Optional<String> explain(Throwable failure) {
        return TlsTrouble.explain(failure, this::named);
    }

    /** Returns the file that a message about TLS names. */
    private Path named(TlsTrouble.Which which) {
        return switch (which) {
            case CA -> files.ca();
            case CERT -> files.cert();
        };
    }

    /**
     * Explains a connection that could not be opened. With TLS 1.3 a refused client certificate
     * shows only in the first answer. The engine closes right after it, so a request in progress
     * may get only a reset. This connection sends nothing, so that the alert arrives.
     */
    @Override
    public Optional<String> explainOpening(Throwable failure) {
        Optional<String> known = explain(failure);
        return known.isPresent() || !TlsTrouble.mayBeRefusal(failure) ? known : listen();
    }

    private Optional<String> listen() {
        SSLContext context = context();
        if (context == null) {
            return Optional.empty();
        }
        int before = accepted.get();
        try (Socket plain = new Socket()) {
            plain.connect(
                    new InetSocketAddress(host.getHost(), host.getPort()),
                    (int) CONNECT.toMillis());
            plain.setSoTimeout(ALERT_MILLIS);
            try (SSLSocket socket =
                    (SSLSocket)
                            context.getSocketFactory()
                                    .createSocket(plain, host.getHost(), host.getPort(), true)) {
                socket.startHandshake();
                return socket.getInputStream().read() < 0 ? refused() : Optional.empty();
            }
        } catch (SocketTimeoutException e) {
            return Optional.empty();
        } catch (IOException e) {
            Optional<String> known = explain(e);
            return known.isPresent() || accepted.get() == before ? known : refused();
        }
    }

    /** Records that the engine's certificate was shown and is valid. */
    private void accepted(Instant until) {
        server.set(until);
        accepted.incrementAndGet();
    }

    private Optional<String> refused() {
        return Optional.of(TlsTrouble.refused(files.cert(), "it closed the connection"));
    }

    private synchronized @Nullable SSLContext context() {
        return loaded == null ? null : loaded.context();
    }

    @Override
    public synchronized Certificates certificates() {
        return new Certificates(loaded == null ? null : loaded.client(), server.get());
    }

    @Override
    public String where() {
        return host.toString();
    }
}
