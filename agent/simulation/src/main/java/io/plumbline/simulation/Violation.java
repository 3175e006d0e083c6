package io.plumbline.simulation;

/**
 * An invariant that did not hold.
 *
 * @param invariant which
 * @param what was seen
 */
record Violation(Invariant invariant, String what) {
    @Override
    public String toString() {
        return invariant + ": " + invariant.sentence() + "\n  " + what;
    }
}
