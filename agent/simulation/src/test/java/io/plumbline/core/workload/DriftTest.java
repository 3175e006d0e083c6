package io.plumbline.core.workload;

import static io.plumbline.core.workload.PlanPolicy.STEADY;
import static io.plumbline.testkit.PlanAssert.assertPlan;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.Release;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.plan.Action;
import io.plumbline.manifest.DriftMode;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.Scene;
import io.plumbline.testkit.SimEngine;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What people and engines do to containers: named by field, and repaired. */
class DriftTest {

    private static final Release R =
            Releases.release("shop", service("web").memory(512L << 20).cpus(1_000_000_000L));

    private final Scene scene = Scene.running(R);
    private final SimEngine engine = scene.engine();
    private final LiveContainer web = scene.at(R, "web", 1);

    private List<String> drift() {
        return scene.drift(R).stream()
                .map(d -> d.field() + ": want " + d.want() + ", live " + d.live())
                .toList();
    }

    private void repairs(String... actions) {
        assertPlan(scene.plan(R, STEADY)).calling("r", R).does(actions);
        scene.run(R, STEADY);
        assertThat(scene.drift(R)).isEmpty();
        assertPlan(scene.plan(R, STEADY)).doesNothing();
    }

    @Test
    void noneIsFoundWhereNothingHappened() {
        assertThat(drift()).isEmpty();
    }

    @Test
    void aStoppedContainerIsStarted() {
        engine.end(web.id(), 137);
        assertThat(drift()).containsExactly("state: want running, live exited (137)");
        repairs("start web-1@r");
    }

    @Test
    void aRemovedContainerIsMade() {
        engine.end(web.id(), 137);
        engine.remove(web.id());
        assertThat(drift()).containsExactly("container: want " + web.name() + ", live ");
        repairs("create web-1@r as web", "start web-1@r", "wait web-1@r");
    }

    @Test
    void aPausedContainerIsThawed() {
        engine.pause(web.id());
        assertThat(drift()).containsExactly("state: want running, live paused");
        repairs("unpause web-1@r");
    }

    @Test
    void aChangedLimitIsSetBack() {
        engine.update(web.id(), 1L << 30, 0, "");
        assertThat(drift()).containsExactly("memory: want 512m, live 1g");
        repairs("update web-1@r memory=536870912 nanoCpus=1000000000 restart=unless-stopped");
    }

    @Test
    void aChangedRestartPolicyIsSetBack() {
        engine.update(web.id(), 0, 0, "always");
        assertThat(drift()).containsExactly("restart: want unless-stopped, live always");
        repairs("update web-1@r memory=536870912 nanoCpus=1000000000 restart=unless-stopped");
    }

    /** No engine changes these fields in a container that exists. */
    @ParameterizedTest
    @CsvSource({"oomScoreAdj,oomScoreAdj,0", "sysctls,sysctls[kernel.sem],''"})
    void aPlainFieldIsSetBackByReplacement(String key, String field, String want) {
        Object value = key.equals("sysctls") ? Map.of("kernel.sem", "9") : (Object) 9L;
        engine.field(web.id(), key, value);
        assertThat(drift()).containsExactly(field + ": want " + want + ", live 9");
        repairs(
                "create web-1@r-2",
                "start web-1@r-2",
                "wait web-1@r-2",
                "connect web-1@r-2 as web",
                "connect web-1@r without alias",
                "stop web-1@r",
                "remove web-1@r");
    }

    @Test
    void aDisconnectedContainerIsConnected() {
        engine.disconnect(web.id(), names());
        assertThat(drift())
                .containsExactly("networks[plumbline_shop]: want web, live (not attached)");
        repairs("connect web-1@r as web");
    }

    /** It had the name, and nobody else answers to it. */
    @Test
    void aDisconnectedContainerGetsItsNameBackWhateverItsHealth() {
        for (Verdict verdict : List.of(Verdict.WAITING, Verdict.UNHEALTHY, Verdict.UNKNOWN)) {
            engine.judge(web.id(), verdict);
            engine.disconnect(web.id(), names());
            assertThat(drift())
                    .as(verdict.name())
                    .containsExactly("networks[plumbline_shop]: want web, live (not attached)");
            repairs("connect web-1@r as web");
        }
    }

