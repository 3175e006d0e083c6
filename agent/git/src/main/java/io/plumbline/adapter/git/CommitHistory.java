package io.plumbline.adapter.git;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jgit.errors.LargeObjectException;
import org.eclipse.jgit.errors.MissingObjectException;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevWalk;

/** The stored commit objects, and the commits between two of them. */
final class CommitHistory {
    private static final int LARGEST_COMMIT = 1 << 20;

    private CommitHistory() {}

    static byte[] object(ObjectReader reader, ObjectId commit) throws IOException {
        try {
            return reader.open(commit, Constants.OBJ_COMMIT).getCachedBytes(LARGEST_COMMIT);
        } catch (LargeObjectException e) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "commit %s is larger than %d bytes: signatures of such are not read"
                            .formatted(commit.name(), LARGEST_COMMIT),
                    e);
        }
    }

    /**
     * Returns the commits that {@code commit} reaches and {@code since} does not, oldest first. The
     * commits' dates do not matter: the walk excludes only what {@code since} reaches by its
     * parents.
     */
    static List<String> between(RevWalk walk, ObjectId commit, ObjectId since, int limit)
            throws IOException {
        walk.setRetainBody(false);
        var shallow = walk.getObjectReader().getShallowCommits();
        walk.markStart(walk.parseCommit(commit));
        walk.markUninteresting(walk.parseCommit(since));
        var found = new ArrayList<String>();
        for (RevCommit c : walk) {
            if (shallow.contains(c)) {
                throw new MissingObjectException(c, "parent of a shallow commit");
            }
            if (found.size() >= limit) {
                throw new PlumblineException(
                        FailureKind.INVALID,
                        "more than %d commits lie between %s and %s"
                                .formatted(limit, since.name(), commit.name()));
            }
            found.add(c.name());
        }
        return List.copyOf(found.reversed());
    }
}
