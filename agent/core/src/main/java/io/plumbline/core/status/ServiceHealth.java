package io.plumbline.core.status;

import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.rollout.LostHealth;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.LastCheck;
import io.plumbline.core.status.PipelineStatus.ServicePort;
import io.plumbline.core.status.PipelineStatus.ServiceStatus;
import io.plumbline.core.workload.Observation;
import io.plumbline.core.workload.Replica;
import io.plumbline.core.workload.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The health of a pipeline's services, engine by engine and together, with the reasons. */
final class ServiceHealth {

    private final StatusOf.Facts facts;
    private final Site site;
    private final ReleaseService service;
    private final Observation observed;
    private final List<Replica> running;

    private ServiceHealth(
            StatusOf.Facts facts, Site site, ReleaseService service, Observation observed) {
        this.facts = facts;
        this.site = site;
        this.service = service;
        this.observed = observed;
        this.running = observed.running(service);
    }

    /** Each service on each engine. */
    static List<ServiceStatus> services(StatusOf.Facts f) {
        return f.sites().stream().flatMap(x -> services(f, x)).toList();
    }

    private static Stream<ServiceStatus> services(StatusOf.Facts f, Site site) {
        var release = site.release();
        var observed = site.observed();
        if (release == null || observed == null) {
            return Stream.empty();
        }
        boolean alone = f.sites().size() == 1;
        return release.services().stream()
                .map(s -> new ServiceHealth(f, site, s, observed).status())
                .filter(s -> alone || s.desired() > 0 || s.running() > 0);
    }

    /**
     * Returns the health of all services together: {@code Degraded} if some replicas are healthy
     * and others are not, {@code Unhealthy} if none is.
     */
    static HealthState together(List<ServiceStatus> services) {
        if (services.isEmpty() || all(services, HealthState.MISSING)) {
            return HealthState.MISSING;
        }
        if (all(services, HealthState.HEALTHY)) {
            return HealthState.HEALTHY;
        }
        if (any(services, HealthState.UNHEALTHY)
                || any(services, HealthState.DEGRADED)
                || any(services, HealthState.MISSING)) {
            return services.stream().allMatch(s -> s.healthy() == 0)
                    ? HealthState.UNHEALTHY
                    : HealthState.DEGRADED;
        }
        return any(services, HealthState.UNKNOWN) ? HealthState.UNKNOWN : HealthState.PROGRESSING;
    }

    /** Returns why the services are not healthy together; empty if they are. */
    static String reason(List<ServiceStatus> services) {
        var reasons = services.stream().map(ServiceStatus::reason).filter(r -> !r.isEmpty());
        var list = reasons.toList();
        if (list.size() < 2) {
            return String.join("", list);
        }
        return list.getFirst() + " (and " + (list.size() - 1) + " more)";
    }

    private static boolean all(List<ServiceStatus> services, HealthState health) {
        return services.stream().allMatch(s -> s.health() == health);
    }

    private static boolean any(List<ServiceStatus> services, HealthState health) {
        return services.stream().anyMatch(s -> s.health() == health);
    }

    private ServiceStatus status() {
        var fields = new TreeSet<String>();
        facts.drift().stream()
                .filter(x -> x.engine().equals(observed.engine()))
                .filter(x -> x.service().equals(service.name()))
                .forEach(x -> fields.add(x.field()));
        var health = site.stale() || silent().isPresent() ? HealthState.UNKNOWN : health();
        return new ServiceStatus(
                service.name(),
                observed.engine(),
                health,
                why(health),
                service.replicas(),
                running.size(),
                count(Verdict.HEALTHY),
                running.stream().mapToInt(r -> r.run().restarts()).sum(),
                service.reference(),
                List.copyOf(fields),
                ports(),
                lastCheck());
    }

    private List<ServicePort> ports() {
        return running.stream()
                .sorted(Comparator.comparing(Replica::name))
                .flatMap(c -> c.ports().stream().map(p -> port(c, p)))
                .toList();
    }

    private static ServicePort port(Replica c, Replica.Port p) {
        return new ServicePort(c.name(), p.inside(), p.protocol(), p.hostIp(), p.host());
    }

