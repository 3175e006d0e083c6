package io.plumbline.adapter.signatures;

import io.plumbline.core.verify.SignatureVerdict;
import io.plumbline.core.verify.SignatureVerdict.Bad;
import io.plumbline.core.verify.SignatureVerdict.Good;
import io.plumbline.core.verify.SignatureVerdict.NoKeys;
import io.plumbline.core.verify.SignatureVerdict.Revoked;
import io.plumbline.core.verify.SignatureVerdict.Unsigned;
import io.plumbline.core.verify.SignedCommit;
import io.plumbline.core.verify.VerifyPolicy;
import io.plumbline.port.CommitVerifier;
import io.plumbline.port.PlumblineException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The verifier of commits with key files, which are read again when they change. */
public final class KeyFileVerifier implements CommitVerifier {
    private final List<KeyFile<OpenPgpKeyring>> keyrings;
    private final List<KeyFile<AllowedSigners>> signers;
    private final VerifyPolicy policy;

    /**
     * Creates a verifier. The files need not exist yet; while one cannot be used, no commit is
     * verified.
     *
     * @param keyrings OpenPGP public keys
     * @param signers allowed-signers files
     */
    public KeyFileVerifier(List<Path> keyrings, List<Path> signers, VerifyPolicy policy) {
        this.keyrings =
                keyrings.stream().map(p -> new KeyFile<>(p, OpenPgpKeyring::parse)).toList();
        this.signers = signers.stream().map(p -> new KeyFile<>(p, AllowedSigners::parse)).toList();
        this.policy = policy;
    }

    @Override
    public SignatureVerdict verify(SignedCommit commit, Instant now) {
        List<OpenPgpKeyring> rings;
        List<AllowedSigners> allowed;
        try {
            rings = all(keyrings);
            allowed = all(signers);
        } catch (PlumblineException e) {
            return new NoKeys(String.valueOf(e.getMessage()));
        }
        if (!commit.oddity().isEmpty()) {
            return new Bad(commit.oddity());
        }
        var signature = commit.signature();
        if (signature == null) {
            return new Unsigned();
        }
        try {
            var verdict = check(commit, signature, rings, allowed, now);
            return verdict instanceof Good g && policy.revokes(g.key(), g.issuer())
                    ? new Revoked("key " + g.key() + " (" + g.signer() + ")")
                    : verdict;
        } catch (RuntimeException e) {
            // A library failed on pushed data, which must not stop the verifier.
            return new Bad("it cannot be read: " + e);
        }
    }

    private static <T> List<T> all(List<KeyFile<T>> files) {
        var out = new ArrayList<T>();
        files.forEach(f -> out.add(f.now()));
        return out;
    }

    private static SignatureVerdict check(
            SignedCommit commit,
            byte[] signature,
            List<OpenPgpKeyring> rings,
            List<AllowedSigners> allowed,
            Instant now) {
        var text = new String(signature, StandardCharsets.ISO_8859_1).strip();
        if (text.indexOf("-----BEGIN", 1) >= 0) {
            return new Bad("there are several signatures in one header");
        }
        if (text.startsWith("-----BEGIN PGP ")) {
            return new OpenPgpSignature(rings).check(commit.payload(), signature, now);
        }
        if (text.startsWith(SshSignature.BEGIN)) {
            return new SshSignature(allowed)
                    .check(commit.payload(), signature, commit.committed(), now);
        }
        return new Bad(
                "it is neither an OpenPGP nor an SSH signature; others, X.509 among them, are not"
                        + " supported");
    }
}
