package io.plumbline.engine.docker.observe;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The order of pulls on one engine. A few from each registry run at the same time, so that many
 * pipelines with new images do not storm it. The others wait in the order in which they came, and
 * the time does not count against their deadline. A registry that hangs delays no pull from another
 * one. Safe for several threads.
 */
public final class PullSlots {
    /** Maximum number of concurrent pulls from one registry. */
    static final int OF_A_REGISTRY = 4;

    private static final Duration AGAIN = Duration.ofMillis(250);

    /** The pulls that run or wait, by registry, the oldest first. */
    private final Map<String, List<Turn>> turns = new HashMap<>();

    /** The turn of a pull, until it is closed. */
    public interface Turn extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Waits until the turn of a pull has come.
     *
     * @param progress gets a line for display while it waits
     * @throws PlumblineException {@code TRANSIENT} if the thread is interrupted while it waits
     */
    public Turn await(Tasks tasks, String registry, Consumer<String> progress) {
        Turn turn = new OneTurn(registry);
        come(registry, turn);
        try {
            while (!mayRun(registry, turn)) {
                progress.accept(
                        "waits for other pulls from "
                                + registry
                                + ", of which "
                                + OF_A_REGISTRY
                                + " run at a time");
                tasks.sleep(AGAIN);
            }
            return turn;
        } catch (InterruptedException e) {
            turn.close();
            Thread.currentThread().interrupt();
            throw new PlumblineException(FailureKind.TRANSIENT, "the pull was interrupted");
        } catch (Throwable e) {
            turn.close();
            throw e;
        }
    }

    private final class OneTurn implements Turn {
        private final String registry;

        OneTurn(String registry) {
            this.registry = registry;
        }

        @Override
        public void close() {
            leave(registry, this);
        }
    }

    private synchronized void come(String registry, Turn turn) {
        turns.computeIfAbsent(registry, _ -> new ArrayList<>()).add(turn);
    }

    private synchronized boolean mayRun(String registry, Turn turn) {
        return turns.getOrDefault(registry, List.of()).indexOf(turn) < OF_A_REGISTRY;
    }

    private synchronized void leave(String registry, Turn turn) {
        turns.computeIfPresent(
                registry,
                (_, all) -> {
                    all.remove(turn);
                    return all.isEmpty() ? null : all;
                });
    }
}
