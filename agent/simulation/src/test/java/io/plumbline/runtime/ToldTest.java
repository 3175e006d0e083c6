package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.RunState;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What status, events and plans say of rollbacks, names, new containers and unset values. */
class ToldTest {
    private static final Caller ANNA = new Caller("anna", "wrong answers at 3am", false);

    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void images() {
        for (var v : List.of("1", "2", "3")) {
            world.engine.localImage("web:" + v);
        }
        world.engine.localImage("web:sick").health(EngineHealth.UNHEALTHY);
    }

    @AfterEach
    void end() {
        world.close();
    }

    private String push(String version) {
        return world.git.commit(
                Map.of(
                        "shop.yaml",
                        """
                        apiVersion: plumbline/v1
                        kind: Pipeline
                        metadata: {name: shop}
                        spec:
                          services:
                            - name: web
                              image: web:VERSION
                              healthcheck: {http: {port: 8080, path: /healthz}}
                          rollout: {soak: 0s}
                        """
                                .replace("VERSION", version)));
    }

    private String synced(String version) {
        var commit = push(version);
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
        world.await("kept", () -> world.keeps("shop"));
        return Objects.requireNonNull(world.status("shop").release());
    }

    private void reverted() {
        var commit = push("sick");
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.REVERTED);
    }

    private PipelineStatus rolledBack() {
        world.control().execute(Command.rollback("shop"), ANNA);
        world.await("shop", s -> s.state() == SyncState.ROLLED_BACK);
        return world.status("shop");
    }

    private List<PipelineEvent> events(String type) {
        return world.ledger.lastEvents("shop", 1000).stream()
                .filter(e -> e.type().equals(type))
                .toList();
    }

    @Test
    void aRollbackSaysWhoWhyWhatWasLeftAndHowItGoesOn() {
        world.start();
        var first = synced("1");
        var second = synced("2");
        var status = rolledBack();
        assertThat(status.reason())
                .startsWith("rolled back by anna, who says: wrong answers at 3am; ")
                .contains(
                        second.substring(0, 13) + " was left and is quarantined",
                        "the next commit that renders another release is deployed",
                        "`plumb retry shop`",
                        "`plumb rollback shop --to`");
        assertThat(status.release()).isEqualTo(first);
        assertThat(status.stableRelease()).isEqualTo(first);
        assertThat(events("RolledBack").getFirst().reason())
                .isEqualTo("rolled back by anna, who says: wrong answers at 3am");
    }

    /** The head had failed before: that is no reason of the rollback. */
    @Test
    void noOtherReleasesFailureIsTheReasonOfARollback() {
        world.start();
        var first = synced("1");
        synced("2");
        reverted();
        var status = rolledBack();
        assertThat(status.reason()).startsWith("rolled back by anna").doesNotContain("answered");
        assertThat(status.stableRelease()).isEqualTo(first);
    }

    /** The head renders the release that failed first; another one failed since. */
    @Test
    void theReasonIsThatOfTheReleaseThatTheHeadRenders() {
        for (var code : List.of("404", "503")) {
            world.engine
                    .localImage("web:" + code)
                    .health(EngineHealth.UNHEALTHY)
                    .checkAnswers(1, "HTTP/1.1 " + code);
        }
        world.start();
        synced("1");
        var first = push("404");
        world.await("shop", s -> first.equals(s.head()) && s.state() == SyncState.REVERTED);
        var release = Objects.requireNonNull(world.status("shop").deployment()).release();
        var second = push("503");
        world.await("shop", s -> second.equals(s.head()) && s.state() == SyncState.REVERTED);
        assertThat(world.status("shop").reason()).contains("answered 503");
        var third = push("404");
        world.await("shop", s -> third.equals(s.head()) && s.state() == SyncState.REVERTED);
        assertThat(world.status("shop").reason())
                .startsWith(
                        "the head renders "
                                + release.substring(0, 13)
                                + ", which failed as "
                                + first.substring(0, 7)
                                + ": web: GET http://:8080/healthz answered 404")
                .endsWith(
                        "; push a commit that changes the release (a comment does not) or run"
                                + " `plumb retry shop`")
                .doesNotContain("503");
    }

    @Test
    void whatARollbackLeftIsNamedWithItsOwnCommit() {
        world.start();
        synced("1");
        var second = synced("2");
        var commit = world.status("shop").head();
        reverted();
        rolledBack();
        var state = Objects.requireNonNull(world.ledger.pipelines().get("shop"));
        assertThat(state.quarantineOf(second))
                .hasValueSatisfying(q -> assertThat(q.commit()).isEqualTo(commit));
    }

    @Test
    void aPlanOfAQuarantinedHeadSaysThatItIsNotDeployed() {
        world.start();
        synced("1");
        reverted();
        var plan = world.control().plan("shop");
        assertThat(plan.actions()).isNotEmpty();
        assertThat(plan.blockers().getFirst())
                .startsWith("it will not be deployed: the head renders v1:")
                .contains(", which failed: ", "a comment does not")
                .contains("plumb retry shop");
    }

    @Test
    void allErrorsOfAManifestAreTheReasonTheHelpfulOneFirst() {
        world.start();
        synced("1");
        world.git.commit(
                Map.of(
                        "shop.yaml",
                        """
                        apiVersion: plumbline/v1
                        kind: Pipeline
                        metadata: {name: shop}
                        spec:
                          services:
                            - name: web
                              imgae: web:2
                              replicas: -1
                        """));
        world.await("shop", s -> s.state() == SyncState.BLOCKED);
        assertThat(world.status("shop").reason())
                .matches("shop.yaml:7:.*imgae.*did you mean 'image'.*")
                .contains("'image' is missing", "replicas")
                .doesNotContain("more)");
    }

    @Test
    void whatIsUnsetIsCalledUnset() {
        world.start();
        synced("1");
        var name =
                world.engine.all().stream()
                        .filter(c -> c.state() == RunState.RUNNING)
                        .findFirst()
                        .orElseThrow()
                        .id();
        world.engine.update(name, 64L << 20, 0, "unless-stopped");
        world.await("drift is told", () -> !events("DriftDetected").isEmpty());
        world.await("it is repaired", () -> !events("DriftRepaired").isEmpty());
        assertThat(events("DriftDetected").getFirst().reason())
                .endsWith("memory: want unset, live 64m");
        assertThat(events("DriftRepaired").getFirst().reason()).endsWith("memory is unset again");
    }

    @Test
    void actionsSayWhatTheyDoAndTheReasonsOnce() {
        world.start();
        synced("1");
        synced("2");
        world.await(
                "the old one lost its name",
                () -> events("Action").stream().anyMatch(e -> e.reason().contains(" loses ")));
        var told = events("Action").stream().map(PipelineEvent::reason).toList();
        assertThat(told).filteredOn(r -> r.contains("image: ")).hasSize(1);
        assertThat(told)
                .anyMatch(r -> r.matches("create shop-web-1-\\w+"))
                .anyMatch(r -> r.matches("create shop-web-1-\\w+: image: web:1@.* -> web:2@.*"))
                .anyMatch(r -> r.matches("copy files into shop-web-1-\\w+"))
                .anyMatch(r -> r.matches("start shop-web-1-\\w+"))
                .anyMatch(
                        r ->
                                r.matches(
                                        "shop-web-1-\\w+ gets the name web on network"
                                                + " plumbline_shop"))
                .anyMatch(
                        r ->
                                r.matches(
                                        "shop-web-1-\\w+ loses the name web on network"
                                                + " plumbline_shop: release: .*"))
                .noneMatch(r -> r.contains("(none)"));
    }
}
