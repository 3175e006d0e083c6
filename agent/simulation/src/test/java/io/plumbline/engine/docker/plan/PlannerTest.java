package io.plumbline.engine.docker.plan;

import static io.plumbline.core.workload.PlanPolicy.ROLL_OUT;
import static io.plumbline.core.workload.PlanPolicy.SETTLE;
import static io.plumbline.core.workload.PlanPolicy.STEADY;
import static io.plumbline.testkit.PlanAssert.assertPlan;
import static io.plumbline.testkit.ServiceBuilder.everyField;
import static io.plumbline.testkit.ServiceBuilder.http;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.Release;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.PullPolicy;
import io.plumbline.manifest.SecretMount;
import io.plumbline.testkit.PlanAssert;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.Scene;
import io.plumbline.testkit.ServiceBuilder;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is planned for a release's way onto an engine. */
class PlannerTest {
    private static final Release V1 = Releases.release("shop", service("web"));
    private static final Release V2 = Releases.release("shop", service("web").image("web:2"));

    private static PlanAssert plan(Scene scene, Release release, PlanPolicy policy) {
        return assertPlan(scene.plan(release, policy)).calling("v1", V1).calling("v2", V2);
    }

    /** 500 pushes in a row left 64 running containers of one service. */
    @Test
    void aContainerOfASupersededReleaseEndsBeforeTheNextOneStarts() {
        var one = Releases.release("shop", service("web").env("V", "1"));
        var two = Releases.release("shop", service("web").env("V", "2"));
        var three = Releases.release("shop", service("web").env("V", "3"));
        var scene = Scene.running(one).knows(two, three).keeping(one);
        scene.run(two, PlanPolicy.ROLL_OUT);
        assertThat(
                        PlanAssert.assertPlan(scene.plan(three, PlanPolicy.ROLL_OUT))
                                .calling("v2", two)
                                .calling("v3", three)
                                .words())
                .containsSubsequence("stop web-1@v2", "remove web-1@v2", "create web-1@v3")
                .noneMatch(w -> w.startsWith("stop") && !w.contains("v2"));
        scene.engine().stop(scene.at(one, "web", 1).id());
        assertThat(
                        PlanAssert.assertPlan(scene.plan(three, PlanPolicy.ROLL_OUT))
                                .calling("v2", two)
                                .calling("v3", three)
                                .words())
                .as("the only one that serves stays until the new one does")
                .noneMatch(w -> w.startsWith("stop"));
    }

    @Test
    void bringsTheFirstReleaseToAnEmptyEngine() {
        Release r =
                Releases.release(
                        "shop", service("web").volume("data", "/data").healthcheck(http(80)));
        Scene scene = Scene.empty().knows(r);
        assertPlan(scene.plan(r, ROLL_OUT))
                .calling("v1", r)
                .does(
                        "pull web:1",
                        "createNetwork plumbline_shop",
                        "createNetwork plumbline-base-shop",
                        "createVolume shop_data",
                        "create web-1@v1 as web",
                        "copy web-1@v1",
                        "start web-1@v1",
                        "wait web-1@v1")
                .asOneUnit("create web-1@v1 as web", "copy web-1@v1", "start web-1@v1")
                .because("create web-1@v1 as web", "container: missing -> web-1@v1")
                .because("createVolume shop_data", "volumes[/data]: unset -> shop_data")
                .replaces("web", "startFirst");
    }

    @Test
    void startsTheNewBeforeItStopsTheOld() {
        Scene scene = Scene.running(V1, V2);
        plan(scene, V2, ROLL_OUT)
                .does(
                        "create web-1@v2",
                        "start web-1@v2",
                        "wait web-1@v2",
                        "connect web-1@v2 as web")
                .because(
                        "create web-1@v2",
                        "image: web:1@"
                                + shortDigest("web:1")
                                + " -> web:2@"
                                + shortDigest("web:2"))
                .replaces("web", "startFirst");
        scene.run(V2, ROLL_OUT);
        assertThat(scene.at(V1, "web", 1).state()).isEqualTo(RunState.RUNNING);
        scene.keeping(V1);
        plan(scene, V2, SETTLE)
                .does(
                        "connect web-1@v1 without alias",
                        "update web-1@v1 restart=no",
                        "stop web-1@v1")
                .asOneUnit(
                        "connect web-1@v1 without alias",
                        "update web-1@v1 restart=no",
                        "stop web-1@v1")
                .because("stop web-1@v1", "release: " + V1.id() + " -> " + V2.id());
    }

