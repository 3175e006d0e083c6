package io.plumbline.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.adapter.signatures.KeyFileVerifier;
import io.plumbline.core.verify.SignatureVerdict;
import io.plumbline.core.verify.SignedCommit;
import io.plumbline.core.verify.VerifyPolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A commit object as somebody pushed it. Checking never throws, and whatever is found good has the
 * very bytes that a listed key signed.
 */
final class SignedCommitTarget implements FuzzTarget {
    private static final String FIXTURES = "/io/plumbline/adapter/signatures/";
    private static final List<String> COMMITS =
            List.of("ecdsa", "rsa", "ssh-ed25519", "ssh-ecdsa", "unsigned", "sha1", "subkey");
    private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");

    private final Set<String> signed = new HashSet<>();
    private @Nullable KeyFileVerifier verifier;

    @Override
    public String name() {
        return "signed-commit";
    }

    @Override
    public List<byte[]> seeds() throws IOException {
        var seeds = new java.util.ArrayList<byte[]>();
        for (var name : COMMITS) {
            seeds.add(fixture(name + ".commit"));
        }
        return seeds;
    }

    @Override
    public void take(byte[] input) throws IOException {
        var commit = SignedCommit.parse(input);
        var verdict = verifier().verify(commit, NOW);
        if (verdict instanceof SignatureVerdict.Good) {
            assertThat(signed).contains(text(commit.payload()));
        }
    }

    private KeyFileVerifier verifier() throws IOException {
        if (verifier == null) {
            for (var name : COMMITS) {
                signed.add(text(SignedCommit.parse(fixture(name + ".commit")).payload()));
            }
            var folder = Files.createTempDirectory("plumbline-fuzz");
            folder.toFile().deleteOnExit();
            var ring = keep(folder, "ring.asc", fixture("rsa.asc"));
            var signers =
                    keep(
                            folder,
                            "signers",
                            ("* " + text(fixture("ssh-ed25519.pub")))
                                    .getBytes(StandardCharsets.ISO_8859_1));
            verifier =
                    new KeyFileVerifier(
                            List.of(ring),
                            List.of(signers),
                            new VerifyPolicy(VerifyPolicy.Mode.HEAD, Set.of()));
            for (var name : List.of("rsa", "ssh-ed25519")) {
                assertThat(verifier.verify(SignedCommit.parse(fixture(name + ".commit")), NOW))
                        .as("without a good one nothing is shown")
                        .isInstanceOf(SignatureVerdict.Good.class);
            }
        }
        return verifier;
    }

    private static Path keep(Path folder, String name, byte[] bytes) throws IOException {
        var file = Files.write(folder.resolve(name), bytes);
        file.toFile().deleteOnExit();
        return file;
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    static byte[] fixture(String name) {
        try (var in = SignedCommitTarget.class.getResourceAsStream(FIXTURES + name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
