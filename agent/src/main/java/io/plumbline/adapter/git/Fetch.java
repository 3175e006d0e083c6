package io.plumbline.adapter.git;

import io.plumbline.adapter.git.JGitSource.Credentials;
import io.plumbline.port.GitSource.Branch;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.transport.RefSpec;
import org.eclipse.jgit.transport.TagOpt;
import org.eclipse.jgit.transport.Transport;
import org.eclipse.jgit.transport.TransportHttp;
import org.jspecify.annotations.Nullable;

/**
 * One fetch.
 *
 * <ol>
 *   <li>Ask for the branch only. Where it is what the mirror has, that is all.
 *   <li>Where there is no such branch, ask for all, to say whether the repository is empty; the
 *       mirror puts its head away and keeps the objects.
 *   <li>Else fetch it, by force and without tags.
 *   <li>A head that does not contain the one before is a rewritten history: it is followed, and
 *       said.
 * </ol>
 */
final class Fetch {
    private static final int SHOWN_BRANCHES = 5;
    private static final RefSpec ALL_BRANCHES = new RefSpec("+refs/heads/*:refs/heads/*");

    private final Mirror mirror;
    private final RemoteAddress address;
    private final String branch;
    private final @Nullable Credentials credentials;

    Fetch(Mirror mirror, RemoteAddress address, String branch, @Nullable Credentials credentials) {
        this.mirror = mirror;
        this.address = address;
        this.branch = branch;
        this.credentials = credentials;
    }

    /**
     * Does it.
     *
     * @param tried begins the message of a failure
     * @param silence how long the remote may say nothing
     */
    Branch run(String tried, CancelSwitch cancel, Duration silence) {
        var http = new GuardedConnections(address.origin());
        try (var transport = Transport.open(mirror.repository(), address.uri())) {
            transport.setTimeout((int) Math.max(1, silence.toSeconds()));
            transport.setTagOpt(TagOpt.NO_TAGS);
            transport.setRemoveDeletedRefs(false);
            transport.setCheckFetchedObjects(true);
            if (address.origin() != null) {
                transport.setCredentialsProvider(
                        new OriginCredentials(credentials, address.origin().host()));
            }
            if (transport instanceof TransportHttp overHttp) {
                overHttp.setHttpConnectionFactory(http);
            }
            return follow(transport, cancel);
        } catch (PlumblineException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw FetchFailure.of(tried, e, http.lastStatus(), credentials);
        }
    }

    private Branch follow(Transport transport, CancelSwitch cancel) throws IOException {
        String ref = "refs/heads/" + branch;
        var spec = new RefSpec("+" + ref + ":" + ref);
        ObjectId advertised = id(list(transport, spec).get(ref));
        if (advertised == null) {
            var all = list(transport, ALL_BRANCHES);
            advertised = id(all.get(ref));
            if (advertised == null) {
                boolean had = mirror.lastHead() != null;
                mirror.putHeadAway();
                return new Branch(null, missing(all, had));
            }
        }
        ObjectId before = mirror.lastHead();
        if (!advertised.equals(mirror.headId())) {
            transport.fetch(cancel, List.of(spec));
        }
        ObjectId now = mirror.headId();
        if (now == null) {
            throw new IOException("the remote gave no commit for branch " + branch);
        }
        mirror.headIsThere();
        return new Branch(
                now.name(),
                before == null || mirror.contains(now, before) ? "" : rewritten(before, now));
    }

    private String rewritten(ObjectId before, ObjectId now) {
        return "history was rewritten: branch %s went from %s to %s, which does not contain it"
                .formatted(branch, before.abbreviate(10).name(), now.abbreviate(10).name());
    }

    private static Map<String, Ref> list(Transport transport, RefSpec spec) throws IOException {
        try (var connection = transport.openFetch(List.of(spec))) {
            return connection.getRefsMap();
        }
    }

    private static @Nullable ObjectId id(@Nullable Ref ref) {
        return ref == null ? null : ref.getObjectId();
    }

    private String missing(Map<String, Ref> all, boolean had) {
        var names =
                all.keySet().stream()
                        .filter(r -> r.startsWith("refs/heads/"))
                        .map(r -> r.substring("refs/heads/".length()))
                        .collect(Collectors.toCollection(TreeSet::new));
        if (names.isEmpty()) {
            return had
                    ? "the repository is empty: branch " + branch + " was deleted"
                    : "the repository is empty";
        }
        String others =
                names.stream().limit(SHOWN_BRANCHES).collect(Collectors.joining(", "))
                        + (names.size() > SHOWN_BRANCHES ? ", ..." : "");
        return "branch %s %s; the repository has: %s"
                .formatted(branch, had ? "was deleted" : "does not exist", others);
    }
}
