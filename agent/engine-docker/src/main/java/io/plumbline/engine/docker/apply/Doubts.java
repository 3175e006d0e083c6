package io.plumbline.engine.docker.apply;

import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.engine.docker.api.ControlResult.Outcome;
import io.plumbline.engine.docker.api.ControlSpec;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.observe.ControlExperiments;
import io.plumbline.port.Ticker;
import java.time.Duration;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The judge of doubtful evidence on one engine: refusals that do not say whose fault they are,
 * checks without a result, and expired deadlines. A control container decides. What the judge
 * remembers survives a change of the leg, so that a release that waits for its next attempt is not
 * judged from scratch. One thread only.
 */
public final class Doubts {
    private final ControlExperiments experiments;
    private final Ticker ticker;
    private @Nullable Doubt doubt;

    /**
     * An open doubt.
     *
     * @param release the release of the container
     * @param about the container's id; empty for a refusal
     * @param since when the evidence was first seen, monotonic
     * @param passed when a control container had passed after that, monotonic; empty if none has
     */
    private record Doubt(
            String release, Evidence.Kind kind, String about, long since, OptionalLong passed) {}

    /**
     * The check of a container.
     *
     * @param container its id
     * @param timeout of the check
     * @param next after this time a check that begins after now has ended
     * @param failedToo whether the check also ran and failed; that is enough if no control
     *     container can be created
     */
    public record Check(String container, Duration timeout, Duration next, boolean failedToo) {}

    public Doubts(ControlExperiments experiments, Ticker ticker) {
        this.experiments = experiments;
        this.ticker = ticker;
    }

    /** The decision about an observation. */
    public sealed interface Ruling {
        /** The evidence counts against the release. */
        record Against(Evidence evidence) implements Ruling {}

        /** The evidence is not the release's fault. */
        record NobodysFault(String why) implements Ruling {}

        /**
         * The decision is open: the failure must be seen again, or the next control container is
         * not due yet.
         */
        record Open(String why) implements Ruling {}
    }

    /**
     * Judges a refusal by the engine. One refusal is no evidence. It counts when it happens again
     * after a control container started.
     */
    public Ruling refused(String message, Release release) {
        var now = known(Evidence.Kind.REFUSED_BY_ENGINE, release, "");
        var evidence =
                Evidence.of(
                        Evidence.Kind.REFUSED_BY_ENGINE,
                        "the engine refused it repeatedly: " + message,
                        "engine",
                        message);
        if (now.passed().isPresent()) {
            return new Ruling.Against(
                    evidence.confirmed("a control container on the same engine started meanwhile"));
        }
        var result = experiments.after(now.since(), spec(release, null));
        if (result.isEmpty()) {
            return new Ruling.Open(message + "; " + notDue());
        }
        if (result.get().outcome() == Outcome.PASSED) {
            passed(now);
            return new Ruling.Open(message + "; a control container started, so it is tried again");
        }
        return nobodys(message, result.get().outcome(), result.get().text());
    }

    /**
     * Judges a check without a result, or an expired deadline. It counts if the same kind of check
     * passes in a control container, and a check of the container that began after that has no
     * result either: the host's trouble may have ended between the two.
     */
    public Ruling unproven(Evidence evidence, Release release, Check check) {
        var now = known(evidence.kind(), release, check.container());
        var result = experiments.after(now.since(), spec(release, check.timeout()));
        if (result.isEmpty()) {
            return now.passed().isPresent()
                    ? sinceThePass(now, evidence, check)
                    : new Ruling.Open(evidence.observed() + "; " + notDue());
        }
        return switch (result.get().outcome()) {
            case PASSED -> sinceThePass(now, evidence, check);
            case NOT_MADE ->
                    check.failedToo()
                            ? new Ruling.Against(
                                    evidence.confirmed("its check ran and answered with a failure"))
                            : nobodys(evidence.observed(), Outcome.NOT_MADE, result.get().text());
            case FAILED -> nobodys(evidence.observed(), Outcome.FAILED, result.get().text());
        };
    }

    private Ruling sinceThePass(Doubt now, Evidence evidence, Check check) {
        long at = now.passed().orElseGet(() -> passed(now));
        return ticker.nanos() - at < check.next().toNanos()
                ? new Ruling.Open(
                        evidence.observed()
                                + "; the same kind of check passed in a control container, so the"
                                + " next one here decides")
                : new Ruling.Against(
                        evidence.confirmed(
                                "the same kind of check passed in a control container on the same"
                                        + " engine, and the next one here had no result"));
    }

    private long passed(Doubt now) {
        long at = ticker.nanos();
        doubt = new Doubt(now.release(), now.kind(), now.about(), now.since(), OptionalLong.of(at));
        return at;
    }

    /**
     * Judges an expired deadline of a check that never ran: it is no evidence against the release.
     */
    public Ruling neverChecked(Evidence evidence) {
        doubt = null;
        return new Ruling.NobodysFault(
                evidence.reason() + "; without a check nothing speaks against the release");
    }

    /** Forgets the doubt, because an attempt succeeded or another release is deployed. */
    public void forget() {
        doubt = null;
    }

    /** Forgets the doubt if it is of this kind. */
    void forget(Evidence.Kind kind) {
        if (doubt != null && doubt.kind() == kind) {
            doubt = null;
        }
    }

    private Doubt known(Evidence.Kind kind, Release release, String about) {
        var known = doubt;
        if (known == null
                || !known.release().equals(release.id())
                || known.kind() != kind
                || !known.about().equals(about)) {
            known = new Doubt(release.id(), kind, about, ticker.nanos(), OptionalLong.empty());
            doubt = known;
        }
        return known;
    }

    private Ruling nobodys(String seen, Outcome outcome, String text) {
        // Later evidence needs a control container that is run after it.
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
