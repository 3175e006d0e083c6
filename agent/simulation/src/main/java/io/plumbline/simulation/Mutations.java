package io.plumbline.simulation;

import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.api.EngineClient.Listed;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveContainer.Attachment;
import io.plumbline.port.Control;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.port.Ledger;
import io.plumbline.port.PlumblineException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Ways to break the agent on purpose, each at one of its ports, and the invariants that must
 * notice. Only tests switch them on.
 */
enum Mutations implements Mutation {
    STOPS_FIRST(
            "Before a new container of a service starts, the one that serves is stopped.",
            Invariant.START_FIRST) {
        @Override
        public EngineClient engine(EngineClient engine) {
            return around(
                    EngineClient.class,
                    engine,
                    (method, args, call) -> {
                        if (method.getName().equals("create")
                                && args[0] instanceof NewContainer n) {
                            stopOthers(engine, n);
                        }
                        return call.go();
                    });
        }

        private void stopOthers(EngineClient engine, NewContainer wanted) {
            for (var row : engine.list(SimulatedAgent.AGENT)) {
                if (same(row, wanted, Labels.PIPELINE) && same(row, wanted, Labels.SERVICE)) {
                    engine.stop(row.id(), Duration.ZERO);
                }
            }
        }

        private boolean same(Listed row, NewContainer wanted, String label) {
            return Objects.equals(row.labels().get(label), wanted.labels().get(label));
        }
    },

    BLAMES_THE_RELEASE(
            "A fault of the engine is taken for a fault of the release.",
            Invariant.QUARANTINE_WITH_EVIDENCE) {
        @Override
        public EngineClient engine(EngineClient engine) {
            return around(
                    EngineClient.class,
                    engine,
                    (method, _, call) -> {
                        try {
                            return call.go();
                        } catch (PlumblineException e) {
                            throw Faults.CHANGING.contains(method.getName())
                                            && e.kind() == FailureKind.TRANSIENT
                                    ? new PlumblineException(
                                            FailureKind.INVALID,
                                            "exec: \"/bin/main\": executable file not found")
                                    : e;
                        }
                    });
        }
    },

    FORGETS_TO_JOURNAL("Actions are done and not written down.", Invariant.JOURNAL_FIRST) {
        @Override
        public Ledger ledger(Ledger ledger) {
            return around(
                    Ledger.class,
                    ledger,
                    (method, args, call) ->
                            method.getName().equals("append")
                                            && args[0] instanceof List<?> events
                                            && events.stream().anyMatch(this::isStop)
                                    ? List.of()
                                    : call.go());
        }

        private boolean isStop(Object event) {
            return event instanceof PipelineEvent e
                    && e.type().equals("Action")
                    && e.reason().startsWith("stop ");
        }
    },

    TAKES_FAILED_FOR_STABLE(
            "After a start of the agent the release that was quarantined counts as stable.",
            Invariant.STABLE_IS_PROVEN,
            Invariant.REVERT_TO_STABLE,
            Invariant.ONLY_STABLE_SERVES) {
        @Override
        public Ledger ledger(Ledger ledger) {
            return around(
                    Ledger.class,
                    ledger,
                    (method, _, call) -> {
                        var answer = call.go();
                        if (!method.getName().equals("pipelines")) {
                            return answer;
                        }
                        var out = new TreeMap<String, PipelineState>();
                        ledger.pipelines().forEach((name, s) -> out.put(name, mistaken(s)));
                        return out;
                    });
        }

        private PipelineState mistaken(PipelineState s) {
            return s.with(
                    d ->
                            s.quarantined().stream()
                                    .filter(q -> !q.release().isEmpty())
                                    .forEach(q -> d.stable(q.release())));
        }
    },

