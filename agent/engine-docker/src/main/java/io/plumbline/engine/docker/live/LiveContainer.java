package io.plumbline.engine.docker.live;

import io.plumbline.engine.docker.live.LiveConfig.PublishedPort;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * A container as the engine's {@code inspect} reports it.
 *
 * @param id full id
 * @param name without the leading slash
 * @param labels all of them, with the image's
 * @param state its run state
 * @param health the result of its HEALTHCHECK
 * @param exitCode exit code of the last end; 0 while it runs
 * @param oomKilled whether the kernel ended it for memory
 * @param error the engine's message when it could not start it; empty if there is none
 * @param restartCount restarts by the engine since its last start by a client
 * @param createdAt by the engine's clock
 * @param startedAt by the engine's clock; null if never
 * @param finishedAt by the engine's clock; null if never
 * @param config its configuration
 * @param networks the networks that it is connected to, by name
 * @param published the ports that the engine publishes for it now, each with one host port; empty
 *     while it does not run. A requested port that is missing here is not reachable
 * @param lastCheck the newest health check; null if the engine reports none
 */
public record LiveContainer(
        String id,
        String name,
        SortedMap<String, String> labels,
        RunState state,
        EngineHealth health,
        int exitCode,
        boolean oomKilled,
        String error,
        int restartCount,
        Instant createdAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        LiveConfig config,
        SortedMap<String, Attachment> networks,
        List<PublishedPort> published,
        @Nullable CheckResult lastCheck) {

    /** Creates a container without a reported health check. */
    public LiveContainer(
            String id,
            String name,
            SortedMap<String, String> labels,
            RunState state,
            EngineHealth health,
            int exitCode,
            boolean oomKilled,
            String error,
            int restartCount,
            Instant createdAt,
            @Nullable Instant startedAt,
            @Nullable Instant finishedAt,
            LiveConfig config,
            SortedMap<String, Attachment> networks,
            List<PublishedPort> published) {
        this(
                id,
                name,
                labels,
                state,
                health,
                exitCode,
                oomKilled,
                error,
                restartCount,
                createdAt,
                startedAt,
                finishedAt,
                config,
                networks,
                published,
                null);
    }

    /**
     * A container's endpoint on a network.
     *
     * @param networkId the engine's id of the network
     * @param aliases its aliases there, without the engine's own short id, sorted
     * @param endpoint the engine's id of the endpoint; empty while the container does not run, and
     *     if the engine lists a network on which the container has no endpoint
     * @param address its IPv4 address there; empty if it has none
     */
    public record Attachment(
            String networkId, SortedSet<String> aliases, String endpoint, String address) {

        /** Creates the endpoint of a container that does not run. */
        public Attachment(String networkId, SortedSet<String> aliases) {
            this(networkId, aliases, "", "");
        }

        /** Whether there is an endpoint with an address. */
        public boolean connected() {
            return !endpoint.isEmpty() && !address.isEmpty();
        }
    }

    /** Creates a container that is known only from its row in the engine's list. */
    public static LiveContainer listed(
            String id, String name, SortedMap<String, String> labels, RunState state) {
        return new LiveContainer(
                id,
                name,
                labels,
                state,
                EngineHealth.NONE,
                0,
                false,
                "",
                0,
                Instant.EPOCH,
                null,
                null,
                LiveConfig.NOT_SEEN,
                Collections.emptySortedMap(),
                List.of());
    }

    /**
     * Returns the container with its current row in the engine's list; the rest is from the last
     * inspection.
     */
    public LiveContainer as(String nameNow, SortedMap<String, String> labelsNow, RunState now) {
        return new LiveContainer(
                id,
                nameNow,
                labelsNow,
                now,
                health,
                exitCode,
                oomKilled,
                error,
                restartCount,
                createdAt,
                startedAt,
                finishedAt,
                config,
                networks,
                published,
                lastCheck);
    }

    /** Returns the label's value, or the empty string. */
    public String label(String key) {
        return labels.getOrDefault(key, "");
    }

    /** The same container under another name. */
    public LiveContainer withName(String other) {
        return with(other, error, lastCheck);
    }

    /**
     * Returns the published ports, each once. The engine may publish one port on two host ports,
     * for IPv4 and for IPv6; then the one for IPv4 counts.
     */
    public List<PublishedPort> publishedInOneFamily() {
        return published.stream()
                .filter(p -> p.hostIp().indexOf(':') < 0 || !publishedForIpv4(p))
                .toList();
    }

    private boolean publishedForIpv4(PublishedPort p) {
        return published.stream()
                .anyMatch(o -> o.container() == p.container() && o.hostIp().indexOf(':') < 0);
    }

    /** Whether its process exists: running or paused. */
    public boolean alive() {
        return state == RunState.RUNNING || state == RunState.PAUSED;
    }

    /** Returns the container with other messages: the engine's error and the check's output. */
    public LiveContainer saying(String otherError, @Nullable CheckResult check) {
        return with(name, otherError, check);
    }

    /** Returns the container without its newest health check, which changes without an event. */
    public LiveContainer withoutCheck() {
        return lastCheck == null ? this : with(name, error, null);
    }

    private LiveContainer with(String itsName, String itsError, @Nullable CheckResult check) {
        return new LiveContainer(
                id,
                itsName,
                labels,
                state,
                health,
                exitCode,
                oomKilled,
                itsError,
                restartCount,
                createdAt,
                startedAt,
                finishedAt,
                config,
                networks,
                published,
                check);
    }
}