    /** Returns the last check. All checks are of one engine, so its clock orders them. */
    private @Nullable LastCheck lastCheck() {
        return running.stream()
                .flatMap(c -> lastCheck(c).stream())
                .min(
                        Comparator.comparing(LastCheck::passed)
                                .thenComparing(LastCheck::at, Comparator.reverseOrder()))
                .orElse(null);
    }

    private static Optional<LastCheck> lastCheck(Replica c) {
        return Optional.ofNullable(c.health().last())
                .map(check -> new LastCheck(c.name(), check.passed(), check.text(), check.at()));
    }

    private int count(Verdict verdict) {
        return (int) running.stream().filter(c -> c.verdict() == verdict).count();
    }

    private HealthState health() {
        boolean deploying = facts.state().active().isPresent();
        int desired = service.replicas();
        int healthy = count(Verdict.HEALTHY);
        if (healthy >= desired) {
            return HealthState.HEALTHY;
        }
        if (running.isEmpty() && !deploying) {
            return HealthState.MISSING;
        }
        if (count(Verdict.UNHEALTHY) > 0 || (!deploying && running.size() < desired)) {
            return healthy == 0 ? HealthState.UNHEALTHY : HealthState.DEGRADED;
        }
        return count(Verdict.UNKNOWN) > 0 ? HealthState.UNKNOWN : HealthState.PROGRESSING;
    }

    private String why(HealthState health) {
        return switch (health) {
            case HEALTHY, PROGRESSING -> "";
            case MISSING -> service.name() + where() + ": no container runs" + ended();
            case UNHEALTHY, DEGRADED, UNKNOWN ->
                    site.stale() ? "" : service.name() + where() + said();
        };
    }

    /**
     * Returns a container of the service that does not answer, so that its current state is not
     * known.
     */
    private Optional<Replica> silent() {
        return observed.replicas().stream()
                .filter(r -> !r.unresponsive().isEmpty())
                .filter(r -> r.service().equals(service.name()))
                .findFirst();
    }

    private String where() {
        return facts.sites().size() == 1 ? "" : " on " + observed.engine();
    }

    private String said() {
        var silent = silent();
        if (silent.isPresent()) {
            return ": " + silent.get().unresponsive();
        }
        var said = new ArrayList<String>();
        for (var verdict : List.of(Verdict.UNHEALTHY, Verdict.UNKNOWN)) {
            running.stream()
                    .filter(c -> c.verdict() == verdict)
                    .findFirst()
                    .ifPresent(
                            c ->
                                    said.add(
                                            of(count(verdict))
                                                    + (verdict == Verdict.UNHEALTHY
                                                            ? " unhealthy"
                                                            : " not known to be healthy")
                                                    + since(c, verdict)
                                                    + ": "
                                                    + c.name()
                                                    + ": "
                                                    + c.health().text()));
        }
        if (said.isEmpty()) {
            said.add(
                    (service.replicas() - running.size())
                            + " of "
                            + service.replicas()
                            + " replicas do not run"
                            + ended());
        }
        return ": " + String.join("; ", said);
    }

    /** Returns how the newest of the containers that do not run ended. */
    private String ended() {
        return observed.replicas().stream()
                .filter(r -> r.service().equals(service.name()))
                .filter(r -> r.origin().spec().equals(service.specHash()))
                .filter(r -> r.run().phase() == Replica.Phase.ENDED)
                .max(Comparator.comparing(r -> r.run().createdAt()))
                .map(r -> ": " + r.name() + ": " + r.run().state())
                .orElse("");
    }

    private String of(int number) {
        return number + " of " + service.replicas() + " replicas";
    }

    private String since(Replica c, Verdict verdict) {
        return facts.state().lostHealth().stream()
                .filter(l -> l.engine().equals(observed.engine()))
                .filter(l -> l.name().equals(c.name()) && l.verdict() == verdict)
                .findFirst()
                .map(LostHealth::since)
                .map(at -> " since " + at.truncatedTo(java.time.temporal.ChronoUnit.SECONDS))
                .orElse("");
    }
}