    SHOWS_WHAT_WAS(
            "Status is computed once and shown for ever.",
            Invariant.STATUS_IS_TRUE,
            Invariant.COMES_TO_REST,
            Invariant.NOTHING_LOST) {
        @Override
        public Control control(Control control) {
            var shown = new HashMap<String, PipelineStatus>();
            return around(
                    Control.class,
                    control,
                    (method, args, call) -> {
                        if (!method.getName().equals("status") || args.length == 0) {
                            return call.go();
                        }
                        var now = control.status(String.valueOf(args[0]));
                        if (now.release() != null
                                && now.state() == PipelineStatus.SyncState.SYNCED) {
                            shown.putIfAbsent(now.pipeline(), now);
                        }
                        return shown.getOrDefault(now.pipeline(), now);
                    });
        }
    },

    RESTARTS_WHAT_IT_FINDS(
            "A start of the agent restarts what runs.", Invariant.ADOPTION_LEAVES_ALONE) {
        @Override
        public EngineClient engine(EngineClient engine) {
            var done = new boolean[1];
            return around(
                    EngineClient.class,
                    engine,
                    (method, _, call) -> {
                        var answer = call.go();
                        if (method.getName().equals("list") && !done[0]) {
                            done[0] = true;
                            for (var row : engine.list(SimulatedAgent.AGENT)) {
                                if (row.status().startsWith("Up")) {
                                    engine.stop(row.id(), Duration.ZERO);
                                    engine.start(row.id());
                                }
                            }
                        }
                        return answer;
                    });
        }
    },

    REMOVES_WHAT_IT_STOPS(
            "What is stopped is removed, the last stable release's containers too.",
            Invariant.STABLE_IS_KEPT) {
        @Override
        public EngineClient engine(EngineClient engine) {
            return around(
                    EngineClient.class,
                    engine,
                    (method, args, call) -> {
                        var answer = call.go();
                        if (method.getName().equals("stop")) {
                            engine.remove(String.valueOf(args[0]));
                        }
                        return answer;
                    });
        }
    },

    CREATES_AGAIN(
            "After an answer that was lost a container is made and started once more.",
            Invariant.NOTHING_DOUBLED) {
        @Override
        public EngineClient engine(EngineClient engine) {
            return around(
                    EngineClient.class,
                    engine,
                    (method, args, call) -> {
                        try {
                            return call.go();
                        } catch (PlumblineException e) {
                            if (method.getName().equals("create")
                                    && e.kind() == FailureKind.UNREACHABLE
                                    && args[0] instanceof NewContainer n) {
                                engine.start(engine.create(other(n)));
                            }
                            throw e;
                        }
                    });
        }

        private NewContainer other(NewContainer n) {
            // The agent does not see its own second try.
            var labels = new TreeMap<>(n.labels());
            labels.remove(Labels.AGENT);
            labels.remove(Labels.PIPELINE);
            return new NewContainer(
                    n.name() + "-again",
                    n.spec(),
                    labels,
                    n.networkId(),
                    n.volumeNames(),
                    n.secretEnv());
        }
    },

    IGNORES_PAUSE(
            "A pause is accepted and not carried out.",
            Invariant.NOTHING_LOST,
            Invariant.PAUSE_HOLDS) {
        @Override
        public Control control(Control control) {
            return around(
                    Control.class,
                    control,
                    (method, args, call) ->
                            method.getName().equals("execute") && args[0] instanceof Command.Pause
                                    ? Reply.of(Outcome.ACCEPTED, "paused")
                                    : call.go());
        }
    },

    IGNORES_HEALTH(
            "Every container that runs counts as healthy.",
            Invariant.STABLE_IS_PROVEN,
            Invariant.STATUS_IS_TRUE) {
        @Override
        public EngineClient engine(EngineClient engine) {
            return around(
                    EngineClient.class,
                    engine,
                    (method, _, call) -> {
                        var answer = call.go();
                        return switch (method.getName()) {
                            case "exec" -> Integer.valueOf(0);
                            case "inspect" ->
                                    answer instanceof Optional<?> o
                                                    && o.orElse(null) instanceof LiveContainer c
                                            ? Optional.of(well(c))
                                            : answer;
                            default -> answer;
                        };
                    });
        }

        private LiveContainer well(LiveContainer c) {
            return c.health() == EngineHealth.UNHEALTHY
                    ? new LiveContainer(
                            c.id(),
                            c.name(),
                            c.labels(),
                            c.state(),
                            EngineHealth.HEALTHY,
                            c.exitCode(),
                            c.oomKilled(),
                            c.error(),
                            c.restartCount(),
                            c.createdAt(),
                            c.startedAt(),
                            c.finishedAt(),
                            c.config(),
                            c.networks(),
                            c.published())
                    : c;
        }
    },

