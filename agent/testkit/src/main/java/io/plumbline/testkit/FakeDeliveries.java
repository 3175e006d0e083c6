package io.plumbline.testkit;

import io.plumbline.core.webhook.WebhookDelivery;
import io.plumbline.port.Deliveries;
import io.plumbline.port.PlumblineException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Records in memory. */
public final class FakeDeliveries implements Deliveries {
    /** Writing fails with it while it is set. */
    public volatile @Nullable PlumblineException failure;

    /** How often something was written. */
    public volatile int writes;

    private final TreeMap<Long, WebhookDelivery> records = new TreeMap<>();

    @Override
    public synchronized List<WebhookDelivery> load() {
        return List.copyOf(records.values());
    }

    @Override
    public synchronized void save(Collection<WebhookDelivery> changed) {
        var thrown = failure;
        if (thrown != null) {
            throw thrown;
        }
        writes++;
        changed.forEach(d -> records.put(d.number(), d));
        var left = new HashMap<String, Integer>();
        records.descendingMap()
                .values()
                .removeIf(
                        d -> {
                            var place = d.accepted() ? d.repository() : " refused";
                            int most = d.accepted() ? ACCEPTED : REFUSED;
                            return left.merge(place, 1, Integer::sum) > most;
                        });
    }
}
