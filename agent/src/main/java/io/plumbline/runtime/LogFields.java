package io.plumbline.runtime;

import org.slf4j.MDC;

/** Fields of every line that a thread logs: what it works for. */
final class LogFields {
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
    static void pipeline(String name) {
        MDC.put("pipeline", name);
    }

    /** For the thread of a pipeline on one engine. */
    static void lane(String pipeline, String engine) {
        pipeline(pipeline);
        engine(engine);
    }
}
