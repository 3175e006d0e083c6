package io.plumbline.server;

import java.nio.file.Path;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The TLS settings of the listener.
 *
 * @param cert PEM file of the certificate chain
 * @param key PEM file of its key
 * @param clientCa PEM file of the authorities of client certificates; null if clients need none
 * @param clientRequired whether every client must have a certificate
 * @param expiry receives the expiry of the certificate in use
 */
public record TlsSettings(
        Path cert,
        Path key,
        @Nullable Path clientCa,
        boolean clientRequired,
        Consumer<Instant> expiry) {}
