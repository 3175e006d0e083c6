package io.plumbline.adapter.sqlite;

import io.plumbline.core.verify.Verified;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The verified commits with their signatures, and the newest verified head of each branch. */
final class Verdicts {
    private static final String COLUMNS =
            "v.commit_id, v.key, v.issuer, v.signer, v.method, v.at, v.signature";

    private final Database database;

    Verdicts(Database database) {
        this.database = database;
    }

    void write(String repository, String branch, Verified head) {
        database.write(
                tried(repository, head),
                s -> {
                    insert(s, repository, head);
                    return s.update(
                            "INSERT INTO verified_head (repository, branch, commit_id)"
                                    + " VALUES (?, ?, ?) ON CONFLICT (repository, branch)"
                                    + " DO UPDATE SET commit_id = excluded.commit_id"
                                    + " WHERE commit_id <> excluded.commit_id",
                            repository,
                            branch,
                            head.commit());
                });
    }

    void write(String repository, Verified verdict) {
        database.write(tried(repository, verdict), s -> insert(s, repository, verdict));
    }

    private static String tried(String repository, Verified verdict) {
        return "cannot write the verdict of commit " + verdict.commit() + " of " + repository;
    }

    private static int insert(Session s, String repository, Verified v) throws SQLException {
        return s.update(
                "INSERT INTO verdict (repository, commit_id, key, issuer, signer, method, at,"
                        + " signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                        + " ON CONFLICT (repository, commit_id) DO NOTHING",
                repository,
                v.commit(),
                v.key(),
                v.issuer(),
                v.signer(),
                v.method().word(),
                v.at().toString(),
                v.signature());
    }

    Optional<Verified> of(String repository, String commit) {
        return database.read(
                "cannot read the verdict of commit " + commit,
                s ->
                        s.one(
                                "SELECT "
                                        + COLUMNS
                                        + " FROM verdict v WHERE repository = ? AND commit_id = ?",
                                Verdicts::verdict,
                                repository,
                                commit));
    }

    Optional<String> head(String repository, String branch) {
        return database.read(
                "cannot read the newest verified head of " + repository,
                s ->
                        s.one(
                                "SELECT commit_id FROM verified_head WHERE repository = ?"
                                        + " AND branch = ?",
                                r -> r.getString(1),
                                repository,
                                branch));
    }

    List<Verified> ofRelease(String repository, String pipeline, String release) {
        return database.read(
                "cannot read the verdicts of release " + release,
                s ->
                        List.copyOf(
                                s.all(
                                        "SELECT "
                                                + COLUMNS
                                                + " FROM rendered r JOIN verdict v"
                                                + " ON v.commit_id = r.commit_id"
                                                + " WHERE r.pipeline = ? AND r.release = ?"
                                                + " AND v.repository = ? ORDER BY r.seq DESC",
                                        Verdicts::verdict,
                                        pipeline,
                                        release,
                                        repository)));
    }

    /** Parses a row. Only its key matters; a damaged value that is only displayed does not fail. */
    private static Verified verdict(ResultSet r) throws SQLException {
        var key = r.getString(2);
        return new Verified(
                r.getString(1),
                key,
                r.getString(3),
                r.getString(4),
                key.startsWith("SHA256:") ? Verified.Method.SSH : Verified.Method.OPENPGP,
                time(r.getString(6)),
                r.getString(7));
    }

    private static Instant time(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            return Instant.EPOCH;
        }
    }
}
