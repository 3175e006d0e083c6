package io.plumbline.manifest;

/** The distribution of a service's replicas to engines. */
public enum Strategy {
    /** {@code replicas} on each chosen engine. The default. */
    EVERYWHERE,
    /**
     * {@code replicas} in total, evenly: the engine with the fewest replicas of the service is
     * next.
     */
    SPREAD,
    /** {@code replicas} in total, on few engines: the fullest engine with enough room is next. */
    BINPACK,
    /**
     * {@code replicas} in total: the engine with the lowest price per hour and enough room is next.
     */
    CHEAPEST,
    /** {@code replicas} in total, all services on one engine; if it is lost, on the next one. */
    FAILOVER;

    /** Whether {@code replicas} counts the containers of all engines together. */
    public boolean total() {
        return this != EVERYWHERE;
    }

    /** Whether an engine with replicas of a service has all {@code replicas} of it. */
    public boolean together() {
        return switch (this) {
            case EVERYWHERE, FAILOVER -> true;
            case SPREAD, BINPACK, CHEAPEST -> false;
        };
    }
}
