package io.plumbline.runtime;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future.State;
import java.util.function.Consumer;

/** Bringing an image to an engine, beside its lane's thread, so that orders are heard meanwhile. */
final class PullTask {
    private final String image;
    private final CompletableFuture<Boolean> result = new CompletableFuture<>();
    private final Tasks.Task thread;
    private volatile String progress = "";

    /**
     * Begins at once.
     *
     * @param work gets where to tell its progress, in lines for people
     * @param done called when it has ended, however it did
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

    /** Gives what came of it, of one that is done. */
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
