package io.plumbline.e2e;

import io.plumbline.Plumbline;
import io.plumbline.Wiring;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.port.GitSource;
import io.plumbline.port.Ledger;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The agent as it is shipped. It writes each call to Git, ledger and engines into a file when the
 * call returns. The clock is {@link System#nanoTime}, which all processes of a Linux machine share.
 */
public final class TracedAgent {
    /** System property: path of the file. */
    static final String FILE = "plumbline.test.trace";

    /** Calls that only read memory, very often. */
    private static final Set<String> CHEAP =
            Set.of(
                    "EngineClient.name",
                    "EngineClient.certificates",
                    "Ledger.release",
                    "Ledger.unwritable");

    private TracedAgent() {}

    /**
     * A call.
     *
     * @param began from {@link System#nanoTime}, as {@code ended}
     * @param name {@code Ledger.save}
     * @param about the pipeline, if it is known from the arguments; else empty
     */
    record Call(long began, long ended, String name, String about) {
        boolean is(String wanted, String of) {
            return name.equals(wanted) && about.equals(of);
        }
    }

    /** Returns all calls that the agent made so far, in the order of their ends. */
    static List<Call> read(Path file) {
        try (var lines = Files.lines(file)) {
            return lines.map(line -> line.split("\t", -1))
                    .filter(cells -> cells.length == 4)
                    .map(
                            cells ->
                                    new Call(
                                            Long.parseLong(cells[0]),
                                            Long.parseLong(cells[1]),
                                            cells[2],
                                            cells[3]))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes the arguments of {@code plumb agent}. */
    public static void main(String[] args) throws IOException {
        // Not a channel, which the interrupt of a thread would close.
        var trace = new FileOutputStream(System.getProperty(FILE), true);
        System.exit(Plumbline.run(args, wiring(trace)));
    }

    private static Wiring wiring(OutputStream trace) {
        return new Wiring() {
            @Override
            public EngineClient around(EngineClient engine) {
                return traced(EngineClient.class, engine, trace);
            }

            @Override
            public Ledger around(Ledger ledger) {
                return traced(Ledger.class, ledger, trace);
            }

            @Override
            public GitSource around(GitSource git) {
                return traced(GitSource.class, git, trace);
            }
        };
    }

    private static <T> T traced(Class<T> port, T real, OutputStream trace) {
        return port.cast(
                Proxy.newProxyInstance(
                        port.getClassLoader(),
                        new Class<?>[] {port},
                        (_, method, args) -> {
                            long began = System.nanoTime();
                            try {
                                return method.invoke(real, args);
                            } catch (InvocationTargetException e) {
                                throw Objects.requireNonNull(e.getCause());
                            } finally {
                                var name = port.getSimpleName() + "." + method.getName();
                                if (!CHEAP.contains(name)) {
                                    write(trace, began, name, about(args));
                                }
                            }
                        }));
    }

    private static void write(OutputStream trace, long began, String name, String about)
            throws IOException {
        var line = began + "\t" + System.nanoTime() + "\t" + name + "\t" + about + "\n";
        trace.write(line.getBytes(StandardCharsets.UTF_8));
    }

    private static String about(@Nullable Object @Nullable [] args) {
        var first = args == null || args.length == 0 ? null : args[0];
        return switch (first) {
            case String s -> s;
            case PipelineState s -> s.pipeline();
            case Collection<?> c when first(c) instanceof PipelineEvent e -> e.pipeline();
            case null, default -> "";
        };
    }

    private static @Nullable Object first(Collection<?> all) {
        return all.isEmpty() ? null : all.iterator().next();
    }
}
