package io.plumbline.engine.docker.apply;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future.State;
import java.util.function.Consumer;

/**
 * A transfer of an image to an engine. It runs on a thread of its own, so that the engine
 * reconciler can take orders meanwhile.
 */
final class PullTask {
    private final String image;
    private final CompletableFuture<Boolean> result = new CompletableFuture<>();
    private final Tasks.Task thread;
    private volatile String progress = "";

    /**
     * Starts the transfer at once.
     *
     * @param work gets a consumer for its progress, in lines for display
     * @param done runs when it has ended, with or without success
     */
    PullTask(Tasks tasks, String image, Consumer<Consumer<String>> work, Runnable done) {
        this.image = image;
        this.thread =
                tasks.start(
                        "pull-" + image,
                        () -> {
                            run(work);
                            done.run();
                        });
    }

    private void run(Consumer<Consumer<String>> work) {
        try {
            work.accept(line -> progress = line);
            result.complete(true);
        } catch (Throwable e) {
            result.completeExceptionally(e);
        }
    }

    String image() {
        return image;
    }

    String progress() {
        return progress;
    }

    boolean done() {
        return result.isDone();
    }

    /** Returns after a transfer that succeeded, else throws its failure; only if it is done. */
    void result() {
        if (result.state() == State.SUCCESS) {
            return;
        }
        throw switch (result.exceptionNow()) {
            case PlumblineException e -> e;
            case Throwable e ->
                    new PlumblineException(
                            FailureKind.FAULT, "bringing " + image + " failed: " + e, e);
        };
    }

    void cancel() {
        thread.interrupt();
    }
}
