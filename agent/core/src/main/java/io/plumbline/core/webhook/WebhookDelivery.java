package io.plumbline.core.webhook;

import java.time.Instant;
import java.util.Optional;

/**
 * The record of a delivery, for display. All text of the sender is cleaned ({@link HeaderText}).
 *
 * @param number rising
 * @param repository the repository in the path
 * @param provider word of {@link Provider}; empty if the repository has no webhook
 * @param event in the host's word, empty if it sent none
 * @param hostId the host's id of the delivery, empty if it sent none
 * @param from the sender's address
 * @param at when it first came
 * @param lastAt when it last came
 * @param times how often it came
 * @param result the result
 * @param commit the head of the branch after the fetch that it caused; empty before
 * @param reason why it was refused or why the fetch failed; else empty
 */
public record WebhookDelivery(
        long number,
        String repository,
        String provider,
        String event,
        String hostId,
        String from,
        Instant at,
        Instant lastAt,
        int times,
        Result result,
        String commit,
        String reason) {

    /** The result of a delivery. */
    public enum Result {
        /** The fetch that it requested has not ended. */
        WAITING("waiting"),
        /** The fetch, or one that followed it, found another commit than the known head. */
        FOUND("found"),
        /** The head was known already, also to the fetches that followed. */
        NOTHING_NEW("nothingNew"),
        /** The repository could not be read. */
        FAILED("failed"),
        /** It was only a connection test; it caused no fetch. */
        PING("ping"),
        /** It was refused. */
        REFUSED("refused");

        private final String word;

        Result(String word) {
            this.word = word;
        }

        /** Returns the word in the API. */
        public String word() {
            return word;
        }

        /** Returns the result with this word. */
        public static Optional<Result> of(String word) {
            for (var r : values()) {
                if (r.word.equals(word)) {
                    return Optional.of(r);
                }
            }
            return Optional.empty();
        }
    }

    /** Returns the id for display, {@code d42}. */
    public String id() {
        return "d" + number;
    }

    /** Whether it was accepted. */
    public boolean accepted() {
        return result != Result.REFUSED;
    }

    /** Returns the record after the delivery came once more. */
    public WebhookDelivery again(Instant now) {
        return new WebhookDelivery(
                number,
                repository,
                provider,
                event,
                hostId,
                from,
                at,
                now,
                times == Integer.MAX_VALUE ? times : times + 1,
                result,
                commit,
                reason);
    }

    /** Returns the record with a result. */
    public WebhookDelivery with(Result found, String head, String why) {
        return new WebhookDelivery(
                number,
                repository,
                provider,
                event,
                hostId,
                from,
                at,
                lastAt,
                times,
                found,
                head,
                why);
    }
}
