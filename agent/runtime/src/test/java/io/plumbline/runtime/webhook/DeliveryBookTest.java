package io.plumbline.runtime.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.webhook.WebhookDelivery;
import io.plumbline.core.webhook.WebhookDelivery.Result;
import io.plumbline.core.webhook.WebhookRejection;
import io.plumbline.port.Deliveries;
import io.plumbline.port.Webhooks.Arrival;
import io.plumbline.runtime.git.RepositoryView;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

public class DeliveryBookTest {
    private static final Instant AT = Instant.parse("2026-01-02T03:04:05Z");

    private final DeliveryBook book = new DeliveryBook(List.of());

    private static Arrival arrival(String repository, String hostId) {
        return new Arrival(repository, "github", "push", hostId, "203.0.113.7");
    }

    private static Arrival stranger(String from) {
        return new Arrival("nope", "", "", "", from);
    }

    public static RepositoryView view(@Nullable String commit, boolean reachable, String problem) {
        return new RepositoryView(
                "ml",
                commit,
                problem,
                reachable,
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(),
                Map.of());
    }

    private WebhookDelivery accept(String hostId) {
        return book.accept(arrival("ml", hostId), false, "old", AT).delivery();
    }

    private WebhookDelivery only() {
        var all = book.newest(null, 10);
        assertThat(all).hasSize(1);
        return all.getFirst();
    }

    @Test
    void aLookThatFindsAnotherCommitIsWhatTheDeliveryLedTo() {
        var d = accept("a");
        assertThat(book.waiting("ml")).containsExactly(d.number());
        book.settle("ml", book.waiting("ml"), view("new", true, ""), false);
        assertThat(only().result()).isEqualTo(Result.FOUND);
        assertThat(only().commit()).isEqualTo("new");
        assertThat(book.waiting("ml")).isEmpty();
    }

    @Test
    void aHeadThatWasKnownIsNothingNew() {
        accept("a");
        book.settle("ml", book.waiting("ml"), view("old", true, ""), false);
        assertThat(only().result()).isEqualTo(Result.NOTHING_NEW);
        assertThat(only().commit()).isEqualTo("old");
    }

    @Test
    void aLaterLookThatFindsAnotherCommitIsWhatItLedTo() {
        var first = accept("a");
        book.settle("ml", book.waiting("ml"), view("old", true, ""), true);
        assertThat(only().result()).isEqualTo(Result.NOTHING_NEW);
        book.takeChanged(false);
        book.settle("ml", List.of(), view("old", true, ""), true);
        assertThat(book.takeChanged(false)).isEmpty();
        book.settle("ml", List.of(), view("new", true, ""), false);
        assertThat(only().result()).isEqualTo(Result.FOUND);
        assertThat(only().commit()).isEqualTo("new");
        assertThat(book.takeChanged(false))
                .extracting(WebhookDelivery::id)
                .containsExactly(first.id());
    }

    @Test
    void aCommitThatIsFoundLaterThanItsLooksIsNotWhatItLedTo() {
        accept("a");
        book.settle("ml", book.waiting("ml"), view("old", true, ""), true);
        book.settle("ml", List.of(), view("old", true, ""), false);
        var second = book.accept(arrival("ml", "b"), false, "old", AT).delivery();
        book.settle("ml", book.waiting("ml"), view("new", true, ""), false);
        assertThat(book.newest(null, 10))
                .filteredOn(d -> d.result() == Result.FOUND)
                .extracting(WebhookDelivery::id)
                .containsExactly(second.id());
    }

    @Test
    void aLaterLookThatFailsLeavesTheRecord() {
        accept("a");
        book.settle("ml", book.waiting("ml"), view("old", true, ""), true);
        book.settle("ml", List.of(), view("old", false, "refused"), false);
        assertThat(only().result()).isEqualTo(Result.NOTHING_NEW);
    }

    @Test
    void aLookThatFailsSaysWhy() {
        accept("a");
        book.settle("ml", book.waiting("ml"), view("old", false, "connection refused"), false);
        assertThat(only().result()).isEqualTo(Result.FAILED);
        assertThat(only().reason()).isEqualTo("connection refused");
    }

    @Test
    void whatComesAgainIsTheSameRecordAndNoSecondLook() {
        var first = accept("a");
        book.settle("ml", book.waiting("ml"), view("new", true, ""), false);
        var again = book.accept(arrival("ml", "a"), false, "new", AT.plusSeconds(5));
        assertThat(again.delivery().id()).isEqualTo(first.id());
        assertThat(again.duplicate()).isTrue();
        assertThat(again.look()).isFalse();
        assertThat(only().times()).isEqualTo(2);
        assertThat(only().lastAt()).isEqualTo(AT.plusSeconds(5));
        assertThat(only().result()).isEqualTo(Result.FOUND);
        assertThat(book.waiting("ml")).isEmpty();
    }

