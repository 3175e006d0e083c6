package io.plumbline.adapter.sqlite;

import io.plumbline.core.webhook.WebhookDelivery;
import io.plumbline.core.webhook.WebhookDelivery.Result;
import io.plumbline.port.Deliveries;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;

/** The store of webhook deliveries, in the ledger's file. */
final class SqliteDeliveries implements Deliveries {
    private static final String COLUMNS =
            "number, repository, provider, event, host_id, from_address, at, last_at, times, result,"
                    + " commit_id, reason";

    private final Database database;

    SqliteDeliveries(Database database) {
        this.database = database;
    }

    @Override
    public List<WebhookDelivery> load() {
        return database.read(
                "cannot read the records of webhooks",
                s ->
                        List.copyOf(
                                s.all(
                                        "SELECT " + COLUMNS + " FROM delivery ORDER BY number",
                                        SqliteDeliveries::delivery)));
    }

    private static WebhookDelivery delivery(ResultSet r) throws SQLException {
        var result = r.getString(10);
        return new WebhookDelivery(
                r.getLong(1),
                r.getString(2),
                r.getString(3),
                r.getString(4),
                r.getString(5),
                r.getString(6),
                Instant.parse(r.getString(7)),
                Instant.parse(r.getString(8)),
                r.getInt(9),
                Result.of(result).orElseThrow(() -> new SQLException("no result named " + result)),
                r.getString(11),
                r.getString(12));
    }

    @Override
    public void save(Collection<WebhookDelivery> records) {
        database.write(
                "cannot write the records of webhooks",
                s -> {
                    for (var d : records) {
                        write(s, d);
                    }
                    return trim(s);
                });
    }

    private static void write(Session s, WebhookDelivery d) throws SQLException {
        s.update(
                "INSERT OR REPLACE INTO delivery ("
                        + COLUMNS
                        + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                d.number(),
                d.repository(),
                d.provider(),
                d.event(),
                d.hostId(),
                d.from(),
                d.at().toString(),
                d.lastAt().toString(),
                d.times(),
                d.result().word(),
                d.commit(),
                d.reason());
    }

    /** Keeps the newest deliveries of each repository, and separately the newest refused ones. */
    private static int trim(Session s) throws SQLException {
        return s.update(
                "DELETE FROM delivery WHERE number IN (SELECT number FROM (SELECT number, result,"
                        + " row_number() OVER (PARTITION BY result = 'refused', CASE result WHEN"
                        + " 'refused' THEN '' ELSE repository END ORDER BY number DESC) AS place"
                        + " FROM delivery) WHERE place > CASE result WHEN 'refused' THEN ? ELSE ?"
                        + " END)",
                REFUSED,
                ACCEPTED);
    }
}
