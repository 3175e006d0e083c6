package io.plumbline.port;

import io.plumbline.core.webhook.Delivery;
import java.util.Collection;
import java.util.List;

/** Where the records of webhook deliveries are kept over a restart; they are for people only. */
public interface Deliveries {

    /** Accepted ones that are kept of each repository. */
    int ACCEPTED = 500;

    /** Refused ones that are kept of all. */
    int REFUSED = 200;

    /** All that are kept, in rising order. */
    List<Delivery> load();

    /**
     * Writes records by their number, new or changed, all or none, and lets go of the oldest above
     * {@link #ACCEPTED} and {@link #REFUSED}: refused ones never push out accepted ones.
     *
     * @throws PlumblineException {@code TRANSIENT} when they cannot be written
     */
    void save(Collection<Delivery> records);
}
