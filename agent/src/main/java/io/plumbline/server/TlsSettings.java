package io.plumbline.server;

import java.nio.file.Path;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * TLS of the listener.
 *
 * @param cert certificate chain, PEM
 * @param key its key, PEM
 * @param clientCa who signs certificates of clients; null where none are asked for
 * @param clientRequired whether nobody without one is let in
 * @param expiry is told until when the certificate in use is good
 */
public record TlsSettings(
        Path cert,
        Path key,
        @Nullable Path clientCa,
        boolean clientRequired,
        Consumer<Instant> expiry) {}
