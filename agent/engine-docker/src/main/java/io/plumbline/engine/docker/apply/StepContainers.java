package io.plumbline.engine.docker.apply;

import io.plumbline.core.release.SpecCanonical;
import io.plumbline.engine.docker.api.EngineClient.Listed;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.port.driver.StepEngine.Attempt;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Names and labels of the containers of steps. A container belongs to an attempt if it has its
 * labels and one of its names: a container that somebody makes from a copy of it has its labels
 * only.
 */
final class StepContainers {
    private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,17}");
    private static final int LONGEST = 120;
    private static final int LONGEST_BEFORE_HASH = 100;
    private static final int HASH = 12;

    private StepContainers() {}

    /**
     * Returns the names that the container of an attempt can have, the preferred one first. They
     * are always the same, so that a repeated creation finds the first one.
     */
    static List<String> names(Attempt a) {
        var plain = a.pipeline() + "-" + a.step() + "-" + a.run() + "-" + a.attempt();
        var whole = String.join("\n", plain, a.pipeline(), a.step(), a.key());
        var distinct =
                plain.substring(0, Math.min(plain.length(), LONGEST_BEFORE_HASH))
                        + "-"
                        + SpecCanonical.sha256(whole).substring(0, HASH);
        return plain.length() > LONGEST ? List.of(distinct) : List.of(plain, distinct);
    }

    /** Returns the labels by which an attempt is found again. */
    static Map<String, String> labels(Attempt a) {
        return Map.of(
                Labels.STEP, a.step(),
                Labels.RUN, Long.toString(a.run()),
                Labels.ATTEMPT, Integer.toString(a.attempt()),
                Labels.KEY, a.key());
    }

    /** Returns the attempt that a container belongs to; empty if it is no container of a step. */
    static Optional<Attempt> attempt(Listed row) {
        var labels = row.labels();
        var step = labels.getOrDefault(Labels.STEP, "");
        var run = labels.getOrDefault(Labels.RUN, "");
        var number = labels.getOrDefault(Labels.ATTEMPT, "");
        if (step.isEmpty()
                || !NUMBER.matcher(run).matches()
                || !NUMBER.matcher(number).matches()
                || number.length() > 9) {
            return Optional.empty();
        }
        var found =
                new Attempt(
                        labels.getOrDefault(Labels.PIPELINE, ""),
                        step,
                        Long.parseLong(run),
                        Integer.parseInt(number),
                        labels.getOrDefault(Labels.KEY, ""));
        return names(found).contains(row.name()) ? Optional.of(found) : Optional.empty();
    }
}
