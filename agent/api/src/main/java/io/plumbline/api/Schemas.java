package io.plumbline.api;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** JSON Schemas (2020-12) of the records, as an OpenAPI 3.1 document holds them. */
public final class Schemas {
    private static final String COMPONENTS = "#/components/schemas/";

    private final Map<String, Object> components = new TreeMap<>();

    /** All schemas that were referred to, by name. */
    public Map<String, Object> components() {
        return components;
    }

    /** A reference to the schema of a record. */
    public Map<String, Object> of(Class<? extends Record> type) {
        var name = name(type);
        if (!components.containsKey(name)) {
            // A record may hold others that hold it.
            components.put(name, Map.of());
            components.put(name, object(doc(type), members(List.of(type))));
        }
        return reference(name);
    }

    /** A list of those. */
    public Map<String, Object> listOf(Class<? extends Record> type) {
        return ordered("type", "array", "items", of(type));
    }

    /** A reference to an object that has the members of several records. */
    public Map<String, Object> union(String name, String doc, List<Class<? extends Record>> types) {
        components.putIfAbsent(name, object(doc, members(types)));
        return reference(name);
    }

    /** A reference to a request that has members of these records; each can be left out. */
    public Map<String, Object> request(
            String name, String doc, List<Class<? extends Record>> types) {
        var members = new LinkedHashMap<String, Object>();
        members(types).forEach(m -> members.put(m.name, member(m)));
        return request(name, doc, members);
    }

    /** A reference to the request of a command: its members and those of who asks. */
    public Map<String, Object> request(Class<? extends Command> kind) {
        var members = new LinkedHashMap<String, Object>();
        Codec.members(kind).forEach(m -> members.put(m.name, member(m)));
        members.remove("pipeline");
        members.remove("engine");
        Codec.members(Caller.class).forEach(m -> members.put(m.name, member(m)));
        return request(kind.getSimpleName() + "Request", doc(kind), members);
    }

    private Map<String, Object> request(String name, String doc, Map<String, Object> properties) {
        components.put(
                name,
                ordered(
                        "type",
                        "object",
                        "description",
                        doc,
                        "properties",
                        properties,
                        "additionalProperties",
                        false));
        return reference(name);
    }

    private static Map<String, Object> reference(String name) {
        return ordered("$ref", COMPONENTS + name);
    }

    private static String name(Class<?> type) {
        var outer = type.getEnclosingClass();
        return (outer == null ? "" : outer.getSimpleName()) + type.getSimpleName();
    }

    private static String doc(Class<?> type) {
        var doc = type.getAnnotation(Doc.class);
        return doc == null ? "" : doc.value();
    }

    private static List<Codec.Member> members(List<Class<? extends Record>> types) {
        var all = new LinkedHashMap<String, Codec.Member>();
        types.forEach(type -> Codec.members(type).forEach(m -> all.put(m.name, m)));
        return List.copyOf(all.values());
    }

    private Map<String, Object> object(String doc, List<Codec.Member> members) {
        var properties = new LinkedHashMap<String, Object>();
        members.forEach(m -> properties.put(m.name, member(m)));
        var required = members.stream().filter(m -> !m.sparse).map(m -> m.name).toList();
        return ordered(
                "type",
                "object",
                "description",
                doc,
                "properties",
                properties,
                "required",
                required);
    }

    private Map<String, Object> member(Codec.Member member) {
        var schema = new LinkedHashMap<String, Object>();
        // JSON Schema 2020-12 allows a description beside a reference.
        schema.put("description", member.doc);
        schema.putAll(member.nullable ? nullable(of(member.type)) : of(member.type));
        return schema;
    }

    private static Map<String, Object> nullable(Map<String, Object> schema) {
        if (schema.get("type") instanceof String type) {
            var out = new LinkedHashMap<>(schema);
            out.put("type", List.of(type, "null"));
            return out;
        }
        return ordered("anyOf", List.of(schema, ordered("type", "null")));
    }

    private Map<String, Object> of(Type type) {
        if (type instanceof ParameterizedType generic) {
            var of = generic.getActualTypeArguments();
            return generic.getRawType() == List.class
                    ? ordered("type", "array", "items", of(of[0]))
                    : ordered("type", "object", "additionalProperties", of(of[1]));
        }
        var of = (Class<?>) type;
        if (of.isRecord()) {
            return of(of.asSubclass(Record.class));
        }
        return switch (of.getName()) {
            case "java.lang.String" -> ordered("type", "string");
            case "java.time.Instant" -> ordered("type", "string", "format", "date-time");
            case "java.time.Duration" -> ordered("type", "string");
            case "boolean", "java.lang.Boolean" -> ordered("type", "boolean");
            case "int", "java.lang.Integer" -> ordered("type", "integer", "format", "int32");
            case "long", "java.lang.Long" -> ordered("type", "integer", "format", "int64");
            case "double", "java.lang.Double", "java.lang.Number" -> ordered("type", "number");
            default -> throw new IllegalArgumentException("no member can be of " + of);
        };
    }

    /** A map of keys and values in this order. */
    public static Map<String, Object> ordered(Object... keysAndValues) {
        var out = new LinkedHashMap<String, Object>();
        var left = new ArrayList<>(List.of(keysAndValues));
        while (!left.isEmpty()) {
            out.put(left.removeFirst().toString(), left.removeFirst());
        }
        return out;
    }
}
