package io.plumbline.port;

import io.plumbline.core.verify.SignatureVerdict;
import io.plumbline.core.verify.SignedCommit;
import java.time.Instant;

/** Checks signatures against the key files of one repository. Safe for use by several threads. */
public interface CommitVerifier {

    /**
     * Judges one commit. Whatever the commit holds, the answer is a verdict and never an exception;
     * a key file that cannot be used is {@link SignatureVerdict.NoKeys}.
     *
     * @param now the key has to be valid at this time too, not only when the signature says that it
     *     was made: that is written by whoever signs
     */
    SignatureVerdict verify(SignedCommit commit, Instant now);
}
