package io.plumbline.manifest;

import io.plumbline.manifest.yaml.YamlNode;
import io.plumbline.manifest.yaml.YamlReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The generator of the manifest reference, in Markdown, from the schema's titles and descriptions.
 */
final class SchemaReference {

    private static final String INTRODUCTION =
            """
            # Manifest reference

            <!-- Made from plumbline-v1.schema.json by SchemaReference, and the keys of services in
                 that from the table ServiceKeys. Change the table or the schema, then run
                 mvn -pl manifests-schema test -Dtest=SchemaReferenceTest -Dplumbline.golden.write=true -->

            A manifest is a YAML file below the watched folder of a repository. It holds one document
            or several; each is a pipeline. `plumb validate` checks manifests offline, and `plumb
            schema` prints the JSON Schema that this page is made from, for your editor:

            ```yaml
            # yaml-language-server: $schema=../plumbline-v1.schema.json
            apiVersion: plumbline/v1
            kind: Pipeline
            metadata:
              name: recsys
            spec:
              services:
                - name: serve
                  image: registry.example.com/recsys/serve:1.4.2
                  replicas: 2
                  ports: [{container: 8080, host: "8080-8089"}]
                  healthcheck: {http: {port: 8080, path: /healthz}, startPeriod: 30s}
                  resources: {cpus: "1.5", memory: 1Gi}
              rollout: {soak: 1m}
            ```

            All errors of a file are shown at once, each with its place:
            `pipelines/recsys.yaml:14:9: spec.services[0].replicas: must be at least 0`. A file with an
            error stops only the pipelines in that file; what they run keeps running.

            ## YAML

            - Types come from this page, never from a guess: `NO`, `22:22` and `0440` are what you
              wrote. Where a text is wanted and YAML sees a number, `true` or nothing, quote it.
            - Unknown keys and duplicate keys are errors. A key without a value is an error too:
              leave it out.
            - Anchors, aliases and merge keys (`<<`) work, within one document. Tags (`!x`) do not.
            - Limits: 1 MiB a file, 50 levels, 100,000 values with each alias counted in full; UTF-8
              without a byte order mark.

            ## Rules between keys

            The JSON Schema cannot say these; `plumb validate` and the agent do:

            - Pipelines have unique names in a file, services and steps in a pipeline. `dependsOn`
              names other services or steps of the pipeline, without cycles; that of a step names
              steps only, because steps run before the services are deployed.
            - A container port is listed once per protocol. One host port serves one replica of one
              service on an engine; a range must have room for all replicas there. Where replicas
              are spread over engines, each engine gets as many as its ports have room for.
            - A volume that is not `shared` has one writer on an engine: one service with one replica.
            - `failover` is not for strategy `everywhere`. With it, a service that writes a volume
              says whether it is `stateful`: a volume stays behind when its service moves. Strategy
              `failover` moves all services together, so none of them may be `stateful`.
            - `rollout.engines.order` names engines of `placement.engines`, where those are named.
              `atomic` does not go with `onUnreachable: proceed`.
            - A target is used once. Files, secrets and inputs cannot lie under a volume or a tmpfs,
              which would hide them, nor where the engine mounts its own (`/proc`, `/sys`, `/dev`,
              `/etc/hosts`, `/etc/hostname`, `/etc/resolv.conf`), nor below `/.plumbline`.
            - A variable is set by `env` or by one secret, not by both. A secret wins over `defaults`.
            - One of `files` has at most 16 MiB. Those of a pipeline have at most 64 MiB together,
              those of a repository 256 MiB, unless the operator sets `repositories[].limits`. Only
              the agent checks this.
            - `soft` is at most `hard`; memory is at least 6Mi; a port range begins with the smaller.

            Of steps and gates:

            - A pipeline with steps may have no services. `defaults` apply to services only.
            - `from` names an output of a step of the pipeline. A step takes nothing from itself, and
              steps do not wait for each other in a cycle of `inputs` and `dependsOn`.
            - A gate reads an output of type `metrics`. `min` is at most `max`.
            - An output does not lie under a volume or a tmpfs, in another output, or where the engine
              mounts its own. It contains no volume, no tmpfs and no secret.
            - An output that nothing takes is a warning. It is an error if the pipeline has services,
              the type is `file`, `directory` or `model`, nothing takes another output of the step, no
              gate reads one, and nothing names the step under `dependsOn`: the step is there for
              nothing. Outputs of other types, and of a pipeline without services, may be for people.
            - A step that mounts a volume runs each time unless `cache.enabled` is `true`.
            - A name in `cache.ignore` that `env` does not set is a warning, and so is an output that
              the step may not be able to write because of `readOnly`.
            - A step with `once: true` is not retried on `engineLost`. `maxDuration` of a retry is at
              least its `duration`.
            """;

