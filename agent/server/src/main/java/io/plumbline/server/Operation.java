package io.plumbline.server;

import io.plumbline.api.Problem;
import io.plumbline.api.Schemas;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The part of the OpenAPI document about one route, without method, path and permission: summary,
 * parameters, body and answers. Schemas are added when the document is created.
 */
final class Operation {
    private static final String JSON = "application/json";
    private static final String PROBLEM = "application/problem+json";
    private static final Map<Integer, String> MEANINGS =
            Map.of(
                    200, "As asked.",
                    201, "Made.",
                    202, "Accepted.",
                    409, "Nothing will happen, or there is nothing to go back to.",
                    503, "Not ready.");

    private final String summary;
    private final List<Map<String, Object>> query = new ArrayList<>();
    private final Map<Integer, Map<String, Function<Schemas, Map<String, Object>>>> answers =
            new TreeMap<>();
    private int status = 200;
    private Function<Schemas, Map<String, Object>> body = _ -> Map.of();

    private Operation(String summary) {
        this.summary = summary;
    }

    static Operation of(String summary) {
        return new Operation(summary);
    }

    /** Adds a parameter of the query. */
    Operation query(String name, String type, String doc) {
        query.add(
                Schemas.ordered(
                        "name",
                        name,
                        "in",
                        "query",
                        "description",
                        doc,
                        "schema",
                        Schemas.ordered("type", type)));
        return this;
    }

    /** Sets the status of the answers that follow; the default is 200. */
    Operation status(int of) {
        status = of;
        return this;
    }

    /** Adds an answer with a record. */
    Operation answers(Class<? extends Record> type) {
        return answers(JSON, schemas -> schemas.of(type));
    }

    /** Adds an answer with a list of records. */
    Operation lists(Class<? extends Record> type) {
        return answers(JSON, schemas -> schemas.listOf(type));
    }

    /** Adds an answer with one of two kinds of record. */
    Operation answersOne(Class<? extends Record> type, Class<? extends Record> other) {
        return answers(JSON, s -> Schemas.ordered("anyOf", List.of(s.of(type), s.of(other))));
    }

    /** Adds an answer with a list of one of two kinds of record. */
    Operation listsOne(Class<? extends Record> type, Class<? extends Record> other) {
        return answers(
                JSON, s -> Schemas.ordered("anyOf", List.of(s.listOf(type), s.listOf(other))));
    }

    /** Adds an answer with text of a media type. */
    Operation text(String type, String doc) {
        return answers(type, _ -> Schemas.ordered("type", "string", "description", doc));
    }

    /** Adds an answer of a media type. */
    Operation answers(String type, Function<Schemas, Map<String, Object>> schema) {
        answers.computeIfAbsent(status, _ -> new LinkedHashMap<>()).put(type, schema);
        return this;
    }

    /** Adds a problem document that also has the members of another record. */
    Operation problem(String name, Class<? extends Record> more) {
        return answers(
                PROBLEM,
                s -> s.union(name, "A problem with more members.", List.of(Problem.class, more)));
    }

    /** Sets the body of the request. */
    Operation body(Function<Schemas, Map<String, Object>> schema) {
        body = schema;
        return this;
    }

    String summary() {
        return summary;
    }

    List<Map<String, Object>> query() {
        return query;
    }

    /** Returns the schema of the body; empty if there is none. */
    Map<String, Object> body(Schemas schemas) {
        return body.apply(schemas);
    }

    /** Returns the answers by status. */
    Map<String, Object> responses(Schemas schemas) {
        var out = new LinkedHashMap<String, Object>();
        answers.forEach(
                (status, types) -> {
                    var content = new LinkedHashMap<String, Object>();
                    types.forEach(
                            (type, schema) ->
                                    content.put(
                                            type,
                                            Schemas.ordered("schema", schema.apply(schemas))));
                    out.put(
                            String.valueOf(status),
                            Schemas.ordered(
                                    "description",
                                    MEANINGS.getOrDefault(status, ""),
                                    "content",
                                    content));
                });
        return out;
    }
}
