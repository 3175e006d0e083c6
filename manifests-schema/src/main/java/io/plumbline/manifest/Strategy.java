package io.plumbline.manifest;

/** How the replicas of services are put onto engines. */
public enum Strategy {
    /** {@code replicas} on each chosen engine. The default. */
    EVERYWHERE,
    /** {@code replicas} in total, evenly: the engine with the fewest of the service is next. */
    SPREAD,
    /** {@code replicas} in total, close together: the fullest engine that has room is next. */
    BINPACK,
    /** {@code replicas} in total, where the engine's price per hour is lowest and there is room. */
    CHEAPEST,
    /** {@code replicas} in total, all services on one engine, the next one when that is lost. */
    FAILOVER;

    /** Whether {@code replicas} counts the containers of all engines together. */
    public boolean total() {
        return this != EVERYWHERE;
    }

    /** Whether all replicas of a service end up on the same engine. */
    public boolean together() {
        return switch (this) {
            case EVERYWHERE, FAILOVER -> true;
            case SPREAD, BINPACK, CHEAPEST -> false;
        };
    }
}
