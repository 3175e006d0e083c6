package io.plumbline.runtime.pipeline;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.OperatorCommands;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.ReleaseHistory;
import io.plumbline.core.rollout.Revert;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.core.status.PipelineStatus.RollbackTarget;
import io.plumbline.core.status.StatusOf;
import io.plumbline.port.Cause;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.runtime.engine.Fleet;
import io.plumbline.runtime.git.CommitGate;
import io.plumbline.runtime.git.RepositoryView;
import io.plumbline.runtime.git.RepositoryWatcher;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.journal.ShownStatus;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.loop.LogFields;
import io.plumbline.runtime.loop.MailLoop;
import io.plumbline.runtime.placement.Claims;
import io.plumbline.runtime.placement.PlacementView;
import io.plumbline.runtime.render.HeadRefusals;
import io.plumbline.runtime.render.HeadRenderer;
import io.plumbline.runtime.render.Precedence;
import io.plumbline.runtime.rollout.Reconciler;
import io.plumbline.runtime.rollout.StageList;
import io.plumbline.runtime.run.StepRuns;
import io.plumbline.runtime.state.LedgerWatch;
import io.plumbline.runtime.state.Permissions;
import io.plumbline.runtime.state.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker of one pipeline. Its thread alone decides for the pipeline (invariant 3). A pass:
 *
 * <ol>
 *   <li>ends this worker if the pipeline was renamed, or is another one of the same name;
 *   <li>adopts what runs if the ledger was lost ({@link Adoption}), or waits until that is
 *       possible;
 *   <li>looks at the head. It is rendered if the pipeline's files changed, and blocked if another
 *       pipeline holds its ports or a secret has no value. If another repository takes the pipeline
 *       over, this worker ends ({@link Succession});
 *   <li>writes what follows from the head: a refusal, the removal of a pipeline that left Git
 *       ({@link Pruner}), a revoked key, and then a deployment ({@link
 *       RolloutStateMachine#follow});
 *   <li>makes a pass of the {@link Reconciler}, and watches the health at rest;
 *   <li>publishes a snapshot, and forgets a pipeline that is removed.
 * </ol>
 *
 * <p>The thread handles its mail between two passes ({@link MailLoop}).
 */
public final class PipelineWorker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PipelineWorker.class);

    private final String pipeline;
    private final World world;
    private final RepositoryWatcher repository;
    private final MailLoop loop;
    private final HeadRenderer heads;
    private final HeadRefusals refusals;
    private final Journal journal;
    private final Reconciler reconciler;
    private final PlacementView sites;
    private final List<String> engines;
    private final Pruner departure;
    private final Adoption adoption;
    private final Revocations revocations;
    private final Succession succession;
    private volatile Snapshot snapshot;
    private volatile @Nullable Cause why;

    public PipelineWorker(
            PipelineState state,
            World world,
            RepositoryWatcher repository,
            Permissions permissions,
            List<String> engines,
            PipelineOwner owner,
            List<StageList.Maker> stages) {
        this.pipeline = state.pipeline();
        this.world = world;
        this.loop = new MailLoop(world.ticker().tasks(), "pipeline-" + pipeline, this::run);
        loop.answersAs(pipeline, this::shot);
        this.repository = repository;
        this.engines = engines;
        this.sites = new PlacementView(pipeline, world.fleet(), world.claims(), engines);
        this.journal = new Journal(state, world, sites);
        this.refusals = new HeadRefusals(journal, world, repository.git());
        var runs =
                new StepRuns(
                        pipeline,
                        repository.name(),
                        world,
                        sites,
                        () -> StatusOf.stable(journal.state()),
                        loop::hint);
        this.heads =
                new HeadRenderer(
                        pipeline,
                        state.engineName(),
                        world,
                        sites,
                        repository.git(),
                        permissions,
                        runs,
                        new Precedence(pipeline, repository.name(), world.standings(), loop::hint),
                        loop::hint);
        this.reconciler =
                new Reconciler(
                        state.repository(), world, permissions, journal, sites, loop::hint, stages);
        this.departure = new Pruner(world);
        this.succession = new Succession(state, world, owner, runs, loop::hint);
        this.adoption = new Adoption(state, world, sites, repository, permissions);
        this.revocations = new Revocations(repository.gate());
        this.snapshot = snapshotOf(heads.head());
    }

    public void start() {
        why = LogFields.trigger();
        loop.start();
    }

    /** Requests a pass now, and says why. */
    public void hint(@Nullable Cause why) {
        loop.hint(why);
    }

    /** Wakes the pipeline, because something happened on an engine. */
    public void hint(String engine, @Nullable Cause why) {
        reconciler.engines().hint(engine, why);
        loop.hint(why);
    }

    public Snapshot snapshot() {
        return snapshot;
    }

    public String pipeline() {
        return pipeline;
    }

    /** Returns the recorded state; safe for any thread. */
    public PipelineState state() {
        return journal.state();
    }

    public String repositoryName() {
        return repository.name();
    }

    /** Runs a question or command on the pipeline's thread and waits for the answer. */
    public <T> T ask(Supplier<T> question) {
        return loop.ask(question);
    }

    /**
     * Waits until the current head is rendered. Engines and registries that are asked meanwhile
     * delay the caller, not the pipeline.
     */
    public void awaitHead() {
        var underWay =
                ask(
                        () -> {
                            var _ = heads.look(repository.view());
                            return Optional.ofNullable(heads.underWay());
                        });
        if (underWay.isPresent()) {
            var _ = loop.answered(underWay.get(), "asks what its images mean");
        }
    }

    public CommitGate gate() {
        return repository.gate();
    }

    /** The parts that commands work on; only within {@link #ask}. */
    public Journal journal() {
        return journal;
    }

    public Reconciler reconciler() {
        return reconciler;
    }

    public Inquiry inquiry() {
        return new Inquiry(pipeline, reconciler, world.ticker().tasks());
    }

    public PlacementView sites() {
        return sites;
    }

    /** Returns the sites that the pipeline would have in another fleet. */
    public PlacementView sites(Fleet supposed) {
        return new PlacementView(pipeline, supposed, world.claims(), engines);
    }

    public HeadRenderer heads() {
        return heads;
    }

    /**
     * Retries everything, because an operator asks for it; completes when the pipeline's thread has
     * done so.
     */
    public CompletableFuture<Boolean> tryAgain(boolean resolve, boolean prune) {
        return loop.post(
                () -> {
                    sites.allowed().forEach(EngineDriver::askAgain);
                    if (resolve) {
                        // First, so that a resolution in progress is not remembered afterwards.
                        heads.forget();
                        world.ledger().forgetResolutions(pipeline);
                    }
                    if (prune) {
                        departure.allow();
                    }
                    heads.tryAgain();
                    reconciler.tryAgain();
                    return true;
                });
    }

    /** Does the same and waits until it is done. */
    public void tryAgainNow(boolean resolve, boolean prune) {
        var _ = loop.answered(tryAgain(resolve, prune), MailLoop.BUSY);
    }

    @Override
    public void close() {
        loop.close();
    }

    private void run() {
        LogFields.pipeline(pipeline, repository.name());
        if (why != null) {
            LogFields.trigger(why);
        }
        try {
            loop.run(
                    this::pass,
                    e -> LedgerWatch.loopFailed(LOG, "pipeline " + pipeline, world.ledger(), e));
        } finally {
            heads.cancel();
            heads.runs().close();
            succession.cancel();
            reconciler.close();
            world.telemetry().pipelineGone(pipeline);
        }
    }

    private Duration pass() {
        long began = world.ticker().nanos();
        var view = repository.view();
        if (becomesAnother()) {
            return Duration.ZERO;
        }
        if (adoption.needed(journal.state())) {
            var adopted = adoption.adopt(journal.state(), view, journal.moment(false, false));
            if (adopted.isPresent()) {
                journal.write(adopted.get());
            }
        } else if (adoption.stuck()) {
            // An operator has chosen the release meanwhile.
            adoption.giveUp();
        }
        if (adoption.stuck()) {
            snapshot = snapshotOf(heads.look(view));
            return Duration.ofSeconds(5);
        }
        var head = claimed(lookAt(view), view);
        if (succession.ready().isPresent()) {
            handOver(succession.ready().get().repository().name());
            return Duration.ZERO;
        }
        refusals.looked(head);
        if (head instanceof Head.Ready) {
            heads.precedence().passed();
        }
        var exempt = heads.takeExempt();
        if (!exempt.isEmpty()) {
            LOG.warn("{}: {}", pipeline, exempt);
            journal.tell(EventType.STORED_RELEASE_EXEMPT, exempt);
        }
        journal.write(Revert.onlyStable(journal.state(), world.ticker().now()));
        var gone = departure.look(journal.state(), head, view);
        journal.write(gone.transition());
        if (journal.state().gone() != PipelineState.Gone.NO) {
            heads.runs().wantNone(journal.state().engineName());
        }
        revocations.look(journal);
        journal.write(
                RolloutStateMachine.follow(
                        journal.state(),
                        head,
                        journal.moment(
                                reconciler.retryDue(),
                                reconciler.soaking(),
                                reconciler.hindered())));
        var wait = reconciler.pass();
        reconciler.watchHealth();
        snapshot = snapshotOf(head);
        var shown = ShownStatus.of(snapshot, world.fleet());
        world.telemetry().pipelineStands(shown);
        heads.precedence().stands(view, head.commit(), shown.state());
        world.telemetry().reconciled(pipeline, Duration.ofNanos(world.ticker().nanos() - began));
        if (departure.done(journal.state(), snapshot)) {
            forget();
            return Duration.ofHours(1);
        }
        return shorter(shorter(wait, gone.again()), heads.again());
    }

    private Head lookAt(RepositoryView view) {
        return succession.look(journal.state(), heads.look(view), view);
    }

    /** Hands a renamed pipeline over to a worker under the new name. */
    private boolean becomesAnother() {
        var state = journal.state();
        if (succession.isAnother(state)) {
            loop.end();
            succession.takeUpAnew(loop.ended());
            return true;
        }
        var name = succession.newName(state);
        if (name.isEmpty()) {
            return false;
        }
        LOG.info("pipeline {} is called {} from now on", pipeline, name.get());
        heads.precedence().gone();
        journal.rename(OperatorCommands.rename(state, name.get(), world.ticker().now()));
        if (endsReconcilers()) {
            succession.renamed(journal.state(), loop.ended());
        }
        return true;
    }

    /**
     * Ends the engine reconcilers. The next worker must not meet an engine reconciler of this one,
     * because each would revert the other's changes.
     *
     * @return false if the agent is stopping, so that there is no next worker
     */
    private boolean endsReconcilers() {
        loop.end();
        reconciler.close();
        return reconciler.engines().join(MailLoop.ANSWER_DEADLINE);
    }

    private void handOver(String to) {
        journal.write(OperatorCommands.handOver(journal.state(), to, world.ticker().now()));
        if (endsReconcilers()) {
            succession.handedOver(journal.state(), loop.ended());
        }
    }

    private void forget() {
        var left = departure.removeShared(journal.state().engineName());
        if (!left.isEmpty()) {
            journal.tell(EventType.CLEAN_UP_FAILED, "a network of " + pipeline + " stays: " + left);
        }
        world.ledger().forget(pipeline);
        world.claims().release(pipeline);
        heads.precedence().gone();
        journal.tell(EventType.REMOVED, pipeline + " left Git and is removed; volumes stay");
        loop.end();
        succession.removed();
    }

    /**
     * Blocks a head that waits for another pipeline, whose ports another pipeline holds, or whose
     * secrets have no value.
     */
    private Head claimed(Head head, RepositoryView view) {
        if (!(head instanceof Head.Ready ready)) {
            return head;
        }
        var state = journal.state();
        var id = ready.release().id();
        boolean known =
                id.equals(state.deployed())
                        || state.active().filter(d -> d.release().equals(id)).isPresent();
        if (known || RolloutStateMachine.whyNot(state, ready) != null) {
            return head;
        }
        var held = heads.precedence().holds(view, ready.commit());
        if (held.isPresent()) {
            return held.get();
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
        return taken.isPresent()
                ? new Head.Broken(ready.commit(), succession.reason(taken.get()))
                : head;
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
                refusals.note(head, heads.again()),
                rollbackTarget(state));
    }

    private void shot() {
        snapshot = snapshotOf(heads.head());
    }

    private @Nullable RollbackTarget rollbackTarget(PipelineState state) {
        var left = ReleaseHistory.leaving(state);
        var target = left == null ? null : ReleaseHistory.before(state, left).orElse(null);
        if (target == null) {
            return null;
        }
        var release = reconciler.releases().find(target);
        var commit = reconciler.releases().commitOf(target);
        if (release == null) {
            return new RollbackTarget(target, commit, false, List.of("the stored release"));
        }
        var placed = reconciler.whereTo(release);
        var missing = new ArrayList<String>();
        missing.addAll(missingImages(release, placed.assignment()));
        for (var service : release.services()) {
            for (var file : service.spec().files()) {
                if (world.ledger().file(file.sha256()).isEmpty()) {
                    missing.add("file " + file.target());
                }
            }
        }
        placed.blocker().ifPresent(p -> missing.add("capacity: " + p.text()));
        missing.addAll(world.secrets().hashes(release).problems());
        reconciler.refusal(release).ifPresent(why -> missing.add("permission: " + why));
        var revoked = repository.gate().revoked(pipeline, target);
        if (!revoked.isEmpty()) {
            missing.add("signature: " + revoked + "; use --force to override");
        }
        var distinct = missing.stream().distinct().toList();
        return new RollbackTarget(
                target, commit.isEmpty() ? null : commit, distinct.isEmpty(), distinct);
    }

    /**
     * Returns the images that the reachable engines of the placement do not have. Makes no calls.
     */
    private List<String> missingImages(Release release, Assignment where) {
        var out = new ArrayList<String>();
        for (var name : where.engines()) {
            var engine = sites.engine(name);
            if (!engine.seen().reachable()) {
                continue;
            }
            var wanted =
                    release.services().stream()
                            .filter(s -> where.replicas(name, s.name()) > 0)
                            .toList();
            var there =
                    engine.images(
                            pipeline,
                            wanted.stream()
                                    .map(s -> s.spec().image().engineName())
                                    .collect(Collectors.toSet()));
            for (var service : wanted) {
                missing(service, there, sites.several() ? " on engine " + name : "")
                        .ifPresent(out::add);
            }
        }
        return out;
    }

    private static Optional<String> missing(
            ReleaseService service, Map<String, Boolean> there, String where) {
        var image = service.spec().image().engineName();
        var seen = there.get(image);
        if (seen != null && seen) {
            return Optional.empty();
        }
        var text = "image " + service.reference() + " (" + image + ")" + where;
        return Optional.of(seen == null ? text + ": not looked at yet" : text);
    }

    /** Returns the head without following it; only within {@link #ask}. */
    public Head headNow() {
        return lookAt(repository.view());
    }

    /** Lets the state follow the head at once; only within {@link #ask}. */
    public Head followNow() {
        var view = repository.view();
        var head = claimed(lookAt(view), view);
        if (!adoption.stuck() && !adoption.needed(journal.state())) {
            journal.write(
                    RolloutStateMachine.follow(
                            journal.state(),
                            head,
                            journal.moment(
                                    reconciler.retryDue(),
                                    reconciler.soaking(),
                                    reconciler.hindered())));
        }
        return head;
    }

    /**
     * Ends the adoption, because an operator wants the head deployed in any case; only within
     * {@link #ask}.
     */
    public boolean giveUpAdoption() {
        boolean was = adoption.stuck();
        adoption.giveUp();
        return was;
    }

    /** Lets a head that waits for another pipeline pass; only within {@link #ask}. */
    public void overrideWait() {
        heads.precedence().override();
    }

    /** Whether the head waits for another pipeline. */
    public boolean waitsForOther() {
        return heads.precedence().waits();
    }

    /** Returns why the pipeline does nothing, empty if it acts; for commands. */
    public String blocked() {
        return adoption.stuck() ? adoption.why() : "";
    }
}
