package io.plumbline.port;

import io.plumbline.core.verify.Verified;
import java.util.List;
import java.util.Optional;

/** The part of the {@link Ledger} with the verified commits. */
public interface VerdictLedger {

    /**
     * Records a verdict, and that its commit is the newest accepted head, in one transaction. An
     * earlier verdict of the commit is kept.
     *
     * @param branch of the repository, as configured
     */
    void verified(String repository, String branch, Verified head);

    /** Records a verdict without a change of the newest head. */
    void verified(String repository, Verified verdict);

    /** Returns the verdict of a commit. */
    Optional<Verified> verdict(String repository, String commit);

    /** Returns the newest accepted head. */
    Optional<String> verifiedHead(String repository, String branch);

    /**
     * Returns the verdicts of the commits that are recorded for a release, newest first; empty for
     * a release of unverified commits.
     */
    List<Verified> verdictsOf(String repository, String pipeline, String release);
}
