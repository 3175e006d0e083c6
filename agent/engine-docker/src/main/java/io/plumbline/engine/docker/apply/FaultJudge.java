package io.plumbline.engine.docker.apply;

import io.plumbline.core.rollout.Backoff;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.rollout.Evidence.Kind;
import io.plumbline.engine.docker.apply.Doubts.Ruling;
import io.plumbline.engine.docker.health.HealthJudge;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.observe.EngineWatcher;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import io.plumbline.port.driver.EngineStatus;
import io.plumbline.port.driver.EngineStatus.Standing;
import io.plumbline.port.driver.EngineTarget;
import io.plumbline.runtime.loop.Countdown;
import java.time.Duration;
import java.util.Optional;

/**
 * The judge of failures of one pipeline on one engine.
 *
 * <ol>
 *   <li>A failure by the release's own fault ends its deployment. Outside of a deployment it is a
 *       failed attempt.
 *   <li>Doubtful evidence, and a refusal that does not say whose fault it is, need a ruling of
 *       {@link Doubts} first.
 *   <li>Any other failure is a failed attempt. No action is tried before a pause is over, which
 *       grows with each attempt. Observation goes on.
 * </ol>
 *
 * <p>One thread only.
 */
final class FaultJudge {
    private static final Duration IDLE = EngineReconciler.IDLE;
    private static final Duration OPEN = Duration.ofSeconds(1);
    private static final Duration AWAY = Duration.ofSeconds(5);

    private final EngineWatcher engine;
    private final ContainerTracker tracker;
    private final Countdown progress;
    private final Doubts doubts;
    private final KeptLogs logs;
    private final ActionLog log;
    private final Countdown pause;
    private int troubles;
    private String lastTrouble = "";

    FaultJudge(
            EngineWatcher engine,
            ContainerTracker tracker,
            Countdown progress,
            Doubts doubts,
            KeptLogs logs,
            ActionLog log,
            Ticker ticker) {
        this.engine = engine;
        this.tracker = tracker;
        this.progress = progress;
        this.doubts = doubts;
        this.logs = logs;
        this.log = log;
        this.pause = new Countdown(ticker);
    }

    /** Returns the number of failed attempts in a row. */
    int troubles() {
        return troubles;
    }

    /** Counts at least this many failed attempts. */
    void atLeast(int attempts) {
        troubles = Math.max(troubles, attempts);
    }

    /** Resets the count, because nothing needs a repair. */
    void rested() {
        troubles = 0;
    }

    /** Resets the count and forgets the doubt, because an attempt succeeded. */
    void succeeded() {
        troubles = 0;
        doubts.forget();
    }

    /** Resets the count and ends the pause: another leg begins, or an operator asks for a retry. */
    void tryNow() {
        troubles = 0;
        pause.refill(Duration.ZERO);
    }

    /** Returns the last failed attempt while its pause lasts; empty if actions may be tried. */
    Optional<Obstacle> pausing() {
        return pause.over()
                ? Optional.empty()
                : Optional.of(Obstacle.of(Standing.TROUBLED, lastTrouble, pause.left()));
    }

    /** Judges evidence against a deployment's release; doubtful evidence needs a ruling first. */
    Obstacle judge(Evidence evidence, LiveContainer c, EngineTarget o) {
        if (!evidence.doubtful()) {
            return fault(evidence, c, o);
        }
        return pausing().orElseGet(() -> doubtful(evidence, c, o));
    }

    /** Forgets a doubt about checks without a result: they have results again. */
    void checksHaveResults() {
        doubts.forget(Kind.CHECK_WITHOUT_RESULT);
    }

    private Obstacle doubtful(Evidence evidence, LiveContainer c, EngineTarget o) {
        var ruling =
                evidence.kind() == Kind.NO_PROGRESS && tracker.neverChecked(c)
                        ? doubts.neverChecked(evidence)
                        : doubts.unproven(
                                evidence,
                                o.release(),
                                new Doubts.Check(
                                        c.id(),
                                        HealthJudge.timeout(c),
                                        HealthJudge.nextCheck(c),
                                        tracker.answeredNo(c)));
        return switch (ruling) {
            case Ruling.Against a -> fault(a.evidence(), c, o);
            case Ruling.Open open -> Obstacle.working(open.why(), OPEN);
            case Ruling.NobodysFault n -> {
                // The whole deadline was one attempt, so the earlier release is restored at once.
                atLeast(EngineStatus.QUICK_TRIES - 1);
                progress.refill(o.release().rollout().progressDeadline());
                yield failedAttempt(n.why());
            }
        };
    }

    /** Judges a call of the engine that failed. */
    Obstacle judge(PlumblineException e, EngineTarget o) {
        progress.stop();
        var message = String.valueOf(e.getMessage());
        return switch (e.kind()) {
            case UNREACHABLE -> {
                // What follows an outage needs evidence from after it.
                doubts.forget();
                yield Obstacle.of(Standing.AWAY, message, AWAY);
            }
            case INVALID -> fault(Evidence.of(Kind.NAMED_BY_ENGINE, message, "engine", message), o);
            case REFUSED -> refused(message, o);
            case MISSING, UNRESPONSIVE, TRANSIENT, CONFLICT, DENIED, FAULT ->
                    failedAttempt(message);
        };
    }

    /** Judges a refusal by the engine that does not say whose fault it is. */
    private Obstacle refused(String message, EngineTarget o) {
        if (!(o.aim() instanceof Directive.RollOut) || !o.deploying()) {
            return failedAttempt(message);
        }
        return switch (doubts.refused(message, o.release())) {
            case Ruling.Against a -> fault(a.evidence(), o);
            case Ruling.Open open -> failedAttempt(open.why());
            case Ruling.NobodysFault n -> failedAttempt(n.why());
        };
    }

    /** Returns a fault of a container and keeps its log. */
    Obstacle fault(Evidence evidence, LiveContainer c, EngineTarget o) {
        return o.deploying()
                ? fault(evidence.withLog(logs.failed(engine.engine(), c, o.release().id())), o)
                : fault(evidence, o);
    }

    private Obstacle fault(Evidence evidence, EngineTarget o) {
        return o.deploying() ? Obstacle.fault(evidence, IDLE) : failedAttempt(evidence.reason());
    }

    private Obstacle failedAttempt(String message) {
        troubles++;
        log.trouble(message);
        pause.refill(Backoff.REPAIR.after(troubles));
        pause.run();
        lastTrouble = message;
        return Obstacle.of(Standing.TROUBLED, message, pause.left());
    }
}
