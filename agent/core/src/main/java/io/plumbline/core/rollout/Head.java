package io.plumbline.core.rollout;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.Release;
import io.plumbline.core.verify.Verified;
import org.jspecify.annotations.Nullable;

/** The head of one pipeline, as far as it is known. */
public sealed interface Head {

    /** Returns the commit of the head; empty if none was read. */
    String commit();

    /** Git was not read since the agent started, or cannot be read. */
    record Unseen(String reason) implements Head {
        @Override
        public String commit() {
            return "";
        }
    }

    /** The commit no longer has the pipeline. */
    record Left(String commit) implements Head {}

    /** The head cannot be rendered until somebody changes the manifest or the configuration. */
    record Broken(String commit, String reason) implements Head {}

    /** The head could not be rendered this time; the agent retries. */
    record Unresolved(String commit, FailureKind kind, String reason) implements Head {}

    /** The head's steps run; it renders a release when they have succeeded. */
    record Preparing(String commit, String reason) implements Head {}

    /** A step of the head failed, or a gate did not pass. It is not tried again by itself. */
    record Failed(String commit, String reason) implements Head {}

    /**
     * The head renders this release.
     *
     * @param verified the signature that lets the commit pass; null if none is required
     */
    record Ready(String commit, Release release, @Nullable Verified verified) implements Head {
        /** Creates a head that needs no signature. */
        public Ready(String commit, Release release) {
            this(commit, release, null);
        }
    }
}
