package io.plumbline.runtime.run;

import io.plumbline.api.Artifact;
import io.plumbline.api.GateResult;
import io.plumbline.api.Run;
import io.plumbline.api.StepRun;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.step.Approvals;
import io.plumbline.core.step.Folder;
import io.plumbline.core.step.GateJudge;
import io.plumbline.core.step.KeptArtifacts;
import io.plumbline.core.step.RunMachine;
import io.plumbline.core.step.RunMachine.Ready;
import io.plumbline.core.step.StepSet;
import io.plumbline.manifest.Gate;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.journal.World;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The recorded runs of one pipeline: what was made before, and what gates say of it. */
final class RunBook {
    private static final Logger LOG = LoggerFactory.getLogger(RunBook.class);
    private static final int LOOKS_BACK = 200;
    private static final int KEPT = 100;
    private static final Duration EVERY = Duration.ofHours(1);

    /** Long enough to restore a ledger that was lost, which alone knows what is needed. */
    private static final Duration GRACE = Duration.ofDays(30);

    private final String pipeline;
    private final World world;
    private final Artifacts artifacts;
    private @Nullable Long cleaned;

    RunBook(String pipeline, World world, Artifacts artifacts) {
        this.pipeline = pipeline;
        this.world = world;
        this.artifacts = artifacts;
    }

    /** Returns a run that begins. */
    Run begin(StepSet set, String commit, String trigger, String by) {
        return RunMachine.begin(
                set,
                pipeline,
                world.ledger().runs().last(pipeline) + 1,
                commit,
                trigger,
                by,
                world.ticker().now());
    }

    void save(Run run) {
        world.ledger().runs().save(run);
    }

    /** Whether there ever was a run. */
    boolean any() {
        return world.ledger().runs().last(pipeline) > 0;
    }

    /** Whether there is a run of these steps that was not cancelled. */
    boolean has(String set) {
        return world.ledger().runs().newest(pipeline, LOOKS_BACK).stream()
                .anyMatch(r -> r.set().equals(set) && !r.is(Run.CANCELLED));
    }

    /** Returns the recorded run that is under way. */
    Optional<Run> active() {
        return world.ledger().runs().newest(pipeline, LOOKS_BACK).stream()
                .filter(Run::active)
                .findFirst();
    }

    /**
     * Returns the newest run of these steps, if it need not be repeated: it is under way, it
     * failed, or all that it made is stored.
     */
    Optional<Run> of(StepSet set) {
        return world.ledger().runs().newest(pipeline, LOOKS_BACK).stream()
                .filter(r -> r.set().equals(set.id()) && !r.is(Run.CANCELLED))
                .findFirst()
                .filter(r -> !r.is(Run.SUCCEEDED) || r.steps().stream().allMatch(this::complete));
    }

    private boolean complete(StepRun step) {
        return step.is(StepRun.SUCCEEDED) && step.outputs().stream().allMatch(artifacts::present);
    }

    /** Returns the run with earlier results of equal steps, as far as there are any. */
    Run hits(StepSet set, Run from) {
        var now = from;
        boolean more = true;
        while (more) {
            more = false;
            for (var ready : RunMachine.ready(set, now)) {
                var earlier = earlier(ready);
                if (earlier.isPresent()) {
                    now = RunMachine.hit(now, ready, earlier.get(), world.ticker().now());
                    more = true;
                }
            }
        }
        return now;
    }

    private Optional<Run> earlier(Ready ready) {
        var name = ready.spec().name();
        if (!ready.spec().cached() && !ready.spec().once()) {
            return Optional.empty();
        }
        return world.ledger()
                .runs()
                .ofKey(pipeline, ready.key().value())
                .filter(r -> r.step(name).filter(this::complete).isPresent())
                .filter(r -> young(ready, r.step(name).orElseThrow()));
    }

    private boolean young(Ready ready, StepRun step) {
        var most = ready.spec().cache().maxAge();
        var ended = step.finishedAt();
        return most == null
                || ended == null
                || Duration.between(ended, world.ticker().now()).compareTo(most) <= 0;
    }

