package io.plumbline.cli;

import io.plumbline.api.Json;
import io.plumbline.manifest.yaml.Words;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.Yaml;

/** The output format, {@code -o}. */
enum Format {
    /** Tables and sentences for people. */
    table,
    /** The API's JSON. */
    json,
    /** The API's JSON as YAML. */
    yaml,
    /** The API's JSON on one line; each item of an array has its own line. */
    jsonl;

    /** Prints a value in this format; {@code table} prints JSON. */
    void print(@Nullable Object value, CliContext around) {
        if (this == jsonl) {
            if (value instanceof List<?> items) {
                items.forEach(item -> printLine(item, around));
            } else {
                printLine(value, around);
            }
            return;
        }
        var text = this == yaml ? yaml(value) : Json.pretty(value);
        for (var line : text.split("\n")) {
            around.out().println(around.terminal() ? Words.visible(line) : line);
        }
        around.out().flush();
    }

    /** Prints a value as JSON on one line. */
    static void printLine(@Nullable Object value, CliContext around) {
        var line = Json.write(value);
        around.out().println(around.terminal() ? Words.visible(line) : line);
        around.out().flush();
    }

    private static String yaml(@Nullable Object value) {
        var options = new DumperOptions();
        options.setDefaultFlowStyle(DumperOptions.FlowStyle.BLOCK);
        options.setSplitLines(false);
        return new Yaml(options).dump(value);
    }
}
