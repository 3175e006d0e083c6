package io.plumbline.manifest;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Placeholders in the texts of a step: <code>{{params.x}}</code>, <code>{{inputs.y.path}}</code>,
 * <code>{{outputs.z.path}}</code>, <code>{{run.id}}</code> and <code>{{commit}}</code>, with or
 * without spaces inside the braces. Every other text in double braces stays as it is.
 */
public final class Placeholders {

    /** The number of the run. */
    public static final String RUN_ID = "run.id";

    /** The commit of the run, 40 hex digits or more. */
    public static final String COMMIT = "commit";

    /** Those whose values are different for each run or commit. */
    public static final List<String> NEVER_THE_SAME = List.of(RUN_ID, COMMIT);

    private static final Pattern ANY =
            Pattern.compile(
                    "\\{\\{ *((?:params|inputs|outputs|run)\\.[A-Za-z0-9_.-]{1,80}|commit) *\\}\\}");

    private Placeholders() {}

    /** Returns the name of a parameter's placeholder. */
    public static String param(String name) {
        return "params." + name;
    }

    /** Returns the name of the placeholder of an input's path. */
    public static String input(String name) {
        return "inputs." + name + ".path";
    }

    /** Returns the name of the placeholder of an output's path. */
    public static String output(String name) {
        return "outputs." + name + ".path";
    }

    /** Returns the names in a text, each once, in their order. */
    public static Set<String> in(String text) {
        var names = new LinkedHashSet<String>();
        Matcher found = ANY.matcher(text);
        while (found.find()) {
            names.add(found.group(1));
        }
        return names;
    }

    /**
     * Returns a text with the values in place of the placeholders. A value is never read again:
     * braces in it stay. A placeholder without a value stays, too.
     */
    public static String replaced(String text, Map<String, String> values) {
        return ANY.matcher(text)
                .replaceAll(
                        found ->
                                Matcher.quoteReplacement(
                                        values.getOrDefault(found.group(1), found.group())));
    }
}
