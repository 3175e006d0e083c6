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
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSecretStoreTest {
    @TempDir Path temp;

    private Path file(Path file, String mode, String content) throws IOException {
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        return file;
    }

    private Path file(String name, String mode, String content) throws IOException {
        return file(temp.resolve(name), mode, content);
    }

    private FileSecretStore store() {
        return FileSecretStore.open(temp, Map.of());
    }

    private static SecretValue value(String text) {
        return new SecretValue(text.getBytes(StandardCharsets.UTF_8));
    }

    private void refuses(FailureKind kind, String name, String... words) {
        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(() -> store().read(name))
                .withMessageContainingAll(words)
                .matches(e -> e.kind() == kind, "is " + kind);
    }

    @Test
    void readsAFileThatOnlyItsOwnerMayUse() throws IOException {
        file("a.b_c-1", "rw-------", "v\u00e4lue");
        file("read-only", "r--------", "v2");

        assertThat(store().read("a.b_c-1")).hasValue(value("v\u00e4lue"));
        assertThat(store().read("read-only")).hasValue(value("v2"));
    }

    @Test
    void readsEveryByte() throws IOException {
        file("unix", "rw-------", "v\n");
        file("dos", "rw-------", "v\r\n");
        file("two", "rw-------", "v\n\n");
        file("blank", "rw-------", " v ");
        file("empty", "rw-------", "");

        assertThat(store().read("unix")).hasValue(value("v\n"));
        assertThat(store().read("dos")).hasValue(value("v\r\n"));
        assertThat(store().read("two")).hasValue(value("v\n\n"));
        assertThat(store().read("blank")).hasValue(value(" v "));
        assertThat(store().read("empty")).hasValue(value(""));
    }

    @Test
    void seesANewValueAtOnce() throws IOException {
        file("key", "rw-------", "one");
        var store = store();
        assertThat(store.read("key")).hasValue(value("one"));
        file("key", "rw-------", "two");

        assertThat(store.read("key")).hasValue(value("two"));
    }

    @Test
    void refusesAFileThatOthersMayUse() throws IOException {
        for (String mode :
                new String[] {"rw-r-----", "rw----r--", "rw--w----", "rw------x", "r--r-----"}) {
            file("key", mode, "planted-value");

            refuses(FailureKind.DENIED, "key", "chmod 600", mode);
            assertThatExceptionOfType(PlumblineException.class)
                    .isThrownBy(() -> store().read("key"))
                    .withMessageNotContaining("planted-value");
        }
    }

    @Test
    void refusesNamesThatAreNotPlain() throws IOException {
        Path secret = file("key", "rw-------", "v");
        for (String name :
                new String[] {
                    "",
                    ".",
                    "..",
                    "../key",
                    "a/b",
                    "a\\b",
                    "..data",
                    "a b",
                    "\u00e4",
                    secret.toString()
                }) {
            refuses(FailureKind.INVALID, name, "is not a secret's name");
        }
    }

    @Test
    void refusesALinkOutOfTheFolder(@TempDir Path elsewhere) throws IOException {
        Path outside = file(elsewhere.resolve("outside"), "rw-------", "v");
        Files.createSymbolicLink(temp.resolve("key"), outside);

        refuses(FailureKind.DENIED, "key", "leads out");
    }

    @Test
    void followsLinksInsideTheFolderAsAMountedVolumeHasThem() throws IOException {
        Path data = Files.createDirectory(temp.resolve("..2026"));
        file(data.resolve("key"), "r--------", "v");
        Files.createSymbolicLink(temp.resolve("..data"), Path.of("..2026"));
        Files.createSymbolicLink(temp.resolve("key"), Path.of("..data", "key"));

        assertThat(store().read("key")).hasValue(value("v"));
    }

    @Test
    void refusesWhatIsNoFileAndWhatIsTooLarge() throws IOException {
        Files.createDirectory(temp.resolve("folder"));
        file("large", "rw-------", "x".repeat((1 << 20) + 1));
        file("just", "rw-------", "x".repeat(1 << 20));

        refuses(FailureKind.INVALID, "folder", "not a file");
        refuses(FailureKind.INVALID, "large", "1 MiB");
        assertThat(store().read("just")).isPresent();
    }

    @Test
    void readsTheEnvironmentWhereThereIsNoFile() throws IOException {
        var environment = Map.of("PLUMBLINE_SECRET_API_KEY_2", "from env\n");
        file("other", "rw-------", "v");

        assertThat(FileSecretStore.open(temp, environment).read("api-key.2"))
                .hasValue(value("from env\n"));
        assertThat(FileSecretStore.open(null, environment).read("api-key.2"))
                .hasValue(value("from env\n"));
        assertThat(FileSecretStore.open(temp.resolve("gone"), environment).read("api-key.2"))
                .hasValue(value("from env\n"));
        assertThat(FileSecretStore.open(temp, environment).read("nope")).isEmpty();
    }

    @Test
    void prefersTheFileToTheEnvironment() throws IOException {
        file("key", "rw-------", "file");

        assertThat(FileSecretStore.open(temp, Map.of("PLUMBLINE_SECRET_KEY", "env")).read("key"))
                .hasValue(value("file"));
    }

    @Test
    void saysWhereItLooks() {
        assertThat(store().whereabouts("api-key"))
                .contains(temp.resolve("api-key").toString())
                .contains("PLUMBLINE_SECRET_API_KEY");
        assertThat(FileSecretStore.open(null).whereabouts("api-key"))
                .contains("PLUMBLINE_SECRET_API_KEY")
                .contains("secrets.directory");
    }
}
