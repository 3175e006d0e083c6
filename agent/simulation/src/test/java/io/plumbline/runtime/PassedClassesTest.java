package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.docs.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * How many classes a commit passes from its fetch to the first container, and a rollback from the
 * command to the first call of the engine. A top-level class of the core, the loops or the Docker
 * engine counts if it is on the stack of a call to Git, ledger, engine or threads meanwhile.
 */
class PassedClassesTest {
    private static final Caller ANNA = new Caller("anna", "", false);
    private static final Pattern COUNTED =
            Pattern.compile("(io\\.plumbline\\.(core|runtime|engine\\.docker)\\..*?)(\\$.*)?");

    private static final Pattern OF_TESTS =
            Pattern.compile("/test-classes/|/(testkit|simulation)/target/");

    private final InMemoryAgent world = new InMemoryAgent();
    private final Set<String> passed = new ConcurrentSkipListSet<>();
    private volatile boolean counting;

    PassedClassesTest() {
        world.inEachCall = this::look;
        for (int version = 1; version <= 4; version++) {
            world.engine.registry().push("web:" + version);
        }
    }

    @AfterEach
    void end() {
        world.close();
    }

    private void look() {
        if (counting) {
            StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
                    .forEach(
                            f -> {
                                var m = COUNTED.matcher(f.getClassName());
                                if (m.matches() && isMain(f.getDeclaringClass())) {
                                    passed.add(m.group(1));
                                }
                            });
        }
    }

    private static boolean isMain(Class<?> type) {
        var place = type.getProtectionDomain().getCodeSource().getLocation().getPath();
        return !OF_TESTS.matcher(place).find();
    }

    /** Counts from now to the first call of one of these. */
    private void countTo(String... operations) {
        var ends = Set.of(operations);
        passed.clear();
        world.engine.before(
                (op, _) -> {
                    if (counting && ends.contains(op)) {
                        look();
                        counting = false;
                    }
                });
        counting = true;
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
                          rollout: {soak: 0s}
                        """
                                .replace("VERSION", version)));
    }

    private void synced(String commit) {
        world.await(
                "shop",
                s ->
                        commit.equals(s.head())
                                && s.state() == SyncState.SYNCED
                                && s.health() == HealthState.HEALTHY);
        world.await("keeps", () -> world.keeps("shop"));
    }

    private List<String> names() {
        return passed.stream().map(c -> c.substring(c.lastIndexOf('.') + 1)).sorted().toList();
    }

    /** The classes of docs/architecture.md with a cross in this column. */
    private static List<String> listed(int column) throws IOException {
        return Files.readAllLines(Checkout.ROOT.resolve("docs/architecture.md")).stream()
                .map(line -> line.split("\\|"))
                .filter(cells -> cells.length > 4 && cells[column + 1].strip().equals("x"))
                .map(cells -> cells[1].strip().replace("`", ""))
                .toList();
    }

    /** On a busy machine a timer may add a class; so one of three ways must be as documented. */
    private void passesAsDocumented(int column, int most, Runnable way) throws IOException {
        var listed = listed(column);
        for (int tries = 0; tries < 3; tries++) {
            way.run();
            world.await("counted", () -> !counting);
            if (listed.containsAll(names())) {
                break;
            }
            world.await("keeps", () -> world.keeps("shop"));
        }
        assertThat(names()).isSubsetOf(listed).hasSizeLessThanOrEqualTo(most);
    }

    @Test
    void aCommit() throws IOException {
        world.start();
        synced(push("1"));
        var version = new AtomicInteger(1);
        passesAsDocumented(
                1,
                32,
                () -> {
                    countTo("create");
                    push(Integer.toString(version.incrementAndGet()));
                });
    }

    @Test
    void aRollback() throws IOException {
        world.start();
        for (int version = 1; version <= 4; version++) {
            synced(push(Integer.toString(version)));
        }
        passesAsDocumented(
                2,
                30,
                () -> {
                    countTo("start", "create");
                    world.control()
                            .execute(new Command.Rollback("shop", null, null, false, false), ANNA);
                });
    }
}
