package io.plumbline.engine.docker.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.manifest.FieldType;
import io.plumbline.manifest.FieldValues;
import io.plumbline.manifest.PlainField;
import java.util.Map;
import java.util.TreeMap;

/**
 * The engine's side of the table of {@link PlainField}s: the place of each in {@code HostConfig},
 * which the Engine API (v1.41) takes in {@code ContainerCreate} and returns in {@code
 * ContainerInspect}. No engine changes any of these in a container that exists; a field that it can
 * change there also belongs into {@code Comparison.MENDABLE}.
 */
final class EngineFields {

    /** Names in {@code HostConfig}, by the field's key. */
    static final Map<String, String> NAMES =
            Map.of(
                    "init", "Init",
                    "capAdd", "CapAdd",
                    "capDrop", "CapDrop",
                    "sysctls", "Sysctls",
                    "oomScoreAdj", "OomScoreAdj",
                    "shmSize", "ShmSize",
                    "dns", "Dns",
                    "extraHosts", "ExtraHosts");

    private EngineFields() {}

    /** Adds the values to a container's {@code HostConfig}; defaults are omitted. */
    static void write(ObjectNode hostConfig, FieldValues values) {
        values.byKey()
                .forEach(
                        (key, value) ->
                                hostConfig.set(name(key), EngineWire.JSON.valueToTree(value)));
    }

    /** Reads the values of an {@code inspect} answer's {@code HostConfig}. */
    static FieldValues read(JsonNode hostConfig) {
        var values = new TreeMap<String, Object>();
        for (PlainField field : PlainField.all()) {
            JsonNode value = hostConfig.path(name(field.key()));
            if (!value.isMissingNode() && !value.isNull()) {
                values.put(field.key(), value(field.type(), value));
            }
        }
        return FieldValues.of(values);
    }

    private static Object value(FieldType type, JsonNode json) {
        return switch (type) {
            case FieldType.Flag _ -> json.asBoolean();
            case FieldType.Whole _, FieldType.Bytes _ -> json.asLong();
            case FieldType.Texts _ -> InspectReader.list(json);
            case FieldType.TextMap _ -> InspectReader.strings(json);
        };
    }

    private static String name(String key) {
        String name = NAMES.get(key);
        if (name == null) {
            throw new IllegalStateException("the engine's table lacks the field " + key);
        }
        return name;
    }
}
