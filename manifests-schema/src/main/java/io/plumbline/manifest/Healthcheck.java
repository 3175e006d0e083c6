package io.plumbline.manifest;

import java.time.Duration;
import java.util.List;

/** How a service's health is judged. */
public sealed interface Healthcheck {

    /** {@code healthcheck: none}: also turns the image's own off. */
    record None() implements Healthcheck {}

    /**
     * A test that the engine runs.
     *
     * @param test what is run
     * @param interval between two runs; default 30 s
     * @param timeout of one run; default 5 s
     * @param retries failures in a row that make unhealthy; default 3
     * @param startPeriod failures within it do not count; default 0 s
     */
    record Check(Test test, Duration interval, Duration timeout, int retries, Duration startPeriod)
            implements Healthcheck {}

    /** What a check runs. */
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
