package io.plumbline.engine.docker.plan;

import io.plumbline.core.workload.Reason;
import java.util.List;

/**
 * One change of an engine. An action can be repeated without harm: it is idempotent, or its result
 * is found again by labels.
 */
public sealed interface Action {

    /** Returns the engine's name. */
    String engine();

    /** Returns the object: a service, a network, a volume or an image's reference. */
    String target();

    /** Returns the container's name, or empty. */
    String container();

    /** Returns the reasons, at least one. */
    List<Reason> reasons();

    /**
     * Returns the unit. Successive actions of one unit are done without an observation in between:
     * a container is created, filled and started as one. Empty for an action that stands alone.
     */
    String unit();

    /** Returns the action's word in JSON, see docs/reference.md. */
    default String word() {
        return switch (this) {
            case Pull _ -> "pull";
            case CreateNetwork _ -> "createNetwork";
            case CreateVolume _ -> "createVolume";
            case Create _ -> "create";
            case Copy _ -> "copy";
            case Start _ -> "start";
            case Wait _ -> "wait";
            case Connect _ -> "connect";
            case Disconnect _ -> "disconnect";
            case Update _ -> "update";
            case Rename _ -> "rename";
            case Unpause _ -> "unpause";
            case Stop _ -> "stop";
            case Remove _ -> "remove";
        };
    }

    /**
     * Pulls an image.
     *
     * @param image {@link io.plumbline.core.release.ImageRef#engineName()}
     */
    record Pull(String engine, String target, String image, String unit, List<Reason> reasons)
            implements Action {
        @Override
        public String container() {
            return "";
        }
    }

    /** Creates a network of the pipeline; {@code target} is its name. */
    record CreateNetwork(String engine, String target, String unit, List<Reason> reasons)
            implements Action {
        @Override
        public String container() {
            return "";
        }
    }

    /** Creates a named volume; {@code target} is the engine's name of it. */
    record CreateVolume(String engine, String target, String unit, List<Reason> reasons)
            implements Action {
        @Override
        public String container() {
            return "";
        }
    }

    /**
     * Creates a container of the release's service, on the pipeline's base network and on the
     * network of its names.
     *
     * @param target the service
     * @param replica from 1
     * @param receives whether it has the service's name from its start
     */
    record Create(
            String engine,
            String target,
            int replica,
            String container,
            boolean receives,
            String unit,
            List<Reason> reasons)
            implements Action {

        /** Returns the same action without the service's name. */
        public Create withoutRequests() {
            return new Create(engine, target, replica, container, false, unit, reasons);
        }
    }

    /** Copies probe, files and secrets into the container that the same unit created before. */
    record Copy(String engine, String target, String container, String unit, List<Reason> reasons)
            implements Action {}

    /**
     * Starts a container.
     *
     * @param containerId empty if the same unit created the container before
     */
    record Start(
            String engine,
            String target,
            String container,
            String containerId,
            String unit,
            List<Reason> reasons)
            implements Action {}

    /** Waits until the container is healthy. No later action is done before. */
    record Wait(
            String engine,
            String target,
            String container,
            String containerId,
            String unit,
            List<Reason> reasons)
            implements Action {}

    /**
     * Connects a container to the pipeline's network.
     *
     * @param network the network's engine id; empty if this plan creates it, then found by name
     * @param networkName its name
     * @param receives whether the container gets the service's name ({@code target})
     */
    record Connect(
            String engine,
            String target,
            String container,
            String containerId,
            String network,
            String networkName,
            boolean receives,
            String unit,
            List<Reason> reasons)
            implements Action {

        /** Returns the same action without the service's name. */
        public Connect withoutRequests() {
            return new Connect(
                    engine,
                    target,
                    container,
                    containerId,
                    network,
                    networkName,
                    false,
                    unit,
                    reasons);
        }
    }

    /**
     * Disconnects a container from a network, by force if the network no longer exists.
     *
     * @param network the network's engine id
     */
    record Disconnect(
            String engine,
            String target,
            String container,
            String containerId,
            String network,
            String unit,
            List<Reason> reasons)
            implements Action {}

    /**
     * Changes the settings that the engine can change on a live container. All values are set.
     *
     * @param memory bytes
     * @param nanoCpus CPUs times 10^9
     * @param restart the policy's word
     */
    record Update(
            String engine,
            String target,
            String container,
            String containerId,
            long memory,
            long nanoCpus,
            String restart,
            String unit,
            List<Reason> reasons)
            implements Action {}

    /** Renames a container to {@code to}. */
    record Rename(
            String engine,
            String target,
            String container,
            String containerId,
            String to,
            String unit,
            List<Reason> reasons)
            implements Action {}

    /** Unpauses a container. */
    record Unpause(
            String engine,
            String target,
            String container,
            String containerId,
            String unit,
            List<Reason> reasons)
            implements Action {}

    /**
     * Stops a container with its own stop signal.
     *
     * @param graceSeconds time before it is killed
     */
    record Stop(
            String engine,
            String target,
            String container,
            String containerId,
            int graceSeconds,
            String unit,
            List<Reason> reasons)
            implements Action {}

    /** Remove a stopped or unfinished container with its anonymous volumes. */
    record Remove(
            String engine,
            String target,
            String container,
            String containerId,
            String unit,
            List<Reason> reasons)
            implements Action {}
}