    /** Engines refuse to connect it, and it answers to no name. */
    @Test
    void aContainerBetweenTwoRestartsIsStoppedWithoutTakingItOffItsName() {
        Scene scene = Scene.running(V1, V2).run(V2, ROLL_OUT);
        scene.engine().betweenRestarts(scene.at(V1, "web", 1).id());
        plan(scene, V2, SETTLE).does("stop web-1@v1", "remove web-1@v1");
        scene.keeping(V1);
        plan(scene, V2, SETTLE).does("update web-1@v1 restart=no", "stop web-1@v1");
    }

    @Test
    void aContainerBetweenTwoRestartsKeepsItsNetworkAsItIs() {
        Scene scene = Scene.running(V1);
        var web = scene.at(V1, "web", 1);
        scene.engine().connect(web.id(), network(web), List.of("web", "other"));
        plan(scene, V1, SETTLE).does("connect web-1@v1 as web");
        scene.engine().betweenRestarts(web.id());
        plan(scene, V1, SETTLE).doesNothing();
    }

    private static String network(LiveContainer c) {
        return Objects.requireNonNull(c.networks().get("plumbline_shop")).networkId();
    }

    private static String shortDigest(String reference) {
        return "sha256:" + Releases.hex("digest " + reference).substring(0, 12);
    }

    @Test
    void removesWhatNoReleaseKeeps() {
        Scene scene = Scene.running(V1, V2).run(V2, ROLL_OUT);
        plan(scene, V2, SETTLE)
                .does("connect web-1@v1 without alias", "stop web-1@v1", "remove web-1@v1");
    }

    @Test
    void stopsTheOldOnlyWhenTheNewIsHealthy() {
        Scene scene = Scene.running(V1, V2);
        scene.runSome(V2, SETTLE, 2);
        plan(scene, V2, SETTLE)
                .does(
                        "wait web-1@v2",
                        "connect web-1@v2 as web",
                        "connect web-1@v1 without alias",
                        "stop web-1@v1",
                        "remove web-1@v1");
    }

    @Test
    void ofTenServicesOneThatChangedIsReplaced() {
        Release before = ten("s3:1");
        Release after = ten("s3:2");
        Scene scene = Scene.running(before, after);
        assertPlan(scene.plan(after, SETTLE))
                .calling("old", before)
                .calling("new", after)
                .does(
                        "create s3-1@new",
                        "start s3-1@new",
                        "wait s3-1@new",
                        "connect s3-1@new as s3",
                        "connect s3-1@old without alias",
                        "stop s3-1@old",
                        "remove s3-1@old");
    }

    private static Release ten(String third) {
        return Releases.release(
                "shop",
                IntStream.range(0, 10)
                        .mapToObj(i -> service("s" + i).image(i == 3 ? third : "s" + i + ":1"))
                        .toArray(ServiceBuilder[]::new));
    }

    @Test
    void takesOverWhatAnotherReleaseCreated() {
        Release other = Releases.release("shop", service("web"), service("more"));
        Scene scene = Scene.running(V1, other);
        assertPlan(scene.plan(other, ROLL_OUT))
                .calling("v", other)
                .does("create more-1@v as more", "start more-1@v", "wait more-1@v");
    }

    @Test
    void aServiceStartsWhenWhatItDependsOnIsHealthy() {
        Release r =
                Releases.release(
                        "shop",
                        service("web").dependsOn("db", "cache"),
                        service("db"),
                        service("cache"));
        Scene scene = Scene.empty(r);
        assertPlan(scene.plan(r, ROLL_OUT))
                .calling("v", r)
                .does(
                        "createNetwork plumbline_shop",
                        "createNetwork plumbline-base-shop",
                        "create cache-1@v as cache",
                        "start cache-1@v",
                        "create db-1@v as db",
                        "start db-1@v",
                        "wait cache-1@v",
                        "wait db-1@v",
                        "create web-1@v as web",
                        "start web-1@v",
                        "wait web-1@v");
    }

