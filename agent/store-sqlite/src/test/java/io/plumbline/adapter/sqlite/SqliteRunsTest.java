package io.plumbline.adapter.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Run;
import io.plumbline.port.Ledger;
import io.plumbline.testkit.RunLedgerContract;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract, and records that cannot be read. */
class SqliteRunsTest extends RunLedgerContract {
    @TempDir Path temp;

    private Path other() {
        return temp.resolve("other");
    }

    @Override
    protected Ledger open() {
        return SqliteLedger.open(temp.resolve("state"));
    }

    @Override
    protected Ledger reopen(Ledger closed) {
        return open();
    }

    private void damage(String record) throws SQLException {
        var file = other().resolve("ledger.db");
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                var update =
                        connection.prepareStatement("UPDATE run SET record = ? WHERE number = 2")) {
            update.setString(1, record);
            assertThat(update.executeUpdate()).isEqualTo(1);
        }
    }

    /** One bad record must not take the pipeline's other runs with it. */
    @ParameterizedTest
    @ValueSource(strings = {"{\"number\":", "{}", "[]", "7", "", "{\"number\":3,\"state\":\"x\"}"})
    void leavesARunOutThatCannotBeRead(String record) throws SQLException {
        var first = run("a", 1, Run.SUCCEEDED, "v1:a", made("train", "sha256:k", null));
        var third = run("a", 3, Run.FAILED, null);
        try (var ledger = SqliteLedger.open(other())) {
            ledger.runs().save(first);
            ledger.runs().save(run("a", 2, Run.FAILED, "v1:a", made("train", "sha256:k", null)));
            ledger.runs().save(third);
        }
        damage(record);
        try (var ledger = SqliteLedger.open(other())) {
            assertThat(ledger.runs().newest("a", 9)).containsExactly(third, first);
            assertThat(ledger.runs().newest("a", 1)).containsExactly(third);
            assertThat(ledger.runs().find("a", 2)).isEmpty();
            assertThat(ledger.runs().ofKey("a", "sha256:k")).hasValue(first);
            assertThat(ledger.runs().ofRelease("a", "v1:a")).hasValue(first);
            assertThat(ledger.runs().last("a")).isEqualTo(3);
            ledger.runs().trim("a", 1, Set.of());
            assertThat(ledger.runs().newest("a", 9)).containsExactly(third);
        }
    }
}
