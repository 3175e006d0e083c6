package io.plumbline.adapter.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.SecretValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The key for secrets' hashes and the API's token. */
class StateFolderFilesTest {
    @TempDir Path temp;

    private Path state() {
        return temp.resolve("state");
    }

    private static SecretValue value(String text) {
        return new SecretValue(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    @Test
    void hashesTheSameValueAlikeAcrossRestartsAndNowhereElse() {
        String hash = SecretHasher.open(state()).hash(value("v"));

        assertThat(hash).matches("[0-9a-f]{16}");
        assertThat(SecretHasher.open(state()).hash(value("v"))).isEqualTo(hash);
        assertThat(SecretHasher.open(state()).hash(value("w"))).isNotEqualTo(hash);
        assertThat(SecretHasher.open(temp.resolve("other")).hash(value("v"))).isNotEqualTo(hash);
    }

    /**
     * RFC 4231, test case 2, with its key filled up to 32 bytes by zeros, which changes nothing.
     */
    @Test
    void hashesAsTheStandardSays() throws IOException {
        Files.createDirectory(state());
        byte[] key = new byte[32];
        System.arraycopy("Jefe".getBytes(StandardCharsets.UTF_8), 0, key, 0, 4);
        Files.write(state().resolve("secret.key"), key);

        assertThat(SecretHasher.open(state()).hash(value("what do ya want for nothing?")))
                .isEqualTo("5bdcc146bf60754e");
    }

    @Test
    void makesKeyAndTokenForTheOwnerOnly() throws IOException {
        SecretHasher.open(state());
        TokenFile.readOrCreate(state());

        assertThat(mode(state())).isEqualTo("rwx------");
        assertThat(mode(state().resolve("secret.key"))).isEqualTo("rw-------");
        assertThat(mode(state().resolve("token"))).isEqualTo("rw-------");
        try (var files = Files.list(state())) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void closesAFileThatWasOpened() throws IOException {
        TokenFile.readOrCreate(state());
        Path file = state().resolve("token");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        TokenFile.readOrCreate(state());

        assertThat(mode(file)).isEqualTo("rw-------");
    }

    @Test
    void refusesAKeyOrTokenThatIsCutOff() throws IOException {
        Files.createDirectory(state());
        Files.write(state().resolve("secret.key"), new byte[31]);
        Files.writeString(state().resolve("token"), "short\n");

        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(() -> SecretHasher.open(state()))
                .matches(e -> e.kind() == FailureKind.INVALID);
        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(() -> TokenFile.readOrCreate(state()))
                .withMessageNotContaining("short")
                .matches(e -> e.kind() == FailureKind.INVALID);
    }

    @Test
    void keepsTheToken() throws IOException {
        SecretValue token = TokenFile.readOrCreate(state());

        assertThat(token.text()).matches("[A-Za-z0-9_-]{43}");
        assertThat(TokenFile.readOrCreate(state())).isEqualTo(token);
        Files.writeString(state().resolve("token"), token.text() + "\n");
        assertThat(TokenFile.readOrCreate(state())).isEqualTo(token);
        assertThat(TokenFile.readOrCreate(temp.resolve("other"))).isNotEqualTo(token);
    }

    @Test
    void makesOneTokenWhenManyAskAtOnce() throws Exception {
        var tokens = new HashSet<String>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<SecretValue>>();
            for (int i = 0; i < 20; i++) {
                tasks.add(() -> TokenFile.readOrCreate(state()));
            }
            for (var done : executor.invokeAll(tasks)) {
                tokens.add(HexFormat.of().formatHex(done.get().bytes()));
            }
        }
        assertThat(tokens).hasSize(1);
    }
}
