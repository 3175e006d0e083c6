package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Reading a repository as people have theirs: https with a password, a token, an authority of one's
 * own and through a proxy; ssh with each kind of key; tags and fixed commits. And each way in which
 * that is refused. One agent has all of them at once, so none of the bad ones disturbs the good.
 */
class GitTransportsIT {
    private static final TestEngine ENGINE = TestEngine.shared();
    private static final TestImages IMAGES = new TestImages(ENGINE);
    private static final GitRemote REMOTE = new GitRemote();
    private static final List<String> GOOD =
            List.of(
                    "basic", "bearer", "proxied", "ed25519", "locked", "ecdsa", "rsa", "folder",
                    "stray");
    private static final String TAGGED = Workshop.name("tagged");
    private static final String FIXED = Workshop.name("fixed");
    private static final Map<String, String> PIPELINES = pipelines();

    private static GitHost host;
    private static ServerSocket silent;
    private static AgentProcess agent;
    private static String first = "";
    private static int version;

    private static Map<String, String> pipelines() {
        var names = new LinkedHashMap<String, String>();
        GOOD.forEach(g -> names.put(g, Workshop.name(g)));
        names.put("tagged", TAGGED);
        names.put("fixed", FIXED);
        return names;
    }

    /** A folder for each repository, with a pipeline that wants no containers: it is quick. */
    private static String commit() {
        version++;
        var files = new LinkedHashMap<String, String>();
        PIPELINES.forEach(
                (folder, pipeline) ->
                        files.put(
                                folder + "/p.yaml",
                                Manifests.pipeline(
                                        pipeline,
                                        "0s",
                                        "60s",
                                        List.of(
                                                Manifests.service(
                                                        "web",
                                                        IMAGES.web("1"),
                                                        "replicas: 0%nenv: {V: \"%d\"}"
                                                                .formatted(version))),
                                        "")));
        return REMOTE.commit("Version " + version, files);
    }

    @BeforeAll
    static void start() throws IOException {
        silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        host = new GitHost(Path.of(bare()).resolve("..").normalize());
        commit();
        // The first fetch brings this commit alone.
        first = commit();
        REMOTE.git("tag", "v1.0.0", first + "^");
        REMOTE.git(
                "-c",
                "user.name=T",
                "-c",
                "user.email=t@example.com",
                "tag",
                "-a",
                "-m",
                "x",
                "v1.2.0",
                first);
        REMOTE.git("tag", "v2.0.0", first + "^");
        knownHosts();
        // It is ready when every repository was looked at, and some hang: nobody waits for that.
        agent = setup().prepared();
        agent.launch();
        Eventually.holds("the agent is up", () -> agent.get("/healthz").statusCode() == 200);
        GOOD.forEach(g -> agent.awaitSynced(pipeline(g), first));
    }

    private static String pipeline(String repository) {
        return PIPELINES.getOrDefault(repository, "");
    }

    /** What `plumb hosts scan` prints is what is trusted; and the same with another key. */
    private static void knownHosts() throws IOException {
        var scanned = scan("127.0.0.1:" + host.ssh).ok();
        Files.writeString(host.file("known_hosts"), scanned.out());
        Files.writeString(host.file("empty_hosts"), "# nobody\n");
        var other = Files.readString(host.file("stranger.pub"));
        Files.writeString(host.file("changed_hosts"), "[127.0.0.1]:" + host.ssh + " " + other);
        var revoked = new StringBuilder(scanned.out());
        for (var key : List.of("host_ed25519.pub", "host_rsa.pub")) {
            revoked.append("@revoked * ").append(Files.readString(host.file(key)));
        }
        Files.writeString(host.file("revoked_hosts"), revoked);
        Files.copy(host.file("known_hosts"), host.file("hashed_hosts"));
        Program.run("ssh-keygen", "-H", "-f", host.file("hashed_hosts").toString());
    }

