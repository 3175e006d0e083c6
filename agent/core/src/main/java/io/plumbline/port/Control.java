package io.plumbline.port;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.api.Graph;
import io.plumbline.api.ReleaseDifference;
import io.plumbline.api.RepositoryStatus;
import io.plumbline.api.Run;
import io.plumbline.api.RunArtifact;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.StatusAt;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.core.workload.WorkloadPlan;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The control of a running agent, for the HTTP server. Calls block. Methods that name a pipeline
 * throw {@link PlumblineException} with {@code MISSING} if it does not exist. {@link #commit},
 * {@link #events} and {@link #lastEvents} return nothing instead.
 */
public interface Control {

    /** Returns the status of each pipeline, by name. */
    List<PipelineStatus> status();

    /** Returns the status of one pipeline. */
    PipelineStatus status(String pipeline);

    /** Returns a pipeline's status at an earlier time, as far as the ledger recorded it. */
    StatusAt.Past statusAt(String pipeline, Instant at);

    /**
     * Returns author and subject of a commit of the pipeline's repository; empty while they are not
     * known. Never waits for Git.
     *
     * @param commit full id
     */
    Optional<GitSource.CommitInfo> commit(String pipeline, String commit);

    /** Returns what would change for the head, and why. */
    WorkloadPlan plan(String pipeline);

    /**
     * Returns what would change for the given manifests and files, and why. The pipeline may be
     * new.
     *
     * @param files bytes by path, relative to the repository's folder
     */
    WorkloadPlan plan(String pipeline, Map<String, byte[]> files);

    /**
     * Returns the differences between two stored releases.
     *
     * @param from a release, a commit, or a prefix of an id; null for the deployed release
     * @param to the same
     */
    List<ReleaseDifference> diff(String pipeline, @Nullable String from, @Nullable String to);

    /** Returns the drift, from a new observation. */
    List<FieldDrift> diff(String pipeline);

    /** Returns deployments, newest first. */
    List<DeploymentRecord> history(String pipeline, int limit);

    /** Returns the runs of the pipeline's steps, newest first. */
    List<Run> runs(String pipeline, int limit);

    /**
     * Returns a run of the pipeline's steps.
     *
     * @throws PlumblineException {@code MISSING} if there is none with this number
     */
    Run run(String pipeline, long number);

    /** Returns the newest artifact of each output of each step, by step and output. */
    List<RunArtifact> artifacts(String pipeline);

    /**
     * Returns the bytes of an artifact that a recorded run of the pipeline made, or of a file in a
     * folder of one.
     *
     * @param digest 64 hex digits, or their unique beginning; {@code sha256:} may be before them
     * @throws PlumblineException {@code MISSING} if there is no such artifact; {@code INVALID} if
     *     there are several
     */
    ArtifactBytes artifact(String pipeline, String digest);

    /** Returns the graph of the pipeline in the newest commit. */
    Graph graph(String pipeline);

    /**
     * Returns events in rising order.
     *
     * @param pipeline null for all
     * @param after sequence number before the first event
     */
    List<PipelineEvent> events(@Nullable String pipeline, long after, int limit);

    /**
     * Returns the newest events before a sequence number, in rising order.
     *
     * @param pipeline null for all
     * @param before only events with smaller numbers are returned
     */
    List<PipelineEvent> lastEvents(@Nullable String pipeline, long before, int limit);

    /**
     * Returns the newest events, in rising order.
     *
     * @param pipeline null for all
     */
    default List<PipelineEvent> lastEvents(@Nullable String pipeline, int limit) {
        return lastEvents(pipeline, Long.MAX_VALUE, limit);
    }

    /** Calls the consumer for each new event until closed. The consumer must not block. */
    AutoCloseable subscribe(Consumer<PipelineEvent> events);

    /**
     * Returns the newest events that have a reason, newest last.
     *
     * @param service only events of this service or of no service; null for all
     */
    List<PipelineEvent> why(String pipeline, @Nullable String service);

    /** Executes an operator's command. A dry run only returns what would happen. */
    Reply execute(Command command, Caller caller);

    /**
     * Sends a service's logs. If there are several containers, each line begins with its
     * container's name.
     *
     * <p>If a failed release's containers no longer exist, the stored lines are sent. A line before
     * them describes the container.
     *
     * @param items called on several threads
     * @param end called once when the log ends
     */
    AutoCloseable logs(LogQuestion question, Consumer<LogItem> items, Runnable end);

    /**
     * Follows a service's log: the containers that run now and those that replace them.
     *
     * @param items called on several threads
     * @param end called once when the service or its pipeline no longer exists
     */
    AutoCloseable follow(FollowQuestion question, Consumer<LogItem> items, Runnable end);

    /** Returns the configured engines. */
    List<EngineView> engines();

    /** Returns the configured repositories, in the order of the configuration. */
    List<RepositoryStatus> repositories();

    /** Returns why the agent is not ready; empty if it is ready. */
    List<String> notReady();

    /**
     * A request for a log.
     *
     * @param choice which of the service's containers
     * @param start where the log begins
     * @param follow whether to continue with new lines
     */
    record LogQuestion(
            String pipeline, String service, LogChoice choice, LogStart start, boolean follow) {}

    /**
     * A request to follow a log.
     *
     * @param start where the logs of the running containers begin
     * @param seen the position of an earlier connection of the same reader; null for a new reader
     */
    record FollowQuestion(
            String pipeline, String service, LogStart start, @Nullable List<LogCursor> seen) {}

    /** The bytes of an artifact. */
    sealed interface ArtifactBytes {
        /** Returns {@code sha256:} and 64 hex digits. */
        String digest();

        /** An artifact that is one file. */
        record OfFile(String digest, FileBytes bytes) implements ArtifactBytes {}

        /**
         * An artifact that is a folder.
         *
         * @param parts its files, sorted by path
         */
        record OfFolder(String digest, List<Part> parts) implements ArtifactBytes {}

        /**
         * A file of a folder.
         *
         * @param path below the folder, with slashes
         * @param executable whether it may be executed
         */
        record Part(String path, boolean executable, FileBytes bytes) {}
    }

    /** The outcome of a command. */
    enum Outcome {
        /** The command is recorded and will be carried out. Exit code 0, HTTP 202. */
        ACCEPTED,
        /** The command is carried out, except for what the notes say. Exit code 1, HTTP 202. */
        INCOMPLETE,
        /** The requested state exists already. Exit code 0, HTTP 200. */
        ALREADY,
        /** Dry run: something would change. Exit code 1, HTTP 200. */
        WOULD_CHANGE,
        /** Dry run: nothing would change. Exit code 0, HTTP 200. */
        WOULD_NOT_CHANGE,
        /**
         * Nothing will happen, for example because the pipeline is paused. Exit code 1, HTTP 409.
         */
        NOTHING_HAPPENS,
        /** There is no release to roll back to. Exit code 6, HTTP 409. */
        NO_TARGET
    }

    /**
     * The reply to a command.
     *
     * @param outcome the outcome
     * @param message one sentence for people
     * @param deployment id of the deployment that began, or null
     * @param release the release that is or will be deployed, or null
     * @param plan the plan of a dry run, or null
     * @param notes warnings, such as volumes that both releases of a rollback write
     */
    record Reply(
            Outcome outcome,
            String message,
            @Nullable String deployment,
            @Nullable String release,
            @Nullable WorkloadPlan plan,
            List<String> notes) {

        /** Creates a reply with a sentence only. */
        public static Reply of(Outcome outcome, String message) {
            return new Reply(outcome, message, null, null, null, List.of());
        }

        /**
         * Creates a reply for a requested state that exists already; a dry run would not change it.
         */
        public static Reply already(Caller caller, String message) {
            return of(caller.dryRun() ? Outcome.WOULD_NOT_CHANGE : Outcome.ALREADY, message);
        }

        /** Returns the reply with the release that is or will be deployed. */
        public Reply release(@Nullable String id) {
            return new Reply(outcome, message, deployment, id, plan, notes);
        }

        /** Returns the reply with the deployment that began. */
        public Reply deployment(@Nullable String id) {
            return new Reply(outcome, message, id, release, plan, notes);
        }

        /** Returns the reply with the plan of a dry run. */
        public Reply plan(WorkloadPlan of) {
            return new Reply(outcome, message, deployment, release, of, notes);
        }

        /** Returns the reply with other notes. */
        public Reply notes(List<String> others) {
            return new Reply(outcome, message, deployment, release, plan, others);
        }
    }

    /**
     * An engine for {@code plumb engines}.
     *
     * @param engine name
     * @param endpoint as configured
     * @param reachable whether the last observation succeeded
     * @param reason why it did not; empty if it did
     * @param version of the engine; empty if it was never observed
     * @param apiVersion version of the API in use
     * @param labels as configured
     * @param containers number of the agent's running containers
     * @param observedAt time of the last observation; null if there is none
     * @param since when it became reachable or unreachable; null before the first observation
     * @param latency median of the last list calls; null if none was answered
     * @param breaker {@code Closed}, {@code Open} or {@code HalfOpen}
     * @param clockSkew the engine's clock minus the agent's; null if not known
     * @param cpus number of CPUs for placement: as configured, or else the host's; 0 if not known
     * @param memory bytes for placement: as configured, or else the host's; 0 if not known
     * @param usedNanoCpus CPU limits of the agent's running containers, in billionths of a CPU
     * @param usedMemory memory limits of the agent's running containers, in bytes
     * @param certificateExpires expiry of the connection's certificate that ends first, the agent's
     *     or the engine's; null if there is none
     * @param pricePerHour as configured; null if it is not
     * @param cordoned whether nothing new is placed on it
     * @param drained whether its replicas must also move away, if they may
     */
    record EngineView(
            String engine,
            String endpoint,
            boolean reachable,
            String reason,
            String version,
            String apiVersion,
            Map<String, String> labels,
            int containers,
            @Nullable Instant observedAt,
            @Nullable Instant since,
            @Nullable Duration latency,
            String breaker,
            @Nullable Duration clockSkew,
            double cpus,
            long memory,
            long usedNanoCpus,
            long usedMemory,
            @Nullable Instant certificateExpires,
            @Nullable BigDecimal pricePerHour,
            boolean cordoned,
            boolean drained) {}
}
