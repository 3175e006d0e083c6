package io.plumbline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.port.PlumblineException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessTokenTest {
    @TempDir Path state;

    @Test
    void isMadeOnceForItsOwnerOnly() throws Exception {
        var token = AccessToken.in(state);
        assertThat(token).hasSizeGreaterThanOrEqualTo(43).matches("[A-Za-z0-9_-]+");
        assertThat(
                        PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(state.resolve("token"))))
                .isEqualTo("rw-------");
        assertThat(AccessToken.in(state)).isEqualTo(token);
        assertThat(state.toFile().list()).containsExactly("token");
    }

    @Test
    void isRefusedWhereOthersMayReadIt() throws Exception {
        AccessToken.in(state);
        Files.setPosixFilePermissions(
                state.resolve("token"), PosixFilePermissions.fromString("rw-r-----"));
        assertThatThrownBy(() -> AccessToken.in(state))
                .isInstanceOf(PlumblineException.class)
                .hasMessageContaining("chmod 600");
    }

    @Test
    void isMadeAnewWhereACrashLeftItEmpty() throws Exception {
        AccessToken.in(state);
        Files.writeString(state.resolve("token"), "\n");
        assertThat(AccessToken.in(state)).isNotEmpty();
        assertThat(Files.readString(state.resolve("token"))).isNotBlank();
    }

    @Test
    void theAddressIsWrittenBesideIt() throws Exception {
        AccessToken.writeAddress(state, "127.0.0.1", 4711);
        assertThat(state.resolve("address")).hasContent("127.0.0.1:4711");
        AccessToken.writeAddress(state, "::1", 4712);
        assertThat(state.resolve("address")).hasContent("[::1]:4712");
    }
}
