package io.plumbline.adapter.sqlite;

import io.plumbline.api.Codec;
import io.plumbline.api.Json;
import io.plumbline.api.Run;
import io.plumbline.api.StepRun;
import io.plumbline.port.RunLedger;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The runs of steps, in the ledger's file. */
final class SqliteRuns implements RunLedger {
    private static final Codec CODEC = new Codec(UnaryOperator.identity());

    /** Records that are tried if the newest ones cannot be read. */
    private static final int TRIED = 20;

    private static final String STATE =
            "CASE WHEN json_valid(record) THEN json_extract(record, '$.state') END";

    private final Database database;

    SqliteRuns(Database database) {
        this.database = database;
    }

    @Override
    public void save(Run run) {
        var record = Json.write(Codec.plain(run));
        database.write(
                "cannot write run " + run.number() + " of " + run.pipeline(),
                s -> {
                    s.update(
                            "INSERT INTO run (pipeline, number, release, record) VALUES (?, ?, ?, ?)"
                                    + " ON CONFLICT (pipeline, number) DO UPDATE"
                                    + " SET release = excluded.release, record = excluded.record",
                            run.pipeline(),
                            run.number(),
                            run.release(),
                            record);
                    s.update(
                            "DELETE FROM step_result WHERE pipeline = ? AND number = ?",
                            run.pipeline(),
                            run.number());
                    for (var step : run.steps()) {
                        if (step.is(StepRun.SUCCEEDED) && step.cachedFrom() == null) {
                            s.update(
                                    "INSERT INTO step_result (pipeline, key, number) VALUES (?, ?, ?)"
                                            + " ON CONFLICT DO NOTHING",
                                    run.pipeline(),
                                    step.key(),
                                    run.number());
                        }
                    }
                    return true;
                });
    }

    @Override
    public Set<String> pipelines() {
        return database.read(
                "cannot read which pipelines have runs",
                s -> Set.copyOf(s.all("SELECT DISTINCT pipeline FROM run", r -> r.getString(1))));
    }

    @Override
    public long last(String pipeline) {
        return database.read(
                "cannot read the runs of " + pipeline,
                s ->
                        s.one(
                                        "SELECT max(number) FROM run WHERE pipeline = ?",
                                        r -> r.getLong(1),
                                        pipeline)
                                .orElse(0L));
    }

    @Override
    public Optional<Run> find(String pipeline, long number) {
        return first(pipeline, "FROM run WHERE pipeline = ? AND number = ?", number);
    }

    @Override
    public List<Run> newest(String pipeline, int limit) {
        return database.read(
                "cannot read the runs of " + pipeline,
                s ->
                        readable(
                                s,
                                "FROM run WHERE pipeline = ? ORDER BY number DESC LIMIT ?",
                                pipeline,
                                Math.max(0, limit)));
    }

    @Override
    public Optional<Run> ofKey(String pipeline, String key) {
        return first(
                pipeline,
                "FROM run JOIN step_result USING (pipeline, number)"
                        + " WHERE pipeline = ? AND key = ? ORDER BY number DESC LIMIT "
                        + TRIED,
                key);
    }

    @Override
    public Optional<Run> ofRelease(String pipeline, String release) {
        return first(
                pipeline,
                "FROM run WHERE pipeline = ? AND release = ? ORDER BY number DESC LIMIT " + TRIED,
                release);
    }

    private Optional<Run> first(String pipeline, String rest, Object second) {
        return database.read(
                "cannot read the runs of " + pipeline,
                s -> readable(s, rest, pipeline, second).stream().findFirst());
    }

    /** Returns the runs that can be read; the others are logged. */
    private static List<Run> readable(Session s, String rest, Object... parameters)
            throws SQLException {
        return s
                .all(
                        "SELECT pipeline, number, record " + rest,
                        UnreadableRecords.readable(SqliteRuns::read),
                        parameters)
                .stream()
                .flatMap(List::stream)
                .toList();
    }

    @Override
    public void trim(String pipeline, int kept, Set<String> releases) {
        database.write(
                "cannot trim the runs of " + pipeline,
                s -> {
                    var old =
                            s.all(
                                    "SELECT number, release, "
                                            + STATE
                                            + " FROM run WHERE pipeline = ?"
                                            + " ORDER BY number DESC LIMIT -1 OFFSET ?",
                                    Old::of,
                                    pipeline,
                                    Math.max(0, kept));
                    int deleted = 0;
                    for (var run : old) {
                        if (!run.active() && !releases.contains(run.release())) {
                            deleted += delete(s, pipeline, run.number());
                        }
                    }
                    return deleted;
                });
    }

    /** A run that is not among the newest. */
    private record Old(long number, String release, String state) {
        static Old of(ResultSet r) throws SQLException {
            return new Old(
                    r.getLong(1),
                    Objects.requireNonNullElse(r.getString(2), ""),
                    Objects.requireNonNullElse(r.getString(3), ""));
        }

        boolean active() {
            return state.equals(Run.RUNNING);
        }
    }

    private static int delete(Session s, String pipeline, long number) throws SQLException {
        s.update("DELETE FROM step_result WHERE pipeline = ? AND number = ?", pipeline, number);
        return s.update("DELETE FROM run WHERE pipeline = ? AND number = ?", pipeline, number);
    }

    /**
     * Moves the runs of a renamed pipeline. Those of an earlier pipeline with the new name are
     * deleted, because each pipeline counts its runs from 1.
     */
    static void rename(Session s, String from, String to) throws SQLException {
        if (s.number("SELECT count(*) FROM run WHERE pipeline = ?", from) == 0) {
            return;
        }
        for (var table : List.of("run", "step_result")) {
            s.update("DELETE FROM " + table + " WHERE pipeline = ?", to);
            s.update("UPDATE " + table + " SET pipeline = ? WHERE pipeline = ?", to, from);
        }
    }

    /** Reads a run. Its pipeline may have been renamed since it was written. */
    private static Run read(ResultSet r) throws SQLException {
        var pipeline = r.getString(1);
        long number = r.getLong(2);
        try {
            var run = CODEC.record(Json.read(r.getString(3)), Run.class);
            if (run.number() != number) {
                throw unreadable(pipeline, number, "it is of run " + run.number(), null);
            }
            return run.of(pipeline);
        } catch (Json.Malformed | IllegalArgumentException | IllegalStateException e) {
            throw unreadable(pipeline, number, String.valueOf(e.getMessage()), e);
        }
    }

    private static StateJson.Unreadable unreadable(
            String pipeline, long number, String why, @Nullable Exception e) {
        return new StateJson.Unreadable(
                "run " + number + " of " + pipeline + " cannot be read: " + why, e);
    }
}
