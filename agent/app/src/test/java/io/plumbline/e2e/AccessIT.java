package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.testkit.Certificates;
import io.plumbline.testkit.OidcIssuer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who may do what, and that it is written down: the real agent, with TLS, by the real command. */
class AccessIT {
    private static final int DENIED = 3;
    private static final TestEngine ENGINE = TestEngine.shared();
    private static final TestImages IMAGES = new TestImages(ENGINE);

    private final String team = Workshop.name("team");
    private final String other = Workshop.name("other");
    private final Path folder = Workshop.folder("tls");
    private final Certificates authority = new Certificates(folder);
    private final GitRemote remote = new GitRemote();
    private final OidcIssuer issuer = new OidcIssuer();
    private AgentProcess agent;

    @BeforeEach
    void start() {
        var cert = authority.server("agent");
        var crash = folder.resolve("crash");
        agent =
                AgentProcess.setup()
                        .engine(ENGINE)
                        .repository(remote)
                        .probeImage(IMAGES.busybox())
                        .mainClass(CrashingAgent.class.getName())
                        .property(CrashingAgent.CRASH, crash.toString())
                        .tls(cert, authority.key("agent"), authority.ca())
                        .keys(
                                """
                                access:
                                  oidc:
                                    issuer: %s
                                    audience: %s
                                    roles:
                                      - {claim: groups, value: ml-ops, role: operator, pipelines: ["team-*"]}
                                """
                                        .formatted(issuer.issuer(), OidcIssuer.AUDIENCE))
                        .start();
        remote.commit(
                "Two pipelines",
                Map.of(
                        "a.yaml", TestAgent.inner(team, IMAGES.web("1")),
                        "b.yaml", TestAgent.inner(other, IMAGES.web("1"))));
        agent.awaitState(team, "Synced");
        agent.awaitState(other, "Synced");
    }

    @AfterEach
    void stop() {
        if (agent != null) {
            agent.close();
        }
        issuer.close();
        remote.close();
        Workshop.remove(folder);
    }

    @AfterAll
    static void removeImages() {
        IMAGES.close();
    }

    /** With a token, over TLS, as from another machine. */
    private Program.Ended as(String token, String... args) {
        var environment = new HashMap<String, String>();
        environment.put("PLUMBLINE_SERVER", agent.url());
        environment.put("PLUMBLINE_TOKEN", token);
        environment.put("PLUMBLINE_CA", authority.ca().toString());
        return AgentProcess.plumb(environment, args);
    }

    private static void ends(int code, Program.Ended ended) {
        assertThat(ended.code())
                .as("%s: %s%s", ended.command(), ended.out(), ended.err())
                .isEqualTo(code);
    }

    private String token(String name, String role, String pipelines) {
        return agent.plumb("tokens", "create", name, "--role", role, "--pipelines", pipelines)
                .ok()
                .out()
                .strip();
    }

    @Test
    void rolesProvidersAndANewCertificate() throws Exception {
        var viewer = token("watch", "viewer", "team-*");
        var operator = token("ci", "operator", "team-*");
        ends(0, as(viewer, "status", team));
        ends(DENIED, as(viewer, "status", other));
        ends(DENIED, as(viewer, "pause", team));
        ends(DENIED, as(operator, "pause", other));
        ends(DENIED, as(operator, "tokens", "list"));
        ends(0, as(operator, "pause", team, "--reason", "hands off"));
        assertThat(agent.status(team).at("/paused/by").asText()).isEqualTo("token:ci");
        assertThat(agent.status(other).path("paused").isNull()).isTrue();

        var ada = issuer.rs256("rsa-1", issuer.claims("ada", "ml-ops"));
        ends(0, as(ada, "resume", team));
        ends(DENIED, as(ada, "resume", other));
        ends(DENIED, as(issuer.rs256("rsa-1", issuer.claims("eve")), "status"));
        ends(DENIED, as(issuer.confused(issuer.claims("ada", "ml-ops")), "status"));
        ends(DENIED, as(issuer.unsigned(issuer.claims("ada", "ml-ops")), "status"));

        var id = viewer.substring(6, 18);
        ends(0, agent.plumb("tokens", "revoke", id));
        ends(DENIED, as(viewer, "status", team));

        var said = records();
        assertThat(said)
                .contains(
                        "token:ci pause " + team + " asked",
                        "token:ci pause " + team + " accepted",
                        "token:ci pause " + other + " denied",
                        "oidc:ada resume " + team + " asked",
                        "bootstrap:state-folder tokens.create  asked");
        assertThat(said.toString()).doesNotContain(viewer.substring(20));
        assertThat(
                        Files.readString(
                                agent.state().resolve("access.db"),
                                java.nio.charset.StandardCharsets.ISO_8859_1))
                .doesNotContain(operator.substring(19, 80));

        newCertificate(operator);
        onlyItsOwnerMayRead(agent.state());
        assertThat(agent.get("/metrics").body()).contains("plumbline_tls_certificate_not_after");
    }

