package io.plumbline.runtime;

import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/** Fields of every line that a thread logs: what it works for. */
final class LogFields {
    private static final String TRIGGER = "trigger";

    private LogFields() {}

    /** For the thread of a repository. */
    static void repository(String name) {
        MDC.put("repository", name);
    }

    /** For the thread of an engine. */
    static void engine(String name) {
        MDC.put("engine", name);
    }

    /** For the thread of a pipeline. */
    static void pipeline(String name, String repository) {
        MDC.put("pipeline", name);
        repository(repository);
        trigger(Cause.START);
    }

    /** For the thread of a pipeline on one engine. */
    static void lane(String pipeline, String repository, String engine) {
        pipeline(pipeline, repository);
        engine(engine);
    }

    /** What set off what this thread does from now on. */
    static void trigger(Cause cause) {
        MDC.put(TRIGGER, cause.word());
    }

    /** What set off what this thread does; null if that is not known. */
    static @Nullable Cause trigger() {
        var word = MDC.get(TRIGGER);
        return word == null ? null : Cause.parse(word);
    }

    /** Does something as set off by that; null if it is not known. */
    static void triggered(@Nullable Cause cause, Runnable work) {
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
