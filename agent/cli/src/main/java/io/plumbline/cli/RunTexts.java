package io.plumbline.cli;

import io.plumbline.api.Run;
import io.plumbline.api.StepRun;
import io.plumbline.core.step.StepKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Runs and steps as text for people. */
final class RunTexts {
    private static final String[] UNITS = {"K", "M", "G", "T"};
    private static final int MOST_PARTS = 6;

    private RunTexts() {}

    /** Returns {@code 2/3 (1 cached)}: the steps that succeeded, of all. */
    static String steps(Run run) {
        long done = run.steps().stream().filter(s -> s.is(StepRun.SUCCEEDED)).count();
        long cached = run.steps().stream().filter(s -> s.cachedFrom() != null).count();
        return done + "/" + run.steps().size() + (cached == 0 ? "" : " (" + cached + " cached)");
    }

    /** Returns the time between two instants, until now if it goes on; a dash before the begin. */
    static String took(@Nullable Instant from, @Nullable Instant to, Instant now) {
        return from == null ? "-" : Texts.span(Duration.between(from, to == null ? now : to));
    }

    /** Returns a number of bytes, such as {@code 512B}, {@code 1.5K} or {@code 2.4M}. */
    static String size(long bytes) {
        if (bytes < 1024) {
            return bytes + "B";
        }
        double left = bytes;
        int unit = -1;
        while (left >= 1024 && unit < UNITS.length - 1) {
            left /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f%s", left, UNITS[unit]);
    }

    /**
     * Returns why a step ran, or whose result it took.
     *
     * @param runs runs of the pipeline, in any order; later ones are left out
     */
    static String because(Run run, StepRun step, List<Run> runs) {
        if (step.cachedFrom() != null) {
            return "nothing changed: the result of run " + step.cachedFrom();
        }
        if (step.parts().isEmpty()) {
            return step.reason();
        }
        var before =
                runs.stream()
                        .filter(r -> r.number() < run.number())
                        .sorted(Comparator.comparingLong(Run::number).reversed())
                        .flatMap(r -> r.step(step.step()).stream())
                        .filter(s -> !s.parts().isEmpty())
                        .findFirst();
        if (before.isEmpty()) {
            return "no earlier run on record has this step";
        }
        var changed = StepKey.changed(before.get().parts(), step.parts());
        if (!changed.isEmpty()) {
            return shown(changed) + " changed";
        }
        return before.get().is(StepRun.SUCCEEDED)
                ? "nothing changed, but no earlier result could be taken"
                : "nothing changed; the step did not succeed before";
    }

    /** Returns sentences about a step in the newest run that has it; empty if none has. */
    static List<String> why(String pipeline, String step, List<Run> runs) {
        for (var run : runs) {
            var found = run.step(step);
            if (found.isPresent()) {
                return why(pipeline, run, found.get(), runs);
            }
        }
        return List.of();
    }

    private static List<String> why(String pipeline, Run run, StepRun step, List<Run> runs) {
        var out = new ArrayList<String>();
        var reason = step.reason().isEmpty() ? "." : ": " + step.reason() + ".";
        out.add(
                "The step "
                        + step.step()
                        + " of "
                        + pipeline
                        + " is "
                        + step.state()
                        + " in run "
                        + run.number()
                        + ", the newest"
                        + reason);
        var because = because(run, step, runs);
        var cached = step.cachedFrom();
        if (cached != null) {
            out.add("It was not run: nothing changed since run " + cached + ".");
        } else if (!step.parts().isEmpty()) {
            out.add("It ran because: " + because + ".");
        }
        out.add("next: plumb runs show " + pipeline + " " + run.number());
        return out;
    }

    private static String shown(List<String> parts) {
        if (parts.size() <= MOST_PARTS) {
            return String.join(", ", parts);
        }
        var first = new ArrayList<>(parts.subList(0, MOST_PARTS));
        return String.join(", ", first) + " and " + (parts.size() - MOST_PARTS) + " more";
    }
}
