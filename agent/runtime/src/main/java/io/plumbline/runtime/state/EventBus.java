package io.plumbline.runtime.state;

import io.plumbline.core.rollout.PipelineEvent;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Logs events of the ledger and passes them to subscribers, in the ledger's order. */
public final class EventBus {
    private static final Logger LOG = LoggerFactory.getLogger("io.plumbline.events");

    private final CopyOnWriteArrayList<Consumer<PipelineEvent>> subscribers =
            new CopyOnWriteArrayList<>();

    public AutoCloseable subscribe(Consumer<PipelineEvent> subscriber) {
        subscribers.add(subscriber);
        return () -> subscribers.remove(subscriber);
    }

    private static void log(PipelineEvent e) {
        if (!LOG.isInfoEnabled()) {
            return;
        }
        // The event's fields replace those of the thread, so that each field is in the line only
        // once.
        var before = MDC.getCopyOfContextMap();
        try {
            field("pipeline", e.pipeline());
            field("deployment", e.deployment());
            field("engine", e.engine());
            field("service", e.service());
            LOG.atInfo().addKeyValue("event", e.type()).log("{}: {}", e.type(), e.reason());
        } finally {
            MDC.setContextMap(before == null ? Map.of() : before);
        }
    }

    private static void field(String key, String value) {
        if (value.isEmpty()) {
            MDC.remove(key);
        } else {
            MDC.put(key, value);
        }
    }

    public void publish(List<PipelineEvent> events) {
        for (var e : events) {
            log(e);
            for (var s : subscribers) {
                s.accept(e);
            }
        }
    }
}
