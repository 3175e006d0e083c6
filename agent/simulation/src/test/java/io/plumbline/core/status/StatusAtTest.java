package io.plumbline.core.status;

import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.core.status.StatusAt.Past;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.Sample;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What was it like at 3:12? Replayed from what the ledger recorded. */
class StatusAtTest {
    private static final Instant MIDNIGHT = Instant.parse("2026-01-31T00:00:00Z");

    private final List<PipelineEvent> events = new ArrayList<>();

    private void at(int minute, EventType type, String from, String to, String reason) {
        at(minute, type, "", from, to, reason);
    }

    private void at(
            int minute, EventType type, String service, String from, String to, String reason) {
        events.add(
                new PipelineEvent(
                        events.size() + 1L,
                        MIDNIGHT.plusSeconds(60L * minute),
                        "shop",
                        "d-1",
                        service.isEmpty() ? "" : "local",
                        service,
                        type.word(),
                        "",
                        from,
                        to,
                        reason));
    }

    private Past past(int minute) {
        var release = Releases.release("shop", service("web").replicas(2));
        var status =
                new StatusAt("shop", MIDNIGHT.plusSeconds(60L * minute), _ -> Optional.of(release));
        events.forEach(status::take);
        return status.past();
    }

    private void deployed() {
        at(10, EventType.DEPLOYMENT_STARTED, "", "v1:one", "git abc");
        at(11, EventType.DEPLOYMENT_STABLE, "Verifying", "Stable", "healthy and soaked");
    }

    @Test
    void beforeTheFirstEventNothingIsKnown() {
        deployed();
        assertThat(past(5).state()).isEqualTo(SyncState.UNKNOWN);
        assertThat(past(5).reason()).isEqualTo("nothing was recorded until then");
    }

    @Test
    void aDeploymentIsProgressingThenSynced() {
        deployed();
        assertThat(past(10).state()).isEqualTo(SyncState.PROGRESSING);
        assertThat(past(10).release()).isEqualTo("v1:one");
        assertThat(past(11))
                .returns(SyncState.SYNCED, Past::state)
                .returns(HealthState.HEALTHY, Past::health)
                .returns(MIDNIGHT.plusSeconds(660), Past::since);
    }

    @Test
    void aRevertRunsTheEarlierReleaseAndSaysWhy() {
        deployed();
        at(20, EventType.DEPLOYMENT_STARTED, "v1:one", "v1:two", "git def");
        at(21, EventType.REVERT_STARTED, "v1:two", "v1:one", "web: exited with code 1");
        at(22, EventType.REVERTED, "v1:two", "v1:one", "web: exited with code 1");
        assertThat(past(21).state()).isEqualTo(SyncState.PROGRESSING);
        assertThat(past(30))
                .returns(SyncState.REVERTED, Past::state)
                .returns("v1:one", Past::release)
                .returns("web: exited with code 1", Past::reason);
    }

    @Test
    void healthIsLostReplicaByReplicaAndComesBack() {
        deployed();
        at(30, EventType.HEALTH_LOST, "web", "healthy", "unhealthy", "web-1 is unhealthy: 404");
        at(31, EventType.HEALTH_LOST, "web", "healthy", "unhealthy", "web-2 is unhealthy: 404");
        at(40, EventType.HEALTH_REGAINED, "web", "unhealthy", "healthy", "web-1 is healthy again");
        at(41, EventType.HEALTH_REGAINED, "web", "unhealthy", "healthy", "web-2 is healthy again");
        assertThat(past(30).health()).isEqualTo(HealthState.DEGRADED);
        assertThat(past(35).health()).isEqualTo(HealthState.UNHEALTHY);
        assertThat(past(35).reason()).contains("web-2 is unhealthy: 404");
        assertThat(past(40).health()).isEqualTo(HealthState.DEGRADED);
        assertThat(past(41).health()).isEqualTo(HealthState.HEALTHY);
    }

    @Test
    void aPauseIsSeenBeforeAllElseAndARefusedHeadBeforeSynced() {
        deployed();
        at(50, EventType.HEAD_REFUSED, "", "", "commit abc is refused: unknown key");
        at(51, EventType.PAUSED, "", "", "by ada");
        at(52, EventType.RESUMED, "", "", "by ada");
        at(53, EventType.HEAD_ACCEPTED, "", "", "accepted");
        assertThat(past(50).state()).isEqualTo(SyncState.BLOCKED);
        assertThat(past(51).state()).isEqualTo(SyncState.PAUSED);
        assertThat(past(52).state()).isEqualTo(SyncState.BLOCKED);
        assertThat(past(53).state()).isEqualTo(SyncState.SYNCED);
    }

