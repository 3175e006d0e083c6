package io.plumbline.engine.docker.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LiveContainerTest {
    private static final CheckResult TIMED_OUT =
            new CheckResult(
                    Instant.EPOCH, -1, "Health check exceeded timeout", 3, Duration.ZERO, false);

    /** Without it an unhealthy container counts as one whose check ran and failed. */
    @Test
    void aContainerThatIsOnlyListedNowKeepsTheCheckThatWasSeenLast() {
        var seen =
                LiveContainer.listed("c1", "shop-web-1", new TreeMap<>(), RunState.RUNNING)
                        .saying("", TIMED_OUT);
        var listed = seen.as("shop-web-1-2", new TreeMap<>(), RunState.RUNNING);
        assertThat(listed.lastCheck()).isEqualTo(TIMED_OUT);
    }
}
