package io.plumbline.adapter.signatures;

import static io.plumbline.adapter.signatures.Fixtures.bytes;
import static io.plumbline.adapter.signatures.Fixtures.changed;
import static io.plumbline.adapter.signatures.Fixtures.commit;
import static io.plumbline.adapter.signatures.Fixtures.text;
import static io.plumbline.adapter.signatures.Fixtures.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.verify.SignatureVerdict;
import io.plumbline.core.verify.SignatureVerdict.Bad;
import io.plumbline.core.verify.SignatureVerdict.Good;
import io.plumbline.core.verify.SignatureVerdict.NoKeys;
import io.plumbline.core.verify.SignatureVerdict.Revoked;
import io.plumbline.core.verify.SignatureVerdict.UnknownKey;
import io.plumbline.core.verify.SignatureVerdict.Unsigned;
import io.plumbline.core.verify.SignedCommit;
import io.plumbline.core.verify.Verified.Method;
import io.plumbline.core.verify.VerifyPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commits that real git signed with real gpg and ssh-keygen. */
class KeyFileVerifierTest {
    /** The commits are of 1 March. */
    private static final Instant JUNE = Instant.parse("2026-06-01T00:00:00Z");

    private static final Instant MARCH = Instant.parse("2026-03-02T00:00:00Z");

    @TempDir Path folder;

    private SignatureVerdict openpgp(SignedCommit commit, Instant now, String... keyrings) {
        var files = Arrays.stream(keyrings).map(k -> write(folder.resolve(k), bytes(k))).toList();
        return new KeyFileVerifier(files, List.of(), policy()).verify(commit, now);
    }

    private SignatureVerdict ssh(SignedCommit commit, String allowedSigners) {
        var file = write(folder.resolve("allowed"), allowedSigners);
        return new KeyFileVerifier(List.of(), List.of(file), policy()).verify(commit, JUNE);
    }

    private static VerifyPolicy policy(String... revoked) {
        return new VerifyPolicy(VerifyPolicy.Mode.HEAD, Set.of(revoked));
    }

    private static String signer(String options, String key) {
        return "anna@example.com " + options + " " + text(key + ".pub");
    }

    private static void isBad(SignatureVerdict verdict, String... words) {
        assertThat(verdict).isInstanceOf(Bad.class);
        assertThat(verdict.problem()).contains(words);
    }

    @Test
    void aCommitWithoutSignatureIsUnsigned() {
        assertThat(openpgp(commit("unsigned"), JUNE, "rsa.asc")).isEqualTo(new Unsigned());
    }

    // ---- OpenPGP

    @ParameterizedTest
    @ValueSource(strings = {"rsa", "ecdsa"})
    void aListedOpenPgpKeyIsGood(String name) {
        var verdict = openpgp(commit(name), JUNE, name + ".asc");
        assertThat(verdict).isInstanceOf(Good.class);
        var good = (Good) verdict;
        assertThat(good.key()).matches("[0-9a-f]{40}").isEqualTo(good.issuer());
        assertThat(good.signer()).isEqualTo("Anna (" + name + ") <anna@example.com>");
        assertThat(good.method()).isEqualTo(Method.OPENPGP);
    }

    @Test
    void aSubkeyForSigningCountsAndNamesItsPrimaryKey() {
        var good = (Good) openpgp(commit("subkey"), JUNE, "subkey.asc");
        assertThat(good.key()).isNotEqualTo(good.issuer());
        assertThat(good.signer()).contains("subkey");
    }

    @Test
    void keyringsMayBeBinaryOrSeveralBlocksOneAfterTheOther() {
        assertThat(openpgp(commit("ecdsa"), JUNE, "ecdsa.gpg")).isInstanceOf(Good.class);
        var both = write(folder.resolve("both"), text("rsa.asc") + text("ecdsa.asc"));
        var verifier = new KeyFileVerifier(List.of(both), List.of(), policy());
        assertThat(verifier.verify(commit("ecdsa"), JUNE)).isInstanceOf(Good.class);
        assertThat(verifier.verify(commit("rsa"), JUNE)).isInstanceOf(Good.class);
    }

    @Test
    void aKeyThatNoFileListsIsUnknown() {
        var verdict = openpgp(commit("rsa"), JUNE, "ecdsa.asc");
        assertThat(verdict).isInstanceOf(UnknownKey.class);
        assertThat(verdict.problem()).contains("OpenPGP key", "none of the key files");
    }

    @Test
    void aSignatureCopiedFromAnotherCommitDoesNotHold() {
        isBad(
                openpgp(changed("rsa", "Commit rsa", "Commit bad"), JUNE, "rsa.asc"),
                "not over this");
        isBad(openpgp(changed("rsa", "tree 4b", "tree 4c"), JUNE, "rsa.asc"), "not over this");
        isBad(
                ssh(changed("ssh-ed25519", "Commit ssh", "Commit bad"), signer("", "ssh-ed25519")),
                "not over this");
    }

