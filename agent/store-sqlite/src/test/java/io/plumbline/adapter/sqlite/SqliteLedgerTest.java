package io.plumbline.adapter.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.plumbline.adapter.sqlite.SqliteLedger.Limits;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.port.Ledger;
import io.plumbline.port.Ledger.Opening;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.LedgerContract;
import io.plumbline.testkit.SampleReleases;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract, and what only a file can suffer. */
class SqliteLedgerTest extends LedgerContract {
    @TempDir Path temp;

    private Path state() {
        return temp.resolve("state");
    }

    private Path file() {
        return state().resolve("ledger.db");
    }

    private Path other() {
        return temp.resolve("other");
    }

    @Override
    protected Ledger open() {
        return SqliteLedger.open(state());
    }

    @Override
    protected Ledger reopen(Ledger closed) {
        return SqliteLedger.open(state());
    }

    /** A ledger of its own with some content, closed. */
    private Path written() {
        try (var ledger = SqliteLedger.open(other())) {
            for (int i = 0; i < 200; i++) {
                ledger.save(full("p" + i % 7), List.of(event("p" + i % 7, "E" + i)));
            }
        }
        return other().resolve("ledger.db");
    }

    @Test
    void isFoundWhenOpenedAgain() {
        written();
        try (var ledger = SqliteLedger.open(other())) {
            assertThat(ledger.opening()).isEqualTo(Opening.FOUND);
        }
    }

    @Test
    void isNewWhenTheFirstStartWasCutOffBeforeAnythingWasWritten() throws IOException {
        SqliteLedger.open(other()).close();
        Files.delete(other().resolve("ledger.exists"));

        try (var ledger = SqliteLedger.open(other())) {
            assertThat(ledger.opening()).isEqualTo(Opening.NEW);
        }
    }

    @Test
    void isLostWhenTheFileIsGone() throws IOException {
        Files.delete(written());

        try (var ledger = SqliteLedger.open(other())) {
            assertThat(ledger.opening()).isEqualTo(Opening.LOST);
            assertThat(ledger.pipelines()).isEmpty();
        }
    }

    @Test
    void keepsItsIdWhenOnlyItsFileIsGoneOrWasRestored() throws IOException {
        var file = written();
        var backup = Files.copy(file, temp.resolve("backup"));
        String id;
        try (var ledger = SqliteLedger.open(other())) {
            id = ledger.id();
            ledger.grown();
        }
        Files.delete(file);
        try (var lost = SqliteLedger.open(other())) {
            assertThat(lost.id()).isEqualTo(id);
            assertThat(lost.young()).as("its objects on the engines are its own").isFalse();
        }
        Files.delete(other().resolve("ledger.exists"));
        Files.delete(file);
        Files.copy(backup, file);
        try (var restored = SqliteLedger.open(other())) {
            assertThat(restored.id()).isEqualTo(id);
        }
    }

    @Test
    void anIdIsGivenToALedgerOfAnEarlierVersionWhichIsNotNew() throws Exception {
        var file = written();
        try (var open = DriverManager.getConnection("jdbc:sqlite:" + file);
                var statement = open.createStatement()) {
            statement.executeUpdate("DELETE FROM meta WHERE key IN ('id', 'young')");
        }
        Files.write(other().resolve("ledger.exists"), new byte[0]);
        try (var ledger = SqliteLedger.open(other())) {
            assertThat(ledger.id()).matches("[0-9a-f]{16}");
            assertThat(ledger.young()).isFalse();
        }
    }

    @Test
    void isLostWhenTheFileIsEmpty() throws IOException {
        Files.write(written(), new byte[0]);

        try (var ledger = SqliteLedger.open(other())) {
            assertThat(ledger.opening()).isEqualTo(Opening.LOST);
        }
    }

    @Test
    void isLostAndSetAsideWhenTheFileIsText() throws IOException {
        Files.writeString(written(), "this is no database\n");

        lostAndSetAside(1);
        assertThat(other().resolve("ledger.db.damaged-1")).hasContent("this is no database");
    }

    @Test
    void isLostAndSetAsideWhenTheFileIsCutOff() throws IOException {
        try (var whole = new RandomAccessFile(written().toFile(), "rw")) {
            whole.setLength(whole.length() / 2);
        }

        lostAndSetAside(1);
    }

