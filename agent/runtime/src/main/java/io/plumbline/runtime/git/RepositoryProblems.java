package io.plumbline.runtime.git;

import io.plumbline.api.RepositoryStatus;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.port.Ledger;
import io.plumbline.port.Telemetry;
import io.plumbline.port.Ticker;
import io.plumbline.runtime.state.EventBus;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The problems of repositories that no pipeline shows. The beginning and the end of each is an
 * event without a pipeline: {@code RepositoryProblem}, {@code RepositoryRecovered}. Events of an
 * earlier run of the agent count. Safe for several threads.
 */
public final class RepositoryProblems {
    private static final Logger LOG = LoggerFactory.getLogger(RepositoryProblems.class);
    private static final String BEGAN = EventType.REPOSITORY_PROBLEM.word();
    private static final String ENDED = EventType.REPOSITORY_RECOVERED.word();
    private static final int LOOKS_BACK = 1000;

    /**
     * States whose reason is not compared, because the remote's message differs from try to try.
     */
    private static final Set<String> BY_STATE = Set.of("Unreachable", "NoCommit");

    private final Ledger ledger;
    private final EventBus bus;
    private final Ticker ticker;
    private final Telemetry telemetry;
    private final Map<String, Known> known = new ConcurrentHashMap<>();

    public RepositoryProblems(Ledger ledger, EventBus bus, Ticker ticker, Telemetry telemetry) {
        this.ledger = ledger;
        this.bus = bus;
        this.ticker = ticker;
        this.telemetry = telemetry;
    }

    /** The state in the last event, and since when. */
    private record Known(String state, String reason, @Nullable Instant since) {
        boolean tells(String now, String why) {
            return state.equals(now) && (BY_STATE.contains(now) || reason.equals(why));
        }
    }

    /**
     * Compares a view with the last event and writes a new one if needed. One call at a time for a
     * repository. An event that cannot be written is retried at the next poll.
     */
    public void looked(RepositoryView view) {
        var name = view.repository();
        telemetry.repositoryUp(name, view.notRead().isEmpty());
        try {
            var before = known.get(name);
            if (before == null) {
                before = onRecord(name);
            }
            var reason = text(view);
            known.put(
                    name, before.tells(view.state(), reason) ? before : told(view, before, reason));
        } catch (RuntimeException e) {
            LOG.warn("repository {}: its events are tried again at the next look", name, e);
        }
    }

    /** Returns the status of a repository. */
    public RepositoryStatus status(RepositoryWatcher watcher) {
        var view = watcher.view();
        var last = known.get(watcher.name());
        return new RepositoryStatus(
                watcher.name(),
                watcher.looked() ? view.state() : "Pending",
                watcher.looked() ? view.notRead() : view.problem(),
                view.commit(),
                last == null || view.notRead().isEmpty() ? null : last.since());
    }

    private Known told(RepositoryView view, Known before, String reason) {
        boolean ended = view.notRead().isEmpty();
        var event =
                new PipelineEvent(
                        0,
                        ticker.now(),
                        "",
                        "",
                        "",
                        "",
                        ended ? ENDED : BEGAN,
                        "state",
                        before.state(),
                        view.state(),
                        reason);
        bus.publish(ledger.append(List.of(event)));
        return new Known(view.state(), reason, ended ? null : event.at());
    }

    private static String text(RepositoryView view) {
        return prefix(view.repository())
                + (view.notRead().isEmpty() ? "all of its head is read" : view.notRead());
    }

    private static String prefix(String repository) {
        return "repository " + repository + ": ";
    }

    private Known onRecord(String repository) {
        for (var e : ledger.lastEvents("", LOOKS_BACK).reversed()) {
            if (e.reason().startsWith(prefix(repository)) && e.type().equals(BEGAN)) {
                return new Known(e.to(), e.reason(), e.at());
            }
            if (e.reason().startsWith(prefix(repository)) && e.type().equals(ENDED)) {
                break;
            }
        }
        return new Known(RepositoryView.READ, prefix(repository) + "all of its head is read", null);
    }
}