    @Test
    void driftIsShownUntilItIsRepaired() {
        deployed();
        at(60, EventType.DRIFT_DETECTED, "web", "64m", "unset", "memory: live 64m, want unset");
        at(61, EventType.DRIFT_REPAIRED, "web", "64m", "unset", "");
        assertThat(past(60).state()).isEqualTo(SyncState.DRIFTED);
        assertThat(past(61).state()).isEqualTo(SyncState.SYNCED);
    }

    @Test
    void aDeploymentEndsDriftOfWhichNoEventSaysThatItIsRepaired() {
        deployed();
        at(60, EventType.DRIFT_DETECTED, "web", "64m", "unset", "memory");
        at(70, EventType.DEPLOYMENT_STARTED, "v1:one", "v1:two", "git def");
        at(71, EventType.DEPLOYMENT_STABLE, "Verifying", "Stable", "healthy and soaked");
        assertThat(past(72).state()).isEqualTo(SyncState.SYNCED);
    }

    @Test
    void aServiceThatIsGoneHasNoHealthToRegain() {
        deployed();
        at(60, EventType.HEALTH_LOST, "worker", "healthy", "unhealthy", "worker-1 is unhealthy");
        assertThat(past(61).health()).isEqualTo(HealthState.UNHEALTHY);
        at(70, EventType.DEPLOYMENT_STARTED, "v1:one", "v1:two", "git def");
        at(71, EventType.DEPLOYMENT_STABLE, "Verifying", "Stable", "healthy and soaked");
        assertThat(past(72).health()).isEqualTo(HealthState.HEALTHY);
    }

    @Test
    void healthThatCameBackWhileItWasAcknowledgedIsNotLostForEver() {
        deployed();
        at(60, EventType.HEALTH_LOST, "web", "healthy", "unhealthy", "web-1 is unhealthy");
        at(61, EventType.HEALTH_ACKNOWLEDGED, "", "", "by ada");
        at(90, EventType.HEALTH_ACK_ENDED, "", "", "the time that ada gave is over");
        assertThat(past(91).health()).isEqualTo(HealthState.HEALTHY);
    }

    @Test
    void theEndOfAnAcknowledgementSaysWhatIsStillUnhealthy() {
        deployed();
        at(60, EventType.HEALTH_LOST, "web", "healthy", "unhealthy", "web-1 is unhealthy");
        at(60, EventType.HEALTH_LOST, "web", "healthy", "unhealthy", "web-2 is unhealthy");
        at(61, EventType.HEALTH_ACKNOWLEDGED, "", "", "by ada, since the disk is full");
        at(90, EventType.HEALTH_ACK_ENDED, "web", "local/web", "lifted by ada: dull since noon");
        assertThat(past(91).health()).as("one of two").isEqualTo(HealthState.DEGRADED);
        at(92, EventType.HEALTH_REGAINED, "web", "unhealthy", "healthy", "web-1 is healthy again");
        assertThat(past(93).health()).isEqualTo(HealthState.HEALTHY);
        at(94, EventType.HEALTH_ACK_ENDED, "web", "", "lifted by ada: known since noon");
        assertThat(past(95).health())
                .as("the words of the reason mean nothing")
                .isEqualTo(HealthState.HEALTHY);
        at(96, EventType.HEALTH_ACK_ENDED, "web", "local/web,local/web", "the time is over");
        assertThat(past(97).health())
                .as("lost meanwhile, without an event")
                .isEqualTo(HealthState.UNHEALTHY);
    }

    @Test
    void aDeploymentWhoseEventsAreGoneStillCounts() {
        var status = new StatusAt("shop", Sample.AT.plusSeconds(3600), _ -> Optional.empty());
        status.begin(
                List.of(
                        Sample.deployment(3, Sample.RELEASE, DeploymentState.APPLYING),
                        Sample.deployment(2, Sample.RELEASE, DeploymentState.SUPERSEDED),
                        Sample.deployment(1, Sample.EARLIER, DeploymentState.STABLE)));
        assertThat(status.past())
                .returns(SyncState.SYNCED, Past::state)
                .returns(Sample.EARLIER, Past::release)
                .returns(Sample.AT.plusSeconds(40), Past::since);
    }

    @Test
    void aClockThatJumpedBackHidesNoLaterEvent() {
        deployed();
        at(70, EventType.PAUSED, "", "", "by ada");
        at(12, EventType.RESUMED, "", "", "by ada");
        assertThat(past(71).state()).isEqualTo(SyncState.SYNCED);
    }
}
