package io.plumbline.enginesim;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** JSON as the engine writes and reads it. */
final class SimJson {
    static final ObjectMapper MAPPER = new ObjectMapper();
    static final JsonNode NULL = NullNode.getInstance();

    private SimJson() {}

    static ObjectNode object(String text) {
        try {
            return (ObjectNode) MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    static ObjectNode object(byte[] body) throws IOException {
        return body.length == 0 ? MAPPER.createObjectNode() : (ObjectNode) MAPPER.readTree(body);
    }

    static JsonNode orNull(JsonNode value) {
        return value.isMissingNode() ? NULL : value;
    }

    /** A string with its quotes. */
    static String text(String value) {
        return TextNode.valueOf(value).toString();
    }

    static String strings(Map<String, String> map) {
        var out = new StringBuilder("{");
        map.forEach(
                (k, v) -> {
                    if (out.length() > 1) {
                        out.append(',');
                    }
                    out.append(text(k)).append(':').append(text(v));
                });
        return out.append('}').toString();
    }

    static String message(String text) {
        return MAPPER.createObjectNode().put("message", text).toString();
    }

    /** The values of a filter, written as a list or as a map of truths. */
    static Set<String> filter(String filters, String key) {
        var values = new HashSet<String>();
        if (!filters.isEmpty()) {
            var of = object(filters).path(key);
            if (of.isArray()) {
                of.forEach(v -> values.add(v.asText()));
            } else {
                of.fieldNames().forEachRemaining(values::add);
            }
        }
        return values;
    }
}
