package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValidateTest {
    private static final String MANIFEST =
            """
            apiVersion: plumbline/v1
            kind: Pipeline
            metadata: {name: %s}
            spec:
              services:
                - name: serve
                  image: registry.example.com/serve:1
            """;

    private final Shell shell = new Shell();

    @TempDir Path folder;

    @BeforeEach
    void here() {
        shell.folder = folder;
    }

    private void write(String path, String text) throws Exception {
        var file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    @Test
    void goodManifestsAreGood() throws Exception {
        write("a.yaml", MANIFEST.formatted("a"));
        write("sub/b.yml", MANIFEST.formatted("b"));
        write(".hidden/c.yaml", "broken: [");
        write("note.txt", "broken: [");
        assertThat(shell.plumb("validate")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).isEqualTo("2 files, 2 valid pipelines, 0 errors\n");
        assertThat(shell.err()).isEmpty();
    }

    @Test
    void errorsHaveTheirPlaceAndOneLineEach() throws Exception {
        write("p/a.yaml", MANIFEST.formatted("a") + "      replicas: -1\n      nonsense: 1\n");
        write("p/b.yaml", MANIFEST.formatted("b"));
        assertThat(shell.plumb("validate", "p")).isEqualTo(Exit.DIFFERENT);
        assertThat(shell.err().lines())
                .hasSize(2)
                .anyMatch(l -> l.startsWith("p/a.yaml:8:17: spec.services[0].replicas: "))
                .anyMatch(l -> l.startsWith("p/a.yaml:9:7: spec.services[0].nonsense: "));
        assertThat(shell.out()).isEqualTo("2 files, 1 valid pipeline, 2 errors\n");
    }

    @Test
    void aWarningIsShownAndChangesNoExitCode() throws Exception {
        write(
                "a.yaml",
                MANIFEST.formatted("a")
                        + "      healthcheck: {tcp: {port: 1}, onUnhealthy: restart}\n");
        assertThat(shell.plumb("validate")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).isEqualTo("1 file, 1 valid pipeline, 0 errors, 1 warning\n");
        assertThat(shell.err())
                .contains("a.yaml:8:", "onUnhealthy: restart without startPeriod", "(warning)");
        assertThat(shell.plumb("validate", "-o", "json")).isEqualTo(Exit.DONE);
        assertThat(Shell.JSON.readTree(shell.out())).isEmpty();
    }

    @Test
    void errorsAsJsonAreAnArray() throws Exception {
        write("a.yaml", MANIFEST.formatted("a") + "      replicas: -1\n");
        assertThat(shell.plumb("validate", "a.yaml", "-o", "json")).isEqualTo(Exit.DIFFERENT);
        var error = Shell.JSON.readTree(shell.out()).get(0);
        assertThat(error.path("file").asText()).isEqualTo("a.yaml");
        assertThat(error.path("line").asInt()).isEqualTo(8);
        assertThat(error.path("path").asText()).isEqualTo("spec.services[0].replicas");
        write("a.yaml", MANIFEST.formatted("a"));
        assertThat(shell.plumb("validate", "a.yaml", "-o", "json")).isEqualTo(Exit.DONE);
        assertThat(Shell.JSON.readTree(shell.out())).isEmpty();
    }

    @Test
    void oneNameInTwoFilesIsAnError() throws Exception {
        write("a.yaml", MANIFEST.formatted("same"));
        write("b.yaml", MANIFEST.formatted("same"));
        assertThat(shell.plumb("validate")).isEqualTo(Exit.DIFFERENT);
        assertThat(shell.err())
                .isEqualTo("b.yaml:1:1: metadata.name: a pipeline named 'same' is at a.yaml:1:1\n");
    }

    @Test
    void aFileThatIsNamedMustBeThere() throws Exception {
        write(
                "p/a.yaml",
                MANIFEST.formatted("a")
                        + "      files: [{source: config/serve.toml, target: /etc/serve.toml}]\n");
        assertThat(shell.plumb("validate")).isEqualTo(Exit.DIFFERENT);
        assertThat(shell.err()).contains("spec.services[0].files[0].source: there is no file");
        write("p/config/serve.toml", "");
        assertThat(shell.plumb("validate")).isEqualTo(Exit.DONE);
    }

    @Test
    void whatCannotBeReadIsUsage() {
        assertThat(shell.plumb("validate", "none")).isEqualTo(Exit.USAGE);
        assertThat(shell.err()).contains("there is no file or folder none");
        assertThat(shell.err()).doesNotContain("Exception");
    }

    /** So a CI job with a wrong path is not green. */
    @Test
    void aFolderWithoutManifestsIsAnError() throws Exception {
        Files.createDirectories(folder.resolve("empty"));
        assertThat(shell.plumb("validate", "empty")).isEqualTo(Exit.DIFFERENT);
        assertThat(shell.out())
                .isEqualTo(
                        "no manifests: there are no *.yaml or *.yml files in empty; check the"
                                + " path\n");
        assertThat(shell.plumb("validate")).isEqualTo(Exit.DIFFERENT);
        assertThat(shell.out()).contains("in the current folder");
    }

    /** So a CI job whose `git show` of a wrong path prints nothing is not green. */
    @Test
    void inputWithoutAManifestIsAnError() throws Exception {
        for (var nothing : List.of("", "\n", "# only a comment\n", "---\n")) {
            shell.in = nothing;
            assertThat(shell.plumb("validate", "-")).as(nothing).isEqualTo(Exit.DIFFERENT);
            assertThat(shell.out())
                    .as(nothing)
                    .isEqualTo("no manifest: standard input holds none; check what is read\n");
            assertThat(shell.plumb("validate", "-", "-o", "json")).isEqualTo(Exit.DIFFERENT);
            assertThat(shell.out()).isEqualTo("[ ]\n");
            assertThat(shell.err()).contains("no manifest: standard input holds none");
        }
        Files.createFile(folder.resolve("empty.yaml"));
        assertThat(shell.plumb("validate", "empty.yaml")).isEqualTo(Exit.DIFFERENT);
        assertThat(shell.out())
                .isEqualTo("no manifest: empty.yaml holds none; check what is read\n");
    }

    @Test
    void aDashIsStandardInput() {
        shell.in = MANIFEST.formatted("a");
        assertThat(shell.plumb("validate", "-")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).isEqualTo("1 file, 1 valid pipeline, 0 errors\n");
        shell.in = MANIFEST.formatted("a") + "      replicas: -1\n";
        assertThat(shell.plumb("validate", "-")).isEqualTo(Exit.DIFFERENT);
        assertThat(shell.err()).startsWith("standard input:8:17: spec.services[0].replicas: ");
        assertThat(shell.plumb("validate", "-", "-o", "jsonl")).isEqualTo(Exit.DIFFERENT);
        assertThat(shell.out().lines()).singleElement().asString().contains("replicas");
    }
}
