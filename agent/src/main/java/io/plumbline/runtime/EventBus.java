package io.plumbline.runtime;

import io.plumbline.core.rollout.PipelineEvent;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.slf4j.spi.LoggingEventBuilder;

/** Tells subscribers what was written to the ledger, in its order. */
final class EventBus {
    private static final Logger LOG = LoggerFactory.getLogger("io.plumbline.events");

    private final CopyOnWriteArrayList<Consumer<PipelineEvent>> subscribers =
            new CopyOnWriteArrayList<>();

    AutoCloseable subscribe(Consumer<PipelineEvent> subscriber) {
        subscribers.add(subscriber);
        return () -> subscribers.remove(subscriber);
    }

    private static void log(PipelineEvent e) {
        var line = LOG.atInfo();
        line = with(line, "pipeline", e.pipeline());
        line = with(line, "deployment", e.deployment());
        line = with(line, "engine", e.engine());
        line = with(line, "service", e.service());
        line.addKeyValue("event", e.type()).log("{}: {}", e.type(), e.reason());
    }

    /** A field of the line, unless the thread gives it already. */
    private static LoggingEventBuilder with(LoggingEventBuilder line, String key, String value) {
        return value.isEmpty() || value.equals(MDC.get(key)) ? line : line.addKeyValue(key, value);
    }

    void publish(List<PipelineEvent> events) {
        for (var e : events) {
            log(e);
            for (var s : subscribers) {
                s.accept(e);
            }
        }
    }
}
