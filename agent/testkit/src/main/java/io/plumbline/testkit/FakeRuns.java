package io.plumbline.testkit;

import io.plumbline.api.Run;
import io.plumbline.api.StepRun;
import io.plumbline.port.RunLedger;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Records of runs in memory. */
final class FakeRuns implements RunLedger {
    private final Map<String, NavigableMap<Long, Run>> runs = new TreeMap<>();
    private final Runnable beforeEachWrite;

    FakeRuns(Runnable beforeEachWrite) {
        this.beforeEachWrite = beforeEachWrite;
    }

    @Override
    public synchronized void save(Run run) {
        beforeEachWrite.run();
        runs.computeIfAbsent(run.pipeline(), _ -> new TreeMap<>()).put(run.number(), run);
    }

    @Override
    public synchronized Set<String> pipelines() {
        return Set.copyOf(runs.keySet());
    }

    @Override
    public synchronized long last(String pipeline) {
        var all = of(pipeline);
        return all.isEmpty() ? 0 : all.lastKey();
    }

    @Override
    public synchronized Optional<Run> find(String pipeline, long number) {
        return Optional.ofNullable(of(pipeline).get(number));
    }

    @Override
    public synchronized List<Run> newest(String pipeline, int limit) {
        return newestFirst(pipeline).limit(Math.max(0, limit)).toList();
    }

    @Override
    public synchronized Optional<Run> ofKey(String pipeline, String key) {
        return newestFirst(pipeline)
                .filter(
                        r ->
                                r.steps().stream()
                                        .anyMatch(
                                                s ->
                                                        s.is(StepRun.SUCCEEDED)
                                                                && s.cachedFrom() == null
                                                                && s.key().equals(key)))
                .findFirst();
    }

    @Override
    public synchronized Optional<Run> ofRelease(String pipeline, String release) {
        return newestFirst(pipeline).filter(r -> release.equals(r.release())).findFirst();
    }

    @Override
    public synchronized void trim(String pipeline, int kept, Set<String> releases) {
        beforeEachWrite.run();
        var gone =
                newestFirst(pipeline)
                        .skip(kept)
                        .filter(r -> !r.active())
                        .filter(r -> r.release() == null || !releases.contains(r.release()))
                        .map(Run::number)
                        .toList();
        gone.forEach(of(pipeline)::remove);
    }

    synchronized void rename(String from, String to) {
        var moved = runs.remove(from);
        if (moved != null) {
            moved.replaceAll((_, run) -> run.of(to));
            runs.put(to, moved);
        }
    }

    private NavigableMap<Long, Run> of(String pipeline) {
        return runs.getOrDefault(pipeline, new TreeMap<>());
    }

    private Stream<Run> newestFirst(String pipeline) {
        return of(pipeline).values().stream()
                .sorted(Comparator.comparingLong(Run::number).reversed());
    }
}