    private static Program.Ended scan(String place) {
        var target = Path.of(System.getProperty("plumbline.build", "target")).toAbsolutePath();
        return Program.end(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        target.resolve("classes") + ":" + target.resolve("lib") + "/*",
                        "io.plumbline.HostScan",
                        "hosts",
                        "scan",
                        place));
    }

    private static AgentProcess.Setup setup() {
        var s = AgentProcess.setup().engine(ENGINE).probeImage(IMAGES.busybox());
        s.env("BASIC", GitHost.PASSWORD).env("BEARER", GitHost.BEARER);
        s.env("PASSPHRASE", GitHost.PASSPHRASE).env("PROXY", GitHost.PROXY_PASSWORD);
        s.env("WRONG", "planted-but-wrong");
        String basic = "auth: {username: bot, token: {env: BASIC}}";
        String ca = "tls: {ca: " + host.file("ca.pem") + "}";
        https(s, "basic", "", basic, ca);
        https(s, "bearer", "/bearer", "auth: {bearer: {env: BEARER}}", ca);
        https(s, "proxied", "", basic, ca, proxy("PROXY"));
        https(s, "stray", "/redirected", basic, ca);
        https(s, "tagged", "", basic, ca, "tag: {range: \">=1.2 <2\"}");
        ssh(s, "ed25519", "ed25519", "known_hosts");
        ssh(s, "locked", "locked", "hashed_hosts", "passphrase: {env: PASSPHRASE}");
        ssh(s, "ecdsa", "ecdsa", "known_hosts");
        ssh(s, "rsa", "rsa", "known_hosts");
        s.repository(
                "fixed",
                sshUrl(),
                sshAuth("ed25519", "known_hosts") + "\npath: fixed\ncommit: " + first);
        s.repository("folder", REMOTE.fileUrl(), "path: folder");
        bad(s, basic, ca);
        return s;
    }

    /** Each is refused, and says why. */
    private static void bad(AgentProcess.Setup s, String basic, String ca) {
        https(s, "no-authority", "", basic);
        https(s, "wrong-token", "", "auth: {token: {env: WRONG}}", ca);
        https(s, "wrong-bearer", "/bearer", "auth: {bearer: {env: WRONG}}", ca);
        https(s, "no-auth", "", ca);
        https(s, "proxy-refuses", "", basic, ca, proxy("WRONG"));
        https(s, "busy", "/busy", basic, ca);
        ssh(s, "unknown-host", "ed25519", "empty_hosts");
        ssh(s, "changed-host", "ed25519", "changed_hosts");
        ssh(s, "revoked-host", "ed25519", "revoked_hosts");
        ssh(s, "wrong-key", "stranger", "known_hosts");
        ssh(s, "wrong-passphrase", "locked", "known_hosts", "passphrase: {env: WRONG}");
        ssh(s, "no-passphrase", "locked", "known_hosts");
        s.repository("hangs", "http://127.0.0.1:" + silent.getLocalPort() + "/x.git", "");
        s.repository(
                "hangs-ssh",
                "ssh://root@127.0.0.1:" + silent.getLocalPort() + "/x.git",
                sshAuth("ed25519", "known_hosts"));
    }

    private static String proxy(String password) {
        return "proxy: {url: \"http://127.0.0.1:%d\", username: proxyuser, password: {env: %s}}"
                .formatted(host.proxy, password);
    }

    private static void https(AgentProcess.Setup s, String name, String below, String... keys) {
        var lines = new ArrayList<>(List.of(keys));
        lines.add("path: " + name);
        s.repository(
                name,
                "https://127.0.0.1:%d%s/repo.git".formatted(host.https, below),
                String.join("\n", lines));
    }

    /** The remote's folder. */
    private static String bare() {
        return REMOTE.fileUrl().substring("file://".length());
    }

    private static String sshUrl() {
        return "ssh://root@127.0.0.1:" + host.ssh + bare();
    }

    private static String sshAuth(String key, String knownHosts, String... more) {
        return "auth: {sshKey: {file: %s}, knownHosts: %s%s}"
                .formatted(
                        host.file(key),
                        host.file(knownHosts),
                        more.length == 0 ? "" : ", " + more[0]);
    }

    private static void ssh(
            AgentProcess.Setup s, String name, String key, String knownHosts, String... more) {
        s.repository(name, sshUrl(), sshAuth(key, knownHosts, more) + "\npath: " + name);
    }

    @AfterAll
    static void stop() throws IOException {
        if (agent != null) {
            agent.close();
        }
        if (host != null) {
            host.close();
        }
        silent.close();
        REMOTE.close();
        IMAGES.close();
    }

    @Test
    void everyWayFollowsTheNextCommit() {
        var next = commit();
        GOOD.forEach(g -> agent.awaitSynced(pipeline(g), next));
        assertThat(agent.status(FIXED).path("head").asText()).isEqualTo(first);
        assertThat(host.proxied()).contains("CONNECT 127.0.0.1:" + host.https);
    }

    @Test
    void theHighestTagOfTheRangeIsFollowed() {
        agent.awaitSynced(TAGGED, first);
        var next = commit();
        REMOTE.git("tag", "v1.10.0-rc.1", next);
        REMOTE.git("tag", "v1.10.0", next);
        agent.awaitSynced(TAGGED, next);
        Eventually.holds(
                "the log names the tag", () -> agent.log().contains("follows v1.10.0 at " + next));
        REMOTE.git("tag", "-d", "v1.10.0");
        agent.awaitSynced(TAGGED, first);
        assertThat(agent.status(TAGGED).path("reason").asText())
                .contains("tag v1.10.0 is gone; v1.2.0 is the highest");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "no-authority|give its certificate as repositories[].tls.ca",
                "wrong-token|HTTP 401; check the user, token and its rights in repositories[].auth",
                "wrong-bearer|HTTP 401; check the user, token and its rights",
                "no-auth|HTTP 401; it wants credentials: set repositories[].auth",
                "proxy-refuses|check username and password in repositories[].proxy",
                "busy|HTTP 429 and asks to wait 3 s",
                "unknown-host|empty_hosts; it shows ssh-ed25519 SHA256:",
                "changed-host|Either somebody is in between, or the host has a new key",
                "revoked-host|is marked as revoked in",
                "wrong-key|as a deploy key that may read",
                "wrong-passphrase|cannot be read with the passphrase of repositories[].auth.passphrase",
                "no-passphrase|if it has a passphrase, name it in repositories[].auth.passphrase",
            })
    void whatIsRefusedSaysWhatToDo(String repository, String said) {
        Eventually.holds(
                repository + " says: " + said,
                () ->
                        agent.log()
                                .lines()
                                .anyMatch(
                                        l ->
                                                l.contains(
                                                                "repository "
                                                                        + repository
                                                                        + ": cannot fetch")
                                                        && l.contains(said)));
    }

    @Test
    void aRedirectTakesNoCredentialsToAnotherHost() {
        var there =
                host.asked().stream().filter(l -> l.contains(" " + host.elsewhere + " ")).toList();
        assertThat(there).isNotEmpty();
        assertThat(there).allMatch(l -> l.endsWith("auth=-"));
        assertThat(host.asked())
                .anyMatch(l -> l.contains(" /redirected/") && l.contains("auth=Basic "));
    }

    @Test
    void aHostThatAsksToWaitIsLeftAlone() {
        Eventually.holds("it was asked three times", () -> busy().size() >= 3);
        var times = busy();
        for (int i = 1; i < times.size(); i++) {
            assertThat(times.get(i) - times.get(i - 1)).isGreaterThanOrEqualTo(3.0);
        }
    }

    private static List<Double> busy() {
        return host.asked().stream()
                .filter(l -> l.contains(" /busy/"))
                .map(l -> Double.valueOf(l.substring(0, l.indexOf(' '))))
                .toList();
    }

    @Test
    void scanShowsTheFingerprintsThatOpensshShows() {
        var out = scan("127.0.0.1:" + host.ssh).ok().out();
        for (var key : List.of("host_ed25519", "host_rsa")) {
            var fingerprint =
                    Program.run("ssh-keygen", "-lf", host.file(key).toString()).split(" ")[1];
            assertThat(out).contains("# 127.0.0.1:" + host.ssh + " shows " + fingerprint);
        }
        assertThat(out.lines().filter(l -> l.startsWith("[127.0.0.1]:" + host.ssh + " ")))
                .hasSize(2);
        assertThat(scan("127.0.0.1:1").code()).isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                GitHost.PASSWORD,
                GitHost.BEARER,
                GitHost.PASSPHRASE,
                GitHost.PROXY_PASSWORD,
                "planted-but-wrong",
                "PRIVATE KEY"
            })
    void noSecretIsInTheLogOrInTheState(String secret) throws IOException {
        assertThat(agent.log()).doesNotContain(secret);
        StateFolder.eachText(
                agent.state(), (file, text) -> assertThat(text).as(file).doesNotContain(secret));
    }
}