    SEES_NO_LOST_ENDPOINT(
            "A network on which a running container has no endpoint counts as connected.",
            Invariant.NAMES_LEAD_TO_IT) {
        @Override
        public EngineClient engine(EngineClient engine) {
            return around(
                    EngineClient.class,
                    engine,
                    (method, _, call) -> {
                        var answer = call.go();
                        return method.getName().equals("inspect")
                                        && answer instanceof Optional<?> o
                                        && o.orElse(null) instanceof LiveContainer c
                                        && c.alive()
                                ? Optional.of(connected(c))
                                : answer;
                    });
        }

        private LiveContainer connected(LiveContainer c) {
            var networks = new TreeMap<>(c.networks());
            networks.replaceAll(
                    (name, a) ->
                            a.connected()
                                    ? a
                                    : new Attachment(a.networkId(), a.aliases(), name, "10.0.0.1"));
            return new LiveContainer(
                    c.id(),
                    c.name(),
                    c.labels(),
                    c.state(),
                    c.health(),
                    c.exitCode(),
                    c.oomKilled(),
                    c.error(),
                    c.restartCount(),
                    c.createdAt(),
                    c.startedAt(),
                    c.finishedAt(),
                    c.config(),
                    networks,
                    c.published(),
                    c.lastCheck());
        }
    },

    TAKES_ONE_FOR_ALL(
            "An engine on which one container does not answer counts as one that does not answer.",
            Invariant.FAILOVER_ON_SILENCE,
            Invariant.COMES_TO_REST) {
        private static final Set<String> SIGNS_OF_LIFE = Set.of("ping", "info", "list");

        @Override
        public EngineClient engine(EngineClient engine) {
            var away = new boolean[1];
            return around(
                    EngineClient.class,
                    engine,
                    (method, _, call) -> {
                        try {
                            var answer = call.go();
                            if (away[0] && SIGNS_OF_LIFE.contains(method.getName())) {
                                throw Faults.unanswered(method.getName(), engine.name());
                            }
                            return answer;
                        } catch (PlumblineException e) {
                            away[0] |= method.getName().equals("inspect");
                            throw e;
                        }
                    });
        }
    };

    private final String sentence;

    @SuppressWarnings("ImmutableEnumChecker") // it is made by List.of
    private final List<Invariant> notices;

    Mutations(String sentence, Invariant... notices) {
        this.sentence = sentence;
        this.notices = List.of(notices);
    }

    /** What it does, in words. */
    String sentence() {
        return sentence;
    }

    private boolean sees(Invariant invariant) {
        return notices.contains(invariant);
    }

    /** How many seeds it takes to notice it; 0 if so many are not enough. */
    int seedsUntilFound(long first, int most) {
        for (int i = 0; i < most; i++) {
            var broken = Simulation.run(first + i, this).violation();
            if (broken != null
                    && sees(broken.invariant())
                    && Simulation.run(first + i, Mutation.NONE).violation() == null) {
                return i + 1;
            }
        }
        return 0;
    }

    private interface Rest {
        @Nullable Object go() throws Throwable;
    }

    private interface Around {
        @Nullable Object call(Method method, Object[] args, Rest rest) throws Throwable;
    }

    private static <T> T around(Class<T> type, T part, Around around) {
        return type.cast(
                Proxy.newProxyInstance(
                        type.getClassLoader(),
                        new Class<?>[] {type},
                        (_, method, args) -> {
                            var given = args == null ? new Object[0] : args;
                            return around.call(method, given, () -> invoke(method, part, given));
                        }));
    }

    private static @Nullable Object invoke(Method method, Object part, Object[] args)
            throws Throwable {
        try {
            return method.invoke(part, args);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
