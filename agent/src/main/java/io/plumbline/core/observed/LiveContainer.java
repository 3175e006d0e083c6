package io.plumbline.core.observed;

import io.plumbline.core.observed.LiveConfig.PublishedPort;
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
 * @param labels all of them, the image's included
 * @param state what it does
 * @param health what its HEALTHCHECK says
 * @param exitCode of the last end; 0 while it runs
 * @param oomKilled whether the kernel ended it for memory
 * @param error what the engine said when it could not start it; empty if nothing
 * @param restartCount restarts by the engine since its last start by somebody
 * @param createdAt by the engine's clock
 * @param startedAt by the engine's clock; null if never
 * @param finishedAt by the engine's clock; null if never
 * @param config what it was made with
 * @param networks the networks it is attached to, by name
 * @param published the ports that the engine has published for it now, each with one host port;
 *     empty while it does not run. A port that it was made with and that is not here is not
 *     reachable
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

    /** One of which no health check is reported. */
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
     * @param aliases the names it answers to there, the engine's own short id left out, sorted
     * @param endpoint the engine's id of the endpoint; empty while the container does not run, and
     *     where the engine lists a network on which the container has no endpoint
     * @param address its IPv4 address there; empty where it has none
     */
    public record Attachment(
            String networkId, SortedSet<String> aliases, String endpoint, String address) {

        /** Of a container that does not run. */
        public Attachment(String networkId, SortedSet<String> aliases) {
            this(networkId, aliases, "", "");
        }

        /** Whether there is an endpoint with an address. */
        public boolean connected() {
            return !endpoint.isEmpty() && !address.isEmpty();
        }
    }

    /** A container of which only its row in the engine's list is known. */
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

    /** What the engine's list says now of a container of which the rest was seen before. */
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

    /** The label's value, or the empty string. */
    public String label(String key) {
        return labels.getOrDefault(key, "");
    }

    /** The same container under another name. */
    public LiveContainer withName(String other) {
        return with(other, error, lastCheck);
    }

    /**
     * The published ports, each once: the engine may give one port two host ports, for IPv4 and for
     * IPv6. Then the one for IPv4 counts.
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

    /** The same with other texts of the engine's: what it could not start, what its check said. */
    public LiveContainer saying(String otherError, @Nullable CheckResult check) {
        return with(name, otherError, check);
    }

    /** The same apart from its newest health check, which changes though nothing happened. */
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
