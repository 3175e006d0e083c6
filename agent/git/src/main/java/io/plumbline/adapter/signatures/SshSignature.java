package io.plumbline.adapter.signatures;

import io.plumbline.adapter.signatures.AllowedSigners.Signer;
import io.plumbline.core.verify.SignatureVerdict;
import io.plumbline.core.verify.SignatureVerdict.Bad;
import io.plumbline.core.verify.SignatureVerdict.Good;
import io.plumbline.core.verify.SignatureVerdict.UnknownKey;
import io.plumbline.core.verify.Verified.Method;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.apache.sshd.common.signature.BuiltinSignatures;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The check of an SSH signature of a commit, as in OpenSSH's PROTOCOL.sshsig.
 *
 * <ol>
 *   <li>It is armored, of version 1, made for the namespace {@code git}, with a SHA-256 or SHA-512
 *       hash.
 *   <li>Its key is an allowed signer, or its certificate is of an allowed authority; no other key
 *       is used for a computation. The signer is valid for {@code git}, at the commit's time and
 *       now.
 *   <li>The algorithm fits the key; it is never {@code ssh-rsa}, which is SHA-1.
 *   <li>It signs these bytes.
 * </ol>
 */
final class SshSignature {
    static final String BEGIN = "-----BEGIN SSH SIGNATURE-----";
    private static final String END = "-----END SSH SIGNATURE-----";
    private static final String NAMESPACE = "git";
    private static final byte[] MAGIC = "SSHSIG".getBytes(StandardCharsets.US_ASCII);
    private static final Map<String, String> HASHES =
            Map.of("sha256", "SHA-256", "sha512", "SHA-512");

    private final List<AllowedSigners> files;

    SshSignature(List<AllowedSigners> files) {
        this.files = files;
    }

    /** The fields of a signature. */
    private record Blob(
            byte[] key, String namespace, byte[] reserved, String hash, byte[] signature) {}

    /** The signer of a key, and why it may not be used. */
    private record Claim(SshKey key, String issuer, String signer, String problem) {}

    SignatureVerdict check(
            byte[] payload, byte[] armored, @Nullable Instant committed, Instant now) {
        try {
            var blob = blob(dearmored(armored));
            if (!blob.namespace().equals(NAMESPACE)) {
                return new Bad(
                        "it was made for '" + blob.namespace() + "', not for '" + NAMESPACE + "'");
            }
            var claim = claim(blob.key(), committed, now);
            if (claim == null) {
                return new UnknownKey("SSH key " + fingerprint(blob.key()));
            }
            return claim.problem().isEmpty()
                    ? check(payload, blob, claim)
                    : new Bad(claim.problem());
        } catch (IllegalArgumentException e) {
            return new Bad(String.valueOf(e.getMessage()));
        }
    }

    private static byte[] dearmored(byte[] armored) {
        var text = new String(armored, StandardCharsets.ISO_8859_1).strip();
        if (!text.startsWith(BEGIN)
                || !text.endsWith(END)
                || text.length() < BEGIN.length() + END.length()) {
            throw new IllegalArgumentException("it is not armored as an SSH signature");
        }
        var inner = text.substring(BEGIN.length(), text.length() - END.length());
        try {
            return Base64.getDecoder().decode(inner.replaceAll("\\s", ""));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("it is not base64", e);
        }
    }

    private static Blob blob(byte[] bytes) {
        var in = new ByteArrayBuffer(bytes);
        var magic = new byte[MAGIC.length];
        try {
            in.getRawBytes(magic);
            if (!MessageDigest.isEqual(magic, MAGIC)) {
                throw new IllegalArgumentException("it does not begin with SSHSIG");
            }
            long version = in.getUInt();
            if (version != 1) {
                throw new IllegalArgumentException("it is of version " + version + ", not 1");
            }
            var blob =
                    new Blob(
                            in.getBytes(),
                            in.getString(),
                            in.getBytes(),
                            in.getString(),
                            in.getBytes());
            if (in.available() > 0) {
                throw new IllegalArgumentException("there is something behind it");
            }
            return blob;
        } catch (IllegalArgumentException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("it is cut off or malformed", e);
        }
    }

