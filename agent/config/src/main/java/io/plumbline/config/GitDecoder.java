package io.plumbline.config;

import io.plumbline.config.AgentConfig.Auth;
import io.plumbline.config.AgentConfig.SecretSource;
import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Keys;
import io.plumbline.manifest.yaml.Words;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The decoder of a repository's keys for Git ({@code auth, tls, proxy, tag, commit}), and of {@code
 * git} itself.
 */
final class GitDecoder {
    private static final Keys GIT = Keys.of("fileRoots");
    private static final Keys AUTH =
            Keys.of("username", "token", "password", "bearer", "sshKey", "passphrase", "knownHosts")
                    .later("helper");
    private static final Keys TLS =
            Keys.of("ca").later("cert", "key").hint("insecure", "give the authority in 'ca'");
    private static final Keys PROXY = Keys.of("url", "username", "password");
    private static final Keys TAG = Keys.of("pattern", "range");

    private static final Pattern COMMIT = Pattern.compile("[0-9a-fA-F]{40}");
    private static final Pattern TAG_PATTERN =
            Pattern.compile("[A-Za-z0-9._+/-]*\\*[A-Za-z0-9._+/-]*");
    private static final Pattern RANGE = range();

    private final ConfigDecoder paths;

    GitDecoder(ConfigDecoder paths) {
        this.paths = paths;
    }

    /**
     * The result: user and token, and all other options.
     *
     * @param basic null for none
     */
    record Read(@Nullable Auth basic, GitOptions options) {}

    /**
     * Decodes the keys of a repository.
     *
     * @param url null if it is wrong, which was reported before
     */
    Read read(Fields f, @Nullable RemoteUrl url) {
        Fields auth = f.has("auth") ? fields(f, "auth", AUTH) : null;
        Auth basic = auth == null ? null : basic(auth);
        SecretSource bearer =
                auth == null ? null : auth.read("bearer", b -> Credentials.source(b, paths));
        GitOptions.Ssh ssh = auth == null ? null : ssh(auth);
        Fields tls = f.has("tls") ? fields(f, "tls", TLS) : null;
        if (url != null) {
            fits(f, auth, url);
        }
        GitOptions.Tag tag = f.read("tag", GitDecoder::tag);
        String commit = f.read("commit", GitDecoder::commit);
        long targets = List.of("branch", "tag", "commit").stream().filter(f::has).count();
        if (targets > 1) {
            f.error("give one of 'branch', 'tag' and 'commit'");
        }
        return new Read(
                basic,
                new GitOptions(
                        tag,
                        commit,
                        bearer,
                        ssh,
                        tls == null ? null : tls.require("ca", paths::path),
                        f.read("proxy", this::proxy)));
    }

    private static @Nullable Fields fields(Fields f, String key, Keys keys) {
        return f.read(key, d -> d.fields(keys));
    }

    private @Nullable Auth basic(Fields auth) {
        if (auth.has("sshKey") || auth.has("bearer")) {
            return null;
        }
        return Credentials.basic(auth, paths);
    }

    private GitOptions.@Nullable Ssh ssh(Fields auth) {
        if (!auth.has("sshKey")) {
            for (var key : List.of("passphrase", "knownHosts")) {
                if (auth.has(key)) {
                    auth.error(key, "goes with 'sshKey'");
                }
            }
            return null;
        }
        for (var key : List.of("username", "token", "password", "bearer")) {
            if (auth.has(key)) {
                auth.error(key, "does not go with 'sshKey'; the user stands in the URL");
            }
        }
        var key = auth.read("sshKey", this::key);
        var passphrase = auth.read("passphrase", p -> Credentials.source(p, paths));
        var knownHosts = knownHosts(auth);
        return key == null || knownHosts == null
                ? null
                : new GitOptions.Ssh(key, passphrase, knownHosts);
    }

    private @Nullable Path knownHosts(Fields auth) {
        if (!auth.has("knownHosts")) {
            auth.error(
                    "'knownHosts' is missing: the file with the host's keys, nothing is trusted on"
                            + " first use; `plumb hosts scan HOST` prints them for review");
            return null;
        }
        return auth.read("knownHosts", paths::path);
    }

    /** Decodes a path, or the location of a secret. */
    @Nullable SecretSource key(Decoder d) {
        if (d.isMapping()) {
            return Credentials.source(d, paths);
        }
        String text = d.string();
        if (text == null) {
            return null;
        }
        if (text.contains("PRIVATE KEY") || text.contains("\n")) {
            d.error("must be the path of a key file, never the key itself");
            return null;
        }
        var path = paths.path(d);
        return path == null ? null : new SecretSource.File(path);
    }