    private final Map<String, YamlNode.Entry> definitions;
    private final StringBuilder out = new StringBuilder(INTRODUCTION);

    private SchemaReference(YamlNode.Mapping schema) {
        this.definitions = mapping(schema, "$defs").entries();
    }

    /**
     * Returns the whole page.
     *
     * @param json the schema's text
     */
    static String markdown(String json) {
        YamlNode.Mapping schema = schema(json);
        var reference = new SchemaReference(schema);
        reference.section(schema, "Manifest");
        for (YamlNode.Entry entry : reference.definitions.values()) {
            if (entry.value() instanceof YamlNode.Mapping definition
                    && definition.entries().containsKey("properties")) {
                reference.section(definition, text(definition, "title"));
            }
        }
        reference.forms();
        return reference.out.toString();
    }

    /** Returns the schema; JSON is YAML. */
    static YamlNode.Mapping schema(String json) {
        YamlReader.Result yaml =
                YamlReader.read(ManifestSchema.FILE, json.getBytes(StandardCharsets.UTF_8));
        if (!yaml.errors().isEmpty()
                || !(yaml.documents().getFirst().root() instanceof YamlNode.Mapping schema)) {
            throw new IllegalStateException("the schema cannot be read: " + yaml.errors());
        }
        return schema;
    }

    private void section(YamlNode.Mapping object, String title) {
        out.append("\n## ").append(title).append("\n\n");
        out.append(text(object, "description")).append("\n\n");
        out.append("| key | value | default | |\n|---|---|---|---|\n");
        List<String> later = new ArrayList<>();
        List<String> required = texts(object.entries().get("required"));
        for (YamlNode.Entry entry : mapping(object, "properties").entries().values()) {
            if (!(entry.value() instanceof YamlNode.Mapping property)) {
                continue;
            }
            if (property.entries().containsKey("not")) {
                later.add("`" + entry.key() + "`");
            } else {
                row(entry.key(), property, required.contains(entry.key()));
            }
        }
        if (!later.isEmpty()) {
            out.append("\nNot supported yet: ").append(String.join(", ", later)).append(".\n");
        }
    }

    private void row(String key, YamlNode.Mapping property, boolean required) {
        YamlNode.Entry standard = property.entries().get("default");
        String what = text(property, "description");
        YamlNode.Entry examples = property.entries().get("examples");
        if (examples != null
                && examples.value() instanceof YamlNode.Sequence list
                && !isPlainChoice(property)) {
            List<String> shown = new ArrayList<>();
            list.items().forEach(e -> shown.add("`" + flow(e) + "`"));
            what += " For example " + String.join(" or ", shown) + ".";
        }
        out.append("| `").append(key).append("` | ").append(cell(form(property))).append(" | ");
        out.append(
                required
                        ? "**required**"
                        : standard == null ? "" : "`" + cell(flow(standard.value())) + "`");
        out.append(" | ").append(cell(what)).append(" |\n");
    }

    /** An example would only repeat what the value column says. */
    private static boolean isPlainChoice(YamlNode.Mapping property) {
        return property.entries().containsKey("enum")
                || property.entries().containsKey("const")
                || text(property, "type").equals("boolean");
    }

    private void forms() {
        out.append("\n## Forms of values\n");
        for (YamlNode.Entry entry : definitions.values()) {
            if (!(entry.value() instanceof YamlNode.Mapping form)
                    || form.entries().containsKey("properties")) {
                continue;
            }
            out.append("\n### ").append(text(form, "title")).append("\n\n");
            out.append(text(form, "description"));
            if (value(form, "examples") instanceof YamlNode.Sequence examples) {
                List<String> shown = new ArrayList<>();
                examples.items().forEach(e -> shown.add("`" + flow(e) + "`"));
                out.append(" For example ").append(String.join(", ", shown)).append('.');
            }
            out.append('\n');
        }
    }

