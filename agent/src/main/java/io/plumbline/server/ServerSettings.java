package io.plumbline.server;

import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How the server listens and whom it lets in.
 *
 * @param host address or name to listen on
 * @param port 0 lets the system choose
 * @param token the bearer token of the state folder, an admin's, not empty
 * @param metrics the metrics page in Prometheus' text format, made anew for each scrape
 * @param trustedProxy whose word on where a request comes from is believed
 * @param access tokens, audit and further proofs
 * @param tls null for plain HTTP
 * @param origins of web pages that may call the API; empty for none
 * @param webhooks the door for Git hosts; null for none
 */
public record ServerSettings(
        String host,
        int port,
        String token,
        Supplier<String> metrics,
        Predicate<InetAddress> trustedProxy,
        AccessSettings access,
        @Nullable TlsSettings tls,
        List<String> origins,
        @Nullable WebhookSettings webhooks) {

    /** Checks that there is a token: an API without one would be open. */
    public ServerSettings {
        if (token.isBlank()) {
            throw new IllegalArgumentException("the server needs a bearer token");
        }
    }

    /** Without proxies and with the one token only. */
    public ServerSettings(String host, int port, String token, Supplier<String> metrics) {
        this(host, port, token, metrics, _ -> false, AccessSettings.NONE, null, List.of(), null);
    }

    /** The same with webhooks. */
    public ServerSettings(
            String host,
            int port,
            String token,
            Supplier<String> metrics,
            WebhookSettings webhooks) {
        this(
                host,
                port,
                token,
                metrics,
                _ -> false,
                AccessSettings.NONE,
                null,
                List.of(),
                webhooks);
    }

    /** Without webhooks. */
    public ServerSettings(
            String host,
            int port,
            String token,
            Supplier<String> metrics,
            Predicate<InetAddress> trustedProxy,
            AccessSettings access,
            @Nullable TlsSettings tls,
            List<String> origins) {
        this(host, port, token, metrics, trustedProxy, access, tls, origins, null);
    }

    /** Plain, for no web pages. */
    public ServerSettings(
            String host,
            int port,
            String token,
            Supplier<String> metrics,
            Predicate<InetAddress> trustedProxy,
            AccessSettings access) {
        this(host, port, token, metrics, trustedProxy, access, null, List.of(), null);
    }

    /** Whether a scrape needs no token: not where others than this machine could send it. */
    boolean metricsAreOpen() {
        return Guard.isLoopback(host.toLowerCase(Locale.ROOT))
                && !trustedProxy.test(InetAddress.getLoopbackAddress());
    }

    /** Not the token. */
    @Override
    public String toString() {
        return "ServerSettings[" + host + ":" + port + "]";
    }
}
