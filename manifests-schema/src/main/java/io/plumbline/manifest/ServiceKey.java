package io.plumbline.manifest;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A key of a service as the JSON Schema and the reference page show it: one row of {@link
 * ServiceKeys}. Texts in the form of JSON are written as YAML, which is shorter in Java.
 */
final class ServiceKey {

    private final String key;
    private final @Nullable String form;
    private final List<String> examples = new ArrayList<>();
    private String title = "";
    private String description = "";
    private @Nullable String standard;
    private boolean inDefaults;

    /**
     * Creates a row.
     *
     * @param form the JSON Schema of its values; null for a key that is not supported yet
     */
    ServiceKey(String key, @Nullable String form) {
        this.key = key;
        this.form = form;
    }

    ServiceKey titled(String text) {
        title = text;
        return this;
    }

    ServiceKey described(String text) {
        description = text;
        return this;
    }

    /** Sets the value that applies if the key is omitted. */
    ServiceKey standard(String yaml) {
        standard = yaml;
        return this;
    }

    /** Adds a value that the reference page shows. */
    ServiceKey example(String yaml) {
        examples.add(yaml);
        return this;
    }

    /** Permits the key in {@code spec.defaults}, too. */
    ServiceKey inDefaults() {
        inDefaults = true;
        return this;
    }

    String key() {
        return key;
    }

    boolean isSupported() {
        return form != null;
    }

    boolean isInDefaults() {
        return inDefaults;
    }

    /** Returns the row's JSON Schema, as YAML. */
    String schema() {
        var out = new StringBuilder("{title: ").append(quoted(title));
        out.append(", description: ").append(quoted(description));
        if (standard != null) {
            out.append(", default: ").append(standard);
        }
        if (!examples.isEmpty()) {
            out.append(", examples: [").append(String.join(", ", examples)).append(']');
        }
        String rest = form == null ? "{not: {}}" : form;
        return out.append(", ").append(rest, 1, rest.length()).toString();
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
