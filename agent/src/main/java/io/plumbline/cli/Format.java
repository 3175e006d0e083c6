package io.plumbline.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.manifest.yaml.Words;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.Yaml;

/** How results are printed, {@code -o}. */
enum Format {
    /** For people. */
    table,
    /** The API's JSON. */
    json,
    /** The same as YAML. */
    yaml,
    /** The same as JSON, an item of a list a line. */
    jsonl;

    /** Prints the API's answer as JSON or YAML. */
    void print(JsonNode value, Surroundings around) {
        if (this == jsonl) {
            if (value.isArray()) {
                value.forEach(item -> printLine(item, around));
            } else {
                printLine(value, around);
            }
            return;
        }
        var text = this == yaml ? yaml(value) : pretty(value);
        for (var line : text.split("\n")) {
            around.out().println(around.terminal() ? Words.visible(line) : line);
        }
        around.out().flush();
    }

    /** On one line. */
    static void printLine(JsonNode value, Surroundings around) {
        var line = value.toString();
        around.out().println(around.terminal() ? Words.visible(line) : line);
        around.out().flush();
    }

    private static String pretty(JsonNode value) {
        try {
            return AgentClient.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can always be written", e);
        }
    }

    private static String yaml(JsonNode value) {
        var options = new DumperOptions();
        options.setDefaultFlowStyle(DumperOptions.FlowStyle.BLOCK);
        options.setSplitLines(false);
        return new Yaml(options).dump(plain(value));
    }

    private static @Nullable Object plain(JsonNode value) {
        return switch (value) {
            case ObjectNode object -> {
                var map = new LinkedHashMap<String, @Nullable Object>();
                object.properties().forEach(e -> map.put(e.getKey(), plain(e.getValue())));
                yield map;
            }
            case ArrayNode array -> {
                List<@Nullable Object> list = new ArrayList<>();
                array.forEach(item -> list.add(plain(item)));
                yield list;
            }
            default -> scalar(value);
        };
    }

    private static @Nullable Object scalar(JsonNode value) {
        if (value.isNull()) {
            return null;
        }
        if (value.isBoolean()) {
            return value.asBoolean();
        }
        return value.isNumber() ? value.numberValue() : value.asText();
    }
}
