package io.plumbline.runtime;

import io.plumbline.core.rollout.Backoff;
import io.plumbline.port.Tasks;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns one repository's hints into looks.
 *
 * <ol>
 *   <li>Wait for a hint; take all that came.
 *   <li>Note which deliveries wait, then ask for a look: it begins after they came.
 *   <li>Write back what it found.
 *   <li>Rest: {@code spacing} after a good look; after failures in a row longer and longer, so that
 *       hints do not hammer a host that is down. Hints of that time wait for the next round.
 * </ol>
 *
 * <p>So the first hint is followed at once, a burst is one look at its beginning and one after
 * {@code spacing}, and no hint is ever answered by a look that began before it.
 */
final class HintLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HintLoop.class);

    /** Between two looks that hints asked for. */
    static final Duration SPACING = Duration.ofSeconds(1);

    private final String repository;
    private final Supplier<CompletableFuture<RepositoryView>> look;
    private final Supplier<Collection<Long>> waiting;
    private final BiConsumer<Collection<Long>, RepositoryView> settle;
    private final Duration spacing;
    private final Backoff backoff;
    private final Tasks tasks;
    private final Signal hints;
    private final Tasks.Task thread;

    /**
     * A loop that is not started yet.
     *
     * @param look asks for a look that begins after the call
     * @param waiting numbers of deliveries that wait for one
     * @param settle takes what the look found for them
     */
    HintLoop(
            String repository,
            Supplier<CompletableFuture<RepositoryView>> look,
            Supplier<Collection<Long>> waiting,
            BiConsumer<Collection<Long>, RepositoryView> settle,
            Duration spacing,
            Backoff backoff,
            Tasks tasks) {
        this.repository = repository;
        this.look = look;
        this.waiting = waiting;
        this.settle = settle;
        this.spacing = spacing;
        this.backoff = backoff;
        this.tasks = tasks;
        this.hints = new Signal(tasks);
        this.thread = tasks.task("hints-" + repository, this::run);
    }

    void start() {
        thread.start();
    }

    /** Says "look now"; never blocks. */
    void hint() {
        hints.give();
    }

    private void run() {
        int failures = 0;
        try {
            while (true) {
                hints.take();
                failures = followed() ? 0 : failures + 1;
                tasks.sleep(failures == 0 ? spacing : longer(spacing, backoff.after(failures)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean followed() throws InterruptedException {
        try {
            var asked = waiting.get();
            var view = tasks.get(look.get());
            settle.accept(asked, view);
            return view.reachable();
        } catch (ExecutionException | RuntimeException e) {
            LOG.error("repository {}: following a webhook failed", repository, e);
            return false;
        }
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) > 0 ? a : b;
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
