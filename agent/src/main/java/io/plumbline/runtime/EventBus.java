package io.plumbline.runtime;

import io.plumbline.core.rollout.PipelineEvent;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells subscribers what was written to the ledger, in its order. */
final class EventBus {
    private static final Logger LOG = LoggerFactory.getLogger("io.plumbline.events");

    private final CopyOnWriteArrayList<Consumer<PipelineEvent>> subscribers =
            new CopyOnWriteArrayList<>();

    AutoCloseable subscribe(Consumer<PipelineEvent> subscriber) {
        subscribers.add(subscriber);
        return () -> subscribers.remove(subscriber);
    }

    void publish(List<PipelineEvent> events) {
        for (var e : events) {
            LOG.info(
                    "pipeline={} deployment={} {}{} {}",
                    e.pipeline(),
                    e.deployment(),
                    e.type(),
                    e.service().isEmpty() ? "" : " service=" + e.service(),
                    e.reason());
            for (var s : subscribers) {
                s.accept(e);
            }
        }
    }
}
