package io.plumbline.config;

import io.plumbline.config.EngineOptions.OverPlainTcp;
import io.plumbline.config.EngineOptions.OverSsh;
import io.plumbline.config.EngineOptions.OverTls;
import io.plumbline.config.EngineOptions.OverUnix;
import io.plumbline.config.EngineOptions.Transport;
import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Keys;
import io.plumbline.manifest.yaml.Words;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The decoder of an engine's {@code endpoint}, and of the keys that each kind of it has. */
final class TransportDecoder {
    static final String DEFAULT_SOCKET = "/var/run/docker.sock";

    /**
     * Limit of the path of a unix socket: the size of Linux's {@code sun_path} without its final
     * zero.
     */
    private static final int LONGEST_SOCKET = 107;

    private static final int SSH = 22;
    private static final List<String> SSH_KEYS =
            List.of("sshKey", "passphrase", "knownHosts", "socket");
    private static final List<String> TCP_KEYS = List.of("tls", "insecure");
    private static final Keys TLS =
            Keys.of("ca", "cert", "key").hint("insecure", "an engine is never taken unverified");

    private static final Pattern UNIX = Pattern.compile("unix://(/[^\\p{Cntrl}?#]+)");
    private static final String HOST =
            "(?:\\[(?<six>[0-9A-Fa-f:.]+)]|(?<name>[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?))";
    private static final Pattern TCP = Pattern.compile("tcp://" + HOST + ":(?<port>[0-9]{1,5})/?");
    private static final Pattern OVER_SSH =
            Pattern.compile(
                    "ssh://(?:(?<user>[A-Za-z0-9_][A-Za-z0-9._-]*)@)?"
                            + HOST
                            + "(?::(?<port>[0-9]{1,5}))?/?");
    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|::1|127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}");
    private static final Pattern REMOTE_SOCKET = Pattern.compile("/[A-Za-z0-9._/@+-]+");

    private final ConfigDecoder paths;

    TransportDecoder(ConfigDecoder paths) {
        this.paths = paths;
    }

    /** Decodes the connection of an item of {@code engines}; null after an error. */
    @Nullable Transport transport(Fields f, String text) {
        Matcher unix = UNIX.matcher(text);
        if (unix.matches()) {
            onlyWith(f, TCP_KEYS, "tcp://");
            onlyWith(f, SSH_KEYS, "ssh://");
            return unix(f, unix.group(1));
        }
        Matcher tcp = TCP.matcher(text);
        if (tcp.matches()) {
            onlyWith(f, SSH_KEYS, "ssh://");
            return tcp(f, host(tcp), port(f, tcp.group("port")));
        }
        Matcher ssh = OVER_SSH.matcher(text);
        if (ssh.matches()) {
            onlyWith(f, TCP_KEYS, "tcp://");
            int port = ssh.group("port") == null ? SSH : port(f, ssh.group("port"));
            return ssh(f, ssh.group("user"), host(ssh), port);
        }
        f.error("endpoint", objection(text));
        return null;
    }

    private static String objection(String text) {
        if (text.startsWith("tcp://")) {
            return "must name a host and a port such as tcp://10.0.0.5:2376";
        }
        if (text.startsWith("ssh://")) {
            // Not shown, because it may contain a password.
            return "must be ssh://user@host or ssh://user@host:port; the remote socket goes into"
                    + " 'socket', and there are no passwords";
        }
        if (text.startsWith("http://") || text.startsWith("https://")) {
            return "must be tcp://host:port, with `tls: {ca, cert, key}`";
        }
        return "must be a unix socket such as "
                + ConfigDecoder.LOCAL_ENDPOINT
                + ", tcp://host:port or ssh://user@host, not "
                + Words.quoted(text);
    }

    private static String host(Matcher m) {
        return m.group("six") == null ? m.group("name") : m.group("six");
    }

    private static int port(Fields f, String digits) {
        int port = Integer.parseInt(digits);
        if (port < 1 || port > 65535) {
            f.error("endpoint", "has a port that cannot be: it must be from 1 to 65535");
        }
        return port;
    }

    private static void onlyWith(Fields f, List<String> keys, String scheme) {
        for (var key : keys) {
            if (f.has(key)) {
                f.error(key, "goes with an endpoint " + scheme + ", not with this one");
            }
        }
    }

    private static @Nullable Transport unix(Fields f, String path) {
        if (path.length() > LONGEST_SOCKET) {
            f.error(
                    "endpoint",
                    "must be a path of at most " + LONGEST_SOCKET + " characters, as sockets want");
            return null;
        }
        return new OverUnix(Path.of(path));
    }

    private @Nullable Transport tcp(Fields f, String host, int port) {
        boolean insecure = f.read("insecure", Decoder::bool, false);
        if (f.has("tls")) {
            if (insecure) {
                f.error("insecure", "does not go with 'tls': TLS is never given up");
            }
            Fields tls = f.read("tls", d -> d.fields(TLS));
            if (tls == null) {
                return null;
            }
            Path ca = tls.require("ca", paths::path);
            Path cert = tls.require("cert", paths::path);
            Path key = tls.require("key", paths::path);
            return ca == null || cert == null || key == null
                    ? null
                    : new OverTls(host, port, ca, cert, key);
        }
        boolean loopback = LOOPBACK.matcher(host).matches();
        if (!loopback && !insecure) {
            f.error(
                    "endpoint",
                    "who can reach an engine over plain TCP owns its host: give tls: {ca, cert,"
                            + " key}, use ssh://, or say `insecure: true`");
            return null;
        }
        return new OverPlainTcp(host, port, loopback);
    }

    private @Nullable Transport ssh(Fields f, @Nullable String user, String host, int port) {
        if (user == null) {
            f.error("endpoint", "must name the user: ssh://user@host");
        }
        if (!f.has("sshKey")) {
            f.error("'sshKey' is missing: the private key for that host, {file: PATH}");
        }
        if (!f.has("knownHosts")) {
            f.error(
                    "'knownHosts' is missing: the file with the host's keys, nothing is trusted on"
                            + " first use; `plumb hosts scan HOST` prints them for review");
        }
        var key = f.read("sshKey", new GitDecoder(paths)::key);
        var passphrase = f.read("passphrase", p -> Credentials.source(p, paths));
        var knownHosts = f.read("knownHosts", paths::path);
        String socket =
                f.read(
                        "socket",
                        s ->
                                s.matching(
                                        REMOTE_SOCKET,
                                        LONGEST_SOCKET,
                                        "must be the absolute path of the engine's socket there"),
                        DEFAULT_SOCKET);
        return user == null || key == null || knownHosts == null
                ? null
                : new OverSsh(user, host, port, key, passphrase, knownHosts, socket);
    }
}