    /**
     * Returns the results of the gates, without those of approvals that are waited for.
     *
     * @param stable id of the stable release that runs; null if there is none
     */
    List<GateResult> gates(StepSet set, Run run, @Nullable String stable) {
        var before =
                Optional.ofNullable(stable)
                        .flatMap(id -> world.ledger().runs().ofRelease(pipeline, id));
        var out = new ArrayList<GateResult>();
        for (var gate : set.gates()) {
            switch (gate) {
                case Gate.Approval _ -> {}
                case Gate.Metric m ->
                        out.add(
                                GateJudge.judge(
                                        m,
                                        metrics(m, run).orElse(new byte[0]),
                                        before.flatMap(r -> metrics(m, r)).orElse(null)));
            }
        }
        return Approvals.results(set.gates(), out, run, world.ticker().now());
    }

    /** Returns the run as one that waits for an approval, which is written and told once. */
    Run awaits(StepSet set, Run now) {
        var next = RunMachine.awaiting(now, Approvals.reason(set.gates(), now), Approvals.of(now));
        if (!next.equals(now)) {
            save(next);
            tell(EventType.GATE_WAITING, "", "", "run " + now.number() + " " + next.reason());
        }
        return next;
    }

    /** Writes the decision about a run that waits for an approval. */
    Run decided(Run now, boolean approved, String by, String reason) {
        var decision = Approvals.decided(approved, by, reason);
        var all = new ArrayList<>(Approvals.of(now));
        all.add(decision);
        var next = RunMachine.awaiting(now, "", all);
        save(next);
        tell(
                approved ? EventType.GATE_APPROVED : EventType.GATE_REJECTED,
                "",
                "",
                "run " + now.number() + " was " + decision.reason());
        return next;
    }

    private Optional<byte[]> metrics(Gate.Metric gate, Run of) {
        return of.step(gate.step())
                .flatMap(s -> s.output(gate.output()))
                .filter(artifacts::present)
                .map(artifacts::bytes);
    }

    /**
     * Forgets old runs, and deletes what neither a release nor a recorded run needs. At most once
     * an hour. An artifact that was stored or asked for in the last hour stays in any case.
     */
    void clean() {
        long now = world.ticker().nanos();
        if (cleaned != null && now - cleaned < EVERY.toNanos()) {
            return;
        }
        cleaned = now;
        var ledger = world.ledger();
        var own = ledger.releases(pipeline).stream().map(Release::id).collect(Collectors.toSet());
        ledger.runs().trim(pipeline, KEPT, own);
        // A pipeline that was never deployed has runs, and no state yet.
        var names = new TreeSet<>(ledger.runs().pipelines());
        names.addAll(ledger.pipelines().keySet());
        var releases = new ArrayList<Release>();
        var kept = new ArrayList<Run>();
        for (var name : names) {
            releases.addAll(ledger.releases(name));
            kept.addAll(ledger.runs().newest(name, Integer.MAX_VALUE));
        }
        try {
            ledger.artifacts().collect(KeptArtifacts.of(releases, kept, this::entries), GRACE);
        } catch (PlumblineException e) {
            LOG.warn("artifacts that are not needed stay: {}", e.getMessage());
        }
    }

    /** Returns the files of a folder; none if its list is lost, so that they are lost, too. */
    private List<Folder.Entry> entries(Artifact a) {
        return artifacts.present(a) ? artifacts.entries(a) : List.of();
    }

    /** Writes an event of a run. */
    void tell(EventType type, String engine, String step, String reason) {
        var event =
                new PipelineEvent(
                        0,
                        world.ticker().now(),
                        pipeline,
                        "",
                        engine,
                        step,
                        type.word(),
                        "",
                        "",
                        "",
                        reason);
        world.events().publish(world.ledger().append(List.of(event)));
    }

    /** Writes events of the steps that took an earlier result since the run before. */
    void tellHits(@Nullable Run before, Run next) {
        for (var s : next.steps()) {
            boolean known =
                    before != null
                            && before.number() == next.number()
                            && before.step(s.step()).filter(b -> b.is(s.state())).isPresent();
            if (s.cachedFrom() != null && !known) {
                tell(
                        EventType.STEP_CACHED,
                        "",
                        s.step(),
                        "step " + s.step() + " takes the result of run " + s.cachedFrom());
            }
        }
    }
}
