package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.FakeEngine;
import io.plumbline.testkit.FakeRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two pipelines on an engine of which one container, one image or one list does not answer, while
 * all else does: nothing else is held up, the engine stays reachable, nothing moves.
 */
@Tag("long")
class OneObjectHangsTest {
    private static final Caller ANNA = new Caller("anna", "", false);
    private static final Duration FOR_EVER = Duration.ofHours(1);
    private static final Duration SOON = Duration.ofMillis(300);

    private final FakeRegistry registry = new FakeRegistry();
    private final FakeEngine home = new FakeEngine("home", registry);
    private final FakeEngine spare = new FakeEngine("spare", registry);
    private final InMemoryAgent world = new InMemoryAgent(List.of(home, spare));
    private final Map<String, String> files = new HashMap<>();

    @BeforeEach
    void images() {
        for (var v : List.of("1", "2", "3", "odd")) {
            registry.push("web:" + v);
            registry.push("api:" + v);
        }
        world.labels.put("home", new TreeMap<>(Map.of("at", "home")));
        world.labels.put("spare", new TreeMap<>(Map.of("at", "spare")));
    }

    @AfterEach
    void end() {
        home.answerAgain();
        spare.answerAgain();
        world.close();
    }

    /** Pipeline shop has the services web and api, which do not depend on each other. */
    private String shop(String web, String api) {
        return shop(web, api, "engines: [home]", "keep: 2");
    }

    private String shop(String web, String api, String placement, String rollout) {
        files.put(
                "shop.yaml",
                """
                apiVersion: plumbline/v1
                kind: Pipeline
                metadata: {name: shop}
                spec:
                  placement: {%s}
                  services:
                    - {name: web, image: "web:%s", healthcheck: {exec: [check], interval: 30s}}
                    - {name: api, image: "api:%s", healthcheck: {exec: [check], interval: 30s}}
                  rollout: {soak: 0s, %s}
                """
                        .formatted(placement, web, api, rollout));
        return world.git.commit(files);
    }

    private String blog(String version, String more) {
        files.put(
                "blog.yaml",
                """
                apiVersion: plumbline/v1
                kind: Pipeline
                metadata: {name: blog}
                spec:
                  placement: {engines: [home]}
                  services:
                    - {name: web, image: "web:%s", %s healthcheck: {exec: [check], interval: 30s}}
                  rollout: {soak: 0s}
                """
                        .formatted(version, more));
        return world.git.commit(files);
    }

    private void bothRun() {
        world.start();
        shop("1", "1");
        synced("shop", blog("1", ""));
        synced("blog", Objects.requireNonNull(world.status("shop").head()));
    }

    private PipelineStatus synced(String pipeline, String commit) {
        world.await(
                pipeline,
                s ->
                        commit.equals(s.head())
                                && s.state() == SyncState.SYNCED
                                && s.health() == HealthState.HEALTHY);
        return world.status(pipeline);
    }

    private static List<LiveContainer> running(FakeEngine engine, String pipeline, String service) {
        return engine.all().stream()
                .filter(c -> c.state() == RunState.RUNNING)
                .filter(c -> c.label(Labels.PIPELINE).equals(pipeline))
                .filter(c -> c.label(Labels.SERVICE).equals(service))
                .toList();
    }

    private LiveContainer one(String pipeline, String service) {
        var all = running(home, pipeline, service);
        if (all.size() != 1) {
            throw new IllegalStateException(pipeline + "/" + service + ": " + all.size() + " run");
        }
        return all.getFirst();
    }

    private List<PipelineEvent> events(String type) {
        return world.ledger.lastEvents("shop", 1000).stream()
                .filter(e -> e.type().equals(type))
                .toList();
    }

    private void isUnknownFor(LiveContainer c) {
        world.await(
                "shop",
                s ->
                        s.state() == SyncState.UNKNOWN
                                && s.reason()
                                        .contains(
                                                "container "
                                                        + c.name()
                                                        + " does not answer on engine home since"));
        assertThat(world.status("shop").reason())
                .contains("other containers are not affected")
                .contains("docker rm -f " + c.name());
    }

    /** The engine's event makes the agent inspect it. */
    private static void somethingHappensTo(FakeEngine engine, LiveContainer c) {
        engine.update(c.id(), 0, 0, "unless-stopped");
    }

    private void theEngineIsReachable() {
        assertThat(world.control().engines())
                .allSatisfy(e -> assertThat(e.reachable()).isTrue())
                .allSatisfy(e -> assertThat(e.breaker()).isEqualTo("Closed"));
    }

