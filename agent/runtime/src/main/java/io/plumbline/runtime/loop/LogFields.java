package io.plumbline.runtime.loop;

import io.plumbline.port.Cause;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/** The fields of each line that a thread logs. */
public final class LogFields {
    private static final String TRIGGER = "trigger";

    private LogFields() {}

    /** Sets the fields of a repository's thread. */
    public static void repository(String name) {
        MDC.put("repository", name);
    }

    /** Sets the fields of an engine's thread. */
    public static void engine(String name) {
        MDC.put("engine", name);
    }

    /** Sets the fields of a pipeline's thread. */
    public static void pipeline(String name, String repository) {
        MDC.put("pipeline", name);
        repository(repository);
        trigger(Cause.START);
    }

    /** Sets the fields of a pipeline's thread for one engine. */
    public static void engineReconciler(String pipeline, String repository, String engine) {
        pipeline(pipeline, repository);
        engine(engine);
    }

    /** Sets the cause of what the thread does from now on. */
    public static void trigger(Cause cause) {
        MDC.put(TRIGGER, cause.word());
    }

    /** Returns the cause of what the thread does; null if it is not known. */
    public static @Nullable Cause trigger() {
        var word = MDC.get(TRIGGER);
        return word == null ? null : Cause.parse(word);
    }

    /**
     * Runs something with a cause; null if the cause is not known. Afterwards the previous cause is
     * set.
     */
    public static void triggered(@Nullable Cause cause, Runnable work) {
        var before = MDC.get(TRIGGER);
        put(cause == null ? null : cause.word());
        try {
            work.run();
        } finally {
            put(before);
        }
    }

    private static void put(@Nullable String word) {
        if (word == null) {
            MDC.remove(TRIGGER);
        } else {
            MDC.put(TRIGGER, word);
        }
    }
}