    /** Returns the permitted values in words, with links to the sections. */
    private String form(YamlNode.Mapping schema) {
        if (schema.entries().containsKey("$ref")) {
            return link(text(schema, "$ref"));
        }
        YamlNode choices = value(schema, "enum");
        if (choices != null) {
            List<String> words = texts(schema.entries().get("enum"));
            return String.join(", ", words.stream().map(w -> "`" + w + "`").toList());
        }
        YamlNode constant = value(schema, "const");
        if (constant != null) {
            return "`" + flow(constant) + "`";
        }
        if (schema.entries().containsKey("type") && value(schema, "anyOf") == null) {
            return typed(schema);
        }
        List<String> forms = new ArrayList<>();
        if (value(schema, "anyOf") instanceof YamlNode.Sequence any) {
            for (YamlNode one : any.items()) {
                if (one instanceof YamlNode.Mapping mapping) {
                    forms.add(form(mapping));
                }
            }
        }
        return String.join(" or ", forms);
    }

    private String typed(YamlNode.Mapping schema) {
        return switch (text(schema, "type")) {
            case "array" ->
                    "list of "
                            + (value(schema, "items") instanceof YamlNode.Mapping items
                                    ? form(items)
                                    : "");
            case "string" -> "text";
            case "boolean" -> "`true`, `false`";
            case "integer" -> {
                String most = text(schema, "maximum");
                yield "whole number, "
                        + (most.isEmpty()
                                ? "at least " + text(schema, "minimum")
                                : text(schema, "minimum") + " to " + most);
            }
            case "object" ->
                    value(schema, "additionalProperties") instanceof YamlNode.Mapping values
                            ? "name: " + form(values)
                            : "mapping";
            default -> "";
        };
    }

    private String link(String reference) {
        String name = reference.substring(reference.lastIndexOf('/') + 1);
        YamlNode.Entry target = definitions.get(name);
        if (target == null || !(target.value() instanceof YamlNode.Mapping definition)) {
            throw new IllegalStateException("the schema has no definition for " + reference);
        }
        String title = text(definition, "title");
        String anchor = title.toLowerCase(Locale.ROOT).replace(' ', '-');
        return "[" + title.toLowerCase(Locale.ROOT) + "](#" + anchor + ")";
    }

    /** Returns the value as in a manifest, on one line. */
    private static String flow(YamlNode node) {
        return switch (node) {
            case YamlNode.Scalar scalar -> quoted(scalar);
            case YamlNode.Sequence list ->
                    "[" + String.join(", ", list.items().stream().map(n -> flow(n)).toList()) + "]";
            case YamlNode.Mapping mapping ->
                    "{"
                            + String.join(
                                    ", ",
                                    mapping.entries().values().stream()
                                            .map(e -> e.key() + ": " + flow(e.value()))
                                            .toList())
                            + "}";
        };
    }

    private static String quoted(YamlNode.Scalar scalar) {
        String text = scalar.text();
        boolean other =
                new YamlNode.Scalar(scalar.position(), text, true).type() != YamlNode.Type.TEXT;
        boolean special = text.startsWith("--") || text.contains(": ") || text.contains(", ");
        boolean range = text.matches("[0-9]+-[0-9]+");
        return !scalar.plain() && (other || special || range) ? '"' + text + '"' : text;
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }

    static YamlNode.Mapping mapping(YamlNode.Mapping in, String key) {
        if (value(in, key) instanceof YamlNode.Mapping mapping) {
            return mapping;
        }
        throw new IllegalStateException("the schema lacks '" + key + "' at " + in.position());
    }

    private static @Nullable YamlNode value(YamlNode.Mapping in, String key) {
        YamlNode.Entry entry = in.entries().get(key);
        return entry == null ? null : entry.value();
    }

    private static String text(YamlNode.Mapping in, String key) {
        return value(in, key) instanceof YamlNode.Scalar scalar ? scalar.text() : "";
    }

    private static List<String> texts(YamlNode.@Nullable Entry entry) {
        List<String> texts = new ArrayList<>();
        if (entry != null && entry.value() instanceof YamlNode.Sequence list) {
            for (YamlNode item : list.items()) {
                if (item instanceof YamlNode.Scalar scalar) {
                    texts.add(scalar.text());
                }
            }
        }
        return texts;
    }
}
