package io.plumbline.runtime.rollout;

import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.EventType;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.state.Permissions;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a stored release is still allowed. Reports once for each release that it is exempt from
 * rules, because an earlier version of the agent stored it. One thread only.
 */
final class StoredReleasePermissions {
    private static final Logger LOG = LoggerFactory.getLogger(StoredReleasePermissions.class);

    private final Permissions permissions;
    private final Journal journal;
    private final Set<String> reported = new HashSet<>();

    StoredReleasePermissions(Permissions permissions, Journal journal) {
        this.permissions = permissions;
        this.journal = journal;
    }

    /** Returns why the release is not allowed any more; empty if it is. */
    Optional<String> denied(Release release) {
        var verdict = permissions.check(release);
        if (!verdict.exempt().isEmpty() && reported.add(release.id())) {
            var why =
                    "release "
                            + release.id()
                            + " is kept only because an earlier version stored it: "
                            + String.join("; ", verdict.exempt())
                            + ". A new release like it is refused: permit it under the"
                            + " repository's allow, or take it out of the manifest";
            LOG.warn("{}: {}", journal.state().pipeline(), why);
            journal.tell(EventType.STORED_RELEASE_EXEMPT, why);
        }
        return verdict.violations().isEmpty()
                ? Optional.empty()
                : Optional.of("not allowed any more: " + String.join("; ", verdict.violations()));
    }
}
