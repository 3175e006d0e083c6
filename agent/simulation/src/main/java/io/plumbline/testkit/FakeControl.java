package io.plumbline.testkit;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.api.Graph;
import io.plumbline.api.ReleaseDifference;
import io.plumbline.api.RepositoryStatus;
import io.plumbline.api.Run;
import io.plumbline.api.RunArtifact;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.core.status.StatusAt;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.core.workload.WorkloadPlan;
import io.plumbline.port.Control;
import io.plumbline.port.GitSource;
import io.plumbline.port.LogItem;
import io.plumbline.port.PlumblineException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An agent made of what a test puts into it. Requests are written down in {@link #calls}; a
 * pipeline's status follows a script of which the last entry stays.
 */
public final class FakeControl implements Control {
    /** What was asked, in words. */
    public final List<String> calls = new CopyOnWriteArrayList<>();

    /** What is said before every log that is not followed. */
    public final List<String> notes = new CopyOnWriteArrayList<>();

    /** Log lines of every service. */
    public final List<String> logLines = new CopyOnWriteArrayList<>();

    /** Drift of every pipeline. */
    public final List<FieldDrift> drift = new CopyOnWriteArrayList<>();

    /** Deployments of every pipeline. */
    public final List<DeploymentRecord> deployments = new CopyOnWriteArrayList<>();

    /** Runs of every pipeline, newest first. */
    public final List<Run> runs = new CopyOnWriteArrayList<>();

    /** Artifacts of every pipeline. */
    public final List<RunArtifact> artifacts = new CopyOnWriteArrayList<>();

    /** Bytes of artifacts, by what they are asked for. */
    public final Map<String, ArtifactBytes> artifactBytes =
            new java.util.concurrent.ConcurrentHashMap<>();

    /** The graph of every pipeline. */
    public volatile Graph graph = new Graph("recsys", List.of(), List.of());

    /** Configured engines. */
    public final List<EngineView> engines = new CopyOnWriteArrayList<>();

    /** What differs between any two releases. */
    public final List<ReleaseDifference> differences = new CopyOnWriteArrayList<>();

    /** What is known of commits, by id. */
    public final Map<String, GitSource.CommitInfo> commits =
            new java.util.concurrent.ConcurrentHashMap<>();

    /** Why it is not ready. */
    public final List<String> notReady = new CopyOnWriteArrayList<>();

    /** Pipelines that cannot be planned, and why. */
    public final Map<String, String> refusedPlans = new java.util.concurrent.ConcurrentHashMap<>();

    /** Files of the last plan of files. */
    public volatile Map<String, byte[]> files = Map.of();

    /** What every plan gives. */
    public volatile @Nullable WorkloadPlan plan;

    /** What every request is answered with. */
    public volatile Reply reply = Reply.of(Outcome.ACCEPTED, "recorded");

    /** Thrown by every call while it is set. */
    public volatile @Nullable RuntimeException failure;

    /** Every call waits for it while it is set. */
    public volatile @Nullable CountDownLatch held;

    private final Map<String, Deque<PipelineStatus>> scripts = new TreeMap<>();
    private final List<PipelineEvent> events = new ArrayList<>();
    private final Map<Object, Consumer<PipelineEvent>> subscribers = new HashMap<>();

    /** The statuses that the next looks at this pipeline see; the last one stays. */
    public synchronized FakeControl script(PipelineStatus... statuses) {
        scripts.put(statuses[0].pipeline(), new ArrayDeque<>(List.of(statuses)));
        return this;
    }

    /** Something happens: recorded, then told to all who subscribed. */
    public void happen(PipelineEvent event) {
        List<Consumer<PipelineEvent>> told;
        synchronized (this) {
            events.add(event);
            told = List.copyOf(subscribers.values());
        }
        told.forEach(s -> s.accept(event));
    }

    /** How many follow the events. */
    public synchronized int subscribers() {
        return subscribers.size();
    }

    private void called(String what) {
        calls.add(what);
        var latch = held;
        if (latch != null) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException("interrupted", e);
            }
        }
        var thrown = failure;
        if (thrown != null) {
            throw thrown;
        }
    }

    @Override
    public synchronized List<PipelineStatus> status() {
        called("status");
        return scripts.keySet().stream().map(this::next).toList();
    }

    @Override
    public synchronized PipelineStatus status(String pipeline) {
        called("status " + pipeline);
        return next(pipeline);
    }

    @Override
    public StatusAt.Past statusAt(String pipeline, Instant at) {
        called("status " + pipeline + " at " + at);
        var now = next(pipeline);
        return new StatusAt.Past(
                pipeline, at, SyncState.SYNCED, now.health(), "v1:aaaaaaaaaaaaaaaa", "then", at);
    }

    @Override
    public List<ReleaseDifference> diff(
            String pipeline, @Nullable String from, @Nullable String to) {
        called("diff " + pipeline + " from " + from + " to " + to);
        return List.copyOf(differences);
    }

    @Override
    public Optional<GitSource.CommitInfo> commit(String pipeline, String commit) {
        return Optional.ofNullable(commits.get(commit));
    }

    private PipelineStatus next(String pipeline) {
        var script = scripts.get(pipeline);
        if (script == null) {
            throw new PlumblineException(
                    FailureKind.MISSING, "there is no pipeline named " + pipeline);
        }
        return script.size() > 1 ? script.removeFirst() : script.getFirst();
    }

    @Override
    public WorkloadPlan plan(String pipeline) {
        called("plan " + pipeline);
        var refused = refusedPlans.get(pipeline);
        if (refused != null) {
            throw new PlumblineException(FailureKind.INVALID, refused);
        }
        var given = plan;
        return given == null ? Sample.emptyPlan(pipeline) : given;
    }

    @Override
    public WorkloadPlan plan(String pipeline, Map<String, byte[]> sent) {
        files = sent;
        return plan(pipeline);
    }

    @Override
    public List<FieldDrift> diff(String pipeline) {
        called("diff " + pipeline);
        return drift;
    }

    @Override
    public List<DeploymentRecord> history(String pipeline, int limit) {
        called("history " + pipeline + " " + limit);
        return deployments.stream().limit(limit).toList();
    }

    @Override
    public List<Run> runs(String pipeline, int limit) {
        called("runs " + pipeline + " " + limit);
        return runs.stream().limit(limit).toList();
    }

    @Override
    public Run run(String pipeline, long number) {
        called("run " + pipeline + " " + number);
        return runs.stream()
                .filter(r -> r.number() == number)
                .findFirst()
                .orElseThrow(
                        () ->
                                new PlumblineException(
                                        FailureKind.MISSING, "there is no run " + number));
    }

    @Override
    public List<RunArtifact> artifacts(String pipeline) {
        called("artifacts " + pipeline);
        return List.copyOf(artifacts);
    }

    @Override
    public ArtifactBytes artifact(String pipeline, String digest) {
        called("artifact " + pipeline + " " + digest);
        var bytes = artifactBytes.get(digest);
        if (bytes == null) {
            throw new PlumblineException(FailureKind.MISSING, "no run made " + digest);
        }
        return bytes;
    }

    @Override
    public Graph graph(String pipeline) {
        called("graph " + pipeline);
        return graph;
    }

    @Override
    public synchronized List<PipelineEvent> events(
            @Nullable String pipeline, long after, int limit) {
        return events.stream()
                .filter(e -> pipeline == null || e.pipeline().equals(pipeline))
                .filter(e -> e.seq() > after)
                .limit(limit)
                .toList();
    }

    @Override
    public synchronized List<PipelineEvent> lastEvents(
            @Nullable String pipeline, long before, int limit) {
        called("lastEvents " + pipeline + " " + limit);
        var all =
                events(pipeline, -1, Integer.MAX_VALUE).stream()
                        .filter(e -> e.seq() < before)
                        .toList();
        return all.subList(Math.max(0, all.size() - limit), all.size());
    }

    @Override
    public synchronized AutoCloseable subscribe(Consumer<PipelineEvent> subscriber) {
        called("subscribe");
        var key = new Object();
        subscribers.put(key, subscriber);
        return () -> {
            synchronized (this) {
                subscribers.remove(key);
            }
        };
    }

    @Override
    public List<PipelineEvent> why(String pipeline, @Nullable String service) {
        called("why " + pipeline + " " + service);
        return events(pipeline, -1, Integer.MAX_VALUE);
    }

    /** How the repositories are. */
    public List<RepositoryStatus> repositories = List.of();

    @Override
    public List<RepositoryStatus> repositories() {
        return repositories;
    }

    @Override
    public Reply execute(Command command, Caller caller) {
        called(words(command) + " " + words(caller));
        return reply;
    }

    private static String words(Command command) {
        return switch (command) {
            case Command.SyncAll _ -> "syncAll";
            case Command.Sync c ->
                    "sync %s resolve=%s prune=%s".formatted(c.pipeline(), c.resolve(), c.prune());
            case Command.Rollback c ->
                    "rollback %s to=%s left=%s hold=%s force=%s"
                            .formatted(c.pipeline(), c.to(), c.left(), c.hold(), c.force());
            case Command.Pause c -> "pause " + c.pipeline();
            case Command.Resume c -> "resume " + c.pipeline();
            case Command.HealthAck c -> "healthAck " + c.pipeline() + " " + c.lasts();
            case Command.Retry c -> "retry " + c.pipeline() + " release=" + c.release();
            case Command.Restart c -> "restart " + c.pipeline() + "/" + c.service();
            case Command.Approve c -> "approve " + c.pipeline();
            case Command.Reject c -> "reject " + c.pipeline();
            case Command.Cordon c -> "cordon " + c.engine();
            case Command.Drain c -> "drain " + c.engine();
            case Command.Uncordon c -> "uncordon " + c.engine();
        };
    }

    private static String words(Caller caller) {
        return "by=%s reason=%s dryRun=%s".formatted(caller.by(), caller.reason(), caller.dryRun());
    }

    /** Lines come on a thread of their own, as they do from an engine. */
    @Override
    public AutoCloseable logs(LogQuestion q, Consumer<LogItem> items, Runnable end) {
        called(
                "logs %s/%s %s %s follow=%s"
                        .formatted(q.pipeline(), q.service(), q.choice(), q.start(), q.follow()));
        notes.forEach(n -> items.accept(new LogItem.Note(n)));
        boolean follow = q.follow();
        var thread =
                Thread.ofVirtual()
                        .name("fake-log")
                        .start(
                                () -> {
                                    logLines.forEach(line -> items.accept(logged(line)));
                                    if (!follow) {
                                        end.run();
                                    }
                                });
        return () -> {
            calls.add("logs closed");
            thread.interrupt();
        };
    }

    /** What followers get besides the log lines, which come first; {@link #tell} adds to it. */
    private final Map<Object, Consumer<LogItem>> followers = new HashMap<>();

    /** Lines come first, then what is told. */
    @Override
    public AutoCloseable follow(FollowQuestion q, Consumer<LogItem> items, Runnable end) {
        called("follow %s/%s %s seen=%s".formatted(q.pipeline(), q.service(), q.start(), q.seen()));
        var key = new Object();
        var thread =
                Thread.ofVirtual()
                        .name("fake-log")
                        .start(
                                () -> {
                                    logLines.forEach(line -> items.accept(logged(line)));
                                    synchronized (this) {
                                        followers.put(key, items);
                                    }
                                });
        return () -> {
            calls.add("logs closed");
            thread.interrupt();
            synchronized (this) {
                followers.remove(key);
            }
        };
    }

    private static LogItem logged(String line) {
        return new LogItem.Line("local", "web-1", "c1", Sample.AT, line);
    }

    /** Sends it to all that follow a log. */
    public synchronized void tell(LogItem item) {
        followers.values().forEach(f -> f.accept(item));
    }

    /** How many follow a log and have all lines. */
    public synchronized int followers() {
        return followers.size();
    }

    @Override
    public List<EngineView> engines() {
        called("engines");
        return engines;
    }

    @Override
    public List<String> notReady() {
        return notReady;
    }
}
