package io.plumbline.core.workload;

import io.plumbline.core.release.ReleaseService;
import java.util.List;
import java.util.Optional;

/**
 * The replicas of one pipeline on one engine, as the engine's driver reports them.
 *
 * @param engine the engine's name
 * @param replicas sorted by name; running and stopped ones
 */
public record Observation(String engine, List<Replica> replicas) {

    /** Returns the running replicas of a service with the spec of its release. */
    public List<Replica> running(ReleaseService service) {
        return replicas.stream()
                .filter(Replica::running)
                .filter(r -> r.service().equals(service.name()))
                .filter(r -> r.origin().spec().equals(service.specHash()))
                .toList();
    }

    /**
     * Returns the running replica with this number; a healthy one if there are several.
     *
     * @param number from 1
     */
    public Optional<Replica> running(ReleaseService service, int number) {
        var text = Integer.toString(number);
        var all = running(service).stream().filter(r -> r.origin().number().equals(text)).toList();
        return all.stream()
                .filter(r -> r.verdict() == Verdict.HEALTHY)
                .findFirst()
                .or(() -> all.stream().findFirst());
    }

    /** Returns the same observation without the texts of health checks. */
    public Observation withoutChecks() {
        return new Observation(engine, replicas.stream().map(Replica::withoutChecks).toList());
    }
}
