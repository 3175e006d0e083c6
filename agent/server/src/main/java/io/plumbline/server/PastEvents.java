package io.plumbline.server;

import io.plumbline.core.access.Permission;
import io.plumbline.core.access.Principal;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.port.Control;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the events on record page by page until enough of them pass a filter. */
final class PastEvents {
    private static final int PAGE = 1000;

    private final Control control;

    PastEvents(Control control) {
        this.control = control;
    }

    /**
     * Which events the caller asks for and may view. Events without a pipeline need the permission
     * on all pipelines.
     *
     * @param pipeline null for all
     * @param deployment null for all
     * @param types empty for all
     */
    record Filter(
            Principal principal,
            @Nullable String pipeline,
            @Nullable String deployment,
            Instant since,
            Set<String> types) {

        /** All events of a pipeline, or of all pipelines. */
        static Filter of(Principal principal, @Nullable String pipeline) {
            return new Filter(principal, pipeline, null, Instant.MIN, Set.of());
        }

        List<PipelineEvent> of(List<PipelineEvent> events) {
            return events.stream().filter(this::accepts).toList();
        }

        private boolean accepts(PipelineEvent e) {
            return !e.at().isBefore(since)
                    && (types.isEmpty() || types.contains(e.type()))
                    && (deployment == null || deployment.equals(e.deployment()))
                    && (e.pipeline().isEmpty()
                            ? principal.mayOnAll(Permission.VIEW)
                            : principal.may(Permission.VIEW, e.pipeline()));
        }
    }

    /** Returns the newest {@code limit} events that pass, in rising order. */
    List<PipelineEvent> newest(Filter filter, int limit) {
        var found = new ArrayDeque<PipelineEvent>();
        long before = Long.MAX_VALUE;
        // Without a selection one page of this size is enough; with one the pages grow.
        for (int size = Math.min(limit, PAGE); found.size() < limit; size = PAGE) {
            var page = control.lastEvents(filter.pipeline, before, size);
            for (var e : filter.of(page).reversed()) {
                if (found.size() < limit) {
                    found.addFirst(e);
                }
            }
            if (page.size() < size || page.stream().allMatch(e -> e.at().isBefore(filter.since))) {
                break;
            }
            before = page.getFirst().seq();
        }
        return List.copyOf(found);
    }

    /** Returns the first {@code limit} events that pass and have a larger sequence number. */
    List<PipelineEvent> after(Filter filter, long after, int limit) {
        var found = new ArrayList<PipelineEvent>();
        long cursor = after;
        while (found.size() < limit) {
            var page = control.events(filter.pipeline, cursor, PAGE);
            filter.of(page).stream().limit(limit - found.size()).forEach(found::add);
            if (page.size() < PAGE) {
                break;
            }
            cursor = page.getLast().seq();
        }
        return found;
    }
}
