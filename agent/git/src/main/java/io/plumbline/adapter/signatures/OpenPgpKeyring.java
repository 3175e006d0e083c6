package io.plumbline.adapter.signatures;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import org.bouncycastle.bcpg.KeyIdentifier;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.api.OpenPGPCertificate;
import org.bouncycastle.openpgp.api.OpenPGPKeyReader;
import org.bouncycastle.openpgp.api.bc.BcOpenPGPImplementation;

/**
 * A set of public keys with their user ids, subkeys and revocations (RFC 9580, section 10.1), as
 * {@code gpg --export} writes them, armored or not, one after the other.
 */
final class OpenPgpKeyring {
    private final List<OpenPGPCertificate> certificates;

    private OpenPgpKeyring(List<OpenPGPCertificate> certificates) {
        this.certificates = certificates;
    }

    /**
     * Parses a keyring.
     *
     * @throws PlumblineException {@code INVALID}, and nothing else, whatever the bytes are: it is
     *     empty, malformed, or contains a private key
     */
    static OpenPgpKeyring parse(byte[] bytes) {
        List<OpenPGPCertificate> found;
        try {
            found = new OpenPGPKeyReader(new BcOpenPGPImplementation()).parseCertificates(bytes);
        } catch (IOException | RuntimeException e) {
            var why = String.valueOf(e.getMessage());
            throw invalid(
                    why.contains("PGPSecretKeyRing")
                            ? "it holds a private key; give it public ones (gpg --export, not"
                                    + " --export-secret-keys)"
                            : "it is not an OpenPGP keyring (gpg --export --armor KEY): " + why,
                    e);
        }
        if (found.isEmpty()) {
            throw invalid("there is no OpenPGP key in it (gpg --export --armor KEY)", null);
        }
        return new OpenPgpKeyring(List.copyOf(found));
    }

    private static PlumblineException invalid(
            String why, @org.jspecify.annotations.Nullable Throwable cause) {
        return cause == null
                ? new PlumblineException(FailureKind.INVALID, why)
                : new PlumblineException(FailureKind.INVALID, why, cause);
    }

    /**
     * Returns the certificates with this key, of all keyrings. Copies of one certificate are
     * joined, so that a revocation in one of them counts.
     */
    static List<OpenPGPCertificate> with(KeyIdentifier key, List<OpenPgpKeyring> rings) {
        var found = new LinkedHashMap<String, OpenPGPCertificate>();
        for (var ring : rings) {
            for (var c : ring.certificates) {
                if (c.getKey(key) != null) {
                    found.merge(fingerprint(c), c, OpenPgpKeyring::joined);
                }
            }
        }
        return new ArrayList<>(found.values());
    }

    private static String fingerprint(OpenPGPCertificate c) {
        return HexFormat.of().formatHex(c.getFingerprint());
    }

    private static OpenPGPCertificate joined(OpenPGPCertificate a, OpenPGPCertificate b) {
        try {
            return OpenPGPCertificate.join(a, b);
        } catch (PGPException e) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "the copies of key "
                            + fingerprint(a)
                            + " do not fit together: "
                            + e.getMessage(),
                    e);
        }
    }
}
