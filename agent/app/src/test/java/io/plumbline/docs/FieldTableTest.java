package io.plumbline.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.manifest.PlainField;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A field of a service that needs no code of its own is named in at most three main files. */
class FieldTableTest {

    /** Fields that were added after the table. No file names them but the two tables. */
    private static final List<String> ADDED = List.of("sysctls", "oomScoreAdj");

    private static List<String> filesWith(String pattern) throws IOException {
        var found = new ArrayList<String>();
        for (var file : Checkout.mainSources()) {
            if (Pattern.compile(pattern).matcher(Files.readString(file)).find()) {
                found.add(file.getFileName().toString());
            }
        }
        return found;
    }

    @Test
    void aFieldThatIsAddedIsNamedInTheTwoTablesOnly() throws IOException {
        assertThat(PlainField.all()).extracting(PlainField::key).containsAll(ADDED);
        for (var key : ADDED) {
            assertThat(filesWith("\\b" + key + "\\b"))
                    .as(key)
                    .containsExactlyInAnyOrder("ServiceKeys.java", "EngineFields.java");
        }
    }

    @Test
    void eachFieldOfTheTableIsAKeyInAtMostThreeFiles() throws IOException {
        for (var field : PlainField.all()) {
            assertThat(filesWith('"' + field.key() + '"'))
                    .as(field.key())
                    .contains("ServiceKeys.java", "EngineFields.java")
                    .hasSizeLessThanOrEqualTo(3);
        }
    }
}
