package io.plumbline.core.workload;

/** The order in which a service's containers are replaced, see invariant 7. */
public enum ReplacementStrategy {
    /** The new container serves before the old one stops. */
    START_FIRST("startFirst"),
    /** The old container stops first, because both need the same host port, volume or device. */
    STOP_FIRST("stopFirst");

    private final String word;

    ReplacementStrategy(String word) {
        this.word = word;
    }

    /** Returns the word in the API's JSON. */
    public String word() {
        return word;
    }
}
