package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.core.workload.Observation;
import io.plumbline.core.workload.Replica;
import io.plumbline.core.workload.Replica.Phase;
import io.plumbline.core.workload.Verdict;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.StepEngine.Attempt;
import io.plumbline.port.driver.StepEngine.Shown;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An engine in memory that runs replicas and has no containers: the second kind of engine, which
 * shows that nothing above the seam needs the first. It outlives the agents that use it.
 */
public final class FakeCluster {
    private final String name;
    private final Map<String, Task> tasks = new LinkedHashMap<>();
    private final Set<String> broken = new HashSet<>();
    private final Map<Attempt, Job> jobs = new LinkedHashMap<>();
    private final Map<String, FakeJob> does = new HashMap<>();
    private final List<Consumer<String>> watchers = new CopyOnWriteArrayList<>();
    private final List<String> calls = new ArrayList<>();
    private @Nullable String refusal;
    private boolean away;
    private int serial;

    public FakeCluster(String name) {
        this.name = name;
    }

    /** A replica as the cluster keeps it. */
    static final class Task {
        final String id;
        final String name;
        final String pipeline;
        final String repository;
        final Replica.Origin origin;
        final Instant createdAt;
        final SortedFields changed = new SortedFields();
        Phase phase = Phase.BETWEEN;
        int code;
        Verdict verdict = Verdict.WAITING;
        boolean serves;
        @Nullable Instant startedAt;

        Task(
                String id,
                String name,
                String pipeline,
                String repository,
                Replica.Origin origin,
                Instant createdAt) {
            this.id = id;
            this.name = name;
            this.pipeline = pipeline;
            this.repository = repository;
            this.origin = origin;
            this.createdAt = createdAt;
        }

        boolean runs() {
            return phase == Phase.RUNNING;
        }
    }

    /** Fields that somebody changed, with their values. */
    static final class SortedFields extends TreeMap<String, String> {
        private static final long serialVersionUID = 1L;
    }

    String name() {
        return name;
    }

    // --- what the driver does -----------------------------------------------------------------

    private void answer(String call) {
        if (away) {
            throw new PlumblineException(
                    FailureKind.UNREACHABLE, "cluster " + name + " does not answer");
        }
        if (!call.isEmpty()) {
            var no = refusal;
            if (no != null) {
                throw new PlumblineException(FailureKind.TRANSIENT, no);
            }
            calls.add(call);
        }
    }

    synchronized void ping() {
        answer("");
    }

    synchronized List<Task> of(String pipeline) {
        answer("");
        return last(pipeline);
    }

    /** What was there, whether or not it answers now. */
    synchronized List<Task> last(String pipeline) {
        return tasks.values().stream()
                .filter(t -> t.pipeline.equals(pipeline))
                .sorted(Comparator.comparing(t -> t.name))
                .toList();
    }

    synchronized Collection<Task> all() {
        return List.copyOf(tasks.values());
    }

    synchronized Task create(
            String pipeline, String repository, Replica.Origin origin, Instant at) {
        answer("create " + origin.service());
        var id = "task-" + ++serial;
        var task =
                new Task(
                        id,
                        pipeline + "-" + origin.service() + "." + serial,
                        pipeline,
                        repository,
                        origin,
                        at);
        tasks.put(id, task);
        return task;
    }

    synchronized void start(Task task, Instant at) {
        answer("start " + task.name);
        boolean ends = broken.contains(task.origin.image());
        task.phase = ends ? Phase.ENDED : Phase.RUNNING;
        task.code = ends ? 1 : 0;
        task.verdict = ends ? Verdict.WAITING : Verdict.HEALTHY;
        task.startedAt = at;
    }

    synchronized void serve(Task task, boolean serves) {
        answer((serves ? "serve " : "withdraw ") + task.name);
        task.serves = serves;
    }

    synchronized void stop(Task task) {
        answer("stop " + task.name);
        task.phase = Phase.ENDED;
        task.code = 0;
        task.serves = false;
        task.verdict = Verdict.WAITING;
    }

    synchronized void remove(Task task) {
        answer("remove " + task.name);
        tasks.remove(task.id);
    }

    // --- steps --------------------------------------------------------------------------------

    /** An attempt of a step as the cluster keeps it. */
    static final class Job {
        final Attempt attempt;
        final CompletableFuture<Boolean> end = new CompletableFuture<>();
        FakeJob.@Nullable Ending does;
        @Nullable Shown ended;

        Job(Attempt attempt) {
            this.attempt = attempt;
        }

        Shown shown() {
            var e = ended;
            return e != null ? e : does == null ? new Shown.Absent() : new Shown.Running();
        }

        /** What it made, if it ended by itself. */
        Map<String, FakeJob.Made> files() {
            var d = does;
            return d != null && ended instanceof Shown.Exited e && e.exitCode() == d.exitCode()
                    ? d.files()
                    : Map.of();
        }
    }

    synchronized Optional<Job> job(Attempt attempt) {
        answer("");
        return Optional.ofNullable(jobs.get(attempt));
    }

