package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.port.Control.LogQuestion;
import io.plumbline.port.LogChoice;
import io.plumbline.port.LogItem;
import io.plumbline.port.LogStart;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A failed release's evidence: in the reasons, and in its log when its container is gone. */
class FailedLogTest {
    private static final Caller ANNA = new Caller("anna", "3am", false);

    private static final LogChoice FAILED = new LogChoice.Failed();
    private static final LogChoice PREVIOUS = new LogChoice.Previous();

    private final InMemoryAgent world = new InMemoryAgent();
    private int keep = 2;

    @BeforeEach
    void images() {
        for (var v : List.of("1", "2", "3")) {
            world.engine.localImage("web:" + v);
        }
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
                              restart: "no"
                              healthcheck: {http: {port: 8080, path: /healthz}}
                              secrets: [{name: key, as: env, target: KEY}]
                          rollout: {soak: 0s, keep: KEPT}
                        """
                                .replace("VERSION", version)
                                .replace("KEPT", Integer.toString(keep))));
    }

    private void synced(String commit) {
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
    }

    private void stable() {
        world.secrets.put("key", "swordfish-in-the-moat");
        world.start();
        synced(push("1"));
        synced(push("2"));
    }

    private String reverted(String version) {
        var commit = push(version);
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.REVERTED);
        return Objects.requireNonNull(world.status("shop").deployment()).release();
    }

    private String reason() {
        return Objects.requireNonNull(world.status("shop").deployment()).reason();
    }

    private List<String> log(LogChoice choice) {
        return log(choice, new LogStart.Tail(0));
    }

    private List<String> log(LogChoice choice, LogStart start) {
        var lines = new CopyOnWriteArrayList<String>();
        var end = new AtomicBoolean();
        var question = new LogQuestion("shop", "web", choice, start, false);
        try (var _ =
                world.control()
                        .logs(question, item -> lines.add(text(item)), () -> end.set(true))) {
            world.await("the log ends", end::get);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return lines;
    }

    private static String text(LogItem item) {
        return switch (item) {
            case LogItem.Line line -> line.text();
            case LogItem.Joined joined -> "# " + joined.sentence();
            case LogItem.Note note -> "# " + note.sentence();
        };
    }

    private boolean there(String release) {
        return world.engine.all().stream().anyMatch(c -> c.label(Labels.RELEASE).equals(release));
    }

    private void crashes() {
        world.engine
                .localImage("web:crash")
                .exitsAtStart(1)
                .prints("loading model", "FileNotFoundError: swordfish-in-the-moat", "");
    }

    @Test
    void theEndOfTheLogIsInTheReason() {
        crashes();
        stable();
        reverted("crash");
        assertThat(reason())
                .isEqualTo("web: exited with code 1: loading model | FileNotFoundError: ***");
        assertThat(reason()).doesNotContain("swordfish");
        assertThat(world.status("shop").reason()).contains("FileNotFoundError");
        assertThat(world.control().why("shop", null))
                .anyMatch(e -> e.reason().contains("FileNotFoundError"))
                .noneMatch(e -> e.reason().contains("swordfish"));
    }

    @Test
    void whatTheCheckAnsweredIsInTheReason() {
        world.engine
                .localImage("web:sick")
                .health(EngineHealth.UNHEALTHY)
                .checkAnswers(1, "HTTP/1.1 404 Not Found");
        stable();
        reverted("sick");
        assertThat(reason()).startsWith("web: GET http://:8080/healthz answered 404 (");
        world.engine
                .localImage("web:refuses")
                .health(EngineHealth.UNHEALTHY)
                .checkAnswers(
                        1, "nc: can't connect to remote host (127.0.0.1): Connection refused");
        reverted("refuses");
        assertThat(reason())
                .startsWith(
                        "web: GET http://:8080/healthz: connection refused on 127.0.0.1:8080 (");
    }

    @Test
    void theLogOutlivesARollback() {
        crashes();
        stable();
        var failed = reverted("crash");
        assertThat(log(FAILED)).as("the container itself is asked").hasSize(3);
        world.control().execute(Command.rollback("shop"), ANNA);
        world.await("shop", s -> s.state() == SyncState.ROLLED_BACK);
        synced(push("3"));
        world.await("the failed one is gone", () -> !there(failed));

        for (var lines : List.of(log(FAILED), log(new LogChoice.OfRelease(failed)))) {
            assertThat(lines.getFirst())
                    .startsWith("# container shop-web-1-")
                    .contains(failed, "exited with code 1", "its last lines:");
            assertThat(lines.subList(1, lines.size()))
                    .containsExactly("loading model", "FileNotFoundError: ***", "");
        }
        assertThat(world.ledger.failedLogs("shop").toString()).doesNotContain("swordfish");
    }

    /**
     * The log of the earlier failure is stored when its container is removed: later than the other.
     */
    @Test
    void ofTwoFailuresTheLaterIsShown() {
        world.engine.localImage("web:x").exitsAtStart(1).prints("crash X");
        world.engine.localImage("web:y").exitsAtStart(1).prints("crash Y");
        keep = 0;
        stable();
        var first = reverted("x");
        assertThat(log(FAILED)).containsExactly("crash X");
        var second = reverted("y");
        world.await("the first one is gone", () -> !there(first));
        assertThat(log(FAILED)).last().isEqualTo("crash Y");
        synced(push("3"));
        world.await("the second one is gone", () -> !there(second));
        assertThat(log(FAILED)).last().isEqualTo("crash Y");
    }

    /** An operator left it: nothing had failed by itself, and the log says why he did. */
    @Test
    void theLogOfWhatAnOperatorLeftOutlivesItsContainer() {
        stable();
        var left = Objects.requireNonNull(world.status("shop").release());
        world.engine.log(world.engine.all().getLast().name(), "wrong answers only");
        world.control().execute(Command.rollback("shop"), ANNA);
        world.await("shop", s -> s.state() == SyncState.ROLLED_BACK);
        synced(push("3"));
        world.await("it is gone", () -> !there(left));
        assertThat(log(new LogChoice.OfRelease(left))).hasSize(2).contains("wrong answers only");
    }

    @Test
    void aLogThatCannotBeReadHoldsNothingUp() {
        crashes();
        stable();
        world.engine.before(
                (op, _) -> {
                    if (op.equals("logs")) {
                        throw new io.plumbline.port.PlumblineException(
                                io.plumbline.core.FailureKind.TRANSIENT, "no log driver");
                    }
                });
        reverted("crash");
        assertThat(reason()).startsWith("web: exited with code 1");
    }

    /** A release that was replaced, a failed one, and its log when its container is gone. */
    @Test
    void whatRanBeforeIsReplacedOrFailed() {
        crashes();
        world.engine.localImage("web:1").prints("hello from 1");
        world.engine.localImage("web:2").prints("hello from 2");
        stable();
        assertThat(log(PREVIOUS)).hasSize(2).endsWith("hello from 1");
        assertThat(log(PREVIOUS).getFirst())
                .startsWith("# container shop-web-1-")
                .contains(" on engine local exited with code 143");

        var failed = reverted("crash");
        assertThat(log(PREVIOUS)).contains("loading model");
        assertThat(log(PREVIOUS).getFirst()).contains(failed, "exited with code 1");

        synced(push("3"));
        assertThat(log(PREVIOUS)).as("it ran after the failed one").endsWith("hello from 2");
    }

    @Test
    void whatRanBeforeIsKeptWhenItIsGone() {
        crashes();
        keep = 0;
        stable();
        var failed = reverted("crash");
        synced(push("3"));
        world.await("only one is there", () -> world.engine.all().size() == 1);
        assertThat(log(PREVIOUS).getFirst()).contains(failed, "is gone; it exited with code 1");
        assertThat(log(PREVIOUS, new LogStart.Tail(2)))
                .hasSize(3)
                .contains("FileNotFoundError: ***");
        var later = new LogStart.Since(Instant.now().plusSeconds(3600));
        assertThat(log(PREVIOUS, later))
                .singleElement()
                .asString()
                .endsWith("; its lines are older");
    }

    /** After a rollback, what was left ran before. */
    @Test
    void whatARollbackLeftRanBefore() {
        world.engine.localImage("web:2").prints("hello from 2");
        stable();
        world.control().execute(Command.rollback("shop"), ANNA);
        world.await("shop", s -> s.state() == SyncState.ROLLED_BACK);
        assertThat(log(PREVIOUS)).contains("hello from 2");
    }

    @Test
    void beforeTheFirstReleaseNothingRan() {
        world.secrets.put("key", "swordfish-in-the-moat");
        world.start();
        synced(push("1"));
        assertThatThrownBy(() -> log(PREVIOUS))
                .hasMessageContaining("no container of shop/web is kept that ran before");
    }

    @Test
    void withoutAFailedReleaseThereIsNoSuchLog() {
        stable();
        assertThatThrownBy(() -> log(FAILED)).hasMessageContaining("no failed release of shop");
    }
}