    @Test
    void replicasAreReplacedOneAtATime() {
        Release a = Releases.release("shop", service("web").replicas(2));
        Release b = Releases.release("shop", service("web").replicas(2).image("web:2"));
        assertPlan(Scene.running(a, b).plan(b, ROLL_OUT))
                .calling("b", b)
                .does(
                        "create web-1@b",
                        "start web-1@b",
                        "wait web-1@b",
                        "connect web-1@b as web",
                        "create web-2@b",
                        "start web-2@b",
                        "wait web-2@b",
                        "connect web-2@b as web");
    }

    @Test
    void anotherReplicaIsMadeAndOneTooManyEnds() {
        Release two = Releases.release("shop", service("web").replicas(2));
        assertPlan(Scene.running(V1, two).plan(two, ROLL_OUT))
                .calling("v", two)
                .because("create web-2@v", "replicas: 1 -> 2");
        Scene scene = Scene.running(two, V1);
        plan(scene, V1, ROLL_OUT).doesNothing();
        plan(scene, V1, SETTLE)
                .does("connect web-2@v1 without alias", "stop web-2@v1", "remove web-2@v1")
                .because("stop web-2@v1", "replicas: 2 -> 1");
    }

    @Test
    void noReplicasMeanNoContainers() {
        Release none = Releases.release("shop", service("web").replicas(0).volume("v", "/v"));
        assertPlan(Scene.empty(none).plan(none, ROLL_OUT)).doesNothing();
        Scene scene = Scene.running(V1, none);
        plan(scene, none, SETTLE)
                .does("connect web-1@v1 without alias", "stop web-1@v1", "remove web-1@v1");
    }

    @Test
    void aServiceThatLeftIsPrunedAfterTheRestIsHealthyDependentsFirst() {
        Release before =
                Releases.release(
                        "shop",
                        service("web").dependsOn("db"),
                        service("db"),
                        service("old").dependsOn("base"),
                        service("base"));
        Release after =
                Releases.release(
                        "shop",
                        service("web").image("web:2").dependsOn("db"),
                        service("db").image("db:2"));
        Scene scene = Scene.running(before, after).keeping(before);
        assertThat(
                        assertPlan(scene.plan(after, SETTLE))
                                .calling("a", before)
                                .calling("b", after)
                                .words())
                .filteredOn(w -> w.startsWith("stop") || w.startsWith("wait"))
                .containsExactly(
                        "wait db-1@b",
                        "wait web-1@b",
                        "stop web-1@a",
                        "stop db-1@a",
                        "stop old-1@a",
                        "stop base-1@a");
    }

    @Test
    void rollsBackToAKeptContainer() {
        Scene scene = Scene.running(V1, V2).keeping(V1).run(V2, SETTLE).keeping(V2);
        assertThat(scene.at(V1, "web", 1).config().restart()).isEqualTo("no");
        plan(scene, V1, SETTLE)
                .does(
                        "start web-1@v1",
                        "wait web-1@v1",
                        "connect web-1@v1 as web",
                        "update web-1@v1 restart=unless-stopped",
                        "connect web-1@v2 without alias",
                        "update web-1@v2 restart=no",
                        "stop web-1@v2")
                .because("start web-1@v1", "state: exited (143) -> running")
                .because("update web-1@v1 restart=unless-stopped", "restart: no -> unless-stopped")
                .replaces("web", "startFirst");
    }

