package io.plumbline.adapter.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.port.Deliveries;
import io.plumbline.port.Ledger.Opening;
import io.plumbline.testkit.DeliveriesContract;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract in a file, and a file of before. */
class SqliteDeliveriesTest extends DeliveriesContract {
    @TempDir Path temp;

    private @Nullable SqliteLedger ledger;

    @Override
    protected Deliveries open() {
        var opened = SqliteLedger.open(temp);
        ledger = opened;
        return opened.deliveries();
    }

    @Override
    protected Deliveries reopen() {
        close();
        return open();
    }

    @AfterEach
    void close() {
        Objects.requireNonNull(ledger).close();
    }

    @Test
    void aLedgerOfTheFirstFormGetsTheTable() throws IOException, SQLException {
        var old = temp.resolve("old");
        SqliteLedger.open(old).close();
        Files.delete(old.resolve("ledger.db"));
        try (var form = Migrations.class.getResourceAsStream("0001-ledger.sql");
                var connection =
                        DriverManager.getConnection("jdbc:sqlite:" + old.resolve("ledger.db"));
                var statement = connection.createStatement()) {
            statement.executeUpdate(new String(form.readAllBytes(), StandardCharsets.UTF_8));
            statement.executeUpdate("PRAGMA user_version = 1");
        }
        try (var opened = SqliteLedger.open(old)) {
            assertThat(opened.deliveries().load()).isEmpty();
            assertThat(opened.opening()).isEqualTo(Opening.FOUND);
        }
    }
}
