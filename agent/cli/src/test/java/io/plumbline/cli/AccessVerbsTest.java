package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.core.access.Role;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.server.AccessSettings;
import io.plumbline.server.AgentServer;
import io.plumbline.server.ServerSettings;
import io.plumbline.server.TlsSettings;
import io.plumbline.testkit.Certificates;
import io.plumbline.testkit.FakeAudit;
import io.plumbline.testkit.FakeControl;
import io.plumbline.testkit.FakeTokens;
import io.plumbline.testkit.Sample;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** tokens, audit and TLS of the command. */
@Timeout(120)
class AccessVerbsTest {
    private static final String TOKEN = "a-token-of-at-least-43-characters-as-we-make-them";

    private final FakeControl control = new FakeControl();
    private final FakeTokens tokens = new FakeTokens();
    private final FakeAudit audit = new FakeAudit();
    private final Shell shell = new Shell();
    private @Nullable AgentServer server;

    @TempDir Path folder;

    private AgentServer start(@Nullable TlsSettings tls) {
        control.script(Sample.status("team-a", SyncState.SYNCED));
        control.script(Sample.status("other", SyncState.SYNCED));
        server =
                AgentServer.start(
                        control,
                        new ServerSettings(
                                "127.0.0.1",
                                0,
                                TOKEN,
                                () -> "",
                                _ -> false,
                                new AccessSettings(tokens, audit, null, Map.of()),
                                tls,
                                List.of(),
                                null));
        shell.folder = folder;
        shell.env.put(
                "PLUMBLINE_SERVER",
                (tls == null ? "http" : "https") + "://127.0.0.1:" + server.port());
        shell.env.put("PLUMBLINE_TOKEN", TOKEN);
        return server;
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void aTokenIsMadeShownOnceUsedAndRevoked() {
        start(null);
        assertThat(
                        shell.plumb(
                                "tokens",
                                "create",
                                "ci",
                                "--role",
                                "operator",
                                "--pipelines",
                                "team-*,x",
                                "--expires",
                                "12h"))
                .isZero();
        var text = shell.out().strip();
        assertThat(text).matches("plumb_[0-9a-f]{12}_[0-9a-f]{72}");
        assertThat(shell.err()).contains("operator of team-*,x, until").doesNotContain(text);
        var token = tokens.all().getFirst();
        assertThat(token.createdBy()).isEqualTo("ada");
        assertThat(token.hash()).doesNotContain(text.substring(19, 40));
        assertThat(audit.records.toString()).contains("ci").doesNotContain(text.substring(19));

        shell.env.put("PLUMBLINE_TOKEN", text);
        assertThat(shell.plumb("status", "team-a")).isZero();
        assertThat(shell.plumb("status", "other")).isEqualTo(Exit.DENIED);
        assertThat(shell.err()).contains("token:ci may not view other");
        assertThat(shell.plumb("tokens", "list")).isEqualTo(Exit.DENIED);
        assertThat(shell.plumb("audit")).isEqualTo(Exit.DENIED);
        assertThat(shell.err()).contains("token:ci may not administer all pipelines");

        shell.env.put("PLUMBLINE_TOKEN", TOKEN);
        assertThat(shell.plumb("tokens", "list")).isZero();
        assertThat(shell.out()).contains(token.id()).contains("good").doesNotContain(text);
        assertThat(shell.plumb("tokens", "revoke", token.id(), "--dry-run")).isEqualTo(1);
        assertThat(shell.plumb("tokens", "revoke", token.id())).isZero();
        assertThat(shell.plumb("tokens", "revoke", token.id())).isZero();
        assertThat(shell.out()).contains("revoked before");
        assertThat(shell.plumb("tokens", "revoke", "000000000000")).isEqualTo(Exit.USAGE);

        shell.env.put("PLUMBLINE_TOKEN", text);
        assertThat(shell.plumb("status")).isEqualTo(Exit.DENIED);
        assertThat(shell.err()).contains("this token was revoked");
    }

    @Test
    void whatIsNoTokenIsRefusedWithTheRule() {
        start(null);
        for (var wrong :
                List.of(
                        List.of("n m", "--role", "viewer", "--pipelines", "*"),
                        List.of("n", "--role", "root", "--pipelines", "*"),
                        List.of("n", "--role", "admin", "--pipelines", "team-*"),
                        List.of("n", "--role", "viewer", "--pipelines", "Team"),
                        List.of("n", "--role", "viewer", "--pipelines", "*", "--expires", "1y"),
                        List.of(
                                "n",
                                "--role",
                                "viewer",
                                "--pipelines",
                                "*",
                                "--expires",
                                "99999d"))) {
            var args = new java.util.ArrayList<>(List.of("tokens", "create"));
            args.addAll(wrong);
            assertThat(shell.plumb(args.toArray(String[]::new)))
                    .as(wrong.toString())
                    .isEqualTo(Exit.USAGE);
        }
        assertThat(tokens.all()).isEmpty();
        assertThat(shell.plumb("tokens")).isEqualTo(Exit.USAGE);
        assertThat(shell.err()).contains("create");
        assertThat(shell.plumb("tokens", "create", "--help")).isZero();
        assertThat(shell.out()).contains("--pipelines");
    }

    @Test
    void theAuditIsShownExportedAndVerified() throws Exception {
        start(null);
        shell.plumb("pause", "team-a", "--reason", "hands off");
        shell.plumb("pause", "team-a", "--dry-run");
        shell.plumb("rollback", "team-a", "--force");
        tokens.make("eve", Role.VIEWER, "team-*");
        assertThat(shell.plumb("audit")).isZero();
        assertThat(shell.out())
                .contains("bootstrap:state-folder (ada)")
                .contains("reason=hands off")
                .contains("force=true")
                .contains("accepted (of 1)");
        assertThat(audit.records).hasSize(4);

        assertThat(shell.plumb("audit", "--verify")).isZero();
        assertThat(shell.out()).contains("the audit is whole: 4 records, head 4:");
        var head = "2:" + audit.records.get(1).hash();
        assertThat(shell.plumb("audit", "--verify", "--head", head)).isZero();
        assertThat(shell.plumb("audit", "--verify", "--head", "9" + head.substring(1)))
                .isEqualTo(1);
        assertThat(shell.out()).contains("cut or replaced by a new one");

        assertThat(shell.plumb("audit", "--all", "-o", "jsonl")).isZero();
        var lines = shell.out();
        assertThat(lines.lines()).hasSize(4).allMatch(l -> l.startsWith("{"));
        var file = folder.resolve("audit.jsonl");
        Files.writeString(file, lines);
        shell.env.clear();
        assertThat(shell.plumb("audit", "--verify", "--file", "audit.jsonl")).isZero();
        assertThat(shell.plumb("audit", "--verify", "--file", "audit.jsonl", "--head", head))
                .isZero();
        Files.writeString(file, lines.replace("hands off", "hands on"));
        assertThat(shell.plumb("audit", "--verify", "--file", "audit.jsonl")).isEqualTo(1);
        assertThat(shell.out()).contains("broken at record 1: it was changed");
        Files.writeString(
                file,
                String.join("\n", lines.lines().filter(l -> !l.contains("\"of\":1")).toList()));
        assertThat(shell.plumb("audit", "--verify", "--file", "audit.jsonl")).isEqualTo(1);
        assertThat(shell.out()).contains("broken at record 2: it is missing");
        Files.writeString(file, "nonsense");
        assertThat(shell.plumb("audit", "--verify", "--file", "audit.jsonl")).isEqualTo(1);
        assertThat(new ObjectMapper().readTree(lines.lines().toList().getFirst()).path("claimed"))
                .asString()
                .contains("ada");
    }

    @Test
    void trustsWhoSignedTheAgentsCertificateAndSaysWhatIsWrong() {
        var authority = new Certificates(folder);
        var good = authority.server("good");
        start(tls(authority, good, "good"));
        assertThat(shell.plumb("status", "--ca", "ca.pem")).isZero();
        shell.env.put("PLUMBLINE_CA", authority.ca().toString());
        assertThat(shell.plumb("status")).isZero();
        shell.env.remove("PLUMBLINE_CA");
        assertThat(shell.plumb("status")).isEqualTo(Exit.UNREACHABLE);
        assertThat(shell.err()).contains("is signed by nobody known here").contains("--ca");
    }

    @Test
    void aCertificateForAnotherNameIsRefused() {
        var authority = new Certificates(folder);
        start(tls(authority, authority.serverOf("other", "agent.example.com"), "other"));
        assertThat(shell.plumb("status", "--ca", "ca.pem")).isEqualTo(Exit.UNREACHABLE);
        assertThat(shell.err()).contains("is for another name");
    }

    @Test
    void anExpiredCertificateIsRefused() {
        var authority = new Certificates(folder);
        start(tls(authority, authority.expired("old"), "old"));
        assertThat(shell.plumb("status", "--ca", "ca.pem")).isEqualTo(Exit.UNREACHABLE);
        assertThat(shell.err()).contains("has expired");
    }

    @Test
    void showsAClientCertificate() {
        var authority = new Certificates(folder);
        var good = authority.server("good");
        authority.client("ci", "CN=ci");
        start(new TlsSettings(good, authority.key("good"), authority.ca(), true, _ -> {}));
        assertThat(shell.plumb("status", "--ca", "ca.pem", "--cert", "ci.pem", "--key", "ci.key"))
                .isZero();
        assertThat(shell.plumb("status", "--ca", "ca.pem", "--cert", "ci.pem"))
                .isEqualTo(Exit.USAGE);
        assertThat(shell.plumb("status", "--ca", "ca.pem")).isEqualTo(Exit.UNREACHABLE);
        assertThat(shell.err()).contains("client certificate");
    }

    @Test
    void throughTheConfigurationItKnowsTheAgentByItsCertificate() throws Exception {
        var authority = new Certificates(folder);
        var cert = authority.serverOf("agent", "agent.example.com");
        var running = start(tls(authority, cert, "agent"));
        shell.env.clear();
        Files.createDirectory(folder.resolve("state"));
        Files.writeString(folder.resolve("state/token"), TOKEN);
        Files.writeString(
                folder.resolve("plumbline.yaml"),
                """
                state: state
                http: {host: 0.0.0.0, port: %d, tls: {cert: agent.pem, key: agent.key}}
                repositories: [{name: ml, url: "https://git.example.com/ml.git"}]
                """
                        .formatted(running.port()));
        assertThat(shell.plumb("status", "--config", "plumbline.yaml")).isZero();
        authority.server("another");
        Files.copy(folder.resolve("another.pem"), cert, StandardCopyOption.REPLACE_EXISTING);
        assertThat(shell.plumb("status", "--config", "plumbline.yaml")).isEqualTo(Exit.UNREACHABLE);
    }

    private static TlsSettings tls(Certificates authority, Path cert, String name) {
        return new TlsSettings(cert, authority.key(name), null, false, _ -> {});
    }
}