    private static void fits(Fields f, @Nullable Fields auth, RemoteUrl url) {
        boolean ssh = auth != null && auth.has("sshKey");
        switch (url.way()) {
            case SSH -> {
                if (!ssh) {
                    f.error(
                            f.has("auth") ? "auth" : "url",
                            "Git over ssh wants `auth: {sshKey: {file: KEY}, knownHosts: FILE}`");
                }
                for (var key : List.of("tls", "proxy")) {
                    if (f.has(key)) {
                        f.error(key, "goes with https, not with ssh");
                    }
                }
            }
            case FILE -> {
                for (var key : List.of("auth", "tls", "proxy")) {
                    if (f.has(key)) {
                        f.error(
                                key,
                                key.equals("auth")
                                        ? "a file:// repository takes no credentials"
                                        : "goes with https, not with file");
                    }
                }
            }
            case HTTP -> {
                if (f.has("auth") && !url.onLoopback()) {
                    f.error(
                            "auth",
                            "credentials over plain http can be read on the way: use https");
                }
                if (f.has("tls")) {
                    f.error("tls", "goes with https, not with http");
                }
            }
            case HTTPS -> {}
        }
        if (ssh && url.way() != RemoteUrl.Way.SSH) {
            f.error("auth", "'sshKey' goes with ssh://user@host/path or user@host:path");
        }
        if (auth != null && auth.has("bearer")) {
            for (var key : List.of("username", "token", "password")) {
                if (auth.has(key)) {
                    auth.error(key, "does not go with 'bearer'");
                }
            }
        }
    }

    private GitOptions.@Nullable Proxy proxy(Decoder d) {
        Fields f = d.fields(PROXY);
        if (f == null) {
            return null;
        }
        URI url = f.require("url", GitDecoder::proxyUrl);
        Auth auth = null;
        if (f.has("username") || f.has("password")) {
            String username =
                    f.require(
                            "username",
                            u ->
                                    u.matching(
                                            Credentials.USER,
                                            256,
                                            "must be a name without a colon"));
            SecretSource password = f.require("password", p -> Credentials.source(p, paths));
            auth = username == null || password == null ? null : new Auth(username, password);
        }
        return url == null
                ? null
                : new GitOptions.Proxy(url.getHost(), url.getPort() < 0 ? 80 : url.getPort(), auth);
    }

    private static @Nullable URI proxyUrl(Decoder d) {
        String text = d.string();
        if (text == null) {
            return null;
        }
        try {
            var url = new URI(text);
            boolean plain = "http".equals(url.getScheme()) && url.getHost() != null;
            boolean bare =
                    url.getRawUserInfo() == null
                            && url.getQuery() == null
                            && (url.getRawPath() == null || url.getRawPath().matches("/?"));
            if (plain && bare) {
                return url;
            }
        } catch (URISyntaxException e) {
            // Not shown, because it may contain credentials.
        }
        d.error(
                "must be a URL such as http://proxy.example.com:3128; user and password are keys of"
                        + " their own");
        return null;
    }

    private static GitOptions.@Nullable Tag tag(Decoder d) {
        Fields f = d.fields(TAG);
        if (f == null) {
            return null;
        }
        return new GitOptions.Tag(
                f.read(
                        "pattern",
                        p ->
                                p.matching(
                                        TAG_PATTERN,
                                        200,
                                        "must be the form of a tag's name with one *, for the"
                                                + " version"),
                        "v*"),
                f.read("range", GitDecoder::range, "*"));
    }

    private static @Nullable String range(Decoder d) {
        String text = d.text();
        if (text != null && !RANGE.matcher(text).matches()) {
            d.error(
                    "must be a range of versions such as \">=1.2 <2\", ^1.4 or 1.x, not "
                            + Words.quoted(text));
            return null;
        }
        return text;
    }

    /**
     * Returns the grammar of npm's documentation of ranges, because the library accepts nonsense.
     */
    private static Pattern range() {
        String number = "(?:0|[1-9][0-9]{0,8}|[xX*])";
        String version = "v?" + number + "(?:\\." + number + "){0,2}(?:-[0-9A-Za-z.-]+)?";
        String simple = "(?:>=|<=|>|<|=|\\^|~)?" + version;
        String all = simple + "(?: " + simple + "){0,5}";
        String either = "(?:" + version + " - " + version + "|" + all + ")";
        return Pattern.compile(either + "(?: ?\\|\\| ?" + either + "){0,5}");
    }

    private static @Nullable String commit(Decoder d) {
        String text = d.text();
        if (text == null) {
            return null;
        }
        if (!COMMIT.matcher(text).matches()) {
            d.error("must be a commit's full id of 40 hex digits, not " + Words.quoted(text));
            return null;
        }
        return text.toLowerCase(Locale.ROOT);
    }

    /** Decodes {@code git: {fileRoots: [...]}}; empty if it is not given. */
    List<Path> fileRoots(Fields root) {
        Decoder d = root.get("git");
        Fields f = d == null ? null : d.fields(GIT);
        if (f == null || !f.has("fileRoots")) {
            return List.of();
        }
        var roots = f.read("fileRoots", r -> r.list(paths::path), List.<Path>of());
        if (roots.isEmpty()) {
            f.error("fileRoots", "must name a folder, or leave out the key");
        }
        return roots;
    }
}
