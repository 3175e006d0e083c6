package io.plumbline.runtime.pipeline;

import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.PipelineState.Gone;
import io.plumbline.core.rollout.Transition;
import io.plumbline.manifest.Rollout;
import io.plumbline.runtime.git.RepositoryView;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.loop.Countdown;
import io.plumbline.runtime.state.Snapshot;
import io.plumbline.runtime.state.StoredReleases;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The removal of a pipeline that left Git (invariant 13). It runs for its {@code pruneGrace}, then
 * it is stopped. It is removed after the same time again. If the whole repository is empty, the
 * agent waits for {@code plumb sync --prune}, which also ends the grace. A pipeline that comes back
 * is deployed again.
 */
public final class Pruner {
    private final World world;
    private @Nullable Long since;
    private Instant begun = Instant.EPOCH;
    private boolean allowed;
    private String why = "";

    public Pruner(World world) {
        this.world = world;
    }

    /**
     * The next step of a removal.
     *
     * @param transition the next state
     * @param again when to look again, null if that makes no difference
     */
    public record Step(Transition transition, @Nullable Duration again) {}

    /** Ends the grace, because an operator allows the removal now. */
    public void allow() {
        allowed = true;
    }

    public Optional<String> why() {
        return why.isEmpty() ? Optional.empty() : Optional.of(why);
    }

    public Step look(PipelineState s, Head head, RepositoryView view) {
        why = "";
        if (!(head instanceof Head.Left left)) {
            since = null;
            allowed = false;
            boolean back = s.gone() != Gone.NO && head instanceof Head.Ready;
            return new Step(
                    back
                            ? tell(s.with(this::back), EventType.CAME_BACK, "it is in Git again")
                            : Transition.none(s),
                    null);
        }
        if (s.paused() != null || !view.reachable()) {
            return new Step(Transition.none(s), null);
        }
        if (view.pipelines().isEmpty() && !allowed) {
            why =
                    "no manifest is left in commit "
                            + brief(left)
                            + "; "
                            + s.pipeline()
                            + " runs on. If that was an accident, bring the files back. To remove"
                            + " it for good: `plumb sync "
                            + s.pipeline()
                            + " --prune`";
            return new Step(Transition.none(s), null);
        }
        return count(s, left);
    }

    private void back(PipelineState.Builder x) {
        x.gone = Gone.NO;
        x.settled = false;
    }

    private Step count(PipelineState s, Head.Left head) {
        if (since == null) {
            begin();
        }
        var grace = graceOf(s);
        var left = grace.minusNanos(world.ticker().nanos() - Objects.requireNonNull(since));
        var end = begun.plus(grace).truncatedTo(ChronoUnit.SECONDS);
        boolean over = allowed || left.isNegative() || left.isZero();
        return switch (s.gone()) {
            case NO -> {
                why =
                        sentence(
                                s,
                                head,
                                "it is stopped at "
                                        + end
                                        + " and removed "
                                        + Countdown.text(grace)
                                        + " later. To keep it");
                if (!over) {
                    yield new Step(Transition.none(s), left);
                }
                begin();
                yield new Step(
                        tell(s.with(x -> x.gone = Gone.STOPPED), EventType.STOPPING, "it left Git"),
                        Duration.ZERO);
            }
            case STOPPED -> {
                why =
                        sentence(
                                s,
                                head,
                                "it is stopped, and is removed at " + end + ". To run it again");
                yield over
                        ? new Step(
                                tell(
                                        s.with(x -> x.gone = Gone.REMOVED),
                                        EventType.REMOVING,
                                        "it left Git"),
                                Duration.ZERO)
                        : new Step(Transition.none(s), left);
            }
            case REMOVED -> new Step(Transition.none(s), null);
        };
    }

    private void begin() {
        since = world.ticker().nanos();
        begun = world.ticker().now();
    }

    /** Returns why the pipeline goes, when, and what an operator can do. */
    private static String sentence(PipelineState s, Head.Left head, String when) {
        return s.pipeline()
                + " is in no manifest of commit "
                + brief(head)
                + "; "
                + when
                + ", bring the manifest back. To remove it now: `plumb sync "
                + s.pipeline()
                + " --prune`";
    }

    private static String brief(Head.Left head) {
        return head.commit().substring(0, Math.min(7, head.commit().length()));
    }

    private Duration graceOf(PipelineState s) {
        var deployed = new StoredReleases(world.ledger(), s.pipeline()).find(s.deployed());
        return (deployed == null ? Rollout.DEFAULT : deployed.rollout()).pruneGrace();
    }

    /**
     * Whether no replica of the pipeline is left on any engine. Networks and volumes may be left.
     */
    public boolean done(PipelineState s, Snapshot snapshot) {
        return s.gone() == Gone.REMOVED
                && snapshot.looks().stream().allMatch(this::empty)
                && world.fleet().all().stream().noneMatch(e -> e.has(s.pipeline()));
    }

    private boolean empty(Snapshot.Look look) {
        var observed = look.observed();
        return observed != null
                && observed.replicas().isEmpty()
                && world.fleet().engine(look.engine()).seen().reachable();
    }

    /** Removes what the pipeline's replicas shared. Returns the errors, empty if there are none. */
    public String removeShared(String engineName) {
        var troubles = new ArrayList<String>();
        for (var driver : world.fleet().all()) {
            if (driver.seen().reachable()) {
                troubles.addAll(driver.removeShared(engineName));
            }
        }
        return String.join("; ", troubles);
    }

    private Transition tell(PipelineState s, EventType type, String reason) {
        return new Transition(
                s,
                List.of(
                        new PipelineEvent(
                                0,
                                world.ticker().now(),
                                s.pipeline(),
                                "",
                                "",
                                "",
                                type.word(),
                                "",
                                "",
                                "",
                                reason)));
    }
}
