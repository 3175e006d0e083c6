package io.plumbline.runtime.render;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.GitSource.TreeFile.Kind;
import io.plumbline.runtime.InMemoryAgent;
import io.plumbline.testkit.FakeEngine;
import io.plumbline.testkit.FakeGit;
import io.plumbline.testkit.FakeLedger;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A head that is refused says where, since when and whose commit it is. */
class HeadRefusalsTest {
    private static final String SHOP =
            """
            apiVersion: plumbline/v1
            kind: Pipeline
            metadata: {name: shop}
            spec:
              services:
                - {name: web, image: "web:1"}
              rollout: {soak: 0s, pruneGrace: 5s}
            """;

    private final InMemoryAgent world =
            new InMemoryAgent(new FakeEngine("local"), new FakeGit("pipelines"), new FakeLedger());

    @BeforeEach
    void begin() {
        world.engine.localImage("web:1");
        var commit = push(SHOP);
        world.start();
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
    }

    @AfterEach
    void end() {
        world.close();
    }

    private String push(String manifest) {
        return world.git.commit(Map.of("pipelines/shop.yaml", manifest));
    }

    private List<PipelineEvent> told() {
        return world.control().why("shop", null).stream()
                .filter(e -> e.type().startsWith("Head"))
                .toList();
    }

    private String reason() {
        return world.status("shop").reason();
    }

    @Test
    void anImageThatIsNowhereBlocksThePlanOfTheHeadAndThatOfFilesAlike() {
        var missing = SHOP.replace("web:1", "web:none");
        var commit = push(missing);
        world.await("seen", () -> commit.equals(world.status("shop").head()));
        var ofHead = world.control().plan("shop");
        var ofFiles =
                world.control()
                        .plan(
                                "shop",
                                Map.of("shop.yaml", missing.getBytes(StandardCharsets.UTF_8)));
        for (var plan : List.of(ofHead, ofFiles)) {
            assertThat(plan.actions()).isEmpty();
            assertThat(plan.blockers()).singleElement().asString().contains("web:none");
        }
        assertThat(
                        world.control()
                                .execute(Command.sync("shop"), new Caller("anna", "", false))
                                .outcome())
                .isEqualTo(Outcome.NOTHING_HAPPENS);
    }

    @Test
    void theErrorNamesThePathFromTheRootTheCommitAndSinceWhen() {
        var wrong = SHOP.replace("image:", "imag:");
        var commit = push(wrong);
        var who = "commit " + commit.substring(0, 7) + " by A U Thor is refused";
        world.await("refused", () -> reason().contains("refused since"));
        var event = told().getFirst();
        assertThat(event.type()).isEqualTo("HeadRefused");
        assertThat(event.deployment()).as("it belongs to no deployment").isEmpty();
        assertThat(event.reason()).startsWith(who + ": pipelines/shop.yaml:6:");
        assertThat(reason())
                .startsWith("pipelines/shop.yaml:6:")
                .endsWith("; " + who + " since " + event.at().truncatedTo(ChronoUnit.SECONDS));
        var next = push(wrong + "# another commit");
        world.await("looked", () -> next.equals(world.status("shop").head()));
        world.startAgain();
        world.await("again", () -> reason().contains("refused since"));
        assertThat(reason()).contains(who);
        assertThat(told()).containsExactly(event);
        push(SHOP);
        world.await("accepted", () -> told().size() == 2);
        assertThat(told().getLast().type()).isEqualTo("HeadAccepted");
        world.await("shop", s -> s.state() == SyncState.SYNCED && s.reason().isEmpty());
    }

    @Test
    void aUsedFileThatBecomesALinkWithTheSameBytesIsRefused() {
        var uses = "image: \"web:1\", files: [{source: conf, target: /c}]";
        var files =
                Map.of(
                        "pipelines/shop.yaml",
                        SHOP.replace("image: \"web:1\"", uses),
                        "pipelines/conf",
                        "text");
        var commit = world.git.commit(files);
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
        world.git.commit(files, Map.of("pipelines/conf", Kind.SYMLINK));
        world.await("refused", () -> reason().contains("conf is a symbolic link"));
    }

    @Test
    void aCommitThatChangesNothingOfAPipelineBecomesItsHeadToo() {
        var commit =
                world.git.commit(Map.of("pipelines/shop.yaml", SHOP, "pipelines/README", "text"));
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
        var release = Objects.requireNonNull(world.status("shop").release());
        assertThat(world.ledger.commitOf("shop", release)).contains(commit);
    }

    @Test
    void anImageThatCannotBeResolvedNamesTheTimeOfTheNextTry() {
        push(SHOP.replace("web:1", "registry.example/none:9"));
        world.await("shop", s -> s.state() == SyncState.BLOCKED);
        world.await(
                "next try",
                () -> reason().matches("(?s).*; next try at 2\\d\\d\\d-\\S*T\\S*:\\d\\dZ.*"));
        assertThat(reason()).contains("registry.example/none:9");
    }
}
