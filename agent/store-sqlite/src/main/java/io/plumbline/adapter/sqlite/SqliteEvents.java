package io.plumbline.adapter.sqlite;

import io.plumbline.core.rollout.PipelineEvent;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rows of events in the ledger's file. */
final class SqliteEvents {
    private static final String COLUMNS =
            "seq, at, pipeline, deployment, engine, service, type, field, from_value, to_value,"
                    + " reason";

    private SqliteEvents() {}

    /** Writes an event; returns its number. */
    static long insert(Session s, PipelineEvent e) throws SQLException {
        return s.number(
                "INSERT INTO event (at, pipeline, deployment, engine, service, type,"
                        + " field, from_value, to_value, reason)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq",
                e.at().toString(),
                e.pipeline(),
                e.deployment(),
                e.engine(),
                e.service(),
                e.type(),
                e.field(),
                e.from(),
                e.to(),
                e.reason());
    }

    /** Returns the event with its number. */
    static PipelineEvent numbered(PipelineEvent e, long seq) {
        return new PipelineEvent(
                seq,
                e.at(),
                e.pipeline(),
                e.deployment(),
                e.engine(),
                e.service(),
                e.type(),
                e.field(),
                e.from(),
                e.to(),
                e.reason());
    }

    /**
     * Returns events.
     *
     * @param pipeline null for all
     * @param end condition and order, with places for the number and the limit
     */
    static List<PipelineEvent> select(
            Session s, @Nullable String pipeline, String end, long number, int limit)
            throws SQLException {
        String all = "SELECT " + COLUMNS + " FROM event WHERE ";
        return pipeline == null
                ? s.all(all + end, SqliteEvents::event, number, limit)
                : s.all(
                        all + "pipeline = ? AND " + end,
                        SqliteEvents::event,
                        pipeline,
                        number,
                        limit);
    }

    private static PipelineEvent event(ResultSet r) throws SQLException {
        return new PipelineEvent(
                r.getLong(1),
                Instant.parse(r.getString(2)),
                r.getString(3),
                r.getString(4),
                r.getString(5),
                r.getString(6),
                r.getString(7),
                r.getString(8),
                r.getString(9),
                r.getString(10),
                r.getString(11));
    }
}
