package io.plumbline.port;

import io.plumbline.core.verify.Verified;
import java.util.List;
import java.util.Optional;

/** The part of the {@link Ledger} that remembers whose signatures were found good. */
public interface VerdictLedger {

    /**
     * Remembers a verdict, and that its commit is the newest head that was let through, in one
     * transaction. A commit that has a verdict keeps the one it has.
     *
     * @param branch of the repository, as configured
     */
    void verified(String repository, String branch, Verified head);

    /** Remembers a verdict without moving the newest head. */
    void verified(String repository, Verified verdict);

    /** The verdict of a commit. */
    Optional<Verified> verdict(String repository, String commit);

    /** The newest head that was let through. */
    Optional<String> verifiedHead(String repository, String branch);

    /**
     * The verdicts of the commits that are on record as rendering a release, newest first; empty
     * for a release of unverified commits.
     */
    List<Verified> verdictsOf(String repository, String pipeline, String release);
}
