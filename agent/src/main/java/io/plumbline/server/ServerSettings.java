package io.plumbline.server;

import java.util.function.Supplier;

/**
 * How the server listens.
 *
 * @param host address or name to listen on
 * @param port 0 lets the system choose
 * @param token the bearer token that guards the API, not empty
 * @param metrics the metrics page in Prometheus' text format, made anew for each scrape
 */
public record ServerSettings(String host, int port, String token, Supplier<String> metrics) {

    /** Checks that there is a token: an API without one would be open. */
    public ServerSettings {
        if (token.isBlank()) {
            throw new IllegalArgumentException("the server needs a bearer token");
        }
    }

    /** Not the token. */
    @Override
    public String toString() {
        return "ServerSettings[" + host + ":" + port + "]";
    }
}
