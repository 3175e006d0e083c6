package io.plumbline.core.release;

import io.plumbline.manifest.Logging;
import io.plumbline.manifest.SecretMount;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A log driver that a repository's pipelines may use. In addition to {@code options} each driver
 * may have {@code max-size}, {@code max-file}, {@code compress}, {@code mode}, {@code
 * max-buffer-size}, {@code labels}, {@code env} and {@code tag}, within the limits below.
 *
 * @param driver the engine's name of the driver
 * @param options patterns of values by option; an option that is listed here has no other limit
 */
public record LogDriverRule(String driver, SortedMap<String, List<String>> options) {

    /** Maximum of {@code max-size} and {@code max-buffer-size}, in bytes: 100 MiB. */
    static final long MOST_BYTES = 100L << 20;

    /** Maximum of {@code max-file}. */
    static final int MOST_FILES = 100;

    private static final int MOST_CHARACTERS = 1024;
    private static final Set<String> SWITCH = Set.of("true", "false");
    private static final Set<String> MODES = Set.of("blocking", "non-blocking");

    /** The format of a size in docker/go-units. */
    private static final Pattern SIZE =
            Pattern.compile("([0-9]{1,15}(?:\\.[0-9]{1,9})?) ?([kKmMgGtTpP]?)[iI]?[bB]?");

    private static final Pattern COUNT = Pattern.compile("[0-9]{1,9}");

    /**
     * Text and plain fields only. The engine runs a tag as a template, and a function such as
     * {@code pad} can take any amount of the engine's memory.
     */
    private static final Pattern TAG =
            Pattern.compile(
                    "(?:[^{}]|\\{\\{ ?\\.(?:ID|FullID|Name|ImageID|ImageFullID|ImageName|DaemonName)"
                            + " ?}})*");

    /** Creates a rule with the standard options only. */
    public static LogDriverRule plain(String driver) {
        return new LogDriverRule(driver, Collections.emptySortedMap());
    }

    /** Returns the options of a service that the rule does not allow, a clause each. */
    List<String> violations(Logging logging, List<SecretMount> secrets) {
        var out = new ArrayList<String>();
        logging.options()
                .forEach(
                        (name, value) -> {
                            var problem = problem(name, value, secrets);
                            if (!problem.isEmpty()) {
                                out.add(
                                        "log option "
                                                + name
                                                + problem
                                                + "; only allow.logDrivers can permit it");
                            }
                        });
        return out;
    }

    private String problem(String name, String value, List<SecretMount> secrets) {
        var patterns = options.get(name);
        if (patterns != null) {
            return patterns.stream().anyMatch(p -> AllowPolicy.matches(p, value))
                    ? ""
                    : ": " + shown(value) + " matches none of " + String.join(", ", patterns);
        }
        return switch (name) {
            case "max-size", "max-buffer-size" -> must(isSize(value), value, "a size up to 100m");
            case "max-file" -> must(isCount(value), value, "a number from 1 to " + MOST_FILES);
            case "compress" -> must(SWITCH.contains(value), value, "true or false");
            case "mode" -> must(MODES.contains(value), value, "blocking or non-blocking");
            case "labels" -> must(isShort(value), value, "at most 1024 characters");
            case "env" -> environment(value, secrets);
            case "tag" ->
                    must(
                            isShort(value) && TAG.matcher(value).matches(),
                            value,
                            "text and fields such as {{.Name}}");
            default -> " is not among those that driver " + driver + " may have";
        };
    }

    private static String must(boolean holds, String value, String limit) {
        return holds ? "" : ": " + shown(value) + " is not " + limit;
    }

    private static String shown(String value) {
        return value.length() <= 80 ? value : value.substring(0, 80) + "...";
    }

    private static boolean isShort(String value) {
        return value.length() <= MOST_CHARACTERS;
    }

    private static boolean isCount(String value) {
        if (!COUNT.matcher(value).matches()) {
            return false;
        }
        int number = Integer.parseInt(value);
        return number >= 1 && number <= MOST_FILES;
    }

    private static boolean isSize(String value) {
        Matcher m = SIZE.matcher(value);
        if (!m.matches()) {
            return false;
        }
        double bytes = Double.parseDouble(m.group(1)) * unit(m.group(2));
        return bytes >= 1 && bytes <= MOST_BYTES;
    }

    private static double unit(String letter) {
        return letter.isEmpty()
                ? 1
                : Math.pow(1024, 1 + "kmgtp".indexOf(letter.toLowerCase(Locale.ROOT)));
    }

    /**
     * Refuses a variable with a secret: the engine would write its value into each line of the log.
     */
    private static String environment(String value, List<SecretMount> secrets) {
        for (var variable : value.split(",", -1)) {
            for (var secret : secrets) {
                if (secret instanceof SecretMount.AsEnv env
                        && env.target().equals(variable.strip())) {
                    return " names " + env.target() + ", whose value is a secret";
                }
            }
        }
        return must(isShort(value), value, "at most 1024 characters");
    }
}
