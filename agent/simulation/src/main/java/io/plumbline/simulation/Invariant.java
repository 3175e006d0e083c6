package io.plumbline.simulation;

/** What must hold in every simulation, in words. */
enum Invariant {
    START_FIRST(
            "The agent stops no healthy replica of a service while fewer others are healthy than"
                    + " the old and the new release both want."),
    ONLY_STABLE_SERVES(
            "At rest only a stable release runs; without one, only the release that Git wants."),
    STABLE_IS_PROVEN("A release whose containers fail never becomes stable."),
    REVERT_TO_STABLE("An automatic revert goes only to a release that was stable."),
    QUARANTINE_WITH_EVIDENCE(
            "A release is quarantined as failed only if its own containers failed."),
    COMES_TO_REST("After the last fault every pipeline comes to the state that Git wants."),
    STATUS_IS_TRUE("Status shows the release, the replicas and the health that the engines show."),
    NOTHING_DOUBLED(
            "No replica of a release runs twice on one engine, and none is left over; what moved to"
                    + " another engine runs twice no longer than the return of the first takes."),
    FAILOVER_ON_SILENCE(
            "Replicas leave an engine only when it has answered nothing for failover.after."),
    NAMES_LEAD_TO_IT(
            "At rest every container that serves is connected, and each service's name leads to its"
                    + " healthy containers."),
    NOTHING_LOST("What an operator was told is accepted survives; so does every stable release."),
    JOURNAL_FIRST("The agent writes each action down before it does it."),
    PAUSE_HOLDS("A paused pipeline is left alone."),
    STABLE_IS_KEPT(
            "The agent removes no container of the newest stable release while another release is"
                    + " on its way, and none of the release that a rollback goes to."),
    ADOPTION_LEAVES_ALONE("A start of the agent by itself restarts no healthy container."),
    THREADS_LIVE("No thread of the agent ends with a failure, and none is busy without end.");

    private final String sentence;

    Invariant(String sentence) {
        this.sentence = sentence;
    }

    String sentence() {
        return sentence;
    }
}
