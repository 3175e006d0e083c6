package io.plumbline.adapter.sqlite;

import io.plumbline.api.Codec;
import io.plumbline.api.Json;
import io.plumbline.api.Run;
import io.plumbline.api.StepRun;
import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.RunLedger;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/** The runs of steps, in the ledger's file. */
final class SqliteRuns implements RunLedger {
    private static final Codec CODEC = new Codec(UnaryOperator.identity());

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
        return one(pipeline, "SELECT record FROM run WHERE pipeline = ? AND number = ?", number);
    }

    @Override
    public List<Run> newest(String pipeline, int limit) {
        return database.read(
                "cannot read the runs of " + pipeline,
                s ->
                        List.copyOf(
                                s.all(
                                        "SELECT record FROM run WHERE pipeline = ?"
                                                + " ORDER BY number DESC LIMIT ?",
                                        SqliteRuns::read,
                                        pipeline,
                                        Math.max(0, limit))));
    }

    @Override
    public Optional<Run> ofKey(String pipeline, String key) {
        return one(
                pipeline,
                "SELECT record FROM run JOIN step_result USING (pipeline, number)"
                        + " WHERE pipeline = ? AND key = ? ORDER BY number DESC LIMIT 1",
                key);
    }

    @Override
    public Optional<Run> ofRelease(String pipeline, String release) {
        return one(
                pipeline,
                "SELECT record FROM run WHERE pipeline = ? AND release = ?"
                        + " ORDER BY number DESC LIMIT 1",
                release);
    }

    private Optional<Run> one(String pipeline, String query, Object second) {
        return database.read(
                "cannot read the runs of " + pipeline,
                s -> s.one(query, SqliteRuns::read, pipeline, second));
    }

    @Override
    public void trim(String pipeline, int kept, Set<String> releases) {
        var gone = new HashSet<Long>();
        newest(pipeline, Integer.MAX_VALUE).stream()
                .skip(kept)
                .filter(r -> !r.active())
                .filter(r -> r.release() == null || !releases.contains(r.release()))
                .forEach(r -> gone.add(r.number()));
        if (gone.isEmpty()) {
            return;
        }
        database.write(
                "cannot trim the runs of " + pipeline,
                s -> {
                    for (var number : gone) {
                        s.update(
                                "DELETE FROM run WHERE pipeline = ? AND number = ?",
                                pipeline,
                                number);
                        s.update(
                                "DELETE FROM step_result WHERE pipeline = ? AND number = ?",
                                pipeline,
                                number);
                    }
                    return true;
                });
    }

    private static Run read(ResultSet r) throws SQLException {
        try {
            return CODEC.record(Json.read(r.getString(1)), Run.class);
        } catch (Json.Malformed e) {
            throw new PlumblineException(
                    FailureKind.FAULT, "a run in the ledger cannot be read", e);
        }
    }
}
