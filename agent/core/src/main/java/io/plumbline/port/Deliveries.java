package io.plumbline.port;

import io.plumbline.core.webhook.WebhookDelivery;
import java.util.Collection;
import java.util.List;

/** The store of webhook deliveries, so that they survive a restart; they are for display only. */
public interface Deliveries {

    /** Number of accepted deliveries that are kept for each repository. */
    int ACCEPTED = 500;

    /** Number of refused deliveries that are kept in total. */
    int REFUSED = 200;

    /** Returns all kept deliveries, in rising order. */
    List<WebhookDelivery> load();

    /**
     * Writes new or changed records by their number, all or none. Removes the oldest above {@link
     * #ACCEPTED} and {@link #REFUSED}: refused ones never displace accepted ones.
     *
     * @throws PlumblineException {@code TRANSIENT} if they cannot be written
     */
    void save(Collection<WebhookDelivery> records);
}
