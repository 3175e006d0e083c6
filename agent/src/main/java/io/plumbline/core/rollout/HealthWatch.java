package io.plumbline.core.rollout;

import io.plumbline.core.observed.EngineState;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.RunState;
import io.plumbline.core.plan.Verdict;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The watch over the health of a deployed release at rest.
 *
 * <ol>
 *   <li>Each replica of the release on an engine is judged by its running container. If several
 *       containers run, a healthy one counts.
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
     * @param observed the observed state
     * @param verdicts by container id
     */
    public record Seen(Release release, EngineState observed, Map<String, Verdict> verdicts) {}

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
        var container = standing(seen, service, replica);
        var verdict =
                container
                        .map(c -> seen.verdicts().getOrDefault(c.id(), Verdict.WAITING))
                        .orElse(Verdict.WAITING);
        switch (verdict) {
            case WAITING -> before.ifPresent(record::add);
            case HEALTHY -> before.ifPresent(b -> regained(b, container.orElseThrow()));
            case UNHEALTHY, UNKNOWN -> {
                if (before.filter(b -> b.verdict() == verdict).isPresent()) {
                    record.add(before.get());
                } else {
                    lost(engine, service.name(), replica, container.orElseThrow(), verdict, before);
                }
            }
        }
    }

    private static Optional<LiveContainer> standing(
            Seen seen, ReleaseService service, int replica) {
        var all =
                seen.observed().containers().stream()
                        .filter(c -> c.state() == RunState.RUNNING)
                        .filter(c -> c.label(Labels.SERVICE).equals(service.name()))
                        .filter(c -> c.label(Labels.SPEC).equals(service.specHash()))
                        .filter(c -> c.label(Labels.REPLICA).equals(Integer.toString(replica)))
                        .toList();
        return all.stream()
                .filter(c -> seen.verdicts().get(c.id()) == Verdict.HEALTHY)
                .findFirst()
                .or(() -> all.stream().findFirst());
    }

    private void lost(
            String engine,
            String service,
            int replica,
            LiveContainer c,
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
                        + HealthEvidence.of(c, verdict));
    }

    private void regained(LostHealth before, LiveContainer c) {
        var word = LostHealth.word(before.verdict());
        tell(
                EventType.HEALTH_REGAINED,
                before.engine(),
                before.service(),
                word,
                "healthy",
                c.name()
                        + " is healthy again; "
                        + (c.name().equals(before.container()) ? "it" : before.container())
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
