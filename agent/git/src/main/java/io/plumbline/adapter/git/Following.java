package io.plumbline.adapter.git;

import io.plumbline.core.FailureKind;
import io.plumbline.port.GitSource.Branch;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.eclipse.jgit.errors.TransportException;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.jspecify.annotations.Nullable;

/**
 * The update of the mirror to a branch, the highest tag, or one commit.
 *
 * <p>A branch:
 *
 * <ol>
 *   <li>If the mirror has a head, fetch the branch over one connection. The remote sends nothing if
 *       the mirror has its commit.
 *   <li>Else ask for the branch only. If the mirror has its commit, nothing else is done.
 *   <li>If the branch does not exist, ask for all branches, to report whether the repository is
 *       empty. The mirror drops its head and keeps the objects.
 *   <li>Else fetch the branch, by force and without tags.
 *   <li>A head that does not contain the one before means a rewritten history. It is followed and
 *       reported.
 * </ol>
 *
 * <p>Tags: ask for all tags, choose one ({@link TagChoice}), and fetch it if its commit is not the
 * mirror's head. A tag that moved, or that is lower than the one before, is followed and reported.
 *
 * <p>A commit: once the mirror has it the remote is not asked again. It is fetched by its id. If
 * the server does not serve commits by id, all branches and tags are fetched and searched.
 */
final class Following {
    private static final int MOST_SHOWN = 5;
    private static final String HEADS = "refs/heads/";
    private static final String TAGS = "refs/tags/";
    private static final String INCOMING = "refs/plumbline/incoming";

    private final Mirror mirror;
    private final GitTarget target;
    private final OpenRemote remote;

    Following(Mirror mirror, GitTarget target, OpenRemote remote) {
        this.mirror = mirror;
        this.target = target;
        this.remote = remote;
    }

    /** Updates the mirror and returns its head. */
    Branch now() throws IOException {
        return switch (target) {
            case GitTarget.Branch b -> branch(b);
            case GitTarget.Tag t -> tag(t);
            case GitTarget.Commit c -> commit(c);
        };
    }

    // ---- a branch

    private Branch branch(GitTarget.Branch branch) throws IOException {
        String ref = branch.ref();
        ObjectId before = mirror.lastHead();
        boolean known = mirror.headId() != null && !remote.lacksHistory();
        if (!known || !remote.bringIfThere(ref, ref)) {
            ObjectId advertised = id(remote.refs(ref).get(ref));
            if (advertised == null) {
                var all = remote.refs(HEADS + "*");
                advertised = id(all.get(ref));
                if (advertised == null) {
                    mirror.putHeadAway();
                    return new Branch(null, missing(branch.name(), all, before != null));
                }
            }
            if (!advertised.equals(mirror.headId()) || remote.lacksHistory()) {
                remote.bring(ref, ref);
            }
        }
        ObjectId now = mirror.headId();
        if (now == null) {
            throw new IOException("the remote gave no commit for branch " + branch.name());
        }
        mirror.headIsThere();
        return new Branch(now.name(), before == null ? "" : moved(branch.name(), before, now));
    }

    /** Returns a note about a branch that changed from one commit to another; empty for none. */
    private String moved(String branch, ObjectId before, ObjectId now) throws IOException {
        if (mirror.contains(now, before)) {
            return "";
        }
        String way =
                "branch %s went from %s to %s"
                        .formatted(branch, before.abbreviate(10).name(), now.abbreviate(10).name());
        return reachesBack(before, now)
                ? "history was rewritten: " + way + ", which does not contain it"
                : way
                        + "; whether that contains it cannot be told, as the mirror does not reach"
                        + " back far enough";
    }

