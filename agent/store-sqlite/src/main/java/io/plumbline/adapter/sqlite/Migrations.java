package io.plumbline.adapter.sqlite;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;

/**
 * The migration of a file's tables to this version. Each step is a file and a transaction. SQLite's
 * {@code user_version} is the number of steps done.
 *
 * @param what the file, for messages
 * @param steps names of the steps in their order
 */
record Migrations(String what, List<String> steps) {
    static final Migrations LEDGER =
            new Migrations(
                    "ledger",
                    List.of(
                            "0001-ledger.sql",
                            "0002-deliveries.sql",
                            "0003-verdicts.sql",
                            "0004-cordons.sql",
                            "0005-unseen.sql",
                            "0006-failed-logs.sql",
                            "0007-stages.sql",
                            "0008-runs.sql"));
    static final Migrations ACCESS =
            new Migrations("file of tokens and audit", List.of("0001-access.sql"));

    private static final String WRITTEN_BY = "writtenBy";

    /** Returns the number of steps done; 0 for a file without tables. */
    static int version(Session session) throws SQLException {
        return (int) session.number("PRAGMA user_version");
    }

    /**
     * Does the missing steps.
     *
     * @throws PlumblineException {@code INVALID} if a newer Plumbline wrote the file
     */
    void migrate(Session session, String ourVersion) throws SQLException {
        int done = version(session);
        if (done > steps.size()) {
            throw newer(session, done, ourVersion);
        }
        for (int step = done; step < steps.size(); step++) {
            session.run("BEGIN IMMEDIATE");
            try {
                session.run(read(steps.get(step)));
                session.run("PRAGMA user_version = " + (step + 1));
                session.run("COMMIT");
            } catch (SQLException | RuntimeException e) {
                session.run("ROLLBACK");
                throw e;
            }
        }
        session.update(
                "INSERT INTO meta (key, value) VALUES (?, ?)"
                        + " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
                        + " WHERE value <> excluded.value",
                WRITTEN_BY,
                ourVersion);
    }

    private PlumblineException newer(Session session, int found, String ourVersion) {
        String author;
        try {
            author =
                    session.one(
                                    "SELECT value FROM meta WHERE key = ?",
                                    r -> r.getString(1),
                                    WRITTEN_BY)
                            .orElse("a newer one");
        } catch (SQLException e) {
            author = "a newer one";
        }
        return new PlumblineException(
                FailureKind.INVALID,
                ("the %s was written by Plumbline %s in form %d; this is Plumbline %s, which"
                                + " knows form %d at most: run that version or a newer one")
                        .formatted(what, author, found, ourVersion, steps.size()));
    }

    private String read(String step) {
        try (InputStream in = Migrations.class.getResourceAsStream(step)) {
            if (in == null) {
                throw new PlumblineException(
                        FailureKind.FAULT, "this build lacks the migration " + step);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new PlumblineException(FailureKind.FAULT, "cannot read the migration " + step, e);
        }
    }
}
