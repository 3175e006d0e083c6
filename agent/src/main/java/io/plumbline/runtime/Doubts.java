package io.plumbline.runtime;

import io.plumbline.core.release.ContainerLayout;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.port.ControlResult.Outcome;
import io.plumbline.port.ControlSpec;
import io.plumbline.port.Ticker;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The judge of doubtful evidence on one engine: of refusals that do not say whose fault they are,
 * of checks without a result and of ended deadlines. A control experiment decides. What it
 * remembers outlives a leg of the way, so that a release that waits for its next try is not judged
 * from scratch. One thread only.
 */
final class Doubts {
    private final ControlExperiments experiments;
    private final Ticker ticker;
    private @Nullable Doubt doubt;

    /**
     * What has been in doubt.
     *
     * @param release whose container it was
     * @param since when that was seen first
     * @param passed whether a control experiment passed after that
     */
    private record Doubt(String release, Evidence.Kind kind, long since, boolean passed) {}

    Doubts(ControlExperiments experiments, Ticker ticker) {
        this.experiments = experiments;
        this.ticker = ticker;
    }

    /** What is decided of an observation. */
    sealed interface Ruling {
        /** It counts against the release. */
        record Against(Evidence evidence) implements Ruling {}

        /** It is nobody's fault. */
        record NobodysFault(String why) implements Ruling {}

        /** It is open: it has to be seen again, or the next experiment is not due yet. */
        record Open(String why) implements Ruling {}
    }

    /**
     * The engine refused a container. Once is no evidence: it counts when it happens again after a
     * control container started.
     */
    Ruling refused(String message, Release release) {
        var now = known(Evidence.Kind.REFUSED_BY_ENGINE, release);
        var evidence =
                Evidence.of(
                        Evidence.Kind.REFUSED_BY_ENGINE,
                        "the engine refused it repeatedly: " + message,
                        "engine",
                        message);
        if (now.passed()) {
            return new Ruling.Against(
                    evidence.confirmed("a control container on the same engine started meanwhile"));
        }
        var result = experiments.after(now.since(), spec(release, null));
        if (result.isEmpty()) {
            return new Ruling.Open(message + "; " + notDue());
        }
        if (result.get().outcome() == Outcome.PASSED) {
            doubt = new Doubt(now.release(), now.kind(), now.since(), true);
            return new Ruling.Open(message + "; a control container started, so it is tried again");
        }
        return nobodys(message, result.get().outcome(), result.get().text());
    }

    /**
     * A check had no result, or the deadline ended: counts when the same kind of check passes in a
     * control container meanwhile.
     *
     * @param timeout of the check
     * @param failedToo whether the check also ran and said no: then that is enough where no
     *     experiment can be made
     */
    Ruling unproven(Evidence evidence, Release release, Duration timeout, boolean failedToo) {
        var now = known(evidence.kind(), release);
        var result = experiments.after(now.since(), spec(release, timeout));
        if (result.isEmpty()) {
            return new Ruling.Open(evidence.observed() + "; " + notDue());
        }
        return switch (result.get().outcome()) {
            case PASSED ->
                    new Ruling.Against(
                            evidence.confirmed(
                                    "the same kind of check passed in a control container on the"
                                            + " same engine"));
            case NOT_MADE ->
                    failedToo
                            ? new Ruling.Against(
                                    evidence.confirmed("its check ran and answered with a failure"))
                            : nobodys(evidence.observed(), Outcome.NOT_MADE, result.get().text());
            case FAILED -> nobodys(evidence.observed(), Outcome.FAILED, result.get().text());
        };
    }

    /** The deadline ended and the check was never run: nothing speaks against the release. */
    Ruling neverChecked(Evidence evidence) {
        doubt = null;
        return new Ruling.NobodysFault(
                evidence.reason() + "; without a check nothing speaks against the release");
    }

    /** A try succeeded, or another release is brought: nothing is in doubt any more. */
    void forget() {
        doubt = null;
    }

    private Doubt known(Evidence.Kind kind, Release release) {
        var known = doubt;
        if (known == null || !known.release().equals(release.id()) || known.kind() != kind) {
            known = new Doubt(release.id(), kind, ticker.nanos(), false);
            doubt = known;
        }
        return known;
    }

    private Ruling nobodys(String seen, Outcome outcome, String text) {
        // What follows is judged anew: by an experiment that is made after it.
        doubt = null;
        return new Ruling.NobodysFault(
                outcome == Outcome.FAILED
                        ? seen
                                + "; a control container on the same engine fails, too, so the"
                                + " engine or its host is at fault: "
                                + text
                        : seen
                                + "; whose fault that is could not be found out, because no control"
                                + " container could be made: "
                                + text);
    }

    private static String notDue() {
        return "whose fault that is will be found out by a control container, of which an engine"
                + " gets at most one a minute";
    }

    private static ControlSpec spec(Release release, @Nullable Duration check) {
        boolean port = false;
        boolean limits = false;
        boolean volume = false;
        boolean files = false;
        for (var service : release.services()) {
            var s = service.spec();
            port |= !s.ports().isEmpty();
            limits |= s.resources().memory() != null || s.resources().nanoCpus() != null;
            volume |= !s.volumes().isEmpty();
            files |= !s.files().isEmpty() || !s.secrets().isEmpty();
        }
        return new ControlSpec(
                ContainerLayout.networkName(release.pipeline()),
                port,
                limits,
                volume,
                files,
                check);
    }
}