    /**
     * Whether the mirror has all of a commit's history that could contain another commit. The
     * mirror's history ends at commits whose parents it lacks. The history before such a commit
     * cannot contain the other if the other contains that commit.
     */
    private boolean reachesBack(ObjectId before, ObjectId now) throws IOException {
        for (ObjectId begin : mirror.begins()) {
            if (mirror.has(begin)
                    && mirror.contains(now, begin)
                    && !mirror.contains(before, begin)) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable ObjectId id(@Nullable Ref ref) {
        return ref == null ? null : ref.getObjectId();
    }

    private static String missing(String branch, Map<String, Ref> all, boolean had) {
        var names = names(all, HEADS);
        if (names.isEmpty()) {
            return had
                    ? "the repository is empty: branch " + branch + " was deleted"
                    : "the repository is empty";
        }
        return "branch %s %s; the repository has: %s"
                .formatted(branch, had ? "was deleted" : "does not exist", some(names));
    }

    private static List<String> names(Map<String, Ref> refs, String below) {
        var names =
                refs.keySet().stream()
                        .filter(r -> r.startsWith(below))
                        .map(r -> r.substring(below.length()))
                        .collect(Collectors.toCollection(TreeSet::new));
        return List.copyOf(names);
    }

    private static String some(List<String> names) {
        return names.stream().limit(MOST_SHOWN).collect(Collectors.joining(", "))
                + (names.size() > MOST_SHOWN ? ", ..." : "");
    }

    // ---- the highest tag

    private Branch tag(GitTarget.Tag wanted) throws IOException {
        var refs = remote.refs(TAGS + "*");
        var names = names(refs, TAGS);
        var choice = new TagChoice(wanted);
        var chosen = choice.of(names);
        if (chosen.isEmpty()) {
            mirror.putHeadAway();
            return new Branch(
                    null,
                    "no tag is a version as %s in the range %s; the repository has %s"
                            .formatted(
                                    wanted.pattern(),
                                    wanted.range(),
                                    names.isEmpty() ? "no tags" : "the tags " + some(names)));
        }
        String tag = chosen.get();
        ObjectId before = mirror.lastHead();
        String tagBefore = mirror.tag();
        ObjectId now = commitOf(tag, refs.get(TAGS + tag));
        mirror.setHead(now);
        if (!tag.equals(tagBefore) || !now.equals(before)) {
            mirror.setTag(tag, now);
        }
        mirror.headIsThere();
        return new Branch(now.name(), changed(choice, tagBefore, before, tag, now), tag);
    }

    private ObjectId commitOf(String tag, @Nullable Ref advertised) throws IOException {
        ObjectId peeled = advertised == null ? null : advertised.getPeeledObjectId();
        ObjectId known = peeled == null ? id(advertised) : peeled;
        if (known != null && known.equals(mirror.headId()) && !remote.lacksHistory()) {
            return known;
        }
        remote.bring(TAGS + tag, INCOMING);
        ObjectId incoming = mirror.take(INCOMING);
        ObjectId commit = incoming == null ? null : mirror.peeled(incoming);
        if (commit == null) {
            throw new PlumblineException(
                    FailureKind.INVALID, "tag " + tag + " does not name a commit");
        }
        return commit;
    }

    private static String changed(
            TagChoice choice,
            String tagBefore,
            @Nullable ObjectId before,
            String tag,
            ObjectId now) {
        if (before == null || before.equals(now)) {
            return "";
        }
        if (tag.equals(tagBefore)) {
            return "tag %s was moved from %s to %s"
                    .formatted(tag, before.abbreviate(10).name(), now.abbreviate(10).name());
        }
        return choice.higher(tagBefore, tag)
                ? "tag " + tagBefore + " is gone; " + tag + " is the highest that there is now"
                : "";
    }

    // ---- one commit

    private Branch commit(GitTarget.Commit wanted) throws IOException {
        var id = ObjectId.fromString(wanted.id());
        if (!mirror.has(id) || remote.lacksHistory()) {
            bring(id);
        }
        if (!mirror.has(id)) {
            mirror.putHeadAway();
            return new Branch(
                    null,
                    "commit " + wanted.id() + " is in none of the repository's branches and tags");
        }
        mirror.setHead(id);
        return new Branch(id.name(), "");
    }

    private void bring(ObjectId id) throws IOException {
        try {
            remote.bring(id.name(), INCOMING);
        } catch (TransportException e) {
            if (FetchFailure.kind(e, FetchFailure.UNKNOWN) != FailureKind.TRANSIENT) {
                throw e;
            }
            // The server does not serve it by id, so it is searched.
            remote.bringAll(HEADS + "*", "refs/plumbline/all/heads/*");
            remote.bringAll(TAGS + "*", "refs/plumbline/all/tags/*");
        }
        mirror.take(INCOMING);
    }
}