    @Test
    void whatFailedAndComesAgainIsAnotherLook() {
        accept("a");
        book.settle("ml", book.waiting("ml"), view("old", false, "refused"), false);
        assertThat(book.accept(arrival("ml", "a"), false, "old", AT).look()).isTrue();
        book.settle("ml", book.waiting("ml"), view("new", true, ""), false);
        assertThat(only().result()).isEqualTo(Result.FOUND);
        assertThat(only().reason()).isEmpty();
    }

    @Test
    void theSameIdOfTwoRepositoriesAreTwo() {
        accept("a");
        assertThat(book.accept(arrival("web", "a"), false, "", AT).duplicate()).isFalse();
        assertThat(book.newest(null, 10)).hasSize(2);
    }

    @Test
    void deliveriesWithoutAnIdAreNeverTheSame() {
        accept("");
        accept("");
        assertThat(book.newest("ml", 10)).hasSize(2);
        assertThat(book.waiting("ml")).hasSize(2);
    }

    @Test
    void aPingWaitsForNothing() {
        var ping = book.accept(arrival("ml", "p"), true, "old", AT);
        assertThat(ping.look()).isFalse();
        assertThat(only().result()).isEqualTo(Result.PING);
        assertThat(book.waiting("ml")).isEmpty();
    }

    @Test
    void aFloodOfRefusalsIsOneRecord() {
        assertThat(book.refuse(stranger("203.0.113.9"), WebhookRejection.WRONG, AT)).isTrue();
        for (int i = 0; i < 999; i++) {
            assertThat(book.refuse(stranger("203.0.113.9"), WebhookRejection.WRONG, AT)).isFalse();
        }
        assertThat(only().times()).isEqualTo(1000);
        assertThat(only().reason()).isEqualTo(WebhookRejection.WRONG.sentence());
        book.refuse(stranger("203.0.113.9"), WebhookRejection.TOO_LARGE, AT);
        assertThat(book.newest(null, 10)).hasSize(2);
    }

    @Test
    void strangersPushOutStrangersOnly() {
        accept("a");
        for (int i = 0; i < 5000; i++) {
            book.refuse(stranger("10.0." + i / 256 + "." + i % 256), WebhookRejection.WRONG, AT);
        }
        assertThat(book.newest("ml", 10)).hasSize(1);
        assertThat(book.newest(null, 10_000)).hasSize(1 + Deliveries.REFUSED);
        assertThat(book.takeChanged(true)).hasSize(1 + Deliveries.REFUSED);
    }

    @Test
    void theOldestOfARepositoryAreForgottenWithTheirIds() {
        accept("first");
        for (int i = 0; i < Deliveries.ACCEPTED; i++) {
            accept("id" + i);
        }
        assertThat(book.newest("ml", 10_000)).hasSize(Deliveries.ACCEPTED);
        assertThat(book.waiting("ml")).hasSize(Deliveries.ACCEPTED);
        assertThat(book.accept(arrival("ml", "first"), false, "", AT).duplicate()).isFalse();
    }

    @Test
    void whatChangedIsTakenOnceAndRefusalsOnlyWhereAskedFor() {
        accept("a");
        book.refuse(stranger("203.0.113.9"), WebhookRejection.WRONG, AT);
        assertThat(book.takeChanged(false)).hasSize(1);
        assertThat(book.takeChanged(false)).isEmpty();
        var refused = book.takeChanged(true);
        assertThat(refused).hasSize(1);
        assertThat(book.takeChanged(true)).isEmpty();
        book.putBack(refused);
        book.refuse(stranger("203.0.113.9"), WebhookRejection.WRONG, AT);
        assertThat(book.takeChanged(true)).extracting(WebhookDelivery::times).containsExactly(2);
    }

    @Test
    void whatIsPutBackDoesNotHideWhatCameAfter() {
        accept("a");
        var unwritten = book.takeChanged(false);
        book.settle("ml", book.waiting("ml"), view("new", true, ""), false);
        book.putBack(unwritten);
        assertThat(book.takeChanged(false))
                .extracting(WebhookDelivery::result)
                .containsExactly(Result.FOUND);
    }

    @Test
    void afterARestartWhatWaitedStillWaitsAndNumbersGoOn() {
        var waits = accept("a");
        book.refuse(stranger("203.0.113.9"), WebhookRejection.WRONG, AT);
        var after = new DeliveryBook(book.newest(null, 10).reversed());
        assertThat(after.waiting("ml")).containsExactly(waits.number());
        assertThat(after.accept(arrival("ml", "a"), false, "", AT).duplicate()).isTrue();
        assertThat(after.accept(arrival("ml", "b"), false, "", AT).delivery().number())
                .isEqualTo(3);
        after.refuse(stranger("203.0.113.9"), WebhookRejection.WRONG, AT);
        assertThat(after.newest("nope", 10)).extracting(WebhookDelivery::times).containsExactly(2);
    }
}
