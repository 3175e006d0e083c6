package io.plumbline.adapter.sqlite;

import io.plumbline.core.FailureKind;
import io.plumbline.port.Ledger.Opening;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The opening of a ledger.
 *
 * <ol>
 *   <li>Take the state folder's lock.
 *   <li>Open the file and check it with SQLite's quick check. Only if the file itself is damaged,
 *       it is set aside with its log, and an empty one replaces it. A full disk or a missing
 *       permission is an error and changes nothing.
 *   <li>Migrate the tables to this version.
 *   <li>Set aside each pipeline's state that cannot be parsed; the others stay.
 *   <li>Give it an id if it has none: the one in the marker, or a new one.
 *   <li>Only then write the marker {@code ledger.exists}. So: no tables and no marker means new. No
 *       tables but a marker means lost. Tables without marker and content mean that the first start
 *       was interrupted, which is new, too.
 * </ol>
 *
 * @param files holds the lock
 * @param database open for use
 * @param opening the result
 * @param id the ledger's id
 */
record LedgerOpening(LedgerFiles files, Database database, Opening opening, LedgerId id) {
    private static final String TEMP_PROPERTY = "org.sqlite.tmpdir";

    static LedgerOpening open(Path stateFolder, String ourVersion) {
        LedgerFiles files = null;
        try {
            files = LedgerFiles.lock(stateFolder);
            // The driver unpacks its native library there, because /tmp may forbid executable code.
            if (System.getProperty(TEMP_PROPERTY) == null) {
                System.setProperty(TEMP_PROPERTY, files.folder().toString());
            }
            return open(files, ourVersion);
        } catch (IOException e) {
            close(files);
            throw new PlumblineException(
                    FailureKind.TRANSIENT,
                    "cannot open the ledger in "
                            + stateFolder
                            + ": "
                            + e
                            + ". The agent's user must own the state folder",
                    e);
        } catch (SQLException e) {
            close(files);
            throw LedgerFailure.of("cannot open the ledger in " + stateFolder, e);
        } catch (RuntimeException e) {
            close(files);
            throw e;
        }
    }

    private static void close(@Nullable LedgerFiles files) {
        if (files != null) {
            files.close();
        }
    }

    private static LedgerOpening open(LedgerFiles files, String ourVersion)
            throws IOException, SQLException {
        boolean damaged = false;
        if (files.database().present() && damaged(files.database().path())) {
            files.database().setAside();
            damaged = true;
        }
        files.database().prepare();
        var database = Database.open(files.database().path());
        try {
            boolean hadTables = Migrations.version(database.beforeUse()) > 0;
            Migrations.LEDGER.migrate(database.beforeUse(), ourVersion);
            boolean known = files.marked() || (hadTables && used(database.beforeUse()));
            UnreadableRecords.setAside(database.beforeUse(), files);
            var id =
                    LedgerId.of(
                            database.beforeUse(), files.markedId(), !used(database.beforeUse()));
            files.mark(id.value());
            database.openReaders(files.database().path());
            Opening opening =
                    damaged || (known && !hadTables)
                            ? Opening.LOST
                            : known ? Opening.FOUND : Opening.NEW;
            return new LedgerOpening(files, database, opening, id);
        } catch (IOException | SQLException | RuntimeException e) {
            database.close();
            throw e;
        }
    }

    private static boolean damaged(Path file) throws SQLException {
        try (var database = Database.open(file)) {
            Session session = database.beforeUse();
            if (!"ok"
                    .equals(session.one("PRAGMA quick_check(1)", r -> r.getString(1)).orElse(""))) {
                return true;
            }
            return false;
        } catch (SQLException e) {
            if (LedgerFailure.damage(e)) {
                return true;
            }
            throw e;
        }
    }

    private static boolean used(Session session) throws SQLException {
        return session.number(
                        "SELECT EXISTS (SELECT 1 FROM pipeline) OR EXISTS (SELECT 1 FROM event)"
                                + " OR EXISTS (SELECT 1 FROM release)")
                > 0;
    }
}
