package io.plumbline.runtime.git;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.verify.SignatureVerdict;
import io.plumbline.core.verify.Verified;
import io.plumbline.core.verify.VerifyPolicy;
import io.plumbline.core.verify.VerifyPolicy.Mode;
import io.plumbline.port.Ticker;
import io.plumbline.runtime.MessageSignatures;
import io.plumbline.testkit.FakeGit;
import io.plumbline.testkit.FakeLedger;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CommitGateTest {
    private final FakeGit git = new FakeGit("");
    private final FakeLedger ledger = new FakeLedger();
    private final MessageSignatures signatures = new MessageSignatures();
    private CommitGate gate = gate(Mode.HEAD);

    private CommitGate gate(Mode mode, String... revoked) {
        return new CommitGate("ml", git, signatures.asking(mode, revoked), ledger, Ticker.system());
    }

    private String push(String message) {
        return git.commit(message, Map.of("a.yaml", message));
    }

    private CommitGate.Judgement judge() {
        return gate.judge(Objects.requireNonNull(git.fetch(Duration.ofSeconds(1)).commit()));
    }

    private Verified letsThrough() {
        assertThat(judge()).isInstanceOf(CommitGate.Open.class);
        return Objects.requireNonNull(((CommitGate.Open) judge()).verified());
    }

    private String refuses() {
        assertThat(judge()).isInstanceOf(CommitGate.Shut.class);
        return ((CommitGate.Shut) judge()).why();
    }

    @Test
    void withoutSignaturesEveryHeadPasses() {
        push("one");
        gate = new CommitGate("ml", git, null, ledger, Ticker.system());
        assertThat(judge()).isEqualTo(new CommitGate.Open(null));
    }

    @Test
    void headAsksForTheHeadsSignatureOnly() {
        var bad = push("one");
        assertThat(refuses()).contains(bad, "is not signed", "push a commit on top");
        var good = push("two signed by anna");
        assertThat(letsThrough().commit()).isEqualTo(good);
        assertThat(ledger.verifiedHead("ml", "main")).hasValue(good);
        push("three signed by mallory");
        assertThat(refuses()).contains("key mallory, which is in none of the key files");
    }

    @Test
    void rangeBeginsWithTheHeadAndAsksForAllSince() {
        gate = gate(Mode.RANGE);
        push("zero, before all this");
        push("one signed by anna");
        letsThrough();
        push("two signed by bob");
        push("three signed by anna");
        letsThrough();
        var bad = push("four");
        push("five signed by anna");
        assertThat(refuses()).contains(bad, "is not signed", "git rebase", "mode: head");
        push("six signed by anna");
        assertThat(refuses()).contains(bad);
    }

    @Test
    void rangeGoesOnAfterTheHeadWasDeployedUnderHead() {
        gate = gate(Mode.RANGE);
        push("one signed by anna");
        letsThrough();
        push("two");
        push("three signed by anna");
        refuses();
        gate = gate(Mode.HEAD);
        letsThrough();
        gate = gate(Mode.RANGE);
        letsThrough();
        push("four signed by bob");
        letsThrough();
    }

    @Test
    void aRewrittenHistoryIsAskedForWhatIsNewInIt() {
        gate = gate(Mode.RANGE);
        push("zero");
        var one = push("one signed by anna");
        letsThrough();
        push("two signed by anna");
        letsThrough();
        git.reset(one);
        letsThrough();
        var bad = push("other");
        push("more signed by anna");
        assertThat(refuses()).contains(bad);
        var alone = git.forcePush(Map.of("a.yaml", "x"));
        assertThat(refuses()).contains(alone, "is not signed");
    }

    @Test
    void goingBackToACommitThatWasNeverVerifiedIsNoWayAround() {
        gate = gate(Mode.RANGE);
        var unsigned = push("zero");
        push("one signed by anna");
        letsThrough();
        git.reset(unsigned);
        assertThat(refuses()).contains(unsigned, "is not signed");
    }

    @Test
    void whatWasGoodOnceIsNotAskedForAgainUnlessItsKeyWasRevoked() {
        push("one signed by anna");
        letsThrough();
        int checks = signatures.checks;
        signatures.keys.clear();
        gate = gate(Mode.HEAD);
        letsThrough();
        assertThat(signatures.checks).isEqualTo(checks);
        gate = gate(Mode.HEAD, "anna");
        assertThat(refuses()).contains("key anna", "listed as revoked");
    }

    @Test
    void aRefusedHeadIsAskedForAgainWhenKeysChange() {
        push("one signed by carl");
        refuses();
        signatures.keys.add("carl");
        letsThrough();
    }

    @Test
    void aRangeThatIsRefusedIsNotCheckedFromItsBeginningAtEachLook() {
        gate = gate(Mode.RANGE);
        push("one signed by anna");
        letsThrough();
        for (int i = 0; i < 50; i++) {
            push(i + " signed by anna");
        }
        push("bad");
        push("last signed by anna");
        refuses();
        int checks = signatures.checks;
        refuses();
        assertThat(signatures.checks - checks).isLessThan(10);
    }

    @Test
    void aVerifiedCommitThatIsNotThereAnyMoreBlocksARange() {
        gate = gate(Mode.RANGE);
        push("one signed by anna");
        ledger.verified(
                "ml",
                "main",
                new Verified(
                        "0".repeat(40),
                        "k",
                        "k",
                        "",
                        Verified.Method.SSH,
                        Ticker.system().now(),
                        ""));
        assertThat(refuses()).contains("cannot be verified", "0000", "mode: head");
    }

    @Test
    void whatStandsInASignatureCannotSteerATerminalOrALog() {
        push("one");
        var says = "made for '" + "\u001b[2J\nINFO all is well\r\u202e" + "x".repeat(5000) + "'";
        gate =
                new CommitGate(
                        "ml",
                        git,
                        new SignatureRule(
                                "main",
                                new VerifyPolicy(Mode.HEAD, Set.of()),
                                (_, _) -> new SignatureVerdict.Bad(says)),
                        ledger,
                        Ticker.system());
        assertThat(refuses()).hasSizeLessThan(1000).doesNotContainPattern("[\\p{Cntrl}\u202e]");
    }

    @Test
    void aReleaseIsRefusedWhenAllWhoSignedItAreRevoked() {
        var one = push("one signed by anna");
        letsThrough();
        var two = push("two signed by bob");
        letsThrough();
        ledger.rendered("shop", one, "v1:a");
        ledger.rendered("shop", "unverified", "v1:b");
        gate = gate(Mode.HEAD, "anna");
        assertThat(gate.revoked("shop", "v1:a")).contains("v1:a", "key anna", "revoked");
        assertThat(gate.revoked("shop", "v1:b")).isEmpty();
        ledger.rendered("shop", two, "v1:a");
        assertThat(gate.revoked("shop", "v1:a")).isEmpty();
        ledger.rendered("shop", one, "v1:a");
        assertThat(Objects.requireNonNull(gate.verdictOf("shop", "v1:a")).key()).isEqualTo("bob");
    }
}
