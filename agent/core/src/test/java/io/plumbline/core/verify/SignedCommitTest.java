package io.plumbline.core.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SignedCommitTest {
    private static final String OBJECT =
            """
            tree 1
            parent 2
            author A <a@example.com> 1772366400 +0100
            committer B <b@example.com> 1772366401 +0000
            mergetag object 3
             gpgsig inside
             tag x
            gpgsig -----BEGIN X-----
            \s
             abc
             -----END X-----
            encoding UTF-8

            gpgsig in the message
             stays
            """;

    private static SignedCommit parse(String text) {
        return SignedCommit.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void whatWasSignedIsTheObjectWithoutTheSignature() {
        var c = parse(OBJECT);
        assertThat(new String(c.payload(), StandardCharsets.UTF_8))
                .isEqualTo(OBJECT.replaceFirst("(?s)gpgsig -----BEGIN X.*END X-----\n", ""));
        assertThat(new String(c.signature(), StandardCharsets.UTF_8))
                .isEqualTo("-----BEGIN X-----\n\nabc\n-----END X-----\n");
        assertThat(c.oddity()).isEmpty();
        assertThat(c.committed()).isEqualTo(Instant.ofEpochSecond(1772366401));
    }

    @Test
    void twoHeadersOrAnUnknownOneAreOdd() {
        assertThat(parse("gpgsig a\ngpgsig b\n\nx").oddity()).contains("2 signatures");
        assertThat(parse("gpgsig a\ngpgsig-sha256 b\n\nx").oddity()).contains("gpgsig-sha256");
    }

    @Test
    void whateverTheBytesAreItNeverThrows() {
        var random = new Random(3);
        for (int i = 0; i < 2000; i++) {
            var bytes = OBJECT.getBytes(StandardCharsets.UTF_8);
            for (int n = 0; n < 4; n++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            var cut = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
            assertThat(SignedCommit.parse(cut).payload().length).isLessThanOrEqualTo(cut.length);
        }
        assertThat(parse("").signature()).isNull();
        assertThat(parse("committer B <b> 999999999999999 +0000\n\n").committed()).isNotNull();
        assertThat(parse("committer B <b> x +0000\n\n").committed()).isNull();
    }

    @Test
    void fingerprintsAreComparedHoweverTheyAreWritten() {
        var policy =
                new VerifyPolicy(
                        VerifyPolicy.Mode.HEAD,
                        Set.of(
                                VerifyPolicy.canonical("065B 495D AA4D"),
                                VerifyPolicy.canonical("SHA256:AbC=")));
        assertThat(policy.revokes("065b495daa4d", "x")).isTrue();
        assertThat(policy.revokes("y", "0x065B495DAA4D")).isTrue();
        assertThat(policy.revokes("SHA256:AbC", "SHA256:AbC")).isTrue();
        assertThat(policy.revokes("SHA256:abc", "SHA256:abc")).isFalse();
    }
}
