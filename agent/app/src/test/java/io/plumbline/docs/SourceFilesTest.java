package io.plumbline.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * How long a source file may be, and that its name is its own. A long file of the core, the loops
 * or the Docker engine opens with its algorithm as numbered steps, so that a reader knows the way
 * before the first line of code.
 */
class SourceFilesTest {
    private static final int MOST_LINES = 600;
    private static final int MOST_WITHOUT_STEPS = 450;
    private static final Pattern MIDDLE =
            Pattern.compile("agent/(core|runtime|engine-docker)/src/main/java/.*");

    /** Returns the lines of each source file by its path in the checkout. */
    private static Map<String, List<String>> linesOfSources() throws IOException {
        var out = new TreeMap<String, List<String>>();
        for (var file : Checkout.sources()) {
            out.put(Checkout.ROOT.relativize(file).toString(), Files.readAllLines(file));
        }
        return out;
    }

    /** Returns the comment of the file's class, and what comes before it. */
    private static String opening(List<String> lines) {
        var until =
                Pattern.compile(
                        "^(public |final |abstract |sealed |non-sealed )*(class|record|interface|enum) .*");
        return String.join(
                "\n", lines.stream().takeWhile(l -> !until.matcher(l).matches()).toList());
    }

    @Test
    void noFileIsLongerThanSixHundredLines() throws IOException {
        var sources = linesOfSources();
        assertThat(sources).hasSizeGreaterThan(500);
        sources.values().removeIf(lines -> lines.size() <= MOST_LINES);
        assertThat(sources.keySet()).isEmpty();
    }

    @Test
    void aLongFileOfTheMiddleOpensWithItsSteps() throws IOException {
        var sources = linesOfSources();
        sources.keySet().removeIf(f -> !MIDDLE.matcher(f).matches());
        assertThat(sources).hasSizeGreaterThan(300);
        sources.values()
                .removeIf(
                        lines ->
                                lines.size() <= MOST_WITHOUT_STEPS
                                        || opening(lines).contains(" * <ol>"));
        assertThat(sources.keySet()).isEmpty();
    }

    @Test
    void noTwoClassesHaveTheSameName() throws IOException {
        var files = new TreeMap<String, List<String>>();
        linesOfSources()
                .keySet()
                .forEach(
                        f ->
                                files.computeIfAbsent(
                                                f.substring(f.lastIndexOf('/') + 1),
                                                _ -> new ArrayList<>())
                                        .add(f));
        files.remove("package-info.java");
        files.remove("module-info.java");
        files.values().removeIf(same -> same.size() == 1);
        assertThat(files.values()).isEmpty();
    }
}
