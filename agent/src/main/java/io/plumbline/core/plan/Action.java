package io.plumbline.core.plan;

import java.util.List;

/**
 * One thing to do on an engine. Every action is idempotent or found again by labels: done twice it
 * does no harm.
 */
public sealed interface Action {

    /** The engine's name. */
    String engine();

    /** What it is about: a service, a network, a volume or an image's reference. */
    String target();

    /** The container's name, or empty. */
    String container();

    /** Why, at least one. */
    List<Reason> reasons();

    /**
     * Actions that follow each other with the same unit are done without looking in between: a
     * container is made, filled and started as one. Empty for an action that stands alone.
     */
    String unit();

    /** The word for it in JSON, see docs/reference.md. */
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
     * Fetch an image.
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

    /** Make a network of the pipeline; {@code target} is its name. */
    record CreateNetwork(String engine, String target, String unit, List<Reason> reasons)
            implements Action {
        @Override
        public String container() {
            return "";
        }
    }

    /** Make a named volume; {@code target} is the engine's name of it. */
    record CreateVolume(String engine, String target, String unit, List<Reason> reasons)
            implements Action {
        @Override
        public String container() {
            return "";
        }
    }

    /**
     * Make a container of the release's service, on the pipeline's base network and on the network
     * of its names.
     *
     * @param target the service
     * @param replica from 1
     * @param alias whether it answers to the service's name from its start
     */
    record Create(
            String engine,
            String target,
            int replica,
            String container,
            boolean alias,
            String unit,
            List<Reason> reasons)
            implements Action {

        /** The same without the service's name. */
        public Create withoutAlias() {
            return new Create(engine, target, replica, container, false, unit, reasons);
        }
    }

    /** Put probe, files and secrets into the container made before it in the same unit. */
    record Copy(String engine, String target, String container, String unit, List<Reason> reasons)
            implements Action {}

    /**
     * Start a container.
     *
     * @param containerId empty where the container was made before it in the same unit; then found
     *     by name
     */
    record Start(
            String engine,
            String target,
            String container,
            String containerId,
            String unit,
            List<Reason> reasons)
            implements Action {}

    /** Wait until the container is healthy. Nothing behind it is done before. */
    record Wait(
            String engine,
            String target,
            String container,
            String containerId,
            String unit,
            List<Reason> reasons)
            implements Action {}

    /**
     * Attach a container to the pipeline's network.
     *
     * @param network the network's engine id; empty where this plan makes it, then found by name
     * @param networkName its name
     * @param alias whether it answers to the service's name ({@code target})
     */
    record Connect(
            String engine,
            String target,
            String container,
            String containerId,
            String network,
            String networkName,
            boolean alias,
            String unit,
            List<Reason> reasons)
            implements Action {

        /** The same without the service's name. */
        public Connect withoutAlias() {
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
     * Detach a container from a network, by force where the network is gone.
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
     * Change what the engine can change on a live container. Values are absolute: all are set.
     *
     * @param memory bytes
     * @param nanoCpus cpus times 10^9
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

    /** Give a container its right name, {@code to}. */
    record Rename(
            String engine,
            String target,
            String container,
            String containerId,
            String to,
            String unit,
            List<Reason> reasons)
            implements Action {}

    /** Thaw a container. */
    record Unpause(
            String engine,
            String target,
            String container,
            String containerId,
            String unit,
            List<Reason> reasons)
            implements Action {}

    /**
     * Stop a container with its own signal.
     *
     * @param graceSeconds before it is killed
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
