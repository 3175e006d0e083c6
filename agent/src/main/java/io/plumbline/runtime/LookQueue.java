package io.plumbline.runtime;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Looks that pipelines ask for: one look serves all who asked before it began, so that many
 * pipelines that are woken together cost an engine one list call and not one each.
 */
final class LookQueue {
    private List<Wish> wishes = new ArrayList<>();
    private boolean closed;

    /**
     * Somebody waits for a look.
     *
     * @param images to be known afterwards
     * @param done completed when a look that began after the wish is over
     */
    record Wish(Set<String> images, CompletableFuture<Void> done) {}

    /** Asks for a look that begins from now on. */
    synchronized CompletableFuture<Void> ask(Set<String> images) {
        var done = new CompletableFuture<Void>();
        if (closed) {
            done.cancel(false);
        } else {
            wishes.add(new Wish(images, done));
        }
        return done;
    }

    /** Takes all wishes: the look that is about to begin is theirs. */
    synchronized List<Wish> take() {
        var taken = wishes;
        wishes = new ArrayList<>();
        return taken;
    }

    /** Nobody waits any more, nobody is let in. */
    void close() {
        List<Wish> left;
        synchronized (this) {
            closed = true;
            left = take();
        }
        left.forEach(w -> w.done().cancel(false));
    }

    /**
     * Each waiter gets an exception of its own: they are thrown on different threads. An error of
     * the thread that looked is none of theirs: to them the look failed.
     */
    static RuntimeException rethrown(String engine, @Nullable Throwable cause) {
        return switch (cause) {
            case PlumblineException p ->
                    new PlumblineException(p.kind(), String.valueOf(p.getMessage()), p);
            case null, default ->
                    new PlumblineException(
                            FailureKind.FAULT, "look at engine " + engine + ": " + cause, cause);
        };
    }

    /** All that the wishes ask for. */
    static Set<String> images(Collection<Wish> wishes) {
        var all = new TreeSet<String>();
        wishes.forEach(w -> all.addAll(w.images()));
        return all;
    }
}
