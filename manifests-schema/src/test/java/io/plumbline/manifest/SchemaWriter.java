package io.plumbline.manifest;

import io.plumbline.manifest.yaml.YamlNode;
import io.plumbline.manifest.yaml.YamlReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The generator of the JSON Schema file. The properties of {@code $defs.service}, {@code
 * $defs.defaults} and, in part, {@code $defs.step} come from {@link ServiceKeys}; all else is
 * edited in the file itself and kept.
 */
final class SchemaWriter {

    private static final String STEP = "  ";

    private final StringBuilder out = new StringBuilder();

    private SchemaWriter() {}

    /** Returns the text of the file, with the properties of the table in place of the file's. */
    static String json() {
        YamlNode.Mapping schema = SchemaReference.schema(ManifestSchema.json());
        schema = replaced(schema, properties(ServiceKey::isInDefaults), "defaults");
        schema = replaced(schema, properties(k -> true), "service");
        schema = replaced(schema, ofSteps(schema), "step");
        var writer = new SchemaWriter();
        writer.value(schema, "");
        return writer.out.append('\n').toString();
    }

    private static YamlNode.Mapping properties(Predicate<ServiceKey> which) {
        List<String> rows = new ArrayList<>();
        for (ServiceKey key : ServiceKeys.ALL) {
            if (which.test(key)) {
                rows.add(key.key() + ": " + key.schema());
            }
        }
        String yaml = String.join("\n", rows);
        YamlReader.Result read =
                YamlReader.read("ServiceKeys", yaml.getBytes(StandardCharsets.UTF_8));
        if (!read.errors().isEmpty()) {
            throw new IllegalStateException("the table is no YAML: " + read.errors());
        }
        return (YamlNode.Mapping) read.documents().getFirst().root();
    }

    /** Returns the table's properties that a step has, before those that only a step has. */
    private static YamlNode.Mapping ofSteps(YamlNode.Mapping schema) {
        YamlNode.Mapping table = properties(k -> !ServiceKeys.NOT_OF_STEPS.contains(k.key()));
        YamlNode.Mapping all = SchemaReference.mapping(schema, "$defs");
        YamlNode.Mapping now =
                SchemaReference.mapping(SchemaReference.mapping(all, "step"), "properties");
        Map<String, YamlNode.Entry> entries = new LinkedHashMap<>(table.entries());
        now.entries().forEach(entries::putIfAbsent);
        return new YamlNode.Mapping(table.position(), entries);
    }

    private static YamlNode.Mapping replaced(
            YamlNode.Mapping schema, YamlNode.Mapping properties, String definition) {
        YamlNode.Mapping all = SchemaReference.mapping(schema, "$defs");
        YamlNode.Mapping one = SchemaReference.mapping(all, definition);
        return with(schema, "$defs", with(all, definition, with(one, "properties", properties)));
    }

    private static YamlNode.Mapping with(YamlNode.Mapping in, String key, YamlNode value) {
        Map<String, YamlNode.Entry> entries = new LinkedHashMap<>(in.entries());
        entries.put(key, new YamlNode.Entry(in.position(), key, value));
        return new YamlNode.Mapping(in.position(), entries);
    }

    private void value(YamlNode node, String indent) {
        switch (node) {
            case YamlNode.Scalar scalar -> {
                if (scalar.type() == YamlNode.Type.TEXT) {
                    text(scalar.text());
                } else {
                    out.append(scalar.text());
                }
            }
            case YamlNode.Sequence list -> {
                String between = "[";
                for (YamlNode item : list.items()) {
                    out.append(between).append('\n').append(indent).append(STEP);
                    value(item, indent + STEP);
                    between = ",";
                }
                close(list.items().isEmpty(), "[", "]", indent);
            }
            case YamlNode.Mapping mapping -> {
                String between = "{";
                for (YamlNode.Entry entry : mapping.entries().values()) {
                    out.append(between).append('\n').append(indent).append(STEP);
                    text(entry.key());
                    out.append(": ");
                    value(entry.value(), indent + STEP);
                    between = ",";
                }
                close(mapping.entries().isEmpty(), "{", "}", indent);
            }
        }
    }

    private void close(boolean empty, String opening, String closing, String indent) {
        if (empty) {
            out.append(opening);
        } else {
            out.append('\n').append(indent);
        }
        out.append(closing);
    }

    private void text(String text) {
        String escaped = text.replace("\\", "\\\\").replace("\"", "\\\"");
        out.append('"').append(escaped).append('"');
    }
}
