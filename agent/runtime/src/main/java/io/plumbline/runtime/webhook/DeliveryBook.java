package io.plumbline.runtime.webhook;

import io.plumbline.core.webhook.WebhookDelivery;
import io.plumbline.core.webhook.WebhookDelivery.Result;
import io.plumbline.core.webhook.WebhookRejection;
import io.plumbline.port.Deliveries;
import io.plumbline.port.Webhooks.Arrival;
import io.plumbline.runtime.git.RepositoryView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The records of webhook deliveries in memory, from which queries are answered. The book keeps
 * {@link Deliveries#ACCEPTED} accepted deliveries of each repository and {@link Deliveries#REFUSED}
 * refused ones of all. A refusal with the reason and address of an earlier one is only counted
 * there, so a flood is one record. Changed records are kept by number until they are written.
 * Thread-safe.
 */
final class DeliveryBook {
    private final Map<String, Shelf> accepted = new HashMap<>();
    private final LinkedHashMap<Refused, WebhookDelivery> refused = new LinkedHashMap<>();
    private final TreeMap<Long, WebhookDelivery> changedAccepted = new TreeMap<>();
    private final TreeMap<Long, WebhookDelivery> changedRefused = new TreeMap<>();
    private long last;

    /** The key of a refusal; refusals with the same key share one record. */
    private record Refused(String repository, String from, String reason) {}

    /** The accepted deliveries of one repository. */
    private static final class Shelf {
        final TreeMap<Long, WebhookDelivery> byNumber = new TreeMap<>();
        final Map<String, Long> byHostId = new HashMap<>();
        final Map<Long, String> waiting = new LinkedHashMap<>();

        /**
         * Deliveries whose fetch found nothing new and is followed by other fetches, with the head
         * at that time.
         */
        final Map<Long, String> followedUp = new LinkedHashMap<>();

        void put(WebhookDelivery d) {
            byNumber.put(d.number(), d);
            if (!d.hostId().isEmpty()) {
                byHostId.put(d.hostId(), d.number());
            }
            while (byNumber.size() > Deliveries.ACCEPTED) {
                var oldest = byNumber.pollFirstEntry().getValue();
                byHostId.remove(oldest.hostId(), oldest.number());
                waiting.remove(oldest.number());
                followedUp.remove(oldest.number());
            }
        }
    }

    /**
     * The record of a delivery, whether it repeats an earlier one, and whether it needs a fetch.
     */
    record Noted(WebhookDelivery delivery, boolean duplicate, boolean look) {}

    /** Creates a book with the stored records. Deliveries that had no fetch yet wait for one. */
    DeliveryBook(List<WebhookDelivery> kept) {
        for (var d : kept) {
            last = Math.max(last, d.number());
            if (d.accepted()) {
                var shelf = shelf(d.repository());
                shelf.put(d);
                if (d.result() == Result.WAITING) {
                    shelf.waiting.put(d.number(), "");
                }
            } else {
                refused.put(new Refused(d.repository(), d.from(), d.reason()), d);
            }
        }
    }

    private Shelf shelf(String repository) {
        return accepted.computeIfAbsent(repository, _ -> new Shelf());
    }

    /**
     * Records an accepted delivery.
     *
     * @param head the branch's head as known now, empty if none is
     */
    synchronized Noted accept(Arrival a, boolean ping, String head, Instant now) {
        var shelf = shelf(a.repository());
        var known = a.hostId().isEmpty() ? null : shelf.byHostId.get(a.hostId());
        var before = known == null ? null : shelf.byNumber.get(known);
        if (before != null) {
            // The host sends a failed delivery again, so it gets another fetch.
            boolean look = before.result() == Result.FAILED;
            var again = before.again(now);
            if (look) {
                again = again.with(Result.WAITING, "", "");
                shelf.waiting.put(again.number(), head);
            }
            shelf.byNumber.put(again.number(), again);
            changedAccepted.put(again.number(), again);
            return new Noted(again, true, look);
        }
        var fresh = made(a, ping ? Result.PING : Result.WAITING, "", now);
        shelf.put(fresh);
        if (!ping) {
            shelf.waiting.put(fresh.number(), head);
        }
        changedAccepted.put(fresh.number(), fresh);
        return new Noted(fresh, false, !ping);
    }

    private WebhookDelivery made(Arrival a, Result result, String reason, Instant now) {
        return new WebhookDelivery(
                ++last,
                a.repository(),
                a.provider(),
                a.event(),
                a.hostId(),
                a.from(),
                now,
                now,
                1,
                result,
                "",
                reason);
    }

    /** Records a refused delivery; returns whether it is the first with this reason and address. */
    synchronized boolean refuse(Arrival a, WebhookRejection why, Instant now) {
        var key = new Refused(a.repository(), a.from(), why.sentence());
        var before = refused.remove(key);
        var record =
                before == null ? made(a, Result.REFUSED, why.sentence(), now) : before.again(now);
        refused.put(key, record);
        changedRefused.put(record.number(), record);
        while (refused.size() > Deliveries.REFUSED) {
            var oldest = refused.pollFirstEntry().getValue();
            changedRefused.remove(oldest.number());
        }
        return before == null;
    }

    /** Returns the numbers of the deliveries that wait for a fetch that has not begun. */
    synchronized List<Long> waiting(String repository) {
        var shelf = accepted.get(repository);
        return shelf == null ? List.of() : List.copyOf(shelf.waiting.keySet());
    }

    /**
     * Records the result of the fetch that these deliveries waited for. A fetch that finds another
     * commit is also the result of earlier deliveries whose fetches it follows.
     *
     * @param more whether more fetches follow this one without another hint
     */
    synchronized void settle(
            String repository, Collection<Long> numbers, RepositoryView view, boolean more) {
        var shelf = shelf(repository);
        var head = view.commit() == null ? "" : view.commit();
        followUp(shelf, head, view);
        for (var number : numbers) {
            var before = shelf.waiting.remove(number);
            var record = shelf.byNumber.get(number);
            if (before != null && record != null) {
                var settled = settled(record, before, head, view);
                shelf.byNumber.put(number, settled);
                changedAccepted.put(number, settled);
                if (settled.result() == Result.NOTHING_NEW) {
                    shelf.followedUp.put(number, head);
                }
            }
        }
        if (!more) {
            shelf.followedUp.clear();
        }
    }

    private void followUp(Shelf shelf, String head, RepositoryView view) {
        if (!view.reachable() || head.isEmpty()) {
            return;
        }
        for (var number : List.copyOf(shelf.followedUp.keySet())) {
            var record = shelf.byNumber.get(number);
            if (record != null && !head.equals(shelf.followedUp.get(number))) {
                var found = record.with(Result.FOUND, head, view.problem());
                shelf.byNumber.put(number, found);
                changedAccepted.put(number, found);
                shelf.followedUp.remove(number);
            }
        }
    }

    private static WebhookDelivery settled(
            WebhookDelivery record, String before, String head, RepositoryView view) {
        if (!view.reachable()) {
            return record.with(Result.FAILED, "", view.problem());
        }
        boolean fresh = !head.isEmpty() && !head.equals(before);
        return record.with(fresh ? Result.FOUND : Result.NOTHING_NEW, head, view.problem());
    }

    /** Returns the records that changed since the last call; refused ones only if requested. */
    synchronized List<WebhookDelivery> takeChanged(boolean withRefused) {
        var out = new ArrayList<>(changedAccepted.values());
        changedAccepted.clear();
        if (withRefused) {
            out.addAll(changedRefused.values());
            changedRefused.clear();
        }
        return out;
    }

    /**
     * Takes back records that could not be written. A newer record of the same number replaces
     * them.
     */
    synchronized void putBack(List<WebhookDelivery> unwritten) {
        for (var d : unwritten) {
            (d.accepted() ? changedAccepted : changedRefused).putIfAbsent(d.number(), d);
        }
        while (changedAccepted.size() > Deliveries.ACCEPTED) {
            changedAccepted.pollFirstEntry();
        }
        while (changedRefused.size() > Deliveries.REFUSED) {
            changedRefused.pollFirstEntry();
        }
    }

    /** Returns the newest records first; {@code repository} is null for all. */
    synchronized List<WebhookDelivery> newest(@Nullable String repository, int limit) {
        var all = new ArrayList<WebhookDelivery>();
        accepted.forEach(
                (name, shelf) -> {
                    if (repository == null || repository.equals(name)) {
                        all.addAll(shelf.byNumber.values());
                    }
                });
        refused.values().stream()
                .filter(d -> repository == null || repository.equals(d.repository()))
                .forEach(all::add);
        return all.stream()
                .sorted(
                        Comparator.comparing(WebhookDelivery::lastAt)
                                .thenComparingLong(WebhookDelivery::number)
                                .reversed())
                .limit(Math.max(0, limit))
                .toList();
    }

    /** Returns the record with this id. */
    synchronized Optional<WebhookDelivery> find(String id) {
        return newest(null, Integer.MAX_VALUE).stream().filter(d -> d.id().equals(id)).findFirst();
    }
}
