package io.plumbline.runtime;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;

/** Bringing an image to an engine, beside its lane's thread, so that orders are heard meanwhile. */
final class PullTask {
    private final String image;
    private final FutureTask<Void> task;
    private final Thread thread;
    private volatile String progress = "";

    /**
     * Begins at once.
     *
     * @param work gets where to tell its progress, in lines for people
     * @param done called when it has ended, however it did
     */
    PullTask(String image, Consumer<Consumer<String>> work, Runnable done) {
        this.image = image;
        this.task =
                new FutureTask<>(
                        () -> {
                            try {
                                work.accept(line -> progress = line);
                            } finally {
                                done.run();
                            }
                            return null;
                        });
        this.thread = Thread.ofVirtual().name("pull-" + image).start(task);
    }

    String image() {
        return image;
    }

    String progress() {
        return progress;
    }

    boolean done() {
        return task.isDone();
    }

    /** Gives what came of it, of one that is done. */
    void result() {
        try {
            task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof PlumblineException p) {
                throw p;
            }
            throw new PlumblineException(
                    FailureKind.FAULT, "bringing " + image + " failed: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlumblineException(FailureKind.FAULT, "interrupted", e);
        }
    }

    void cancel() {
        thread.interrupt();
    }
}
