package io.plumbline.core.rollout;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.Release;
import io.plumbline.core.verify.Verified;
import org.jspecify.annotations.Nullable;

/** What Git says of one pipeline, as far as it is known. */
public sealed interface Head {

    /** The commit that this was read from; empty where none was read. */
    String commit();

    /** Git has not been looked at since the agent started, or cannot be. */
    record Unseen(String reason) implements Head {
        @Override
        public String commit() {
            return "";
        }
    }

    /** The commit does not have the pipeline any more. */
    record Left(String commit) implements Head {}

    /** It cannot be rendered for a reason that only a person can mend. */
    record Broken(String commit, String reason) implements Head {}

    /** It could not be rendered this time; it is tried again. */
    record Unresolved(String commit, FailureKind kind, String reason) implements Head {}

    /**
     * It renders this release.
     *
     * @param verified whose signature lets it through; null where none is asked for
     */
    record Ready(String commit, Release release, @Nullable Verified verified) implements Head {
        /** One whose signature is not asked for. */
        public Ready(String commit, Release release) {
            this(commit, release, null);
        }
    }
}
