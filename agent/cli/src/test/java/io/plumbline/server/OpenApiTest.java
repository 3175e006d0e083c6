package io.plumbline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.harrel.jsonschema.Dialects;
import dev.harrel.jsonschema.ValidatorFactory;
import io.plumbline.api.ApiScene;
import io.plumbline.api.Golden;
import io.plumbline.api.Json;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.testkit.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The OpenAPI document: committed, served, and true of every answer. */
@Timeout(120)
class OpenApiTest {
    private static final List<String> METHODS = List.of("get", "post");

    @Test
    void theServedDocumentIsTheCommittedOne() throws Exception {
        try (var scene = new ApiScene()) {
            var served = Json.read(scene.ask(OpenApi.PATH).body());
            Golden.document("openapi.json", Json.pretty(served) + "\n");
        }
    }

    @Test
    void everyMemberIsDescribed() {
        try (var scene = new ApiScene()) {
            assertThat(scene.ask(OpenApi.PATH).body()).doesNotContain("\"description\":\"\"");
        }
    }

    @Test
    void everyRouteHasAnOperationAndEveryOperationARoute() {
        try (var scene = new ApiScene()) {
            assertThat(scene.server().routes().stream().map(r -> r.method() + " " + r.path()))
                    .containsExactlyInAnyOrderElementsOf(Operations.all().keySet());
        }
    }

    @Test
    void everyAnswerIsAsTheDocumentSays() throws Exception {
        try (var scene = new ApiScene()) {
            var document = strict(document(scene));
            var told = new LinkedHashSet<String>();
            var asked =
                    Stream.concat(ApiScene.looks().stream(), ApiScene.changes().stream()).toList();
            for (var question : asked) {
                told.add(checked(scene, document, question));
            }
            for (var outcome : Outcome.values()) {
                scene.control.reply = Reply.of(outcome, "a sentence").plan(Sample.plan("recsys"));
                checked(scene, document, "/api/v1/pipelines/recsys/rollback {}");
            }
            scene.control.notReady.add("engine local: not looked at yet");
            checked(scene, document, "/readyz");
            told.remove("");
            assertThat(told).as("each operation is asked").containsAll(jsonOperations(document));
        }
    }

    @Test
    void anAnswerThatIsNotAsTheDocumentSaysIsFound() throws Exception {
        try (var scene = new ApiScene()) {
            var schema = "{\"$ref\":\"#/components/schemas/Drift\"}";
            var document = strict(document(scene));
            assertThat(errors(document, schema, "{\"engine\":\"local\",\"more\":1}")).isNotEmpty();
        }
    }

    private static Map<?, ?> document(ApiScene scene) throws Exception {
        return object(scene.ask(OpenApi.PATH).body());
    }

    private static Map<?, ?> object(String text) throws Exception {
        return Json.read(text) instanceof Map<?, ?> members ? members : Map.of();
    }

    /** Without members that the document does not name. */
    private static Map<?, ?> strict(Map<?, ?> document) throws Exception {
        var copy = object(Json.write(document));
        var schemas = (Map<?, ?>) at(copy, "components", "schemas");
        schemas.values()
                .forEach(
                        s -> {
                            @SuppressWarnings("unchecked")
                            var schema = (Map<String, Object>) s;
                            schema.put("additionalProperties", false);
                        });
        return copy;
    }

    private static Object at(Object tree, Object... keys) {
        var at = tree;
        for (var key : keys) {
            at = at instanceof Map<?, ?> map ? map.get(key) : null;
        }
        return at == null ? Map.of() : at;
    }

    /** Checks an answer; the operation that it came from, empty if there is none. */
    private static String checked(ApiScene scene, Map<?, ?> document, String question)
            throws Exception {
        var answer = scene.ask(question);
        var type = answer.headers().firstValue("Content-Type").orElse("");
        var path = question.replaceFirst("[? ].*", "");
        var method = question.contains(" ") ? "post" : "get";
        var operation = operation(document, method, path);
        if (operation.isEmpty()) {
            assertThat(answer.statusCode()).as(question).isEqualTo(404);
            return "";
        }
        var responses = (Map<?, ?>) at(document, "paths", operation, method, "responses");
        var status = String.valueOf(answer.statusCode());
        var response = at(responses, responses.containsKey(status) ? status : "default");
        var schema = at(response, "content", type, "schema");
        assertThat(schema).as(question + ": " + status + " " + type).isNotEqualTo(Map.of());
        if (!type.contains("json")) {
            return "";
        }
        for (var line :
                type.contains("ndjson") ? answer.body().lines().toList() : List.of(answer.body())) {
            assertThat(errors(document, Json.write(schema), line))
                    .as(question + ": " + line)
                    .isEmpty();
        }
        return method + " " + operation;
    }

    private static List<String> errors(Map<?, ?> document, String schema, String instance)
            throws Exception {
        var root = new LinkedHashMap<String, Object>();
        root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        root.put("allOf", List.of(object(schema)));
        root.put("components", at(document, "components"));
        var validator = new ValidatorFactory().withDefaultDialect(new Dialects.Draft2020Dialect());
        return validator.validate(Json.write(root), instance).getErrors().stream()
                .map(e -> e.getInstanceLocation() + ": " + e.getError())
                .toList();
    }

    private static String operation(Map<?, ?> document, String method, String path) {
        for (var entry : ((Map<?, ?>) at(document, "paths")).entrySet()) {
            var pattern = String.valueOf(entry.getKey());
            boolean same = path.matches(pattern.replaceAll("\\{[a-z]+\\}", "[^/]+"));
            if (same && at(entry.getValue(), method) instanceof Map<?, ?> m && !m.isEmpty()) {
                return pattern;
            }
        }
        return "";
    }

    /** All that answer with JSON, but for a Git host's endpoint and the document itself. */
    private static Set<String> jsonOperations(Map<?, ?> document) {
        var out = new ArrayList<String>();
        ((Map<?, ?>) at(document, "paths"))
                .forEach(
                        (path, operations) -> {
                            for (var method : METHODS) {
                                var content = Json.write(at(operations, method, "responses"));
                                if (content.contains("\"application/json\"")) {
                                    out.add(method + " " + path);
                                }
                            }
                        });
        return out.stream()
                .filter(o -> !o.contains("/webhooks/{repository}") && !o.contains("openapi"))
                .collect(Collectors.toSet());
    }
}
