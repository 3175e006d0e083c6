package io.plumbline.port;

/** The choice of a service's containers for their logs. */
public sealed interface LogChoice {

    /** The containers of the release that runs or is being deployed. */
    record Current() implements LogChoice {}

    /**
     * The containers of one release.
     *
     * @param release its id, a commit, or a prefix of one
     */
    record OfRelease(String release) implements LogChoice {}

    /** The containers of the release that failed last. */
    record Failed() implements LogChoice {}

    /**
     * The attempts of a step in one run. The service is the step's name.
     *
     * @param number of the run
     */
    record OfRun(long number) implements LogChoice {}

    /** The containers before the current ones, of a failed or replaced release. */
    record Previous() implements LogChoice {}
}
