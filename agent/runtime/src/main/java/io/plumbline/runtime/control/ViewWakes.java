package io.plumbline.runtime.control;

import io.plumbline.port.Cause;
import io.plumbline.port.Tasks;
import io.plumbline.runtime.git.RepositoryView;
import io.plumbline.runtime.loop.LogFields;
import io.plumbline.runtime.pipeline.PipelineWorker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The wake-ups of pipelines after a repository was read. Pipelines that the commit changed are
 * woken at once. Those for which only the commit changed are woken {@link #UNCHANGED_LATER} later,
 * so that the changed ones do not wait for ledger and processors behind all others.
 */
final class ViewWakes {
    /** When a pipeline is woken for which only the commit changed. */
    static final Duration UNCHANGED_LATER = Duration.ofMillis(250);

    private final Tasks tasks;
    private final Collection<PipelineWorker> workers;

    /**
     * Creates the wake-ups.
     *
     * @param workers all pipelines of the agent, a live view
     */
    ViewWakes(Tasks tasks, Collection<PipelineWorker> workers) {
        this.tasks = tasks;
        this.workers = workers;
    }

    /** Wakes the pipelines that are, or could be, those of a repository that was read again. */
    void wake(RepositoryView before, RepositoryView now) {
        var why = LogFields.trigger();
        var unchanged = new ArrayList<PipelineWorker>();
        for (var worker : workers) {
            var name = worker.pipeline();
            boolean its = worker.repositoryName().equals(now.repository());
            if (its && now.leaves(name, before)) {
                unchanged.add(worker);
            } else if (its || now.pipelines().containsKey(name)) {
                worker.hint(why);
            }
        }
        if (!unchanged.isEmpty()) {
            var _ =
                    tasks.start(
                            "wake-" + now.repository(), () -> later(List.copyOf(unchanged), why));
        }
    }

    private void later(List<PipelineWorker> unchanged, @Nullable Cause why) {
        try {
            tasks.sleep(UNCHANGED_LATER);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        unchanged.forEach(w -> w.hint(why));
    }
}
