package io.plumbline.runtime.git;

import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.Backoff;
import io.plumbline.port.Cause;
import io.plumbline.port.GitSource;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import io.plumbline.port.Telemetry;
import io.plumbline.port.Ticker;
import io.plumbline.runtime.loop.LogFields;
import io.plumbline.runtime.state.CommitBook;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The watcher of one repository. It fetches at each poll and on request, reads the changes, and
 * passes each view on. If a fetch is requested while another runs, one more follows.
 */
public final class RepositoryWatcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RepositoryWatcher.class);
    private static final Duration ANSWER_DEADLINE = Duration.ofSeconds(90);
    private static final Duration FETCH_DEADLINE = Duration.ofSeconds(60);
    private static final Duration FIRST_FETCH_DEADLINE = Duration.ofMinutes(10);

    /**
     * New pipelines of all repositories are added in one order if all repositories are read within
     * this time.
     */
    private static final Duration FIRST_LOOK = Duration.ofSeconds(10);

    private final String name;
    private final GitSource git;
    private final Duration poll;
    private final Ticker ticker;
    private final Telemetry telemetry;
    private final Views views;
    private final RepositoryReader reader;
    private final CommitBook commits;
    private final CommitGate gate;
    private final Tasks tasks;
    private final Tasks.Inbox<Asked> asked;
    private final Tasks.Task thread;
    private final long began;
    private volatile RepositoryView view;
    private volatile boolean closed;
    private volatile boolean looked;
    private Duration leaveAlone = Duration.ZERO;
    private String tag = "";

    /** The receiver of the views of a repository. */
    public interface Views {
        /**
         * Takes the view of a poll.
         *
         * @param changed whether its commit or state differs from the one before
         */
        void accept(RepositoryView before, RepositoryView now, boolean changed);
    }

    /**
     * Creates a watcher without starting it.
     *
     * @param gate decides which commits are read
     * @param views gets every view
     */
    public RepositoryWatcher(
            String name,
            GitSource git,
            Duration poll,
            Ticker ticker,
            Telemetry telemetry,
            CommitGate gate,
            FileLimits limits,
            Views views) {
        this.name = name;
        this.git = git;
        this.poll = poll;
        this.ticker = ticker;
        this.telemetry = telemetry;
        this.gate = gate;
        this.views = views;
        this.reader = new RepositoryReader(name, git, limits);
        this.commits = new CommitBook(git);
        this.began = ticker.nanos();
        this.view =
                new RepositoryView(
                        name,
                        null,
                        "not fetched yet",
                        false,
                        new TreeMap<>(),
                        new TreeMap<>(),
                        new TreeMap<>(),
                        Map.of());
        this.tasks = ticker.tasks();
        this.asked = tasks.inbox();
        this.thread = tasks.task("git-" + name, this::run);
    }

    public void start() {
        thread.start();
    }

    public String name() {
        return name;
    }

    public GitSource git() {
        return git;
    }

    public CommitBook commits() {
        return commits;
    }

    public CommitGate gate() {
        return gate;
    }

    public RepositoryView view() {
        return view;
    }

    /** Whether the first poll is over, with or without success. */
    public boolean looked() {
        return looked;
    }

    /** Whether the first poll takes so long that the other repositories do not wait for it. */
    public boolean late() {
        return ticker.nanos() - began > FIRST_LOOK.toNanos();
    }

    /** A request for a fetch, and its cause. */
    private record Asked(CompletableFuture<RepositoryView> done, Cause why) {}

    /** Requests a fetch; completes when a fetch that began after this call is over. */
    public CompletableFuture<RepositoryView> fetchNow(Cause why) {
        var done = new CompletableFuture<RepositoryView>();
        asked.add(new Asked(done, why));
        return done;
    }

    /** Waits for a fetch that {@link #fetchNow} requested. */
    public RepositoryView await(CompletableFuture<RepositoryView> fetch) {
        try {
            return tasks.get(fetch, ANSWER_DEADLINE);
        } catch (TimeoutException e) {
            throw new PlumblineException(
                    FailureKind.UNREACHABLE,
                    "repository "
                            + name
                            + ": the remote has not answered for "
                            + ANSWER_DEADLINE.toSeconds()
                            + "s; try again");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlumblineException(
                    FailureKind.TRANSIENT, "repository " + name + ": the wait was interrupted");
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    private void run() {
        LogFields.repository(name);
        int failures = 0;
        while (!closed) {
            var waiting = asked.drain();
            LogFields.trigger(why(waiting));
            boolean ok = look();
            failures = ok ? 0 : failures + 1;
            waiting.forEach(w -> w.done().complete(view));
            leaveAlone();
            sleep(ok ? poll : longer(poll, Backoff.REPAIR.after(failures)));
        }
    }

    private Cause why(List<Asked> waiting) {
        return waiting.isEmpty() ? (looked ? Cause.POLL : Cause.START) : waiting.getFirst().why();
    }

    /**
     * Waits as long as the remote asked not to be contacted again (Retry-After). Requests for a
     * fetch do not shorten this; they get the current view.
     */
    private void leaveAlone() {
        long end = ticker.nanos() + leaveAlone.toNanos();
        while (!closed && end - ticker.nanos() > 0) {
            try {
                var waiting = asked.poll(Duration.ofNanos(end - ticker.nanos()));
                if (waiting != null) {
                    waiting.done().complete(view);
                }
            } catch (InterruptedException e) {
                return;
            }
        }
        leaveAlone = Duration.ZERO;
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) > 0 ? a : b;
    }

    private void sleep(Duration time) {
        if (!asked.isEmpty()) {
            return;
        }
        try {
            var first = asked.poll(time);
            if (first != null) {
                asked.add(first);
            }
        } catch (InterruptedException e) {
            if (!closed) {
                LOG.warn("repository {}: watcher interrupted", name);
            }
        }
    }

    private boolean look() {
        long began = ticker.nanos();
        var before = view;
        try {
            boolean first = git.current().commit() == null;
            var branch = git.fetch(first ? FIRST_FETCH_DEADLINE : FETCH_DEADLINE);
            telemetry.fetched(name, Duration.ofNanos(ticker.nanos() - began), false);
            publish(before, read(branch));
            return true;
        } catch (PlumblineException e) {
            leaveAlone = e.retryAfter().orElse(Duration.ZERO);
            telemetry.fetched(name, Duration.ofNanos(ticker.nanos() - began), true);
            if (before.reachable() || !looked) {
                LOG.warn("repository {}: {}", name, e.getMessage());
            }
            publish(before, fromMirror(before, String.valueOf(e.getMessage())));
            return false;
        } catch (RuntimeException | VirtualMachineError | LinkageError e) {
            LOG.error("repository {}: looking failed unexpectedly", name, e);
            telemetry.fetched(name, Duration.ofNanos(ticker.nanos() - began), true);
            publish(before, before.unreachable("looking failed: " + e));
            return false;
        }
    }

    private RepositoryView read(GitSource.Branch branch) {
        var commit = branch.commit();
        var before = view;
        if (!branch.tag().equals(tag)) {
            tag = branch.tag();
            LOG.info(
                    "repository {}: follows {} at {}",
                    name,
                    tag.isEmpty() ? "no tag" : tag,
                    commit);
        }
        if (commit == null) {
            return new RepositoryView(
                    name,
                    null,
                    branch.problem(),
                    true,
                    before.pipelines(),
                    before.broken(),
                    before.brokenFiles(),
                    before.files());
        }
        boolean same = commit.equals(before.commit()) && before.reachable();
        if (same && before.refused().isEmpty()) {
            return before;
        }
        return judged(commit, branch.problem());
    }

    /** Judges the signature of a commit before it is read. A refused commit is not read. */
    private RepositoryView judged(String commit, String problem) {
        return switch (gate.judge(commit)) {
            case CommitGate.Open open -> reader.read(commit, problem).verifiedBy(open.verified());
            case CommitGate.Shut shut -> {
                if (!shut.why().equals(view.refused())) {
                    LOG.warn("repository {}: {}", name, shut.why());
                }
                yield view.refusing(commit, shut.why());
            }
        };
    }

    /** Returns the head of the mirror, if the remote is unreachable after a start. */
    private RepositoryView fromMirror(RepositoryView before, String why) {
        if (before.commit() != null) {
            return before.unreachable(why);
        }
        try {
            var branch = git.current();
            return branch.commit() == null
                    ? before.unreachable(why)
                    : judged(branch.commit(), why).unreachable(why);
        } catch (PlumblineException e) {
            return before.unreachable(why);
        }
    }

    private void publish(RepositoryView before, RepositoryView now) {
        if (now.commit() != null) {
            commits.find(now.commit());
        }
        commits.lookUp();
        view = now;
        boolean changed = !now.equals(before) || !looked;
        looked = true;
        views.accept(before, now, changed);
    }
}