    @Test
    void isLostAndSetAsideWhenTheMiddleIsOverwritten() throws IOException {
        byte[] noise = new byte[16384];
        new Random(7).nextBytes(noise);
        try (var whole = new RandomAccessFile(written().toFile(), "rw")) {
            whole.seek(4096);
            whole.write(noise);
        }

        lostAndSetAside(1);
    }

    /** One bad value must not take the other pipelines' records with it, nor stop each start. */
    @Test
    void setsOnlyTheStateAsideThatCannotBeRead() throws SQLException, IOException {
        change(written(), "UPDATE pipeline SET state = '{\"pipeline\":' WHERE name = 'p3'");
        for (int start = 0; start < 2; start++) {
            try (var ledger = SqliteLedger.open(other())) {
                assertThat(ledger.opening()).isEqualTo(Ledger.Opening.FOUND);
                assertThat(ledger.pipelines()).hasSize(6).doesNotContainKey("p3");
                assertThat(ledger.history("p3", 10)).isNotEmpty();
            }
        }
        var aside = other().resolve("unreadable-p3.json");
        assertThat(Files.readString(aside)).isEqualTo("{\"pipeline\":");
        assertThat(Files.getPosixFilePermissions(aside)).hasSize(2);
    }

    @Test
    void setsAStateAsideThatIsAnotherPipelines() throws SQLException {
        change(
                written(),
                "UPDATE pipeline SET state = (SELECT state FROM pipeline WHERE name = 'p1')"
                        + " WHERE name = 'p2'");
        try (var ledger = SqliteLedger.open(other())) {
            assertThat(ledger.pipelines()).containsKey("p1").doesNotContainKey("p2");
        }
    }

    @Test
    void leavesADeploymentOutThatCannotBeRead() throws SQLException {
        change(written(), "UPDATE deployment SET record = 'x' WHERE pipeline = 'p3'");
        try (var ledger = SqliteLedger.open(other())) {
            assertThat(ledger.history("p3", 10)).isEmpty();
            assertThat(ledger.history("p4", 10)).isNotEmpty();
        }
    }

    @Test
    void aReleaseThatCannotBeReadIsNotStoredUntilItIsStoredAgain() throws SQLException {
        var release = SampleReleases.defaults("shop", "v1:bare");
        try (var ledger = SqliteLedger.open(other())) {
            ledger.store(release, Map.of());
        }
        change(other().resolve("ledger.db"), "UPDATE release SET body = '{}'");
        try (var ledger = SqliteLedger.open(other())) {
            assertThat(ledger.release("shop", release.id())).isEmpty();
            assertThat(ledger.releases("shop")).isEmpty();
            ledger.store(release, Map.of());
            assertThat(ledger.release("shop", release.id())).contains(release);
        }
    }

