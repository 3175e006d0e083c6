package io.plumbline.engine.docker.plan;

import static io.plumbline.core.workload.PlanPolicy.ROLL_OUT;
import static io.plumbline.core.workload.PlanPolicy.SETTLE;
import static io.plumbline.core.workload.PlanPolicy.STEADY;
import static io.plumbline.testkit.PlanAssert.assertPlan;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.Release;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.VolumeMount;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.Scene;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What of two containers of a service would fight over, and what is planned then. */
class ContentionTest {
    @Test
    void stopsFirstWhereBothWantAHostPort() {
        Release a = Releases.release("shop", service("web").port(80, "8080"));
        Release b = Releases.release("shop", service("web").port(80, "8080").env("A", "1"));
        Scene scene = Scene.running(a, b);
        assertPlan(scene.plan(b, ROLL_OUT))
                .calling("a", a)
                .calling("b", b)
                .does(
                        "connect web-1@a without alias",
                        "update web-1@a restart=no",
                        "stop web-1@a",
                        "create web-1@b as web",
                        "start web-1@b",
                        "wait web-1@b")
                .because("stop web-1@a", "ports[80/tcp]: held by web-1@a -> needed by web-1@b")
                .replaces("web", "stopFirst");
    }

    @Test
    void addressesAndProtocolsThatDoNotMeetAreNoFight() {
        Release a = Releases.release("shop", service("web").port(port("127.0.0.1", false)));
        Release otherAddress =
                Releases.release("shop", service("web").port(port("127.0.0.2", false)));
        Release otherProtocol =
                Releases.release("shop", service("web").port(port("127.0.0.1", true)));
        Release everywhere = Releases.release("shop", service("web").port(port("0.0.0.0", false)));
        Scene scene = Scene.running(a, otherAddress, otherProtocol, everywhere);
        assertPlan(scene.plan(otherAddress, ROLL_OUT)).replaces("web", "startFirst");
        assertPlan(scene.plan(otherProtocol, ROLL_OUT)).replaces("web", "startFirst");
        assertPlan(scene.plan(everywhere, ROLL_OUT)).replaces("web", "stopFirst");
    }

    private static Port port(String ip, boolean udp) {
        return new Port(
                80, new Port.Range(80, 80), udp ? Port.Protocol.UDP : Port.Protocol.TCP, ip);
    }

    @Test
    void aRangeWithAPortLeftIsNoFight() {
        Release a = Releases.release("shop", service("web").replicas(2).port(80, "8080-8082"));
        Release b =
                Releases.release(
                        "shop", service("web").replicas(2).port(80, "8080-8082").env("A", "1"));
        Scene scene = Scene.running(a, b);
        assertPlan(scene.plan(b, SETTLE))
                .calling("a", a)
                .calling("b", b)
                .does(
                        "create web-1@b",
                        "start web-1@b",
                        "wait web-1@b",
                        "connect web-1@b as web",
                        // Now the range is full: the old one of the same place makes room.
                        "connect web-2@a without alias",
                        "update web-2@a restart=no",
                        "stop web-2@a",
                        "create web-2@b",
                        "start web-2@b",
                        "wait web-2@b",
                        "connect web-2@b as web",
                        "remove web-2@a",
                        "connect web-1@a without alias",
                        "stop web-1@a",
                        "remove web-1@a")
                .replaces("web", "stopFirst");
    }

    @Test
    void stopsFirstWhereBothWriteAVolumeThatIsNotShared() {
        Release old = Releases.release("shop", service("db").volume("data", "/data"));
        Release single =
                Releases.release("shop", service("db").volume("data", "/data").env("A", "1"));
        Release shared =
                Releases.release(
                        "shop",
                        service("db").volume(new VolumeMount("data", "/data", true, false)));
        Release reader =
                Releases.release(
                        "shop",
                        service("db").volume(new VolumeMount("data", "/data", false, true)));
        Scene scene = Scene.running(old, single, shared, reader);
        assertPlan(scene.plan(single, ROLL_OUT))
                .calling("old", old)
                .calling("new", single)
                .replaces("db", "stopFirst")
                .because("stop db-1@old", "volumes[/data]: held by db-1@old -> needed by db-1@new");
        assertPlan(scene.plan(shared, ROLL_OUT))
                .replaces("db", "startFirst")
                .calling("new", shared)
                .because("create db-1@new", "volumes[/data].shared: unset -> true");
        assertPlan(scene.plan(reader, ROLL_OUT)).replaces("db", "startFirst");
    }

    @Test
    void aPortThatMovesToAnotherServiceIsFreedFirst() {
        Release a = Releases.release("shop", service("api").port(80, "8080"), service("web"));
        Release b = Releases.release("shop", service("api"), service("web").port(80, "8080"));
        Scene scene = Scene.running(a, b);
        assertPlan(scene.plan(b, ROLL_OUT))
                .calling("a", a)
                .calling("b", b)
                .replaces("api", "startFirst")
                .replaces("web", "stopFirst")
                .does(
                        "create api-1@b",
                        "start api-1@b",
                        "connect api-1@a without alias",
                        "update api-1@a restart=no",
                        "stop api-1@a",
                        "create web-1@b",
                        "start web-1@b",
                        "wait api-1@b",
                        "connect api-1@b as api",
                        "wait web-1@b",
                        "connect web-1@b as web");
    }

    /** One that somebody made outside of our base network and took off every network. */
    @Test
    void theHolderOfAPortStopsBeforeOneThatIsConnectedAgain() {
        Release a = Releases.release("shop", service("db").port(80, "8001"));
        Scene scene = Scene.running(a);
        var engine = scene.engine();
        var ours = scene.at(a, "db", 1);
        engine.stop(ours.id());
        String first = byHand(scene, a, ours.labels(), "hand-1");
        engine.judge(first, Verdict.HEALTHY);
        scene.run(a, STEADY);
        live(scene, first)
                .networks()
                .values()
                .forEach(n -> engine.disconnect(first, n.networkId()));
        byHand(scene, a, ours.labels(), "hand-2");
        assertPlan(scene.plan(a, STEADY))
                .calling("a", a)
                .does(
                        "update hand-2 restart=no",
                        "stop hand-2",
                        "connect db-1@a-2 as db",
                        "remove hand-2")
                .because("stop hand-2", "ports[80/tcp]: held by hand-2 -> needed by db-1@a-2");
        scene.run(a, STEADY);
        assertThat(live(scene, first).published()).hasSize(1);
    }

    private static LiveContainer live(Scene scene, String id) {
        return scene.engine().containers().stream()
                .filter(c -> c.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static String byHand(
            Scene scene, Release release, SortedMap<String, String> labels, String name) {
        var engine = scene.engine();
        String id =
                engine.create(
                        name,
                        release.service("db").orElseThrow().spec(),
                        labels,
                        engine.createNetwork("hand", new TreeMap<>()),
                        Map.of());
        engine.start(id);
        return id;
    }
}
