package io.plumbline.port;

/** Which containers of a service have the log that is asked for. */
public sealed interface LogChoice {

    /** Those of the release that runs or is being deployed. */
    record Current() implements LogChoice {}

    /**
     * Those of one release.
     *
     * @param release its id, a commit, or the beginning of one
     */
    record OfRelease(String release) implements LogChoice {}

    /** Those of the release that failed last. */
    record Failed() implements LogChoice {}

    /** Those that ran before the current ones, of a failed release or one that was replaced. */
    record Previous() implements LogChoice {}
}
