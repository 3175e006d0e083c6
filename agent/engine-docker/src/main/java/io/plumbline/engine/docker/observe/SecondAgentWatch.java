package io.plumbline.engine.docker.observe;

import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveVolume;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import io.plumbline.runtime.loop.HourlyWarnings;
import io.plumbline.runtime.state.AgentIdentity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The detector of another agent of the same name on one engine. Two signs count:
 *
 * <ol>
 *   <li>A volume, {@code plumbline-agent-NAME}, carries the id of the ledger that works on the
 *       engine. The agent creates it if it does not exist. Its name is unique on the engine, so one
 *       agent wins if two create it at the same time.
 *   <li>A container that appears after the first observation carries the agent's label, and its
 *       label {@code plumbline.ledger} is not this ledger's id.
 * </ol>
 *
 * <p>While it sees one of them, this agent changes nothing on the engine. The second sign counts
 * until two relists brought no other such container. For the first:
 *
 * <ol>
 *   <li>A ledger that is not new waits until the volume is removed. Then it waits for two relists,
 *       so that a running agent can create its volume again, and creates its own.
 *   <li>A ledger that is new asks first: it creates the volume {@code plumbline-question-NAME} with
 *       its id. An agent that works on the engine removes this volume at its next relist, and is
 *       asked again. If no agent does so for two relists, and no container of the agent comes, goes
 *       or is renamed, the new ledger takes over. It removes the other's volume and creates its
 *       own.
 * </ol>
 *
 * <p>If volumes cannot be listed, created or removed, the agent works on the engine as if there
 * were none. Only the engine's thread may call the methods except {@link #why()}. The decision and
 * its reasons: docs/decisions/0033.
 */
public final class SecondAgentWatch {
    private static final Logger LOG = LoggerFactory.getLogger(SecondAgentWatch.class);

    /** Value of {@code plumbline.helper} on both volumes. */
    static final String KIND = "ledger";

    private final EngineClient engine;
    private final AgentIdentity identity;
    private final Duration patience;
    private final Ticker ticker;
    private final Consumer<String> changed;
    private final HourlyWarnings warnings;
    private final Set<String> known = new HashSet<>();
    private boolean began;
    private List<LiveVolume> seen = List.of();
    private boolean claimed;
    private boolean asked;
    private @Nullable String other;
    private @Nullable String foreign;
    private long foreignAt;
    private @Nullable Quiet quiet;
    private volatile String why = "";

    /**
     * Creates the detector for an engine.
     *
     * @param engine without its guard
     * @param relist time between two full observations
     * @param changed gets the reason why nothing may be changed on the engine, empty if it may be
     */
    SecondAgentWatch(
            EngineClient engine,
            AgentIdentity identity,
            Duration relist,
            Ticker ticker,
            Consumer<String> changed) {
        this.engine = engine;
        this.identity = identity;
        this.patience = relist.multipliedBy(2);
        this.ticker = ticker;
        this.changed = changed;
        this.warnings = new HourlyWarnings(ticker);
    }

    /** The observed state that another agent would change. */
    private record Scene(String marker, String question, Set<String> containers) {}

    private record Quiet(Scene scene, long since) {}

    /**
     * Returns the name of the volume that carries the id of the ledger that works on the engine.
     */
    static String markerName(String agent) {
        return "plumbline-agent-" + agent;
    }

    /**
     * Returns the name of the volume by which a new ledger asks whether another agent works there.
     */
    static String questionName(String agent) {
        return "plumbline-question-" + agent;
    }

    /** Returns why this agent changes nothing on the engine, for display; empty if it may. */
    public String why() {
        return why;
    }

    /**
     * Returns the same for a pipeline's status. It omits the names of other pipelines' containers,
     * which a viewer of one pipeline must not learn.
     */
    public String brief() {
        return why.isEmpty()
                ? ""
                : "another agent of the name "
                        + identity.agent()
                        + " works on engine "
                        + engine.name()
                        + ", so this agent changes nothing there; `plumb engines "
                        + engine.name()
                        + "` shows what was seen and what to do";
    }