    synchronized List<Attempt> attempts(String pipeline) {
        answer("");
        return jobs.keySet().stream().filter(a -> a.pipeline().equals(pipeline)).toList();
    }

    /** What steps with this image do; empty if nobody said it. */
    synchronized Optional<FakeJob> does(String reference, String image) {
        return Optional.ofNullable(does.getOrDefault(reference, does.get(image)));
    }

    /** Starts a step; it does not start if the job throws. */
    synchronized Job startJob(Attempt attempt, FakeJob job, FakeJob.Start start) {
        answer("start " + attempt.step());
        var made = new Job(attempt);
        jobs.put(attempt, made);
        made.does = job.run(start);
        return made;
    }

    /** The step's process ends by itself. */
    synchronized void finish(Job job) {
        var d = job.does;
        if (d != null && job.ended == null) {
            ends(job, new Shown.Exited(d.exitCode(), d.outOfMemory(), ""));
        }
    }

    synchronized void stopJob(Attempt attempt) {
        answer("stop " + attempt.step());
        var job = jobs.get(attempt);
        if (job != null && job.shown() instanceof Shown.Running) {
            var d = Objects.requireNonNull(job.does);
            ends(job, new Shown.Exited(d.stopCode(), false, ""));
        }
    }

    private static void ends(Job job, Shown how) {
        job.ended = how;
        job.end.complete(true);
    }

    synchronized void removeJob(Attempt attempt) {
        answer("remove " + attempt.step());
        vanishes(attempt);
    }

    /** Steps with this image, by reference or by the name that a release gives it, do that. */
    public synchronized void runs(String image, FakeJob job) {
        does.put(image, job);
    }

    /** A step that lasts ends as it said at its start. */
    public synchronized void finish(Attempt attempt) {
        finish(Objects.requireNonNull(jobs.get(attempt), "no such attempt"));
    }

    /** Somebody removes an attempt. */
    public synchronized void vanishes(Attempt attempt) {
        var job = jobs.remove(attempt);
        if (job != null) {
            job.end.complete(true);
        }
    }

    AutoCloseable watch(Consumer<String> pipelines) {
        watchers.add(pipelines);
        return () -> watchers.remove(pipelines);
    }

    Observation observation(List<Task> of) {
        return new Observation(name, of.stream().map(FakeCluster::replica).toList());
    }

    static Replica replica(Task t) {
        var state =
                switch (t.phase) {
                    case RUNNING -> "running";
                    case PAUSED -> "paused";
                    case ENDED -> "exited with code " + t.code;
                    case BETWEEN -> "created";
                };
        return new Replica(
                t.id,
                t.name,
                t.origin,
                new Replica.Run(t.phase, state, 0, t.createdAt, t.startedAt, t.runs()),
                new Replica.Health(t.verdict, "the cluster's check", null, t.code != 0),
                0,
                0,
                List.of(),
                "");
    }

    // --- what a test does ---------------------------------------------------------------------

    /** Replicas of this image end as soon as they start. */
    public synchronized void breaks(String reference) {
        broken.add(reference);
    }

    /** Each change fails so, for no fault of a release; null: they work. */
    public void refuses(@Nullable String why) {
        synchronized (this) {
            refusal = why;
        }
        stir();
    }

    /** Whether it does not answer. */
    public void away(boolean now) {
        synchronized (this) {
            away = now;
        }
        stir();
    }

    /** The process of a replica ends. */
    public void ends(String replica, int code) {
        synchronized (this) {
            var task = task(replica);
            task.phase = Phase.ENDED;
            task.code = code;
            task.serves = false;
            task.verdict = Verdict.WAITING;
        }
        stir();
    }

    /** The checks of a replica fail. */
    public void unhealthy(String replica) {
        synchronized (this) {
            task(replica).verdict = Verdict.UNHEALTHY;
        }
        stir();
    }

    /** Somebody changes a field of a replica. */
    public void changes(String replica, String field, String value) {
        synchronized (this) {
            task(replica).changed.put(field, value);
        }
        stir();
    }

    /** Replicas of a pipeline that run, by name. */
    public synchronized List<Replica> running(String pipeline) {
        return last(pipeline).stream().filter(Task::runs).map(FakeCluster::replica).toList();
    }

    /** All replicas of a pipeline, by name. */
    public synchronized List<Replica> replicas(String pipeline) {
        return last(pipeline).stream().map(FakeCluster::replica).toList();
    }

    /** Whether requests reach a replica. */
    public synchronized boolean serves(String replica) {
        return task(replica).serves;
    }

    /** The changes so far, in order. */
    public synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    private Task task(String replica) {
        var found = tasks.get(replica);
        if (found == null) {
            throw new IllegalArgumentException("no replica " + replica);
        }
        return found;
    }

    private void stir() {
        all().stream()
                .map(t -> t.pipeline)
                .distinct()
                .forEach(p -> watchers.forEach(w -> w.accept(p)));
    }
}
