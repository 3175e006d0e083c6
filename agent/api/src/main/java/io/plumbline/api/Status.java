package io.plumbline.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What {@code plumb status} shows of a pipeline. */
@Doc("A pipeline: what Git wants, what runs, and how it is.")
public record Status(
        @Doc("Name of the pipeline.") String pipeline,
        @Doc(
                        "The first that holds of Unknown, Paused, Failed, Blocked, Progressing,"
                                + " Contested, Drifted, RolledBack, Reverted, Synced.")
                String state,
        @Doc("Why the state is so, a sentence.") String reason,
        @Doc("Healthy, Progressing, Degraded, Unhealthy, Missing or Unknown.") String health,
        @Doc("Why it is not healthy, with the evidence. Empty if it is.") String healthReason,
        @Doc("The outage that an operator acknowledged, or null.") @Nullable Ack healthAcknowledged,
        @Doc("The deployed release. Null before the first.") @Nullable String release,
        @Doc("The newest commit that renders `release`.") @Nullable String commit,
        @Doc("The commit that `state` was computed for.") @Nullable String head,
        @Doc(
                        "The stable release that runs; while there is none, the newest of the release"
                                + " history.")
                @Nullable String stableRelease,
        @Doc("The commit of `stableRelease`.") @Nullable String stableCommit,
        @Doc("An operator's hold, or null.") @Nullable Instruction hold,
        @Doc("A pause, or null.") @Nullable Instruction paused,
        @Doc("Releases that are not deployed by themselves.") List<Quarantined> quarantined,
        @Doc("The newest deployment, or null.") @Nullable Deployment deployment,
        @Doc(
                        "What is still done about the containers from before the newest"
                                + " deployment. Empty if nothing is.")
                String cleanUp,
        @Doc("What `plumb rollback` would deploy, or null.") @Nullable Target rollback,
        @Doc("Time of the oldest observation that this answer uses. Null if there is none.")
                @Nullable Instant observedAt,
        @Doc("Each engine of the pipeline.") List<EngineState> engines,
        @Doc("Each service on each engine.") List<ServiceState> services,
        @Doc("The pipeline's name in the names on the engines.") String engineName,
        @Doc("Its earlier names, newest first.") List<String> was,
        @Doc("The commits that the other members name, as far as they are known.")
                List<Commit> commits) {

    /** Whether the pipeline is as Git describes it, and well. */
    public boolean well() {
        return state.equals("Synced") && health.equals("Healthy");
    }

    /** What is known of a commit. */
    public Optional<Commit> commit(String id) {
        return commits.stream().filter(c -> c.id().equals(id)).findFirst();
    }

    /** A pause or a hold. */
    @Doc("A pause or a hold.")
    public record Instruction(
            @Doc("Who said so.") String by,
            @Doc("When.") Instant at,
            @Doc("Why, may be empty.") String reason) {}

    /** An acknowledged outage. */
    @Doc("An acknowledged outage: these services report no metrics and events until then.")
    public record Ack(
            @Doc("Who acknowledged it.") String by,
            @Doc("When.") Instant at,
            @Doc("When it ends.") Instant until,
            @Doc("Why, may be empty.") String reason,
            @Doc("The services that it covers.") List<String> services) {}

    /** A release in quarantine. */
    @Doc("A release, or a commit that renders none, which is not deployed by itself.")
    public record Quarantined(
            @Doc("Its id. Empty if the commit renders none.") String release,
            @Doc("The identity of the sources of the commit. Empty if it renders a release.")
                    String source,
            @Doc("The commit.") String commit,
            @Doc("`failed` or `rolledBack`.") String cause,
            @Doc("Why, may be empty.") String reason,
            @Doc("Who put it there.") String by,
            @Doc("When.") Instant at) {}

    /** Where a rollback would go. */
    @Doc("What a rollback would deploy.")
    public record Target(
            @Doc("Id of the release.") String target,
            @Doc("The commit that renders it. Null if it is not known any more.")
                    @Nullable String commit,
            @Doc("Whether the engines have all that it needs.") boolean ready,
            @Doc("What is missing.") List<String> missing) {}

    /** An engine as one pipeline sees it. */
    @Doc("An engine of the pipeline.")
    public record EngineState(
            @Doc("Its name.") String engine,
            @Doc("`Ready` or `Unreachable`.") String state,
            @Doc("Why it is not reachable, else empty.") String reason,
            @Doc("Time of the last observation. Null if there is none.")
                    @Nullable Instant observedAt) {}

    /** A service on an engine. */
    @Doc("A service on an engine.")
    public record ServiceState(
            @Doc("Name of the service.") String service,
            @Doc("Name of the engine.") String engine,
            @Doc("As of the pipeline.") String health,
            @Doc("Why it is not healthy, with the evidence. Empty if it is.") String reason,
            @Doc("Replicas that should run.") int desired,
            @Doc("Containers of the deployed release that run.") int running,
            @Doc("Those of them that are healthy.") int healthy,
            @Doc("Restarts by the engine, in sum.") int restarts,
            @Doc("The image as the manifest has it.") String image,
            @Doc("Fields that differ from the release.") List<String> drift,
            @Doc("The ports that the engine publishes of the running containers.") List<Port> ports,
            @Doc(
                            "The newest failed health check of a running container, else the newest"
                                    + " one. Null if the engine reports none.")
                    @Nullable Check lastCheck) {}

    /** A published port. */
    @Doc("A published port of a container.")
    public record Port(
            @Doc("Name of the container.") String container,
            @Doc("The port in the container.") int containerPort,
            @Doc("`tcp` or `udp`.") String protocol,
            @Doc("The address of the host on which the engine listens.") String hostIp,
            @Doc("The port of the host.") int hostPort) {}

    /** A health check. */
    @Doc("A health check that the engine ran.")
    public record Check(
            @Doc("Name of the container.") String container,
            @Doc("Whether the check passed.") boolean passed,
            @Doc("Which check, and what it answered.") String evidence,
            @Doc("When it ended, by the engine's clock.") @Nullable Instant at) {}

    /** A commit. */
    @Doc("A commit.")
    public record Commit(
            @Doc("Its full id.") String id,
            @Doc("The first line of its message.") String subject,
            @Doc("The author's name.") String author,
            @Doc("When it was made.") Instant at) {}
}
