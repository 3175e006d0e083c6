package io.plumbline.api;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the agent would do, and why. */
@Doc("What the agent would do, and why.")
public record Plan(
        @Doc("Name of the pipeline.") String pipeline,
        @Doc("The release that it would deploy.") @Nullable String release,
        @Doc("The commit of that release.") @Nullable String commit,
        @Doc("The release that is deployed.") @Nullable String from,
        @Doc("For each service that is replaced `startFirst` or `stopFirst`.")
                Map<String, String> services,
        @Doc("Whether a service is down meanwhile, a sentence. Empty if no service changes.")
                String downtime,
        @Doc("The actions in their order.") List<Action> actions,
        @Doc("What stands in the way.") List<String> blockers,
        @Doc(
                        "Names of the stages that the deployment passes, in their order. Empty if there"
                                + " is nothing to do, and if drift is repaired without a deployment.")
                List<String> stages) {

    /** Whether carrying it out would change something, or something stands in its way. */
    public boolean changes() {
        return !actions.isEmpty() || !blockers.isEmpty();
    }

    /** A change of one object of an engine. */
    @Doc("A change of one object of an engine.")
    public record Action(
            @Doc("Name of the engine.") String engine,
            @Doc(
                            "`pull`, `createNetwork`, `createVolume`, `create`, `copy`, `start`, `wait`,"
                                    + " `connect`, `disconnect`, `update`, `rename`, `unpause`, `stop`"
                                    + " or `remove`.")
                    String action,
            @Doc("The service, image, network or volume.") String target,
            @Doc("Name of the container, may be empty.") String container,
            @Doc("The action and its reasons, a sentence.") String summary,
            @Doc("Why.") List<Reason> reasons) {}

    /** A difference that an action removes. */
    @Doc("A difference that an action removes.")
    public record Reason(
            @Doc("The field as the manifest names it.") String field,
            @Doc("What it is. Empty if unset.") String from,
            @Doc("What it is to be. Empty if unset.") String to) {}
}
