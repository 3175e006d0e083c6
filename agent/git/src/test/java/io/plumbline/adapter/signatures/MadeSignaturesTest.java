package io.plumbline.adapter.signatures;

import static io.plumbline.adapter.signatures.Fixtures.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.verify.SignatureVerdict;
import io.plumbline.core.verify.SignatureVerdict.Bad;
import io.plumbline.core.verify.SignatureVerdict.Good;
import io.plumbline.core.verify.SignatureVerdict.NoKeys;
import io.plumbline.core.verify.SignedCommit;
import io.plumbline.core.verify.VerifyPolicy;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.bouncycastle.bcpg.ArmoredOutputStream;
import org.bouncycastle.bcpg.HashAlgorithmTags;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureGenerator;
import org.bouncycastle.openpgp.api.OpenPGPKey;
import org.bouncycastle.openpgp.api.bc.BcOpenPGPApi;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentSignerBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signatures that the usual tools do not make: on a security key, by a key not for signing, ... */
@SuppressWarnings("JavaUtilDate") // Bouncy Castle's times
class MadeSignaturesTest {
    private static final String COMMIT =
            """
            tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904
            author Anna <anna@example.com> 1772366400 +0000
            committer Anna <anna@example.com> 1772366400 +0000

            A commit
            """;
    private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
    private static final String SK = "sk-ssh-ed25519@openssh.com";

    @TempDir Path folder;

    private static SignedCommit signed(String armored) {
        var header = "gpgsig " + armored.strip().replace("\n", "\n ") + "\n";
        return SignedCommit.parse(
                COMMIT.replace("\n\nA", "\n" + header + "\nA").getBytes(StandardCharsets.UTF_8));
    }

    private static SignatureVerdict verify(
            @Nullable Path keyring, @Nullable Path signers, SignedCommit commit) {
        return new KeyFileVerifier(
                        keyring == null ? List.of() : List.of(keyring),
                        signers == null ? List.of() : List.of(signers),
                        new VerifyPolicy(VerifyPolicy.Mode.HEAD, Set.of()))
                .verify(commit, NOW);
    }

    // ---- a security key, as OpenSSH's PROTOCOL.u2f describes it

