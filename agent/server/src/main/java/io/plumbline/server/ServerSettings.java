package io.plumbline.server;

import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The settings of the HTTP server.
 *
 * @param host address or name to listen on
 * @param port 0 lets the system choose
 * @param token bearer token of the state folder, with the role admin; not empty
 * @param metrics returns the metrics in Prometheus' text format, for each scrape
 * @param trustedProxy the proxies whose forwarding headers are trusted
 * @param access tokens, audit and further credentials
 * @param tls null for plain HTTP
 * @param origins origins of web pages that may call the API; empty for none
 * @param webhooks the webhook endpoint; null for none
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

    /** Checks that there is a token; without one the API would be open. */
    public ServerSettings {
        if (token.isBlank()) {
            throw new IllegalArgumentException("the server needs a bearer token");
        }
    }

    /** Creates settings without proxies, with the token of the state folder only. */
    public ServerSettings(String host, int port, String token, Supplier<String> metrics) {
        this(host, port, token, metrics, _ -> false, AccessSettings.NONE, null, List.of(), null);
    }

    /** Creates the same settings with webhooks. */
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

    /** Creates settings without webhooks. */
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

    /** Creates settings without TLS, web pages and webhooks. */
    public ServerSettings(
            String host,
            int port,
            String token,
            Supplier<String> metrics,
            Predicate<InetAddress> trustedProxy,
            AccessSettings access) {
        this(host, port, token, metrics, trustedProxy, access, null, List.of(), null);
    }

    /**
     * Whether the metrics need no token: the server listens on a loopback address, and no local
     * proxy forwards requests of other machines.
     */
    boolean metricsAreOpen() {
        return Guard.isLoopback(host.toLowerCase(Locale.ROOT))
                && !trustedProxy.test(InetAddress.getLoopbackAddress());
    }

    /** Leaves out the token. */
    @Override
    public String toString() {
        return "ServerSettings[" + host + ":" + port + "]";
    }
}
