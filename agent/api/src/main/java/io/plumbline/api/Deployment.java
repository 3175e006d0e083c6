package io.plumbline.api;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A deployment of a pipeline. */
@Doc("A deployment of a pipeline.")
public record Deployment(
        @Doc("Its id.") String id,
        @Doc("The release that it deploys.") String release,
        @Doc("The commit of that release.") String commit,
        @Doc("The release that was deployed before. Null if there was none.") @Nullable String from,
        @Doc("See the states of a deployment in docs/concepts.md.") String state,
        @Doc("Why the state is so, may be empty.") String reason,
        @Doc("Who began it.") String by,
        @Doc("`git`, `secret`, `rollback`, `retry`, `restart` or `adopted`.") String trigger,
        @Doc("When it began.") Instant startedAt,
        @Doc("When it ended. Null while it is under way.") @Nullable Instant finishedAt,
        @Doc("What speaks against the release, if it failed.") @Sparse @Nullable Evidence evidence,
        @Doc("Whose signature was verified, if the repository verifies signatures.") @Sparse
                @Nullable Verified verified,
        @Doc("The first line of the commit's message. Null if it is not known.")
                @Nullable String subject,
        @Doc(
                        "Its stages in their order, and how far each got. Left out before the first"
                                + " stage, and for deployments of earlier versions.")
                @Sparse
                @Nullable List<Stage> stages) {

    /** Leaves out an empty list, which is what a reader makes of a missing one. */
    public Deployment {
        stages = stages == null || stages.isEmpty() ? null : List.copyOf(stages);
    }

    /** Whether it is under way. */
    public boolean active() {
        return finishedAt == null;
    }

    /** Returns the stage at which it is; null if none is under way. */
    public @Nullable Stage stage() {
        return stages == null
                ? null
                : stages.stream()
                        .filter(s -> s.result().equals("Running"))
                        .findFirst()
                        .orElse(null);
    }

    /** A stage of a deployment. */
    @Doc("A stage of a deployment.")
    public record Stage(
            @Doc("`resolve`, `place`, `apply` or `soak`; later versions have more.") String stage,
            @Doc("`Pending`, `Running`, `Succeeded`, `Failed`, `Skipped` or `Cancelled`.")
                    String result,
            @Doc("What it waits for, or why it failed. May be empty.") String detail,
            @Doc("When it began. Null before.") @Nullable Instant startedAt,
            @Doc("When it ended. Null before.") @Nullable Instant finishedAt) {}

    /** What speaks against a release. */
    @Doc("What speaks against a release.")
    public record Evidence(
            @Doc(
                            "`process-ended`, `out-of-memory`, `check-failed`, `check-without-result`,"
                                    + " `named-by-engine`, `refused-by-engine` or `no-progress`.")
                    String kind,
            @Doc("What was observed, a sentence.") String observed,
            @Doc("Who said so.") String source,
            @Doc("What the source said, one line, may be empty.") String quote,
            @Doc("What the control container showed. Empty if none was needed.") String control) {}

    /** A verified signature. */
    @Doc("A verified signature.")
    public record Verified(
            @Doc("The key's fingerprint.") String key,
            @Doc("Whose key it is.") String signer,
            @Doc("When it was verified.") Instant at,
            @Doc("`gpg` or `ssh`.") String method) {}
}
