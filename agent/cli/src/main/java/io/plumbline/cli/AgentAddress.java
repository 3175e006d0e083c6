package io.plumbline.cli;

import io.plumbline.config.AgentConfig;
import io.plumbline.config.ConfigReader;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The address of the agent and the credentials for it.
 *
 * <ol>
 *   <li>The order is {@code --server}, {@code --config}, {@code PLUMBLINE_SERVER}, {@code
 *       PLUMBLINE_CONFIG}, then the configuration in /etc. The current folder is not searched.
 *   <li>The token for a server is {@code PLUMBLINE_TOKEN}. With a configuration, the token is in
 *       the file {@code token} of its state folder. That token is sent to loopback addresses only.
 *   <li>No token is sent over plain HTTP, except to loopback addresses.
 * </ol>
 *
 * @param url without a slash at its end
 * @param token bearer token; empty if a client certificate authenticates the user
 * @param tokenFrom where the token is, for display: {@code in PLUMBLINE_TOKEN}
 * @param pinned PEM file of the agent's certificate if the configuration names it. Only this
 *     certificate is accepted, whatever names it contains. Null for the usual checks.
 */
record AgentAddress(URI url, String token, String tokenFrom, @Nullable Path pinned) {

    /** Leaves out the token. */
    @Override
    public String toString() {
        return url.toString();
    }

    /**
     * Finds the agent.
     *
     * @param server value of {@code --server}, or null
     * @param config value of {@code --config}, or null
     * @param certificate whether there is a client certificate; then a token is not required
     * @throws CliError if the address or the token cannot be found or used
     */
    static AgentAddress find(
            @Nullable String server,
            @Nullable Path config,
            boolean certificate,
            CliContext around) {
        var ofServer = server != null ? server : "";
        if (ofServer.isEmpty() && config == null) {
            ofServer = around.variable("PLUMBLINE_SERVER");
        }
        if (!ofServer.isEmpty()) {
            return byServer(ofServer, around.variable("PLUMBLINE_TOKEN"), certificate);
        }
        var named = around.variable("PLUMBLINE_CONFIG");
        if (config != null) {
            return byConfig(around.folder().resolve(config));
        }
        return byConfig(named.isEmpty() ? around.defaultConfig() : around.folder().resolve(named));
    }

    private static AgentAddress byServer(String server, String token, boolean certificate) {
        var url = url(server);
        if (token.isEmpty() && !certificate) {
            throw new CliError(
                    Exit.DENIED,
                    "no token for "
                            + url
                            + ": set PLUMBLINE_TOKEN to one that `plumb tokens create` made, or to"
                            + " the content of the file token in the agent's state folder");
        }
        if (!"https".equals(url.getScheme()) && !isLoopback(url.getHost())) {
            throw new CliError(
                    Exit.DENIED,
                    "no token goes over plain HTTP beyond loopback: use https for "
                            + url
                            + ", or a tunnel such as ssh -L");
        }
        return new AgentAddress(url, token, "in PLUMBLINE_TOKEN", null);
    }

    private static URI url(String server) {
        try {
            var uri =
                    new URI(
                            server.endsWith("/")
                                    ? server.substring(0, server.length() - 1)
                                    : server);
            var scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            var known = scheme.equals("http") || scheme.equals("https");
            if (known
                    && uri.getHost() != null
                    && uri.getUserInfo() == null
                    && uri.getQuery() == null
                    && uri.getFragment() == null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // The error follows below.
        }
        throw new CliError(
                Exit.USAGE,
                "the server must be a URL such as http://127.0.0.1:7420, without credentials");
    }

    private static AgentAddress byConfig(Path file) {
        AgentConfig config;
        try {
            config = ConfigReader.read(file);
        } catch (PlumblineException e) {
            throw new CliError(
                    Exit.USAGE,
                    "cannot find the agent through its configuration: "
                            + e.getMessage()
                            + "\ngive --server and PLUMBLINE_TOKEN, or --config");
        }
        var authority = authority(config);
        var tls = config.http().tls();
        var url = url((tls == null ? "http://" : "https://") + authority);
        if (!isLoopback(url.getHost())) {
            throw new CliError(
                    Exit.DENIED,
                    "the agent of "
                            + file
                            + " listens on "
                            + authority
                            + ": a state folder's token goes to loopback only; use --server with"
                            + " https and PLUMBLINE_TOKEN");
        }
        var token = config.state().resolve("token");
        return new AgentAddress(url, token(token), "in " + token, tls == null ? null : tls.cert());
    }

    /**
     * Returns host and port. If the system chose the port, it is in the file that the agent wrote.
     */
    private static String authority(AgentConfig config) {
        var http = config.http();
        if (http.port() == 0) {
            var file = config.state().resolve("address");
            var written = line(file, "the agent's address");
            int colon = written.lastIndexOf(':');
            var port = colon < 0 ? "" : written.substring(colon + 1);
            return host(http.host()) + ":" + port;
        }
        return host(http.host()) + ":" + http.port();
    }

    /** Returns a loopback address for a listener on all addresses. */
    private static String host(String host) {
        return switch (host) {
            case "0.0.0.0" -> "127.0.0.1";
            case "::", "[::]" -> "[::1]";
            default -> host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
        };
    }

    private static String token(Path file) {
        return line(file, "the agent's token");
    }

    private static String line(Path file, String what) {
        try {
            if (!Files.exists(file)) {
                throw new CliError(
                        Exit.UNREACHABLE,
                        what
                                + " is not at "
                                + file
                                + ": start the agent, or try again in a few seconds: it writes"
                                + " the file while it starts");
            }
            var text = Files.readString(file, StandardCharsets.UTF_8).strip();
            if (text.isEmpty() || text.length() > 4096 || text.contains("\n")) {
                throw new CliError(Exit.FAILED, what + " in " + file + " is not one line");
            }
            return text;
        } catch (IOException e) {
            throw new CliError(
                    Exit.DENIED,
                    "cannot read "
                            + what
                            + " in "
                            + file
                            + ": "
                            + e
                            + "; run as its owner, or set PLUMBLINE_SERVER and PLUMBLINE_TOKEN");
        }
    }

    static boolean isLoopback(String host) {
        var name = host.toLowerCase(Locale.ROOT);
        return name.equals("localhost")
                || name.equals("[::1]")
                || name.equals("::1")
                || name.matches("127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}");
    }
}