    /** As after a crash of the agent in the middle of a reconnect. */
    @Test
    void anUnhealthyContainerWithoutANameGetsItWhenNobodyElseHasIt() {
        for (Verdict verdict : List.of(Verdict.UNHEALTHY, Verdict.UNKNOWN)) {
            engine.judge(web.id(), verdict);
            engine.connect(web.id(), names(), List.of());
            assertThat(drift())
                    .as(verdict.name())
                    .containsExactly("networks[plumbline_shop]: want web, live (no alias)");
            repairs("connect web-1@r as web");
        }
    }

    @Test
    void aDisconnectedContainerThatIsNotHealthyLeavesTheNameToAnother() {
        Release two = Releases.release("shop", service("web").replicas(2));
        Scene shop = Scene.running(two);
        LiveContainer first = shop.at(two, "web", 1);
        shop.engine().judge(first.id(), Verdict.UNHEALTHY);
        shop.engine().disconnect(first.id(), networkOf(first, "plumbline_shop"));
        assertPlan(shop.plan(two, STEADY)).calling("r", two).does("connect web-1@r without alias");
        shop.run(two, STEADY);
        assertThat(shop.drift(two)).isEmpty();
        assertPlan(shop.plan(two, STEADY)).doesNothing();
    }

    /** To connect it would allocate its ports a second time, on the network of its names. */
    @Test
    void aContainerThatTheEngineIsRestartingIsNotConnected() {
        engine.disconnect(web.id(), names());
        engine.disconnect(web.id(), networkOf(web, "plumbline-base-shop"));
        for (Verdict verdict : Verdict.values()) {
            engine.betweenRestarts(web.id());
            engine.judge(web.id(), verdict);
            assertThat(drift()).as(verdict.name()).isEmpty();
            assertThat(
                            scene.plan(R, STEADY).actions().stream()
                                    .takeWhile(a -> !(a instanceof Action.Wait)))
                    .as(verdict + ": before it is healthy")
                    .noneMatch(Action.Connect.class::isInstance)
                    .noneMatch(Action.Disconnect.class::isInstance);
        }
    }

    @Test
    void anAliasThatIsMissingOrTooMuchIsMended() {
        String network = names();
        engine.connect(web.id(), network, List.of());
        assertThat(drift()).containsExactly("networks[plumbline_shop]: want web, live (no alias)");
        repairs("connect web-1@r as web");
        engine.connect(web.id(), network, List.of("web", "other"));
        assertThat(drift()).containsExactly("networks[plumbline_shop]: want web, live other, web");
        repairs("connect web-1@r as web");
    }

    @Test
    void aContainerThatLostItsPublishedPortsIsReplaced() {
        Release ports = Releases.release("shop", service("api").replicas(2).port(80, "8080-8083"));
        Scene shop = Scene.running(ports);
        LiveContainer api = shop.at(ports, "api", 2);
        assertThat(shop.drift(ports)).isEmpty();
        shop.engine().losePorts(api.id());
        assertThat(shop.drift(ports))
                .extracting(d -> d.name() + " " + d.field() + ": " + d.want() + ", " + d.live())
                .containsExactly(api.name() + " ports[80/tcp]: 8080-8083, not published");
        for (PlanPolicy policy : List.of(STEADY, PlanPolicy.SETTLE)) {
            assertPlan(shop.plan(ports, policy))
                    .calling("r", ports)
                    .does(
                            "create api-2@r-2",
                            "start api-2@r-2",
                            "wait api-2@r-2",
                            "connect api-2@r-2 as api",
                            "connect api-2@r without alias",
                            "stop api-2@r",
                            "remove api-2@r")
                    .because("create api-2@r-2", "ports[80/tcp]: not published -> 8080-8083");
        }
        shop.run(ports, STEADY);
        assertThat(shop.drift(ports)).isEmpty();
    }

    private String names() {
        return networkOf(web, ContainerLayout.networkName("shop"));
    }

    private static String networkOf(LiveContainer c, String name) {
        return Optional.ofNullable(c.networks().get(name)).orElseThrow().networkId();
    }

