package io.plumbline.runtime.state;

import io.plumbline.port.GitSource;
import io.plumbline.port.GitSource.CommitInfo;
import io.plumbline.port.PlumblineException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The subjects and authors of commits, for display. A caller never waits for the mirror. The
 * repository's thread looks up an unknown commit at its next poll, and a later call returns it. The
 * book keeps the {@value #MOST} commits that were asked for last. Thread-safe.
 */
public final class CommitBook {
    private static final int MOST = 1000;

    private final GitSource git;
    private final Map<String, CommitInfo> known =
            new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, CommitInfo> eldest) {
                    return size() > MOST;
                }
            };
    private final Set<String> wanted = new LinkedHashSet<>();

    public CommitBook(GitSource git) {
        this.git = git;
    }

    /**
     * Returns a commit's subject and author; empty if it was not looked up yet.
     *
     * @param commit full id
     */
    public synchronized Optional<CommitInfo> find(String commit) {
        var info = known.get(commit);
        if (info == null && wanted.size() < MOST) {
            wanted.add(commit);
        }
        return Optional.ofNullable(info);
    }

    /** Looks up the requested commits. Only the repository's thread may call this. */
    public void lookUp() {
        for (var commit : taken()) {
            try {
                git.known(commit).ifPresent(this::keep);
            } catch (PlumblineException e) {
                // The commit is shown without its subject. The callers that need the mirror report
                // a damaged one.
            }
        }
    }

    private synchronized List<String> taken() {
        var all = new ArrayList<>(wanted);
        wanted.clear();
        return all;
    }

    private synchronized void keep(CommitInfo info) {
        known.put(info.id(), info);
    }
}
