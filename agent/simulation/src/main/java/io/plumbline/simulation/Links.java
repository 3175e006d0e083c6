package io.plumbline.simulation;

import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.api.EngineClient.EngineEvent;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.port.GitSource;
import io.plumbline.port.Ledger;
import io.plumbline.port.PlumblineException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What lies between one process of the agent and the world: calls take time, go wrong as {@link
 * Faults} say, are told to the {@link Oracle}, and may be the process's last.
 */
final class Links {
    private static final Set<String> PASSED =
            Set.of("name", "close", "certificates", "toString", "hashCode", "equals");
    private static final Set<String> WRITING =
            Set.of(
                    "save",
                    "append",
                    "forget",
                    "nextNumber",
                    "store",
                    "rendered",
                    "leaveUnseen",
                    "resolved",
                    "forgetResolutions");

    private final Surroundings world;
    private final SimulatedAgent process;

    Links(Surroundings world, SimulatedAgent process) {
        this.world = world;
        this.process = process;
    }

    /** The engine as the process reaches it. */
    EngineClient engine(SimulatedEngine site, int index) {
        var engine = site.engine();
        return proxy(
                EngineClient.class,
                (method, args) -> {
                    var operation = method.getName();
                    if (PASSED.contains(operation)) {
                        return method.invoke(engine, args);
                    }
                    process.check();
                    return engineCall(site, index, method, args == null ? NONE : args);
                });
    }

    private static final Object[] NONE = {};

    private @Nullable Object engineCall(
            SimulatedEngine site, int index, Method method, Object[] args) throws Throwable {
        var engine = site.engine();
        var operation = method.getName();
        boolean changing = Faults.CHANGING.contains(operation);
        var fault = world.faults(index).next(operation);
        var target = target(site, operation, args);
        process.sends(changing);
        try {
            rest(world.latency(operation));
        } catch (Killed e) {
            arrivesYet(site, index, method, args, fault);
            throw e;
        } finally {
            process.sent(changing);
        }
        if (world.faults(index).away()) {
            throw Faults.unanswered(operation, engine.name());
        }
        if (world.faults(index).hangs(operation, args)) {
            rest(Duration.ofSeconds(10));
            world.note(engine.name() + " does not answer " + operation + " of " + target);
            throw Faults.unanswered(operation, engine.name());
        }
        if (fault == Faults.Kind.REFUSED) {
            world.note(engine.name() + " refuses " + operation + " " + target);
            world.disturbed(engine.name());
            throw Faults.refused(operation, engine.name());
        }
        if (fault == Faults.Kind.TIMED_OUT) {
            rest(Duration.ofSeconds(10));
            world.note(engine.name() + " does not answer " + operation + " " + target);
            world.disturbed(engine.name());
            throw Faults.unanswered(operation, engine.name());
        }
        if (fault == Faults.Kind.LATE) {
            rest(Duration.ofMillis(1_000 + world.chance(9_000)));
            world.disturbed(engine.name());
        }
        if (fault == Faults.Kind.HALF_DONE && operation.equals("connect")) {
            world.disturbed(engine.name());
            world.note(engine.name() + " only disconnects for connect " + target);
            engine.disconnect((String) args[0], (String) args[1]);
            throw Faults.refused(operation, engine.name());
        }
        if (changing) {
            process.changing(true);
            world.oracle().acts(site, operation, target, args);
        }
        Object answer;
        try {
            answer = method.invoke(engine, operation.equals("events") ? events(args) : args);
        } catch (InvocationTargetException e) {
            world.note(engine.name() + " " + operation + " " + target + " -> " + e.getCause());
            throw e.getCause();
        }
        world.answered(engine.name());
        if (changing) {
            world.note(engine.name() + " " + operation + " " + target);
            process.changing(false);
            // Meanwhile other calls go on, and the process may end without the answer.
            rest(world.latency("answer"));
        }
        if (fault == Faults.Kind.LOST || fault == Faults.Kind.HALF_DONE) {
            world.disturbed(engine.name());
            world.note(engine.name() + " did " + operation + " " + target + "; answer lost");
            if (fault == Faults.Kind.LOST) {
                rest(Duration.ofSeconds(10));
                throw Faults.unanswered(operation, engine.name());
            }
            throw Faults.refused(operation, engine.name());
        }
        if (answer instanceof AutoCloseable stream && operation.equals("events")) {
            process.onDeath(stream);
        }
        return answer;
    }