    /**
     * Fails if another agent works on the engine.
     *
     * @throws PlumblineException {@code UNREACHABLE} if another agent works there
     */
    public void refuse() {
        var reason = why;
        if (!reason.isEmpty()) {
            throw EngineStanding.unreachable(reason);
        }
    }

    /**
     * Compares an observation with the last one.
     *
     * @param all whether it was a full observation
     */
    void looked(boolean all, ObservationCache observations) {
        var containers = observations.ours();
        var volumes = observations.volumes().orElse(null);
        appeared(observations.listed(), containers);
        // An unchanged list says nothing new: the volumes were not listed again.
        if (volumes != null && (all || !volumes.equals(seen))) {
            seen = volumes;
            try {
                compare(volumes, containers);
            } catch (PlumblineException e) {
                if (warnings.due("volume")) {
                    LOG.warn(
                            "engine {}: another agent of the name {} cannot be found out: {}",
                            engine.name(),
                            identity.agent(),
                            e.getMessage());
                }
            }
        }
        decide();
    }

    // ---- containers

    private void appeared(Set<String> rows, List<LiveContainer> containers) {
        if (!began) {
            known.addAll(rows);
            began = true;
            return;
        }
        for (var c : containers) {
            if (known.add(c.id()) && !c.label(Labels.LEDGER).equals(identity.ledger())) {
                foreign = c.name();
                foreignAt = ticker.nanos();
            }
        }
        known.retainAll(rows);
    }

    // ---- the volume

    private void compare(List<LiveVolume> volumes, List<LiveContainer> containers) {
        var marker = ledgerOf(volumes, markerName(identity.agent()));
        var question = ledgerOf(volumes, questionName(identity.agent()));
        if (marker.equals(Optional.of(identity.ledger()))) {
            own();
            question.ifPresent(this::answer);
        } else if (marker.isEmpty() && other == null) {
            claim();
        } else if (marker.isEmpty()) {
            if (quietLongEnough(scene(marker, question, containers))) {
                claim();
            }
        } else {
            other = marker.get();
            if (identity.mayTakeOver(engine.name())) {
                ask(question, scene(marker, question, containers));
            }
        }
    }

    private void own() {
        other = null;
        quiet = null;
        asked = false;
        claimed = true;
        identity.claimed(engine.name());
    }

    private void claim() {
        make(markerName(identity.agent()));
        // Another agent may have been faster; then the engine keeps that agent's labels. The next
        // observation may still bring the old list, which says nothing new.
        var marker = ledgerOf(engine.volumes(), markerName(identity.agent()));
        if (marker.equals(Optional.of(identity.ledger()))) {
            own();
        } else {
            other = marker.orElse(other);
            quiet = null;
        }
    }

    private void ask(Optional<String> question, Scene scene) {
        if (question.isEmpty()) {
            if (asked && warnings.due("answered")) {
                LOG.warn(
                        "engine {}: the agent with ledger {} answered: it works there",
                        engine.name(),
                        scene.marker());
            }
            make(questionName(identity.agent()));
            asked = true;
            quiet = null;
        } else if (quietLongEnough(scene)) {
            if (question.get().equals(identity.ledger())) {
                takeOver(scene.marker());
            } else {
                remove(questionName(identity.agent()));
                quiet = null;
            }
        }
    }

    private void takeOver(String from) {
        remove(markerName(identity.agent()));
        claim();
        if (claimed) {
            remove(questionName(identity.agent()));
            tell(
                    EventType.ENGINE_TAKEN_OVER,
                    from,
                    identity.ledger(),
                    "engine "
                            + engine.name()
                            + ": taken over from ledger "
                            + from
                            + ": this ledger is new, and nobody else worked there for "
                            + patience.toSeconds()
                            + "s");
        }
    }

