package io.plumbline.runtime.git;

import io.plumbline.core.rollout.Backoff;
import io.plumbline.port.Tasks;
import io.plumbline.runtime.loop.Signal;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The loop that turns one repository's webhook hints into fetches.
 *
 * <ol>
 *   <li>Wait for a hint; take all hints that came.
 *   <li>Note which deliveries wait, then request a fetch. The fetch begins after they came.
 *   <li>Record the result for these deliveries.
 *   <li>Wait {@code spacing} after a successful fetch, and longer after each successive failure, so
 *       that hints do not overload a host that is down. Hints of that time wait for the next round.
 *   <li>If the fetch found no other commit, fetch again after the {@code pauses}: a Git host may
 *       announce a push before it serves it. Another commit ends this series. The next hint
 *       restarts it, so there is one series at a time.
 * </ol>
 *
 * <p>So the agent follows the first hint at once. A burst of hints causes one fetch at its
 * beginning and one after {@code spacing}. A fetch that began before a hint never answers it.
 */
public final class HintLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HintLoop.class);

    /** Minimum time between two fetches that hints requested. */
    public static final Duration SPACING = Duration.ofSeconds(1);

    /** Pauses between the fetches that follow one without news: after 1, 3, 10 and 30 s. */
    public static final List<Duration> PAUSES =
            List.of(
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(7),
                    Duration.ofSeconds(20));

    private final String repository;
    private final Supplier<@Nullable String> head;
    private final List<Duration> pauses;
    private final Supplier<CompletableFuture<RepositoryView>> look;
    private final Supplier<Collection<Long>> waiting;
    private final Settling settle;
    private final Duration spacing;
    private final Backoff backoff;
    private final Tasks tasks;
    private final Signal hints;
    private final Tasks.Task thread;

    /**
     * Creates a loop without starting it.
     *
     * @param head the commit that is known now; null if none is
     * @param look requests a fetch that begins after the call
     * @param waiting numbers of the deliveries that wait for a fetch
     * @param settle takes the result for these deliveries, and whether more fetches follow
     * @param pauses before the fetches that follow one without news, each after the one before
     */
    public HintLoop(
            String repository,
            Supplier<@Nullable String> head,
            Supplier<CompletableFuture<RepositoryView>> look,
            Supplier<Collection<Long>> waiting,
            Settling settle,
            Duration spacing,
            Backoff backoff,
            List<Duration> pauses,
            Tasks tasks) {
        this.head = head;
        this.pauses = List.copyOf(pauses);
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

    /** The receiver of the result of a fetch. */
    public interface Settling {
        /**
         * Takes the result of a fetch.
         *
         * @param numbers the deliveries that waited for it
         * @param more whether a fetch follows it without another hint
         */
        void accept(Collection<Long> numbers, RepositoryView view, boolean more);
    }

    public void start() {
        thread.start();
    }

    /** Requests a fetch; never blocks. */
    public void hint() {
        hints.give();
    }

    private void run() {
        int failures = 0;
        int next = pauses.size();
        String before = null;
        try {
            while (true) {
                if (hinted(next)) {
                    next = 0;
                    before = head.get();
                } else {
                    next++;
                }
                var view = followed(before, next < pauses.size());
                boolean good = view != null && view.reachable();
                if (view == null || !quiet(view, before)) {
                    next = pauses.size();
                }
                failures = good ? 0 : failures + 1;
                tasks.sleep(good ? spacing : longer(spacing, backoff.after(failures)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for a hint, or for the next fetch of a series; returns whether it was a hint. */
    private boolean hinted(int next) throws InterruptedException {
        if (next < pauses.size()) {
            return hints.take(shorter(pauses.get(next), spacing));
        }
        hints.take();
        return true;
    }

    private static boolean quiet(RepositoryView view, @Nullable String before) {
        return view.reachable() && Objects.equals(view.commit(), before);
    }

    /** Returns the result of a fetch; null if it failed unexpectedly. */
    private @Nullable RepositoryView followed(@Nullable String before, boolean pausesLeft)
            throws InterruptedException {
        try {
            var asked = waiting.get();
            var view = tasks.get(look.get());
            settle.accept(asked, view, pausesLeft && quiet(view, before));
            return view;
        } catch (ExecutionException | RuntimeException | VirtualMachineError | LinkageError e) {
            LOG.error("repository {}: following a webhook failed", repository, e);
            return null;
        }
    }

    /** The wait after the previous fetch counts as part of the pause. */
    private static Duration shorter(Duration pause, Duration by) {
        return pause.compareTo(by) > 0 ? pause.minus(by) : Duration.ZERO;
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) > 0 ? a : b;
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
