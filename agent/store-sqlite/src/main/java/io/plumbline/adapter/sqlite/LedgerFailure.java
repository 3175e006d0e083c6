package io.plumbline.adapter.sqlite;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;

/** The classifier of SQLite's errors, see https://www.sqlite.org/rescode.html. */
final class LedgerFailure {
    private static final int PRIMARY_CODE = 0xff;

    private LedgerFailure() {}

    /** Whether the file itself is damaged. A full disk or a missing permission is no damage. */
    static boolean damage(SQLException e) {
        return switch (primary(e)) {
            case SQLITE_CORRUPT, SQLITE_NOTADB -> true;
            default -> false;
        };
    }

    /** Whether the disk or its permissions are the cause, so that any write may fail. */
    static boolean disk(SQLException e) {
        return switch (primary(e)) {
            case SQLITE_FULL,
                    SQLITE_IOERR,
                    SQLITE_CANTOPEN,
                    SQLITE_PERM,
                    SQLITE_READONLY,
                    SQLITE_AUTH,
                    SQLITE_CORRUPT,
                    SQLITE_NOTADB ->
                    true;
            default -> false;
        };
    }

    static PlumblineException of(String tried, SQLException e) {
        String what = tried + ": " + e.getMessage();
        return switch (primary(e)) {
            case SQLITE_CORRUPT, SQLITE_NOTADB ->
                    new PlumblineException(
                            FailureKind.FAULT,
                            what
                                    + ". The ledger's file is damaged: start the agent again, it"
                                    + " sets the file aside and adopts what runs",
                            e);
            case SQLITE_FULL ->
                    new PlumblineException(
                            FailureKind.TRANSIENT,
                            what + ". Make room on the disk of the state folder",
                            e);
            case SQLITE_PERM, SQLITE_READONLY, SQLITE_AUTH ->
                    new PlumblineException(
                            FailureKind.DENIED,
                            what + ". The agent's user must own the state folder",
                            e);
            case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_NOMEM ->
                    new PlumblineException(FailureKind.TRANSIENT, what, e);
            default -> new PlumblineException(FailureKind.FAULT, what, e);
        };
    }

    private static SQLiteErrorCode primary(SQLException e) {
        return SQLiteErrorCode.getErrorCode(e.getErrorCode() & PRIMARY_CODE);
    }
}
