package io.plumbline.runtime;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Rendering a source whose images engines and registries are asked about, beside the pipeline's
 * thread: a registry that hangs holds up no rollback.
 */
final class RenderTask {
    private static final Duration LONGEST_END = Duration.ofSeconds(1);

    private final List<String> source;
    private final CompletableFuture<Renderer.Rendered> result = new CompletableFuture<>();
    private final Tasks.Task thread;

    /**
     * Begins at once.
     *
     * @param source what it is made of
     * @param done called when it has ended, however it did
     */
    RenderTask(
            Tasks tasks,
            String pipeline,
            List<String> source,
            Supplier<Renderer.Rendered> work,
            Runnable done) {
        this.source = source;
        this.thread =
                tasks.start(
                        "render-" + pipeline,
                        () -> {
                            Tasks.settle(result, work);
                            done.run();
                        });
    }

    List<String> source() {
        return source;
    }

    boolean done() {
        return result.isDone();
    }

    /** Completed when it has ended, for who waits beside the pipeline's thread. */
    CompletableFuture<?> end() {
        return result.handle((_, _) -> true);
    }

    /** Gives what came of it, of one that is done; throws what it threw. */
    Renderer.Rendered result() {
        if (result.state() == java.util.concurrent.Future.State.SUCCESS) {
            return result.resultNow();
        }
        throw switch (result.exceptionNow()) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            case Throwable e ->
                    new PlumblineException(FailureKind.FAULT, "rendering failed: " + e, e);
        };
    }

    /** Nobody wants it any more; when this returns it remembers nothing of its own. */
    void cancel() {
        thread.interrupt();
        try {
            thread.join(LONGEST_END);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
