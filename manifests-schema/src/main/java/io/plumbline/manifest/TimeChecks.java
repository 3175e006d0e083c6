package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Words;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The warnings of times that are permitted separately but do not fit together. */
final class TimeChecks {
    private TimeChecks() {}

    /**
     * Adds the warnings.
     *
     * @param at {@code rollout}; null if it is not given
     */
    static void check(List<DecodedService> services, Rollout rollout, @Nullable Decoder at) {
        for (DecodedService builder : services) {
            startPeriod(builder, rollout.progressDeadline());
            stopGracePeriod(builder, rollout.progressDeadline());
        }
        if (at != null
                && at.has("soak")
                && at.has("progressDeadline")
                && longer(rollout.soak(), rollout.progressDeadline())) {
            at.warningAtKey(
                    "soak",
                    "soak is "
                            + text(rollout.soak())
                            + ", longer than progressDeadline, "
                            + text(rollout.progressDeadline())
                            + ": the deadline does not limit the soak; are the two mixed up?");
        }
    }

    private static void startPeriod(DecodedService builder, Duration deadline) {
        if (builder.service().healthcheck() instanceof Healthcheck.Check check
                && check.startPeriod().compareTo(deadline) >= 0) {
            builder.at()
                    .warningAtKey(
                            "healthcheck",
                            "startPeriod is "
                                    + text(check.startPeriod())
                                    + ", rollout.progressDeadline only "
                                    + text(deadline)
                                    + ": a release that needs its startPeriod fails before; set a"
                                    + " longer progressDeadline");
        }
    }

    private static void stopGracePeriod(DecodedService builder, Duration deadline) {
        Duration grace = builder.service().stopGracePeriod();
        if (longer(grace, deadline)) {
            builder.at()
                    .warningAtKey(
                            "stopGracePeriod",
                            "stopGracePeriod is "
                                    + text(grace)
                                    + ", rollout.progressDeadline only "
                                    + text(deadline)
                                    + ": an old container that uses its grace makes the release"
                                    + " fail; set a longer progressDeadline");
        }
    }

    private static boolean longer(Duration a, Duration b) {
        return a.compareTo(b) > 0;
    }

    /** Returns the form of a manifest. */
    private static String text(Duration time) {
        return Words.time(time);
    }
}
