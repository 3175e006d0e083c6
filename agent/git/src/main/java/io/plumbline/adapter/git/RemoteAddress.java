package io.plumbline.adapter.git;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.util.Locale;
import java.util.regex.Pattern;
import org.eclipse.jgit.transport.URIish;
import org.jspecify.annotations.Nullable;

/**
 * The parsed address of a remote.
 *
 * @param uri for JGit, without a password
 * @param shown for messages: without password and query
 * @param origin scheme, host, port and path; null if it is not reached by http
 * @param how how it is reached
 */
record RemoteAddress(URIish uri, String shown, @Nullable Origin origin, Kind how) {
    /** Users, hosts and paths of ssh; none begins like an option of a program. */
    private static final String USER = "[A-Za-z0-9_][A-Za-z0-9._-]*";

    private static final String HOST = "[A-Za-z0-9][A-Za-z0-9.-]*";
    private static final Pattern SSH =
            Pattern.compile(
                    "ssh://(?:(" + USER + ")@)?(" + HOST + ")(?::([0-9]{1,5}))?(/[^\\p{Cntrl}?#]+)",
                    Pattern.CASE_INSENSITIVE);

    /** {@code user@host:path}, as in scp. */
    private static final Pattern SCP =
            Pattern.compile("(" + USER + ")@(" + HOST + "):([^\\p{Cntrl}:/-][^\\p{Cntrl}:]*|/.+)");

    /** The way to reach a remote. */
    enum Kind {
        /** http or https. */
        WEB,
        /** ssh. */
        SSH,
        /** A folder of this machine. */
        FOLDER
    }

    /**
     * The origin that may get the credentials.
     *
     * @param scheme lower case
     * @param host lower case
     * @param port never -1
     * @param path of the repository, without a last slash and without {@code .git}
     */
    record Origin(String scheme, String host, int port, String path) {
        private static final Pattern DOTS =
                Pattern.compile("(^|/)(\\.|%2e){1,2}(/|$)|%2f|%5c|\\\\");

        private static Origin of(String scheme, String host, int port, String path) {
            String s = scheme.toLowerCase(Locale.ROOT);
            return new Origin(
                    s,
                    host.toLowerCase(Locale.ROOT),
                    port >= 0 ? port : s.equals("https") ? 443 : 80,
                    path.replaceAll("/+$", "").replaceAll("\\.git$", ""));
        }

        /**
         * Whether credentials for this origin may be sent to a URL. It must be the same scheme,
         * host and port, or the same host on https instead of http. Its path must be the repository
         * or below it.
         */
        boolean covers(URL url) {
            var other = of(url.getProtocol(), url.getHost(), url.getPort(), "");
            boolean madeSecure =
                    scheme.equals("http")
                            && port == 80
                            && other.scheme.equals("https")
                            && other.port == 443;
            boolean samePlace = scheme.equals(other.scheme) && port == other.port;
            return host.equals(other.host)
                    && (samePlace || madeSecure)
                    && coversPath(url.getPath().toLowerCase(Locale.ROOT), url.getPath());
        }

        private boolean coversPath(String lower, String asked) {
            if (DOTS.matcher(lower).find() || !asked.startsWith(path)) {
                return false;
            }
            String rest = asked.substring(path.length());
            return rest.isEmpty()
                    || rest.startsWith("/")
                    || rest.equals(".git")
                    || rest.startsWith(".git/");
        }
    }

    /**
     * Parses an address of the configuration.
     *
     * @throws PlumblineException {@code INVALID} for any other than {@code https://}, {@code
     *     http://}, {@code ssh://}, {@code user@host:path} and {@code file:///}
     */
    static RemoteAddress parse(String url) {
        String lower = url.toLowerCase(Locale.ROOT);
        try {
            if (lower.startsWith("file:///")) {
                return new RemoteAddress(new URIish(url), url, null, Kind.FOLDER);
            }
            if (lower.startsWith("https://") || lower.startsWith("http://")) {
                return web(url);
            }
            if (SSH.matcher(url).matches() || SCP.matcher(url).matches()) {
                return ssh(url);
            }
        } catch (URISyntaxException | IllegalArgumentException e) {
            // The parser's message may contain the password.
            throw new PlumblineException(
                    FailureKind.INVALID, "the repository's url cannot be read as a URL");
        }
        int colon = url.indexOf(':');
        throw new PlumblineException(
                FailureKind.INVALID,
                "a repository's url that begins with \""
                        + (colon < 0 ? url : url.substring(0, colon + 1))
                        + "\" is not supported: use https://, ssh://user@host/, user@host:path,"
                        + " http:// or file:///");
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
                new URIish(full),
                shown,
                Origin.of(uri.getScheme(), uri.getHost(), uri.getPort(), path),
                Kind.WEB);
    }

    /**
     * Parses an ssh address. If it has no user, the default is {@code git}, as on every Git host.
     */
    private static RemoteAddress ssh(String url) throws URISyntaxException {
        var uri = new URIish(url);
        if (uri.getUser() == null) {
            uri = uri.setUser("git");
        }
        return new RemoteAddress(uri, url, null, Kind.SSH);
    }
}