    /** Of another authority, so that it shows who takes it. */
    private void newCertificate(String token) throws IOException {
        var another = new Certificates(Files.createDirectory(folder.resolve("another")));
        another.server("agent");
        ends(4, asWith(another, token));
        for (var file : List.of("agent.key", "agent.pem")) {
            Files.copy(
                    folder.resolve("another").resolve(file),
                    folder.resolve(file),
                    StandardCopyOption.REPLACE_EXISTING);
        }
        Eventually.holds("the new certificate is shown", () -> asWith(another, token).code() == 0);
        ends(4, as(token, "status", team));
        ends(0, agent.plumb("status", team));
        for (var file : List.of("agent.key", "agent.pem")) {
            // Back to what the harness trusts: a fresh one of its own authority.
            authorityAgain(file);
        }
        Eventually.holds(
                "the first authority's is shown", () -> as(token, "status", team).code() == 0);
    }

    private void authorityAgain(String file) throws IOException {
        if (file.endsWith(".key")) {
            authority.server("again");
        }
        Files.copy(
                folder.resolve(file.replace("agent", "again")),
                folder.resolve(file),
                StandardCopyOption.REPLACE_EXISTING);
    }

    private Program.Ended asWith(Certificates signer, String token) {
        return AgentProcess.plumb(
                Map.of("PLUMBLINE_SERVER", agent.url(), "PLUMBLINE_TOKEN", token),
                "status",
                team,
                "--ca",
                signer.ca().toString());
    }

    private List<String> records() {
        var all = new ArrayList<String>();
        for (JsonNode r : agent.plumbJson("audit", "--all")) {
            all.add(
                    String.join(
                            " ",
                            r.path("by").asText(),
                            r.path("action").asText(),
                            r.path("pipeline").asText(),
                            r.path("outcome").asText()));
        }
        return all;
    }

    private static void onlyItsOwnerMayRead(Path state) throws IOException {
        var open = new ArrayList<String>();
        StateFolder.each(
                state,
                path -> {
                    Set<PosixFilePermission> mode =
                            Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
                    var text = PosixFilePermissions.toString(mode);
                    if (!text.endsWith("------")) {
                        open.add(text + " " + path);
                    }
                });
        assertThat(open).as("what others may read or use").isEmpty();
    }

    @Test
    void aCrashHidesNoChangeAndWhoTampersIsFound() throws Exception {
        ends(0, agent.plumb("audit", "--verify"));
        Files.writeString(folder.resolve("crash"), "pause 1 before");
        ends(4, agent.plumb("pause", team, "--reason", "before the crash"));
        assertThat(agent.awaitExit(Duration.ofSeconds(30))).isEqualTo(CrashingAgent.KILLED);
        Files.delete(folder.resolve("crash"));
        agent.start();

        // The change did not come to pass; that it was asked for is there, without an outcome.
        assertThat(agent.status(team).path("paused").isNull()).isTrue();
        var said = records();
        assertThat(said.getLast()).isEqualTo("bootstrap:state-folder pause " + team + " asked");
        ends(0, agent.plumb("audit", "--verify"));
        var exported = agent.plumb("audit", "--all", "-o", "jsonl").ok().out();
        var file = folder.resolve("audit.jsonl");
        Files.writeString(file, exported);
        ends(0, AgentProcess.plumb(Map.of(), "audit", "--verify", "--file", file.toString()));
        ends(0, agent.plumb("pause", team));
        ends(0, agent.plumb("resume", team));

        int bad = said.size();
        sql(
                "UPDATE audit SET record = replace(record, 'before the crash', 'nothing') WHERE seq = "
                        + bad);
        var verdict = agent.plumb("audit", "--verify");
        ends(1, verdict);
        assertThat(verdict.out()).contains("broken at record " + bad + ": it was changed");

        // A damaged file locks nobody out who owns the state folder.
        agent.kill9();
        Files.write(agent.state().resolve("access.db"), new byte[] {1, 2, 3});
        Files.deleteIfExists(agent.state().resolve("access.db-wal"));
        agent.start();
        ends(0, agent.plumb("resume", team));
        assertThat(records().getFirst()).isEqualTo(" begin  done");
        assertThat(agent.log()).contains("access.db was damaged");
    }

    private void sql(String statement) throws Exception {
        try (var c =
                        DriverManager.getConnection(
                                "jdbc:sqlite:" + agent.state().resolve("access.db"));
                var s = c.createStatement()) {
            s.executeUpdate("PRAGMA busy_timeout = 10000");
            s.executeUpdate("DROP TRIGGER audit_is_not_changed");
            assertThat(s.executeUpdate(statement)).isEqualTo(1);
        }
    }
}
