package io.plumbline.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.webhook.WebhookDelivery;
import io.plumbline.core.webhook.WebhookDelivery.Result;
import io.plumbline.port.Deliveries;
import java.time.Instant;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link Deliveries} must do. */
public abstract class DeliveriesContract {
    private static final Instant AT = Instant.parse("2026-01-02T03:04:05.678901234Z");

    private Deliveries deliveries;

    /** One that has nothing. */
    protected abstract Deliveries open();

    /** The same after the agent was stopped. */
    protected abstract Deliveries reopen();

    @BeforeEach
    void begin() {
        deliveries = open();
    }

    private static WebhookDelivery delivery(long number, String repository, Result result) {
        return new WebhookDelivery(
                number,
                repository,
                "github",
                "push",
                "72d3162e-" + number,
                "203.0.113.7",
                AT,
                AT.plusNanos(1),
                2,
                result,
                "c0ffee",
                "it's \"so\"");
    }

    private List<Long> numbers() {
        return deliveries.load().stream().map(WebhookDelivery::number).toList();
    }

    private static List<Long> range(long from, long to) {
        return LongStream.rangeClosed(from, to).boxed().toList();
    }

    @Test
    void hasNothingAtFirst() {
        assertThat(deliveries.load()).isEmpty();
    }

    @Test
    void keepsEveryFieldOverARestart() {
        var all = new java.util.ArrayList<WebhookDelivery>();
        for (var result : Result.values()) {
            all.add(delivery(all.size() + 1L, "ml", result));
        }
        deliveries.save(all);
        assertThat(reopen().load()).isEqualTo(all);
    }

    @Test
    void aChangedRecordTakesThePlaceOfTheOldOne() {
        deliveries.save(List.of(delivery(1, "ml", Result.WAITING), delivery(2, "ml", Result.PING)));
        var settled = delivery(1, "ml", Result.FOUND);
        deliveries.save(List.of(settled));
        assertThat(deliveries.load()).containsExactly(settled, delivery(2, "ml", Result.PING));
    }

    @Test
    void theOldestOfARepositoryGo() {
        int most = Deliveries.ACCEPTED;
        for (long n = 1; n <= most + 3; n++) {
            deliveries.save(List.of(delivery(n, "ml", Result.FOUND)));
        }
        assertThat(numbers()).isEqualTo(range(4, most + 3));
    }

    @Test
    void refusedOnesPushOutNoAcceptedOnesAndNoRepositoryAnother() {
        deliveries.save(
                List.of(delivery(1, "ml", Result.FOUND), delivery(2, "web", Result.NOTHING_NEW)));
        int most = Deliveries.REFUSED;
        deliveries.save(
                LongStream.rangeClosed(3, most + 12)
                        .mapToObj(n -> delivery(n, "stranger" + n, Result.REFUSED))
                        .toList());
        deliveries.save(
                LongStream.rangeClosed(1000, 1000 + Deliveries.ACCEPTED)
                        .mapToObj(n -> delivery(n, "web", Result.FOUND))
                        .toList());
        assertThat(numbers()).contains(1L).doesNotContain(2L, 12L, 1000L).contains(13L, 1001L);
        assertThat(numbers()).hasSize(1 + most + Deliveries.ACCEPTED);
    }
}
