package io.plumbline.cli;

import io.plumbline.api.Plan;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;

/** A plan as text for people. */
final class PlanText {
    private PlanText() {}

    /**
     * Prints a plan.
     *
     * @param steps whether to print every action in order, instead of the changes of each service
     */
    static void print(Plan plan, CliContext around, boolean steps) {
        var out = around.out();
        var pipeline = plan.pipeline();
        for (var blocker : plan.blockers()) {
            out.println(pipeline + ": blocked: " + blocker);
        }
        if (plan.actions().isEmpty()) {
            if (plan.blockers().isEmpty()) {
                out.println(pipeline + ": nothing to do");
            }
            out.flush();
            return;
        }
        out.println(
                pipeline
                        + ": release "
                        + Texts.brief(plan.from())
                        + " -> "
                        + Texts.brief(plan.release())
                        + " of commit "
                        + Texts.brief(plan.commit()));
        if (!plan.stages().isEmpty()) {
            out.println("  stages: " + String.join(", ", plan.stages()));
        }
        if (!steps) {
            summary(plan, around);
            return;
        }
        plan.services()
                .forEach((name, strategy) -> out.println("  " + name + ": " + order(strategy)));
        var table = new Table(around, "ACTION", "ENGINE", "TARGET", "CONTAINER", "WHY");
        for (var a : plan.actions()) {
            var why = why(a);
            table.row(
                    Texts.orDash(a.action()),
                    Texts.orDash(a.engine()),
                    Texts.orDash(a.target()),
                    Texts.orDash(a.container()),
                    why);
        }
        table.print();
    }

    /** Prints whether there is downtime, and what changes in each service. */
    private static void summary(Plan plan, CliContext around) {
        var out = around.out();
        if (!plan.downtime().isEmpty()) {
            out.println("  " + plan.downtime());
        }
        var changes = new TreeMap<String, Set<String>>();
        var counts = new TreeMap<String, Map<String, Integer>>();
        for (var a : plan.actions()) {
            var service = Texts.orDash(a.target());
            changes.computeIfAbsent(service, _ -> new LinkedHashSet<>());
            a.reasons().forEach(r -> changes.get(service).add(Texts.change(r)));
            counts.computeIfAbsent(service, _ -> new LinkedHashMap<>())
                    .merge(Texts.orDash(a.action()), 1, Integer::sum);
        }
        var table = new Table(around, "TARGET", "ACTIONS", "CHANGES");
        changes.forEach(
                (target, reasons) -> {
                    var actions = new StringJoiner(", ");
                    counts.getOrDefault(target, Map.of())
                            .forEach((word, n) -> actions.add(n == 1 ? word : n + " " + word));
                    table.row(target, actions.toString(), String.join("; ", reasons));
                });
        table.print();
        out.println(
                plan.actions().size()
                        + (plan.actions().size() == 1 ? " step" : " steps")
                        + "; in their order: plumb plan "
                        + plan.pipeline()
                        + " --steps");
        out.flush();
    }

    /** Returns the agent's sentence if it contains more than the reasons, or else the reasons. */
    private static String why(Plan.Action action) {
        var word = action.action();
        var summary = action.summary();
        boolean names = word.equals("connect") || word.equals("disconnect");
        boolean told = word.equals("copy") || (word.equals("start") && !summary.contains(": "));
        if (!summary.isEmpty() && (names || told)) {
            return summary;
        }
        var why = new StringJoiner("; ");
        action.reasons().forEach(r -> why.add(Texts.change(r)));
        return why.toString();
    }

    private static String order(String strategy) {
        return switch (strategy) {
            case "startFirst" -> "startFirst, the new one serves before the old one stops";
            case "stopFirst" -> "stopFirst, the old one stops before the new one starts";
            default -> strategy;
        };
    }
}
