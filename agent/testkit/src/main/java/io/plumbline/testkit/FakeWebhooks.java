package io.plumbline.testkit;

import io.plumbline.api.Caller;
import io.plumbline.core.FailureKind;
import io.plumbline.core.webhook.WebhookDelivery;
import io.plumbline.core.webhook.WebhookRejection;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Webhooks;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Records what the endpoint passes on. */
public final class FakeWebhooks implements Webhooks {
    /** What was believed, {@code PING} before pings. */
    public final List<String> accepted = new CopyOnWriteArrayList<>();

    /** Repositories that are to be looked at without a record. */
    public final List<String> hints = new CopyOnWriteArrayList<>();

    /** What was not believed, with the reason. */
    public final List<String> refused = new CopyOnWriteArrayList<>();

    /** What is listed. */
    public volatile List<WebhookDelivery> deliveries = new ArrayList<>();

    /** What the next delivery fails with. */
    public volatile @Nullable RuntimeException failure;

    @Override
    public String accepted(Arrival a, boolean ping) {
        var thrown = failure;
        if (thrown != null) {
            throw thrown;
        }
        accepted.add((ping ? "PING " : "") + words(a));
        return "d" + accepted.size();
    }

    @Override
    public void hint(String repository) {
        hints.add(repository);
    }

    @Override
    public void refused(Arrival a, WebhookRejection why) {
        refused.add(words(a) + " " + why);
    }

    private static String words(Arrival a) {
        return "%s %s %s %s from %s"
                .formatted(a.repository(), a.provider(), a.event(), a.hostId(), a.from());
    }

    @Override
    public List<WebhookDelivery> deliveries(@Nullable String repository, int limit) {
        return deliveries.stream()
                .filter(d -> repository == null || d.repository().equals(repository))
                .limit(limit)
                .toList();
    }

    @Override
    public Replayed replay(String id, Caller caller) {
        if (deliveries.stream().noneMatch(d -> d.id().equals(id))) {
            throw new PlumblineException(FailureKind.MISSING, "there is no record of " + id);
        }
        var outcome = caller.dryRun() ? Outcome.WOULD_CHANGE : Outcome.ACCEPTED;
        return new Replayed(Reply.of(outcome, "looks again"), caller.dryRun() ? null : "d99");
    }
}
