package io.plumbline.engine.docker.observe;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls to one engine that can all be cut off at once. Each waiting caller then gets an error at
 * once, and the call itself is interrupted. As after a timeout, it is not known whether a cut call
 * had an effect. Answers that are still being read are cut off, too.
 */
final class Cuttable {
    private static final Logger LOG = LoggerFactory.getLogger(Cuttable.class);

    private final String engine;
    private final Tasks tasks;
    private final List<Pending<?>> underWay = new ArrayList<>();
    private final List<Reading> reading = new ArrayList<>();

    /** A caller that waits. */
    private static final class Pending<T> {
        final CompletableFuture<T> result = new CompletableFuture<>();
    }

    Cuttable(String engine, Tasks tasks) {
        this.engine = engine;
        this.tasks = tasks;
    }

    /**
     * Makes a call on its own thread and waits for it.
     *
     * @param lease the time after which {@code overdue} runs, once; the call goes on
     */
    <T> T call(Supplier<T> call, Duration lease, Runnable overdue) {
        var pending = new Pending<T>();
        synchronized (underWay) {
            underWay.add(pending);
        }
        var worker =
                tasks.start("engine-" + engine + "-call", () -> Tasks.settle(pending.result, call));
        try {
            return inTime(pending.result, lease, overdue);
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
            synchronized (underWay) {
                underWay.remove(pending);
            }
            worker.interrupt();
        }
    }

    private <T> T inTime(CompletableFuture<T> result, Duration lease, Runnable overdue)
            throws InterruptedException, ExecutionException {
        try {
            return tasks.get(result, lease);
        } catch (TimeoutException e) {
            overdue.run();
            return tasks.get(result);
        }
    }

    /**
     * Wraps an open answer. When it is cut, its reader gets the reason as an {@link IOException}.
     */
    InputStream reading(InputStream answer) {
        var open = new Reading(answer);
        synchronized (reading) {
            reading.add(open);
        }
        return open;
    }

    private final class Reading extends FilterInputStream {
        private volatile @Nullable String cut;

        Reading(InputStream answer) {
            super(answer);
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int n;
            try {
                n = super.read(into, offset, length);
            } catch (IOException e) {
                throw cut == null ? e : new IOException(cut, e);
            }
            if (cut != null) {
                // A closed stream may look like the end of the answer.
                throw new IOException(cut);
            }
            return n;
        }

        void cut(String reason) {
            cut = reason;
            // The reader may block in a read that only closing ends. Closing runs on its own
            // thread, so that nobody waits for it.
            tasks.start("engine-" + engine + "-call", this::closeQuietly);
        }

        private void closeQuietly() {
            try {
                close();
            } catch (IOException e) {
                LOG.debug("engine {}: closing what was read: {}", engine, e.toString());
            }
        }

        @Override
        public void close() throws IOException {
            synchronized (reading) {
                reading.remove(this);
            }
            super.close();
        }
    }

    /** Ends all calls and answers with this reason. */
    void cutAll(String reason) {
        copyOf(reading).forEach(r -> r.cut(reason));
        for (var pending : copyOf(underWay)) {
            pending.result.completeExceptionally(
                    new PlumblineException(FailureKind.UNREACHABLE, reason));
        }
    }

    private static <T> List<T> copyOf(List<T> list) {
        synchronized (list) {
            return List.copyOf(list);
        }
    }
}
