package io.plumbline.simulation;

import io.plumbline.port.Tasks;
import io.plumbline.port.Ticker;

/** The life of a process: its clock and its threads, which end with it. */
interface Lifetime extends Ticker, Tasks {
    /** From now on no thread of it goes on: what it calls next ends it. */
    void kill();

    boolean dead();

    /** Ends all its threads where they wait. The caller must be of another life. */
    void unwind();
}
