package io.plumbline.adapter.git;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.util.Locale;
import org.eclipse.jgit.transport.URIish;
import org.jspecify.annotations.Nullable;

/**
 * Where a remote is.
 *
 * @param uri for JGit, without user and password
 * @param shown for messages: without user, password and query
 * @param origin scheme, host and port; null for a folder of this machine
 */
record RemoteAddress(URIish uri, String shown, @Nullable Origin origin) {

    /**
     * Who may see the credentials.
     *
     * @param scheme lower case
     * @param host lower case
     * @param port never -1
     */
    record Origin(String scheme, String host, int port) {
        private static Origin of(String scheme, String host, int port) {
            String s = scheme.toLowerCase(Locale.ROOT);
            return new Origin(
                    s,
                    host.toLowerCase(Locale.ROOT),
                    port >= 0 ? port : s.equals("https") ? 443 : 80);
        }

        /** Whether credentials for this may be sent there: the same, or the same made secure. */
        boolean covers(URL url) {
            var other = of(url.getProtocol(), url.getHost(), url.getPort());
            boolean madeSecure =
                    scheme.equals("http")
                            && port == 80
                            && other.scheme.equals("https")
                            && other.port == 443;
            return equals(other) || (madeSecure && host.equals(other.host));
        }
    }

    /**
     * Reads an address of the configuration.
     *
     * @throws PlumblineException {@code INVALID} for any other than {@code https://}, {@code
     *     http://} and {@code file:///}
     */
    static RemoteAddress parse(String url) {
        String lower = url.toLowerCase(Locale.ROOT);
        try {
            if (lower.startsWith("file:///")) {
                return new RemoteAddress(new URIish(url), url, null);
            }
            if (lower.startsWith("https://") || lower.startsWith("http://")) {
                return web(url);
            }
        } catch (URISyntaxException | IllegalArgumentException e) {
            // What the parser says may hold the password.
            throw new PlumblineException(
                    FailureKind.INVALID, "the repository's url cannot be read as a URL");
        }
        int colon = url.indexOf(':');
        throw new PlumblineException(
                FailureKind.INVALID,
                "a repository's url that begins with \""
                        + (colon < 0 ? url : url.substring(0, colon + 1))
                        + "\" is not supported yet: use https://, http:// or file:///");
    }

    private static RemoteAddress web(String url) throws URISyntaxException {
        var uri = new URI(url);
        if (uri.getHost() == null) {
            throw new URISyntaxException("", "no host");
        }
        if (uri.getRawUserInfo() != null && uri.getRawUserInfo().contains(":")) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "the url of "
                            + uri.getHost()
                            + " holds a password: take it out and write auth: {username, token}");
        }
        String place = uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
        String path = uri.getRawPath() == null ? "" : uri.getRawPath();
        String shown = uri.getScheme() + "://" + place + path;
        String full = shown + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
        return new RemoteAddress(
                new URIish(full), shown, Origin.of(uri.getScheme(), uri.getHost(), uri.getPort()));
    }
}