    @Test
    void sha1AndWeakKeysAreRefused() {
        isBad(openpgp(commit("sha1"), JUNE, "rsa.asc"), "SHA-1", "too weak");
        isBad(openpgp(commit("weak"), JUNE, "weak.asc"), "too weak");
    }

    @Test
    void anExpiredKeyCountsOnlyUntilItExpires() {
        assertThat(openpgp(commit("expired"), MARCH, "expired.asc")).isInstanceOf(Good.class);
        isBad(openpgp(commit("expired"), JUNE, "expired.asc"), "has expired or is revoked");
    }

    @Test
    void aSignatureMadeAfterItsKeyExpiredDoesNotHold() {
        isBad(openpgp(commit("late"), MARCH, "expired.asc"), "could not sign at 2026-05-01");
    }

    @Test
    void aKeyThatItsOwnerRevokedDoesNotCountAlsoWhenAnotherFileHasAnOldCopy() {
        assertThat(openpgp(commit("revoked"), JUNE, "unrevoked.asc")).isInstanceOf(Good.class);
        assertThat(openpgp(commit("revoked"), JUNE, "revoked.asc")).isInstanceOf(Bad.class);
        assertThat(openpgp(commit("revoked"), JUNE, "unrevoked.asc", "revoked.asc"))
                .isInstanceOf(Bad.class);
    }

    @Test
    void aKeyThatTheOperatorListsAsRevokedDoesNotCount() {
        var good = (Good) openpgp(commit("subkey"), JUNE, "subkey.asc");
        for (var fingerprint : List.of(good.key(), good.issuer())) {
            var file = write(folder.resolve("ring"), bytes("subkey.asc"));
            var verdict =
                    new KeyFileVerifier(List.of(file), List.of(), policy(fingerprint))
                            .verify(commit("subkey"), JUNE);
            assertThat(verdict).isInstanceOf(Revoked.class);
        }
    }

    // ---- SSH

    @ParameterizedTest
    @ValueSource(strings = {"ssh-ed25519", "ssh-ecdsa", "ssh-ecdsa521", "ssh-rsa"})
    void anAllowedSshSignerIsGood(String key) {
        var verdict = ssh(commit(key), signer("namespaces=\"git\"", key));
        assertThat(verdict).isInstanceOf(Good.class);
        var good = (Good) verdict;
        assertThat(good.key()).startsWith("SHA256:").isEqualTo(good.issuer());
        assertThat(good.signer()).isEqualTo("anna@example.com");
        assertThat(good.method()).isEqualTo(Method.SSH);
    }

    @Test
    void anSshKeyThatNoFileListsIsUnknown() {
        assertThat(ssh(commit("ssh-rsa"), signer("", "ssh-ecdsa"))).isInstanceOf(UnknownKey.class);
        var authority = signer("cert-authority", "ssh-rsa");
        assertThat(ssh(commit("ssh-rsa"), authority)).isInstanceOf(UnknownKey.class);
    }

