package io.plumbline.manifest.yaml;

import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/** The message for a syntax error of SnakeYAML, in one line, with the usual cause. */
final class SyntaxMessage {

    private SyntaxMessage() {}

    static String of(MarkedYAMLException e) {
        String problem = e.getProblem() == null ? "it cannot be read" : e.getProblem();
        String cause = cause(problem);
        if (cause != null) {
            return "not valid YAML: " + cause;
        }
        String context = e.getContext() == null ? "" : " " + e.getContext();
        return "not valid YAML: " + Words.visible(problem + context);
    }

    private static @Nullable String cause(String problem) {
        if (problem.contains("(TAB)")) {
            return "a tab cannot indent or separate here: use spaces";
        }
        if (problem.contains("mapping values are not allowed")) {
            return "a key is not allowed here: check the indentation, and put a text that holds"
                    + " ': ' in quotes";
        }
        if (problem.contains("could not find expected ':'")) {
            return "a key without ':' ends before this";
        }
        if (problem.contains("unexpected document separator")
                || problem.contains("unexpected end of stream")) {
            return "a quote was opened and not closed before this";
        }
        return null;
    }
}
