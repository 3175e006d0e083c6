package io.plumbline.runtime;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.AllowPolicy;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.Line;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.Rollout;
import io.plumbline.core.status.PipelineStatus.RollbackTarget;
import io.plumbline.port.PlumblineException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that decides for a pipeline (law 3): takes its mail, lets the state follow the
 * head, makes a pass of the {@link Reconciler}, and leaves a snapshot for whoever wants to see.
 */
final class PipelineWorker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PipelineWorker.class);
    private static final Duration ANSWER_DEADLINE = Duration.ofSeconds(60);

    private final String pipeline;
    private final World world;
    private final RepositoryWatcher repository;
    private final Mailbox mailbox = new Mailbox();
    private final HeadRenderer heads;
    private final Journal journal;
    private final Reconciler reconciler;
    private final Sites sites;
    private final Departure departure;
    private final Adoption adoption;
    private final Revocations revocations;
    private final Consumer<String> removed;
    private final Thread thread;
    private volatile Snapshot snapshot;
    private volatile boolean closed;
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

    PipelineWorker(
            PipelineState state,
            World world,
            RepositoryWatcher repository,
            AllowPolicy allow,
            Set<String> externalVolumes,
            List<String> engines,
            Consumer<String> removed) {
        this.pipeline = state.pipeline();
        this.world = world;
        this.repository = repository;
        this.removed = removed;
        this.sites = new Sites(pipeline, world.fleet(), world.claims(), engines);
        this.journal = new Journal(state, world, sites);
        this.heads = new HeadRenderer(pipeline, world, sites, repository.git(), allow);
        this.reconciler =
                new Reconciler(
                        pipeline,
                        state.repository(),
                        world,
                        allow,
                        externalVolumes,
                        journal,
                        sites,
                        mailbox::hint);
        this.departure = new Departure(world);
        this.adoption = new Adoption(pipeline, world, sites, repository, allow);
        this.revocations = new Revocations(repository.gate());
        this.snapshot = snapshotOf(heads.head());
        this.thread = Thread.ofVirtual().name("pipeline-" + pipeline).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void hint() {
        mailbox.hint();
    }

    /** Something happened on an engine, or it came or went. */
    void hint(String engine) {
        reconciler.lanes().hint(engine);
        mailbox.hint();
    }

    Snapshot snapshot() {
        return snapshot;
    }

    String repositoryName() {
        return repository.name();
    }

    /** Runs a question or command on the pipeline's thread and waits for the answer. */
    <T> T ask(Supplier<T> question) {
        var answer = new CompletableFuture<T>();
        mailbox.post(
                () -> {
                    try {
                        var said = question.get();
                        snapshot = snapshotOf(heads.head());
                        answer.complete(said);
                    } catch (RuntimeException e) {
                        answer.completeExceptionally(e);
                    }
                });
        try {
            CompletableFuture.anyOf(answer, ended)
                    .orTimeout(ANSWER_DEADLINE.toSeconds(), TimeUnit.SECONDS)
                    .join();
            if (!answer.isDone()) {
                throw new PlumblineException(
                        FailureKind.MISSING, pipeline + " is removed, or the agent is stopping");
            }
            return answer.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof PlumblineException p) {
                throw p;
            }
            if (e.getCause() instanceof TimeoutException) {
                throw new PlumblineException(
                        FailureKind.UNREACHABLE,
                        pipeline
                                + " is busy with one action for more than "
                                + ANSWER_DEADLINE.toSeconds()
                                + "s; try again");
            }
            throw e;
        }
    }

    CommitGate gate() {
        return repository.gate();
    }

    /** The parts that commands work on; for use within {@link #ask} only. */
    Journal journal() {
        return journal;
    }

    Reconciler reconciler() {
        return reconciler;
    }

    Inquiry inquiry() {
        return new Inquiry(reconciler);
    }

    Sites sites() {
        return sites;
    }

    HeadRenderer heads() {
        return heads;
    }

    /** An operator wants everything tried again now. */
    void tryAgain(boolean resolve, boolean prune) {
        mailbox.post(
                () -> {
                    if (resolve) {
                        world.ledger().forgetResolutions(pipeline);
                        heads.forget();
                    }
                    if (prune) {
                        departure.allow();
                    }
                    heads.tryAgain();
                    reconciler.tryAgain();
                });
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    private void run() {
        try {
            loop();
        } finally {
            reconciler.close();
            ended.complete(true);
        }
    }

    private void loop() {
        while (!closed) {
            Duration wait;
            try {
                wait = pass();
            } catch (RuntimeException e) {
                if (closed) {
                    return;
                }
                LOG.error("pipeline={} the loop failed unexpectedly", pipeline, e);
                wait = Duration.ofSeconds(5);
            }
            try {
                for (var command : mailbox.take(wait)) {
                    command.run();
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private Duration pass() {
        long began = world.ticker().nanos();
        var view = repository.view();
        if (adoption.needed(journal.state())) {
            var adopted = adoption.adopt(journal.state(), view, journal.moment(false, false));
            if (adopted.isPresent()) {
                journal.write(adopted.get());
            }
        }
        if (adoption.stuck()) {
            snapshot = snapshotOf(heads.look(view));
            return Duration.ofSeconds(5);
        }
        var head = claimed(heads.look(view));
        var gone = departure.look(journal.state(), head, view);
        journal.write(gone.transition());
        revocations.look(journal);
        journal.write(
                Rollout.follow(
                        journal.state(),
                        head,
                        journal.moment(reconciler.retryDue(), reconciler.soaking())));
        var wait = reconciler.pass();
        snapshot = snapshotOf(head);
        world.telemetry().reconciled(pipeline, Duration.ofNanos(world.ticker().nanos() - began));
        if (departure.done(journal.state(), snapshot)) {
            forget();
            return Duration.ofHours(1);
        }
        return shorter(shorter(wait, gone.again()), heads.again());
    }

    private void forget() {
        departure.removeNetworks(pipeline);
        world.ledger().forget(pipeline);
        world.claims().release(pipeline);
        journal.tell("Removed", pipeline + " left Git and is removed; volumes stay");
        closed = true;
        removed.accept(pipeline);
    }

    /** A head whose ports another pipeline holds, or whose secrets have no value, has to wait. */
    private Head claimed(Head head) {
        if (!(head instanceof Head.Ready ready)) {
            return head;
        }
        var state = journal.state();
        var id = ready.release().id();
        boolean known =
                id.equals(state.deployed())
                        || state.active().filter(d -> d.release().equals(id)).isPresent();
        if (known || Rollout.whyNot(state, ready) != null) {
            return head;
        }
        var problems = world.secrets().hashes(ready.release()).problems();
        if (!problems.isEmpty()) {
            return new Head.Broken(ready.commit(), String.join("; ", problems));
        }
        var taken =
                world.claims()
                        .take(
                                pipeline,
                                Claims.portsOf(ready.release()),
                                sites.candidates(ready.release().placement()));
        return taken.isPresent() ? new Head.Broken(ready.commit(), taken.get()) : head;
    }

    private static Duration shorter(Duration a, @Nullable Duration b) {
        return b == null || a.compareTo(b) <= 0 ? a : b;
    }

    private Snapshot snapshotOf(Head head) {
        var state = journal.state();
        var blocked = new ArrayList<String>();
        if (adoption.stuck()) {
            blocked.add(adoption.why());
        }
        if (!reconciler.blocked().isEmpty()) {
            blocked.add(reconciler.blocked());
        }
        departure.why().ifPresent(blocked::add);
        return new Snapshot(
                state,
                head,
                reconciler.looks(),
                reconciler.drift(),
                reconciler.contested(),
                String.join("; ", blocked),
                reconciler.doing(),
                rollbackTarget(state));
    }

    private @Nullable RollbackTarget rollbackTarget(PipelineState state) {
        var left = Line.leaving(state);
        var target = left == null ? null : Line.before(state, left).orElse(null);
        if (target == null) {
            return null;
        }
        var release = reconciler.releases().find(target);
        var commit = reconciler.releases().commitOf(target);
        if (release == null) {
            return new RollbackTarget(target, commit, false, List.of("the stored release"));
        }
        var missing = new ArrayList<String>();
        for (var service : release.services()) {
            missing.addAll(missingImage(service, release));
            for (var file : service.spec().files()) {
                if (world.ledger().file(file.sha256()).isEmpty()) {
                    missing.add("file " + file.target());
                }
            }
        }
        reconciler.whereTo(release).blocker().ifPresent(p -> missing.add("a place: " + p.text()));
        missing.addAll(world.secrets().hashes(release).problems());
        var revoked = repository.gate().revoked(pipeline, target);
        if (!revoked.isEmpty()) {
            missing.add("a signature that counts: " + revoked + "; --force goes there");
        }
        var distinct = missing.stream().distinct().toList();
        return new RollbackTarget(
                target, commit.isEmpty() ? null : commit, distinct.isEmpty(), distinct);
    }

    /** The engines that are to run it, answer, and do not have its image. */
    private List<String> missingImage(ReleaseService service, Release release) {
        var image = service.spec().image().engineName();
        var out = new ArrayList<String>();
        for (var name : reconciler.whereTo(release).assignment().of(service.name()).keySet()) {
            var engine = sites.engine(name);
            var where = sites.several() ? " on engine " + engine.engine().name() : "";
            try {
                if (engine.seen().reachable() && engine.image(image).isEmpty()) {
                    out.add("image " + service.reference() + " (" + image + ")" + where);
                }
            } catch (PlumblineException e) {
                out.add("image " + service.reference() + where + ": " + e.getMessage());
            }
        }
        return out;
    }

    /** Lets the state follow the head at once; within {@link #ask} only. */
    Head followNow() {
        var head = claimed(heads.look(repository.view()));
        if (!adoption.stuck() && !adoption.needed(journal.state())) {
            journal.write(
                    Rollout.follow(
                            journal.state(),
                            head,
                            journal.moment(reconciler.retryDue(), reconciler.soaking())));
        }
        return head;
    }

    /** An operator wants the head deployed whatever runs; within {@link #ask} only. */
    boolean giveUpAdoption() {
        boolean was = adoption.stuck();
        adoption.giveUp();
        return was;
    }

    /** Why nothing is done, empty if something is; for commands. */
    String blocked() {
        return adoption.stuck() ? adoption.why() : "";
    }
}
