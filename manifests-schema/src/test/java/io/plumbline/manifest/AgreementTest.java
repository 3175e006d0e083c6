package io.plumbline.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.manifest.yaml.Keys;
import io.plumbline.manifest.yaml.YamlNode;
import io.plumbline.manifest.yaml.YamlReader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The JSON Schema and the reader say the same, as far as JSON Schema can say it. */
final class AgreementTest {

    static List<Fixture> valid() {
        return Fixture.valid();
    }

    static List<Fixture> invalid() {
        return Fixture.invalid();
    }

    private static List<YamlNode> documents(Fixture fixture) {
        return YamlReader.read(fixture.name(), fixture.bytes()).documents().stream()
                .filter(YamlReader.Document::complete)
                .map(YamlReader.Document::root)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("valid")
    void theSchemaTakesWhatTheReaderTakes(Fixture fixture) {
        for (YamlNode document : documents(fixture)) {
            assertThat(JsonSchema.errors(document)).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("invalid")
    void theSchemaObjectsWhereTheReaderDoes(Fixture fixture) {
        Set<String> objections = new HashSet<>();
        List<String> all = new ArrayList<>();
        for (YamlNode document : documents(fixture)) {
            objections.addAll(JsonSchema.objections(document));
            all.addAll(JsonSchema.errors(document));
        }
        Set<String> expected = new HashSet<>();
        for (String error : fixture.schemaErrors()) {
            String place = isOfWhole(error) ? parent(pointer(error)) : pointer(error);
            expected.add(place);
            assertThat(objections).as("%s%nof the schema's %s", error, all).contains(place);
        }
        if (fixture.schemaErrors().isEmpty()) {
            assertThat(all).isEmpty();
        }
        // the reader reports an aliased error once, and nothing else of an unknown kind
        boolean more = fixture.name().startsWith("aliased") || fixture.name().startsWith("header");
        for (String objection : more ? Set.<String>of() : objections) {
            assertThat(expected)
                    .as("the schema objects at %s: %s", objection, all)
                    .anyMatch(e -> within(e, objection) || within(objection, e));
        }
    }

    /** JSON Schema objects to the mapping or list, not to the key or item. */
    private static boolean isOfWhole(String error) {
        return error.contains(": is no ") || error.contains(": is listed twice");
    }

    private static boolean within(String inner, String outer) {
        return inner.equals(outer) || inner.startsWith(outer + "/");
    }

    /** {@code f.yaml:1:2: spec.services[0]['a/b']: message} to {@code /spec/services/0/a~1b}. */
    private static String pointer(String error) {
        String rest = error.replaceFirst("^[^:]*:[0-9]+:[0-9]+: ", "");
        var path = new StringBuilder();
        int i = 0;
        while (i < rest.length() && rest.charAt(i) != ':') {
            if (rest.startsWith("['", i)) {
                int end = rest.indexOf("']", i);
                path.append('/').append(rest.substring(i + 2, end).replace("/", "~1"));
                i = end + 2;
            } else if (rest.charAt(i) == ' ') {
                return "";
            } else {
                char c = rest.charAt(i++);
                path.append(c == '.' || c == '[' ? "/" : c == ']' ? "" : String.valueOf(c));
            }
        }
        return "/" + path;
    }

    private static String parent(String pointer) {
        return pointer.isEmpty() ? "" : pointer.substring(0, pointer.lastIndexOf('/'));
    }

    @Test
    void theKeysOfTheReaderAreThoseOfTheSchema() {
        assertKeys(
                SchemaReference.schema(ManifestSchema.json()), ManifestKeys.DOCUMENT, "document");
        Map.ofEntries(
                        Map.entry("metadata", ManifestKeys.METADATA),
                        Map.entry("spec", ManifestKeys.SPEC),
                        Map.entry("placement", ManifestKeys.PLACEMENT),
                        Map.entry("failover", ManifestKeys.FAILOVER),
                        Map.entry("images", ManifestKeys.IMAGES),
                        Map.entry("engineOrder", ManifestKeys.ENGINE_ORDER),
                        Map.entry("defaults", ManifestKeys.DEFAULTS),
                        Map.entry("rollout", ManifestKeys.ROLLOUT),
                        Map.entry("service", ManifestKeys.SERVICE),
                        Map.entry("port", ManifestKeys.PORT),
                        Map.entry("file", ManifestKeys.FILE),
                        Map.entry("secret", ManifestKeys.SECRET),
                        Map.entry("volume", ManifestKeys.VOLUME),
                        Map.entry("healthcheck", ManifestKeys.HEALTHCHECK),
                        Map.entry("http", ManifestKeys.HTTP),
                        Map.entry("tcp", ManifestKeys.TCP),
                        Map.entry("resources", ManifestKeys.RESOURCES),
                        Map.entry("ulimit", ManifestKeys.ULIMIT),
                        Map.entry("logging", ManifestKeys.LOGGING),
                        Map.entry("step", ManifestKeys.STEP),
                        Map.entry("predecessor", ManifestKeys.PREDECESSOR),
                        Map.entry("param", ManifestKeys.PARAM),
                        Map.entry("input", ManifestKeys.STEP_INPUT),
                        Map.entry("output", ManifestKeys.STEP_OUTPUT),
                        Map.entry("stepTimeout", ManifestKeys.STEP_TIMEOUT),
                        Map.entry("retry", ManifestKeys.STEP_RETRY),
                        Map.entry("backoff", ManifestKeys.STEP_BACKOFF),
                        Map.entry("exitCodes", ManifestKeys.EXIT_CODES),
                        Map.entry("cache", ManifestKeys.STEP_CACHE),
                        Map.entry("gate", ManifestKeys.GATE),
                        Map.entry("approvalGate", ManifestKeys.APPROVAL_GATE),
                        Map.entry("metricGate", ManifestKeys.METRIC_GATE))
                .forEach((name, keys) -> assertKeys(at("$defs", name), keys, name));
    }

    @Test
    void theSelectorOfTheReaderIsThatOfTheSchema() {
        YamlNode any =
                Objects.requireNonNull(at("$defs", "selector").entries().get("anyOf")).value();
        YamlNode text = ((YamlNode.Sequence) any).items().getLast();
        assertThat(text((YamlNode.Mapping) text, "pattern")).isEqualTo(Selector.pattern());
    }

    private static void assertKeys(YamlNode.Mapping object, Keys keys, String name) {
        Set<String> known = new HashSet<>();
        Set<String> later = new HashSet<>();
        YamlNode.Mapping properties = child(object, "properties");
        for (YamlNode.Entry property : properties.entries().values()) {
            YamlNode.Mapping schema = child(properties, property.key());
            boolean refused = schema.entries().containsKey("not");
            (refused ? later : known).add(property.key());
            assertThat(schema.entries())
                    .as(name + "." + property.key())
                    .containsKeys("title", "description");
            if (refused) {
                assertThat(text(schema, "description")).startsWith("Not supported yet");
            } else {
                assertThat(schema.entries())
                        .as(name + "." + property.key())
                        .containsKey("examples");
            }
        }
        assertThat(known).as(name).isEqualTo(keys.known());
        assertThat(later).as(name).isEqualTo(keys.later());
        assertThat(text(object, "additionalProperties")).as(name).isEqualTo("false");
    }

    @Test
    void theWordsOfTheReaderAreThoseOfTheSchema() {
        assertThat(text(at("$defs", "image"), "pattern")).isEqualTo(ImageReference.pattern());
        assertThat(text(at("$defs", "capability"), "pattern"))
                .isEqualTo("^(CAP_)?(" + String.join("|", ContainerDecoder.CAPABILITIES) + ")$");
        YamlNode.Mapping ulimits = at("$defs", "service", "properties", "ulimits", "propertyNames");
        Set<String> names = new TreeSet<>();
        for (YamlNode name :
                ((YamlNode.Sequence) Objects.requireNonNull(ulimits.entries().get("enum")).value())
                        .items()) {
            names.add(((YamlNode.Scalar) name).text());
        }
        assertThat(names).isEqualTo(ContainerDecoder.ULIMITS);
    }

    @Test
    void everyExampleInTheSchemaHoldsAgainstItsOwnKey() {
        for (Fixture fixture : Fixture.valid()) {
            assertThat(fixture.read().errors()).isEmpty();
        }
        examplesHold("service");
        examplesHold("step");
    }

    private static void examplesHold(String definition) {
        YamlNode.Mapping properties = at("$defs", definition, "properties");
        for (YamlNode.Entry key : properties.entries().values()) {
            YamlNode.Entry examples = child(properties, key.key()).entries().get("examples");
            if (examples == null || key.key().equals("name") || key.key().equals("image")) {
                continue;
            }
            for (YamlNode example : ((YamlNode.Sequence) examples.value()).items()) {
                assertThat(JsonSchema.errors(manifest(definition + "s", key.key(), example)))
                        .as(key.key())
                        .isEmpty();
            }
        }
    }

    /** A manifest whose only service or step has this key. */
    private static YamlNode manifest(String kind, String key, YamlNode value) {
        String text =
                """
                apiVersion: plumbline/v1
                kind: Pipeline
                metadata: {name: x}
                spec: {KIND: [{name: x, image: x, KEY: 1}]}
                """
                        .replace("KIND", kind);
        YamlNode.Mapping root =
                (YamlNode.Mapping)
                        YamlReader.read("f", text.getBytes(UTF_8)).documents().getFirst().root();
        return replaced(root, key, value);
    }

    private static YamlNode replaced(YamlNode node, String key, YamlNode value) {
        return switch (node) {
            case YamlNode.Scalar scalar -> scalar;
            case YamlNode.Sequence list ->
                    new YamlNode.Sequence(
                            list.position(),
                            list.items().stream().map(n -> replaced(n, key, value)).toList());
            case YamlNode.Mapping mapping -> {
                Map<String, YamlNode.Entry> entries = new LinkedHashMap<>();
                for (YamlNode.Entry e : mapping.entries().values()) {
                    boolean here = e.key().equals("KEY");
                    String name = here ? key : e.key();
                    entries.put(
                            name,
                            new YamlNode.Entry(
                                    e.position(),
                                    name,
                                    here ? value : replaced(e.value(), key, value)));
                }
                yield new YamlNode.Mapping(mapping.position(), entries);
            }
        };
    }

    private static YamlNode.Mapping at(String... path) {
        YamlNode.Mapping node = SchemaReference.schema(ManifestSchema.json());
        for (String key : path) {
            node = child(node, key);
        }
        return node;
    }

    private static YamlNode.Mapping child(YamlNode.Mapping node, String key) {
        return (YamlNode.Mapping) Objects.requireNonNull(node.entries().get(key), key).value();
    }

    private static String text(YamlNode.Mapping node, String key) {
        return ((YamlNode.Scalar) Objects.requireNonNull(node.entries().get(key), key).value())
                .text();
    }
}
