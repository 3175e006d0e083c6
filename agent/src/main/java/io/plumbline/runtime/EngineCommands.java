package io.plumbline.runtime;

import io.plumbline.core.FailureKind;
import io.plumbline.core.placement.Cordon;
import io.plumbline.port.Control.Caller;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.port.PlumblineException;
import java.util.List;

/** What an operator says about an engine: written down, then every pipeline looks again. */
final class EngineCommands {
    private final Agent agent;

    EngineCommands(Agent agent) {
        this.agent = agent;
    }

    /** Takes an engine out of use; with {@code drain} what may leave it leaves. */
    Reply cordon(String engine, boolean drain, Caller caller) {
        var fleet = known(engine);
        var now = fleet.cordon(engine);
        var word = drain ? "drained" : "cordoned";
        if (now.filter(c -> c.drain() == drain).isPresent()) {
            return already(caller, "engine " + engine + " is " + word + " already");
        }
        if (caller.dryRun()) {
            return would(
                    drain
                            ? new DrainPreview(agent, engine).text()
                            : "would put nothing new on engine " + engine);
        }
        var at = agent.setup().ticker().now();
        fleet.cordon(engine, new Cordon(drain, caller.by(), at, caller.reason()));
        agent.wakeAll(engine);
        return done(
                "engine "
                        + engine
                        + " is "
                        + word
                        + "; `plumb uncordon "
                        + engine
                        + "` takes it into use again");
    }

    /** Takes an engine into use again. */
    Reply uncordon(String engine, Caller caller) {
        var fleet = known(engine);
        if (fleet.cordon(engine).isEmpty()) {
            return already(caller, "engine " + engine + " is in use already");
        }
        if (caller.dryRun()) {
            return would("would take engine " + engine + " into use again");
        }
        fleet.uncordon(engine);
        agent.wakeAll(engine);
        return done("engine " + engine + " is in use again; nothing moves back by itself");
    }

    private Fleet known(String engine) {
        var fleet = agent.world().fleet();
        if (!fleet.has(engine)) {
            throw new PlumblineException(
                    FailureKind.MISSING,
                    "no engine "
                            + engine
                            + " is configured"
                            + Hint.nearest(
                                    engine,
                                    fleet.members().stream().map(Fleet.Member::name).toList())
                            + "; `plumb engines` lists them");
        }
        return fleet;
    }

    private static Reply already(Caller caller, String message) {
        var outcome = caller.dryRun() ? Outcome.WOULD_NOT_CHANGE : Outcome.ALREADY;
        return new Reply(outcome, message, null, null, null, List.of());
    }

    private static Reply would(String message) {
        return new Reply(Outcome.WOULD_CHANGE, message, null, null, null, List.of());
    }

    private static Reply done(String message) {
        return new Reply(Outcome.ACCEPTED, message, null, null, null, List.of());
    }
}
