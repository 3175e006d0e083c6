package io.plumbline.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Phrases that a reader under pressure has to read twice, and the plain words for them. */
class LanguageTest {
    private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\\\n]|\\\\.)*)\"");

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '~',
            textBlock =
                    """
                    \\bgone back to\\b ~ rolled back to
                    \\bmatches none is\\b ~ without a matching role
                    \\bmay nothing\\b ~ has no permissions
                    \\b(is|are) told\\b ~ is shown, is an event
                    \\banew\\b ~ again
                    \\bsay it again\\b ~ set it again
                    \\ba place: ~ capacity:
                    \\bSilent[:,] ~ if omitted
                    \\bthe word of\\b ~ the command of, the instruction of
                    (operator|everybody|manifest)'s word ~ instruction, command
                    \\b(those|that|one) of before\\b ~ the previous one
                    \\bgets a word\\b ~ is answered
                    \\bout loud\\b ~ explicitly
                    \\bon the line\\b ~ in the release history
                    \\bis here that\\b ~ matches
                    \\bgoes there\\b ~ overrides
                    \\blets? go\\b|\\bletting .{1,30} go\\b ~ drain, release
                    \\bHow many of the past\\b ~ number of past
                    """)
    void nobodyReads(String phrase, String plain) throws IOException {
        var pattern = Pattern.compile(phrase);
        var found = new ArrayList<String>();
        for (var page : Checkout.pages()) {
            look(pattern, page, Files.readString(page).replaceAll("\\s+", " "), found);
        }
        for (var source : Checkout.mainSources()) {
            look(pattern, source, literals(Files.readString(source)), found);
        }
        look(pattern, Checkout.SCHEMA, Files.readString(Checkout.SCHEMA), found);
        assertThat(found).as("write instead: %s", plain).isEmpty();
    }

    private static void look(Pattern pattern, Path file, String text, List<String> found) {
        var m = pattern.matcher(text);
        while (m.find()) {
            int from = Math.max(0, m.start() - 30);
            int to = Math.min(text.length(), m.end() + 30);
            found.add(Checkout.ROOT.relativize(file) + ": ..." + text.substring(from, to));
        }
    }

    /** The text literals of a source, those of one expression as one text. */
    private static String literals(String source) {
        var joined = source.replaceAll("\"\\s*\\+\\s*\"", "");
        var out = new StringBuilder();
        LITERAL.matcher(joined).results().forEach(m -> out.append(m.group(1)).append('\n'));
        return out.toString();
    }
}