    /** No check would say more after the start, and the name of a running one takes long. */
    @Test
    void aKeptContainerWithoutACheckHasItsNameBeforeItsStart() {
        var none = new Healthcheck.None();
        Release a = Releases.release("shop", service("web").healthcheck(none));
        Release b = Releases.release("shop", service("web").healthcheck(none).env("A", "1"));
        Scene scene = Scene.running(a, b).keeping(a).run(b, SETTLE).keeping(b);
        assertPlan(scene.plan(a, SETTLE))
                .calling("a", a)
                .calling("b", b)
                .does(
                        "connect web-1@a as web",
                        "start web-1@a",
                        "wait web-1@a",
                        "update web-1@a restart=unless-stopped",
                        "connect web-1@b without alias",
                        "update web-1@b restart=no",
                        "stop web-1@b");
        // A crash of the agent between the two: it does not run, so nobody asks it.
        scene.runSome(a, SETTLE, 1);
        assertPlan(scene.plan(a, SETTLE))
                .calling("a", a)
                .calling("b", b)
                .does(
                        "start web-1@a",
                        "wait web-1@a",
                        "update web-1@a restart=unless-stopped",
                        "connect web-1@b without alias",
                        "update web-1@b restart=no",
                        "stop web-1@b");
    }

    @Test
    void aKeptContainerGetsItsRestartPolicyOnlyWhenHealthy() {
        Scene scene = Scene.running(V1, V2).keeping(V1).run(V2, SETTLE).keeping(V2);
        scene.runSome(V1, SETTLE, 1);
        plan(scene, V1, SETTLE)
                .does(
                        "wait web-1@v1",
                        "connect web-1@v1 as web",
                        "update web-1@v1 restart=unless-stopped",
                        "connect web-1@v2 without alias",
                        "update web-1@v2 restart=no",
                        "stop web-1@v2");
    }

    /** The engine may be about to restart it when its turn comes. */
    @Test
    void aContainerThatKeepsEndingAndRunsForNowIsStoppedWithoutTakingItOffItsName() {
        Scene scene = Scene.running(V1, V2).run(V2, ROLL_OUT);
        String id = scene.at(V1, "web", 1).id();
        scene.engine().betweenRestarts(id);
        scene.engine().runsAgain(id);
        scene.engine().judge(id, Verdict.WAITING);
        plan(scene, V2, SETTLE).does("stop web-1@v1", "remove web-1@v1");
        scene.keeping(V1);
        plan(scene, V2, SETTLE).does("update web-1@v1 restart=no", "stop web-1@v1");
        scene.engine().judge(id, Verdict.HEALTHY);
        plan(scene, V2, SETTLE)
                .does(
                        "connect web-1@v1 without alias",
                        "update web-1@v1 restart=no",
                        "stop web-1@v1");
    }

    @Test
    void aKeptContainerWhoseNetworkIsGoneIsReconnected() {
        Scene scene = Scene.running(V1, V2).keeping(V1).run(V2, SETTLE).keeping(V2);
        scene.engine()
                .state(Scene.AGENT, "shop")
                .networks()
                .forEach(n -> scene.engine().removeNetwork(n.id()));
        plan(scene, V1, SETTLE)
                .does(
                        "createNetwork plumbline_shop",
                        "createNetwork plumbline-base-shop",
                        "disconnect web-1@v1",
                        "connect web-1@v1 to plumbline-base-shop",
                        "disconnect web-1@v1",
                        "connect web-1@v1 without alias",
                        "start web-1@v1",
                        "wait web-1@v1",
                        "connect web-1@v1 as web",
                        "update web-1@v1 restart=unless-stopped",
                        "update web-1@v2 restart=no",
                        "stop web-1@v2")
                .asOneUnit(
                        "disconnect web-1@v1",
                        "connect web-1@v1 to plumbline-base-shop",
                        "disconnect web-1@v1",
                        "connect web-1@v1 without alias",
                        "start web-1@v1");
        scene.run(V1, SETTLE);
    }

    @Test
    void aContainerThatWasNeverStartedIsRemovedAndMadeAgain() {
        Scene scene = Scene.empty(V1);
        scene.runSome(V1, ROLL_OUT, 3);
        assertThat(scene.at(V1, "web", 1).state()).isEqualTo(RunState.CREATED);
        plan(scene, V1, ROLL_OUT)
                .does(
                        "remove web-1@v1",
                        "create web-1@v1 as web",
                        "start web-1@v1",
                        "wait web-1@v1")
                .because("remove web-1@v1", "state: created -> removed");
    }

