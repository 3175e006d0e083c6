package io.plumbline.testkit;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/**
 * How long a test waits for what must come: as long as no machine takes, however busy. Its only
 * purpose is to end a test that hangs; how long something takes is measured by {@code
 * scripts/bench}.
 */
public final class Patience {
    /** Ends a test that hangs. */
    public static final Duration LONG = Duration.ofMinutes(1);

    private Patience() {}

    /** Waits for a condition at most {@link #LONG}. */
    public static ConditionFactory await() {
        return Awaitility.await().atMost(LONG);
    }
}
