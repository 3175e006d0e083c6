package io.plumbline.adapter.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.SmallDisk;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A ledger on a file system that is really full. Only root can mount one. */
class FullFileSystemTest {
    @TempDir Path temp;
    private SmallDisk disk;

    @BeforeEach
    void mount() {
        assumeTrue(SmallDisk.possible(), "only root can mount a file system");
        disk = SmallDisk.mount(temp.resolve("state"), "8m");
    }

    @AfterEach
    void unmount() {
        if (disk != null) {
            disk.close();
        }
    }

    private static PipelineEvent large(int n) {
        return new PipelineEvent(
                0, Instant.EPOCH, "shop", "", "", "", "Noted", "", "", "", "x".repeat(1000) + n);
    }

    private static void writeUntilRefused(SqliteLedger ledger) {
        for (int n = 0; n < 20_000; n++) {
            ledger.append(List.of(large(n)));
        }
    }

    @Test
    void tellsThePlaceAndWhatToDoAndGoesOnWhenThereIsRoom() {
        try (var ledger = SqliteLedger.open(disk.folder())) {
            ledger.append(List.of(large(0)));
            assertThat(ledger.unwritable()).isEmpty();
            disk.fill();
            assertThatExceptionOfType(PlumblineException.class)
                    .isThrownBy(() -> writeUntilRefused(ledger))
                    .matches(e -> e.kind() == FailureKind.TRANSIENT);

            assertThat(ledger.unwritable().orElseThrow())
                    .contains(
                            "cannot write its record in " + disk.folder(),
                            "where 0 bytes are free",
                            "Make room on that disk");
            for (int n = 0; n < 3; n++) {
                ledger.probe();
                assertThat(ledger.unwritable()).isPresent();
            }

            disk.makeRoom();
            ledger.probe();
            assertThat(ledger.unwritable()).isEmpty();
            ledger.append(List.of(large(1)));
        }
    }

    /** Nothing has to happen on an engine for a full disk to be known. */
    @Test
    void probesOfAnIdleLedgerFindOut() {
        try (var ledger = SqliteLedger.open(disk.folder())) {
            disk.fill();
            for (int n = 0; n < 2000 && ledger.unwritable().isEmpty(); n++) {
                ledger.probe();
            }
            assertThat(ledger.unwritable()).isPresent();
            disk.makeRoom();
            ledger.probe();
            assertThat(ledger.unwritable()).isEmpty();
        }
    }
}
