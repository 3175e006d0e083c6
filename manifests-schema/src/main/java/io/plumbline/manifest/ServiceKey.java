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
    private final List<String> confused = new ArrayList<>();
    private String title = "";
    private String description = "";
    private @Nullable String standard;
    private boolean inDefaults;
    private @Nullable FieldType type;
    private @Nullable Object value;
    private PlainField.@Nullable Permission permission;

    /**
     * Creates a row.
     *
     * @param form the JSON Schema of its values; null for a key that is not supported yet
     */
    ServiceKey(String key, @Nullable String form) {
        this.key = key;
        this.form = form;
    }

    /**
     * Creates a row of a plain field.
     *
     * @param standard its default; null if the engine decides
     */
    ServiceKey(String key, FieldType type, @Nullable Object standard) {
        this(key, type.schema());
        this.type = type;
        this.value = standard;
        if (standard instanceof Boolean || standard instanceof Long) {
            this.standard = standard.toString();
        }
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

    /** Names the same key of another language, which users write by mistake. */
    ServiceKey not(String other) {
        confused.add(other);
        return this;
    }

    /** Permits the key in {@code spec.defaults}, too. */
    ServiceKey inDefaults() {
        inDefaults = true;
        return this;
    }

    /** Requires the operator's permission for each name in a value. */
    ServiceKey permittedBy(String allow, String noun) {
        permission = new PlainField.Permission(allow, noun);
        return this;
    }

    /** Returns the plain field; null if the reader has code for the key. */
    @Nullable PlainField plain() {
        return type == null ? null : new PlainField(key, type, value, permission);
    }

    String key() {
        return key;
    }

    List<String> confused() {
        return confused;
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