    /** Removes the question of another agent, which tells it that this agent works here. */
    private void answer(String asking) {
        remove(questionName(identity.agent()));
        if (!asking.equals(identity.ledger()) && warnings.due("asked")) {
            LOG.warn(
                    "engine {}: another agent of the name {} (ledger {}) wants to work there; it was"
                            + " told that this one does. Give each agent a name of its own",
                    engine.name(),
                    identity.agent(),
                    asking);
        }
    }

    /** Whether nothing has changed for two relists. */
    private boolean quietLongEnough(Scene scene) {
        var before = quiet;
        if (before == null || !before.scene().equals(scene)) {
            quiet = new Quiet(scene, ticker.nanos());
            return false;
        }
        return ticker.nanos() - before.since() >= patience.toNanos();
    }

    private static Scene scene(
            Optional<String> marker, Optional<String> question, List<LiveContainer> containers) {
        var there = new TreeSet<String>();
        containers.forEach(c -> there.add(c.id() + " " + c.name()));
        return new Scene(marker.orElse(""), question.orElse(""), there);
    }

    /** Returns the ledger that a volume names; empty if there is no such volume. */
    private Optional<String> ledgerOf(List<LiveVolume> volumes, String name) {
        return volumes.stream()
                .filter(v -> v.name().equals(name))
                .filter(v -> identity.agent().equals(v.labels().get(Labels.AGENT)))
                .map(v -> v.labels().getOrDefault(Labels.LEDGER, "unknown"))
                .findFirst();
    }

    private void make(String volume) {
        engine.createVolume(
                volume,
                new TreeMap<>(
                        Map.of(
                                Labels.AGENT,
                                identity.agent(),
                                Labels.HELPER,
                                KIND,
                                Labels.LEDGER,
                                identity.ledger())));
    }

    private void remove(String volume) {
        engine.removeVolume(volume);
    }

    // ---- what follows

    private void decide() {
        if (foreign != null && ticker.nanos() - foreignAt >= patience.toNanos()) {
            foreign = null;
        }
        var signs = new ArrayList<String>();
        if (other != null) {
            signs.add(
                    "volume "
                            + markerName(identity.agent())
                            + " belongs to ledger "
                            + other
                            + ", and this agent's ledger is "
                            + identity.ledger());
        }
        if (foreign != null) {
            signs.add("container " + foreign + " appeared, which this agent did not create");
        }
        var now = signs.isEmpty() ? "" : sentence(String.join("; ", signs));
        if (now.equals(why)) {
            return;
        }
        boolean first = why.isEmpty();
        why = now;
        changed.accept(now);
        if (first) {
            LOG.warn("{}", now);
            tell(EventType.SECOND_AGENT, "", "", now);
        } else if (now.isEmpty()) {
            LOG.info("engine {}: no other agent works there any more", engine.name());
            tell(
                    EventType.SECOND_AGENT_GONE,
                    "",
                    "",
                    "engine "
                            + engine.name()
                            + ": no other agent of the name "
                            + identity.agent()
                            + " works there any more; changes go on");
        }
    }

    private String sentence(String signs) {
        var sentence =
                "another agent of the name "
                        + identity.agent()
                        + " works on engine "
                        + engine.name()
                        + ": "
                        + signs
                        + ". This agent changes nothing there. Give each agent its own `agent:` name";
        if (other == null) {
            return sentence + "; changes go on when no such container appears for two relists";
        }
        return sentence
                + (identity.mayTakeOver(engine.name())
                        ? "; this agent takes over if the other does not answer for two relists"
                        : ", or stop the other agent and remove that volume: `docker volume rm "
                                + markerName(identity.agent())
                                + "`");
    }

    private void tell(EventType type, String from, String to, String reason) {
        identity.tell(
                new PipelineEvent(
                        0,
                        ticker.now(),
                        "",
                        "",
                        engine.name(),
                        "",
                        type.word(),
                        from.isEmpty() ? "" : "ledger",
                        from,
                        to,
                        reason));
    }
}
