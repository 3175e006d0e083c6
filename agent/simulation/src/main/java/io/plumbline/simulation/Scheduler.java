package io.plumbline.simulation;

import io.plumbline.port.Tasks;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A cooperative scheduler on simulated time. Exactly one task runs at a time; it hands over when it
 * waits. The seed decides which of the ready tasks runs next. When none is ready, time jumps to the
 * next deadline.
 *
 * <p>A task is a virtual thread. It sees what the task before it did: {@link #current} is written
 * before the next task goes on, and read by it.
 */
final class Scheduler {
    /** So many hand-overs without any time passing are a busy loop. */
    private static final int BUSY = 200_000;

    private static final Instant BEGIN = Instant.parse("2031-01-01T00:00:00Z");

    private final SplittableRandom random;
    private final ArrayList<Fiber> ready = new ArrayList<>();
    private final PriorityQueue<Alarm> alarms = new PriorityQueue<>();
    private final BiConsumer<String, Throwable> died;
    private volatile @Nullable Fiber current;
    private @Nullable Fiber unwinder;
    private long now;
    private long wallOffset;
    private long serial;
    private int handovers;
    private int sinceTimePassed;

    /**
     * A scheduler at time zero.
     *
     * @param died is told the name of a task that ended with a failure, and the failure
     */
    Scheduler(long seed, BiConsumer<String, Throwable> died) {
        this.random = new SplittableRandom(seed);
        this.died = died;
    }

    /** The life of a process: all its tasks end with it. */
    final class Life implements Lifetime {
        private final List<Fiber> fibers = new ArrayList<>();
        private boolean dead;

        @Override
        public void kill() {
            dead = true;
        }

        @Override
        public boolean dead() {
            return dead;
        }

        @Override
        public void unwind() {
            kill();
            var self = running();
            for (var fiber : List.copyOf(fibers)) {
                if (fiber.thread != null && !fiber.done) {
                    fiber.waiting = false;
                    unwinder = self;
                    switchTo(fiber, self);
                    unwinder = null;
                }
            }
            ready.removeIf(f -> f.life.dead);
            alarms.removeIf(a -> a.fiber.life.dead);
            fibers.clear();
        }

        private void check() {
            if (dead) {
                throw new Killed();
            }
        }

        @Override
        public long nanos() {
            return now;
        }

        @Override
        public Instant now() {
            return BEGIN.plusNanos(now + wallOffset);
        }

        @Override
        public Tasks tasks() {
            return this;
        }

        @Override
        public Task task(String name, Runnable work) {
            check();
            return new Fiber(name, this, work);
        }

        @Override
        public void sleep(Duration time) throws InterruptedException {
            check();
            interruptible();
            pause(now + Math.max(0, time.toNanos()));
            interruptible();
        }

        @Override
        public <T extends @Nullable Object> T get(CompletableFuture<T> future)
                throws InterruptedException, ExecutionException {
            check();
            await(future, Long.MAX_VALUE);
            return future.get();
        }

        @Override
        public <T extends @Nullable Object> T get(CompletableFuture<T> future, Duration atMost)
                throws InterruptedException, ExecutionException, TimeoutException {
            check();
            await(future, now + Math.max(0, atMost.toNanos()));
            if (!future.isDone()) {
                throw new TimeoutException();
            }
            return future.get();
        }

        private void await(CompletableFuture<?> future, long until) throws InterruptedException {
            interruptible();
            if (future.isDone()) {
                return;
            }
            var self = running();
            var _ = future.whenComplete((_, _) -> wake(self));
            while (!future.isDone() && now < until) {
                pause(until);
                interruptible();
            }
        }

        @Override
        public <T> Inbox<T> inbox() {
            return new Queue<>(this);
        }

        @Override
        public double jitter() {
            return random.nextDouble();
        }
    }

    private final class Queue<T> implements Tasks.Inbox<T> {
        private final Life life;
        private final ArrayDeque<T> items = new ArrayDeque<>();
        private @Nullable Fiber taker;

        Queue(Life life) {
            this.life = life;
        }

        @Override
        public void add(T item) {
            items.add(item);
            var waits = taker;
            if (waits != null) {
                wake(waits);
            }
        }

        @Override
        public T take() throws InterruptedException {
            T item = null;
            while (item == null) {
                item = poll(Duration.ofDays(1));
            }
            return item;
        }

        @Override
        public @Nullable T poll(Duration atMost) throws InterruptedException {
            life.check();
            interruptible();
            long until = now + Math.max(0, atMost.toNanos());
            var self = running();
            boolean once = true;
            while (items.isEmpty() && (once || now < until)) {
                once = false;
                taker = self;
                try {
                    pause(until);
                } finally {
                    taker = null;
                }
                interruptible();
            }
            return items.poll();
        }

        @Override
        public List<T> drain() {
            var all = List.copyOf(items);
            items.clear();
            return all;
        }

        @Override
        public boolean isEmpty() {
            return items.isEmpty();
        }
    }

    private record Alarm(long at, long serial, Fiber fiber, long turn)
            implements Comparable<Alarm> {
        @Override
        public int compareTo(Alarm other) {
            int byTime = Long.compare(at, other.at);
            return byTime == 0 ? Long.compare(serial, other.serial) : byTime;
        }
    }

    private final class Fiber implements Tasks.Task {
        private final String name;
        private final Life life;
        private final Runnable work;
        private final List<Fiber> joining = new ArrayList<>();
        private @Nullable Thread thread;
        private boolean waiting;
        private boolean interrupted;
        private boolean done;
        private long wait;

        Fiber(String name, Life life, Runnable work) {
            this.name = name;
            this.life = life;
            this.work = work;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public void start() {
            life.check();
            life.fibers.add(this);
            ready.add(this);
        }

        @Override
        public void interrupt() {
            interrupted = true;
            wake(this);
        }

        @Override
        public void join() throws InterruptedException {
            join(Duration.ofDays(10_000));
        }

        @Override
        public void join(Duration atMost) throws InterruptedException {
            life.check();
            interruptible();
            long until = now + atMost.toNanos();
            while (!done && now < until) {
                joining.add(running());
                pause(until);
                interruptible();
            }
        }

        private void resume() {
            var known = thread;
            if (known == null) {
                // Known before it runs: it may hand over and be resumed before start returns.
                var fresh = Thread.ofVirtual().name(name).unstarted(this::run);
                thread = fresh;
                fresh.start();
            } else {
                LockSupport.unpark(known);
            }
        }

        private void run() {
            try {
                if (!life.dead) {
                    work.run();
                }
            } catch (Killed e) {
                // Its process ended.
            } catch (Throwable e) {
                died.accept(name, e);
            }
            done = true;
            life.fibers.remove(this);
            joining.forEach(Scheduler.this::wake);
            var back = unwinder;
            if (back != null) {
                current = back;
                back.resume();
            } else {
                handOver(null);
            }
        }
    }

    // ---- running

    /** Runs a task and all that it starts until the task ends. The caller must be no task. */
    void run(String name, Life life, Runnable work) {
        var end = new CompletableFuture<Boolean>();
        var main =
                new Fiber(
                        name,
                        life,
                        () -> {
                            try {
                                work.run();
                                end.complete(true);
                            } catch (Throwable e) {
                                end.completeExceptionally(e);
                            }
                        });
        life.fibers.add(main);
        current = main;
        main.resume();
        end.join();
    }

    Life life() {
        return new Life();
    }

    long nanos() {
        return now;
    }

    /** The wall clock jumps; the clock that goes only forward does not. */
    void jumpWallClock(Duration by) {
        wallOffset += by.toNanos();
    }

    int handovers() {
        return handovers;
    }

    private Fiber running() {
        return Objects.requireNonNull(current, "called by no task of the simulation");
    }

    private void interruptible() throws InterruptedException {
        var self = running();
        boolean flag = Thread.interrupted();
        if (self.interrupted || flag) {
            self.interrupted = false;
            throw new InterruptedException();
        }
    }

    private void wake(Fiber fiber) {
        if (fiber.waiting) {
            fiber.waiting = false;
            ready.add(fiber);
        }
    }

    /** Waits until somebody wakes the running task, or that time. */
    private void pause(long until) {
        var self = running();
        self.waiting = true;
        self.wait++;
        alarms.add(new Alarm(until, serial++, self, self.wait));
        handOver(self);
        self.life.check();
    }

    private void handOver(@Nullable Fiber self) {
        var next = next();
        if (next == null) {
            return;
        }
        switchTo(next, self);
    }

    private void switchTo(Fiber next, @Nullable Fiber self) {
        handovers++;
        if (next == self) {
            return;
        }
        current = next;
        next.resume();
        while (self != null && current != self) {
            LockSupport.park(this);
        }
    }

    private @Nullable Fiber next() {
        while (true) {
            while (ready.isEmpty()) {
                var alarm = alarms.poll();
                if (alarm == null) {
                    return null;
                }
                ring(alarm);
                while (!alarms.isEmpty() && alarms.element().at() <= now) {
                    ring(alarms.remove());
                }
            }
            if (++sinceTimePassed > BUSY) {
                sinceTimePassed = 0;
                died.accept(
                        ready.getFirst().name,
                        new IllegalStateException(BUSY + " hand-overs and no time passes"));
                var alarm = alarms.poll();
                if (alarm != null) {
                    ring(alarm);
                }
            }
            int i = ready.size() == 1 ? 0 : random.nextInt(ready.size());
            var last = ready.removeLast();
            var chosen = i == ready.size() ? last : ready.set(i, last);
            if (!chosen.life.dead) {
                return chosen;
            }
        }
    }

    private void ring(Alarm alarm) {
        var fiber = alarm.fiber();
        if (fiber.waiting && fiber.wait == alarm.turn()) {
            if (alarm.at() > now) {
                now = alarm.at();
                sinceTimePassed = 0;
            }
            fiber.waiting = false;
            ready.add(fiber);
        }
    }
}
