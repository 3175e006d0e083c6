package io.plumbline.runtime;

import io.plumbline.core.FailureKind;
import io.plumbline.port.Engine;
import io.plumbline.port.PlumblineException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** A pull that runs beside its pipeline's thread, so that commands are heard meanwhile. */
final class PullTask {
    private final String image;
    private final FutureTask<Void> task;
    private final Thread thread;
    private volatile String progress = "";

    PullTask(Engine engine, String image, Duration deadline, Runnable done) {
        this.image = image;
        this.task =
                new FutureTask<>(
                        () -> {
                            try {
                                engine.pull(image, deadline, line -> progress = line);
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
                    FailureKind.FAULT, "pulling " + image + " failed: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlumblineException(FailureKind.FAULT, "interrupted", e);
        }
    }

    void cancel() {
        thread.interrupt();
    }
}
