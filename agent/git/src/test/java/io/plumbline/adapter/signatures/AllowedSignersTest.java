package io.plumbline.adapter.signatures;

import static io.plumbline.adapter.signatures.Fixtures.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.plumbline.port.PlumblineException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AllowedSignersTest {
    private static final String KEY = text("ssh-ed25519.pub").strip();

    private static AllowedSigners parse(String content) {
        return AllowedSigners.parse(
                content.getBytes(StandardCharsets.UTF_8), ZoneId.of("Europe/Berlin"));
    }

    private static AllowedSigners.Signer one(String line) {
        return parse(line).signers().getFirst();
    }

    @Test
    void readsWhatTheManualShows() {
        var file =
                "# Comments allowed at start of line\r\n\n"
                        + "anna@example.com,bob@example.com "
                        + KEY
                        + "\n  \"carl d\" cert-authority,Namespaces=\"git,fi*\",valid-after=\"20260101\" "
                        + text("ssh-ecdsa.pub");
        var found = parse(file);
        assertThat(found.size()).isEqualTo(2);
        var first = found.signers().getFirst();
        assertThat(first.principals()).isEqualTo("anna@example.com,bob@example.com");
        assertThat(first.authority()).isFalse();
        assertThat(first.allows("anything")).isTrue();
        var second = found.signers().getLast();
        assertThat(second.principals()).isEqualTo("carl d");
        assertThat(second.authority()).isTrue();
        assertThat(second.allows("git")).isTrue();
        assertThat(second.allows("file")).isTrue();
        assertThat(second.allows("mail")).isFalse();
    }

    @Test
    void timesAreTheMachinesUnlessTheySayUtc() {
        assertThat(one("a valid-after=\"20260701\" " + KEY).after())
                .isEqualTo(Instant.parse("2026-06-30T22:00:00Z"));
        assertThat(one("a valid-before=\"202607011230Z\" " + KEY).before())
                .isEqualTo(Instant.parse("2026-07-01T12:30:00Z"));
        assertThat(one("a valid-before=\"20260701123059Z\" " + KEY).before())
                .isEqualTo(Instant.parse("2026-07-01T12:30:59Z"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "anna                              | is not a key type nor an option",
                "anna ssh-ed25519                  | is missing",
                "anna ssh-ed25519 AAAA             | cannot be read",
                "anna ssh-ed25519 ...              | not base64",
                "anna ssh-dss AAAA                 | neither a key type nor an option",
                "anna namespaces=git KEY           | double quotes",
                "anna namespaces=\"git KEY         | not closed",
                "anna namespaces=\"a\",namespaces=\"b\" KEY | twice",
                "anna cert-authority namespaces=\"git\" KEY | not accepted",
                "anna valid-after=\"yesterday\" KEY | YYYYMMDD",
                "anna valid-after=\"20261301\" KEY | Month",
                "anna no-pty KEY                   | neither a key type nor an option",
                "KEY                               | neither a key type nor an option",
            })
    void aLineThatCannotBeReadIsNamed(String line, String why) {
        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(() -> parse("# first\n" + line.replace("KEY", KEY) + "\n"))
                .withMessageContaining("line 2: ")
                .withMessageContaining(why.replace("is not a key", "neither a key"));
    }

    @Test
    void rsaKeysBelow2048BitsAreRefused() {
        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(() -> parse("anna " + text("ssh-rsa1024.pub")))
                .withMessageContaining("1024 bits");
    }

    @Test
    void aKeyIsOfTheTypeThatItsLineSays() {
        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(() -> parse("anna " + KEY.replace("ssh-ed25519", "ssh-rsa")))
                .withMessageContaining("of type 'ssh-ed25519'");
    }

    @Test
    void throwsNothingElseWhateverTheBytesAre() {
        var random = new Random(11);
        var seed =
                ("a,b namespaces=\"git\",valid-after=\"20260101\",cert-authority "
                                + KEY
                                + "\n# c\n")
                        .getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 3000; i++) {
            var bytes = seed.clone();
            for (int n = random.nextInt(4); n >= 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                assertThat(AllowedSigners.parse(bytes).size()).isPositive();
            } catch (PlumblineException expected) {
                assertThat(expected).hasMessageMatching("(?s)(line \\d+: .*|there is no .*)");
            }
        }
    }

    @Test
    void patternsAreThoseOfSsh() {
        assertThat(PatternList.matches("*@example.com", "anna@example.com")).isTrue();
        assertThat(PatternList.matches("a?na*,!anna@*", "anna@example.com")).isFalse();
        assertThat(PatternList.matches("a?na*", "anna@example.com")).isTrue();
        assertThat(PatternList.matches("!bob", "anna")).isFalse();
        assertThat(PatternList.matches("a*b*c", "a-b-b-d")).isFalse();
        assertThat(PatternList.matches("*a".repeat(200), "a".repeat(5000) + "b")).isFalse();
    }
}
