package io.plumbline.server;

import io.plumbline.core.FailureKind;
import io.plumbline.core.access.AuditedAction;
import io.plumbline.core.access.Principal;
import io.plumbline.port.AuditLog;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import io.plumbline.server.Requests.Handling;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records requests in the audit.
 *
 * <ol>
 *   <li>Before a change it appends a record. If that fails, the change is refused.
 *   <li>The change is carried out.
 *   <li>It appends a second record with the outcome, which names the first. After a crash between
 *       the two, the first record shows that the change began.
 * </ol>
 *
 * <p>A dry run changes nothing and is not recorded. A denied request is recorded at most once a
 * minute for the same caller, action and pipeline.
 */
final class Audit {
    private static final Logger LOG = LoggerFactory.getLogger(Audit.class);

    /** Members of a body that say who asks, or that nothing shall happen. */
    private static final Set<String> OTHERS = Set.of("by", "dryRun");

    /** More than any request has. */
    private static final int MOST_PARAMETERS = 16;

    private static final int MOST_DENIED = 1000;
    private static final Duration DENIED_AGAIN = Duration.ofMinutes(1);

    private final AuditLog log;
    private final ClientAddress addresses;
    private final Ticker ticker;
    private final Map<String, Long> denied =
            new LinkedHashMap<>() {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
                    return size() > MOST_DENIED;
                }
            };

    Audit(AuditLog log, ClientAddress addresses, Ticker ticker) {
        this.log = log;
        this.addresses = addresses;
        this.ticker = ticker;
    }

    /** Returns the handling with a record before it and a record of its outcome after it. */
    Handling around(String verb, Handling change) {
        return ask -> {
            var body = body(ask.context());
            if (Boolean.TRUE.equals(body.getValue("dryRun"))) {
                return change.answer(ask);
            }
            var entry =
                    entry(ask.context(), ask.principal(), verb, body, true, AuditedAction.ASKED);
            long request = asked(entry);
            try {
                var answer = change.answer(ask);
                came(entry, request, outcome(answer), detail(answer));
                return answer;
            } catch (ApiError e) {
                came(entry, request, "refused", message(e));
                throw e;
            } catch (Exception e) {
                came(entry, request, "failed", message(e));
                throw e;
            }
        };
    }

    private long asked(AuditedAction entry) {
        try {
            return log.append(entry).seq();
        } catch (PlumblineException e) {
            LOG.error("the audit cannot be written, {} is refused", entry.action(), e);
            throw new PlumblineException(
                    e.kind() == FailureKind.FAULT ? FailureKind.FAULT : FailureKind.TRANSIENT,
                    "the audit cannot be written, so nothing was changed: " + e.getMessage(),
                    e);
        }
    }

    private void came(AuditedAction entry, long request, String outcome, String detail) {
        try {
            log.append(entry.outcome(ticker.now(), request, outcome, detail));
        } catch (PlumblineException e) {
            LOG.error("the outcome of record {} cannot be written to the audit", request, e);
        }
    }

    /** Records that an authenticated caller lacks a permission. Blocks. */
    void denied(RoutingContext ctx, Principal principal, Route route, String why) {
        var what = route.change().isEmpty() ? route.method() + " " + route.path() : route.change();
        var pipeline = ApiRequest.shown(ctx.pathParams().getOrDefault("name", ""));
        if (oftenDenied(principal.recorded() + "|" + what + "|" + pipeline)) {
            return;
        }
        write(entry(ctx, principal, what, new JsonObject(), false, "denied").detailed(why));
    }

    private synchronized boolean oftenDenied(String what) {
        long now = ticker.nanos();
        var last = denied.get(what);
        if (last != null && now - last < DENIED_AGAIN.toNanos()) {
            return true;
        }
        denied.remove(what);
        denied.put(what, now);
        return false;
    }

    /** Records and logs repeated failed logins from one address. Blocks. */
    void failedLogins(String address, String why) {
        LOG.warn("failed logins from {}: it is slowed down; {}", address, why);
        write(AuditedAction.of(ticker.now(), address, "login", Map.of(), false, "denied", why));
    }

    private void write(AuditedAction entry) {
        try {
            log.append(entry);
        } catch (PlumblineException e) {
            LOG.error("{} cannot be written to the audit", entry.action(), e);
        }
    }

    private AuditedAction entry(
            RoutingContext ctx,
            Principal principal,
            String verb,
            JsonObject body,
            boolean allowed,
            String outcome) {
        boolean shared = principal.method() == Principal.Method.BOOTSTRAP;
        return new AuditedAction(
                ticker.now(),
                0,
                principal.recorded(),
                shared && body.getValue("by") instanceof String by ? ApiRequest.shown(by) : "",
                principal.proof(),
                addresses.of(ctx.request()),
                verb,
                ApiRequest.shown(ctx.pathParams().getOrDefault("name", "")),
                parameters(ctx, body),
                allowed,
                outcome,
                "");
    }

    private static SortedMap<String, String> parameters(RoutingContext ctx, JsonObject body) {
        var kept = new TreeMap<String, String>();
        for (var key : body.fieldNames()) {
            if (!OTHERS.contains(key) && kept.size() < MOST_PARAMETERS) {
                switch (body.getValue(key)) {
                    case String s -> keep(kept, key, s);
                    case Boolean b -> keep(kept, key, b.toString());
                    case JsonArray a -> keep(kept, key, a.encode());
                    case null, default -> {}
                }
            }
        }
        for (var key : List.of("delivery", "engine", "id")) {
            var value = ctx.pathParam(key);
            if (value != null) {
                keep(kept, key, value);
            }
        }
        return kept;
    }

    private static void keep(SortedMap<String, String> kept, String key, String value) {
        kept.put(ApiRequest.shown(key), ApiRequest.plain(value, ApiRequest.LONGEST_TEXT));
    }

    private static JsonObject body(RoutingContext ctx) {
        var buffer = ctx.body() == null ? null : ctx.body().buffer();
        try {
            return buffer == null || buffer.length() == 0
                    ? new JsonObject()
                    : new JsonObject(buffer);
        } catch (DecodeException | ClassCastException e) {
            return new JsonObject();
        }
    }

    private static String outcome(ApiResponse answer) {
        return new JsonObject(answer.body()).getString("outcome", "done");
    }

    private static String detail(ApiResponse answer) {
        return new JsonObject(answer.body()).getString("message", "");
    }

    private static String message(Exception e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
