package io.plumbline.manifest;

import java.time.Duration;
import java.util.List;

/** The health check of a service. */
public sealed interface Healthcheck {

    /** {@code healthcheck: none}: no check; the image's own check is turned off, too. */
    record None() implements Healthcheck {}

    /**
     * A check that the engine runs.
     *
     * @param test the test
     * @param interval time between two runs; default 30 s
     * @param timeout limit of one run; default 5 s
     * @param retries number of consecutive failures after which the container is unhealthy; default
     *     3
     * @param startPeriod time after the start in which failures do not count; default 0 s
     */
    record Check(Test test, Duration interval, Duration timeout, int retries, Duration startPeriod)
            implements Healthcheck {}

    /** The test of a check. */
    sealed interface Test {}

    /**
     * A command in the container; exit 0 is healthy.
     *
     * @param command program and arguments, no shell
     */
    record Exec(List<String> command) implements Test {}

    /**
     * An HTTP GET inside the container; 2xx and 3xx are healthy.
     *
     * @param port 1 to 65535
     * @param path begins with a slash
     */
    record Http(int port, String path) implements Test {}

    /**
     * A TCP connection inside the container.
     *
     * @param port 1 to 65535
     */
    record Tcp(int port) implements Test {}
}
