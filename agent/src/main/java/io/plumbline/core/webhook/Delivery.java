package io.plumbline.core.webhook;

import java.time.Instant;
import java.util.Optional;

/**
 * What is kept of a delivery, for people. All text of the sender's is cleaned ({@link HeaderText}).
 *
 * @param number rising
 * @param repository that the address named
 * @param provider word of {@link Provider}; empty where the repository has no webhook
 * @param event in the host's word, empty if it named none
 * @param hostId the host's id of the delivery, empty if it named none
 * @param from address it came from
 * @param at when it first came
 * @param lastAt when it came last
 * @param times how often it came
 * @param result what came of it
 * @param commit the head of the branch after the look that it led to; empty before
 * @param reason why it was refused or why the look failed; else empty
 */
public record Delivery(
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

    /** What came of a delivery. */
    public enum Result {
        /** The look that it asked for is not over. */
        WAITING("waiting"),
        /** The look, or one that followed it, found another commit than was known when it came. */
        FOUND("found"),
        /** The head was known already, and so it was to the looks that followed. */
        NOTHING_NEW("nothingNew"),
        /** The repository could not be read. */
        FAILED("failed"),
        /** It only tried out the connection; nobody looked. */
        PING("ping"),
        /** It was not believed. */
        REFUSED("refused");

        private final String word;

        Result(String word) {
            this.word = word;
        }

        /** As the API writes it. */
        public String word() {
            return word;
        }

        /** The one with this word. */
        public static Optional<Result> of(String word) {
            for (var r : values()) {
                if (r.word.equals(word)) {
                    return Optional.of(r);
                }
            }
            return Optional.empty();
        }
    }

    /** What people call it, {@code d42}. */
    public String id() {
        return "d" + number;
    }

    /** Whether it was believed. */
    public boolean accepted() {
        return result != Result.REFUSED;
    }

    /** It came once more. */
    public Delivery again(Instant now) {
        return new Delivery(
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

    /** With what came of it. */
    public Delivery with(Result found, String head, String why) {
        return new Delivery(
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
