package io.plumbline.port.driver;

import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.core.workload.WorkloadPlan;
import io.plumbline.port.Cause;
import io.plumbline.port.driver.EngineStatus.Standing;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The part of an engine that one pipeline uses. It works towards its target on a thread of its own,
 * so an engine that hangs delays no other, and reports. The methods are safe for several threads
 * and, except {@link #plan}, {@link #drift} and {@link #join}, never wait.
 */
public interface EngineSlice extends AutoCloseable {

    /** Returns the engine's name. */
    String name();

    /** Starts the work. */
    void start();

    /**
     * Sets the target. The driver works towards it until another comes. {@link
     * SliceOwner#reported()} is called when the status has news.
     */
    void order(EngineTarget next);

    /** Returns the last target; null before the first. */
    @Nullable EngineTarget target();

    /** Returns the status of the last pass. */
    EngineStatus report();

    /**
     * Returns the evidence against the release, if the status is {@link Standing#FAULT}; else null.
     */
    @Nullable Evidence evidence();

    /** Requests a pass now, and says why. */
    void hint(@Nullable Cause why);

    /** Ends all waits for retries, because an operator asks for one. */
    void tryAgain();

    /**
     * Returns the plan for a target, from what the engine reports now. Changes nothing.
     *
     * @throws io.plumbline.port.PlumblineException {@code UNREACHABLE} if the engine does not
     *     answer
     */
    WorkloadPlan plan(EngineTarget of);

    /**
     * Returns the drift of what runs from a target now. Changes nothing.
     *
     * @throws io.plumbline.port.PlumblineException {@code UNREACHABLE} if the engine does not
     *     answer
     */
    List<FieldDrift> drift(EngineTarget of);

    /** Returns the status for the current goal; empty until the driver has observed for it. */
    default Optional<EngineStatus> standing() {
        var o = target();
        var r = report();
        return o != null && o.goal().equals(r.goal()) ? Optional.of(r) : Optional.empty();
    }

    /** Whether the engine had the target to catch up in this leg, and has done so. */
    default boolean caughtUp(String leg) {
        var o = target();
        return o != null
                && o.goal().leg().equals(leg)
                && o.aim() instanceof Directive.GoBack
                && standing().filter(r -> r.standing() == Standing.READY).isPresent();
    }

    /** Whether the release has a replica on this engine. */
    default boolean wanted() {
        var o = target();
        return o != null && o.wanted();
    }

    /** Ends the work; what runs stays. */
    @Override
    void close();

    /** Waits until the closed slice has ended, at most this long. */
    void join(Duration atMost) throws InterruptedException;
}
