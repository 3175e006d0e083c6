package io.plumbline.port;

import io.plumbline.api.Caller;
import io.plumbline.core.webhook.WebhookDelivery;
import io.plumbline.core.webhook.WebhookRejection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The handling of webhook deliveries behind the endpoint. {@link #accepted}, {@link #hint} and
 * {@link #refused} return at once: their record is kept in memory and written soon after.
 */
public interface Webhooks {

    /**
     * Records an accepted delivery; its repository is fetched soon, unless it is a ping.
     *
     * @return the id of its record; the same id for a repeated delivery
     */
    String accepted(Arrival arrival, boolean ping);

    /**
     * Handles an accepted delivery that exceeds the limit of records; its repository is fetched.
     */
    void hint(String repository);

    /** Records a refused delivery. */
    void refused(Arrival arrival, WebhookRejection why);

    /** Returns records, newest first; {@code repository} null for all. */
    List<WebhookDelivery> deliveries(@Nullable String repository, int limit);

    /**
     * Fetches a delivery's repository once more, as if it had arrived again.
     *
     * @param id of its record
     * @throws PlumblineException {@code MISSING} if there is no such record or repository
     */
    Replayed replay(String id, Caller caller);

    /**
     * The properties of a delivery; text of the sender is cleaned.
     *
     * @param repository name in the address
     * @param provider word of the provider, empty if the repository has no webhook
     * @param event the host's word
     * @param hostId the host's id of the delivery
     * @param from the sender's address
     */
    record Arrival(String repository, String provider, String event, String hostId, String from) {}

    /**
     * The answer to a replay.
     *
     * @param reply for display
     * @param delivery id of the new record; null if there is none
     */
    record Replayed(Control.Reply reply, @Nullable String delivery) {}
}
