package io.plumbline.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class SchemaReferenceTest {

    private static final Path FILE = Path.of("..", "docs", "manifest-reference.md");

    @Test
    void theReferenceIsUpToDate() throws IOException {
        if ("write".equals(System.getProperty("plumbline.reference"))) {
            Files.createDirectories(FILE.getParent());
            SchemaReference.main(new String[] {FILE.toString()});
        }
        assertThat(Files.readString(FILE))
                .as(
                        "docs/manifest-reference.md is stale; run: mvn -pl manifests-schema test"
                                + " -Dtest=SchemaReferenceTest -Dplumbline.reference=write")
                .isEqualTo(SchemaReference.markdown());
    }

    @Test
    void theExampleInTheReferenceIsAGoodManifest() {
        var blocks =
                Pattern.compile("```yaml\\n(.*?)```", Pattern.DOTALL)
                        .matcher(SchemaReference.markdown());
        assertThat(blocks.find()).isTrue();
        var result = ManifestReader.read("example.yaml", blocks.group(1).getBytes(UTF_8));
        assertThat(result.errors()).isEmpty();
        assertThat(result.pipelines()).hasSize(1);
    }

    @Test
    void everyLinkHasItsHeading() {
        String page = SchemaReference.markdown();
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
