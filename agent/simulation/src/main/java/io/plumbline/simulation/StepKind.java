package io.plumbline.simulation;

/** What can happen in a step; the weight says how often it does. */
enum StepKind {
    PASS(60),
    COMMIT_GOOD(14),
    COMMIT_BAD(10),
    COMMIT_OLD(3),
    ROLLBACK(3),
    PAUSE(2),
    RESUME(4),
    RETRY(2),
    RESTART(2),
    SYNC(5),
    CONTAINER_KILLED(4),
    CONTAINER_STOPPED(2),
    CONTAINER_REMOVED(3),
    CONTAINER_UPDATED(2),
    CONTAINER_DISCONNECTED(2),
    CONTAINER_PAUSED(1),
    CONTAINER_HANGS(3),
    CHECK_HANGS(3),
    ENDPOINT_LOST(3),
    NETWORK_REMOVED(1),
    CALLS_REFUSED(4),
    CALLS_TIME_OUT(2),
    CALLS_LATE(3),
    ANSWERS_LOST(4),
    CALLS_HALF_DONE(3),
    ENGINE_AWAY(2),
    ENGINE_BACK(3),
    HOST_RESTARTED(1),
    HOST_OVERLOADED(2),
    HOST_RELIEVED(4),
    EVENTS_LOST(1),
    REGISTRY_DOWN(2),
    REGISTRY_UP(3),
    REMOTE_DOWN(2),
    REMOTE_UP(3),
    SECRET_ROTATED(2),
    AGENT_KILLED(4),
    AGENT_DIES_SOON(3),
    LEDGER_LOST(1),
    LEDGER_WRITE_FAILS(3),
    LEDGER_FULL(1),
    LEDGER_HAS_ROOM(4),
    WEBHOOK(4),
    CLOCK_JUMPS(1);

    private final int weight;

    StepKind(int weight) {
        this.weight = weight;
    }

    int weight() {
        return weight;
    }
}
