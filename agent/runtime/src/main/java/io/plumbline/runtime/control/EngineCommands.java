package io.plumbline.runtime.control;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.placement.Cordon;
import io.plumbline.port.Cause;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.engine.Fleet;
import io.plumbline.runtime.loop.Hint;

/** The commands about an engine. Each is stored, and then every pipeline reconciles. */
final class EngineCommands {
    private final Agent agent;

    EngineCommands(Agent agent) {
        this.agent = agent;
    }

    Reply execute(Command.OfEngine command, Caller caller) {
        return switch (command) {
            case Command.Cordon c -> cordon(c.engine(), false, caller);
            case Command.Drain c -> cordon(c.engine(), true, caller);
            case Command.Uncordon c -> uncordon(c.engine(), caller);
        };
    }

    /**
     * Cordons an engine.
     *
     * @param drain whether its replicas must also move away, if they may
     */
    private Reply cordon(String engine, boolean drain, Caller caller) {
        var fleet = known(engine);
        var now = fleet.cordon(engine);
        var word = drain ? "drained" : "cordoned";
        if (now.filter(c -> c.drain() == drain).isPresent()) {
            return Reply.already(caller, "engine " + engine + " is " + word + " already");
        }
        if (caller.dryRun()) {
            return Reply.of(
                    Outcome.WOULD_CHANGE,
                    drain
                            ? new DrainPreview(agent, engine).text()
                            : "would put nothing new on engine " + engine);
        }
        var at = agent.setup().ticker().now();
        fleet.cordon(engine, new Cordon(drain, caller.by(), at, caller.reason()));
        agent.wakeAll(engine, Cause.OPERATOR);
        return Reply.of(
                Outcome.ACCEPTED,
                "engine "
                        + engine
                        + " is "
                        + word
                        + "; `plumb uncordon "
                        + engine
                        + "` takes it into use again");
    }

    /** Ends a cordon or a drain. */
    private Reply uncordon(String engine, Caller caller) {
        var fleet = known(engine);
        if (fleet.cordon(engine).isEmpty()) {
            return Reply.already(caller, "engine " + engine + " is in use already");
        }
        if (caller.dryRun()) {
            return Reply.of(
                    Outcome.WOULD_CHANGE, "would take engine " + engine + " into use again");
        }
        fleet.uncordon(engine);
        agent.wakeAll(engine, Cause.OPERATOR);
        return Reply.of(
                Outcome.ACCEPTED,
                "engine " + engine + " is in use again; nothing moves back by itself");
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
}
