package io.plumbline.runtime;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/**
 * Calls to an engine that can be given up all at once: who waits for one gets an answer at once,
 * the call itself is interrupted. What it did is not known then, as after a deadline.
 */
final class Cuttable {
    private final String engine;
    private final Set<Pending<?>> underWay = ConcurrentHashMap.newKeySet();

    /** Somebody who waits. */
    private static final class Pending<T> {
        final CompletableFuture<T> result = new CompletableFuture<>();
    }

    Cuttable(String engine) {
        this.engine = engine;
    }

    /** Does a call on a thread of its own and waits for it. */
    <T> T call(Supplier<T> call) {
        var pending = new Pending<T>();
        underWay.add(pending);
        var worker =
                Thread.ofVirtual()
                        .name("engine-" + engine + "-call")
                        .start(() -> run(call, pending.result));
        try {
            return pending.result.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlumblineException(
                    FailureKind.TRANSIENT, "call of engine " + engine + ": interrupted");
        } catch (ExecutionException e) {
            throw switch (e.getCause()) {
                case RuntimeException failure -> failure;
                case Error failure -> throw failure;
                case Throwable other -> new IllegalStateException(other);
                case null -> new IllegalStateException(e);
            };
        } finally {
            underWay.remove(pending);
            worker.interrupt();
        }
    }

    private static <T> void run(Supplier<T> call, CompletableFuture<T> result) {
        try {
            result.complete(call.get());
        } catch (Throwable e) {
            result.completeExceptionally(e);
        }
    }

    /** All that wait get that reason. */
    void cutAll(String reason) {
        for (var pending : underWay) {
            pending.result.completeExceptionally(
                    new PlumblineException(FailureKind.UNREACHABLE, reason));
        }
    }
}
