package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.api.ReleaseDifference;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.manifest.ManifestSchema;
import io.plumbline.port.GitSource.CommitInfo;
import io.plumbline.testkit.Sample;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** What is printed. */
class ShownTest extends WithAgent {
    private JsonNode api(String path) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            var request =
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                            .header("Authorization", "Bearer " + TOKEN)
                            .header("Accept", "application/json")
                            .build();
            var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            return Shell.JSON.readTree(answer.body());
        }
    }

    @Test
    void jsonIsWhatTheApiSays() throws Exception {
        control.deployments.add(Sample.deployment(1, NEW, DeploymentState.STABLE));
        control.drift.add(new FieldDrift("local", "serve", 1, "c", "memory", "1g", "512m"));
        control.plan = Sample.plan("recsys");
        control.engines.add(Sample.engine("local"));
        control.happen(Sample.event(1, "recsys", "DriftDetected"));
        control.script(Sample.troubled("recsys"));
        var one = "/api/v1/pipelines/recsys";
        var same =
                Map.of(
                        "status", "/api/v1/pipelines",
                        "status recsys", one,
                        "plan recsys", one + "/plan",
                        "diff recsys", one + "/diff",
                        "history recsys", one + "/history",
                        "events", "/api/v1/events",
                        "events recsys", one + "/events",
                        "why recsys/serve", one + "/why?service=serve",
                        "engines", "/api/v1/engines");
        for (var e : same.entrySet()) {
            shell.plumb((e.getKey() + " -o json").split(" "));
            assertThat(Shell.JSON.readTree(shell.out()))
                    .as(e.getKey())
                    .isEqualTo(api(e.getValue()));
            shell.plumb((e.getKey() + " -o yaml").split(" "));
            var yaml = new Yaml(new SafeConstructor(new LoaderOptions())).load(shell.out());
            JsonNode tree = Shell.JSON.valueToTree(yaml);
            assertThat(tree).as(e.getKey()).isEqualTo(api(e.getValue()));
        }
    }

    private void commitsAreKnown() {
        var now = Sample.AT.minusSeconds(3600);
        control.commits.put(
                Sample.COMMIT,
                new CommitInfo(Sample.COMMIT, "Ada", now, "serve 1.4.2, new ranking"));
        control.commits.put(
                Sample.EARLIER_COMMIT,
                new CommitInfo(Sample.EARLIER_COMMIT, "Bob", now, "serve 1.4.1"));
    }

    @Test
    void statusIsATableWithASummary() {
        assertThat(shell.plumb("status")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .isEqualTo(
                        """
                        PIPELINE  STATE   HEALTH   REPLICAS  RUNS     WANTS  SINCE  REASON
                        recsys    Synced  Healthy  1/2       b2b2b2b  same   0s     because of a test
                        1 pipeline Synced and Healthy
                        """);
        commitsAreKnown();
        control.script(Sample.status("feats", SyncState.BLOCKED));
        control.script(Sample.troubled("z"));
        assertThat(shell.plumb("status")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .contains("b2b2b2b \"serve 1.4.2, new ranking\"")
                .endsWith(
                        "3 pipelines: 1 Synced and Healthy, 1 Blocked, 1 Paused; plumb why feats\n");
    }

    @Test
    void statusOfOneShowsAll() {
        commitsAreKnown();
        control.script(Sample.troubled("recsys"));
        assertThat(shell.plumb("status", "recsys")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .isEqualTo(
                        """
                        recsys       Paused
                        reason       because of a test
                        health       Degraded
                        because      serve: 1 of 2 replicas unhealthy
                        silenced     serve until 2026-01-31 10:15:00Z, by eve, 12s ago: disk
                        wants        b2b2b2b "serve 1.4.2, new ranking", Ada, 60m ago
                        runs         the same, release v1:bbbbbbbbbb
                        stable       v1:aaaaaaaaaa of commit a1a1a1a "serve 1.4.1"
                        back         to v1:aaaaaaaaaa, not ready, missing: image serve:1.4.1
                        paused       by bob, 12s ago: hands off
                        hold         by ada, 12s ago: stay
                        deployment   d-1 Stable (git, by agent, started 12s ago)
                        quarantined  v1:cccccccccc of commit b2b2b2b "serve 1.4.2, new ranking" failed, by agent, 12s ago: serve exited with 1
                        observed     12s ago

                        SERVICE  ENGINE  HEALTH   REPLICAS         PORTS                                          IMAGE                             LAST CHECK      RESTARTS  DRIFT
                        serve    local   Healthy  1/2 (2 running)  :18101,:18103->8080 127.0.0.1:19090->9090/udp  registry.example.com/serve:1.4.2  failed 12s ago  3         memory
                        serve: recsys-serve-2-ab12cd: GET http://:8080/healthz answered 404 (last at 2026-01-31T08:15:00Z)

                        ENGINE  STATE  AGE  REASON
                        local   Ready  12s

                        next: plumb resume recsys; plumb why recsys; plumb logs recsys/serve
                        """);
    }

    @Test
    void ofManyQuarantinesTheNewestAreShown() {
        control.script(Sample.reason("hello", SyncState.SYNCED, "", ""));
        assertThat(shell.plumb("status", "hello")).isZero();
        assertThat(shell.out().lines().filter(l -> l.startsWith("quarantined")))
                .satisfiesExactly(
                        l -> assertThat(l).endsWith("failure 5"),
                        l -> assertThat(l).endsWith("failure 4"),
                        l -> assertThat(l).endsWith("failure 3"),
                        l -> assertThat(l).endsWith("+2 more"));
    }

    @Test
    void theEventsOfARemovedPipelineAreOnRecord() {
        control.happen(Sample.event(1, "gone", "Removed"));
        assertThat(shell.plumb("events", "gone")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).contains("Removed");
        assertThat(shell.plumb("events", "never")).isEqualTo(Exit.USAGE);
        assertThat(shell.err()).contains("no pipeline named never");
    }

    @Test
    void aNewPipelineWasNotObservedYet() {
        control.script(Sample.unknown("recsys"));
        assertThat(shell.plumb("status", "recsys")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).containsPattern("observed +not yet\n").doesNotContain("never");
    }

    @Test
    void statusAtATimeIsWhatWasRecordedThen() {
        assertThat(shell.plumb("status", "--at", "10m")).isZero();
        assertThat(control.calls).contains("status recsys at 2026-01-31T08:05:12.250Z");
        assertThat(shell.out())
                .startsWith("recorded until 2026-01-31T08:05:12.250Z:\n")
                .containsPattern(
                        "recsys +Synced +Healthy +v1:aaaaaaaaaa +2026-01-31 08:05:12Z +then");
        assertThat(shell.plumb("status", "recsys", "--at", "soon")).isEqualTo(Exit.USAGE);
        assertThat(shell.plumb("status", "--at", "3:12", "--watch")).isEqualTo(Exit.USAGE);
    }

    @Test
    void aTimeOfDayIsTheLastOneInTheZoneOfWhoAsks() {
        var now = Instant.parse("2026-01-31T02:00:00Z");
        assertThat(Since.at("3:12", now, ZoneOffset.UTC)).isEqualTo("2026-01-30T03:12:00Z");
        assertThat(Since.at("01:30:05", now, ZoneOffset.UTC)).isEqualTo("2026-01-31T01:30:05Z");
        assertThat(Since.at("3:12", now, ZoneId.of("Europe/Berlin")))
                .isEqualTo("2026-01-30T02:12:00Z");
        assertThatThrownBy(() -> Since.at("25:99", now, ZoneOffset.UTC))
                .isInstanceOf(CliError.class)
                .hasMessageContaining("3:12");
    }

    @Test
    void eventsAreChosenByTypeDeploymentAndTime() {
        for (int i = 1; i <= 60; i++) {
            control.happen(Sample.event(i, "recsys", i % 20 == 0 ? "HealthLost" : "Action"));
        }
        assertThat(shell.plumb("events", "recsys", "--type", "HealthLost", "-o", "jsonl")).isZero();
        assertThat(shell.out().lines()).hasSize(3).allMatch(l -> l.contains("HealthLost"));
        assertThat(shell.plumb("events", "--type", "HealthLost,Action", "-n", "5", "-o", "jsonl"))
                .isZero();
        assertThat(shell.out().lines()).hasSize(5).last().asString().contains("\"seq\":60");
        assertThat(shell.plumb("events", "--since", "1s")).isZero();
        assertThat(shell.out()).isEqualTo("nothing has happened yet\n");
        assertThat(shell.plumb("events", "--since", "1h", "-o", "jsonl")).isZero();
        assertThat(shell.out().lines()).hasSize(60);
        assertThat(shell.plumb("events", "--deployment", "d-none")).isZero();
        assertThat(shell.out()).isEqualTo("nothing has happened yet\n");
        assertThat(shell.plumb("events", "--since", "yesterday")).isEqualTo(Exit.USAGE);
        assertThat(shell.plumb("events", "--since", "1h", "-f")).isEqualTo(Exit.USAGE);
    }

    @Test
    void historyNamesTheCommitAndHowLongItTook() {
        commitsAreKnown();
        control.deployments.add(Sample.deployment(1, NEW, DeploymentState.STABLE));
        assertThat(shell.plumb("history", "recsys")).isZero();
        assertThat(shell.out())
                .containsPattern("ID +STATE +RELEASE +COMMIT +TRIGGER +BY +STARTED +TOOK")
                .containsPattern("d-1 +Stable .*\"serve 1.4.2, new ranking\" .* 40s");
    }

    @Test
    void twoReleasesAreComparedFieldByFieldAndFilesLineByLine() {
        control.differences.add(new ReleaseDifference("serve", "env[VERSION]", "", "4", ""));
        control.differences.add(
                new ReleaseDifference(
                        "serve",
                        "files[/etc/serve.toml]",
                        "sha256:aa mode 0444 owner 0:0",
                        "sha256:bb mode 0444 owner 0:0",
                        "--- a\n+++ a\n@@ -1 +1 @@\n-workers = 2\n+workers = 4"));
        assertThat(shell.plumb("diff", "recsys", "--from", "5d1d38e")).isEqualTo(Exit.DIFFERENT);
        assertThat(control.calls).contains("diff recsys from 5d1d38e to null");
        assertThat(shell.out())
                .containsPattern("serve +env\\[VERSION] +unset +4\n")
                .endsWith("service serve\n--- a\n+++ a\n@@ -1 +1 @@\n-workers = 2\n+workers = 4\n");
        control.differences.clear();
        assertThat(shell.plumb("diff", "recsys", "--to", "5d1d38e")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).isEqualTo("no difference: both are the same release\n");
    }

    @Test
    void planSaysWhatChangesAndWhetherAServiceIsDown() {
        control.plan = Sample.plan("recsys");
        shell.plumb("plan", "recsys");
        assertThat(shell.out())
                .isEqualTo(
                        """
                        recsys: release v1:aaaaaaaaaa -> v1:bbbbbbbbbb of commit b2b2b2b2b2
                          stages: resolve, place, apply, soak
                          downtime of store: the old container stops first
                        TARGET       ACTIONS  CHANGES
                        serve        create   memory: 512m -> 1g; env[NEW]: unset -> yes
                        serve:1.4.2  pull     memory: 512m -> 1g; env[NEW]: unset -> yes
                        2 steps; in their order: plumb plan recsys --steps
                        """);
    }

    @Test
    void planShowsItsSteps() {
        control.plan = Sample.plan("recsys");
        shell.plumb("plan", "recsys", "--steps");
        assertThat(shell.out())
                .isEqualTo(
                        """
                        recsys: release v1:aaaaaaaaaa -> v1:bbbbbbbbbb of commit b2b2b2b2b2
                          stages: resolve, place, apply, soak
                          serve: startFirst, the new one serves before the old one stops
                          store: stopFirst, the old one stops before the new one starts
                        ACTION  ENGINE  TARGET       CONTAINER              WHY
                        pull    local   serve:1.4.2  -                      memory: 512m -> 1g; env[NEW]: unset -> yes
                        create  local   serve        recsys-serve-1-bbbbbb  memory: 512m -> 1g; env[NEW]: unset -> yes
                        """);
    }

    @Test
    void enginesAreATableAndOneIsShownWhole() {
        control.engines.clear();
        control.engines.add(Sample.engine("local"));
        control.engines.add(Sample.engineNeverSeen("far", "connection refused"));
        assertThat(shell.plumb("engines")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .isEqualTo(
                        """
                        ENGINE  STATE           SINCE  VERSION   CONTAINERS  CPUS   MEMORY      LATENCY  BREAKER  SKEW    CERTIFICATE  LABELS     REASON
                        local   Ready,Cordoned  12s    20.10.24  4           1.5/8  1.0G/32.0G  12ms     Closed   -400ms  89d          cloud=aws
                        far     Unreachable     12s    -         0           0/?    0.0G/?      -        Open     -       -            -          connection refused
                        """);
        assertThat(shell.plumb("engines", "local")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .isEqualTo(
                        """
                        local        Ready,Cordoned
                        since        2026-01-31 08:15:00Z, 12s
                        observed     12s ago
                        endpoint     unix:///var/run/docker.sock
                        labels       cloud=aws
                        version      20.10.24 (API 1.41)
                        cpus         1.5/8 used by limits
                        memory       1.0G/32.0G used by limits
                        containers   4
                        latency      12ms
                        breaker      Closed
                        clock skew   -400ms
                        certificate  expires 2026-05-01 08:15:00Z
                        price        0.42
                        """);
        assertThat(shell.plumb("engines", "near")).isEqualTo(Exit.USAGE);
        assertThat(shell.err()).contains("no engine near here; there are: local, far");
    }

    @Test
    void nothingToShowIsASentence() {
        for (var line : List.of("history recsys", "events", "engines", "diff recsys")) {
            assertThat(shell.plumb(line.split(" "))).as(line).isEqualTo(Exit.DONE);
            assertThat(shell.out()).as(line).hasLineCount(1).doesNotContain("  ");
        }
    }

    @Test
    void coloursOnlyOnATerminalAndNotWithNoColor() {
        shell.terminal = true;
        shell.plumb("status");
        assertThat(shell.out()).contains("\u001b[32mSynced");
        for (var verb : List.of("status", "status recsys", "events", "history recsys", "--help")) {
            shell.plumb((verb + " --no-color").split(" "));
            assertThat(shell.out()).as(verb).isNotEmpty().doesNotContain("\u001b");
        }
        shell.env.put("NO_COLOR", "1");
        shell.plumb("status");
        assertThat(shell.out()).doesNotContain("\u001b");
    }

    private static PipelineEvent action(long seq, String deployment, String reason) {
        return new PipelineEvent(
                seq,
                Sample.AT,
                "recsys",
                deployment,
                "local",
                "serve",
                "Action",
                "",
                "",
                "",
                reason);
    }

    @Test
    void onATerminalAContainersActionsAreOneLine() {
        control.happen(action(1, "d-1", "pull serve:1"));
        control.happen(action(2, "d-1", "create recsys-serve-1-ab12cd: image: serve:0 -> serve:1"));
        control.happen(action(3, "d-1", "copy files into recsys-serve-1-ab12cd"));
        control.happen(action(4, "d-1", "start recsys-serve-1-ab12cd"));
        control.happen(action(5, "d-1", "create recsys-serve-2-ab12cd"));
        control.happen(action(6, "d-2", "stop recsys-serve-2-ab12cd"));
        shell.plumb("events", "recsys");
        assertThat(shell.out().lines()).as("in a pipe an event is a line").hasSize(7);
        assertThat(shell.out()).contains("2026-01-31 08:15:00Z");
        shell.terminal = true;
        shell.env.put("NO_COLOR", "1");
        shell.env.put("COLUMNS", "200");
        shell.plumb("events", "recsys");
        assertThat(shell.out().lines().map(l -> l.replaceAll(" {2,}", "  ")))
                .containsExactly(
                        "SEQ  AT  PIPELINE  SERVICE  ENGINE  TYPE  WHAT",
                        "1  12s ago  recsys  serve  local  Action  pull serve:1",
                        "4  12s ago  recsys  serve  local  Action  recsys-serve-1-ab12cd:"
                                + " create: image: serve:0 -> serve:1; copy files; start",
                        "5  12s ago  recsys  serve  local  Action  create recsys-serve-2-ab12cd",
                        "6  12s ago  recsys  serve  local  Action  stop recsys-serve-2-ab12cd");
        shell.plumb("events", "recsys", "--timestamps");
        assertThat(shell.out()).contains("2026-01-31 08:15:00Z").doesNotContain(" ago");
        shell.plumb("events", "recsys", "-o", "jsonl");
        assertThat(shell.out().lines()).as("an action an object").hasSize(6);
    }

    @Test
    void tablesFitIntoTheTerminalAndAreStableInAPipe() {
        shell.env.put("COLUMNS", "120");
        shell.plumb("status", "recsys");
        var piped = shell.out();
        shell.env.put("COLUMNS", "40");
        shell.plumb("status", "recsys");
        assertThat(shell.out()).as("a pipe has no width").isEqualTo(piped);
        shell.terminal = true;
        shell.env.put("NO_COLOR", "1");
        shell.env.put("COLUMNS", "120");
        shell.plumb("status", "recsys");
        assertThat(shell.out().lines()).allMatch(line -> line.length() <= 120);
        assertThat(shell.out())
                .as("a line for each fact, as the row is too long")
                .containsPattern("service +serve\n")
                .containsPattern("ports +:18101,:18103->8080 127.0.0.1:19090->9090/udp\n")
                .containsPattern("last check +failed 12s ago\n");
    }

    @Test
    void controlCharactersAndMarkupOfTheAgentAreShownAsTheyAre() {
        var e =
                new PipelineEvent(
                        1,
                        Sample.AT,
                        "recsys",
                        "",
                        "",
                        "serve",
                        "X",
                        "env[A]",
                        "@|red a|@",
                        "\u001b]0;title\u0007\nb",
                        "\u009b31m");
        control.happen(e);
        for (var terminal : List.of(true, false)) {
            shell.terminal = terminal;
            shell.env.put("NO_COLOR", "1");
            shell.env.put("COLUMNS", "300");
            shell.plumb("events");
            assertThat(shell.out())
                    .contains("@|red a|@ -> \\u001B]0;title\\u0007\\u000Ab (\\u009B31m)")
                    .hasLineCount(2)
                    .doesNotContain("\u001b")
                    .doesNotContain("\u009b");
        }
    }

    @Test
    void eventsNameTheEngine() {
        control.happen(Sample.event(1, "recsys", "DriftDetected"));
        shell.plumb("events");
        assertThat(shell.out().lines().toList().getFirst()).contains("ENGINE");
        assertThat(shell.out().lines().toList().getLast()).containsPattern("serve +local ");
    }

    @Test
    void logsOfAPipelineWithOneServiceNeedNoService() {
        assertThat(shell.plumb("logs", "recsys", "-n", "5")).isZero();
        assertThat(control.calls)
                .contains("logs recsys/serve Current[] Tail[lines=5] follow=false");
    }

    @Test
    void releasesAreCutInTablesAndNotInJson() {
        var release = "v1:0123456789abcdef0123456789abcdef";
        var at = java.time.Instant.EPOCH;
        control.happen(
                new PipelineEvent(
                        1, at, "recsys", "d-1", "", "", "Reverted", "", "", "", "left " + release));
        assertThat(shell.plumb("events", "recsys")).isZero();
        assertThat(shell.out()).contains("left v1:0123456789").doesNotContain(release);
        assertThat(shell.plumb("events", "recsys", "-o", "json")).isZero();
        assertThat(shell.out()).contains(release);
    }

    @Test
    void logsArePrintedLineByLine() {
        control.logLines.addAll(List.of("a\tb", "\u001b[31mred"));
        assertThat(shell.plumb("logs", "recsys/serve", "--release", "v1:ab", "-n", "5"))
                .isEqualTo(Exit.DONE);
        assertThat(shell.out()).isEqualTo("a\tb\n\u001b[31mred\n");
        assertThat(control.calls)
                .contains("logs recsys/serve OfRelease[release=v1:ab] Tail[lines=5] follow=false");
        shell.terminal = true;
        shell.plumb("logs", "recsys/serve");
        assertThat(shell.out()).isEqualTo("a\tb\n\\u001B[31mred\n");
    }

    @Test
    void watchingPrintsALineForEachChangeWherePiped() {
        control.script(
                Sample.status("recsys", SyncState.SYNCED),
                Sample.status("recsys", SyncState.SYNCED),
                Sample.status("recsys", SyncState.DRIFTED));
        Thread.ofVirtual()
                .start(
                        () -> {
                            while (!shell.out().contains("Drifted")) {
                                Thread.onSpinWait();
                            }
                            agentGone();
                        });
        assertThat(shell.plumb("status", "--watch")).isEqualTo(Exit.UNREACHABLE);
        assertThat(shell.out())
                .isEqualTo(
                        """
                        recsys: Synced, Healthy, release v1:bbbbbbbbbb, commit b2b2b2b2b2: because of a test
                        recsys: Drifted, Healthy, release v1:bbbbbbbbbb, commit b2b2b2b2b2: because of a test
                        """);
    }

    @Test
    void schemaAndVersionNeedNoAgent() {
        shell.env.clear();
        assertThat(shell.plumb("schema")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).isEqualTo(ManifestSchema.json().stripTrailing() + "\n");
        assertThat(shell.plumb("version")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).startsWith("plumb ").contains("Java 25");
    }

    @Test
    void everyVerbHasHelpWithAnExample() {
        shell.plumb("--help");
        var help = shell.out();
        for (var verb :
                "validate schema status plan diff sync rollback pause resume retry restart health history events why logs engines agent"
                        .split(" ")) {
            assertThat(help).contains("  " + verb);
            assertThat(shell.plumb(verb, "--help")).isEqualTo(Exit.DONE);
            assertThat(shell.out())
                    .contains("plumb " + verb)
                    .hasLineCount(shell.out().split("\n").length)
                    .doesNotContain("Whose.", "Which.", "Its name.", "Its key", "anew");
            assertThat(shell.out().split("plumb " + verb, -1)).as(verb).hasSizeGreaterThan(2);
        }
    }
}
