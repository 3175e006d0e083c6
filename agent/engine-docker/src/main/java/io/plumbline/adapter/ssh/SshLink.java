package io.plumbline.adapter.ssh;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one ssh connection of an engine. It is opened on demand, and again after it was lost.
 *
 * <ol>
 *   <li>A caller gets the existing connection, or waits for the one attempt in progress, at most
 *       for its patience. An attempt without callers ends by its own deadline.
 *   <li>After a failed attempt every caller gets its reason until the backoff is over: 0.25 s,
 *       doubled each time, up to 5 s. A successful connection resets it.
 *   <li>A connection whose host answers no keepalive is given up ({@link SshSession}).
 * </ol>
 */
final class SshLink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SshLink.class);
    private static final Ticker CLOCK = Ticker.system();
    private static final Duration ATTEMPT = Duration.ofSeconds(10);
    private static final Duration LEAST_BACKOFF = Duration.ofMillis(250);
    private static final Duration MOST_BACKOFF = Duration.ofSeconds(5);

    private final SshTarget target;
    private @Nullable CompletableFuture<SshSession> current;
    private @Nullable PlumblineException lastFailure;
    private Duration backoff = LEAST_BACKOFF;
    private long failedAt;
    private boolean closed;

    SshLink(SshTarget target) {
        this.target = target;
    }

    /**
     * Returns the connection.
     *
     * @param patience how long the caller waits for it
     * @throws PlumblineException {@code UNREACHABLE} with the reason only
     */
    SshSession session(Duration patience) {
        var attempt = attempt();
        try {
            return attempt.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof PlumblineException p
                    ? new PlumblineException(p.kind(), String.valueOf(p.getMessage()), p)
                    : unreachable(String.valueOf(e.getCause()), e);
        } catch (TimeoutException e) {
            throw unreachable("no connection within " + patience.toMillis() + " ms", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unreachable("interrupted", e);
        }
    }

    private synchronized CompletableFuture<SshSession> attempt() {
        if (closed) {
            throw unreachable("the connection was closed", null);
        }
        var known = current;
        if (known != null && (!known.isDone() || usable(known))) {
            return known;
        }
        if (known != null && !known.isCompletedExceptionally()) {
            LOG.warn("engine {}: the connection to {} was lost", target.engine(), target);
            known.join().close();
        }
        current = null;
        var failure = lastFailure;
        if (failure != null && !CLOCK.left(backoff, failedAt).isNegative()) {
            return CompletableFuture.failedFuture(failure);
        }
        var fresh = new CompletableFuture<SshSession>();
        current = fresh;
        Thread.ofVirtual()
                .name("engine-" + target.engine() + "-ssh-connect")
                .start(() -> connect(fresh));
        return fresh;
    }

    private static boolean usable(CompletableFuture<SshSession> attempt) {
        return !attempt.isCompletedExceptionally() && attempt.join().isOpen();
    }

    private void connect(CompletableFuture<SshSession> attempt) {
        try {
            var session = SshSession.open(target, ATTEMPT);
            succeeded(attempt, session);
        } catch (IOException | RuntimeException | VirtualMachineError | LinkageError e) {
            failed(attempt, unreachable(String.valueOf(e.getMessage()), e));
        }
    }

    private synchronized void succeeded(CompletableFuture<SshSession> attempt, SshSession session) {
        if (closed) {
            session.close();
            attempt.completeExceptionally(unreachable("the connection was closed", null));
            return;
        }
        lastFailure = null;
        backoff = LEAST_BACKOFF;
        attempt.complete(session);
    }

    private synchronized void failed(
            CompletableFuture<SshSession> attempt, PlumblineException why) {
        if (lastFailure != null) {
            var twice = backoff.multipliedBy(2);
            backoff = twice.compareTo(MOST_BACKOFF) > 0 ? MOST_BACKOFF : twice;
        }
        lastFailure = why;
        failedAt = CLOCK.nanos();
        attempt.completeExceptionally(why);
    }

    private static PlumblineException unreachable(String why, @Nullable Throwable cause) {
        return new PlumblineException(FailureKind.UNREACHABLE, why, cause);
    }

    @Override
    public synchronized void close() {
        closed = true;
        var known = current;
        current = null;
        if (known != null && known.isDone() && !known.isCompletedExceptionally()) {
            known.join().close();
        }
    }
}
