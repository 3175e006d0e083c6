package io.plumbline.manifest.yaml;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.plumbline.manifest.Diagnostic;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class YamlReaderTest {

    private static YamlReader.Result read(String text) {
        return YamlReader.read("f.yaml", text.getBytes(UTF_8));
    }

    private static List<String> errors(String text) {
        return read(text).errors().stream().map(Diagnostic::toString).toList();
    }

    private static String onlyError(byte[] bytes) {
        YamlReader.Result result =
                assertTimeoutPreemptively(
                        Duration.ofMinutes(1), () -> YamlReader.read("f.yaml", bytes));
        assertThat(result.errors()).hasSize(1);
        return result.errors().getFirst().toString();
    }

    private static YamlNode root(String text) {
        YamlReader.Result result = read(text);
        assertThat(result.errors()).isEmpty();
        assertThat(result.documents()).hasSize(1);
        return result.documents().getFirst().root();
    }

    /** The nodes as flow YAML, so that expectations can be written down. */
    private static String shown(YamlNode node) {
        return switch (node) {
            case YamlNode.Scalar s -> s.text();
            case YamlNode.Sequence s -> s.items().stream().map(YamlReaderTest::shown).toList() + "";
            case YamlNode.Mapping m ->
                    m.entries().values().stream()
                                    .map(e -> e.key() + "=" + shown(e.value()))
                                    .toList()
                            + "";
        };
    }

    @Test
    void keepsScalarsAsTheyWereWritten() {
        assertThat(shown(root("[NO, 22:22, 0440, 1e3, \"0440\", ~]")))
                .isEqualTo("[NO, 22:22, 0440, 1e3, 0440, ~]");
    }

    @ParameterizedTest
    @CsvSource({
        "NO, TEXT",
        "yes, TEXT",
        "22:22, TEXT",
        "0440, INTEGER",
        "-1, INTEGER",
        "0o17, INTEGER",
        "0x1F, INTEGER",
        "1_000, TEXT",
        "1e3, FLOAT",
        ".5, FLOAT",
        "-.inf, FLOAT",
        "1.2.3, TEXT",
        "True, BOOLEAN",
        "~, NULL",
        "2025-01-31, TEXT",
        "'\"1\"', TEXT"
    })
    void typesAreThoseOfTheCoreSchema(String text, YamlNode.Type type) {
        YamlNode.Sequence list = (YamlNode.Sequence) root("[" + text + "]");
        assertThat(((YamlNode.Scalar) list.items().getFirst()).type()).isEqualTo(type);
    }

    @Test
    void knowsWhereEachValueStands() {
        YamlNode.Mapping map = (YamlNode.Mapping) root("# c\na:\n  - é: {x: 1}\n");
        YamlNode.Entry a = requireNonNull(map.entries().get("a"));
        YamlNode item = ((YamlNode.Sequence) a.value()).items().getFirst();
        assertThat(item.position()).hasToString("f.yaml:3:5");
        YamlNode.Entry inner = requireNonNull(((YamlNode.Mapping) item).entries().get("é"));
        assertThat(inner.position()).hasToString("f.yaml:3:5");
        assertThat(inner.value().position()).hasToString("f.yaml:3:8");
    }

    @Test
    void resolvesAliasesAndMergesKeysWithTheOwnOnesFirst() {
        assertThat(shown(root("b: &b {x: 1, y: 2}\nc: &c {y: 3, z: 4}\nd: {<<: [*b, *c], x: 0}")))
                .isEqualTo("[b=[x=1, y=2], c=[y=3, z=4], d=[x=0, y=2, z=4]]");
        assertThat(shown(root("b: &b {x: 1}\nd:\n  <<: *b\n  y: *b")))
                .endsWith("d=[y=[x=1], x=1]]");
        assertThat(shown(root("a: {\"<<\": 1}"))).isEqualTo("[a=[<<=1]]");
    }

    @Test
    void readsSeveralDocumentsAndSkipsEmptyOnes() {
        YamlReader.Result result = read("a: 1\n---\n# nothing\n---\n---\nb: 2\n...\n");
        assertThat(result.errors()).isEmpty();
        assertThat(result.documents()).hasSize(2);
        assertThat(read("").documents()).isEmpty();
        assertThat(read("# only a comment\n").documents()).isEmpty();
    }

    @Test
    void anAnchorEndsWithItsDocument() {
        assertThat(errors("a: &a 1\n---\nb: *a\n"))
                .containsExactly("f.yaml:3:4: the alias *a has no anchor before it");
    }

    @Test
    void refusesDuplicateKeys() {
        assertThat(errors("a: 1\nb: {c: 1, c: 2}\na: 3\n"))
                .containsExactly(
                        "f.yaml:2:11: the key 'c' is already in this mapping, in line 2",
                        "f.yaml:3:1: the key 'a' is already in this mapping, in line 1");
    }

    @Test
    void refusesWhatItCannotUnderstandAndSaysSo() {
        assertThat(errors("? [a]\n: 1\n"))
                .containsExactly("f.yaml:1:3: a key must be a text, not a list");
        assertThat(errors("a: !!python/object x\n"))
                .singleElement()
                .asString()
                .startsWith("f.yaml:1:4: tags are not supported");
        assertThat(errors("a: &a [*a]\n"))
                .containsExactly("f.yaml:1:8: the alias *a stands within its own anchor");
        assertThat(errors("a: {<<: 1}\n"))
                .containsExactly("f.yaml:1:5: '<<' takes a mapping or a list of mappings");
        assertThat(errors("a: \"\\0\"\n")).singleElement().asString().contains("NUL");
        assertThat(errors("a: \"\\uD800\"\n")).singleElement().asString().contains("surrogate");
        assertThat(errors("a: \"\\UFFFFFFFF\"\n")).hasSize(1);
    }

    @Test
    void goesOnAtTheNextDocumentAfterASyntaxError() {
        YamlReader.Result result =
                read("a: b: c\n---\nok: 1\n---\n- \"open\n---\nx: [1\ny: 2\n---\nlast: 1\n");
        assertThat(result.errors()).extracting(d -> d.position().line()).containsExactly(1, 6, 8);
        assertThat(result.documents())
                .filteredOn(YamlReader.Document::complete)
                .extracting(d -> shown(d.root()))
                .containsExactly("[ok=1]", "[last=1]");
    }

    @Test
    void keepsWhatStoodBeforeASyntaxError() {
        YamlReader.Result result = read("metadata: {name: x}\nspec: [\n");
        assertThat(result.errors()).hasSize(1);
        YamlReader.Document document = result.documents().getFirst();
        assertThat(document.complete()).isFalse();
        assertThat(shown(document.root())).startsWith("[metadata=[name=x]");
    }

    @Test
    void saysTheUsualCauseOfASyntaxError() {
        assertThat(errors("a:\n\tb: 1\n"))
                .containsExactly(
                        "f.yaml:2:1: not valid YAML: a tab cannot indent or separate here: use"
                                + " spaces");
        assertThat(errors("a: \"x\n")).singleElement().asString().contains("not closed");
        assertThat(errors("a: b: c\n")).singleElement().asString().contains("quotes");
    }

    @Test
    void bytesThatAreNoTextEndInOneError() {
        assertThat(onlyError(new byte[] {'a', '\n', 'b', (byte) 0xff, 'c'}))
                .isEqualTo("f.yaml:2:2: byte 0xFF is not UTF-8: save the file as UTF-8");
        assertThat(onlyError(new byte[] {'a', (byte) 0xc3})).contains("0xC3 is not UTF-8");
        assertThat(onlyError("\ufeffa: 1".getBytes(UTF_8))).contains("byte order mark (UTF-8)");
        assertThat(onlyError("a: 1".getBytes(UTF_16))).contains("byte order mark (UTF-16)");
        assertThat(onlyError("a: 1\u0000".getBytes(UTF_8)))
                .contains("f.yaml:1:5: ")
                .contains("U+0000");
        assertThat(onlyError("a: 1\r\nb:\u001b".getBytes(UTF_8))).contains("f.yaml:2:3: ");
        assertThat(onlyError("# \u2028a: 1".getBytes(UTF_8))).contains("U+2028");
    }

    @Test
    void aHugeFileEndsInOneErrorWithoutALook() {
        assertThat(onlyError(new byte[100_000_000]))
                .contains("100000000 bytes")
                .contains("split it");
    }

    @Test
    void deepNestingEndsInOneError() {
        String depth = "nested more than 50 levels deep";
        assertThat(onlyError("[".repeat(10_000).getBytes(UTF_8)))
                .contains("f.yaml:1:51")
                .contains(depth);
        assertThat(onlyError("- ".repeat(10_000).getBytes(UTF_8))).contains(depth);
        assertThat(onlyError("{a: ".repeat(10_000).getBytes(UTF_8))).contains(depth);
        assertThat(onlyError("? ".repeat(10_000).getBytes(UTF_8))).contains(depth);
        assertThat(onlyError(("[".repeat(10_000) + "]".repeat(10_000)).getBytes(UTF_8)))
                .contains(depth);
        assertThat(read("[".repeat(50) + "]".repeat(50)).errors()).isEmpty();
    }

    @Test
    void anAliasBombEndsInOneError() {
        var lists = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        var merges = new StringBuilder("a0: &a0 {k: 1}\n");
        for (int i = 1; i < 40; i++) {
            String alias = "*a" + (i - 1);
            lists.append("a").append(i).append(": &a").append(i).append(" [");
            lists.append((alias + ", ").repeat(10)).append("]\n");
            merges.append("a").append(i).append(": &a").append(i).append(" {<<: [");
            merges.append((alias + ", ").repeat(10)).append("], k").append(i).append(": 1}\n");
        }
        assertThat(onlyError(lists.toString().getBytes(UTF_8))).contains("more than 100000 values");
        assertThat(onlyError(merges.toString().getBytes(UTF_8)))
                .contains("more than 100000 values");
    }

    @Test
    void wideFilesEndInOneErrorInShortTime() {
        assertThat(onlyError(("[" + "a,".repeat(500_000) + "]").getBytes(UTF_8)))
                .contains("more than 100000 values");
        assertThat(onlyError("a\n---\n".repeat(150_000).getBytes(UTF_8)))
                .contains("more than 100000 values");
    }

    @Test
    void manyBrokenDocumentsAreReadInShortTime() {
        byte[] bytes = "a: b: c\n---\n".repeat(80_000).getBytes(UTF_8);
        YamlReader.Result result =
                assertTimeoutPreemptively(
                        Duration.ofMinutes(1), () -> YamlReader.read("f.yaml", bytes));
        assertThat(result.errors()).hasSizeBetween(1, 25);
    }

    @Test
    void aWrongAnchoredValueIsReportedOnce() {
        var problems = new Problems();
        YamlNode.Mapping map = (YamlNode.Mapping) root("a: &a x\nb: *a\n");
        for (Decoder value : requireNonNull(Decoder.root(map, problems).entries()).values()) {
            assertThat(value.whole(0, 1)).isNull();
        }
        assertThat(problems.sorted())
                .extracting(Diagnostic::toString)
                .containsExactly("f.yaml:1:4: a: must be a whole number, not 'x'");
    }
}
