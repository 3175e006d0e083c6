package io.plumbline.engine.docker.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.runtime.InMemoryAgent;
import io.plumbline.testkit.FakeEngine;
import io.plumbline.testkit.FakeGit;
import io.plumbline.testkit.FakeLedger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two agents of one name on one engine: one works, the other says so and changes nothing. */
class SecondAgentTest {
    private static final Caller ANNA = new Caller("anna", "", false);
    private static final String MARKER = SecondAgentWatch.markerName("test-agent");
    private static final String QUESTION = SecondAgentWatch.questionName("test-agent");

    /** More than the agents' time between two looks at everything. */
    private static final Duration RELIST = Duration.ofSeconds(61);

    private final FakeEngine engine = new FakeEngine("local");
    private final FakeGit git = new FakeGit("");
    private final InMemoryAgent first = new InMemoryAgent(engine, git, new FakeLedger());
    private final List<InMemoryAgent> agents = new ArrayList<>(List.of(first));

    @BeforeEach
    void images() {
        List.of("1", "2", "3").forEach(v -> engine.localImage("web:" + v));
    }

    @AfterEach
    void end() {
        agents.forEach(InMemoryAgent::close);
    }

    private static String manifest(String version) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: shop}
        spec:
          services:
            - {name: web, image: "web:VERSION", healthcheck: {exec: [check], interval: 30s}}
          rollout: {soak: 0s}
        """
                .replace("VERSION", version);
    }

    private void push(InMemoryAgent agent, String version) {
        var commit = agent.git.commit(Map.of("shop.yaml", manifest(version)));
        agent.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
        agent.await("kept", () -> agent.keeps("shop"));
    }

    /** An agent of the same name with a ledger and a repository of its own. */
    private InMemoryAgent second(FakeLedger ledger, String version) {
        var second = new InMemoryAgent(engine, new FakeGit(""), ledger);
        agents.add(second);
        second.git.commit(Map.of("shop.yaml", manifest(version)));
        return second.start();
    }

    private static FakeLedger notNew() {
        var ledger = new FakeLedger();
        ledger.grown();
        return ledger;
    }

    private List<String> running() {
        return engine.all().stream()
                .filter(c -> c.alive() && !c.label(Labels.PIPELINE).isEmpty())
                .map(c -> c.label(Labels.IMAGE))
                .toList();
    }

    private Optional<String> ledgerOn(String volume) {
        return engine.volumes().stream()
                .filter(v -> v.name().equals(volume))
                .map(v -> v.labels().getOrDefault(Labels.LEDGER, ""))
                .findFirst();
    }

    private static void saysSo(InMemoryAgent agent) {
        agent.await(
                "says that another agent works there",
                () ->
                        agent.control().engines().getFirst().reason().contains("another agent")
                                && agent.status("shop").reason().contains("another agent"));
    }

    /** No time passes any more once it has asked. */
    private void asks(InMemoryAgent agent) {
        agent.await(
                "asks",
                () -> {
                    boolean asked = ledgerOn(QUESTION).isPresent();
                    if (!asked) {
                        agent.skip(RELIST);
                    }
                    return asked;
                });
    }

    private static List<PipelineEvent> events(InMemoryAgent agent, String type) {
        return agent.ledger.lastEvents("", 100).stream()
                .filter(e -> e.type().equals(type))
                .toList();
    }

    @Test
    void aNewLedgerChangesNothingAsLongAsTheOtherAgentAnswers() {
        first.start();
        push(first, "1");
        var second = second(new FakeLedger(), "2");
        saysSo(second);
        for (int round = 0; round < 4; round++) {
            asks(second);
            first.await(
                    "answers",
                    () -> {
                        first.skip(RELIST);
                        return ledgerOn(QUESTION).isEmpty();
                    });
        }
        asks(second);
        assertThat(running()).containsExactly("web:1");
        assertThat(ledgerOn(MARKER)).contains(first.ledger.id());
        assertThat(events(second, "SecondAgent")).hasSize(1);
        assertThat(events(second, "EngineTakenOver")).isEmpty();
        assertThat(first.control().engines().getFirst().reason()).isEmpty();
        push(first, "3");
        assertThat(running()).containsExactly("web:3");
    }

    @Test
    void aNewLedgerTakesOverWhenNothingChangesForTwoRelists() {
        first.start();
        push(first, "1");
        first.close();
        var second = second(new FakeLedger(), "1");
        saysSo(second);
        asks(second);
        second.await(
                "takes over",
                () -> {
                    second.skip(RELIST);
                    return ledgerOn(MARKER).equals(Optional.of(second.ledger.id()));
                });
        second.await("shop", s -> s.state() == SyncState.SYNCED);
        push(second, "3");
        assertThat(running()).containsExactly("web:3");
        assertThat(events(second, "EngineTakenOver"))
                .extracting(PipelineEvent::from)
                .containsExactly(first.ledger.id());
        second.await("the question is gone", () -> ledgerOn(QUESTION).isEmpty());

        first.startAgain();
        saysSo(first);
        assertThat(running()).containsExactly("web:3");
    }

    @Test
    void aLedgerThatIsNotNewWaitsUntilTheVolumeIsRemoved() {
        first.start();
        push(first, "1");
        first.close();
        var second = second(notNew(), "2");
        saysSo(second);
        assertThat(second.control().engines().getFirst().reason())
                .contains("docker volume rm " + MARKER);
        for (int round = 0; round < 4; round++) {
            second.skip(RELIST);
            second.control().execute(Command.sync("shop"), ANNA);
        }
        assertThat(running()).containsExactly("web:1");
        assertThat(ledgerOn(QUESTION)).isEmpty();

        engine.removeVolume(MARKER);
        second.await(
                "takes over",
                () -> {
                    second.skip(RELIST);
                    return ledgerOn(MARKER).equals(Optional.of(second.ledger.id()));
                });
        push(second, "3");
        assertThat(running()).containsExactly("web:3");
        assertThat(second.control().engines().getFirst().reason()).isEmpty();
    }

    @Test
    void aVolumeThatWasPrunedIsMadeAgain() {
        first.start();
        push(first, "1");
        engine.removeVolume(MARKER);
        first.await(
                "made",
                () -> {
                    first.skip(RELIST);
                    return ledgerOn(MARKER).equals(Optional.of(first.ledger.id()));
                });
        push(first, "2");
        assertThat(events(first, "SecondAgent")).isEmpty();
    }

    @Test
    void aContainerOfAnotherLedgerStopsChangesUntilNoneComesForTwoRelists() {
        first.start();
        push(first, "1");
        var own = engine.all().getFirst();
        assertThat(own.label(Labels.LEDGER)).isEqualTo(first.ledger.id());
        stranger(own);
        saysSo(first);
        assertThat(first.control().engines().getFirst().reason()).contains("container stranger");
        assertThat(first.status("shop").reason())
                .as("for who may view this pipeline only")
                .contains("plumb engines local")
                .doesNotContain("stranger");

        engine.update(own.id(), 64 << 20, 0, "unless-stopped");
        var commit = first.git.commit(Map.of("shop.yaml", manifest("2")));
        first.await("shop", s -> commit.equals(s.head()));
        first.skip(RELIST);
        saysSo(first);
        assertThat(engine.inspect(own.id()).orElseThrow().config().memory()).isEqualTo(64 << 20);
        assertThat(engine.all()).hasSize(2);

        first.await(
                "goes on",
                () -> {
                    first.skip(RELIST);
                    return first.control().engines().getFirst().reason().isEmpty();
                });
        first.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
        assertThat(running()).containsExactly("web:2");
        assertThat(events(first, "SecondAgent")).hasSize(1);
        assertThat(events(first, "SecondAgentGone")).hasSize(1);
    }

    @Test
    void whatWasThereAtTheStartIsNoSignOfAnotherAgent() {
        first.start();
        push(first, "1");
        first.close();
        stranger(engine.all().getFirst());
        first.startAgain();
        push(first, "2");
        assertThat(running()).containsExactly("web:2");
        assertThat(events(first, "SecondAgent")).isEmpty();
    }

    @Test
    void anAgentOfAnEarlierVersionLeftNoVolumeAndNothingIsHeldUp() {
        first.start();
        push(first, "1");
        var before = engine.all().getFirst().id();
        first.close();
        engine.removeVolume(MARKER);
        first.ledger = first.ledger.lost();
        first.startAgain();
        first.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(engine.all()).extracting(LiveContainer::id).containsExactly(before);
        assertThat(ledgerOn(MARKER)).contains(first.ledger.id());
    }

    /** A container with all labels of another one but for the ledger's. */
    private void stranger(LiveContainer like) {
        var labels = new TreeMap<>(like.labels());
        labels.put(Labels.LEDGER, "0123456789abcdef");
        var service = first.ledger.releases("shop").getFirst().services().getFirst();
        engine.start(
                engine.create(
                        new NewContainer(
                                "stranger",
                                service.spec(),
                                labels,
                                engine.networks().getFirst().id(),
                                Map.of(),
                                Map.of())));
    }
}