    @Test
    void pullAlwaysPullsOnceInTheUnitOfTheFirstNewContainerAndNotOnTheWayBack() {
        Release r = Releases.release("shop", service("web").replicas(2).pull(PullPolicy.ALWAYS));
        Scene scene = Scene.empty(r);
        assertPlan(scene.plan(r, ROLL_OUT))
                .calling("v", r)
                .asOneUnit("pull web:1", "create web-1@v", "start web-1@v")
                .does(
                        "createNetwork plumbline_shop",
                        "createNetwork plumbline-base-shop",
                        "pull web:1",
                        "create web-1@v",
                        "start web-1@v",
                        "wait web-1@v",
                        "connect web-1@v as web",
                        "create web-2@v",
                        "start web-2@v",
                        "wait web-2@v",
                        "connect web-2@v as web");
        assertThat(assertPlan(scene.plan(r, SETTLE)).words()).doesNotContain("pull web:1");
        scene.run(r, ROLL_OUT);
    }

    @Test
    void aNewSecretValueMakesNewContainersOnlyWhenAsked() {
        Release r =
                Releases.release(
                        "shop", service("web").secret(new SecretMount.AsEnv("key", "KEY")));
        Scene scene = Scene.running(r).secret("key", "h2");
        assertPlan(scene.plan(r, STEADY)).doesNothing();
        assertPlan(scene.plan(r, ROLL_OUT))
                .calling("v", r)
                .does(
                        "create web-1@v-2",
                        "start web-1@v-2",
                        "wait web-1@v-2",
                        "connect web-1@v-2 as web")
                .because("create web-1@v-2", "secrets[key]: earlier value -> today's value");
    }

    @Test
    void aDriftedContainerThatCannotBeMendedIsReplacedAndNotKept() {
        Scene scene = Scene.running(V1);
        LiveContainer c = scene.at(V1, "web", 1);
        scene.engine().update(c.id(), 64L << 20, 0, "");
        plan(scene.keeping(V1), V1, STEADY)
                .does(
                        "create web-1@v1-2",
                        "start web-1@v1-2",
                        "wait web-1@v1-2",
                        "connect web-1@v1-2 as web",
                        "connect web-1@v1 without alias",
                        "stop web-1@v1",
                        "remove web-1@v1")
                .because(
                        "create web-1@v1-2",
                        "memory: 64m -> unset",
                        "memorySwap: 2x memory -> unset");
    }

    @Test
    void whatServesAndIsNotHealthyIsWaitedForInADeploymentOnly() {
        Scene scene = Scene.running(V1);
        scene.engine().judge(scene.at(V1, "web", 1).id(), Verdict.UNHEALTHY);
        plan(scene, V1, SETTLE)
                .does("wait web-1@v1")
                .because("wait web-1@v1", "health: unhealthy -> healthy");
        plan(scene, V1, STEADY).doesNothing();
    }

    /** It was started before the deployment, so its health says nothing about the deployment. */
    @Test
    void whatServedAllAlongIsNotWaitedForWhenADeploymentLeavesIt() {
        Release a = Releases.release("shop", service("db"), service("web"));
        Release b = Releases.release("shop", service("db"), service("web").image("web:2"));
        Scene scene = Scene.running(a).knows(b).keeping(a);
        scene.engine().judge(scene.at(a, "db", 1).id(), Verdict.UNHEALTHY);
        scene.run(b, ROLL_OUT);
        assertThat(scene.at(b, "web", 1).state()).isEqualTo(RunState.RUNNING);

        // On the way back the container of the other release shows which one was there before.
        scene.engine().judge(scene.at(b, "web", 1).id(), Verdict.UNHEALTHY);
        scene.run(a, SETTLE);
        assertThat(scene.at(a, "web", 1).state()).isEqualTo(RunState.RUNNING);
        assertPlan(scene.plan(a, SETTLE)).calling("a", a).doesNothing();
    }

    /** A deployment that is put off takes nothing back that serves better than what was before. */
    @Test
    void aHealthyReplicaOfAnotherReleaseIsNotStoppedForAnUnhealthyOne() {
        Release a = Releases.release("shop", service("web"));
        Release b = Releases.release("shop", service("web").image("web:2"));
        Scene scene = Scene.running(a).knows(b).keeping(a);
        scene.run(b, ROLL_OUT);
        scene.engine().judge(scene.at(a, "web", 1).id(), Verdict.UNHEALTHY);
        assertThat(scene.plan(a, SETTLE).actions().getFirst()).isInstanceOf(Action.Wait.class);
    }