    @Test
    void aContainerWithPortsThatLostItsBaseNetworkIsReplaced() {
        Release ports = Releases.release("shop", service("api").replicas(2).port(80, "8080-8083"));
        Scene shop = Scene.running(ports);
        LiveContainer api = shop.at(ports, "api", 1);
        shop.engine().disconnect(api.id(), networkOf(api, "plumbline-base-shop"));
        assertThat(shop.drift(ports))
                .extracting(d -> d.name() + " " + d.field() + ": " + d.want())
                .containsExactly(api.name() + " networks[plumbline-base-shop]: attached");
        assertPlan(shop.plan(ports, STEADY))
                .calling("r", ports)
                .does(
                        "create api-1@r-2",
                        "start api-1@r-2",
                        "wait api-1@r-2",
                        "connect api-1@r-2 as api",
                        "connect api-1@r without alias",
                        "stop api-1@r",
                        "remove api-1@r")
                .because(
                        "create api-1@r-2",
                        "networks[plumbline-base-shop]: (not attached) -> attached");
        shop.run(ports, STEADY);
        assertThat(shop.drift(ports)).isEmpty();
    }

    @Test
    void aContainerWithoutPortsIsConnectedToItsBaseNetwork() {
        engine.disconnect(web.id(), networkOf(web, "plumbline-base-shop"));
        assertThat(drift())
                .containsExactly(
                        "networks[plumbline-base-shop]: want attached, live (not attached)");
        repairs("connect web-1@r to plumbline-base-shop");
    }

    /** Containers of earlier versions have one network, and keep it. */
    @Test
    void aContainerOfAnEarlierVersionIsLeftAsItIsAndConnectedWhereItWas() {
        Release ports = Releases.release("shop", service("api").port(80, "8080"));
        Scene shop = Scene.empty(ports).runEarlier(ports);
        LiveContainer api = shop.at(ports, "api", 1);
        assertThat(shop.drift(ports)).isEmpty();
        assertPlan(shop.plan(ports, STEADY)).doesNothing();
        assertPlan(shop.plan(ports, PlanPolicy.SETTLE)).doesNothing();
        shop.engine().disconnect(api.id(), networkOf(api, "plumbline_shop"));
        assertThat(shop.at(ports, "api", 1).published()).isEmpty();
        assertPlan(shop.plan(ports, STEADY)).calling("r", ports).does("connect api-1@r as api");
        shop.run(ports, STEADY);
        assertThat(shop.at(ports, "api", 1).published()).isNotEmpty();
        assertThat(shop.at(ports, "api", 1).networks()).containsOnlyKeys("plumbline_shop");
    }

    @Test
    void aNetworkThatIsGoneIsMadeAgain() {
        engine.removeNetwork(names());
        assertThat(drift())
                .containsExactly("networks[plumbline_shop]: want web, live (network gone)");
        repairs("createNetwork plumbline_shop", "disconnect web-1@r", "connect web-1@r as web");
    }

    @Test
    void anotherNetworkIsLeft() {
        engine.connect(web.id(), engine.createNetwork("other", new TreeMap<>()), List.of("web"));
        assertThat(drift()).containsExactly("networks[other]: want , live attached");
        repairs("disconnect web-1@r");
    }

    @Test
    void aRenamedContainerGetsItsNameBack() {
        engine.rename(web.id(), "mine");
        assertThat(drift()).containsExactly("name: want " + web.name() + ", live mine");
        assertPlan(scene.plan(R, STEADY)).calling("r", R).does("rename mine to web-1@r");
        scene.run(R, STEADY);
        assertThat(scene.drift(R)).isEmpty();
    }

    @Test
    void anExtraReplicaIsStoppedAndRemoved() {
        String id =
                engine.create(
                        "extra",
                        R.services().getFirst().spec(),
                        new TreeMap<>(web.labels()),
                        web.networks().firstEntry().getValue().networkId(),
                        Map.of());
        engine.start(id);
        assertThat(drift()).containsExactly("replicas: want 1, live 2");
        repairs("stop extra", "remove extra");
        assertThat(engine.named(web.name()).id()).isEqualTo(web.id());
    }

    @Test
    void inAnotherModeItIsShownOrNotAndLeftAlone() {
        engine.end(web.id(), 137);
        for (DriftMode mode : List.of(DriftMode.WARN, DriftMode.OFF)) {
            Release r =
                    Releases.release(
                            "shop", mode, service("web").memory(512L << 20).cpus(1_000_000_000L));
            assertPlan(scene.plan(r, STEADY)).doesNothing();
            assertThat(scene.drift(r)).hasSize(mode == DriftMode.WARN ? 1 : 0);
            assertThat(scene.plan(r, PlanPolicy.SETTLE).actions()).isNotEmpty();
        }
    }
}
