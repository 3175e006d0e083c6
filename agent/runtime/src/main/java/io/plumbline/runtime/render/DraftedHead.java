package io.plumbline.runtime.render;

import io.plumbline.api.Run;
import io.plumbline.core.release.HostRules;
import io.plumbline.core.rollout.Head;
import io.plumbline.port.FileBytes;
import io.plumbline.port.GitSource;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.run.StepRuns;
import io.plumbline.runtime.run.StepRuns.Outcome;
import java.time.Duration;
import java.util.Map;

/**
 * A head whose steps run before it is a release.
 *
 * @param pipeline the pipeline's name
 * @param draft its resolved steps and services
 * @param files bytes by SHA-256 of its files from Git
 * @param git knows the author of a commit
 * @param pull deadline of pulls
 * @param ofImages what images may bring into the containers of its steps
 * @param runs the runs of the pipeline
 */
record DraftedHead(
        String pipeline,
        Renderer.Draft draft,
        Map<String, FileBytes> files,
        GitSource git,
        Duration pull,
        HostRules ofImages,
        StepRuns runs) {

    /** Whether a run of these steps has begun. */
    boolean begun() {
        return runs.has(draft.steps().id());
    }

    /** Lets the steps run, and returns how far they are, or the release that they made. */
    Renderer.Rendered look(String commit) {
        var wanted =
                new StepRuns.Wanted(draft.steps(), commit, author(commit), files, pull, ofImages);
        return switch (runs.want(wanted)) {
            case Outcome.Working w -> rendered(new Head.Preparing(commit, w.text()));
            case Outcome.Failed f ->
                    rendered(
                            new Head.Failed(
                                    commit,
                                    "run "
                                            + f.run().number()
                                            + " failed: "
                                            + f.run().reason()
                                            + "; correct it with a commit, or `plumb retry "
                                            + pipeline
                                            + "`"));
            case Outcome.Made m -> made(m.run(), commit);
        };
    }

    private Renderer.Rendered made(Run run, String commit) {
        try {
            var made = draft.complete(input -> runs.artifacts().files(run, input));
            if (made.head() instanceof Head.Ready ready) {
                runs.made(run, ready.release().id());
                return rendered(new Head.Ready(commit, ready.release()));
            }
            return made;
        } catch (PlumblineException e) {
            return rendered(new Head.Preparing(commit, String.valueOf(e.getMessage())));
        }
    }

    private Renderer.Rendered rendered(Head head) {
        return new Renderer.Rendered(head, files);
    }

    private String author(String commit) {
        try {
            return git.commit(commit).map(GitSource.CommitInfo::author).orElse("");
        } catch (PlumblineException e) {
            return "";
        }
    }
}
