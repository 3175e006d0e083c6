package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.release.AllowPolicy;
import io.plumbline.core.release.HostRules;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.runtime.control.Agent;
import io.plumbline.testkit.FakeGit;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pipeline is renamed with {@code metadata.was}. */
class RenamedPipelineTest {
    private static final Caller ANNA = new Caller("anna", "because", false);

    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void images() {
        for (var version : List.of("1", "2", "3")) {
            world.engine.localImage("web:" + version);
        }
    }

    @AfterEach
    void end() {
        world.close();
    }

    private static String manifest(String name, String was, String version) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: NAME WAS}
        spec:
          services:
            - name: web
              image: "web:VERSION"
              ports: [{container: 80, host: 8080}]
              volumes: [{name: data, target: /data}]
          rollout: {soak: 0s, pruneGrace: 5s}
        """
                .replace("NAME", name)
                .replace("WAS", was.isEmpty() ? "" : ", was: " + was)
                .replace("VERSION", version);
    }

    private String commit(String name, String was, String version) {
        return world.git.commit(Map.of("shop.yaml", manifest(name, was, version)));
    }

    private void synced(String pipeline, String commit) {
        world.await(pipeline, s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
    }

    private List<LiveContainer> running() {
        return world.engine.all().stream().filter(c -> c.state() == RunState.RUNNING).toList();
    }

    private LiveContainer web() {
        assertThat(running()).hasSize(1);
        return running().getFirst();
    }

    private void sameAs(LiveContainer before) {
        assertThat(web().id()).isEqualTo(before.id());
        assertThat(web().startedAt()).isEqualTo(before.startedAt());
    }

    private List<PipelineEvent> events(String pipeline, String type) {
        return world.ledger.lastEvents(pipeline, 1000).stream()
                .filter(e -> e.type().equals(type))
                .toList();
    }

    private void blocked(String pipeline, String... words) {
        world.await(
                pipeline,
                s ->
                        s.state() == SyncState.BLOCKED
                                && List.of(words).stream().allMatch(s.reason()::contains));
    }

    private PipelineStatus.SyncState state(String pipeline) {
        return world.status(pipeline).state();
    }

    @Test
    void nothingRestartsAndHistoryAndRollbackGoOn() {
        world.start();
        synced("shop", commit("shop", "", "1"));
        synced("shop", commit("shop", "", "2"));
        world.await("keeps", () -> world.keeps("shop"));
        var before = web();
        synced("store", commit("store", "shop", "2"));

        sameAs(before);
        assertThat(world.ledger.pipelines()).containsOnlyKeys("store");
        assertThat(world.ledger.history("store", 10)).hasSize(2);
        assertThat(events("store", "Renamed"))
                .singleElement()
                .satisfies(e -> assertThat(e.from() + " " + e.to()).isEqualTo("shop store"));
        assertThat(world.status("store").engineName()).isEqualTo("shop");
        assertThatThrownBy(() -> world.status("shop"))
                .hasMessageContaining("was renamed and is called store now");

        var reply = world.control().execute(Command.rollback("store"), ANNA);
        assertThat(reply.message()).contains("rolling back");
        world.await("store", s -> s.state() == SyncState.ROLLED_BACK);
        assertThat(web().label("plumbline.image")).isEqualTo("web:1");

        // A restart of the agent changes nothing, and drift is repaired under the new name.
        var kept = web();
        world.startAgain();
        world.await("store", s -> s.state() == SyncState.ROLLED_BACK);
        sameAs(kept);
        world.await("keeps", () -> world.keeps("store"));
        world.engine.stop(kept.id(), Duration.ZERO);
        world.await("repaired", () -> running().size() == 1);
        assertThat(web().label("plumbline.image")).isEqualTo("web:1");
    }

    @Test
    void aChangeInTheSameCommitIsDeployedFromWhatRan() {
        world.start();
        synced("shop", commit("shop", "", "1"));
        synced("store", commit("store", "shop", "2"));
        assertThat(web().label("plumbline.image")).isEqualTo("web:2");
        assertThat(web().config().mounts())
                .anyMatch(m -> m.name().equals("shop_data") && m.target().equals("/data"));
        assertThat(world.ledger.history("store", 10)).hasSize(2);
        assertThat(world.status("store").rollback()).isNotNull();
    }

    @Test
    void itIsRenamedAgainAndBack() {
        world.start();
        synced("shop", commit("shop", "", "1"));
        var before = web();
        synced("store", commit("store", "shop", "1"));
        synced("market", commit("market", "store", "1"));
        synced("shop", commit("shop", "market", "1"));
        sameAs(before);
        assertThat(world.ledger.pipelines()).containsOnlyKeys("shop");
        assertThat(events("shop", "Renamed")).hasSize(3);
        assertThat(world.ledger.history("shop", 10)).hasSize(1);
    }

    @Test
    void holdPauseAndQuarantineAreTheNewPipelines() {
        world.start();
        synced("shop", commit("shop", "", "1"));
        synced("shop", commit("shop", "", "2"));
        world.control().execute(new Command.Rollback("shop", null, null, true, false), ANNA);
        world.await("shop", s -> s.state() == SyncState.ROLLED_BACK);
        world.control().execute(new Command.Pause("shop"), ANNA);
        world.await("shop", s -> s.state() == SyncState.PAUSED);
        var before = web();
        commit("store", "shop", "2");
        world.await("store", s -> s.state() == SyncState.PAUSED && s.hold() != null);
        assertThat(world.status("store").quarantined()).hasSize(1);
        sameAs(before);
        world.control().execute(new Command.Resume("store"), ANNA);
        world.await("store", s -> s.state() == SyncState.ROLLED_BACK && s.hold() == null);
        sameAs(before);
    }

    @Test
    void theLostLedgerIsRebuiltFromContainersOfTheEarlierName() {
        world.start();
        synced("shop", commit("shop", "", "1"));
        synced("market", commit("market", "[store, shop]", "1"));
        var before = web();
        world.loseLedger();
        world.await("market", s -> s.state() == SyncState.SYNCED);
        sameAs(before);
        assertThat(world.status("market").engineName()).isEqualTo("shop");
        synced("market", commit("market", "[store, shop]", "2"));
        assertThat(web().config().mounts()).anyMatch(m -> m.name().equals("shop_data"));
    }

    @Test
    void volumesOfTheEarlierNameAreFoundWhereNoContainerIsLeft() {
        world.start();
        synced("shop", commit("shop", "", "1"));
        world.close();
        var container = web();
        world.engine.stop(container.id(), Duration.ZERO);
        world.engine.remove(container.id());
        commit("store", "shop", "1");
        world.loseLedger();
        world.await("store", s -> s.state() == SyncState.SYNCED);
        assertThat(web().config().mounts()).anyMatch(m -> m.name().equals("shop_data"));
    }

    @Test
    void aNewAgentCallsItByItsName() {
        world.start();
        synced("store", commit("store", "shop", "1"));
        assertThat(web().label("plumbline.pipeline")).isEqualTo("store");
        assertThat(world.status("store").engineName()).isEqualTo("store");
    }

    @Test
    void anEarlierNameThatIsStillDefinedIsAnErrorAndBothStayAsTheyAre() {
        world.start();
        synced("shop", commit("shop", "", "1"));
        var before = web();
        world.git.commit(
                Map.of(
                        "shop.yaml", manifest("shop", "", "1"),
                        "store.yaml", manifest("store", "shop", "1")));
        blocked("store", "metadata.was", "shop is still defined in shop.yaml:1:1");
        sameAs(before);
        assertThat(state("shop")).isEqualTo(SyncState.SYNCED);
        synced("store", commit("store", "shop", "1"));
        sameAs(before);
    }

    @Test
    void twoPipelinesCannotBothHaveBeenOne() {
        world.start();
        synced("shop", commit("shop", "", "1"));
        var before = web();
        world.git.commit(
                Map.of(
                        "a.yaml", manifest("a", "shop", "1"),
                        "b.yaml", manifest("b", "shop", "1")));
        blocked("a", "shop is named in b.yaml:1:1 too");
        blocked("b", "shop is named in a.yaml:1:1 too");
        sameAs(before);
    }

    @Test
    void anEarlierNameOfAnotherRepositoryIsAnError() {
        var other = new FakeGit("");
        other.commit(Map.of("shop.yaml", manifest("shop", "", "1")));
        world.others.add(
                new Agent.Watched(
                        "team",
                        other,
                        Duration.ofMillis(20),
                        new AllowPolicy(
                                List.of("*"),
                                true,
                                Set.of(),
                                1024,
                                65535,
                                List.of("*"),
                                HostRules.DEFAULT),
                        Set.of(),
                        List.of(),
                        null));
        world.start();
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        var before = web();
        commit("store", "shop", "2");
        blocked("store", "metadata.was names shop, which belongs to repository team");
        sameAs(before);
        assertThat(repository("shop")).isEqualTo("team");
    }

    private String repository(String pipeline) {
        return Objects.requireNonNull(world.ledger.pipelines().get(pipeline)).repository();
    }

    @Test
    void withoutTheKeyTheReasonSaysWhatFreesThePortAndTheKeyMayComeLater() {
        world.start();
        synced("shop", commit("shop", "", "1"));
        var before = web();
        commit("store", "", "1");
        blocked("store", "host port 8080", "`plumb sync shop --prune`", "`was: shop`");
        sameAs(before);
        synced("store", commit("store", "shop", "1"));
        sameAs(before);
        assertThat(world.ledger.pipelines()).containsOnlyKeys("store");
    }

    @Test
    void portsAreNotSwappedInOneCommitAndTheReasonSaysHow() {
        world.start();
        world.git.commit(
                Map.of(
                        "a.yaml", manifest("a", "", "1"),
                        "b.yaml", manifest("b", "", "1").replace("8080", "8081")));
        world.await("a", s -> s.state() == SyncState.SYNCED);
        world.await("b", s -> s.state() == SyncState.SYNCED);
        var before = running().stream().map(LiveContainer::id).toList();
        world.git.commit(
                Map.of(
                        "a.yaml", manifest("a", "", "1").replace("8080", "8081"),
                        "b.yaml", manifest("b", "", "1")));
        world.await("a", s -> s.state() == SyncState.BLOCKED);
        world.await("b", s -> s.state() == SyncState.BLOCKED);
        world.control().execute(Command.sync("a"), ANNA);
        world.control().execute(Command.sync("b"), ANNA);
        blocked("a", "is held by pipeline b", "ports are not swapped in one commit");
        blocked("b", "is held by pipeline a", "ports are not swapped in one commit");
        assertThat(running().stream().map(LiveContainer::id)).containsExactlyElementsOf(before);

        // Two commits, as the reason says.
        synced(
                "a",
                world.git.commit(
                        Map.of(
                                "a.yaml", manifest("a", "", "1").replace("8080", "8082"),
                                "b.yaml", manifest("b", "", "1"))));
        world.control().execute(Command.sync("b"), ANNA);
        world.await("b", s -> s.state() == SyncState.SYNCED);
        synced(
                "a",
                world.git.commit(
                        Map.of(
                                "a.yaml", manifest("a", "", "1").replace("8080", "8081"),
                                "b.yaml", manifest("b", "", "1"))));
    }

    @Test
    void theEarlierNameIsTakenOnTheEngines() {
        world.start();
        synced("shop", commit("shop", "", "1"));
        synced("store", commit("store", "shop", "1"));
        var before = web();
        world.git.commit(
                Map.of(
                        "store.yaml", manifest("store", "", "1"),
                        "shop.yaml", manifest("shop", "", "1").replace("8080", "8081")));
        blocked("shop", "the engines know pipeline store by the name shop");
        assertThat(state("store")).isEqualTo(SyncState.SYNCED);
        sameAs(before);
    }

    @Test
    void anotherFileThatIsBrokenHoldsItUp() {
        world.start();
        synced("shop", commit("shop", "", "1"));
        var before = web();
        world.git.commit(
                Map.of("store.yaml", manifest("store", "shop", "1"), "broken.yaml", "a: ["));
        world.await("shop", s -> s.state() == SyncState.BLOCKED);
        sameAs(before);
        synced("store", commit("store", "shop", "1"));
        sameAs(before);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void itIsKilledAnywhereInTheMiddle(boolean before) {
        for (int call = 1; ; call++) {
            try (var killed = new InMemoryAgent()) {
                List.of("1", "2").forEach(v -> killed.engine.localImage("web:" + v));
                killed.start();
                var first = killed.git.commit(Map.of("shop.yaml", manifest("shop", "", "1")));
                killed.await("shop", s -> first.equals(s.head()) && settled(killed, "shop"));
                killed.killAt(call, before);
                var second = killed.git.commit(Map.of("shop.yaml", manifest("store", "shop", "2")));
                killed.await("store", s -> second.equals(s.head()) && settled(killed, "store"));
                boolean was = killed.killed();
                if (was) {
                    killed.startAgain();
                    killed.await("store", s -> second.equals(s.head()) && settled(killed, "store"));
                }
                assertThat(killed.ledger.pipelines()).containsOnlyKeys("store");
                assertThat(killed.ledger.history("store", 10)).hasSize(2);
                assertThat(killed.engine.all().stream().filter(c -> c.state() == RunState.RUNNING))
                        .singleElement()
                        .satisfies(c -> assertThat(c.label("plumbline.image")).isEqualTo("web:2"));
                if (!was) {
                    return;
                }
            }
        }
    }

    private static boolean settled(InMemoryAgent world, String pipeline) {
        var state = world.ledger.pipelines().get(pipeline);
        return world.status(pipeline).state() == SyncState.SYNCED
                && state != null
                && state.settled();
    }
}
