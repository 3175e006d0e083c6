package io.plumbline.engine.docker.observe;

/**
 * The slots for units of actions on one engine. Each pipeline may always run one unit, so that no
 * pipeline waits for another one. Each further unit of a pipeline needs a slot, and all pipelines
 * share the slots. So an engine runs at most as many units as it has pipelines with work, and
 * {@code parallelism - 1} more. Safe for several threads.
 */
public final class ActionSlots {
    /** The parallelism if the configuration does not set it. */
    public static final int DEFAULT = 8;

    private final int parallelism;
    private final PullSlots pulls = new PullSlots();
    private int taken;

    /**
     * Creates the slots of an engine.
     *
     * @param parallelism how many units a pipeline runs at the same time at most; from 1
     */
    public ActionSlots(int parallelism) {
        this.parallelism = parallelism;
    }

    /** Returns how many units a pipeline runs at the same time at most. */
    public int parallelism() {
        return parallelism;
    }

    /** Returns the order of pulls, which need no slot. */
    public PullSlots pulls() {
        return pulls;
    }

    /** Takes a slot; false if none is free. */
    public synchronized boolean tryTake() {
        boolean free = taken < parallelism - 1;
        taken += free ? 1 : 0;
        return free;
    }

    /** Gives a slot back. */
    public synchronized void giveBack() {
        taken--;
    }
}
