package io.plumbline.port;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.api.ReleaseDifference;
import io.plumbline.api.RepositoryStatus;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.plan.Plan;
import io.plumbline.core.rollout.Deployment;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.StatusAt;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What can be asked of a running agent: the server calls it, the loops answer. Calls block; they
 * throw {@link PlumblineException} with {@code MISSING} for a pipeline that does not exist.
 */
public interface Control {

    /** All pipelines by name. */
    List<PipelineStatus> status();

    /** One pipeline. */
    PipelineStatus status(String pipeline);

    /** A pipeline's status at an earlier time, as far as the ledger recorded it. */
    StatusAt.Past statusAt(String pipeline, Instant at);

    /**
     * Author and subject of a commit of the pipeline's repository. Never waits for Git; empty while
     * they are not known.
     *
     * @param commit full id
     */
    Optional<GitSource.CommitInfo> commit(String pipeline, String commit);

    /** What would change and why, for the head. */
    Plan plan(String pipeline);

    /**
     * The same for manifests and files that a caller sent.
     *
     * @param files bytes by path, as below the repository's folder
     */
    Plan plan(String pipeline, Map<String, byte[]> files);

    /**
     * What differs between two stored releases.
     *
     * @param from a release, a commit, or the beginning of an id; null for what is deployed
     * @param to the same
     */
    List<ReleaseDifference> diff(String pipeline, @Nullable String from, @Nullable String to);

    /** Drift now, from a fresh observation. */
    List<Drift> diff(String pipeline);

    /** Deployments, newest first. */
    List<Deployment> history(String pipeline, int limit);

    /** Events in rising order; {@code pipeline} null for all. */
    List<PipelineEvent> events(@Nullable String pipeline, long after, int limit);

    /** The newest events in rising order; {@code pipeline} null for all. */
    List<PipelineEvent> lastEvents(@Nullable String pipeline, int limit);

    /** Calls for each event from now on until closed; must not block. */
    AutoCloseable subscribe(Consumer<PipelineEvent> events);

    /** Why things are as they are: the reasons on record, newest last. */
    List<PipelineEvent> why(String pipeline, @Nullable String service);

    /** Carries out a request of an operator, or with a dry run says what it would do. */
    Reply execute(Command command, Caller caller);

    /**
     * Sends a service's logs, each line with its container's name in front where there are several.
     *
     * <p>Where a failed release's containers are gone, the lines that were kept of them are sent,
     * with a line in front that says so.
     *
     * @param items called on several threads
     * @param end called once when the log ends
     */
    AutoCloseable logs(LogQuestion question, Consumer<LogItem> items, Runnable end);

    /**
     * Follows a service's log: of the containers that run now and of those that replace them.
     *
     * @param items called on several threads
     * @param end called once when the service or its pipeline is gone
     */
    AutoCloseable follow(FollowQuestion question, Consumer<LogItem> items, Runnable end);

    /** The engines of the configuration. */
    List<EngineView> engines();

    /** The repositories of the configuration, in its order. */
    List<RepositoryStatus> repositories();

    /** Why the agent is not ready, empty when it is. */
    List<String> notReady();

    /**
     * Whose log is asked for.
     *
     * @param choice which of the service's containers
     * @param start where it begins
     * @param follow go on with what is logged from now on
     */
    record LogQuestion(
            String pipeline, String service, LogChoice choice, LogStart start, boolean follow) {}

    /**
     * Which service is followed.
     *
     * @param start where the logs of what runs now begin
     * @param seen how far the same reader came over an earlier connection; null for a new reader
     */
    record FollowQuestion(
            String pipeline, String service, LogStart start, @Nullable List<LogCursor> seen) {}

    /** What came of a request. */
    enum Outcome {
        /** It is recorded and will be done. Exit 0, HTTP 202. */
        ACCEPTED,
        /** It is done but for what the notes say. Exit 1, HTTP 202. */
        INCOMPLETE,
        /** What was asked for is so already. Exit 0, HTTP 200. */
        ALREADY,
        /** Dry run: something would change. Exit 1, HTTP 200. */
        WOULD_CHANGE,
        /** Dry run: nothing would. Exit 0, HTTP 200. */
        WOULD_NOT_CHANGE,
        /** Paused, blocked or quarantined: nothing will happen. Exit 1, HTTP 409. */
        NOTHING_HAPPENS,
        /** There is nothing to go back to. Exit 6, HTTP 409. */
        NO_TARGET
    }

    /**
     * The answer to a request.
     *
     * @param outcome what came of it
     * @param message for people, one sentence
     * @param deployment id of the deployment that it began, or null
     * @param release that is or will be there, or null
     * @param plan of a dry run, or null
     * @param notes warnings and, of a rollback's dry run, the volumes both releases write
     */
    record Reply(
            Outcome outcome,
            String message,
            @Nullable String deployment,
            @Nullable String release,
            @Nullable Plan plan,
            List<String> notes) {

        /** An answer that tells no more than a sentence. */
        public static Reply of(Outcome outcome, String message) {
            return new Reply(outcome, message, null, null, null, List.of());
        }

        /** What was asked for is so already, and a dry run would not change it. */
        public static Reply already(Caller caller, String message) {
            return of(caller.dryRun() ? Outcome.WOULD_NOT_CHANGE : Outcome.ALREADY, message);
        }

        /** The same with the release that is or will be there. */
        public Reply release(@Nullable String id) {
            return new Reply(outcome, message, deployment, id, plan, notes);
        }

        /** The same with the deployment that it began. */
        public Reply deployment(@Nullable String id) {
            return new Reply(outcome, message, id, release, plan, notes);
        }

        /** The same with the plan of a dry run. */
        public Reply plan(Plan of) {
            return new Reply(outcome, message, deployment, release, of, notes);
        }

        /** The same with other notes. */
        public Reply notes(List<String> others) {
            return new Reply(outcome, message, deployment, release, plan, others);
        }
    }

    /**
     * An engine for {@code plumb engines}.
     *
     * @param engine name
     * @param endpoint as configured
     * @param reachable whether it answers
     * @param reason why not, else empty
     * @param version of the engine, empty if never seen
     * @param apiVersion spoken with it
     * @param labels as configured
     * @param containers of ours that run
     * @param observedAt the last observation
     * @param since when it became reachable or unreachable; null before the first look
     * @param latency median of the last list calls, null if none was answered
     * @param breaker {@code Closed}, {@code Open} or {@code HalfOpen}
     * @param clockSkew the engine's clock less ours, null if never told
     * @param cpus that may be placed there: as configured, else the host's; 0 if neither is known
     * @param memory the same in bytes
     * @param usedNanoCpus limits of our containers that run
     * @param usedMemory the same in bytes
     * @param certificateExpires of the certificate that we show it, null where there is none
     * @param pricePerHour as configured, null where it is not
     * @param cordoned whether nothing new is placed there
     * @param drained whether what is there and may leave leaves, too
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
