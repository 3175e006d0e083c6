package io.plumbline.runtime.render;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A render that asks engines and registries about images. It runs beside the pipeline's thread, so
 * that a registry that hangs does not delay a rollback.
 */
final class RenderTask {
    private static final Duration LONGEST_END = Duration.ofSeconds(1);

    private final List<String> source;
    private final CompletableFuture<Renderer.Rendered> result = new CompletableFuture<>();
    private final Tasks.Task thread;

    /**
     * Starts the render at once.
     *
     * @param source the blobs that it renders
     * @param done runs when it has ended, with or without success
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

    /** Returns a future that completes when the render has ended. */
    CompletableFuture<?> end() {
        return result.handle((_, _) -> true);
    }

    /** Returns the result of a render that is done, or throws its exception. */
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

    /** Cancels the render. After this returns, the render remembers no resolution. */
    void cancel() {
        thread.interrupt();
        try {
            thread.join(LONGEST_END);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
