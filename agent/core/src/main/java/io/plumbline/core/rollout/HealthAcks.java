package io.plumbline.core.rollout;

import io.plumbline.core.rollout.OperatorCommands.Answer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The commands of {@code plumb health ack}, as functions of a pipeline's state: an acknowledgement
 * begins, is cleared, and expires.
 */
public final class HealthAcks {
    /** The longest acknowledgement, so that a forgotten outage is reported again. */
    public static final Duration LONGEST = Duration.ofDays(30);

    private HealthAcks() {}

    /**
     * Acknowledges an outage for a time.
     *
     * @param services services that are not healthy now
     */
    public static Answer begin(
            PipelineState s,
            List<String> services,
            Duration lasts,
            String by,
            String reason,
            Instant now) {
        if (services.isEmpty()) {
            return new Answer.Refused(
                    s.pipeline() + " has no service that lost its health: nothing to acknowledge",
                    false);
        }
        var until = now.plus(lasts).truncatedTo(ChronoUnit.SECONDS);
        var ack = new HealthAck(by, now, until, reason, List.copyOf(services));
        var what = String.join(", ", services) + " until " + until;
        return new Answer.Done(
                RolloutStateMachine.tell(
                        s.with(x -> x.healthAck = ack),
                        EventType.HEALTH_ACKNOWLEDGED,
                        "",
                        "",
                        what + " by " + by + (reason.isEmpty() ? "" : ": " + reason),
                        now),
                "acknowledged: "
                        + what
                        + "; `plumb health ack "
                        + s.pipeline()
                        + " --clear` lifts it",
                "would acknowledge: " + what);
    }

    /** Clears the acknowledgement, so that the outage is reported again. */
    public static Answer clear(PipelineState s, String by, String reason, Instant now) {
        var ack = s.healthAck();
        if (ack == null || !ack.holds(now)) {
            return new Answer.Already("nothing is acknowledged");
        }
        return new Answer.Done(
                told(
                        s,
                        ack,
                        "lifted by " + by + (reason.isEmpty() ? "" : ": " + reason) + still(s, ack),
                        now),
                "lifted: " + String.join(", ", ack.services()) + still(s, ack),
                "would lift: " + String.join(", ", ack.services()) + still(s, ack));
    }

    /** Ends the acknowledgement when its time is over; changes nothing before. */
    public static Transition expire(PipelineState s, Instant now) {
        var ack = s.healthAck();
        return ack == null || ack.holds(now)
                ? Transition.none(s)
                : told(s, ack, "the time that " + ack.by() + " gave is over" + still(s, ack), now);
    }

    /** From: the acknowledged services. To: engine and service of each replica still unhealthy. */
    private static Transition told(PipelineState s, HealthAck ack, String reason, Instant now) {
        var places =
                s.lostHealth().stream()
                        .filter(l -> ack.covers(l.service()))
                        .map(l -> l.engine() + "/" + l.service())
                        .collect(Collectors.joining(","));
        return RolloutStateMachine.tell(
                s.with(x -> x.healthAck = null),
                EventType.HEALTH_ACK_ENDED,
                String.join(",", ack.services()),
                places,
                reason,
                now);
    }

    private static String still(PipelineState s, HealthAck ack) {
        var lost =
                s.lostHealth().stream()
                        .filter(l -> ack.covers(l.service()))
                        .map(
                                l ->
                                        l.name()
                                                + " is "
                                                + LostHealth.word(l.verdict())
                                                + " since "
                                                + l.since().truncatedTo(ChronoUnit.SECONDS))
                        .collect(Collectors.joining("; "));
        return lost.isEmpty() ? "" : "; " + lost;
    }
}
