package io.plumbline.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.manifest.yaml.Words;
import java.util.StringJoiner;

/** A plan for people. */
final class PlanText {
    private PlanText() {}

    /** Whether carrying it out would change something, or something stands in its way. */
    static boolean changes(JsonNode plan) {
        return !plan.path("actions").isEmpty() || !plan.path("blockers").isEmpty();
    }

    static void print(JsonNode plan, Surroundings around) {
        var out = around.out();
        var pipeline = Texts.orDash(plan, "pipeline");
        for (var blocker : plan.path("blockers")) {
            out.println(pipeline + ": blocked: " + Words.visible(blocker.asText()));
        }
        if (plan.path("actions").isEmpty()) {
            if (plan.path("blockers").isEmpty()) {
                out.println(pipeline + ": nothing to do");
            }
            out.flush();
            return;
        }
        out.println(
                pipeline
                        + ": release "
                        + Texts.brief(plan, "from")
                        + " -> "
                        + Texts.brief(plan, "release")
                        + " of commit "
                        + Texts.brief(plan, "commit"));
        plan.path("services")
                .properties()
                .forEach(
                        s ->
                                out.println(
                                        "  "
                                                + Words.visible(s.getKey())
                                                + ": "
                                                + order(s.getValue().asText())));
        var table = new Table(around, "ACTION", "ENGINE", "TARGET", "CONTAINER", "WHY");
        for (var a : plan.path("actions")) {
            var why = why(a);
            table.row(
                    Texts.orDash(a, "action"),
                    Texts.orDash(a, "engine"),
                    Texts.orDash(a, "target"),
                    Texts.orDash(a, "container"),
                    why);
        }
        table.print();
    }

    /** The agent's sentence where it tells more than the reasons: of names, of a new container. */
    private static String why(JsonNode action) {
        var word = Texts.of(action, "action");
        var summary = Texts.of(action, "summary");
        boolean names = word.equals("connect") || word.equals("disconnect");
        boolean told = word.equals("copy") || (word.equals("start") && !summary.contains(": "));
        if (!summary.isEmpty() && (names || told)) {
            return summary;
        }
        var why = new StringJoiner("; ");
        action.path("reasons").forEach(r -> why.add(Texts.change(r)));
        return why.toString();
    }

    private static String order(String strategy) {
        return switch (strategy) {
            case "startFirst" -> "startFirst, the new one serves before the old one stops";
            case "stopFirst" -> "stopFirst, the old one stops before the new one starts";
            default -> Words.visible(strategy);
        };
    }
}
