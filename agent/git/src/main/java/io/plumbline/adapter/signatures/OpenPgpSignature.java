package io.plumbline.adapter.signatures;

import io.plumbline.core.verify.SignatureVerdict;
import io.plumbline.core.verify.SignatureVerdict.Bad;
import io.plumbline.core.verify.SignatureVerdict.Good;
import io.plumbline.core.verify.SignatureVerdict.UnknownKey;
import io.plumbline.core.verify.Verified.Method;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import org.bouncycastle.bcpg.ArmoredInputStream;
import org.bouncycastle.bcpg.HashAlgorithmTags;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureList;
import org.bouncycastle.openpgp.api.OpenPGPCertificate;
import org.bouncycastle.openpgp.api.OpenPGPCertificate.OpenPGPComponentKey;
import org.bouncycastle.openpgp.api.OpenPGPDefaultPolicy;
import org.bouncycastle.openpgp.api.OpenPGPPolicy;
import org.bouncycastle.openpgp.api.OpenPGPSignature;
import org.bouncycastle.openpgp.api.OpenPGPSignature.OpenPGPDocumentSignature;
import org.bouncycastle.openpgp.bc.BcPGPObjectFactory;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentVerifierBuilderProvider;

/**
 * The check of an OpenPGP signature (RFC 9580, section 5.2) of a commit.
 *
 * <ol>
 *   <li>There is exactly one signature, of a binary document.
 *   <li>Its key is in a keyring; no other key is used for a computation.
 *   <li>Hash and key are strong enough: no SHA-1, MD5 or RIPEMD-160, no DSA, no RSA below 2000
 *       bits.
 *   <li>It signs these bytes.
 *   <li>The key was valid at the signature's time, and is valid now: bound to its primary key
 *       (which a subkey confirms in turn), permitted to sign, neither expired nor revoked.
 * </ol>
 */
@SuppressWarnings("JavaUtilDate") // Bouncy Castle's times
final class OpenPgpSignature {
    private static final OpenPGPPolicy POLICY = new OpenPGPDefaultPolicy();

    private final List<OpenPgpKeyring> rings;

    OpenPgpSignature(List<OpenPgpKeyring> rings) {
        this.rings = rings;
    }

    SignatureVerdict check(byte[] payload, byte[] armored, Instant now) {
        PGPSignature signature;
        try {
            signature = only(armored);
        } catch (IOException | RuntimeException e) {
            return new Bad("it cannot be read: " + e.getMessage());
        }
        if (signature == null) {
            return new Bad("there is not one OpenPGP signature in it");
        }
        if (signature.getSignatureType() != PGPSignature.BINARY_DOCUMENT) {
            return new Bad("it is not over a document as it is");
        }
        var id = OpenPGPSignature.getMostExpressiveIdentifier(signature.getKeyIdentifiers());
        if (id == null) {
            return new Bad("it does not say by which key it was made");
        }
        var found = OpenPgpKeyring.with(id, rings);
        if (found.isEmpty()) {
            return new UnknownKey(
                    "OpenPGP key " + id.toString().toLowerCase(java.util.Locale.ROOT));
        }
        SignatureVerdict last = new Bad("it cannot be checked");
        for (var certificate : found) {
            last = check(payload, signature, certificate, certificate.getKey(id), now);
            if (last instanceof Good) {
                return last;
            }
        }
        return last;
    }

    private static @org.jspecify.annotations.Nullable PGPSignature only(byte[] armored)
            throws IOException {
        try (var in = new ArmoredInputStream(new ByteArrayInputStream(armored))) {
            var objects = new BcPGPObjectFactory(in);
            return objects.nextObject() instanceof PGPSignatureList list
                            && list.size() == 1
                            && objects.nextObject() == null
                    ? list.get(0)
                    : null;
        }
    }

    private static SignatureVerdict check(
            byte[] payload,
            PGPSignature signature,
            OpenPGPCertificate certificate,
            OpenPGPComponentKey key,
            Instant now) {
        var fingerprint = hex(key);
        if (!POLICY.hasAcceptableDocumentSignatureHashAlgorithm(signature)) {
            return new Bad("it is made with " + hash(signature) + ", which is too weak");
        }
        if (!POLICY.isAcceptablePublicKey(key.getPGPPublicKey())) {
            return new Bad(
                    "key " + fingerprint + " is too weak, or of a kind that is not accepted");
        }
        try {
            signature.init(new BcPGPContentVerifierBuilderProvider(), key.getPGPPublicKey());
            signature.update(payload);
            var document = new OpenPGPDocumentSignature(signature, key);
            if (!document.verify()) {
                return new Bad("it is not over this commit, or was changed");
            }
            var problem = problem(document, certificate, key, Date.from(now));
            return problem.isEmpty()
                    ? new Good(
                            fingerprint,
                            hex(certificate.getPrimaryKey()),
                            signer(certificate),
                            Method.OPENPGP)
                    : new Bad(problem);
        } catch (PGPException e) {
            return new Bad("it cannot be checked: " + e.getMessage());
        }
    }

    private static String problem(
            OpenPGPDocumentSignature document,
            OpenPGPCertificate certificate,
            OpenPGPComponentKey key,
            Date now)
            throws PGPException {
        var made = document.getCreationTime();
        if (!document.isValidAt(made, POLICY)) {
            return "key "
                    + hex(key)
                    + " could not sign at "
                    + made.toInstant()
                    + ", when the signature says it was made: expired, revoked, or not a key for"
                    + " signing";
        }
        if (!certificate.getPrimaryKey().isBoundAt(now)
                || !key.isBoundAt(now)
                || !key.isSigningKey(now)) {
            return "key " + hex(key) + " has expired or is revoked";
        }
        var expires = document.getExpirationTime();
        return expires != null && expires.before(now)
                ? "the signature expired at " + expires.toInstant()
                : "";
    }

    private static String signer(OpenPGPCertificate certificate) {
        var user = certificate.getPrimaryUserId();
        if (user != null) {
            return user.getUserId();
        }
        var all = certificate.getAllUserIds();
        return all.isEmpty() ? "" : all.getFirst().getUserId();
    }

    private static String hex(OpenPGPComponentKey key) {
        return HexFormat.of().formatHex(key.getPGPPublicKey().getFingerprint());
    }

    private static String hash(PGPSignature signature) {
        return switch (signature.getHashAlgorithm()) {
            case HashAlgorithmTags.MD5 -> "MD5";
            case HashAlgorithmTags.SHA1 -> "SHA-1";
            case HashAlgorithmTags.RIPEMD160 -> "RIPEMD-160";
            default -> "hash algorithm " + signature.getHashAlgorithm();
        };
    }
}
