package io.plumbline.runtime;

import io.plumbline.core.plan.Action;
import io.plumbline.core.plan.Reason;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Deployment;
import io.plumbline.core.rollout.Line;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.Rollout;
import io.plumbline.core.rollout.Transition;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline's state, written before it holds: nothing is done that is not in the ledger first. One
 * thread only, but {@link #state()} and {@link #wake()} for all.
 */
final class Journal {
    private final World world;
    private final Runnable wake;
    private final Releases releases;
    private volatile PipelineState state;
    private String nextId;
    private String lastTrouble = "";

    Journal(PipelineState state, World world, Runnable wake) {
        this.state = state;
        this.world = world;
        this.wake = wake;
        this.releases = new Releases(world.ledger(), state.pipeline());
        this.nextId = newId();
        hold();
    }

    PipelineState state() {
        return state;
    }

    /** Wakes the pipeline's thread. */
    void wake() {
        wake.run();
    }

    Rollout.Moment moment(boolean retryDue, boolean healthy) {
        return new Rollout.Moment(world.ticker().now(), nextId, retryDue, healthy);
    }

    /** Writes a transition; then it holds. */
    void write(Transition t) {
        if (t.events().isEmpty() && t.state().equals(state)) {
            return;
        }
        var before = state;
        var written = world.ledger().save(t.state(), t.ended(), t.events());
        state = t.state();
        var d = state.deployment();
        if (d != null && d.id().equals(nextId)) {
            nextId = newId();
        }
        hold();
        finished(before.deployment(), d);
        lastTrouble = "";
        world.events().publish(written);
    }

    /** Writes an event that changes nothing. */
    void tell(String type, String service, String field, String from, String to, String reason) {
        world.events()
                .publish(
                        world.ledger()
                                .append(List.of(event(type, service, field, from, to, reason))));
    }

    /** Writes what is about to be done, and what is left of the deployment's deadline. */
    void action(Action action, Duration progressLeft) {
        var why = action.reasons().stream().map(Reason::toString).collect(Collectors.joining("; "));
        var first =
                action.reasons().isEmpty() ? new Reason("", "", "") : action.reasons().getFirst();
        var what = action.container().isEmpty() ? action.target() : action.container();
        var e =
                event(
                        "Action",
                        action.target(),
                        first.field(),
                        first.from(),
                        first.to(),
                        action.word() + " " + what + ": " + why);
        var d = state.active();
        if (d.isPresent()) {
            var next = state.with(x -> x.deployment = d.get().left(progressLeft));
            var written = world.ledger().save(next, List.of(e));
            state = next;
            world.events().publish(written);
        } else {
            world.events().publish(world.ledger().append(List.of(e)));
        }
    }

    /** Writes that something failed and is tried again, once for each text. */
    void trouble(String message) {
        if (!message.equals(lastTrouble)) {
            lastTrouble = message;
            tell("TryingAgain", "", "", "", "", message);
        }
    }

    private PipelineEvent event(
            String type, String service, String field, String from, String to, String reason) {
        var d = state.deployment();
        return new PipelineEvent(
                0,
                world.ticker().now(),
                state.pipeline(),
                d == null ? "" : d.id(),
                world.engine().engine().name(),
                service,
                type,
                field,
                from,
                to,
                reason);
    }

    private String newId() {
        return "d-" + world.ledger().nextNumber();
    }

    private void hold() {
        List<Release> held =
                Line.holding(state).stream()
                        .flatMap(id -> Stream.ofNullable(releases.find(id)))
                        .toList();
        world.claims().hold(state.pipeline(), held);
    }

    private void finished(@Nullable Deployment before, @Nullable Deployment now) {
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