    @Test
    void aSignatureForAnotherNamespaceDoesNotHold() {
        isBad(ssh(commit("namespace"), signer("", "ssh-ed25519")), "'file'", "'git'");
        isBad(
                ssh(commit("ssh-ed25519"), signer("namespaces=\"file\"", "ssh-ed25519")),
                "not listed for the namespace");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "valid-before=\"20260201Z\"",
                "valid-before=\"20260401Z\"",
                "valid-after=\"20260401Z\"",
                "valid-after=\"20260101Z\",valid-before=\"202605312359Z\""
            })
    void anSshKeyMustBeValidWhenTheCommitWasMadeAndNow(String options) {
        isBad(ssh(commit("ssh-ed25519"), signer(options, "ssh-ed25519")), "valid");
    }

    @Test
    void anotherLineMayAllowWhatOneDoesNot() {
        var lines =
                signer("valid-before=\"20260201Z\"", "ssh-ed25519")
                        + signer("valid-after=\"20260201Z\"", "ssh-ed25519");
        assertThat(ssh(commit("ssh-ed25519"), lines)).isInstanceOf(Good.class);
    }

    @Test
    void aCertificateOfAnAllowedAuthorityIsGoodForItsNames() {
        var good =
                (Good)
                        ssh(
                                commit("certified"),
                                "*@example.com cert-authority " + text("authority.pub"));
        assertThat(good.signer()).isEqualTo("anna@example.com");
        assertThat(good.issuer()).isNotEqualTo(good.key());
        isBad(
                ssh(commit("certified"), "*@example.org cert-authority " + text("authority.pub")),
                "no name");
        assertThat(ssh(commit("certified"), signer("", "certified")))
                .isInstanceOf(UnknownKey.class);
        var file = write(folder.resolve("a"), "* cert-authority " + text("authority.pub"));
        assertThat(
                        new KeyFileVerifier(List.of(), List.of(file), policy())
                                .verify(commit("certified"), Instant.parse("2027-02-01T00:00:00Z")))
                .isInstanceOf(Bad.class);
    }

    // ---- files and oddities

    @Test
    void aKeyFileThatCannotBeUsedBlocksEverything() {
        var good = write(folder.resolve("good"), signer("", "ssh-ed25519"));
        for (var content : List.of("", "# nothing\n", "anna ssh-ed25519 AAAA\n")) {
            var bad = write(folder.resolve("bad"), content);
            var verdict =
                    new KeyFileVerifier(List.of(), List.of(good, bad), policy())
                            .verify(commit("ssh-ed25519"), JUNE);
            assertThat(verdict).as("[%s]", content).isInstanceOf(NoKeys.class);
            assertThat(verdict.problem()).contains(bad.toString());
        }
        var missing = folder.resolve("missing");
        var verdict =
                new KeyFileVerifier(List.of(missing), List.of(good), policy())
                        .verify(commit("ssh-ed25519"), JUNE);
        assertThat(verdict).isInstanceOf(NoKeys.class);
        assertThat(verdict.problem()).contains(missing.toString());
    }

    @Test
    void aKeyFileIsReadAgainWhenItChanges() throws IOException {
        var file = write(folder.resolve("allowed"), signer("", "ssh-ecdsa"));
        var verifier = new KeyFileVerifier(List.of(), List.of(file), policy());
        assertThat(verifier.verify(commit("ssh-ed25519"), JUNE)).isInstanceOf(UnknownKey.class);
        write(file, signer("", "ssh-ed25519") + signer("", "ssh-rsa"));
        assertThat(verifier.verify(commit("ssh-ed25519"), JUNE)).isInstanceOf(Good.class);
        write(file, "broken");
        assertThat(verifier.verify(commit("ssh-ed25519"), JUNE)).isInstanceOf(NoKeys.class);
        Files.delete(file);
        assertThat(verifier.verify(commit("ssh-ed25519"), JUNE)).isInstanceOf(NoKeys.class);
        write(file, signer("", "ssh-ed25519"));
        assertThat(verifier.verify(commit("ssh-ed25519"), JUNE)).isInstanceOf(Good.class);
    }

    @Test
    void twoSignaturesAreNone() {
        var rsa = text("rsa.commit");
        int from = rsa.indexOf("gpgsig ");
        var header = rsa.substring(from, rsa.indexOf("\n\nCommit") + 1);
        var twice = rsa.substring(0, from) + header + rsa.substring(from);
        isBad(openpgp(parsed(twice), JUNE, "rsa.asc"), "2 signatures");
        var other = rsa.replace("gpgsig ", "gpgsig-sha256 x\ngpgsig ");
        isBad(openpgp(parsed(other), JUNE, "rsa.asc"), "gpgsig-sha256");
        var blocks = rsa.replace(header, header + header.replace("gpgsig ", " "));
        isBad(openpgp(parsed(blocks), JUNE, "rsa.asc"), "several signatures in one header");
    }

    @Test
    void otherKindsOfSignaturesAreNamed() {
        var x509 = text("rsa.commit").replace("PGP SIGNATURE", "SIGNED MESSAGE");
        isBad(openpgp(parsed(x509), JUNE, "rsa.asc"), "X.509");
    }

    @Test
    void noBrokenSignatureIsGoodOrThrows() {
        var keyring = write(folder.resolve("ring"), bytes("rsa.asc"));
        var signers = write(folder.resolve("signers"), signer("", "ssh-ed25519"));
        var verifier = new KeyFileVerifier(List.of(keyring), List.of(signers), policy());
        var random = new Random(7);
        for (var name : List.of("rsa", "ssh-ed25519", "certified")) {
            var whole = bytes(name + ".commit");
            int from = text(name + ".commit").indexOf("gpgsig");
            for (int i = 0; i < 300; i++) {
                var broken = whole.clone();
                int at = from + 40 + random.nextInt(whole.length - from - 100);
                broken[at] = (byte) (broken[at] == 'x' ? 'y' : 'x');
                var verdict = verifier.verify(SignedCommit.parse(broken), JUNE);
                // In an armor's header or checksum some bytes carry nothing that is signed.
                if (verdict instanceof Good) {
                    assertThat(SignedCommit.parse(broken).payload())
                            .isEqualTo(SignedCommit.parse(whole).payload());
                }
                var cut = Arrays.copyOf(whole, from + random.nextInt(whole.length - from));
                assertThat(verifier.verify(SignedCommit.parse(cut), JUNE))
                        .isNotInstanceOf(Good.class);
            }
        }
    }

    private static SignedCommit parsed(String text) {
        return SignedCommit.parse(text.getBytes(StandardCharsets.UTF_8));
    }
}
