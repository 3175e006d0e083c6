package io.plumbline.runtime.rollout;

import io.plumbline.core.placement.Waves;
import io.plumbline.core.release.Release;
import io.plumbline.port.Ticker;
import io.plumbline.port.driver.EngineSlice;
import io.plumbline.port.driver.EngineStatus;
import io.plumbline.port.driver.EngineStatus.Standing;
import io.plumbline.runtime.placement.PlacementView;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The choice of the engines that may take a release now, from the engine reconcilers' reports. It
 * remembers only when the last engine was ready; a pause starts again after a restart. One thread
 * only.
 */
final class WaveWatch {
    private final Ticker ticker;
    private final PlacementView sites;
    private String leg = "";
    private Set<String> done = Set.of();
    private long doneAt;

    WaveWatch(Ticker ticker, PlacementView sites) {
        this.ticker = ticker;
        this.sites = sites;
    }

    /** Forgets the reports of the last leg, because another one begins. */
    void begin(String name) {
        leg = name;
        done = Set.of();
        doneAt = ticker.nanos();
    }

    Waves.Allowed allowed(Release release, List<String> engines, PipelineEngines slices) {
        var now = new HashSet<String>();
        var begun = new HashSet<String>();
        var away = new HashSet<String>();
        for (var engine : engines) {
            var standing = slices.find(engine).flatMap(EngineSlice::standing);
            if (standing.filter(this::ready).isPresent()) {
                now.add(engine);
            }
            if (standing.filter(r -> r.standing() == Standing.AWAY).isPresent()) {
                away.add(engine);
            }
            if (standing.filter(r -> begun(r, release)).isPresent()) {
                begun.add(engine);
            }
        }
        if (!done.containsAll(now)) {
            doneAt = ticker.nanos();
        }
        done = Set.copyOf(now);
        return Waves.of(release, engines, sites.labels())
                .allowed(
                        new Waves.Progress(
                                now, begun, away, Duration.ofNanos(ticker.nanos() - doneAt)));
    }

    private boolean ready(EngineStatus report) {
        return report.standing() == Standing.READY
                && report.goal() != null
                && report.goal().leg().equals(leg);
    }

    private boolean begun(EngineStatus report, Release release) {
        var observed = report.observed();
        return ready(report)
                || (observed != null
                        && observed.replicas().stream()
                                .anyMatch(r -> r.origin().release().equals(release.id())));
    }
}
