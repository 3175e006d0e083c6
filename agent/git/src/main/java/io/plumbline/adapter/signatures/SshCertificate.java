package io.plumbline.adapter.signatures;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.apache.sshd.common.SshException;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.jspecify.annotations.Nullable;

/** A user's certificate, as in OpenSSH's PROTOCOL.certkeys. */
final class SshCertificate {
    private static final String SUFFIX = "-cert-v01@openssh.com";

    /** Critical options that concern logins, not signatures. */
    private static final Set<String> KNOWN_OPTIONS =
            Set.of(
                    OpenSshCertificate.FORCE_COMMAND,
                    OpenSshCertificate.SOURCE_ADDRESS,
                    OpenSshCertificate.VERIFY_REQUIRED);

    private final OpenSshCertificate certificate;
    private final SshKey key;
    private final SshKey authority;

    private SshCertificate(OpenSshCertificate certificate, SshKey key, SshKey authority) {
        this.certificate = certificate;
        this.key = key;
        this.authority = authority;
    }

    static boolean isOne(byte[] blob) {
        try {
            return new ByteArrayBuffer(blob).getString().endsWith(SUFFIX);
        } catch (RuntimeException e) {
            return false;
        }
    }

    /**
     * Parses a certificate; nothing of it is trusted yet.
     *
     * @throws IllegalArgumentException if it cannot be parsed
     */
    static SshCertificate parse(byte[] blob) {
        try {
            if (new ByteArrayBuffer(blob).getRawPublicKey() instanceof OpenSshCertificate c) {
                return new SshCertificate(c, wired(c.getCertPubKey()), wired(c.getCaPubKey()));
            }
        } catch (SshException | RuntimeException e) {
            throw new IllegalArgumentException(
                    "its certificate cannot be read: " + e.getMessage(), e);
        }
        throw new IllegalArgumentException("its certificate cannot be read");
    }

    private static SshKey wired(java.security.PublicKey key) {
        var out = new ByteArrayBuffer();
        out.putRawPublicKey(key);
        return SshKey.of(out.getCompactData());
    }

    SshKey key() {
        return key;
    }

    SshKey authority() {
        return authority;
    }

    /** Returns its names that match the patterns. */
    List<String> principals(String patterns) {
        return certificate.getPrincipals().stream()
                .filter(name -> PatternList.matches(patterns, name))
                .toList();
    }

    /** Returns why the certificate is refused, empty if it is valid. */
    String problem(List<String> names, @Nullable Instant committed, Instant now) {
        if (certificate.getType() != OpenSshCertificate.Type.USER) {
            return "its certificate is not a user's";
        }
        if (names.isEmpty()) {
            return "its certificate has no name that the authority "
                    + authority.fingerprint()
                    + " is allowed to vouch for";
        }
        if (committed == null
                || !OpenSshCertificate.isValidAt(certificate, committed)
                || !OpenSshCertificate.isValidAt(certificate, now)) {
            return "its certificate was not valid when the commit says it was made, or is not now";
        }
        for (var option : certificate.getCriticalOptions()) {
            if (!KNOWN_OPTIONS.contains(option.getName())) {
                return "its certificate has the critical option '"
                        + option.getName()
                        + "', which is not known here";
            }
        }
        try {
            var algorithm = certificate.getSignatureAlgorithm();
            return authority.signsWith(algorithm)
                            && holds(
                                    authority,
                                    algorithm,
                                    certificate.getMessage(),
                                    certificate.getSignature())
                    ? ""
                    : "its certificate is not signed by the authority that it names";
        } catch (Exception e) {
            return "its certificate cannot be checked: " + e.getMessage();
        }
    }

    /** Whether a signature, encoded with its algorithm's name in front, signs these bytes. */
    static boolean holds(SshKey key, String algorithm, byte[] bytes, byte[] signature)
            throws Exception {
        var verifier = SshSignature.algorithm(algorithm).create();
        verifier.initVerifier(null, key.key());
        verifier.update(null, bytes);
        return verifier.verify(null, signature);
    }
}
