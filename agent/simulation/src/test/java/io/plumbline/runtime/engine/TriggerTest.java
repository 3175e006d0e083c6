package io.plumbline.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.Backoff;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.runtime.InMemoryAgent;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The fields of the agent's log: which repository, and what set it off. */
class TriggerTest {
    private static final Logger ROOT = (Logger) LoggerFactory.getLogger("io.plumbline");

    private final InMemoryAgent world = new InMemoryAgent();
    private final List<ILoggingEvent> lines = new CopyOnWriteArrayList<>();
    private final AppenderBase<ILoggingEvent> appender =
            new AppenderBase<>() {
                @Override
                protected void append(ILoggingEvent line) {
                    line.prepareForDeferredProcessing();
                    lines.add(line);
                }
            };

    @BeforeEach
    void listen() {
        appender.setContext(ROOT.getLoggerContext());
        appender.start();
        ROOT.addAppender(appender);
        world.engine.localImage("web:1");
        world.engine.localImage("web:2");
    }

    @AfterEach
    void end() {
        ROOT.detachAppender(appender);
        world.close();
    }

    private void synced(String version) {
        var commit =
                world.git.commit(
                        Map.of(
                                "shop.yaml",
                                """
                                apiVersion: plumbline/v1
                                kind: Pipeline
                                metadata: {name: shop}
                                spec:
                                  services: [{name: web, image: "web:VERSION"}]
                                  rollout: {soak: 0s}
                                """
                                        .replace("VERSION", version)));
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
        world.await("kept", () -> world.keeps("shop"));
    }

    private List<Map<String, String>> events(String type) {
        return lines.stream()
                .filter(l -> l.getLoggerName().equals("io.plumbline.events"))
                .filter(l -> l.getFormattedMessage().startsWith(type + ":"))
                .map(ILoggingEvent::getMDCPropertyMap)
                .toList();
    }

    @Test
    void anEventNamesItsRepositoryAndWhatSetItOff() {
        world.start();
        world.await("the first look is over", () -> world.git.fetches() > 1);
        synced("1");
        assertThat(events("Action")).isNotEmpty();
        for (var type : List.of("DeploymentStarted", "Action", "DeploymentStable")) {
            assertThat(events(type))
                    .as(type)
                    .allSatisfy(
                            fields ->
                                    assertThat(fields)
                                            .containsEntry("pipeline", "shop")
                                            .containsEntry("deployment", "d-1")
                                            .containsEntry("repository", "ml")
                                            .containsEntry("trigger", "poll"));
        }
        synced("2");
        lines.clear();
        world.control().execute(Command.rollback("shop"), new Caller("anna", "too slow", false));
        world.await("shop", s -> s.state() == SyncState.ROLLED_BACK);
        world.await("kept", () -> world.keeps("shop"));
        for (var type : List.of("RollbackStarted", "Action", "RolledBack")) {
            assertThat(events(type))
                    .as(type)
                    .isNotEmpty()
                    .allSatisfy(fields -> assertThat(fields).containsEntry("trigger", "operator"));
        }
    }

    @Test
    void aRepairIsSetOffByAnEventOfTheEngine() {
        world.start();
        synced("1");
        lines.clear();
        world.engine.kill(world.engine.all().getFirst().name());
        world.await("repaired", () -> !events("Action").isEmpty());
        assertThat(events("Action").getFirst()).containsEntry("trigger", "engineEvent");
    }

    /** A remote and an engine that stay away are told once each, however often they are asked. */
    @Test
    void whatStaysAwayIsToldOnce() {
        world.start();
        synced("1");
        lines.clear();
        world.git.goAway(FailureKind.UNREACHABLE, "cannot be reached");
        world.engine.goAway();
        world.await("the engine is away", () -> told("engine local") > 0);
        world.await("the remote is away", () -> told("repository ml") > 0);
        int looks = world.git.fetches();
        world.await("it is polled again", () -> world.git.fetches() > looks + 2);
        assertThat(told()).doesNotHaveDuplicates();
        assertThat(told()).filteredOn(l -> l.startsWith("repository ml")).hasSize(1);
    }

    /** Of an engine that answers all but its events each line is logged once an hour. */
    @Test
    void anEngineWhoseEventsEndAtOnceIsToldOnce() {
        world.pace =
                new EnginePace(
                        EnginePace.USUAL.heartbeat(),
                        new Backoff(Duration.ofMillis(1), Duration.ofMillis(5)),
                        EnginePace.USUAL.stayed(),
                        EnginePace.USUAL.shortStream(),
                        EnginePace.USUAL.leastPatience(),
                        EnginePace.USUAL.mostPatience());
        world.engine.endsEvents();
        world.start();
        world.await("it is told", () -> told("engine local: event stream ended") > 0);
        assertThat(lines)
                .filteredOn(l -> l.getFormattedMessage().contains("event stream ended"))
                .allSatisfy(
                        l -> assertThat(l.getMDCPropertyMap()).containsEntry("engine", "local"));
        world.await("it is asked again and again", () -> world.engine.eventStreams() > 9);
        assertThat(told()).filteredOn(l -> l.endsWith(" reachable")).hasSizeBetween(1, 2);
        assertThat(told()).filteredOn(l -> !l.endsWith(" reachable")).doesNotHaveDuplicates();
    }

    private long told(String subject) {
        return told().stream().filter(l -> l.startsWith(subject)).count();
    }

    private List<String> told() {
        return lines.stream()
                .filter(l -> !l.getLoggerName().equals("io.plumbline.events"))
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }
}
