package io.plumbline.adapter.sqlite;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A reader of JSON as a tree, key by key, without binding to classes. */
final class JsonTree {
    static final ObjectMapper MAPPER = JsonMapper.builder().build();

    private JsonTree() {}

    static JsonNode parse(String json) throws JsonProcessingException {
        return MAPPER.readTree(json);
    }

    /** Returns the member's text; null if it is missing or null. */
    static @Nullable String text(JsonNode node, String key) {
        return node.hasNonNull(key) ? node.get(key).asText() : null;
    }

    /** Returns the member's text; fails if it is missing. */
    static String need(JsonNode node, String key) {
        String value = text(node, key);
        if (value == null) {
            throw new IllegalArgumentException("\"" + key + "\" is missing");
        }
        return value;
    }

    static String text(JsonNode node, String key, String otherwise) {
        String value = text(node, key);
        return value == null ? otherwise : value;
    }

    static int number(JsonNode node, String key, int otherwise) {
        return node.hasNonNull(key) ? node.get(key).intValue() : otherwise;
    }

    static @Nullable Long whole(JsonNode node, String key) {
        return node.hasNonNull(key) ? Long.valueOf(node.get(key).longValue()) : null;
    }

    static boolean flag(JsonNode node, String key, boolean otherwise) {
        return node.hasNonNull(key) ? node.get(key).booleanValue() : otherwise;
    }

    /** Returns a duration in ISO 8601, such as {@code PT30S}. */
    static Duration duration(JsonNode node, String key, Duration otherwise) {
        String value = text(node, key);
        return value == null ? otherwise : Duration.parse(value);
    }

    static Instant instant(JsonNode node, String key) {
        return Instant.parse(need(node, key));
    }

    static <T> List<T> list(@Nullable JsonNode list, Function<JsonNode, T> each) {
        if (list == null || list.isNull()) {
            return List.of();
        }
        var all = new ArrayList<T>(list.size());
        list.forEach(n -> all.add(each.apply(n)));
        return List.copyOf(all);
    }

    static List<String> texts(JsonNode node, String key) {
        return list(node.get(key), JsonNode::asText);
    }

    /** Does the same as {@link #texts}, but returns null for a missing member. */
    static @Nullable List<String> textsOrNull(JsonNode node, String key) {
        return node.hasNonNull(key) ? texts(node, key) : null;
    }

    static <T> SortedMap<String, T> map(@Nullable JsonNode object, Function<JsonNode, T> each) {
        var all = new TreeMap<String, T>();
        if (object != null) {
            object.properties().forEach(e -> all.put(e.getKey(), each.apply(e.getValue())));
        }
        return Collections.unmodifiableSortedMap(all);
    }

    static SortedMap<String, String> textMap(JsonNode node, String key) {
        return map(node.get(key), JsonNode::asText);
    }
}
