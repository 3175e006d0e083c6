package io.plumbline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UmaskTest {
    @TempDir private Path folder;

    private boolean ownerOnly(String line) throws IOException {
        var status = Files.writeString(folder.resolve("status"), "Name:\tjava\n" + line + "\n");
        return Umask.isOwnerOnly(status);
    }

    @Test
    void onlyTheMask077NeedsNoCall() throws IOException {
        assertThat(ownerOnly("Umask:\t0077")).isTrue();
        assertThat(ownerOnly("Umask:\t0177")).isFalse();
        assertThat(ownerOnly("Umask:\t0022")).isFalse();
        assertThat(ownerOnly("Umask:\t0777")).isFalse();
    }

    @Test
    void aKernelThatDoesNotSayNeedsTheCall() throws IOException {
        assertThat(ownerOnly("Threads:\t1")).isFalse();
        assertThat(Umask.isOwnerOnly(folder.resolve("missing"))).isFalse();
    }
}
