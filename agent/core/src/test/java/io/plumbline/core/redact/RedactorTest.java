package io.plumbline.core.redact;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RedactorTest {
    private static Redactor knowing(String... values) {
        return Redactor.of(Stream.of(values).map(v -> v.getBytes(StandardCharsets.UTF_8)).toList());
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void hidesAValueWhereverItStands() {
        var redactor = knowing("hunter2hunter2");

        assertThat(redactor.redact("hunter2hunter2")).isEqualTo("***");
        assertThat(redactor.redact("a hunter2hunter2 b hunter2hunter2")).isEqualTo("a *** b ***");
        assertThat(redactor.redact("nothing of it: hunter2hunter"))
                .isEqualTo("nothing of it: hunter2hunter");
        assertThat(redactor.redact("")).isEmpty();
    }

    @Test
    void hidesAValueAlsoWithoutItsLastLineEnd() {
        assertThat(knowing("ab12\ncd34\n").redact("x ab12\ncd34 y")).isEqualTo("x *** y");
        assertThat(knowing("ab12\r\ncd34\r\n").redact("ab12\r\ncd34")).isEqualTo("***");
        assertThat(knowing("hunter2hunter2\n").redact(base64("hunter2hunter2"))).isEqualTo("***");
    }

    @Test
    void leavesShortValuesAlone() {
        assertThat(knowing("1234567").redact("x1234567")).isEqualTo("x1234567");
        assertThat(knowing("12345678").redact("x12345678")).isEqualTo("x***");
    }

    @Test
    void hidesTheLongestAndWhatOverlaps() {
        var redactor = knowing("abcdefgh", "abcdefghij", "ghijklmnop", "cdefghij");

        assertThat(redactor.redact("-abcdefghij-")).isEqualTo("-***-");
        assertThat(redactor.redact("-abcdefghijklmnop-")).isEqualTo("-***-");
        assertThat(redactor.redact("-abcdefghi-")).isEqualTo("-***i-");
    }

    @Test
    void hidesBase64AloneAndBehindSomethingElse() {
        String value = "s3cr3t/t0k3n??";
        var redactor = knowing(value);

        assertThat(redactor.redact("x " + base64(value) + " y")).isEqualTo("x *** y");
        for (String before : List.of("u:", "us:", "use:", "user:")) {
            String whole = base64(before + value + "!rest of it");
            assertThat(redactor.redact(whole)).as(before).contains("***");
            assertThat(whole.length() - redactor.redact(whole).length())
                    .as(before)
                    .isGreaterThanOrEqualTo(value.length() * 8 / 6 - 5);
        }
        String url =
                Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(value.getBytes(StandardCharsets.UTF_8));
        assertThat(redactor.redact(url)).isEqualTo("***");
    }

    @Test
    void hidesUrlEncodedAndJsonEscapedForms() {
        var redactor = knowing("p@ss word/\"\u00e4\"");

        assertThat(redactor.redact("https://u:p%40ss%20word%2F%22%C3%A4%22@h"))
                .isEqualTo("https://u:***@h");
        assertThat(redactor.redact("q=p%40ss+word%2f%22%c3%a4%22&x")).isEqualTo("q=***&x");
        assertThat(redactor.redact("{\"p\":\"p@ss word/\\\"\u00e4\\\"\"}"))
                .isEqualTo("{\"p\":\"***\"}");
    }

    @Test
    void hidesEachLongLineOfAValue() {
        String key = "-----BEGIN KEY-----\nQUJDREVGR0hJSktM\nshort\n-----END KEY-----\n";
        var redactor = knowing(key);

        assertThat(redactor.redact("got QUJDREVGR0hJSktM")).isEqualTo("got ***");
        assertThat(redactor.redact("a short word")).isEqualTo("a short word");
        assertThat(redactor.redact("x" + key + "y")).isEqualTo("x***y");
        assertThat(redactor.redact(base64(key))).isEqualTo("***");
    }

    @Test
    void hidesAValueOfAnyLengthAndBytesThatAreNoText() {
        String longOne =
                Stream.iterate(1, i -> i + 1)
                        .limit(900)
                        .map(String::valueOf)
                        .reduce("", String::concat);
        byte[] binary = {(byte) 0xff, 0, 1, 2, (byte) 0xfe, 5, 6, 7, 8, 9, 10};

        assertThat(knowing(longOne).redact("<" + longOne + ">")).isEqualTo("<***>");
        assertThat(
                        Redactor.of(List.of(binary))
                                .redact("x " + Base64.getEncoder().encodeToString(binary)))
                .isEqualTo("x ***");
    }

    /** Whatever padding a program prints before a value, nothing of the value shows. */
    @Test
    void hidesTheBeginningOfAValueBeforeACut() {
        var value = "hunter2hunter2";
        var redactor = knowing(value);
        for (int shown = 1; shown <= value.length(); shown++) {
            var cut = "x".repeat(9) + value.substring(0, shown) + Redactor.CUT + " [line cut]";
            assertThat(redactor.redact(cut)).isEqualTo("xxxxxxxxx***... [line cut]");
        }
        assertThat(redactor.redact("plain" + Redactor.CUT)).isEqualTo("plain...");
        assertThat(Redactor.NONE.redact("plain" + Redactor.CUT)).isEqualTo("plain...");
    }

    @Test
    void knowingNothingChangesNothing() {
        assertThat(Redactor.NONE.redact("anything at all")).isEqualTo("anything at all");
        assertThat(Redactor.of(List.of()).stream().push("anything")).isEqualTo("anything");
    }

    @Test
    void holdsBackOnlyWhatMayBeTheBeginningOfAValue() {
        var stream = knowing("hunter2hunter2").stream();

        assertThat(stream.push("a plain line\n")).isEqualTo("a plain line\n");
        assertThat(stream.push("it is hun")).isEqualTo("it is ");
        assertThat(stream.push("dred\n")).isEqualTo("hundred\n");
        assertThat(stream.push("it is hunter2h")).isEqualTo("it is ");
        assertThat(stream.push("unter2.")).isEqualTo("***.");
        assertThat(stream.push("hun")).isEmpty();
        assertThat(stream.end()).isEqualTo("hun");
    }

    /** Safety: no value is left, and how a text is cut into chunks changes nothing. */
    @Test
    void agreesWithTheNaiveWayForRandomTextsValuesAndChunks() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            String hint = "seed " + seed + ", try " + i;
            var values = new ArrayList<String>();
            for (int v = random.nextInt(5); v >= 0; v--) {
                values.add(word(random, 8 + random.nextInt(6)));
            }
            var text = new StringBuilder();
            while (text.length() < 60) {
                text.append(
                        random.nextBoolean()
                                ? word(random, random.nextInt(5))
                                : values.get(random.nextInt(values.size())));
            }
            var redactor = knowing(values.toArray(String[]::new));
            String whole = redactor.redact(text.toString());

            assertThat(whole).as(hint).isEqualTo(naive(text.toString(), values));
            assertThat(inChunks(redactor, text.toString(), random)).as(hint).isEqualTo(whole);
        }
    }

    private static String word(Random random, int length) {
        var word = new StringBuilder();
        for (int i = 0; i < length; i++) {
            word.append((char) ('a' + random.nextInt(2)));
        }
        return word.toString();
    }

    private static String inChunks(Redactor redactor, String text, Random random) {
        var stream = redactor.stream();
        var out = new StringBuilder();
        for (int at = 0; at < text.length(); ) {
            int end = Math.min(text.length(), at + random.nextInt(7));
            out.append(stream.push(text.substring(at, end)));
            at = end;
        }
        return out.append(stream.end()).toString();
    }

    private static String naive(String text, List<String> values) {
        boolean[] hidden = new boolean[text.length()];
        for (String value : values) {
            for (int at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
                Arrays.fill(hidden, at, at + value.length(), true);
            }
        }
        var out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (!hidden[i]) {
                out.append(text.charAt(i));
            } else if (i == 0 || !hidden[i - 1]) {
                out.append("***");
            }
        }
        return out.toString();
    }

    @Test
    void isQuickWithManyValuesAndALongText() {
        var random = new Random(1);
        var values = new ArrayList<byte[]>();
        for (int i = 0; i < 500; i++) {
            byte[] value = new byte[24];
            random.nextBytes(value);
            values.add(Base64.getEncoder().encode(value));
        }
        String line = "2026-01-01 an ordinary line of a log, nothing to see\n";
        String text = line.repeat(20_000) + new String(values.get(77), StandardCharsets.UTF_8);

        String redacted = Redactor.of(values).redact(text);

        assertThat(redacted).hasSize(line.length() * 20_000 + 3).endsWith("***");
    }
}
