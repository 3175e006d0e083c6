package io.plumbline.simulation;

import io.plumbline.port.Ledger;
import io.plumbline.testkit.FakeCordons;
import io.plumbline.testkit.FakeDeliveries;
import io.plumbline.testkit.FakeGit;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The world around one agent, as its links, its process and the {@link Oracle} see it. */
interface Surroundings {
    /** The engines, in the agent's order. */
    List<SimulatedEngine> sites();

    /** The faults that wait for an engine's next calls. */
    Faults faults(int engine);

    /** How long a call takes beyond what the engine itself takes. */
    Duration latency(String operation);

    FakeGit git();

    Ledger ledger();

    FakeCordons cordons();

    FakeDeliveries deliveries();

    Sources sources();

    Oracle oracle();

    Mutation mutation();

    /** Whether the ledger was lost since the world began. */
    boolean ledgerLost();

    /** Whether the next write of the ledger fails; counts it. */
    boolean ledgerRefuses();

    /** Nanoseconds on a clock that only goes forward. */
    long nanos();

    String secret(String name);

    /** A random number from 0 to {@code bound}, excluded. */
    int chance(int bound);

    /** Adds a line to the history. */
    void note(String line);

    /** The running agent, or the one that ended last; null before the first. */
    @Nullable SimulatedAgent agent();

    /** Something that is not the agent's doing happened on an engine. */
    void disturbed(String engine);

    boolean disturbedWithin(String engine, Duration time);

    /** An engine answered a call of the agent. */
    void answered(String engine);

    /** For how long an engine has answered no call of the agent. */
    Duration silence(String engine);
}
