package io.plumbline.adapter.sqlite;

import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.PipelineState;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The tables of deployments and of their stages, one row for each stage. */
final class SqliteDeployments {
    private SqliteDeployments() {}

    /** Writes a deployment and the records of its stages, as far as they changed. */
    static void keep(Session s, String pipeline, DeploymentRecord d) throws SQLException {
        s.update(
                "INSERT INTO deployment (pipeline, id, record) VALUES (?, ?, ?)"
                        + " ON CONFLICT (pipeline, id)"
                        + " DO UPDATE SET record = excluded.record"
                        + " WHERE record <> excluded.record",
                pipeline,
                d.id(),
                StateJson.write(d));
        int position = 0;
        for (var record : d.stages()) {
            s.update(
                    "INSERT INTO stage (pipeline, deployment, position, record)"
                            + " VALUES (?, ?, ?, ?)"
                            + " ON CONFLICT (pipeline, deployment, position)"
                            + " DO UPDATE SET record = excluded.record"
                            + " WHERE record <> excluded.record",
                    pipeline,
                    d.id(),
                    position++,
                    StateJson.write(record));
        }
    }

    /** Returns deployments with the records of their stages, newest first. */
    static List<DeploymentRecord> history(Session s, String pipeline, int limit)
            throws SQLException {
        var found =
                s.all(
                        "SELECT record FROM deployment WHERE pipeline = ?"
                                + " ORDER BY seq DESC LIMIT ?",
                        UnreadableRecords.readable(r -> StateJson.readDeployment(r.getString(1))),
                        pipeline,
                        limit);
        var out = new ArrayList<DeploymentRecord>();
        for (var d : found.stream().flatMap(List::stream).toList()) {
            out.add(with(s, pipeline, d));
        }
        return List.copyOf(out);
    }

    private static DeploymentRecord with(Session s, String pipeline, DeploymentRecord d)
            throws SQLException {
        var found =
                s.all(
                        "SELECT record FROM stage WHERE pipeline = ? AND deployment = ?"
                                + " ORDER BY position",
                        UnreadableRecords.readable(r -> StateJson.readStage(r.getString(1))),
                        pipeline,
                        d.id());
        return found.isEmpty() ? d : d.with(found.stream().flatMap(List::stream).toList());
    }

    /** Returns the state with the records of its newest deployment's stages. */
    static PipelineState with(Session s, PipelineState state) throws SQLException {
        var d = state.deployment();
        if (d == null) {
            return state;
        }
        var whole = with(s, state.pipeline(), d);
        return state.with(x -> x.deployment = whole);
    }
}
