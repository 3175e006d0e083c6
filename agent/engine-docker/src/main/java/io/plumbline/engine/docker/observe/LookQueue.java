package io.plumbline.engine.docker.observe;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests of pipelines for an observation of one engine. One observation serves all requests
 * that came before it began. So pipelines that are woken together cost one list call.
 */
public final class LookQueue {
    private static final Logger LOG = LoggerFactory.getLogger(EngineWatcher.class);

    private List<Wish> wishes = new ArrayList<>();
    private boolean closed;

    /**
     * A request.
     *
     * @param pipeline the one that is to be observed; empty for all
     * @param images images to inspect, too
     * @param done completes when an observation that began after the request is over
     */
    public record Wish(String pipeline, Set<String> images, CompletableFuture<Void> done) {}

    /**
     * Requests an observation that begins after this call.
     *
     * @param pipeline the one that is to be observed; empty for all
     */
    public synchronized CompletableFuture<Void> ask(String pipeline, Set<String> images) {
        var done = new CompletableFuture<Void>();
        if (closed) {
            done.cancel(false);
        } else {
            wishes.add(new Wish(pipeline, images, done));
        }
        return done;
    }

    /** Takes all requests, for the observation that is about to begin. */
    public synchronized List<Wish> take() {
        var taken = wishes;
        wishes = new ArrayList<>();
        return taken;
    }

    /** Cancels all requests and refuses new ones. */
    public void close() {
        List<Wish> left;
        synchronized (this) {
            closed = true;
            left = take();
        }
        left.forEach(w -> w.done().cancel(false));
    }

    /**
     * Returns a new exception for each caller, because they are thrown on different threads. An
     * error of the watcher's thread becomes a failed observation for the callers.
     */
    public static RuntimeException rethrown(String engine, @Nullable Throwable cause) {
        return switch (cause) {
            case PlumblineException p ->
                    new PlumblineException(p.kind(), String.valueOf(p.getMessage()), p);
            case null, default ->
                    new PlumblineException(
                            FailureKind.FAULT, "look at engine " + engine + ": " + cause, cause);
        };
    }

    /** Returns the failure of a look; an unexpected one is logged. */
    static PlumblineException classified(String engine, Throwable e) {
        if (e instanceof PlumblineException p) {
            return p;
        }
        LOG.error("engine {}: looking failed unexpectedly", engine, e);
        return new PlumblineException(FailureKind.FAULT, "looking failed: " + e, e);
    }

    /** Returns the pipeline of all requests; empty if there is more than one, or none. */
    static String onlyPipeline(Collection<Wish> wishes) {
        var all = wishes.stream().map(Wish::pipeline).distinct().toList();
        return all.size() == 1 ? all.getFirst() : "";
    }

    /** Returns all images of the requests. */
    public static Set<String> images(Collection<Wish> wishes) {
        var all = new TreeSet<String>();
        wishes.forEach(w -> all.addAll(w.images()));
        return all;
    }
}
