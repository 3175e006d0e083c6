package io.plumbline.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Codec;
import io.plumbline.api.Json;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.core.verify.Verified;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.port.GitSource.CommitInfo;
import io.plumbline.testkit.Sample;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The keys of docs/reference.md, to the letter. */
class JsonTest {
    private static JsonObject coded(Record of) {
        return new JsonObject(Json.write(Codec.plain(of)));
    }

    @Test
    void statusNamesItsCommitsOnce() {
        var s =
                coded(
                        ApiRecords.status(
                                Sample.status("recsys", SyncState.SYNCED),
                                id ->
                                        Optional.of(
                                                new CommitInfo(
                                                        id,
                                                        "Ada",
                                                        Sample.AT,
                                                        "subject of " + id))));
        assertThat(s.getJsonArray("commits"))
                .map(c -> ((JsonObject) c).getString("subject"))
                .containsExactly(
                        "subject of " + Sample.COMMIT, "subject of " + Sample.EARLIER_COMMIT);
    }

    @Test
    void statusHasEveryKey() {
        var s = coded(ApiRecords.status(Sample.troubled("recsys"), _ -> Optional.empty()));
        assertThat(s.fieldNames())
                .containsExactly(
                        "pipeline",
                        "state",
                        "reason",
                        "health",
                        "healthReason",
                        "healthAcknowledged",
                        "release",
                        "commit",
                        "head",
                        "stableRelease",
                        "stableCommit",
                        "hold",
                        "paused",
                        "quarantined",
                        "deployment",
                        "cleanUp",
                        "rollback",
                        "observedAt",
                        "engines",
                        "services",
                        "engineName",
                        "was",
                        "commits");
        assertThat(s.getString("state")).isEqualTo("Paused");
        assertThat(s.getString("observedAt")).isEqualTo("2026-01-31T08:15:00.250Z");
        assertThat(s.getJsonObject("hold").fieldNames()).containsExactly("by", "at", "reason");
        assertThat(s.getJsonObject("paused").getString("by")).isEqualTo("bob");
        assertThat(s.getJsonArray("quarantined").getJsonObject(0).fieldNames())
                .containsExactly("release", "source", "commit", "cause", "reason", "by", "at");
        assertThat(s.getJsonArray("quarantined").getJsonObject(0).getString("cause"))
                .isEqualTo("failed");
        assertThat(s.getJsonObject("rollback").fieldNames())
                .containsExactly("target", "commit", "ready", "missing");
        assertThat(s.getJsonArray("engines").getJsonObject(0).fieldNames())
                .containsExactly("engine", "state", "reason", "observedAt");
        assertThat(s.getJsonArray("engines").getJsonObject(0).getString("state"))
                .isEqualTo("Ready");
        assertThat(s.getJsonArray("services").getJsonObject(0).fieldNames())
                .containsExactly(
                        "service",
                        "engine",
                        "health",
                        "reason",
                        "desired",
                        "running",
                        "healthy",
                        "restarts",
                        "image",
                        "drift",
                        "ports",
                        "lastCheck");
        var service = s.getJsonArray("services").getJsonObject(0);
        assertThat(service.getJsonArray("ports").getJsonObject(0).encode())
                .isEqualTo(
                        "{\"container\":\"recsys-serve-1-ab12cd\",\"containerPort\":8080,"
                                + "\"protocol\":\"tcp\",\"hostIp\":\"0.0.0.0\",\"hostPort\":18101}");
        assertThat(service.getJsonObject("lastCheck").fieldNames())
                .containsExactly("container", "passed", "evidence", "at");
    }

    @Test
    void whatIsNotKnownIsNullAndThere() {
        var s = coded(ApiRecords.status(Sample.unknown("recsys"), _ -> Optional.empty()));
        for (var key :
                new String[] {
                    "release",
                    "commit",
                    "head",
                    "stableRelease",
                    "stableCommit",
                    "hold",
                    "paused",
                    "deployment",
                    "rollback",
                    "observedAt"
                }) {
            assertThat(s.containsKey(key)).as(key).isTrue();
            assertThat(s.getValue(key)).as(key).isNull();
        }
        assertThat(s.getJsonArray("services")).isEmpty();
    }

    @Test
    void everyStateHasTheContractsWord() {
        assertThat(SyncState.values())
                .extracting(SyncState::word)
                .containsExactly(
                        "Unknown",
                        "Paused",
                        "Failed",
                        "Blocked",
                        "Progressing",
                        "Contested",
                        "Drifted",
                        "RolledBack",
                        "Reverted",
                        "Synced");
    }

