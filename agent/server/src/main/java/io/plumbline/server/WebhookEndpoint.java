package io.plumbline.server;

import io.plumbline.api.Codec;
import io.plumbline.api.Reply;
import io.plumbline.core.FailureKind;
import io.plumbline.core.webhook.Check;
import io.plumbline.core.webhook.HeaderText;
import io.plumbline.core.webhook.RequestHeaders;
import io.plumbline.core.webhook.Webhook;
import io.plumbline.core.webhook.WebhookRejection;
import io.plumbline.port.Webhooks.Arrival;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The endpoint for Git hosts, {@code POST /webhooks/{repository}}. It is reachable without a token.
 *
 * <ol>
 *   <li>A request above the rate limit of its address is refused unread.
 *   <li>The body goes through the check as it arrives and is not kept. It must be at most 1 MiB and
 *       arrive before its deadline. Large bodies wait in the {@link BodyQueue}.
 *   <li>A request for an unknown repository is checked against a secret that nobody has. Its answer
 *       is the same as for a wrong secret, so that callers cannot find out which repositories
 *       exist.
 *   <li>An accepted delivery leads to a fetch of its repository, unless it is a ping. A refused one
 *       is only recorded.
 * </ol>
 *
 * <p>Everything runs on the one event loop; nothing here blocks.
 */
