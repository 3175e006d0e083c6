package io.plumbline.adapter.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CredentialProgramTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    @TempDir Path folder;

    private Path program(String script) throws IOException {
        var file = folder.resolve("docker-credential-test");
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        return file;
    }

    @Test
    void asksForTheRegistryAndReadsTheAnswer() throws IOException {
        var program =
                program(
                        "read -r host; echo \"{\\\"Username\\\": \\\"$1\\\", \\\"Secret\\\":"
                                + " \\\"for $host\\\"}\"");
        var answer = CredentialProgram.get(program, "r.example.com:5000", LONG).orElseThrow();
        assertThat(answer.username()).isEqualTo("get");
        assertThat(answer.secret()).isEqualTo("for r.example.com:5000");
        assertThat(answer.toString()).doesNotContain("r.example.com");
        assertThat(CredentialProgram.get(program, "docker.io", LONG).orElseThrow().secret())
                .isEqualTo("for https://index.docker.io/v1/");
    }

    @Test
    void aRegistryThatItDoesNotKnowHasNoCredentials() throws IOException {
        var program = program("echo 'credentials not found in native keychain'; exit 1");
        assertThat(CredentialProgram.get(program, "r", LONG)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "echo hunter2; echo hunter2 >&2; exit 3|it ended with 3",
                "echo 'hunter2 is no JSON'|did not answer with JSON",
                "echo '{\"Username\": \"u\"}'|no Username or no Secret",
                "echo '{\"Username\": \"<token>\", \"Secret\": \"hunter2\"}'|identity token",
            })
    void whatItSaysInErrorIsNotShown(String script, String message) throws IOException {
        var program = program(script);
        assertThatThrownBy(() -> CredentialProgram.get(program, "r", LONG))
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).isEqualTo(FailureKind.DENIED))
                .hasMessageContaining(message)
                .hasMessageContaining(program.toString())
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void oneThatHangsIsEndedAtTheDeadline() throws IOException {
        var program = program("sleep 600 & wait");
        assertThatThrownBy(() -> CredentialProgram.get(program, "r", Duration.ofMillis(300)))
                .hasMessageContaining("no answer within");
        Patience.await().until(() -> ProcessHandle.allProcesses().noneMatch(p -> runs(p, program)));
    }

    private static boolean runs(ProcessHandle process, Path program) {
        return process.isAlive()
                && process.info().commandLine().orElse("").contains(program.toString());
    }

    @Test
    void oneThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> CredentialProgram.get(folder.resolve("none"), "r", LONG))
                .hasMessageContaining("there is no such program");
    }
}
