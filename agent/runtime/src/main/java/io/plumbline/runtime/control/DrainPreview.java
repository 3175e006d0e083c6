package io.plumbline.runtime.control;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.placement.Choice;
import io.plumbline.core.placement.PlacementResult;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.workload.Replica;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.engine.Fleet;
import io.plumbline.runtime.pipeline.PipelineWorker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The preview of a drain: where the replicas of one engine would move. It uses the same placement
 * as a real drain and changes nothing.
 */
final class DrainPreview {
    private final Agent agent;
    private final String engine;
    private final Fleet drained;

    DrainPreview(Agent agent, String engine) {
        this.agent = agent;
        this.engine = engine;
        this.drained = agent.world().fleet().ifDrained(engine);
    }

    /** Returns the preview as a sentence for the operator. */
    String text() {
        var all = new TreeMap<String, List<String>>();
        for (var worker : agent.workers()) {
            all.put(worker.pipeline(), of(worker));
        }
        var there = all.values().stream().flatMap(List::stream).toList();
        var driver = agent.world().fleet().engine(engine);
        return "engine "
                + engine
                + " would get nothing new; "
                + (there.isEmpty() ? "nothing is there" : String.join("; ", there))
                + (there.isEmpty() || driver.seen().reachable()
                        ? ""
                        : "; it does not answer: what ends there ends when it is back");
    }

    private List<String> of(PipelineWorker worker) {
        try {
            return worker.ask(() -> now(worker));
        } catch (PlumblineException e) {
            return List.of(worker.pipeline() + ": " + e.getMessage());
        }
    }

    /** Computes the preview of one pipeline, on the pipeline's thread. */
    private List<String> now(PipelineWorker worker) {
        var state = worker.journal().state();
        boolean runs =
                agent.world().fleet().engine(engine).last(state.pipeline()).replicas().stream()
                        .anyMatch(Replica::alive);
        if (!runs && !state.where().placed().uses(engine)) {
            return List.of();
        }
        var id = state.active().map(DeploymentRecord::release).orElse(state.deployed());
        var release = worker.reconciler().releases().find(id);
        var stays = stays(worker, state, release == null);
        if (!stays.isEmpty() || release == null) {
            return List.of(state.pipeline() + " would stay: " + stays);
        }
        var sites = worker.sites(drained);
        var decided = state.where().current(release.id());
        var current = decided.equals(Assignment.EMPTY) ? sites.found(release) : decided;
        return told(state.pipeline(), release, current, sites.place(release, current, Map.of()));
    }

    /** Returns why the drain would not change the pipeline at all; empty if it would. */
    private static String stays(PipelineWorker worker, PipelineState state, boolean unknown) {
        var paused = state.paused();
        if (paused != null) {
            return "it is paused by " + paused.by();
        }
        return worker.blocked().isEmpty() && unknown ? "nothing is deployed" : worker.blocked();
    }

    private List<String> told(
            String pipeline, Release release, Assignment current, PlacementResult placed) {
        var out = new ArrayList<String>();
        for (var service : release.services()) {
            int before = current.replicas(engine, service.name());
            int after = placed.assignment().replicas(engine, service.name());
            if (before > 0) {
                out.addAll(told(pipeline, service.name(), before, after, placed));
            }
        }
        return out;
    }

    private List<String> told(
            String pipeline, String service, int before, int after, PlacementResult placed) {
        var name = pipeline + "/" + service;
        var out = new ArrayList<String>();
        int stop = before - after;
        for (var move : placed.moves()) {
            if (move.service().equals(service) && move.from().equals(engine)) {
                stop -= move.replicas();
                out.add(some(name, move.replicas(), before) + " would move to " + move.to());
            }
        }
        if (stop > 0) {
            out.add(some(name, stop, before) + " would stop");
        }
        if (after > 0) {
            var why =
                    placed.why(service).stream()
                            .filter(c -> c.engine().equals(engine))
                            .map(Choice::reason)
                            .findFirst()
                            .orElse("it has no other place");
            out.add(some(name, Math.min(after, before), before) + " would stay: " + why);
        }
        return out;
    }

    private static String some(String name, int some, int all) {
        return some >= all ? name : some + " of " + all + " " + name;
    }
}
