package io.plumbline.runtime.loop;

import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.port.Ticker;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The wait before a deployment's next attempt. It begins at the first call. After a restart of the
 * agent it begins again, with the length in the ledger. One thread only.
 */
public final class RetryWait {
    private final Ticker ticker;
    private String of = "";
    private long end;

    public RetryWait(Ticker ticker) {
        this.ticker = ticker;
    }

    /** Whether a wait is over; false if there is none. */
    public boolean over(@Nullable DeploymentRecord d) {
        return begun(d) && ticker.nanos() - end >= 0;
    }

    /** Returns the rest of the wait, not negative. */
    public Duration left(@Nullable DeploymentRecord d) {
        return begun(d) ? Duration.ofNanos(Math.max(0, end - ticker.nanos())) : Duration.ZERO;
    }

    /** Ends the wait, because an operator asks for a retry. */
    public void cut(@Nullable DeploymentRecord d) {
        if (begun(d)) {
            end = ticker.nanos();
        }
    }

    private boolean begun(@Nullable DeploymentRecord d) {
        if (d == null || d.retryIn() == null) {
            return false;
        }
        var wait = d.id() + "/" + d.attempt();
        if (!wait.equals(of)) {
            of = wait;
            end = ticker.nanos() + d.retryIn().toNanos();
        }
        return true;
    }
}
