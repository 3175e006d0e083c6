package io.plumbline.simulation;

import io.plumbline.core.release.AllowPolicy;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.apply.DockerDriver;
import io.plumbline.engine.docker.observe.EngineGuards;
import io.plumbline.port.Control;
import io.plumbline.port.SecretStore;
import io.plumbline.port.SecretValue;
import io.plumbline.port.Telemetry;
import io.plumbline.port.Webhooks;
import io.plumbline.runtime.control.Agent;
import io.plumbline.runtime.secrets.Redaction;
import io.plumbline.runtime.webhook.WebhookService;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** One process of the agent: the real loops over the simulated world, until it is killed. */
final class SimulatedAgent {
    static final String AGENT = "agent-sim";

    private final Lifetime life;
    private final Control control;
    private final WebhookService webhooks;
    private final List<AutoCloseable> streams = new CopyOnWriteArrayList<>();
    private final List<Runnable> losses = new CopyOnWriteArrayList<>();
    private final Surroundings world;
    private int left = Integer.MAX_VALUE;
    private boolean before;
    private int underWay;

    /** Starts one. */
    SimulatedAgent(Surroundings world, Lifetime life) {
        this.world = world;
        this.life = life;
        var links = new Links(world, this);
        var guards = new EngineGuards(life);
        var redaction = new Redaction(secrets());
        var mutation = world.mutation();
        var engines = new ArrayList<Agent.Configured>();
        for (int i = 0; i < world.sites().size(); i++) {
            EngineClient engine = mutation.engine(links.engine(world.sites().get(i), i));
            engines.add(
                    new Agent.Configured(
                            DockerDriver.of(guards.guard(engine, redaction)),
                            "memory",
                            new TreeMap<>(),
                            null,
                            null,
                            null));
        }
        var agent =
                new Agent(
                        new Agent.Setup(
                                AGENT,
                                Duration.ofSeconds(60),
                                engines,
                                List.of(
                                        new Agent.Watched(
                                                "ml",
                                                links.git(world.git()),
                                                Duration.ofSeconds(20),
                                                new AllowPolicy(
                                                        List.of("*"),
                                                        true,
                                                        Set.of(),
                                                        1024,
                                                        65535,
                                                        List.of("*")),
                                                Set.of(),
                                                List.of(),
                                                null)),
                                mutation.ledger(links.ledger(world.ledger())),
                                world.cordons(),
                                redaction,
                                v -> Integer.toHexString(v.text().hashCode()),
                                life,
                                Duration.ofSeconds(1),
                                silent()));
        this.control = mutation.control(agent.control());
        this.webhooks = new WebhookService(agent, world.deliveries());
        var _ =
                life.start(
                        "main",
                        () -> {
                            agent.start();
                            webhooks.start();
                        });
    }

    Lifetime life() {
        return life;
    }

    Control control() {
        return control;
    }

    /** The Git host tells that something was pushed. */
    void push(String deliveryId) {
        webhooks.accepted(
                new Webhooks.Arrival("ml", "github", "push", deliveryId, "192.0.2.7"), false);
    }

    boolean dead() {
        return life.dead();
    }

    void check() {
        if (life.dead()) {
            throw new Killed();
        }
    }

    /** The nth changing call from now on is its last, done or not. */
    synchronized void dieAt(int call, boolean beforeIt) {
        left = call;
        before = beforeIt;
    }

    /** A call that changes something is about to be done, or was. */
    synchronized void changing(boolean begins) {
        if (begins) {
            left--;
        }
        if (left == 0 && begins == before) {
            world.note("the agent dies, " + underWay + " other changes are under way");
            life.kill();
            throw new Killed();
        }
    }

    /** A request leaves the process; it counts if it changes something. */
    synchronized void sends(boolean changing) {
        underWay += changing ? 1 : 0;
    }

    /** The engine has the request, or nobody waits for it any more. */
    synchronized void sent(boolean changing) {
        underWay -= changing ? 1 : 0;
    }

    /** What to do when the connections to an engine are lost. */
    void onLoss(Runnable loss) {
        losses.add(loss);
    }

    /** Its connections to an engine end: streams are closed and their readers told. */
    void loseStreams() {
        closeStreams();
        losses.forEach(Runnable::run);
        losses.clear();
    }

    void onDeath(AutoCloseable stream) {
        streams.add(stream);
    }

    /** It ends now, wherever its threads are. */
    void kill() {
        life.unwind();
        closeStreams();
    }

    private void closeStreams() {
        for (var stream : streams) {
            try {
                stream.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
        streams.clear();
    }

    private SecretStore secrets() {
        return new SecretStore() {
            @Override
            public Optional<SecretValue> read(String name) {
                return Optional.of(
                        new SecretValue(world.secret(name).getBytes(StandardCharsets.UTF_8)));
            }

            @Override
            public String whereabouts(String name) {
                return "the simulated store, key " + name;
            }
        };
    }

    private static Telemetry silent() {
        return (Telemetry)
                Proxy.newProxyInstance(
                        Telemetry.class.getClassLoader(),
                        new Class<?>[] {Telemetry.class},
                        (_, _, _) -> null);
    }
}
