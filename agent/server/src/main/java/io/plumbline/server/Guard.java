package io.plumbline.server;

import io.plumbline.core.FailureKind;
import io.plumbline.core.access.Permission;
import io.plumbline.core.access.Principal;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The check of each request before its handler. First the Host header must name this server. This
 * stops web pages whose name was rebound to a loopback address. Any name is accepted with TLS, from
 * a trusted proxy, and if the server listens on all addresses. Then the caller needs the route's
 * permission. Both checks come before the body is read.
 *
 * <p>A caller without a permission on a pipeline gets the same answer whether or not the pipeline
 * exists.
 */
final class Guard {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "::1");
    private static final Set<String> ALL_ADDRESSES = Set.of("0.0.0.0", "::", "0:0:0:0:0:0:0:0");
    private static final Map<String, String> CHALLENGE =
            Map.of("WWW-Authenticate", "Bearer realm=\"plumbline\"");
    private static final long HANG_UP_MILLIS = 1_000;
    private static final String PROOF = "plumbline.proof";
    private static final String PRINCIPAL = "plumbline.principal";

    private final Authentication authentication;
    private final ClientAddress addresses;
    private final FailedLogins failedLogins;
    private final Audit audit;
    private final Requests requests;
    private final String host;
    private final boolean tls;

    Guard(
            ServerSettings settings,
            Authentication authentication,
            ClientAddress addresses,
            FailedLogins failedLogins,
            Audit audit,
            Requests requests) {
        this.authentication = authentication;
        this.addresses = addresses;
        this.failedLogins = failedLogins;
        this.audit = audit;
        this.requests = requests;
        this.host = settings.host().toLowerCase(Locale.ROOT);
        this.tls = settings.tls() != null;
    }

    /** Returns the caller that {@link #admit} authenticated. */
    static Principal principal(RoutingContext ctx) {
        Principal principal = ctx.get(PRINCIPAL);
        if (principal == null) {
            throw new IllegalStateException("an open route asks who it is");
        }
        return principal;
    }

    /** Whether the request's credential is still valid. A stream ends when its token does. */
    boolean still(RoutingContext ctx) {
        AuthResult.Good proof = ctx.get(PROOF);
        return proof == null || authentication.still(proof.principal(), proof.until());
    }

    /** The first handler of every path: sets security headers and checks the Host header. */
    void front(RoutingContext ctx) {
        headers(ctx.response());
        int hosts = ctx.request().headers().getAll("Host").size();
        if (hosts > 1) {
            // RFC 9112, section 3.2. With two headers, one could be checked and the other used.
            refuse(
                    ctx,
                    new ApiError(
                            400,
                            "Two Host headers",
                            FailureKind.INVALID,
                            "a request has one Host header, this one has " + hosts));
        } else if (knowsHost(ctx.request()) || WebhookRoutes.isWebhook(ctx.normalizedPath())) {
            ctx.next();
        } else {
            ApiResponse.of(
                            new ApiError(
                                    421,
                                    "Another host",
                                    FailureKind.DENIED,
                                    "the Host header does not name this agent: use the address it"
                                            + " listens on, or localhost"))
                    .send(ctx.response());
        }
    }

    /** Passes on a request whose caller has the route's permission. */
    void admit(RoutingContext ctx, Route route) {
        if (route.permission() == Permission.OPEN) {
            ctx.next();
            return;
        }
        authenticated(
                ctx,
                proof -> {
                    var principal = proof.principal();
                    if (allows(principal, route, ctx)) {
                        ctx.put(PRINCIPAL, principal);
                        ctx.put(PROOF, proof);
                        ctx.next();
                    } else {
                        deny(ctx, principal, route);
                    }
                });
    }

    /** Passes on a request of any authenticated caller, for paths and methods that do not exist. */
    void known(RoutingContext ctx) {
        authenticated(ctx, _ -> ctx.next());
    }

    private void deny(RoutingContext ctx, Principal principal, Route route) {
        var problem = denied(principal, route, ctx);
        hangUp(ctx);
        requests.question(
                        _ -> {
                            audit.denied(
                                    ctx, principal, route, String.valueOf(problem.getMessage()));
                            throw problem;
                        })
                .handle(ctx);
    }

    private void authenticated(RoutingContext ctx, Consumer<AuthResult.Good> then) {
        var request = ctx.request();
        var address = addresses.of(request);
        var bucket = ClientAddress.bucket(address);
        int closed = failedLogins.closed(bucket);
        var found = authentication.of(request, closed > 0);
        if (!found.isComplete()) {
            request.pause();
        }
        found.onComplete(
                result -> {
                    request.resume();
                    switch (result.succeeded() ? result.result() : new AuthResult.Wrong("")) {
                        case AuthResult.Good good -> then.accept(good);
                        case AuthResult.None _ -> refuse(ctx, unknown(""));
                        case AuthResult.Unavailable(var why) -> refuse(ctx, unavailable(why));
                        case AuthResult.Wrong(var why) -> wrong(ctx, address, bucket, why);
                    }
                });
    }

    private void wrong(RoutingContext ctx, String address, String bucket, String why) {
        var slowed = failedLogins.failed(bucket);
        if (slowed.burst()) {
            Thread.ofVirtual().name("failed-logins").start(() -> audit.failedLogins(address, why));
        }
        refuse(
                ctx,
                slowed.waitSeconds() == 0
                        ? unknown(why)
                        : new ApiError(
                                429,
                                "Too many failed logins",
                                FailureKind.DENIED,
                                "too many wrong tokens from this address: wait "
                                        + slowed.waitSeconds()
                                        + " s",
                                Map.of("Retry-After", Integer.toString(slowed.waitSeconds()))));
    }

    /**
     * Closes the connection if the client still sends a body that nobody reads. It waits a second,
     * so that the client can read the answer.
     */
    static void hangUp(RoutingContext ctx) {
        if (!ctx.request().isEnded()) {
            ctx.response().putHeader("Connection", "close");
            ctx.vertx().setTimer(HANG_UP_MILLIS, _ -> ctx.request().connection().close());
        }
    }

    private static void refuse(RoutingContext ctx, ApiError problem) {
        hangUp(ctx);
        ApiResponse.of(problem).send(ctx.response());
    }

    private static ApiError unknown(String why) {
        return new ApiError(
                401,
                "No valid token",
                FailureKind.DENIED,
                (why.isEmpty() ? "" : why + ": ")
                        + "send the header Authorization: Bearer TOKEN with a token that `plumb"
                        + " tokens create` made, or the one of the agent's state folder",
                CHALLENGE);
    }

    private static ApiError unavailable(String why) {
        return new ApiError(
                503,
                "Cannot tell who you are",
                FailureKind.UNREACHABLE,
                why,
                Map.of("Retry-After", "10"));
    }

    private static boolean allows(Principal principal, Route route, RoutingContext ctx) {
        return switch (route.scope()) {
            case ALL -> principal.mayOnAll(route.permission());
            case SOME -> principal.maySomewhere(route.permission());
            case PIPELINE ->
                    principal.may(route.permission(), String.valueOf(ctx.pathParam("name")));
        };
    }

    private static ApiError denied(Principal principal, Route route, RoutingContext ctx) {
        var need = route.permission().word();
        return switch (route.scope()) {
            case ALL -> denied(principal, need, "all pipelines");
            case SOME -> denied(principal, need, "any pipeline");
            case PIPELINE -> denied(principal, need, ApiRequest.shown(ctx.pathParam("name")));
        };
    }

    /** Returns the error for a caller that lacks a permission on a pipeline. */
    static ApiError denied(Principal principal, String permission, String on) {
        return new ApiError(
                403,
                "Not allowed",
                FailureKind.DENIED,
                ApiRequest.shown(principal.recorded())
                        + " may not "
                        + (permission.equals("admin") ? "administer" : permission)
                        + " "
                        + on
                        + "; an admin can make a token that may: plumb tokens create");
    }

    /**
     * Answers a request that is not valid HTTP with Vert.x's own answer and the security headers.
     */
    void unreadable(HttpServerRequest request) {
        headers(request.response());
        HttpServerRequest.DEFAULT_INVALID_REQUEST_HANDLER.handle(request);
    }

    private void headers(HttpServerResponse response) {
        if (tls) {
            response.putHeader("Strict-Transport-Security", "max-age=31536000");
        }
        response.putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Cache-Control", "no-store")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin")
                .putHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    }

    private boolean knowsHost(HttpServerRequest request) {
        // With TLS, a page of another name fails at the certificate.
        if (tls || ALL_ADDRESSES.contains(host) || addresses.behindProxy(request)) {
            return true;
        }
        var authority = request.authority();
        if (authority == null) {
            return false;
        }
        var name = authority.host().toLowerCase(Locale.ROOT);
        if (name.startsWith("[") && name.endsWith("]")) {
            name = name.substring(1, name.length() - 1);
        }
        return LOOPBACK.contains(name) || name.equals(host);
    }

    static boolean isLoopback(String host) {
        return LOOPBACK.contains(host)
                || host.matches("127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}");
    }
}