    /**
     * A container is repaired, a release deployed and gone back from: blog's, on the same engine.
     */
    private void theOtherPipelineIsServed() {
        var web = one("blog", "web");
        home.stop(web.id(), Duration.ZERO);
        world.await("blog is repaired", () -> one("blog", "web").id().equals(web.id()));
        synced("blog", blog("2", ""));
        assertThat(one("blog", "web").label(Labels.IMAGE)).isEqualTo("web:2");
        world.control().execute(Command.rollback("blog"), ANNA);
        world.await("blog went back", () -> one("blog", "web").label(Labels.IMAGE).equals("web:1"));
        world.await("blog", s -> s.state() == SyncState.ROLLED_BACK);
        theEngineIsReachable();
    }

    @Test
    void aContainerWhoseInspectNeverAnswersIsUnknownAndNothingElse() {
        bothRun();
        var web = one("shop", "web");
        var api = one("shop", "api");
        home.silence("inspect", web.name(), FOR_EVER);
        somethingHappensTo(home, web);
        isUnknownFor(web);
        theOtherPipelineIsServed();

        home.stop(api.id(), Duration.ZERO);
        world.await(
                "the other service is repaired", () -> one("shop", "api").id().equals(api.id()));
        shop("1", "2");
        world.await(
                "the other service is deployed", () -> running(home, "shop", "api").size() == 2);
        assertThat(home.container(web.name()).state()).isEqualTo(RunState.RUNNING);
        assertThat(running(home, "shop", "web")).as("nothing takes its place").hasSize(1);
        isUnknownFor(web);
        assertThat(world.status("shop").services())
                .filteredOn(s -> s.service().equals("web"))
                .allSatisfy(s -> assertThat(s.health()).isEqualTo(HealthState.UNKNOWN));
        assertThat(events("ContainerUnresponsive")).hasSize(1);

        home.answerAgain();
        var commit = world.status("shop").head();
        synced("shop", String.valueOf(commit));
        assertThat(one("shop", "api").label(Labels.IMAGE)).isEqualTo("api:2");
        assertThat(one("shop", "web").id()).isEqualTo(web.id());
        assertThat(events("ContainerResponds")).hasSize(1);
    }

    @Test
    void aReplacementWaitsForTheContainerThatDoesNotAnswerAndAllElseGoesOn() {
        bothRun();
        var web = one("shop", "web");
        home.silence("inspect", web.name(), FOR_EVER);
        somethingHappensTo(home, web);
        isUnknownFor(web);
        var commit = shop("2", "2");
        world.await("api is deployed", () -> running(home, "shop", "api").size() == 2);
        isUnknownFor(web);
        assertThat(running(home, "shop", "web")).hasSize(1);
        theOtherPipelineIsServed();
        // The operator follows the advice.
        home.removeByForce(web.name());
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(one("shop", "web").label(Labels.IMAGE)).isEqualTo("web:2");
        assertThat(one("shop", "api").label(Labels.IMAGE)).isEqualTo("api:2");
        assertThat(commit).isNotEmpty();
    }

    @Test
    void aContainerThatNeverAnsweredThisAgentKeepsItsPlace() {
        bothRun();
        var web = one("shop", "web");
        home.silence("inspect", web.name(), FOR_EVER);
        world.startAgain();
        isUnknownFor(web);
        theOtherPipelineIsServed();
        assertThat(running(home, "shop", "web"))
                .extracting(LiveContainer::id)
                .containsExactly(web.id());
        home.answerAgain();
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(one("shop", "web").id()).isEqualTo(web.id());
    }

    @Test
    void aStopThatNeverAnswersHoldsUpNothingElse() {
        bothRun();
        var web = one("shop", "web");
        home.silence("stop", web.name(), SOON);
        shop("2", "2");
        isUnknownFor(web);
        world.await(
                "the other service's old container is stopped",
                () -> one("shop", "api").label(Labels.IMAGE).equals("api:2"));
        assertThat(running(home, "shop", "web")).as("the new one serves beside it").hasSize(2);
        theOtherPipelineIsServed();
        assertThat(home.calls().stream().filter(c -> c.equals("stop " + web.name()))).isEmpty();
        home.answerAgain();
        world.control().execute(Command.sync("shop"), ANNA);
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(one("shop", "web").label(Labels.IMAGE)).isEqualTo("web:2");
    }

    @Test
    void aRemoveThatNeverAnswersHoldsUpNothingElse() {
        world.start();
        shop("1", "1", "engines: [home]", "keep: 0");
        synced("shop", blog("1", ""));
        var web = one("shop", "web");
        home.silence("remove", web.name(), SOON);
        shop("2", "2", "engines: [home]", "keep: 0");
        isUnknownFor(web);
        world.await(
                "the other service's old container is removed",
                () -> home.all().stream().noneMatch(c -> c.label(Labels.IMAGE).equals("api:1")));
        theOtherPipelineIsServed();
        home.answerAgain();
        world.control().execute(Command.sync("shop"), ANNA);
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(home.all()).noneMatch(c -> c.id().equals(web.id()));
    }