final class WebhookEndpoint implements Handler<RoutingContext> {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookEndpoint.class);

    /** Largest body, in bytes. */
    static final long LARGEST = 1 << 20;

    private static final String UNKNOWN =
            "webhook rejected: URL, provider or secret does not match the agent's configuration;"
                    + " `plumb webhooks` shows its operator which";
    private static final Map<String, String> CLOSE = Map.of("Connection", "close");
    private static final Map<String, String> LATER =
            Map.of("Connection", "close", "Retry-After", "10");

    private final WebhookSettings settings;
    private final ClientAddress addresses;
    private final WebhookLimits limits;
    private final BodyQueue engineReconcilers = new BodyQueue();
    private final Set<String> proofs = new TreeSet<>(Webhook.PROOFS);

    WebhookEndpoint(WebhookSettings settings, ClientAddress addresses) {
        this.settings = settings;
        this.addresses = addresses;
        this.limits = new WebhookLimits(settings.limits());
        settings.hooks().values().forEach(h -> proofs.add(h.proof()));
    }

    @Override
    public void handle(RoutingContext ctx) {
        new Post(ctx).begin();
    }

    /** The handling of one request. */
    private final class Post {
        private final RoutingContext ctx;
        private final HttpServerRequest request;
        private final RequestHeaders headers;
        private final String from;
        private final String neighbourhood;
        private final String repository;
        private final Runnable go = this::letIn;
        private final Check check;
        private final @Nullable Webhook hook;
        private long length;
        private long timer = -1;
        private boolean large;
        private boolean reading;
        private boolean over;

        Post(RoutingContext ctx) {
            this.ctx = ctx;
            this.request = ctx.request();
            this.headers = name -> request.headers().getAll(name);
            this.from = addresses.of(request);
            this.neighbourhood = ClientAddress.bucket(from);
            var name = ctx.pathParam("repository");
            this.repository = name == null ? "" : name;
            this.hook = settings.hooks().get(repository);
            this.check =
                    (hook == null ? settings.decoy() : hook)
                            .check(headers, settings.ticker().now());
        }

        void begin() {
            request.exceptionHandler(_ -> end());
            long claimed = claimedLength();
            if (!limits.admits(neighbourhood)) {
                turnAway(WebhookRejection.TOO_MANY);
            } else if (claimed > LARGEST) {
                turnAway(WebhookRejection.TOO_LARGE);
            } else {
                large = claimed < 0 || claimed > BodyQueue.SMALL;
                if (large && proofs.stream().allMatch(p -> headers.all(p).isEmpty())) {
                    turnAway(WebhookRejection.NO_CREDENTIALS);
                } else {
                    listen();
                }
            }
        }

        /** Returns the length in the header; -1 if the length is not known beforehand. */
        private long claimedLength() {
            var text = request.getHeader("Content-Length");
            if (text == null) {
                return request.getHeader("Transfer-Encoding") == null ? 0 : -1;
            }
            try {
                return Long.parseLong(text);
            } catch (NumberFormatException e) {
                return Long.MAX_VALUE;
            }
        }

        private void listen() {
            request.handler(this::take);
            request.endHandler(_ -> judge());
            timer = ctx.vertx().setTimer(settings.limits().bodyDeadline().toMillis(), _ -> late());
            if (!large) {
                return;
            }
            request.pause();
            if (!engineReconcilers.enter(neighbourhood, go)) {
                turnAway(WebhookRejection.TOO_MANY);
            }
        }

        private void letIn() {
            reading = true;
            request.resume();
        }

        private void take(Buffer bytes) {
            if (over) {
                return;
            }
            length += bytes.length();
            if (length > LARGEST) {
                turnAway(WebhookRejection.TOO_LARGE);
            } else {
                check.update(bytes.getBytes());
            }
        }

        private void late() {
            if (!over) {
                turnAway(large && !reading ? WebhookRejection.TOO_MANY : WebhookRejection.TOO_SLOW);
            }
        }

        /** Decides about the delivery when the body is complete. */
        private void judge() {
            if (over) {
                return;
            }
            end();
            try {
                var refusal = check.end();
                if (hook == null) {
                    refused(WebhookRejection.UNKNOWN_REPOSITORY);
                } else if (refusal.isPresent()) {
                    refused(refusal.get());
                } else {
                    accept(hook);
                }
            } catch (RuntimeException e) {
                LOG.error("a webhook could not be answered", e);
                answer(
                        new ApiError(
                                500,
                                "The agent failed",
                                FailureKind.FAULT,
                                "an error of the agent's own; its log has the details"));
            }
        }

        private void accept(Webhook believed) {
            if (!limits.records(repository)) {
                // The fetch costs little, so it still happens. Only the records are limited.
                settings.webhooks().hint(repository);
                answer(tooMany("too many deliveries for this repository; it is looked at anyway"));
                return;
            }
            var arrival = arrival();
            var id =
                    settings.webhooks()
                            .accepted(arrival, believed.provider().isPing(arrival.event()));
            ApiResponse.json(202, Codec.members(new Reply.Replayed(id))).send(ctx.response());
        }

        private Arrival arrival() {
            return hook == null
                    ? new Arrival(HeaderText.clean(repository, HeaderText.NAME), "", "", "", from)
                    : new Arrival(
                            repository,
                            hook.provider().word(),
                            hook.provider().event(headers),
                            hook.provider().deliveryId(headers),
                            from);
        }

        private void refused(WebhookRejection why) {
            settings.webhooks().refused(arrival(), why);
            answer(problem(why));
        }

        /** Answers before the body is complete and closes the connection. */
        private void turnAway(WebhookRejection why) {
            end();
            request.handler(_ -> {});
            settings.webhooks()
                    .refused(
                            arrival(),
                            hook == null && why == WebhookRejection.NO_CREDENTIALS
                                    ? WebhookRejection.UNKNOWN_REPOSITORY
                                    : why);
            answer(problem(why));
            request.connection().close();
        }

        private void end() {
            if (over) {
                return;
            }
            over = true;
            ctx.vertx().cancelTimer(timer);
            if (reading) {
                engineReconcilers.leave(neighbourhood);
            } else if (large) {
                engineReconcilers.forget(neighbourhood, go);
            }
        }

        private void answer(ApiError problem) {
            ApiResponse.of(problem).send(ctx.response());
        }
    }

    private static ApiError problem(WebhookRejection why) {
        return switch (why) {
            case UNKNOWN_REPOSITORY,
                    NO_CREDENTIALS,
                    OTHER_PROVIDER,
                    SHA1,
                    MALFORMED,
                    WRONG,
                    STALE ->
                    ApiError.notFound(UNKNOWN);
            case TOO_LARGE ->
                    new ApiError(
                            413,
                            "Too large",
                            FailureKind.INVALID,
                            "a webhook's body may have 1 MiB at most",
                            CLOSE);
            case TOO_SLOW ->
                    new ApiError(
                            408,
                            "Too slow",
                            FailureKind.INVALID,
                            "the body did not come in time",
                            CLOSE);
            case TOO_MANY -> tooMany("too many requests: try again in a while");
        };
    }

    private static ApiError tooMany(String detail) {
        return new ApiError(429, "Too many requests", FailureKind.TRANSIENT, detail, LATER);
    }
}