    /**
     * The process ended while its request was under way. An engine may have it already: then it is
     * done, and nobody gets the answer.
     */
    private void arrivesYet(
            SimulatedEngine site,
            int index,
            Method method,
            Object[] args,
            Faults.@Nullable Kind fault)
            throws IllegalAccessException {
        var operation = method.getName();
        boolean changing = Faults.CHANGING.contains(operation);
        boolean lost = fault != null || world.faults(index).away() || world.chance(2) == 0;
        if (!changing || lost || !(site instanceof SimulatedEngine.Simulated)) {
            return;
        }
        var engine = site.engine();
        var target = target(site, operation, args);
        world.oracle().acts(site, operation, target, args);
        try {
            method.invoke(engine, args);
            world.note(engine.name() + " does " + operation + " " + target + " for the dead agent");
        } catch (InvocationTargetException e) {
            world.note(engine.name() + " " + operation + " " + target + " -> " + e.getCause());
        }
    }

    /** What comes after the process's end reaches nobody. */
    @SuppressWarnings("unchecked")
    private Object[] events(Object[] args) {
        var copy = args.clone();
        var events = (Consumer<EngineEvent>) args[2];
        var closed = (Consumer<String>) args[3];
        copy[2] = (Consumer<EngineEvent>) e -> alive(() -> events.accept(e));
        copy[3] = (Consumer<String>) why -> alive(() -> closed.accept(why));
        process.onLoss(() -> alive(() -> closed.accept("connection lost")));
        return copy;
    }

    private void alive(Runnable work) {
        if (!process.dead()) {
            try {
                work.run();
            } catch (Killed e) {
                // It ended meanwhile.
            }
        }
    }

    private static String target(SimulatedEngine site, String operation, Object[] args) {
        if (args.length == 0) {
            return "";
        }
        return switch (args[0]) {
            case NewContainer c -> c.name();
            case String s -> operation.equals("list") ? "" : site.nameOf(s);
            default -> "";
        };
    }

    private void rest(Duration time) {
        try {
            process.life().sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Faults.unanswered("a call that was interrupted", "");
        }
    }

    /** The ledger as the process writes it. */
    Ledger ledger(Ledger ledger) {
        return proxy(
                Ledger.class,
                (method, args) -> {
                    var operation = method.getName();
                    if (PASSED.contains(operation)) {
                        return method.invoke(ledger, args);
                    }
                    process.check();
                    if (!WRITING.contains(operation)) {
                        return method.invoke(ledger, args);
                    }
                    if (world.ledgerRefuses()) {
                        world.note("the ledger cannot write: " + operation);
                        throw new PlumblineException(
                                FailureKind.TRANSIENT,
                                "write the ledger: database or disk is full. Make room on the disk"
                                        + " of the state folder");
                    }
                    process.changing(true);
                    var answer = method.invoke(ledger, args);
                    world.oracle().wrote(operation, args == null ? NONE : args, answer);
                    process.changing(false);
                    return answer;
                });
    }

    /** The mirror as the process reads it. */
    GitSource git(GitSource git) {
        return proxy(
                GitSource.class,
                (method, args) -> {
                    if (PASSED.contains(method.getName())) {
                        return method.invoke(git, args);
                    }
                    process.check();
                    if (method.getName().equals("fetch")) {
                        rest(Duration.ofMillis(5 + world.chance(200)));
                    }
                    return method.invoke(git, args);
                });
    }

    private interface Call {
        @Nullable Object on(Method method, Object @Nullable [] args) throws Throwable;
    }

    private static <T> T proxy(Class<T> type, Call call) {
        return type.cast(
                Proxy.newProxyInstance(
                        type.getClassLoader(),
                        new Class<?>[] {type},
                        (_, method, args) -> {
                            try {
                                return call.on(method, args);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        }));
    }
}
