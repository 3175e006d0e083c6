package io.plumbline.core.status;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline's status at an earlier time, replayed from the events in the ledger. States without an
 * event are not shown, such as {@code Contested}, or {@code Unknown} because an engine did not
 * answer. {@code Unknown} means that nothing was recorded yet.
 *
 * <ol>
 *   <li>Take the pipeline's events in the order of their sequence numbers. Leave out events that
 *       the agent's clock dated after the time.
 *   <li>Each event changes one of: the deployment, the pause, the refusal of the head, drift,
 *       health.
 *   <li>The state is the first that holds, in the order of {@link SyncState}.
 * </ol>
 */
public final class StatusAt {
    private static final Map<String, EventType> TYPES =
            Arrays.stream(EventType.values())
                    .collect(Collectors.toUnmodifiableMap(EventType::word, t -> t));

    private final String pipeline;
    private final Instant at;
    private final Function<String, Optional<Release>> releases;

    private SyncState rollout = SyncState.UNKNOWN;
    private String reason = "nothing was recorded until then";
    private @Nullable Instant since;
    private @Nullable PipelineEvent paused;
    private @Nullable PipelineEvent refused;
    private @Nullable PipelineEvent drifted;
    private @Nullable PipelineEvent unwell;
    private String coming = "";
    private String release = "";
    private final Map<String, Integer> drift = new HashMap<>();
    private final Map<String, Integer> lost = new HashMap<>();
    private final SortedMap<String, PipelineEvent> away = new TreeMap<>();

    /**
     * Creates a status before the first event.
     *
     * @param at the requested time, by the agent's clock
     * @param releases returns the stored release of an id
     */
    public StatusAt(String pipeline, Instant at, Function<String, Optional<Release>> releases) {
        this.pipeline = pipeline;
        this.at = at;
        this.releases = releases;
    }

    /**
     * The status at an earlier time.
     *
     * @param at the requested time
     * @param state the first state that held
     * @param health as far as events about health were recorded
     * @param release deployed or being deployed; empty before the first
     * @param reason of the event that decided the state, with that of the health; may be empty
     * @param since when that event was recorded; null if there is none
     */
    public record Past(
            String pipeline,
            Instant at,
            SyncState state,
            HealthState health,
            String release,
            String reason,
            @Nullable Instant since) {}

    /**
     * Starts with the newest deployment that had ended at that time. The ledger keeps deployments
     * longer than events.
     *
     * @param newestFirst deployments of the pipeline
     */
    public void begin(List<DeploymentRecord> newestFirst) {
        for (var d : newestFirst) {
            var end = d.finishedAt();
            if (end == null || end.isAfter(at)) {
                continue;
            }
            switch (d.state()) {
                case STABLE -> began(SyncState.SYNCED, d.release(), d.reason(), end);
                case REVERTED -> began(SyncState.REVERTED, d.target(), d.reason(), end);
                case ROLLED_BACK -> began(SyncState.ROLLED_BACK, d.target(), d.reason(), end);
                case FAILED, REVERT_FAILED -> began(SyncState.FAILED, "", d.reason(), end);
                default -> {
                    continue;
                }
            }
            return;
        }
    }

    private void began(SyncState state, @Nullable String serves, String why, Instant end) {
        rollout = state;
        release = serves == null ? "" : serves;
        reason = why;
        since = end;
    }

    /** Replays the next event, in rising order of sequence numbers. */
    public void take(PipelineEvent e) {
        var type = TYPES.get(e.type());
        if (type == null || e.at().isAfter(at) || !e.pipeline().equals(pipeline)) {
            return;
        }
        switch (type) {
            case DEPLOYMENT_STARTED -> {
                coming = e.to();
                rollout(SyncState.PROGRESSING, e);
            }
            case ROLLBACK_STARTED, REVERT_STARTED, DEPLOYMENT_RETRIED ->
                    rollout(SyncState.PROGRESSING, e);
            case DEPLOYMENT_STABLE -> {
                release = coming.isEmpty() ? release : coming;
                rollout(SyncState.SYNCED, e);
                forgetServices();
            }
            case ADOPTED -> served(SyncState.SYNCED, e);
            case REVERTED -> served(SyncState.REVERTED, e);
            case ROLLED_BACK -> served(SyncState.ROLLED_BACK, e);
            case DEPLOYMENT_FAILED, REVERT_FAILED -> rollout(SyncState.FAILED, e);
            case PAUSED -> paused = e;
            case RESUMED -> paused = null;
            case HEAD_REFUSED -> refused = e;
            case HEAD_ACCEPTED -> refused = null;
            case DRIFT_DETECTED -> {
                drift.merge(place(e) + e.field(), 1, Integer::sum);
                drifted = e;
            }
            case DRIFT_REPAIRED -> less(drift, place(e) + e.field());
            case HEALTH_LOST, HEALTH_UNKNOWN -> {
                if (e.from().equals("healthy")) {
                    lost.merge(place(e), 1, Integer::sum);
                }
                unwell = e;
            }
            case HEALTH_REGAINED -> less(lost, place(e));
            case HEALTH_ACK_ENDED -> acknowledged(e);
            case ENGINE_UNREACHABLE -> away.put(e.engine(), e);
            case ENGINE_REACHABLE -> away.remove(e.engine());
            default -> {}
        }
    }