    @Test
    void anImageThatDoesNotAnswerHoldsUpWhoNeedsItAndNobodyElse() {
        bothRun();
        var digest = registry.push("web:odd").digest();
        home.silence("image", "web:odd", SOON);
        home.silence("image", "web@" + digest, SOON);
        shop("odd", "2");
        world.await("shop", s -> s.reason().contains("web:odd") || s.reason().contains(digest));
        theOtherPipelineIsServed();
        assertThat(one("shop", "web").label(Labels.IMAGE)).isEqualTo("web:1");
        home.answerAgain();
        world.control().execute(Command.sync("shop"), ANNA);
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(one("shop", "web").label(Labels.IMAGE)).isEqualTo("web:odd");
    }

    @Test
    void aListOfVolumesThatDoesNotAnswerHoldsUpWhoNeedsOneAndNobodyElse() {
        bothRun();
        home.silence("volumes", "", FOR_EVER);
        world.startAgain();
        theOtherPipelineIsServed();
        synced("shop", shop("2", "2"));
        blog("3", "volumes: [{name: data, target: /data}],");
        world.await(
                "blog",
                s -> s.reason().contains("the list of volumes does not answer on engine home"));
        assertThat(one("blog", "web").label(Labels.IMAGE)).isEqualTo("web:1");
        theEngineIsReachable();
        home.answerAgain();
        world.control().execute(Command.sync("blog"), ANNA);
        world.await("blog", () -> one("blog", "web").label(Labels.IMAGE).equals("web:3"));
    }

    @Test
    void nothingFailsOverForAnythingButTheEnginesOwnSilence() {
        world.start();
        var commit = shop("1", "1", "strategy: failover, failover: {after: 1s}", "keep: 2");
        synced("shop", commit);
        var before = Map.of("home", home.all().size(), "spare", spare.all().size());
        var at = home.all().isEmpty() ? spare : home;
        var c = at.all().getFirst();
        at.silence("inspect", c.name(), FOR_EVER);
        at.silence("volumes", "", FOR_EVER);
        at.silence("networks", "", FOR_EVER);
        at.silence("info", "", FOR_EVER);
        somethingHappensTo(at, c);
        world.await("shop", s -> s.state() == SyncState.UNKNOWN);
        world.control().execute(Command.sync("shop"), ANNA);
        FleetScene.stays(
                "nothing moves",
                Duration.ofSeconds(4),
                () ->
                        home.all().size() == Objects.requireNonNull(before.get("home"))
                                && spare.all().size()
                                        == Objects.requireNonNull(before.get("spare")));
        theEngineIsReachable();
        assertThat(events("Moved")).isEmpty();
        at.answerAgain();
        synced("shop", commit);
    }

    @Test
    void anEngineThatAnswersWithErrorsIsNotSilent() {
        world.start();
        var commit = shop("1", "1", "strategy: failover, failover: {after: 1s}", "keep: 2");
        synced("shop", commit);
        var before = Map.of("home", home.all().size(), "spare", spare.all().size());
        var at = home.all().isEmpty() ? spare : home;
        at.before(
                (operation, _) -> {
                    if (operation.equals("list")) {
                        throw new PlumblineException(FailureKind.TRANSIENT, "too many open files");
                    }
                });
        somethingHappensTo(at, at.all().getFirst());
        world.await("shop", s -> s.engines().stream().anyMatch(e -> !e.reachable()));
        FleetScene.stays(
                "nothing moves",
                Duration.ofSeconds(3),
                () ->
                        home.all().size() == Objects.requireNonNull(before.get("home"))
                                && spare.all().size()
                                        == Objects.requireNonNull(before.get("spare")));
        at.before((_, _) -> {});
        synced("shop", commit);
        assertThat(events("Moved")).isEmpty();
    }

    /** Seed 868 of the simulation: the mark outlived the command, and the deadline ended. */
    @Test
    void aCommandWhoseAnswerIsLostLeavesNoMarkOnAContainerThatNeedsItNoMore() {
        bothRun();
        var old = home.all().stream().map(LiveContainer::name).toList();
        home.before(
                (op, target) -> {
                    if (op.equals("start") && !old.contains(target)) {
                        home.before((_, _) -> {});
                        home.start(idOf(target));
                        throw new PlumblineException(
                                FailureKind.UNREACHABLE, "start: no answer within the deadline");
                    }
                });
        var commit = shop("2", "1", "engines: [home]", "progressDeadline: 2s");
        world.await(
                "shop",
                () -> {
                    world.skip(Duration.ofMillis(250));
                    var now = world.status("shop");
                    return commit.equals(now.head())
                            && now.state() == SyncState.SYNCED
                            && now.cleanUp().isEmpty();
                });
        assertThat(events("TryingAgain")).hasSize(1);
        assertThat(events("DeploymentPostponed")).isEmpty();
    }

    private String idOf(String name) {
        return home.container(name).id();
    }
}
