package io.plumbline.e2e;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits for conditions on real parts; never for a length of time. When a condition does not come
 * true the failure tells the last value seen and what the running parts have to say (the agent's
 * log, the engine's containers).
 */
public final class Eventually {
    /** Long enough for a busy machine with two cores; a test that waits this long has failed. */
    public static final Duration LONG = Duration.ofMinutes(2);

    private static final Duration INTERVAL = Duration.ofMillis(50);
    private static final List<Witness> WITNESSES = new CopyOnWriteArrayList<>();

    private Eventually() {}

    /** A part that can tell what it saw, for the message of a failure. */
    @FunctionalInterface
    public interface Witness {
        /** What it saw last, in lines. */
        String tell();
    }

    /** From now on {@code witness} is heard when a wait in this JVM fails. */
    public static void hear(Witness witness) {
        WITNESSES.add(witness);
    }

    /** {@code witness} has gone. */
    public static void forget(Witness witness) {
        WITNESSES.remove(witness);
    }

    /** Waits at most {@link #LONG} until {@code condition} holds. */
    public static void holds(String what, BooleanSupplier condition) {
        holds(what, LONG, condition);
    }

    /** Waits at most {@code within} until {@code condition} holds. */
    public static void holds(String what, Duration within, BooleanSupplier condition) {
        is(what, within, condition::getAsBoolean, value -> value);
    }

    /**
     * Waits at most {@link #LONG} until {@code value} satisfies {@code wanted}; gives that value.
     */
    public static <T> T is(String what, Supplier<T> value, Predicate<? super T> wanted) {
        return is(what, LONG, value, wanted);
    }

    /**
     * Waits until {@code value} satisfies {@code wanted}. An exception or an assertion that fails
     * while looking counts as "not yet" and is told when time is over.
     *
     * @return the value that satisfied
     * @throws AssertionError when it does not within {@code within}
     */
    public static <T> T is(
            String what, Duration within, Supplier<T> value, Predicate<? super T> wanted) {
        var deadline = System.nanoTime() + within.toNanos();
        @Nullable Object last = null;
        @Nullable Throwable trouble = null;
        do {
            try {
                T now = value.get();
                if (wanted.test(now)) {
                    return now;
                }
                last = now;
                trouble = null;
            } catch (RuntimeException | AssertionError e) {
                trouble = e;
            }
            LockSupport.parkNanos(INTERVAL.toNanos());
            if (Thread.currentThread().isInterrupted()) {
                throw new AssertionError("interrupted while waiting: " + what);
            }
        } while (System.nanoTime() < deadline);
        throw new AssertionError(
                "not within %s: %s%nlast seen: %s%n%s".formatted(within, what, last, witnesses()),
                trouble);
    }

    /**
     * Watches that {@code condition} holds for all of {@code during}.
     *
     * @throws AssertionError as soon as it does not
     */
    public static void stays(String what, Duration during, BooleanSupplier condition) {
        var end = System.nanoTime() + during.toNanos();
        do {
            if (!condition.getAsBoolean()) {
                throw new AssertionError("no longer so: %s%n%s".formatted(what, witnesses()));
            }
            LockSupport.parkNanos(INTERVAL.toNanos());
        } while (System.nanoTime() < end);
    }

    /**
     * Runs {@code check} again and again until {@code condition} holds, at most {@link #LONG}.
     *
     * @throws AssertionError as soon as the check fails
     */
    public static void meanwhile(String what, BooleanSupplier condition, Runnable check) {
        var deadline = System.nanoTime() + LONG.toNanos();
        do {
            try {
                check.run();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("not so until %s%n%s".formatted(what, witnesses()), e);
            }
            if (condition.getAsBoolean()) {
                return;
            }
            LockSupport.parkNanos(INTERVAL.toNanos());
        } while (System.nanoTime() < deadline);
        throw new AssertionError("not within %s: %s%n%s".formatted(LONG, what, witnesses()));
    }

    private static String witnesses() {
        var text = new StringBuilder();
        for (var witness : WITNESSES) {
            try {
                text.append(witness.tell()).append(System.lineSeparator());
            } catch (RuntimeException | AssertionError e) {
                text.append("(a witness could not tell: ").append(e).append(")%n".formatted());
            }
        }
        return text.toString();
    }
}