    @Test
    void planHasEveryKey() {
        var p = coded(ApiRecords.plan(Sample.plan("recsys")));
        assertThat(p.fieldNames())
                .contains("pipeline", "release", "commit", "from", "services", "actions");
        assertThat(p.getJsonObject("services").getString("serve")).isEqualTo("startFirst");
        assertThat(p.getJsonObject("services").getString("store")).isEqualTo("stopFirst");
        var create = p.getJsonArray("actions").getJsonObject(1);
        assertThat(create.fieldNames())
                .containsExactly("engine", "action", "target", "container", "summary", "reasons");
        assertThat(create.getString("action")).isEqualTo("create");
        assertThat(create.getJsonArray("reasons").getJsonObject(0).encode())
                .isEqualTo("{\"field\":\"memory\",\"from\":\"512m\",\"to\":\"1g\"}");
    }

    @Test
    void driftHasEveryKey() {
        var d =
                coded(
                        ApiRecords.drift(
                                new FieldDrift("local", "serve", 1, "c", "memory", "1g", "512m")));
        assertThat(d.fieldNames())
                .containsExactly(
                        "engine", "service", "replica", "container", "field", "want", "live");
    }

    @Test
    void deploymentHasEveryKey() {
        var d =
                coded(
                        ApiRecords.deployment(
                                Sample.deployment(3, Sample.RELEASE, DeploymentState.APPLYING),
                                _ -> Optional.empty()));
        assertThat(d.fieldNames())
                .contains(
                        "id",
                        "release",
                        "commit",
                        "state",
                        "reason",
                        "by",
                        "trigger",
                        "startedAt",
                        "finishedAt");
        assertThat(d.containsKey("finishedAt")).isTrue();
        assertThat(d.getValue("finishedAt")).isNull();
        assertThat(d.getString("state")).isEqualTo("Applying");
        assertThat(d.containsKey("verified")).as("only where a signature was asked for").isFalse();
    }

    @Test
    void aVerifiedDeploymentSaysWhoSignedIt() {
        var d = Sample.deployment(3, Sample.RELEASE, DeploymentState.STABLE);
        var by =
                new Verified(
                        d.commit(),
                        "SHA256:key",
                        "SHA256:issuer",
                        "anna@example.com",
                        Verified.Method.SSH,
                        d.startedAt(),
                        "-----BEGIN");
        var signed =
                new DeploymentRecord(
                        d.id(),
                        d.release(),
                        d.commit(),
                        d.from(),
                        d.state(),
                        d.reason(),
                        d.by(),
                        d.trigger(),
                        d.target(),
                        d.attempt(),
                        d.retryIn(),
                        d.progressLeft(),
                        d.startedAt(),
                        d.finishedAt(),
                        by);
        assertThat(
                        coded(ApiRecords.deployment(signed, _ -> Optional.empty()))
                                .getJsonObject("verified")
                                .encode())
                .isEqualTo(
                        "{\"key\":\"SHA256:key\",\"signer\":\"anna@example.com\","
                                + "\"at\":\"2026-01-31T08:15:00.250Z\",\"method\":\"ssh\"}");
    }

    @Test
    void eventHasEveryKey() {
        var e = coded(ApiRecords.event(Sample.event(9, "recsys", "DriftDetected")));
        assertThat(e.fieldNames())
                .containsExactly(
                        "seq",
                        "at",
                        "pipeline",
                        "deployment",
                        "engine",
                        "service",
                        "type",
                        "field",
                        "from",
                        "to",
                        "reason");
    }

    @Test
    void anEngineHasTheContractsKeysFirstAndAllOthers() {
        var seen = coded(ApiRecords.engine(Sample.engine("local")));
        assertThat(seen.fieldNames())
                .containsExactly(
                        "engine",
                        "state",
                        "reason",
                        "observedAt",
                        "version",
                        "apiVersion",
                        "endpoint",
                        "labels",
                        "since",
                        "latency",
                        "breaker",
                        "clockSkew",
                        "capacity",
                        "used",
                        "certificateExpires",
                        "pricePerHour",
                        "cordoned",
                        "drained");
        assertThat(seen.getString("state")).isEqualTo("Ready");
        assertThat(seen.getJsonObject("labels").getString("cloud")).isEqualTo("aws");
        assertThat(seen.getDouble("latency")).isEqualTo(0.012);
        assertThat(seen.getDouble("clockSkew")).isEqualTo(-0.4);
        assertThat(seen.getJsonObject("capacity").encode())
                .isEqualTo("{\"cpus\":8,\"memory\":34359738368}");
        assertThat(seen.getJsonObject("used").encode())
                .isEqualTo("{\"cpus\":1.5,\"memory\":1073741824,\"containers\":4}");
        assertThat(seen.getDouble("pricePerHour")).isEqualTo(0.42);

        var never = coded(ApiRecords.engine(Sample.engineNeverSeen("far", "refused")));
        assertThat(never.fieldNames()).isEqualTo(seen.fieldNames());
        assertThat(never.getString("state")).isEqualTo("Unreachable");
        assertThat(never.getString("reason")).isEqualTo("refused");
        for (var unknown : List.of("observedAt", "latency", "clockSkew", "capacity")) {
            assertThat(never.getValue(unknown)).as(unknown).isNull();
        }
    }
}
