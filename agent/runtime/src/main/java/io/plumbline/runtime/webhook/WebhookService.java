package io.plumbline.runtime.webhook;

import io.plumbline.api.Caller;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.Backoff;
import io.plumbline.core.webhook.WebhookDelivery;
import io.plumbline.core.webhook.WebhookRejection;
import io.plumbline.port.Cause;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.port.Deliveries;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import io.plumbline.port.Telemetry;
import io.plumbline.port.Ticker;
import io.plumbline.port.Webhooks;
import io.plumbline.runtime.control.Agent;
import io.plumbline.runtime.git.HintLoop;
import io.plumbline.runtime.git.RepositoryView;
import io.plumbline.runtime.git.RepositoryWatcher;
import io.plumbline.runtime.loop.Signal;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The intake of webhook deliveries. It notes each delivery in the {@link DeliveryBook} and wakes
 * the repository's {@link HintLoop}. A thread of its own writes the records, so that neither a slow
 * disk nor a slow remote delays an answer. Refused deliveries are written at most every {@link
 * #REFUSED_EVERY}, so that strangers cannot keep the disk busy.
 */
public final class WebhookService implements Webhooks, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookService.class);
    private static final Duration REFUSED_EVERY = Duration.ofSeconds(10);
    private static final Duration LOGGED_EVERY = Duration.ofMinutes(1);
    private static final int LOGGED_AT_ONCE = 10;
    private static final String OTHER = "unknown";

    private final Map<String, RepositoryWatcher> repositories = new TreeMap<>();
    private final Map<String, HintLoop> loops = new TreeMap<>();
    private final DeliveryBook book;
    private final Deliveries deliveries;
    private final Telemetry telemetry;
    private final Ticker ticker;
    private final Tasks tasks;
    private final Signal dirty;
    private final Tasks.Task writer;
    private volatile boolean closed;
    private boolean troubled;
    private long refusedWrittenAt;
    private long loggedSince;
    private int logged;

    /**
     * Creates the service without starting it.
     *
     * @param agent the agent with the repositories
     * @param deliveries the store of the records
     */
    public WebhookService(Agent agent, Deliveries deliveries) {
        this(agent, deliveries, HintLoop.SPACING, Backoff.REPAIR);
    }

    WebhookService(Agent agent, Deliveries deliveries, Duration spacing, Backoff backoff) {
        this.deliveries = deliveries;
        this.telemetry = agent.setup().telemetry();
        this.ticker = agent.setup().ticker();
        this.tasks = ticker.tasks();
        this.dirty = new Signal(tasks);
        this.book = new DeliveryBook(deliveries.load());
        for (var watcher : agent.repositories()) {
            var name = watcher.name();
            repositories.put(name, watcher);
            loops.put(
                    name,
                    new HintLoop(
                            name,
                            () -> watcher.view().commit(),
                            () -> watcher.fetchNow(Cause.WEBHOOK),
                            () -> book.waiting(name),
                            (numbers, view, more) -> settle(name, numbers, view, more),
                            spacing,
                            backoff,
                            HintLoop.PAUSES,
                            tasks));
        }
        this.refusedWrittenAt = ticker.nanos() - REFUSED_EVERY.toNanos();
        this.loggedSince = ticker.nanos();
        this.writer = tasks.task("webhook-records", this::write);
    }

    /** Starts to follow hints, also those from before a restart that were not followed. */
    public void start() {
        writer.start();
        loops.forEach(
                (name, loop) -> {
                    loop.start();
                    if (!book.waiting(name).isEmpty()) {
                        loop.hint();
                    }
                });
    }

    @Override
    public String accepted(Arrival arrival, boolean ping) {
        var watcher = repository(arrival.repository());
        var head = watcher.view().commit();
        var noted = book.accept(arrival, ping, head == null ? "" : head, ticker.now());
        telemetry.webhook(
                arrival.repository(), noted.duplicate() ? "duplicate" : ping ? "ping" : "accepted");
        dirty.give();
        if (noted.look()) {
            hint(arrival.repository());
        }
        return noted.delivery().id();
    }

    @Override
    public void hint(String repository) {
        var loop = loops.get(repository);
        if (loop != null) {
            loop.hint();
        }
    }

    @Override
    public void refused(Arrival arrival, WebhookRejection why) {
        boolean first = book.refuse(arrival, why, ticker.now());
        telemetry.webhook(
                repositories.containsKey(arrival.repository()) ? arrival.repository() : OTHER,
                "refused");
        if (first && mayLog()) {
            LOG.warn(
                    "webhook for repository {} from {} refused: {}",
                    arrival.repository(),
                    arrival.from(),
                    why.sentence());
        }
    }

    /**
     * Limits how fast strangers can fill the log. Not under the lock that is held during a write.
     */
    private boolean mayLog() {
        synchronized (loops) {
            if (ticker.nanos() - loggedSince > LOGGED_EVERY.toNanos()) {
                loggedSince = ticker.nanos();
                logged = 0;
            }
            return ++logged <= LOGGED_AT_ONCE;
        }
    }

    @Override
    public List<WebhookDelivery> deliveries(@Nullable String repository, int limit) {
        return book.newest(repository, limit);
    }

    @Override
    public Replayed replay(String id, Caller caller) {
        var delivery =
                book.find(id)
                        .orElseThrow(
                                () ->
                                        new PlumblineException(
                                                FailureKind.MISSING,
                                                "there is no record of a delivery "
                                                        + id
                                                        + "; `plumb webhooks` lists them"));
        var name = delivery.repository();
        if (!delivery.accepted()) {
            throw new PlumblineException(
                    FailureKind.CONFLICT,
                    "delivery "
                            + id
                            + " was refused: "
                            + delivery.reason()
                            + ". Replay an accepted one, or run `plumb sync`");
        }
        repository(name);
        if (caller.dryRun()) {
            return new Replayed(
                    reply(Outcome.WOULD_CHANGE, "would look at repository " + name + " now"), null);
        }
        var arrival =
                new Arrival(name, delivery.provider(), delivery.event(), "", "replay of " + id);
        var made = accepted(arrival, false);
        LOG.info("delivery {} is replayed as {} by {}", id, made, caller.by());
        return new Replayed(
                reply(Outcome.ACCEPTED, "repository " + name + " is looked at; see " + made), made);
    }

    private static Reply reply(Outcome outcome, String message) {
        return Reply.of(outcome, message);
    }

    private RepositoryWatcher repository(String name) {
        var watcher = repositories.get(name);
        if (watcher == null) {
            throw new PlumblineException(
                    FailureKind.MISSING,
                    "there is no repository " + name + " in the configuration");
        }
        return watcher;
    }

    private void settle(
            String repository, Collection<Long> numbers, RepositoryView view, boolean more) {
        book.settle(repository, numbers, view, more);
        dirty.give();
    }

    private void write() {
        try {
            while (!closed) {
                boolean woken = dirty.take(REFUSED_EVERY);
                if (!save(false) && woken) {
                    // After a failed write, the disk is not tried again for each delivery.
                    tasks.sleep(REFUSED_EVERY);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean save(boolean all) {
        boolean withRefused = all || ticker.nanos() - refusedWrittenAt >= REFUSED_EVERY.toNanos();
        var changed = book.takeChanged(withRefused);
        if (withRefused) {
            refusedWrittenAt = ticker.nanos();
        }
        if (changed.isEmpty()) {
            return true;
        }
        try {
            deliveries.save(changed);
            troubled = false;
            return true;
        } catch (PlumblineException e) {
            book.putBack(changed);
            if (!troubled) {
                LOG.warn("records of webhooks are kept in memory only: {}", e.getMessage());
            }
            troubled = true;
            return false;
        }
    }

    /** Writes the records that were not written yet. */
    @Override
    public void close() {
        closed = true;
        loops.values().forEach(HintLoop::close);
        writer.interrupt();
        save(true);
    }
}