    private @Nullable Claim claim(byte[] key, @Nullable Instant committed, Instant now) {
        var certificate = SshCertificate.isOne(key) ? SshCertificate.parse(key) : null;
        Claim found = null;
        for (var signer : all()) {
            boolean listed =
                    certificate == null
                            ? !signer.authority() && signer.key().is(key)
                            : signer.authority() && signer.key().is(certificate.authority());
            if (!listed) {
                continue;
            }
            found =
                    certificate == null
                            ? new Claim(
                                    signer.key(),
                                    signer.key().fingerprint(),
                                    signer.principals(),
                                    problem(signer, committed, now))
                            : claim(certificate, signer, committed, now);
            if (found.problem().isEmpty()) {
                return found;
            }
        }
        return found;
    }

    private static Claim claim(
            SshCertificate certificate, Signer signer, @Nullable Instant committed, Instant now) {
        var names = certificate.principals(signer.principals());
        var problem = problem(signer, committed, now);
        return new Claim(
                certificate.key(),
                signer.key().fingerprint(),
                String.join(",", names),
                problem.isEmpty() ? certificate.problem(names, committed, now) : problem);
    }

    private List<Signer> all() {
        var out = new ArrayList<Signer>();
        files.forEach(f -> out.addAll(f.signers()));
        return out;
    }

    private static String problem(Signer signer, @Nullable Instant committed, Instant now) {
        var key = "key " + signer.key().fingerprint();
        if (!signer.allows(NAMESPACE)) {
            return key + " is not listed for the namespace '" + NAMESPACE + "'";
        }
        if (committed == null) {
            return "the commit does not say when it was made";
        }
        if (!signer.validAt(committed)) {
            return key + " was not valid at " + committed + ", when the commit says it was made";
        }
        return signer.validAt(now) ? "" : key + " is not valid now (valid-after, valid-before)";
    }

    private static SignatureVerdict check(byte[] payload, Blob blob, Claim claim) {
        var hash = HASHES.get(blob.hash());
        if (hash == null) {
            return new Bad("it is made with the hash '" + blob.hash() + "', not sha256 or sha512");
        }
        var inner = new ByteArrayBuffer(blob.signature());
        String algorithm;
        try {
            algorithm = inner.getString();
        } catch (RuntimeException e) {
            return new Bad("it is cut off or malformed");
        }
        if (!claim.key().signsWith(algorithm)) {
            return new Bad(
                    "it is made with '" + algorithm + "', which is too weak or not of its key");
        }
        boolean holds;
        try {
            var digest = MessageDigest.getInstance(hash).digest(payload);
            var signed = new ByteArrayBuffer();
            signed.putRawBytes(MAGIC);
            signed.putString(blob.namespace());
            signed.putBytes(blob.reserved());
            signed.putString(blob.hash());
            signed.putBytes(digest);
            holds =
                    SshCertificate.holds(
                            claim.key(), algorithm, signed.getCompactData(), blob.signature());
        } catch (Exception e) {
            return new Bad("it cannot be checked: " + e.getMessage());
        }
        return holds
                ? new Good(claim.key().fingerprint(), claim.issuer(), claim.signer(), Method.SSH)
                : new Bad("it is not over this commit, or was changed");
    }

    private static String fingerprint(byte[] key) {
        return SshCertificate.isOne(key)
                ? SshCertificate.parse(key).key().fingerprint()
                : SshKey.fingerprint(key);
    }

    static BuiltinSignatures algorithm(String name) {
        var found = BuiltinSignatures.fromFactoryName(name);
        if (found == null || !found.isSupported()) {
            throw new IllegalArgumentException(
                    "the algorithm '" + name + "' is not supported here");
        }
        return found;
    }
}
