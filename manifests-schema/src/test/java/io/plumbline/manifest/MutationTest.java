package io.plumbline.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the bytes, the reader answers. A failure names the seed and the bytes. */
final class MutationTest {

    private static final int ROUNDS = 1_500;

    private static final List<String> PIECES =
            List.of(
                    "\n",
                    "\t",
                    "  ",
                    ": ",
                    "- ",
                    "? ",
                    "[",
                    "]",
                    "{",
                    "}",
                    ",",
                    "&a ",
                    "*a",
                    "<<: *a",
                    "!x ",
                    "!!int ",
                    "\"",
                    "'",
                    "|\n",
                    ">-\n",
                    "---\n",
                    "...\n",
                    "%YAML 1.2\n",
                    "%TAG ! x\n",
                    "#",
                    "~",
                    "null",
                    "-1",
                    "99999999999999999999",
                    "1e400",
                    ".nan",
                    "0x",
                    "0o9",
                    "\\",
                    "\"\\UFFFFFFFF\"",
                    "\"\\x0\"",
                    "\u0000",
                    "\ufeff",
                    "\u2028",
                    "é",
                    "\ud83d\ude00",
                    "%",
                    "@",
                    "`",
                    "true",
                    "10s",
                    "1Gi",
                    "/",
                    "..",
                    "a: &a [*a]\n",
                    "? [a]\n: b\n");

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void nothingIsEverThrown(long seed) {
        Random random = new Random(seed);
        List<Fixture> fixtures = new ArrayList<>(Fixture.valid());
        fixtures.addAll(Fixture.invalid());
        int broken = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = fixtures.get(random.nextInt(fixtures.size())).manifest();
            int changes = 1 + random.nextInt(6);
            for (int i = 0; i < changes; i++) {
                bytes = mutated(bytes, random);
            }
            byte[] now = bytes;
            assertThatCode(() -> check(ManifestReader.read("f.yaml", now)))
                    .as("seed %d, round %d:%n%s", seed, round, new String(now, UTF_8))
                    .doesNotThrowAnyException();
            broken += ManifestReader.read("f.yaml", now).errors().isEmpty() ? 0 : 1;
        }
        assertThat(broken).isBetween(ROUNDS / 10, ROUNDS);
    }

    private static void check(ManifestReader.ReadResult result) {
        result.errors()
                .forEach(
                        e -> {
                            assertThat(e.position().line()).isPositive();
                            assertThat(e.position().column()).isPositive();
                            assertThat(e.message()).isNotBlank().doesNotContain("\n");
                        });
    }

    private static byte[] mutated(byte[] bytes, Random random) {
        int at = random.nextInt(bytes.length + 1);
        int to = Math.min(bytes.length, at + random.nextInt(20));
        var out = new ByteArrayOutputStream();
        out.write(bytes, 0, at);
        switch (random.nextInt(4)) {
            case 0 -> out.writeBytes(PIECES.get(random.nextInt(PIECES.size())).getBytes(UTF_8));
            case 1 -> out.write(random.nextInt(256));
            case 2 -> {
                int from = random.nextInt(bytes.length + 1);
                out.write(bytes, from, Math.min(40, bytes.length - from));
            }
            default -> at = to;
        }
        out.write(bytes, at, bytes.length - at);
        return out.toByteArray();
    }
}
