package io.plumbline.core.rollout;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.workload.Observation;
import io.plumbline.core.workload.Replica;
import io.plumbline.core.workload.Verdict;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The watch over the health of a deployed release at rest.
 *
 * <ol>
 *   <li>Each replica of the release on an engine is judged while it runs. If it runs several times,
 *       a healthy run counts.
 *   <li>The verdict is compared with the recorded one. A difference is an event. The new record is
 *       written with it, so a restart of the agent neither repeats nor loses an event.
 *   <li>A replica that does not run, or that has no result yet, changes nothing: that is drift or a
 *       start, which other events report.
 *   <li>A loss that an operator acknowledged ({@link HealthAck}) is recorded without an event.
 *   <li>An engine that was not observed changes nothing. A replica that the release no longer has
 *       leaves the record without an event.
 * </ol>
 */
public final class HealthWatch {
    private static final Comparator<LostHealth> ORDER =
            Comparator.comparing(LostHealth::engine)
                    .thenComparing(LostHealth::service)
                    .thenComparingInt(LostHealth::replica);

    private final PipelineState state;
    private final Instant now;
    private final List<LostHealth> record = new ArrayList<>();
    private final List<PipelineEvent> events = new ArrayList<>();

    private HealthWatch(PipelineState state, Instant now) {
        this.state = state;
        this.now = now;
    }

    /**
     * The observation of one engine.
     *
     * @param release the release with its replicas on that engine
     * @param observed its replicas
     */
    public record Seen(Release release, Observation observed) {}

    /**
     * Compares observations with the record.
     *
     * @param seen observations of the engines
     * @param engines names of all engines that concern the pipeline
     */
    public static Transition look(
            PipelineState state, Collection<Seen> seen, Set<String> engines, Instant now) {
        var watch = new HealthWatch(state, now);
        var looked = seen.stream().map(s -> s.observed().engine()).toList();
        state.lostHealth().stream()
                .filter(l -> engines.contains(l.engine()) && !looked.contains(l.engine()))
                .forEach(watch.record::add);
        seen.forEach(watch::compare);
        watch.record.sort(ORDER);
        var next = List.copyOf(watch.record);
        return next.equals(state.lostHealth())
                ? Transition.none(state)
                : new Transition(state.with(s -> s.lostHealth = next), List.copyOf(watch.events));
    }

    private void compare(Seen seen) {
        for (var service : seen.release().services()) {
            for (int replica = 1; replica <= service.replicas(); replica++) {
                compare(seen, service, replica);
            }
        }
    }

    private void compare(Seen seen, ReleaseService service, int replica) {
        var engine = seen.observed().engine();
        var before =
                state.lostHealth().stream()
                        .filter(l -> l.at(engine, service.name(), replica))
                        .findFirst();
        var running = seen.observed().running(service, replica);
        var verdict = running.map(Replica::verdict).orElse(Verdict.WAITING);
        switch (verdict) {
            case WAITING -> before.ifPresent(record::add);
            case HEALTHY -> before.ifPresent(b -> regained(b, running.orElseThrow()));
            case UNHEALTHY, UNKNOWN -> {
                if (before.filter(b -> b.verdict() == verdict).isPresent()) {
                    record.add(before.get());
                } else {
                    lost(engine, service.name(), replica, running.orElseThrow(), verdict, before);
                }
            }
        }
    }

    private void lost(
            String engine,
            String service,
            int replica,
            Replica c,
            Verdict verdict,
            Optional<LostHealth> before) {
        boolean unhealthy = verdict == Verdict.UNHEALTHY;
        record.add(new LostHealth(engine, service, replica, c.name(), verdict, now));
        tell(
                unhealthy ? EventType.HEALTH_LOST : EventType.HEALTH_UNKNOWN,
                engine,
                service,
                before.map(b -> LostHealth.word(b.verdict())).orElse("healthy"),
                LostHealth.word(verdict),
                c.name()
                        + (unhealthy ? " is unhealthy: " : ": its health is not known: ")
                        + c.health().text());
    }

    private void regained(LostHealth before, Replica c) {
        var word = LostHealth.word(before.verdict());
        tell(
                EventType.HEALTH_REGAINED,
                before.engine(),
                before.service(),
                word,
                "healthy",
                c.name()
                        + " is healthy again; "
                        + (c.name().equals(before.name()) ? "it" : before.name())
                        + " was "
                        + word
                        + " since "
                        + before.since().truncatedTo(ChronoUnit.SECONDS));
    }

    private void tell(
            EventType type, String engine, String service, String from, String to, String reason) {
        var ack = state.healthAck();
        if (ack != null && ack.covers(service)) {
            return;
        }
        var d = state.deployment();
        events.add(
                new PipelineEvent(
                        0,
                        now,
                        state.pipeline(),
                        d == null ? "" : d.id(),
                        engine,
                        service,
                        type.word(),
                        "health",
                        from,
                        to,
                        reason));
    }
}