    private static byte[] skBlob(KeyPair key) {
        var encoded = key.getPublic().getEncoded();
        var out = new ByteArrayBuffer();
        out.putString(SK);
        out.putBytes(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length));
        out.putString("ssh:");
        return out.getCompactData();
    }

    private static byte[] sha256(byte[] bytes) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(bytes);
    }

    private static String armored(KeyPair key, int flags, String hash, String algorithm)
            throws Exception {
        var magic = "SSHSIG".getBytes(StandardCharsets.US_ASCII);
        var digest =
                MessageDigest.getInstance(hash.equals("sha512") ? "SHA-512" : "SHA-1")
                        .digest(COMMIT.getBytes(StandardCharsets.UTF_8));
        var message = new ByteArrayBuffer();
        message.putRawBytes(magic);
        message.putString("git");
        message.putString("");
        message.putString(hash);
        message.putBytes(digest);
        var challenge = new ByteArrayOutputStream();
        challenge.writeBytes(sha256("ssh:".getBytes(StandardCharsets.UTF_8)));
        challenge.write(flags);
        challenge.writeBytes(new byte[] {0, 0, 0, 7});
        challenge.writeBytes(sha256(message.getCompactData()));
        var signer = Signature.getInstance("Ed25519");
        signer.initSign(key.getPrivate());
        signer.update(challenge.toByteArray());
        var signature = new ByteArrayBuffer();
        signature.putString(algorithm);
        signature.putBytes(signer.sign());
        signature.putByte((byte) flags);
        signature.putUInt(7);
        var blob = new ByteArrayBuffer();
        blob.putRawBytes(magic);
        blob.putUInt(1);
        blob.putBytes(skBlob(key));
        blob.putString("git");
        blob.putString("");
        blob.putString(hash);
        blob.putBytes(signature.getCompactData());
        return "-----BEGIN SSH SIGNATURE-----\n"
                + Base64.getMimeEncoder(70, new byte[] {'\n'}).encodeToString(blob.getCompactData())
                + "\n-----END SSH SIGNATURE-----\n";
    }

    @Test
    void aSecurityKeyCountsOnlyIfSomebodyTouchedIt() throws Exception {
        var key = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        var line = "anna " + SK + " " + Base64.getEncoder().encodeToString(skBlob(key));
        var signers = write(folder.resolve("signers"), line);
        assertThat(verify(null, signers, signed(armored(key, 1, "sha512", SK))))
                .isInstanceOf(Good.class);
        assertThat(verify(null, signers, signed(armored(key, 0, "sha512", SK))))
                .isInstanceOf(Bad.class);
    }

    @Test
    void otherHashesAndAlgorithmsThanTheFormatAllowsAreRefused() throws Exception {
        var key = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        var line = "anna " + SK + " " + Base64.getEncoder().encodeToString(skBlob(key));
        var signers = write(folder.resolve("signers"), line);
        assertThat(verify(null, signers, signed(armored(key, 1, "sha1", SK))).problem())
                .contains("hash 'sha1'");
        for (var algorithm : List.of("ssh-rsa", "ssh-ed25519", "none")) {
            assertThat(
                            verify(null, signers, signed(armored(key, 1, "sha512", algorithm)))
                                    .problem())
                    .contains("'" + algorithm + "'");
        }
    }

    // ---- OpenPGP

    private static OpenPGPKey key() throws Exception {
        return new BcOpenPGPApi()
                .generateKey(4, Date.from(Instant.parse("2026-01-01T00:00:00Z")))
                .ed25519x25519Key("Anna <anna@example.com>")
                .build();
    }

    private static String by(OpenPGPKey key, boolean primary, int type) throws Exception {
        var secret =
                primary
                        ? key.getPrimarySecretKey()
                        : key.getSecretKey(key.getSigningKeys().getFirst());
        var pair = secret.unlock().getKeyPair();
        var generator =
                new PGPSignatureGenerator(
                        new BcPGPContentSignerBuilder(
                                pair.getPublicKey().getAlgorithm(), HashAlgorithmTags.SHA512),
                        pair.getPublicKey());
        generator.init(type, pair.getPrivateKey());
        var hashed = new org.bouncycastle.openpgp.PGPSignatureSubpacketGenerator();
        hashed.setSignatureCreationTime(Date.from(Instant.parse("2026-03-01T00:00:00Z")));
        hashed.setIssuerFingerprint(false, pair.getPublicKey());
        generator.setHashedSubpackets(hashed.generate());
        generator.update(COMMIT.getBytes(StandardCharsets.UTF_8));
        var out = new ByteArrayOutputStream();
        try (var armor = ArmoredOutputStream.builder().build(out)) {
            generator.generate().encode(armor);
        }
        return out.toString(StandardCharsets.US_ASCII);
    }

    @Test
    void aKeyThatIsNotForSigningDoesNotCountAlsoIfItsSignatureHolds() throws Exception {
        var key = key();
        var ring = write(folder.resolve("ring"), key.toCertificate().toAsciiArmoredString());
        int binary = PGPSignature.BINARY_DOCUMENT;
        assertThat(verify(ring, null, signed(by(key, false, binary)))).isInstanceOf(Good.class);
        var primary = verify(ring, null, signed(by(key, true, binary)));
        assertThat(primary).isInstanceOf(Bad.class);
        assertThat(primary.problem()).contains("not a key for signing");
    }

    @Test
    void aSignatureOverTextCouldMeanOtherBytesAndIsRefused() throws Exception {
        var key = key();
        var ring = write(folder.resolve("ring"), key.toCertificate().toAsciiArmoredString());
        int text = PGPSignature.CANONICAL_TEXT_DOCUMENT;
        assertThat(verify(ring, null, signed(by(key, false, text))).problem())
                .contains("not over a document as it is");
    }

    @Test
    void aPrivateKeyIsNoKeyring() throws Exception {
        var ring = write(folder.resolve("ring"), key().toAsciiArmoredString());
        var verdict = verify(ring, null, signed("-----BEGIN PGP SIGNATURE-----"));
        assertThat(verdict).isInstanceOf(NoKeys.class);
        assertThat(verdict.problem()).contains("private key");
    }
}