    /** The release that is replaced did not become stable: nothing was proven by it. */
    @Test
    void whatAFailedReleaseLeftIsWaitedForInADeployment() {
        Release a = Releases.release("shop", service("db"), service("web"));
        Release bad = Releases.release("shop", service("db").image("db:bad"), service("web"));
        Release next =
                Releases.release(
                        "shop", service("db").image("db:bad"), service("web").image("web:2"));
        Scene scene = Scene.running(bad).keeping(a);
        scene.engine().judge(scene.at(bad, "db", 1).id(), Verdict.UNHEALTHY);
        assertThat(scene.plan(next, ROLL_OUT).actions())
                .anyMatch(x -> x instanceof Action.Wait w && w.target().equals("db"));
    }

    @Test
    void afterAnEngineCrashServicesStartInOrderAndAnswerAtOnce() {
        Release r = Releases.release("shop", service("web").dependsOn("db"), service("db"));
        Scene scene = Scene.running(r);
        scene.engine().containers().forEach(c -> scene.engine().end(c.id(), 143));
        assertPlan(scene.plan(r, STEADY))
                .calling("v", r)
                .does("start db-1@v", "wait db-1@v", "start web-1@v");
        scene.runSome(r, STEADY, 1);
        assertPlan(scene.plan(r, STEADY)).calling("v", r).does("wait db-1@v", "start web-1@v");
        scene.engine().judge(scene.at(r, "db", 1).id(), Verdict.UNHEALTHY);
        assertPlan(scene.plan(r, STEADY)).calling("v", r).does("start web-1@v");
    }

    @Test
    void inADeploymentWhatCrashedAnswersWhenHealthyAgain() {
        Release two = Releases.release("shop", service("web").replicas(2));
        Scene scene = Scene.running(two);
        scene.engine().end(scene.at(two, "web", 1).id(), 1);
        plan(scene, two, SETTLE)
                .does(
                        "connect web-1@v1 without alias",
                        "start web-1@v1",
                        "wait web-1@v1",
                        "connect web-1@v1 as web");
    }

    @Test
    void theOnlyOneOfItsServiceIsNotReconnectedWhenItIsStartedAgain() {
        Scene scene = Scene.running(V1);
        scene.engine().end(scene.at(V1, "web", 1).id(), 1);
        plan(scene, V1, SETTLE).does("start web-1@v1", "wait web-1@v1");
    }

    @Test
    void aKeptContainerThatStoppedByItselfLosesItsRestartPolicy() {
        Scene scene = Scene.running(V1, V2).run(V2, ROLL_OUT).keeping(V1);
        scene.engine().end(scene.at(V1, "web", 1).id(), 1);
        plan(scene, V2, SETTLE).does("update web-1@v1 restart=no");
    }

    @Test
    void aReleaseThatUsesEveryFieldNeedsNothingTwice() {
        Release r = Releases.release("shop", everyField("serve"), service("web").readOnly());
        Scene scene = Scene.running(r);
        assertPlan(scene.plan(r, STEADY)).doesNothing();
        assertPlan(scene.plan(r, SETTLE)).doesNothing();
        assertThat(scene.drift(r)).isEmpty();
        scene.engine().forgetImage(r.services().getFirst().spec().image().engineName());
        assertPlan(scene.plan(r, SETTLE)).doesNothing();
        assertThat(scene.drift(r)).isEmpty();
    }

    /** The old one has to stay as its release had it, for the way back. */
    @Test
    void anotherReleaseMakesANewContainerAlsoWhereTheOldOneCouldBeUpdated() {
        Release a = Releases.release("shop", service("web").memory(512L << 20));
        Release b = Releases.release("shop", service("web").memory(1L << 30));
        assertPlan(Scene.running(a, b).plan(b, ROLL_OUT))
                .calling("b", b)
                .does("create web-1@b", "start web-1@b", "wait web-1@b", "connect web-1@b as web")
                .because("create web-1@b", "memory: 512m -> 1g");
    }
}
