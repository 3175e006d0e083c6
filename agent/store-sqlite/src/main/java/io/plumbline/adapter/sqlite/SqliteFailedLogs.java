package io.plumbline.adapter.sqlite;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.FailedLog;
import io.plumbline.port.FailedLogs;
import io.plumbline.port.PlumblineException;
import java.sql.SQLException;
import java.util.List;

/** The store of logs of failed releases, in the ledger's file. */
final class SqliteFailedLogs implements FailedLogs {
    private final Database database;

    SqliteFailedLogs(Database database) {
        this.database = database;
    }

    @Override
    public void keepLog(String pipeline, FailedLog log) {
        database.write(
                "cannot keep the log of container " + log.replica(),
                s -> {
                    var kept =
                            s.all(
                                    "SELECT record FROM failed_log"
                                            + " WHERE pipeline = ? AND release = ? ORDER BY seq",
                                    r -> read(r.getString(1)),
                                    pipeline,
                                    log.release());
                    s.update(
                            "DELETE FROM failed_log WHERE pipeline = ? AND release = ?",
                            pipeline,
                            log.release());
                    for (var one : FailedLog.with(kept, log)) {
                        s.update(
                                "INSERT INTO failed_log (pipeline, release, record)"
                                        + " VALUES (?, ?, ?)",
                                pipeline,
                                one.release(),
                                write(one));
                    }
                    return trim(s, pipeline);
                });
    }

    private static int trim(Session s, String pipeline) throws SQLException {
        return s.update(
                "DELETE FROM failed_log WHERE pipeline = ? AND release NOT IN"
                        + " (SELECT release FROM failed_log WHERE pipeline = ?"
                        + " GROUP BY release ORDER BY max(seq) DESC LIMIT ?)",
                pipeline,
                pipeline,
                FailedLog.RELEASES);
    }

    @Override
    public List<FailedLog> failedLogs(String pipeline) {
        return database.read(
                "cannot read the logs of failed releases of " + pipeline,
                s ->
                        List.copyOf(
                                s.all(
                                        "SELECT record FROM failed_log WHERE pipeline = ?"
                                                + " ORDER BY seq DESC",
                                        r -> read(r.getString(1)),
                                        pipeline)));
    }

    private static String write(FailedLog log) {
        var json = JsonTree.MAPPER.createObjectNode();
        json.put("release", log.release());
        json.put("deployment", log.deployment());
        json.put("engine", log.engine());
        json.put("service", log.service());
        json.put("container", log.replica());
        json.put("state", log.state());
        json.put("check", log.check());
        json.put("at", log.at().toString());
        var lines = json.putArray("lines");
        log.lines().forEach(lines::add);
        return json.toString();
    }

    private static FailedLog read(String text) {
        try {
            var json = JsonTree.parse(text);
            return new FailedLog(
                    JsonTree.need(json, "release"),
                    JsonTree.text(json, "deployment", ""),
                    JsonTree.need(json, "engine"),
                    JsonTree.need(json, "service"),
                    JsonTree.need(json, "container"),
                    JsonTree.text(json, "state", ""),
                    JsonTree.text(json, "check", ""),
                    JsonTree.instant(json, "at"),
                    JsonTree.texts(json, "lines"));
        } catch (JsonProcessingException e) {
            throw new PlumblineException(
                    FailureKind.FAULT, "a kept log in the ledger cannot be read", e);
        }
    }
}
