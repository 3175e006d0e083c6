package io.plumbline.engine.docker.plan;

import static io.plumbline.core.workload.PlanPolicy.ROLL_OUT;
import static io.plumbline.core.workload.PlanPolicy.SETTLE;
import static io.plumbline.testkit.PlanAssert.assertPlan;
import static io.plumbline.testkit.ServiceBuilder.service;

import io.plumbline.core.release.Release;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.VolumeMount;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.Scene;
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
}
