package io.plumbline.runtime.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.port.Control.FollowQuestion;
import io.plumbline.port.LogCursor;
import io.plumbline.port.LogItem;
import io.plumbline.port.LogStart;
import io.plumbline.runtime.InMemoryAgent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A followed log goes on with what replaces the containers. */
class LogFollowerTest {
    private static final Caller ANNA = new Caller("anna", "3am", false);

    private final InMemoryAgent world = new InMemoryAgent();
    private final List<LogItem> items = new CopyOnWriteArrayList<>();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeEach
    void images() {
        for (var v : List.of("1", "2", "3")) {
            world.engine.localImage("web:" + v).prints("hello from " + v);
        }
    }

    @AfterEach
    void end() throws Exception {
        for (var one : open) {
            one.close();
        }
        world.close();
    }

    private String push(String version, int replicas) {
        return world.git.commit(
                Map.of(
                        "shop.yaml",
                        """
                        apiVersion: plumbline/v1
                        kind: Pipeline
                        metadata: {name: shop}
                        spec:
                          services:
                            - {name: web, image: "web:VERSION", replicas: REPLICAS}
                            - {name: db, image: "web:3"}
                          rollout: {soak: 0s}
                        """
                                .replace("VERSION", version)
                                .replace("REPLICAS", Integer.toString(replicas))));
    }

    private void synced(String commit) {
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
    }

    private AutoCloseable follow(int tail, @Nullable List<LogCursor> seen) {
        var question = new FollowQuestion("shop", "web", new LogStart.Tail(tail), seen);
        var handle = world.control().follow(question, items::add, () -> ended.set(true));
        open.add(handle);
        return handle;
    }

    private List<String> lines() {
        return items.stream()
                .filter(LogItem.Line.class::isInstance)
                .map(i -> ((LogItem.Line) i).text())
                .toList();
    }

    private void awaitLine(String end) {
        world.await("the line " + end, () -> lines().stream().anyMatch(l -> l.endsWith(end)));
    }

    private LiveContainer web() {
        return world.engine.all().stream()
                .filter(c -> c.name().startsWith("shop-web-") && c.alive())
                .reduce((_, last) -> last)
                .orElseThrow();
    }

    private List<LogItem.Joined> joined() {
        return items.stream()
                .filter(LogItem.Joined.class::isInstance)
                .map(LogItem.Joined.class::cast)
                .toList();
    }

    @Test
    void goesOnWithTheContainersOfTheNextRelease() {
        world.start();
        synced(push("1", 1));
        follow(0, null);
        awaitLine("hello from 1");
        synced(push("2", 1));
        awaitLine("hello from 2");
        world.engine.log(web().name(), "one more");
        awaitLine("one more");
        assertThat(lines())
                .containsExactly(
                        "hello from 1",
                        web().name() + " | hello from 2",
                        web().name() + " | one more");
        assertThat(joined()).singleElement().satisfies(j -> assertThat(j.again()).isFalse());
        assertThat(joined().getFirst().replica()).isEqualTo(web().name());
        assertThat(ended).isFalse();
    }

    @Test
    void goesOnWithTheContainerThatARollbackStartsAgain() {
        world.start();
        synced(push("1", 1));
        synced(push("2", 1));
        follow(1, null);
        awaitLine("hello from 2");
        world.control().execute(Command.rollback("shop"), ANNA);
        world.await("shop", s -> s.state() == SyncState.ROLLED_BACK);
        awaitLine("hello from 1");
        assertThat(lines())
                .as("only what it printed since it started again")
                .containsExactly("hello from 2", web().name() + " | hello from 1");
    }

    @Test
    void goesOnWhenTheEngineStartsAContainerAgain() {
        world.start();
        synced(push("1", 1));
        follow(0, null);
        awaitLine("hello from 1");
        world.engine.exit(web().name(), 1);
        world.await("followed again", () -> joined().size() == 1 && lines().size() == 2);
        assertThat(lines()).containsExactly("hello from 1", "hello from 1");
        assertThat(joined()).singleElement().satisfies(j -> assertThat(j.again()).isTrue());
    }

    @Test
    void goesOnWithTheContainerThatARepairMakes() {
        world.start();
        synced(push("1", 1));
        world.await("the record is kept", () -> world.keeps("shop"));
        follow(1, null);
        awaitLine("hello from 1");
        var before = web().id();
        world.engine.removeByForce(web().name());
        world.await("another one is followed", () -> joined().size() == 1 && lines().size() == 2);
        assertThat(web().id()).isNotEqualTo(before);
    }

    @Test
    void followsReplicasWithTheirNames() {
        world.start();
        synced(push("1", 2));
        follow(0, null);
        world.await("both", () -> lines().size() == 2);
        assertThat(lines()).allMatch(l -> l.matches("shop-web-[12]-\\w+ \\| hello from 1"));
        synced(push("2", 2));
        world.await("both of the next", () -> lines().size() == 4);
        assertThat(lines().subList(2, 4)).allMatch(l -> l.endsWith(" | hello from 2"));
    }

    @Test
    void aReaderThatComesBackMissesNothingAndSeesNothingTwice() throws Exception {
        world.start();
        synced(push("1", 1));
        var first = follow(0, null);
        world.engine.log(web().name(), "seen");
        awaitLine("seen");
        var last = (LogItem.Line) items.getLast();
        var cursor = new LogCursor(last.id(), Objects.requireNonNull(last.at()), 1);
        first.close();
        world.engine.log(web().name(), "missed");
        follow(0, List.of(cursor));
        awaitLine("missed");
        assertThat(lines()).containsExactly("hello from 1", "seen", "missed");
    }

    @Test
    void aReaderThatComesBackGetsWhatWasReplacedMeanwhile() throws Exception {
        world.start();
        synced(push("1", 1));
        var first = follow(0, null);
        awaitLine("hello from 1");
        var last = (LogItem.Line) items.getLast();
        first.close();
        synced(push("2", 1));
        world.engine.log(web().name(), "one more");
        follow(0, List.of(new LogCursor(last.id(), Objects.requireNonNull(last.at()), 1)));
        awaitLine("one more");
        var prefix = web().name() + " | ";
        assertThat(lines())
                .containsExactly("hello from 1", prefix + "hello from 2", prefix + "one more");
    }

    @Test
    void endsWhenTheServiceIsGone() {
        world.start();
        synced(push("1", 1));
        follow(0, null);
        awaitLine("hello from 1");
        synced(
                world.git.commit(
                        Map.of(
                                "shop.yaml",
                                """
                                apiVersion: plumbline/v1
                                kind: Pipeline
                                metadata: {name: shop}
                                spec:
                                  services: [{name: db, image: "web:3"}]
                                  rollout: {soak: 0s}
                                """)));
        world.await("the end", ended::get);
    }

    @Test
    void closedItHoldsNoStream() throws Exception {
        world.start();
        synced(push("1", 1));
        var handle = follow(0, null);
        awaitLine("hello from 1");
        handle.close();
        assertThat(world.engine.logReaders()).isZero();
    }

    @Test
    void aServiceWithoutContainersIsMissing() {
        world.start();
        synced(push("1", 1));
        assertThatThrownBy(
                        () ->
                                world.control()
                                        .follow(
                                                new FollowQuestion(
                                                        "shop", "none", new LogStart.Tail(0), null),
                                                items::add,
                                                () -> {}))
                .hasMessageContaining("no container of shop/none is there");
    }
}
