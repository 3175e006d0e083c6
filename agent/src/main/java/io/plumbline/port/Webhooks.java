package io.plumbline.port;

import io.plumbline.api.Caller;
import io.plumbline.core.webhook.Delivery;
import io.plumbline.core.webhook.Refusal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What stands behind the webhooks' door. {@link #accepted}, {@link #hint} and {@link #refused}
 * return at once: they keep their record in memory, it is written soon after.
 */
public interface Webhooks {

    /**
     * A delivery was believed: its repository is looked at soon, unless it is a ping.
     *
     * @return the id of its record; the same again for a delivery that came before
     */
    String accepted(Arrival arrival, boolean ping);

    /** A delivery was believed that is one too many to be recorded: its repository is looked at. */
    void hint(String repository);

    /** A delivery was not believed. */
    void refused(Arrival arrival, Refusal why);

    /** Records, newest first; {@code repository} null for all. */
    List<Delivery> deliveries(@Nullable String repository, int limit);

    /**
     * Looks at a delivery's repository once more, as if it had come again.
     *
     * @param id of its record
     * @throws PlumblineException {@code MISSING} when there is no such record or repository
     */
    Replayed replay(String id, Caller caller);

    /**
     * What the door knows of a delivery; text of the sender's is cleaned.
     *
     * @param repository that the address named
     * @param provider word of the provider, empty where the repository has no webhook
     * @param event in the host's word
     * @param hostId the host's id of it
     * @param from address it came from
     */
    record Arrival(String repository, String provider, String event, String hostId, String from) {}

    /**
     * The answer to a replay.
     *
     * @param reply for people
     * @param delivery id of the record that it made; null where it made none
     */
    record Replayed(Control.Reply reply, @Nullable String delivery) {}
}
