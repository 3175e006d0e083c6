package io.plumbline.runtime.journal;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.placement.Usage;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.ReleaseHistory;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.core.rollout.Transition;
import io.plumbline.port.Cause;
import io.plumbline.port.driver.SliceOwner.Told;
import io.plumbline.runtime.loop.LogFields;
import io.plumbline.runtime.placement.PlacementView;
import io.plumbline.runtime.state.StoredReleases;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The state of a pipeline, written to the ledger before it is valid. So the agent does nothing that
 * is not in the ledger first. Only the pipeline's thread changes the state; its engine reconcilers
 * write events.
 */
public final class Journal {
    private final World world;
    private final PlacementView sites;
    private final StoredReleases releases;
    private volatile PipelineState state;
    private @Nullable String nextId;
    private final AtomicLong writes = new AtomicLong();

    /** The trigger of the newest deployment; null if another process began it. */
    private volatile @Nullable Cause cause;

    public Journal(PipelineState state, World world, PlacementView sites) {
        this.state = state;
        this.world = world;
        this.sites = sites;
        this.releases = new StoredReleases(world.ledger(), state.pipeline());
        hold();
    }

    public PipelineState state() {
        return state;
    }

    /** Returns how often the state was changed. */
    public long writes() {
        return writes.get();
    }

    public RolloutStateMachine.Moment moment(boolean retryDue, boolean healthy, boolean hindered) {
        return new RolloutStateMachine.Moment(
                world.ticker().now(), nextId(), retryDue, healthy, hindered);
    }

    public RolloutStateMachine.Moment moment(boolean retryDue, boolean healthy) {
        return new RolloutStateMachine.Moment(world.ticker().now(), nextId(), retryDue, healthy);
    }

    /** Writes a transition and makes its state the current one. */
    public void write(Transition t) {
        if (t.events().isEmpty() && t.state().equals(state)) {
            return;
        }
        var before = state;
        var written = world.ledger().save(t.state(), t.ended(), t.events());
        state = t.state();
        var d = state.deployment();
        if (d != null && d.id().equals(nextId)) {
            nextId = null;
        }
        hold();
        finished(before.deployment(), d);
        writes.incrementAndGet();
        if (d != null
                && (before.deployment() == null || !d.id().equals(before.deployment().id()))) {
            cause = LogFields.trigger();
        }
        publish(written, before.active().isPresent());
    }

    /** Writes the new name of the pipeline; the next worker continues with it. */
    public void rename(Transition t) {
        var written = world.ledger().rename(state.pipeline(), t.state(), t.events());
        state = t.state();
        world.events().publish(written);
    }

    /** Writes how far the deployment got, which is no change of the pipeline's state. */
    public void progress(PipelineState next) {
        if (!next.equals(state)) {
            world.ledger().save(next, List.of());
            state = next;
        }
    }

    /** Writes an event of the whole pipeline that does not change the state. */
    public void tell(EventType type, String reason) {
        tell("", type, "", "", "", "", reason);
    }

    /** Writes an event that does not change the state. */
    public void tell(
            String engine,
            EventType type,
            String service,
            String field,
            String from,
            String to,
            String reason) {
        var event = event(state, engine, type, service, field, from, to, reason);
        publish(world.ledger().append(List.of(event)), false);
    }

    /** Writes several events of an engine, in one write. */
    public void tell(String engine, List<Told> events) {
        var now = state;
        publish(
                world.ledger()
                        .append(
                                events.stream()
                                        .map(
                                                e ->
                                                        event(
                                                                now,
                                                                engine,
                                                                e.type(),
                                                                e.service(),
                                                                e.field(),
                                                                e.from(),
                                                                e.to(),
                                                                e.reason()))
                                        .toList()),
                false);
    }

    /**
     * Publishes events. The trigger of a deployment counts for all its events, including its end.
     */
    private void publish(List<PipelineEvent> written, boolean ends) {
        boolean deploying = ends || state.active().isPresent() || !state.settled();
        LogFields.triggered(
                deploying ? cause : LogFields.trigger(), () -> world.events().publish(written));
    }

    /** Creates an event for a state that is not written yet. */
    public PipelineEvent event(
            PipelineState s,
            String engine,
            EventType type,
            String service,
            String field,
            String from,
            String to,
            String reason) {
        var d = s.deployment();
        // A head that is refused or accepted belongs to no deployment.
        boolean ofHead = type == EventType.HEAD_REFUSED || type == EventType.HEAD_ACCEPTED;
        return new PipelineEvent(
                0,
                world.ticker().now(),
                s.pipeline(),
                d == null || ofHead ? "" : d.id(),
                engine,
                service,
                type.word(),
                field,
                from,
                to,
                reason);
    }

    /**
     * Returns the id of the next deployment. It is taken only when it is needed, because the ledger
     * may not be writable.
     */
    private String nextId() {
        var id = nextId;
        if (id == null) {
            id = "d-" + world.ledger().nextNumber();
            nextId = id;
        }
        return id;
    }

    private void hold() {
        List<Release> held =
                ReleaseHistory.holding(state).stream()
                        .flatMap(id -> Stream.ofNullable(releases.find(id)))
                        .toList();
        world.claims().hold(state.pipeline(), held, r -> sites.candidates(r.placement()));
        world.claims().book(state.pipeline(), booked());
    }

    /** Returns the capacity that the pipeline's placement reserves, by engine. */
    private Map<String, Usage> booked() {
        var where = state.where();
        var out = new TreeMap<String, Usage>();
        book(out, releases.find(state.deployed()), where.placed());
        var placing = where.placing();
        // A deployment that has ended reserves nothing more.
        boolean open = state.active().isPresent() || !state.settled();
        if (placing != null && (open || placing.release().equals(state.deployed()))) {
            book(out, releases.find(placing.release()), placing.to());
        }
        return out;
    }

    private static void book(
            Map<String, Usage> out, @Nullable Release release, Assignment assignment) {
        if (release != null) {
            assignment
                    .engines()
                    .forEach(e -> out.merge(e, Usage.of(release, assignment, e), Usage::most));
        }
    }

    private void finished(@Nullable DeploymentRecord before, @Nullable DeploymentRecord now) {
        if (now == null) {
            return;
        }
        boolean another = before != null && !before.id().equals(now.id());
        if (before != null && another && before.active()) {
            world.telemetry().deploymentFinished(state.pipeline(), "Superseded");
        }
        if (!now.active() && (before == null || another || before.state() != now.state())) {
            world.telemetry().deploymentFinished(state.pipeline(), now.state().word());
        }
    }
}
