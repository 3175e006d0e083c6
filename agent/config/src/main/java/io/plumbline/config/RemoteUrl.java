package io.plumbline.config;

import io.plumbline.manifest.yaml.Decoder;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A repository's URL as written, and its protocol. No part of it may look like an option of a
 * program. Remote helpers such as {@code ext::} are refused.
 *
 * @param text as written
 * @param way its protocol
 * @param host empty for a folder
 */
record RemoteUrl(String text, Way way, String host) {
    private static final String USER = "[A-Za-z0-9_][A-Za-z0-9._-]*";
    private static final String HOST = "([A-Za-z0-9][A-Za-z0-9.-]*)";
    private static final Pattern SSH =
            Pattern.compile(
                    "ssh://(?:" + USER + "@)?" + HOST + "(?::[0-9]{1,5})?/[^\\p{Cntrl}?#]+");
    private static final Pattern SCP =
            Pattern.compile(
                    USER + "@" + HOST + ":(?:[^\\p{Cntrl}:/-][^\\p{Cntrl}:]*|/[^\\p{Cntrl}]+)");
    private static final Pattern REMOTE_HELPER = Pattern.compile("[A-Za-z0-9+.-]+::.*");

    /** The protocol of a repository's URL. */
    enum Way {
        /** Encrypted. */
        HTTPS,
        /** Not encrypted. */
        HTTP,
        /** By ssh. */
        SSH,
        /** A folder of this machine. */
        FILE
    }

    /** Decodes a URL; null after an error. Messages never show credentials in it. */
    static @Nullable RemoteUrl read(Decoder d) {
        String text = d.string();
        if (text == null) {
            return null;
        }
        if (REMOTE_HELPER.matcher(text).matches()) {
            d.error("must be a URL: programs of Git that fetch by themselves are never started");
            return null;
        }
        if (text.startsWith("-")) {
            d.error("must be a URL, and none begins with a dash");
            return null;
        }
        for (var form : new Pattern[] {SSH, SCP}) {
            var m = form.matcher(text);
            if (m.matches()) {
                return new RemoteUrl(text, Way.SSH, m.group(1));
            }
        }
        if (text.startsWith("ssh:")) {
            d.error(
                    "must be a URL such as ssh://git@git.example.com/acme/ml.git, without a password");
            return null;
        }
        return uri(d, text);
    }

    private static @Nullable RemoteUrl uri(Decoder d, String text) {
        URI url;
        try {
            url = new URI(text);
        } catch (URISyntaxException e) {
            // Not shown, because it may contain credentials.
            d.error("must be a URL such as https://git.example.com/acme/ml.git");
            return null;
        }
        var scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        Way way =
                switch (scheme) {
                    case "https" -> Way.HTTPS;
                    case "http" -> Way.HTTP;
                    case "file" -> Way.FILE;
                    default -> Way.SSH;
                };
        if (way == Way.SSH) {
            d.error(
                    "must begin with https://, ssh://, http:// or file://, or be as"
                            + " git@git.example.com:acme/ml.git");
            return null;
        }
        if (url.getRawAuthority() != null && url.getRawAuthority().contains("@")) {
            d.error(
                    "no credentials in a URL, it is logged and shown: use `auth: {username, token:"
                            + " {env: NAME}}`");
            return null;
        }
        var hasHost = url.getHost() != null;
        var hasPath = url.getPath() != null && url.getPath().startsWith("/");
        var good = way == Way.FILE ? !hasHost && hasPath : hasHost && hasPath;
        if (!good || url.getQuery() != null || url.getFragment() != null) {
            d.error(
                    "must be a URL such as https://git.example.com/acme/ml.git or file:///srv/ml.git");
            return null;
        }
        return new RemoteUrl(text, way, hasHost ? url.getHost() : "");
    }

    /** Whether the host is this machine, so that no network is in between. */
    boolean onLoopback() {
        return host.matches("localhost|\\[::1]|127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}");
    }
}
