package io.plumbline.manifest;

import dev.harrel.jsonschema.Error;
import dev.harrel.jsonschema.ValidatorFactory;
import dev.harrel.jsonschema.providers.SnakeYamlNode;
import io.plumbline.manifest.yaml.YamlNode;
import java.math.BigInteger;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** The published schema, asked through a JSON Schema validator, as an editor would. */
final class JsonSchema {

    private static final ValidatorFactory VALIDATORS =
            new ValidatorFactory().withJsonNodeFactory(new SnakeYamlNode.Factory());

    private JsonSchema() {}

    /** JSON pointers of the places that the schema objects to. */
    static Set<String> objections(YamlNode document) {
        return VALIDATORS
                .validate(ManifestSchema.json(), (Object) node(document))
                .getErrors()
                .stream()
                .map(Error::getInstanceLocation)
                .collect(Collectors.toSet());
    }

    static List<String> errors(YamlNode document) {
        return VALIDATORS
                .validate(ManifestSchema.json(), (Object) node(document))
                .getErrors()
                .stream()
                .map(e -> e.getInstanceLocation() + " " + e.getError())
                .toList();
    }

    /** Types by YAML 1.2, as editors read it, not by SnakeYAML's 1.1. */
    private static Node node(YamlNode node) {
        return switch (node) {
            case YamlNode.Scalar scalar -> scalar(scalar);
            case YamlNode.Sequence list ->
                    new SequenceNode(
                            Tag.SEQ,
                            list.items().stream().map(JsonSchema::node).toList(),
                            FlowStyle.BLOCK);
            case YamlNode.Mapping mapping ->
                    new MappingNode(
                            Tag.MAP,
                            mapping.entries().values().stream()
                                    .map(
                                            e ->
                                                    new NodeTuple(
                                                            leaf(Tag.STR, e.key()),
                                                            node(e.value())))
                                    .toList(),
                            FlowStyle.BLOCK);
        };
    }

    private static Node scalar(YamlNode.Scalar scalar) {
        String text = scalar.text();
        return switch (scalar.type()) {
            case TEXT -> leaf(Tag.STR, text);
            case INTEGER -> leaf(Tag.INT, integer(text).toString());
            case FLOAT -> leaf(Tag.FLOAT, text);
            case BOOLEAN -> leaf(Tag.BOOL, text);
            case NULL -> leaf(Tag.NULL, "null");
        };
    }

    private static BigInteger integer(String text) {
        if (text.startsWith("0o")) {
            return new BigInteger(text.substring(2), 8);
        }
        return text.startsWith("0x")
                ? new BigInteger(text.substring(2), 16)
                : new BigInteger(text.startsWith("+") ? text.substring(1) : text);
    }

    private static Node leaf(Tag tag, String text) {
        return new ScalarNode(tag, text, null, null, ScalarStyle.PLAIN);
    }
}
