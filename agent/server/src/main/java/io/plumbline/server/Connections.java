package io.plumbline.server;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The open connections and their limits. A connection is closed if it sends no request within 10 s,
 * or if it is idle for 60 s. If there are 1024 connections, a new one replaces the one that has
 * been idle longest; if none is idle, the new one is closed.
 */
final class Connections {
    private static final int MOST = 1024;
    private static final long LOOK_MILLIS = 1_000;
    private static final int LOOKS_TO_ASK = 10;
    private static final int LOOKS_IDLE = 60;

    private final Map<HttpConnection, Use> open = new ConcurrentHashMap<>();
    private volatile int look;

    /** The use of a connection. */
    private static final class Use {
        final AtomicInteger active = new AtomicInteger();
        volatile int since;
        volatile boolean asked;

        Use(int look) {
            this.since = look;
        }
    }

    void opened(HttpConnection connection) {
        if (open.size() >= MOST && !makeRoom()) {
            connection.close();
            return;
        }
        open.put(connection, new Use(look));
        connection.closeHandler(_ -> open.remove(connection));
    }

    private boolean makeRoom() {
        var idlest =
                open.entrySet().stream()
                        .filter(e -> e.getValue().active.get() == 0)
                        .min(Comparator.comparingInt(e -> e.getValue().since));
        idlest.ifPresent(
                e -> {
                    open.remove(e.getKey());
                    e.getKey().close();
                });
        return idlest.isPresent();
    }

    /** Notes that the headers of a request are complete. */
    void asked(HttpServerRequest request) {
        var use = open.get(request.connection());
        if (use != null) {
            use.asked = true;
            use.since = look;
        }
    }

    /**
     * Notes that a request is being handled.
     *
     * @return must run when the request ends; null if the connection is not known
     */
    @Nullable Runnable working(HttpConnection connection) {
        var use = open.get(connection);
        if (use == null) {
            return null;
        }
        use.active.incrementAndGet();
        return () -> {
            use.active.decrementAndGet();
            use.since = look;
        };
    }

    /** Starts to close idle connections. */
    void watch(Vertx vertx) {
        vertx.setPeriodic(
                LOOK_MILLIS,
                _ -> {
                    int now = look + 1;
                    look = now;
                    open.forEach(
                            (connection, use) -> {
                                int patience = use.asked ? LOOKS_IDLE : LOOKS_TO_ASK;
                                if (use.active.get() == 0 && now - use.since > patience) {
                                    connection.close();
                                }
                            });
                });
    }

    /** Returns the number of open connections. */
    int size() {
        return open.size();
    }
}
