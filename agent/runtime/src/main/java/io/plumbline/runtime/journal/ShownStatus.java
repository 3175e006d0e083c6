package io.plumbline.runtime.journal;

import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.Site;
import io.plumbline.core.status.StatusOf;
import io.plumbline.runtime.engine.Fleet;
import io.plumbline.runtime.state.Snapshot;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The status of a pipeline, from the snapshot of its last pass and the current reachability of its
 * engines.
 */
public final class ShownStatus {
    private ShownStatus() {}

    /** Returns the status without facts that only the repository and the ledger know. */
    public static PipelineStatus of(Snapshot s, Fleet fleet) {
        return of(s, fleet, "", "", _ -> "");
    }

    /**
     * Returns the complete status.
     *
     * @param unwritable why the ledger cannot be written, empty if it can
     * @param gitProblem the error of the repository, empty if there is none
     * @param commitOf returns the newest commit that renders a release, empty if not known
     */
    public static PipelineStatus of(
            Snapshot s,
            Fleet fleet,
            String unwritable,
            String gitProblem,
            Function<String, String> commitOf) {
        return StatusOf.of(
                new StatusOf.Facts(
                        s.state(),
                        s.head(),
                        s.looks().stream().map(look -> site(look, fleet)).toList(),
                        s.drift(),
                        s.contested(),
                        unwritable.isEmpty() ? blocked(s, fleet) : unwritable,
                        s.progress(),
                        s.headNote(),
                        gitProblem,
                        s.rollback(),
                        commitOf));
    }

    /** Returns what blocks the pipeline; another agent of the same name comes first. */
    private static String blocked(Snapshot s, Fleet fleet) {
        var contested =
                s.looks().stream()
                        .map(look -> fleet.engine(look.engine()).contested(true))
                        .filter(why -> !why.isEmpty())
                        .collect(Collectors.joining("; "));
        return contested.isEmpty() ? s.blocked() : contested;
    }

    private static Site site(Snapshot.Look look, Fleet fleet) {
        var driver = fleet.engine(look.engine());
        var seen = driver.seen();
        return new Site(
                new PipelineStatus.EngineStatus(
                        look.engine(),
                        seen.reachable(),
                        seen.reachable() ? driver.contested(true) : seen.reason(),
                        seen.at()),
                driver.stale(),
                look.release(),
                look.observed());
    }
}
