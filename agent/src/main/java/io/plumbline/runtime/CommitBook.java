package io.plumbline.runtime;

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
 * Subjects and authors of commits, for display. Whoever asks never waits for the mirror: the
 * repository's own thread looks an unknown commit up at its next look, and the answer is there for
 * the next who asks. Remembers the {@value #MOST} commits asked for last; thread-safe.
 */
final class CommitBook {
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

    CommitBook(GitSource git) {
        this.git = git;
    }

    /**
     * What is known of a commit; empty if it has not been looked up yet.
     *
     * @param commit full id
     */
    synchronized Optional<CommitInfo> find(String commit) {
        var info = known.get(commit);
        if (info == null && wanted.size() < MOST) {
            wanted.add(commit);
        }
        return Optional.ofNullable(info);
    }

    /** Looks up what was asked for. For the repository's thread. */
    void lookUp() {
        for (var commit : taken()) {
            try {
                git.known(commit).ifPresent(this::keep);
            } catch (PlumblineException e) {
                // It is shown without; a damaged mirror is reported by who needs it.
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
