package io.plumbline.core.plan;

/** In which order a service's containers are replaced, see invariant 7. */
public enum Strategy {
    /** The new one serves before the old one stops. */
    START_FIRST("startFirst"),
    /** The old one stops first: both would fight over a host port, a volume or a device. */
    STOP_FIRST("stopFirst");

    private final String word;

    Strategy(String word) {
        this.word = word;
    }

    /** As the JSON of the API spells it. */
    public String word() {
        return word;
    }
}
