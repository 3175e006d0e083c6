package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Problems;
import io.plumbline.manifest.yaml.Words;
import io.plumbline.manifest.yaml.YamlNode;
import io.plumbline.manifest.yaml.YamlReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The reader of manifest files. It reports all errors of a file at once.
 *
 * <p>The JSON Schema ({@link ManifestSchema}) has the same rules for editors. Some rules are beyond
 * JSON Schema, such as cycles and relations between keys; only this reader checks them.
 */
public final class ManifestReader {

    /** The only version of the language. */
    public static final String API_VERSION = "plumbline/v1";

    private static final String KIND = "Pipeline";

    private ManifestReader() {}

    /**
     * The content of a file.
     *
     * @param pipelines those without an error; to be used only if the whole file has none
     * @param errors by line and column; empty if there are none
     * @param warnings permitted but probably unintended values, by line and column
     * @param names {@code metadata.name} of every document that has a readable one, including
     *     broken documents; in the order of the file, each once
     */
    public record ReadResult(
            List<Pipeline> pipelines,
            List<Diagnostic> errors,
            List<Diagnostic> warnings,
            List<String> names) {}

    /**
     * Reads all documents of a file. Never throws because of the content.
     *
     * @param file path for messages, relative to the watched folder
     * @param bytes the whole content; if it is larger than 1 MiB, only that is reported
     */
    public static ReadResult read(String file, byte[] bytes) {
        YamlReader.Result yaml = YamlReader.read(file, bytes);
        var problems = new Problems();
        yaml.errors().forEach(problems::add);
        List<Pipeline> pipelines = new ArrayList<>();
        Set<String> names = new LinkedHashSet<>();
        Map<String, Position> taken = new HashMap<>();
        for (YamlReader.Document document : yaml.documents()) {
            YamlNode.Scalar name = name(document.root());
            if (name != null) {
                names.add(name.text());
            }
            if (!document.complete()) {
                continue;
            }
            int before = problems.count();
            Pipeline pipeline = document(Decoder.root(document.root(), problems));
            if (name != null) {
                claim(name, taken, problems);
            }
            if (pipeline != null && problems.count() == before) {
                pipelines.add(pipeline);
            }
        }
        return new ReadResult(
                List.copyOf(pipelines), problems.sorted(), problems.warnings(), List.copyOf(names));
    }

    private static YamlNode.@Nullable Scalar name(YamlNode root) {
        return value(value(root, "metadata"), "name") instanceof YamlNode.Scalar scalar
                        && scalar.type() == YamlNode.Type.TEXT
                        && Forms.NAME.matcher(scalar.text()).matches()
                ? scalar
                : null;
    }

    private static @Nullable YamlNode value(@Nullable YamlNode node, String key) {
        YamlNode.Entry entry =
                node instanceof YamlNode.Mapping mapping ? mapping.entries().get(key) : null;
        return entry == null ? null : entry.value();
    }

    private static void claim(
            YamlNode.Scalar name, Map<String, Position> taken, Problems problems) {
        Position first = taken.putIfAbsent(name.text(), name.position());
        if (first != null) {
            problems.add(
                    name.position(),
                    "metadata.name",
                    "the pipeline "
                            + Words.quoted(name.text())
                            + " is already in this file, in line "
                            + first.line());
        }
    }

    private static @Nullable Pipeline document(Decoder document) {
        if (!(document.node() instanceof YamlNode.Mapping mapping)) {
            document.error("a manifest is a mapping that begins with apiVersion: " + API_VERSION);
            return null;
        }
        if (!mapping.entries().containsKey("apiVersion")
                && !mapping.entries().containsKey("kind")) {
            document.error(
                    "this is no manifest: it must begin with 'apiVersion: "
                            + API_VERSION
                            + "' and 'kind: "
                            + KIND
                            + "'");
            return null;
        }
        boolean version = isWord(mapping, document, "apiVersion", API_VERSION);
        boolean kind = isWord(mapping, document, "kind", KIND);
        // If neither fits, the document is not a manifest, and further errors would be useless.
        Fields fields = version || kind ? document.fields(ManifestKeys.DOCUMENT) : null;
        Pipeline pipeline = fields == null ? null : PipelineDecoder.decode(fields);
        return version && kind ? pipeline : null;
    }

    private static boolean isWord(
            YamlNode.Mapping mapping, Decoder document, String key, String word) {
        YamlNode.Entry entry = mapping.entries().get(key);
        if (entry == null) {
            document.error("'" + key + "' is missing: write '" + key + ": " + word + "'");
            return false;
        }
        if (entry.value() instanceof YamlNode.Scalar scalar
                && scalar.type() == YamlNode.Type.TEXT
                && scalar.text().equals(word)) {
            return true;
        }
        String found =
                entry.value() instanceof YamlNode.Scalar scalar
                        ? Words.quoted(scalar.text())
                        : entry.value().described();
        document.child(entry).error("must be " + word + ", not " + found);
        return false;
    }
}
