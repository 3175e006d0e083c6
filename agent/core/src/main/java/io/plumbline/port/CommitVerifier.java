package io.plumbline.port;

import io.plumbline.core.verify.SignatureVerdict;
import io.plumbline.core.verify.SignedCommit;
import java.time.Instant;

/** The check of signatures against the key files of one repository. Safe for several threads. */
public interface CommitVerifier {

    /**
     * Judges one commit. Returns a verdict for any content, and never throws. If a key file cannot
     * be used, the verdict is {@link SignatureVerdict.NoKeys}.
     *
     * @param now the key must be valid at this time, too, and not only at the signature's own time,
     *     because the signer writes that one
     */
    SignatureVerdict verify(SignedCommit commit, Instant now);
}
