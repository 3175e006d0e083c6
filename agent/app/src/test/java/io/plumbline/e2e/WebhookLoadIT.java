package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * While strangers post, too, every delivery of an honest host is accepted, and nothing is kept of
 * them. How long a delivery takes meanwhile is measured by {@code scripts/bench webhooks}.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class WebhookLoadIT extends WebhookCrowd {
    private static final int DELIVERIES = 100;

    /** Slower than a repository may deliver. */
    private static final Duration PACE = Duration.ofMillis(40);

    /** At least so many deliveries, and until that is so. */
    private static void deliver(String repository, BooleanSupplier enough) throws IOException {
        var address = address();
        var host = new HookSender(agent, repository, address);
        for (int i = 0; i < DELIVERIES || !enough.getAsBoolean(); i++) {
            var answer = host.push(address + "-" + i);
            assertThat(answer.status()).as("delivery %d: %s", i, answer.text()).isEqualTo(202);
            LockSupport.parkNanos(PACE.toNanos());
        }
    }

    @Test
    @Order(1)
    void aThousandPostsOfAMebibyteAreNoMatterToOthers() throws Exception {
        var flood = new Flood(STRANGERS);
        deliver("flood", () -> flood.posts.get() >= STRANGERS);
        flood.end();
        isFlat("after the flood", MOST_GROWTH);
    }

    @Test
    @Order(2)
    void aThousandHalfSentBodiesAreNotKept() throws Exception {
        halfSent(() -> isFlat("with a thousand bodies under way", MOST_UNDER_WAY));
    }

    @Test
    @Order(3)
    void fiveHundredThatSayNothingAreNoMatterEither() throws Exception {
        slow(
                () -> {
                    deliver("loris", () -> true);
                    isFlat("with five hundred slow senders", MOST_GROWTH);
                });
    }
}
