package io.plumbline.runtime.state;

import io.plumbline.core.status.PipelineStatus.SyncState;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where each pipeline stands after its last pass, for pipelines that wait for another one. Safe for
 * several threads.
 */
public final class Standings {
    private final Map<String, Standing> all = new ConcurrentHashMap<>();
    private final Map<String, Waiter> waiters = new ConcurrentHashMap<>();

    /**
     * Where a pipeline stands.
     *
     * @param repository its repository
     * @param head the commit that its state is about; empty if none was read
     * @param state its state
     * @param after the pipelines that it comes after
     */
    public record Standing(String repository, String head, SyncState state, List<String> after) {}

    private record Waiter(Set<String> on, Runnable wake) {}

    /** Records where a pipeline stands, and wakes the pipelines that wait for a change of it. */
    public void stands(String pipeline, Standing standing) {
        if (!standing.equals(all.put(pipeline, standing))) {
            wakeWaiters(pipeline);
        }
    }

    /** Forgets a pipeline that is gone. */
    public void gone(String pipeline) {
        waiters.remove(pipeline);
        if (all.remove(pipeline) != null) {
            wakeWaiters(pipeline);
        }
    }

    private void wakeWaiters(String pipeline) {
        waiters.values().stream()
                .filter(w -> w.on().contains(pipeline))
                .forEach(w -> w.wake().run());
    }

    /**
     * Wakes a pipeline at each change of one of these. To be called before {@link #of}, so that no
     * change is missed.
     */
    public void awaits(String pipeline, List<String> on, Runnable wake) {
        if (on.isEmpty()) {
            waiters.remove(pipeline);
        } else {
            waiters.put(pipeline, new Waiter(Set.copyOf(on), wake));
        }
    }

    /** Returns where a pipeline stands; empty if it has had no pass. */
    public Optional<Standing> of(String pipeline) {
        return Optional.ofNullable(all.get(pipeline));
    }

    /**
     * Returns the pipelines that wait for each other, from this one back to it; empty if there is
     * no such cycle.
     *
     * @param after what the pipeline comes after now
     */
    public List<String> cycle(String pipeline, List<String> after) {
        var path = new ArrayList<String>(List.of(pipeline));
        return leadsTo(pipeline, after, path, new LinkedHashSet<>())
                ? List.copyOf(path)
                : List.of();
    }

    private boolean leadsTo(
            String target, List<String> after, List<String> path, Set<String> seen) {
        for (var next : after) {
            path.add(next);
            if (next.equals(target)) {
                return true;
            }
            var on = of(next).map(Standing::after).orElse(List.of());
            if (seen.add(next) && leadsTo(target, on, path, seen)) {
                return true;
            }
            path.removeLast();
        }
        return false;
    }
}
