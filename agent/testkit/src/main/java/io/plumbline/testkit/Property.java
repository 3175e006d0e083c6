package io.plumbline.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A small property kit. A property is a test that draws what it needs from a {@link Draw} and
 * asserts; it runs many times, with small cases first. A failure names its seed and size and is
 * tried again at smaller sizes, so that the case that is told is a small one. The seeds are fixed,
 * so that a commit does not fail by chance. {@code -Dplumbline.seed=SEED:SIZE} runs exactly that
 * case, {@code -Dplumbline.seed.first=N} other cases, {@code -Dplumbline.runs=N} N times as many.
 */
public final class Property {

    private static final String REPLAY = "plumbline.seed";
    private static final String FIRST = "plumbline.seed.first";
    private static final String MORE = "plumbline.runs";
    private static final int LARGEST = 10;

    private Property() {}

    /** A property's body. */
    @FunctionalInterface
    public interface Body {
        /** Draws a case and asserts; whatever it throws is a failure. */
        void check(Draw draw) throws Exception;
    }

    /** Runs a property {@code runs} times, each time with the next seed. */
    public static void holds(int runs, Body body) {
        String replay = System.getProperty(REPLAY);
        if (replay != null) {
            int colon = replay.indexOf(':');
            long seed = Long.parseLong(replay.substring(0, colon));
            once(seed, Integer.parseInt(replay.substring(colon + 1)), body);
            return;
        }
        long base = Long.getLong(FIRST, 1);
        int all = runs * Integer.getInteger(MORE, 1);
        for (int run = 0; run < all; run++) {
            long seed = base + run;
            int size = 1 + (int) ((long) run * LARGEST / all);
            Throwable failure = attempt(seed, size, body);
            if (failure != null) {
                throw told(seed, size, failure, body);
            }
        }
    }

    private static AssertionError told(long seed, int size, Throwable failure, Body body) {
        int smallest = size;
        Throwable told = failure;
        for (int s = 1; s < size; s++) {
            Throwable f = attempt(seed, s, body);
            if (f != null) {
                smallest = s;
                told = f;
                break;
            }
        }
        return new AssertionError(
                "the property does not hold; replay with -D"
                        + REPLAY
                        + "="
                        + seed
                        + ":"
                        + smallest
                        + "\n"
                        + told.getMessage(),
                told);
    }

    private static void once(long seed, int size, Body body) {
        Throwable failure = attempt(seed, size, body);
        if (failure != null) {
            throw new AssertionError("seed " + seed + ":" + size, failure);
        }
    }

    @SuppressWarnings("CatchAndPrintStackTrace")
    private static @org.jspecify.annotations.Nullable Throwable attempt(
            long seed, int size, Body body) {
        try {
            body.check(new Draw(seed, size));
            return null;
        } catch (Exception | AssertionError | StackOverflowError e) {
            return e;
        }
    }

    /** Where a case comes from: the same seed and size give the same case. */
    public static final class Draw {
        private final SplittableRandom random;
        private final int size;

        private Draw(long seed, int size) {
            this.random = new SplittableRandom(seed);
            this.size = size;
        }

        /** How large the case may be, from 1. */
        public int size() {
            return size;
        }

        /** A number, both ends included. */
        public int between(int first, int last) {
            return random.nextInt(first, last + 1);
        }

        /** True in that many of a hundred cases. */
        public boolean chance(int percent) {
            return random.nextInt(100) < percent;
        }

        /** One of these. */
        @SafeVarargs
        public final <T> T oneOf(T... values) {
            return values[random.nextInt(values.length)];
        }

        /** One of these, which must be some. */
        public <T> T oneOf(List<T> values) {
            return values.get(random.nextInt(values.size()));
        }

        /** Some of these, perhaps none, in their order. */
        public <T> List<T> someOf(List<T> values) {
            return values.stream().filter(_ -> random.nextBoolean()).toList();
        }

        /** These in another order. */
        public <T> List<T> shuffled(List<T> values) {
            var left = new ArrayList<>(values);
            var out = new ArrayList<T>();
            while (!left.isEmpty()) {
                out.add(left.remove(random.nextInt(left.size())));
            }
            return out;
        }

        /** A text of odd characters, quotes, controls and surrogate pairs among them. */
        public String text() {
            var out = new StringBuilder();
            for (int i = between(0, size); i > 0; i--) {
                out.appendCodePoint(
                        oneOf((int) 'a', (int) '"', (int) '\\', 0x07, (int) '\n', 0xe9, 0x1f600));
            }
            return out.toString();
        }
    }
}
