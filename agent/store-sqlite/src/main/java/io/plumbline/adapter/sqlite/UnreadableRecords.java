package io.plumbline.adapter.sqlite;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The handling of records that SQLite returns and that cannot be parsed. Each affects only its own
 * pipeline. A state is set aside as a file, and its pipeline is adopted. A deployment is omitted
 * from the history. A release counts as not stored until a commit renders it again.
 */
final class UnreadableRecords {
    private static final Logger LOG = LoggerFactory.getLogger(UnreadableRecords.class);

    private UnreadableRecords() {}

    private record Row(String name, String state) {}

    /** Removes the states that cannot be parsed from the ledger. */
    static void setAside(Session session, LedgerFiles files) throws SQLException, IOException {
        var rows =
                session.all(
                        "SELECT name, state FROM pipeline",
                        r -> new Row(r.getString(1), r.getString(2)));
        for (var row : rows) {
            var why = problem(row);
            if (!why.isEmpty()) {
                var file = files.keep(row.name(), row.state().getBytes(StandardCharsets.UTF_8));
                session.update("DELETE FROM pipeline WHERE name = ?", row.name());
                LOG.warn(
                        "pipeline={} its record was set aside as {}: {}; what runs of it is taken"
                                + " up, nothing is restarted",
                        row.name(),
                        file,
                        why);
            }
        }
    }

    private static String problem(Row row) {
        try {
            var state = StateJson.read(row.state());
            return state.pipeline().equals(row.name())
                    ? ""
                    : "it is the record of " + state.pipeline();
        } catch (StateJson.Unreadable e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Reads a row; logs one that cannot be parsed and returns nothing. */
    static <T> Session.Row<List<T>> readable(Session.Row<T> row) {
        return r -> {
            try {
                return List.of(row.read(r));
            } catch (StateJson.Unreadable e) {
                LOG.warn("a record of the ledger is left out: {}", e.getMessage());
                return List.of();
            }
        };
    }
}
