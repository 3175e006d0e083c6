package io.plumbline.server;

import static io.plumbline.api.Schemas.ordered;

import io.plumbline.api.Problem;
import io.plumbline.api.Schemas;
import io.plumbline.core.access.Permission;
import io.plumbline.server.Route.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The OpenAPI 3.1 document of the routes: permissions, {@link Operation}s and the schemas of the
 * records.
 */
final class OpenApi {
    static final String PATH = "/api/v1/openapi.json";

    private static final Pattern PARAMETER = Pattern.compile(":([a-z]+)");
    private static final Map<String, String> PARAMETERS =
            Map.of(
                    "name", "Name of the pipeline.",
                    "engine", "Name of the engine.",
                    "repository", "Name of the repository.",
                    "delivery", "Id of the delivery.",
                    "id", "Id of the token.",
                    "number", "Number of the run.",
                    "digest", "`sha256:` and 64 hex digits, or their unique beginning.");

    private OpenApi() {}

    /** Returns the route that serves the document of the given routes and of itself. */
    static Route route(List<Route> others, Requests requests) {
        var routes = new ArrayList<>(others);
        var route =
                Route.look(
                        PATH,
                        Permission.VIEW,
                        Scope.SOME,
                        requests.question(_ -> ApiResponse.json(200, document(routes))));
        routes.add(route);
        return route;
    }

    /**
     * Creates the document.
     *
     * @throws IllegalArgumentException if a route has no operation
     */
    static Map<String, Object> document(List<Route> routes) {
        var operations = Operations.all();
        var schemas = new Schemas();
        var paths = new TreeMap<String, Map<String, Object>>();
        for (var route : routes) {
            var operation = operations.get(route.method() + " " + route.path());
            if (operation == null) {
                throw new IllegalArgumentException("no operation is described for " + route);
            }
            paths.computeIfAbsent(
                            PARAMETER.matcher(route.path()).replaceAll("{$1}"),
                            _ -> new TreeMap<>())
                    .put(
                            route.method().name().toLowerCase(Locale.ROOT),
                            written(route, operation, schemas));
        }
        return ordered(
                "openapi",
                "3.1.0",
                "info",
                ordered(
                        "title",
                        "Plumbline",
                        "version",
                        "1",
                        "description",
                        "The HTTP API of a Plumbline agent. New members, paths and parameters may be"
                                + " added: ignore what you do not know."),
                "paths",
                paths,
                "components",
                ordered(
                        "schemas",
                        schemas.components(),
                        "securitySchemes",
                        ordered("token", ordered("type", "http", "scheme", "bearer"))));
    }

    private static Map<String, Object> written(Route route, Operation operation, Schemas schemas) {
        var out = new LinkedHashMap<String, Object>();
        out.put("summary", operation.summary());
        boolean open = route.permission() == Permission.OPEN;
        if (!open) {
            out.put("description", "Needs the permission `" + route.permission().word() + "`.");
        }
        out.put("operationId", id(route));
        var parameters = parameters(route);
        parameters.addAll(operation.query());
        if (!parameters.isEmpty()) {
            out.put("parameters", parameters);
        }
        var body = operation.body(schemas);
        if (!body.isEmpty()) {
            out.put("requestBody", ordered("content", json("application/json", body)));
        }
        out.put("responses", responses(operation, schemas));
        out.put("security", open ? List.of() : List.of(ordered("token", List.of())));
        return out;
    }

    /** Returns a unique id of letters, such as {@code getPipelinesNameHistory}. */
    private static String id(Route route) {
        var id = new StringBuilder(route.method().name().toLowerCase(Locale.ROOT));
        for (var part : route.path().replace("/api/v1", "").split("[^A-Za-z0-9]+")) {
            if (!part.isEmpty()) {
                id.append(part.substring(0, 1).toUpperCase(Locale.ROOT)).append(part.substring(1));
            }
        }
        return id.toString();
    }

    private static List<Object> parameters(Route route) {
        var out = new ArrayList<Object>();
        PARAMETER
                .matcher(route.path())
                .results()
                .map(match -> match.group(1))
                .forEach(
                        name ->
                                out.add(
                                        ordered(
                                                "name",
                                                name,
                                                "in",
                                                "path",
                                                "required",
                                                true,
                                                "description",
                                                PARAMETERS.getOrDefault(name, ""),
                                                "schema",
                                                ordered("type", "string"))));
        return out;
    }

    private static Map<String, Object> responses(Operation operation, Schemas schemas) {
        var out = operation.responses(schemas);
        out.put(
                "default",
                ordered(
                        "description",
                        "A problem.",
                        "content",
                        json("application/problem+json", schemas.of(Problem.class))));
        return out;
    }

    private static Map<String, Object> json(String type, Map<String, Object> schema) {
        return ordered(type, ordered("schema", schema));
    }
}
