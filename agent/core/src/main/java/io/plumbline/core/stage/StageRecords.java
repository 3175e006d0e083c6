package io.plumbline.core.stage;

import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.StageRecord;
import io.plumbline.core.rollout.StageRecord.State;
import io.plumbline.core.rollout.Trigger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The records of a deployment's stages, as functions of the decisions. */
public final class StageRecords {
    /** How much of a wait a restart of the agent may forget. */
    private static final Duration FORGOTTEN = Duration.ofSeconds(10);

    private StageRecords() {}

    /**
     * Returns the record of each stage: as stored, or of a stage that has not begun. A stage that
     * the deployment does not have is skipped. So is a further stage of this version if an earlier
     * version has applied the release already.
     */
    public static List<StageRecord> of(
            DeploymentRecord d, List<? extends Stage<?>> stages, boolean back) {
        boolean applied =
                d.state() == DeploymentState.APPLYING || d.state() == DeploymentState.VERIFYING;
        var out = new ArrayList<StageRecord>();
        for (var stage : stages) {
            boolean has = stage.concerns(d, back) && (stage.repeats() || !applied);
            out.add(
                    d.stages().stream()
                            .filter(r -> kept(d, back) && r.name().equals(stage.name()))
                            .findFirst()
                            .orElseGet(
                                    () ->
                                            has
                                                    ? StageRecord.pending(stage.name())
                                                    : StageRecord.skipped(stage.name())));
        }
        return List.copyOf(out);
    }

    /**
     * Whether the records of a pass are kept. A revert after a failure belongs to the failed
     * deployment, and changes none of its records.
     */
    public static boolean kept(DeploymentRecord d, boolean back) {
        return d.active() && (!back || d.trigger() == Trigger.ROLLBACK);
    }

    /** Whether a stage with this record is asked in a pass. */
    public static boolean asked(StageRecord record, Stage<?> stage) {
        return switch (record.state()) {
            case PENDING, RUNNING, FAILED, CANCELLED -> true;
            case SUCCEEDED -> stage.repeats();
            case SKIPPED -> false;
        };
    }

    /**
     * Returns the records after the decision of a stage. If it did not succeed, later ones have not
     * begun.
     */
    public static List<StageRecord> after(
            List<StageRecord> records, StageInput in, StageDecision decision, Instant at) {
        var out = new ArrayList<StageRecord>();
        boolean over = decision instanceof StageDecision.Succeed;
        boolean later = false;
        for (var r : records) {
            boolean here = r.name().equals(in.record().name());
            boolean lost = later && !over && r.state() == State.RUNNING;
            out.add(here ? recorded(in, decision, at) : lost ? StageRecord.pending(r.name()) : r);
            later |= here;
        }
        return List.copyOf(out);
    }

    private static StageRecord recorded(StageInput in, StageDecision decision, Instant at) {
        var r = in.record();
        boolean running = r.state() == State.RUNNING;
        boolean forgets = in.waited().minus(r.waited()).compareTo(FORGOTTEN) < 0;
        var next =
                switch (decision) {
                    case StageDecision.Fail f -> r.failed(f.why(), at);
                    case StageDecision.GiveUp g -> r.failed(g.why(), at);
                    case StageDecision.Act a -> r.running(a.doing(), at).noted(a.note());
                    case StageDecision.Wait w -> running ? r : r.running(w.doing(), at);
                    case StageDecision.Succeed _ -> r.succeeded(at);
                    case StageDecision.Block _, StageDecision.Enter _, StageDecision.Postpone _ ->
                            running ? r : r.running("", at);
                };
        return forgets ? next : next.waited(in.waited());
    }
}
