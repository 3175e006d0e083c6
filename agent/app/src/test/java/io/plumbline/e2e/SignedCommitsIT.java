package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Commits that real git signed with real gpg and ssh-keygen, and some that it did not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SignedCommitsIT {
    private static final int DIFFERENT = 1;
    private static final int NO_TARGET = 6;

    private final TestEngine engine = TestEngine.shared();
    private final TestImages images = new TestImages(engine);
    private GitRemote remote;
    private SigningClone clone;
    private String pipeline;
    private AgentProcess agent;

    @BeforeEach
    void open() {
        pipeline = Workshop.name("signed");
        remote = new GitRemote();
        clone = new SigningClone(remote);
        agent = AgentProcess.setup().engine(engine).probeImage(images.busybox()).prepared();
    }

    @AfterEach
    void close() {
        agent.close();
        clone.close();
        remote.close();
    }

    @AfterAll
    void removeImages() {
        images.close();
    }

    private void start(String verify) {
        agent.settings().withoutRepositories().repository("ml", remote.url(), verify);
        agent.writeConfig();
        agent.start();
    }

    private String path() {
        return "pipelines/" + pipeline + ".yaml";
    }

    private String version(int n) {
        var web = Manifests.service("web", images.web("signed"), "env: {VERSION: \"" + n + "\"}");
        return Manifests.pipeline(pipeline, "0s", "60s", List.of(web), "");
    }

    private void blocked(String head, String... words) {
        Eventually.is(
                pipeline + " is blocked at " + head + " because of " + List.of(words),
                () -> agent.status(pipeline),
                s ->
                        s.path("state").asText().equals("Blocked")
                                && s.path("head").asText().equals(head)
                                && Stream.of(words).allMatch(s.path("reason").asText()::contains));
    }

    private JsonNode deployed(String commit, String key) {
        var status = agent.awaitSynced(pipeline, commit);
        assertThat(status.path("commit").asText()).isEqualTo(commit);
        assertThat(status.at("/deployment/verified/key").asText()).isEqualTo(key);
        return status;
    }

    private String ended(int code, String... args) {
        var ended = agent.plumb(args);
        assertThat(ended.code())
                .as("%s: %s%s", String.join(" ", args), ended.out(), ended.err())
                .isEqualTo(code);
        return ended.out() + ended.err();
    }

    @Test
    void underHeadAnUnsignedCommitIsBlockedAndALaterGoodOneIsDeployed() {
        var signers = clone.sshKey("anna", "ed25519", "256");
        clone.sshKey("mallory", "ed25519", "256");
        var gpg = clone.openPgpKey("dora", "rsa3072");
        var listed = clone.file("allowed", signers);
        var keyring = clone.file("team.asc", clone.exported(gpg));
        start(
                "verify: {mode: head, keys: [{openpgp: \"%s\"}, {ssh: \"%s\"}]}"
                        .formatted(keyring, listed));

        var one = clone.signedBySsh("anna", path(), version(1));
        var status = deployed(one, clone.sshFingerprint("anna"));
        assertThat(status.at("/deployment/verified/signer").asText()).isEqualTo("anna@example.com");
        assertThat(status.at("/deployment/verified/method").asText()).isEqualTo("ssh");
        assertThat(ended(0, "status", pipeline)).contains("signed", "by anna@example.com");

        var running = engine.running("plumbline.pipeline=" + pipeline);
        var unsigned = clone.unsigned(path(), version(2));
        blocked(unsigned, unsigned, "is not signed", "git commit -S");
        assertThat(ended(DIFFERENT, "sync", pipeline)).contains("is not signed");
        assertThat(ended(DIFFERENT, "retry", pipeline)).contains("does not render a release");
        var foreign = clone.signedBySsh("mallory", path(), version(3));
        blocked(foreign, clone.sshFingerprint("mallory"), "none of the key files");
        agent.restartAfterKill();
        blocked(foreign, "none of the key files");
        assertThat(engine.running("plumbline.pipeline=" + pipeline)).isEqualTo(running);

        deployed(
                clone.signedByOpenPgp(gpg, path(), version(4)),
                gpg.toLowerCase(java.util.Locale.ROOT));
        // The key file is read again when it changes, without a restart.
        var late = clone.signedBySsh("mallory", path(), version(7));
        blocked(late, "none of the key files");
        clone.file("allowed", "");
        blocked(late, "key file", "allowed");
        clone.file("allowed", signers + clone.sshKey("eve", "ecdsa", "521"));
        deployed(clone.signedBySsh("eve", path(), version(8)), clone.sshFingerprint("eve"));
        var history = agent.json("/api/v1/pipelines/" + pipeline + "/history");
        assertThat(history.findValuesAsText("method")).containsExactly("ssh", "openpgp", "ssh");
    }

    @Test
    void underRangeAnUnsignedCommitBlocksUntilHistoryIsMended() {
        var gpg = clone.openPgpKey("dora", "ed25519");
        var keyring = clone.file("team.asc", clone.exported(gpg));
        clone.unsigned("README.md", "from before\n");
        start("verify: {mode: range, keys: [{openpgp: \"%s\"}]}".formatted(keyring));
        var key = gpg.toLowerCase(java.util.Locale.ROOT);

        var one = clone.signedByOpenPgp(gpg, path(), version(1));
        deployed(one, key);
        var bad = clone.unsigned(path(), version(2));
        var head = clone.signedByOpenPgp(gpg, path(), version(3));
        blocked(head, bad, "is not signed", "git rebase");
        agent.restartAfterKill();
        blocked(head, bad, "is not signed");

        clone.git(
                "-c",
                "user.signingKey=" + gpg,
                "rebase",
                "-q",
                "--exec",
                "git -c user.signingKey=" + gpg + " commit -q --amend --no-edit -S",
                one);
        clone.git("push", "-q", "--force", "origin", "HEAD:main");
        deployed(clone.git("rev-parse", "HEAD"), key);

        // What a merge brings along counts too.
        clone.git("checkout", "-q", "-b", "topic");
        clone.git("commit", "-q", "--allow-empty", "-m", "on the side, unsigned");
        var side = clone.git("rev-parse", "HEAD");
        clone.git("checkout", "-q", "main");
        clone.git(
                "-c",
                "user.signingKey=" + gpg,
                "merge",
                "-q",
                "--no-ff",
                "-S",
                "-m",
                "Merge",
                "topic");
        clone.git("push", "-q", "origin", "HEAD:main");
        blocked(clone.git("rev-parse", "HEAD"), side, "is not signed");
    }

    @Test
    void aRevokedKeyRefusesARollbackAndForceOverridesWithGitAway() {
        var listed =
                clone.file(
                        "allowed",
                        clone.sshKey("anna", "ed25519", "256")
                                + clone.sshKey("bob", "rsa", "3072"));
        var keys = "verify: {keys: [{ssh: \"%s\"}]%s}";
        start(keys.formatted(listed, ""));
        var one = clone.signedBySsh("bob", path(), version(1));
        var first = deployed(one, clone.sshFingerprint("bob")).path("release").asText();
        var second =
                deployed(
                                clone.signedBySsh("anna", path(), version(2)),
                                clone.sshFingerprint("anna"))
                        .path("release")
                        .asText();

        remote.goesAway();
        agent.stop();
        var revoked = ", revoked: [\"" + clone.sshFingerprint("bob") + "\"]";
        start(keys.formatted(listed, revoked));
        var target =
                Eventually.is(
                        "the rollback's target is known",
                        () -> agent.status(pipeline).path("rollback"),
                        r -> r.path("target").asText().equals(first));
        assertThat(target.path("ready").asBoolean()).isFalse();
        assertThat(target.path("missing").toString()).contains("listed as revoked");

        for (var to : List.of(List.<String>of(), List.of("--to", one))) {
            var command = new java.util.ArrayList<>(List.of("rollback", pipeline));
            command.addAll(to);
            assertThat(ended(NO_TARGET, command.toArray(String[]::new)))
                    .contains(clone.sshFingerprint("bob"), "listed as revoked", "--force");
        }
        assertThat(agent.status(pipeline).path("release").asText()).isEqualTo(second);

        ended(0, "rollback", pipeline, "--force", "--wait");
        var status = agent.status(pipeline);
        assertThat(status.path("release").asText()).isEqualTo(first);
        assertThat(status.at("/deployment/verified/key").asText())
                .isEqualTo(clone.sshFingerprint("bob"));
        assertThat(agent.json("/api/v1/pipelines/" + pipeline + "/events?follow=false&limit=1000"))
                .anySatisfy(
                        e -> {
                            assertThat(e.path("type").asText()).isEqualTo("RollbackStarted");
                            assertThat(e.path("reason").asText())
                                    .contains("forced", "listed as revoked");
                        });
    }
}
