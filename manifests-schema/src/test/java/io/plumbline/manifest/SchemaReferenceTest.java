package io.plumbline.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class SchemaReferenceTest {

    private static final Path PAGE = Path.of("..", "docs", "manifest-reference.md");
    private static final Path SCHEMA =
            Path.of("src", "main", "resources", "io", "plumbline", "manifest", ManifestSchema.FILE);

    /** With {@code -Dplumbline.golden.write=true} the tests write the files anew. */
    private static void check(Path file, String text) throws IOException {
        if (Boolean.getBoolean("plumbline.golden.write")) {
            Files.writeString(file, text);
        }
        assertThat(Files.readString(file))
                .as(
                        "%s is stale; run: mvn -pl manifests-schema test"
                                + " -Dtest=SchemaReferenceTest -Dplumbline.golden.write=true",
                        file)
                .isEqualTo(text);
    }

    @Test
    void theSchemaIsThatOfTheTable() throws IOException {
        check(SCHEMA, SchemaWriter.json());
    }

    @Test
    void theReferenceIsUpToDate() throws IOException {
        check(PAGE, SchemaReference.markdown(SchemaWriter.json()));
    }

    @Test
    void theExampleInTheReferenceIsAGoodManifest() {
        var blocks =
                Pattern.compile("```yaml\\n(.*?)```", Pattern.DOTALL)
                        .matcher(SchemaReference.markdown(SchemaWriter.json()));
        assertThat(blocks.find()).isTrue();
        var result = ManifestReader.read("example.yaml", blocks.group(1).getBytes(UTF_8));
        assertThat(result.errors()).isEmpty();
        assertThat(result.pipelines()).hasSize(1);
    }

    @Test
    void everyLinkHasItsHeading() {
        String page = SchemaReference.markdown(SchemaWriter.json());
        var links = Pattern.compile("\\]\\(#([a-z-]+)\\)").matcher(page);
        int count = 0;
        while (links.find()) {
            String heading = links.group(1).replace('-', ' ');
            assertThat(page).containsPattern("(?mi)^##+ " + Pattern.quote(heading) + "$");
            count++;
        }
        assertThat(count).isGreaterThan(20);
    }
}
