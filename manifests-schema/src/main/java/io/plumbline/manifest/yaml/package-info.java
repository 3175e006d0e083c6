/**
 * YAML with positions: the layer below every file that people write for Plumbline. It parses bytes
 * into {@link io.plumbline.manifest.yaml.YamlNode}s, which have their position and keep scalars as
 * written. The reader of a key determines the type; it is never guessed. The layer does not depend
 * on manifests; the agent's configuration uses it, too.
 *
 * <p>An example of its use:
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
 * <p>A method that returns null has reported an error. So a whole file is read in one pass, and all
 * its errors are found. {@link io.plumbline.manifest.yaml.Decoder#fields} reports unknown keys with
 * the nearest known one. An error never shows the text of a scalar if a mapping or list was
 * expected, so that a literal secret at a wrong position is not printed.
 *
 * <p>An exceeded limit (size, depth, values after aliases) is one error. Nothing in this package
 * throws because of a file's content.
 */
@NullMarked
package io.plumbline.manifest.yaml;

import org.jspecify.annotations.NullMarked;