    private static void change(Path file, String sql) throws SQLException {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                var statement = connection.createStatement()) {
            assertThat(statement.executeUpdate(sql)).isPositive();
        }
    }

    @Test
    void aVerdictWithDamageInWhatIsOnlyShownStillNamesItsKey() throws SQLException {
        var file = written();
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                var statement = connection.createStatement()) {
            statement.executeUpdate(
                    "INSERT INTO verdict VALUES ('ml', 'c1', 'SHA256:k', 'SHA256:i', '', 'pgp?',"
                            + " 'yesterday', '')");
        }
        try (var ledger = SqliteLedger.open(other())) {
            assertThat(ledger.verdict("ml", "c1"))
                    .hasValueSatisfying(
                            v -> {
                                assertThat(v.key()).isEqualTo("SHA256:k");
                                assertThat(v.issuer()).isEqualTo("SHA256:i");
                            });
        }
    }

    @Test
    void keepsTheNewestThreeThatWereSetAside() throws IOException {
        for (int i = 1; i <= 5; i++) {
            Files.writeString(written(), "damage " + i);
            lostAndSetAside(i);
        }
        try (var files = Files.list(other())) {
            assertThat(
                            files.map(f -> f.getFileName().toString())
                                    .filter(f -> f.contains("damaged")))
                    .containsExactlyInAnyOrder(
                            "ledger.db.damaged-3", "ledger.db.damaged-4", "ledger.db.damaged-5");
        }
    }

    private void lostAndSetAside(int number) {
        try (var ledger = SqliteLedger.open(other())) {
            assertThat(ledger.opening()).isEqualTo(Opening.LOST);
            assertThat(ledger.pipelines()).isEmpty();
            assertThat(other().resolve("ledger.db.damaged-" + number)).exists();
            ledger.save(PipelineState.fresh("a", "ml"), List.of());
        }
        try (var ledger = SqliteLedger.open(other())) {
            assertThat(ledger.opening()).isEqualTo(Opening.FOUND);
            assertThat(ledger.pipelines()).containsOnlyKeys("a");
        }
    }

    @Test
    void refusesALedgerOfANewerVersionAndLeavesItAlone() throws Exception {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + written());
                var statement = connection.createStatement()) {
            statement.executeUpdate("UPDATE meta SET value = '9.8.7' WHERE key = 'writtenBy'");
            statement.executeUpdate("PRAGMA user_version = 99");
        }

        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(() -> SqliteLedger.open(other()))
                .withMessageContaining("9.8.7")
                .matches(e -> e.kind() == FailureKind.INVALID);
        assertThat(other().resolve("ledger.db.damaged-1")).doesNotExist();
    }

    @Test
    void refusesASecondAgent() {
        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(() -> SqliteLedger.open(state()))
                .withMessageContaining("another agent")
                .matches(e -> e.kind() == FailureKind.CONFLICT);
    }

    @Test
    void isClosedToOtherUsers() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(state())))
                .isEqualTo("rwx------");
        try (var ledger = SqliteLedger.open(other())) {
            ledger.append(List.of(event("a", "One")));
            try (var files = Files.list(other())) {
                for (Path file : files.filter(f -> f.toString().contains("ledger")).toList()) {
                    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .as("%s", file)
                            .isEqualTo("rw-------");
                }
            }
        }
    }

    @Test
    void closesAFolderThatWasOpen() throws IOException {
        Files.createDirectory(
                other(),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));

        SqliteLedger.open(other()).close();

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(other())))
                .isEqualTo("rwx------");
    }

    @Test
    void trimsTheOldestEventsAndNeverANewestRendering() {
        try (var ledger = SqliteLedger.open(other(), Long.MAX_VALUE, new Limits(10, 5, 4))) {
            ledger.rendered("a", "c-old", "v1:only-once");
            for (int i = 0; i < 20; i++) {
                ledger.rendered("a", "c" + i, "v1:r");
            }
            for (int i = 0; i < 40; i++) {
                ledger.append(List.of(event("a", "E" + i)));
            }

            assertThat(ledger.events(null, 0, 100))
                    .extracting(PipelineEvent::type)
                    .containsExactly(
                            "E30", "E31", "E32", "E33", "E34", "E35", "E36", "E37", "E38", "E39");
            assertThat(ledger.commitOf("a", "v1:only-once")).hasValue("c-old");
            assertThat(ledger.commitOf("a", "v1:r")).hasValue("c19");
            assertThat(ledger.releasesOfCommit("a", "c3")).isEmpty();
        }
    }

    @Test
    void writesNothingOfASaveThatFailsInTheMiddle() {
        try (var ledger = SqliteLedger.open(other())) {
            ledger.save(PipelineState.fresh("a", "ml"), List.of());
            var fine = event("a", "Fine");
            @SuppressWarnings("NullAway")
            var broken =
                    new PipelineEvent(0, fine.at(), "a", "", "", "", "Broken", "", "", "", null);

            assertThatException().isThrownBy(() -> ledger.save(full("a"), List.of(fine, broken)));

            assertThat(ledger.pipelines())
                    .containsExactly(Map.entry("a", PipelineState.fresh("a", "ml")));
            assertThat(ledger.events(null, 0, 10)).isEmpty();
            assertThat(ledger.append(List.of(fine))).hasSize(1);
        }
    }

    @Test
    void doesNotTakeAMissingRightForDamage() throws IOException {
        written();
        Files.delete(other().resolve("ledger.db"));
        Files.createDirectory(other().resolve("ledger.db"));
        Files.createFile(other().resolve("ledger.db").resolve("x"));

        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(() -> SqliteLedger.open(other()))
                .matches(e -> e.kind() == FailureKind.TRANSIENT);
        assertThat(other().resolve("ledger.db").resolve("x")).exists();
        assertThat(file()).exists();
    }
}
