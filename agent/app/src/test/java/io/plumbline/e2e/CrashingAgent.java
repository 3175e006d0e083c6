package io.plumbline.e2e;

import io.plumbline.Plumbline;
import io.plumbline.Wiring;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.port.Ledger;
import io.plumbline.port.Ticker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The agent as it is shipped, with two switches that a test turns through files while it runs: the
 * Nth call that changes the ledger or an engine ends the process as {@code kill -9} does, and the
 * wall clock is set forward or back. Without the files it is the plain agent.
 */
public final class CrashingAgent {
    /** System property: path of the file that arms the crash, see {@link CrashPoint}. */
    static final String CRASH = "plumbline.test.crash";

    /** System property: path of a file with the seconds by which the wall clock is wrong. */
    static final String CLOCK = "plumbline.test.clock";

    /** As the kernel reports a process that was killed. */
    static final int KILLED = 137;

    private CrashingAgent() {}

    /** Takes the arguments of {@code plumb agent}. */
    public static void main(String[] args) {
        System.exit(Plumbline.run(args, wiring()));
    }

    private static Wiring wiring() {
        var crash = System.getProperty(CRASH);
        var clock = System.getProperty(CLOCK);
        return new Wiring() {
            private final CrashPoint point = new CrashPoint(crash == null ? null : Path.of(crash));

            @Override
            public EngineClient around(EngineClient engine) {
                return counted(EngineClient.class, engine, point);
            }

            @Override
            public Ledger around(Ledger ledger) {
                return counted(Ledger.class, ledger, point);
            }

            @Override
            public Ticker ticker() {
                return clock == null ? Ticker.system() : new WrongClock(Path.of(clock));
            }
        };
    }

    /**
     * A proxy and not a class: a method that a port gets later is counted without anybody having to
     * think of it, as long as it is not named among those that only look.
     */
    private static <T> T counted(Class<T> port, T real, CrashPoint point) {
        InvocationHandler handler =
                (_, method, args) -> {
                    var name = port.getSimpleName() + "." + method.getName();
                    return CrashPoint.looks(method)
                            ? call(real, method, args)
                            : point.around(name, () -> call(real, method, args));
                };
        return port.cast(
                Proxy.newProxyInstance(port.getClassLoader(), new Class<?>[] {port}, handler));
    }

    private static @Nullable Object call(
            Object real, Method method, @Nullable Object @Nullable [] args) throws Throwable {
        try {
            return method.invoke(real, args);
        } catch (InvocationTargetException e) {
            throw Objects.requireNonNull(e.getCause());
        }
    }

    /** A call that may fail in any way. */
    private interface Call {
        @Nullable Object run() throws Throwable;
    }

    /**
     * Counts the calls that change something from the moment on at which its file appears. The file
     * holds {@code ID N before|after}: the Nth call does not come to pass, or does not return. With
     * N = 0 nothing crashes. Each counted call is a line of {@code FILE.trace}; another ID counts
     * from the beginning.
     */
    private static final class CrashPoint {
        private static final Set<String> LOOKING =
                Set.of(
                        // Ledger
                        "opening",
                        "id",
                        "young",
                        "unwritable",
                        "probe",
                        "pipelines",
                        "history",
                        "lastEvents",
                        "failedLogs",
                        "release",
                        "releases",
                        "file",
                        "commitOf",
                        "releasesOfCommit",
                        "resolution",
                        "verdict",
                        "verifiedHead",
                        "verdictsOf",
                        "storedBeforeHostRules",
                        // Engine
                        "name",
                        "ping",
                        "certificates",
                        "info",
                        "list",
                        "containerNames",
                        "inspect",
                        "networks",
                        "volumes",
                        "image",
                        "registryDigest",
                        "exec",
                        "logs",
                        // both
                        "events",
                        "close",
                        "toString",
                        "hashCode",
                        "equals");

        private final @Nullable Path file;
        private String id = "";
        private int count;

        CrashPoint(@Nullable Path file) {
            this.file = file;
        }

        static boolean looks(Method method) {
            return LOOKING.contains(method.getName());
        }

        @Nullable Object around(String name, Call call) throws Throwable {
            int number = 0;
            var order = order();
            boolean mine = false;
            if (!order.isEmpty()) {
                number = next(order.getFirst(), name);
                mine = number == Integer.parseInt(order.get(1));
                if (mine && order.get(2).equals("before")) {
                    Runtime.getRuntime().halt(KILLED);
                }
            }
            var result = call.run();
            if (mine) {
                Runtime.getRuntime().halt(KILLED);
            }
            return result;
        }

        private List<String> order() {
            if (file == null) {
                return List.of();
            }
            try {
                var words = List.of(Files.readString(file).strip().split(" "));
                return words.size() == 3 ? words : List.of();
            } catch (NoSuchFileException e) {
                return List.of();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private synchronized int next(String order, String name) throws IOException {
            if (!order.equals(id)) {
                id = order;
                count = 0;
            }
            count++;
            Files.writeString(
                    Path.of(file + ".trace"),
                    order + " " + count + " " + name + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
            return count;
        }
    }

    /** A machine whose wall clock somebody sets; durations are right. */
    private record WrongClock(Path file) implements Ticker {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public Instant now() {
            try {
                return Instant.now().plusSeconds(Long.parseLong(Files.readString(file).strip()));
            } catch (NoSuchFileException e) {
                return Instant.now();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
