/**
 * YAML with places: the layer under every file that people write for Plumbline. It reads bytes into
 * {@link io.plumbline.manifest.yaml.YamlNode}s that know where they stand and keep scalars as they
 * were written; types are asked for by the reader of a key, never guessed. Knows nothing of
 * manifests and is reused for the agent's configuration.
 *
 * <p>How a reader uses it:
 *
 * <pre>{@code
 * private static final Keys HTTP = Keys.of("host", "port").later("cors").hint("address", "host");
 *
 * YamlReader.Result yaml = YamlReader.read("plumbline.yaml", bytes);
 * Problems problems = new Problems();
 * yaml.errors().forEach(problems::add);            // syntax, limits, duplicate keys
 * for (YamlReader.Document document : yaml.documents()) {
 *     if (!document.complete()) continue;          // its error is already among the problems
 *     Fields http = Decoder.root(document.root(), problems).fields(HTTP);
 *     if (http == null) continue;                  // was no mapping: already reported
 *     String host = http.read("host", Decoder::string, "127.0.0.1");
 *     int port = http.read("port", d -> d.integer(0, 65535), 7420);
 *     String name = http.require("name", Decoder::string);   // null: missing or wrong, reported
 * }
 * List<Diagnostic> errors = problems.sorted();     // empty: all values read are good
 * }</pre>
 *
 * <p>A method that returns null has reported why. So a whole file is read in one go and every error
 * of it is found. {@link io.plumbline.manifest.yaml.Decoder#fields} reports unknown keys with the
 * nearest known one. Errors never show the text of a scalar where a mapping or list was expected,
 * so a literal secret in the wrong place is not printed.
 *
 * <p>Limits (size, depth, values after aliases) end in one error; nothing here throws for what a
 * file holds.
 */
@NullMarked
package io.plumbline.manifest.yaml;

import org.jspecify.annotations.NullMarked;