    /**
     * Replays the end of an acknowledgement. While it lasted, changes of health had no event; the
     * end lists the services that are not healthy.
     */
    private void acknowledged(PipelineEvent e) {
        if (e.from().isEmpty()) {
            // Events of an earlier version name the unhealthy containers only in the reason.
            lost.keySet().removeIf(_ -> !e.reason().contains(" since "));
            return;
        }
        var services = List.of(e.from().split(","));
        lost.keySet().removeIf(k -> services.contains(service(k)));
        for (var place : e.to().isEmpty() ? new String[0] : e.to().split(",")) {
            lost.merge(place + "/", 1, Integer::sum);
            unwell = e;
        }
    }

    private void rollout(SyncState state, PipelineEvent e) {
        rollout = state;
        reason = e.reason();
        since = e.at();
        if (state == SyncState.PROGRESSING) {
            // A deployment replaces drifted containers, and there is no event for that.
            drift.clear();
        }
    }

    private static void less(Map<String, Integer> counts, String key) {
        counts.computeIfPresent(key, (_, n) -> n > 1 ? n - 1 : null);
    }

    /** Forgets services that the release no longer has. */
    private void forgetServices() {
        releases.apply(release)
                .ifPresent(r -> lost.keySet().removeIf(k -> r.service(service(k)).isEmpty()));
    }

    private static String service(String place) {
        return place.split("/", -1)[1];
    }

    private void served(SyncState state, PipelineEvent e) {
        release = e.to();
        coming = "";
        rollout(state, e);
        forgetServices();
    }

    private static String place(PipelineEvent e) {
        return e.engine() + "/" + e.service() + "/";
    }

    /** Returns the status after the events so far. */
    public Past past() {
        SyncState state = rollout;
        PipelineEvent why = null;
        if (!away.isEmpty()) {
            state = SyncState.UNKNOWN;
            why = away.get(away.firstKey());
        } else if (paused != null) {
            state = SyncState.PAUSED;
            why = paused;
        } else if (rollout != SyncState.FAILED && refused != null) {
            state = SyncState.BLOCKED;
            why = refused;
        } else if (!drift.isEmpty()
                && rollout != SyncState.FAILED
                && rollout != SyncState.PROGRESSING) {
            state = SyncState.DRIFTED;
            why = drifted;
        }
        var text = why == null ? reason : why.reason();
        var loss = unwell;
        if (!lost.isEmpty() && loss != null) {
            text = text + (text.isEmpty() ? "" : "; ") + loss.reason();
        }
        return new Past(
                pipeline,
                at,
                state,
                health(),
                release.isEmpty() ? coming : release,
                text,
                why == null ? since : why.at());
    }

    private HealthState health() {
        if (rollout == SyncState.UNKNOWN || !away.isEmpty()) {
            return HealthState.UNKNOWN;
        }
        if (lost.isEmpty()) {
            return release.isEmpty() ? HealthState.PROGRESSING : HealthState.HEALTHY;
        }
        boolean none =
                lost.entrySet().stream()
                        .anyMatch(e -> e.getValue() >= replicas(service(e.getKey())));
        return none ? HealthState.UNHEALTHY : HealthState.DEGRADED;
    }

    private int replicas(String service) {
        return releases.apply(release)
                .flatMap(r -> r.service(service))
                .map(ReleaseService::replicas)
                .orElse(1);
    }
}
