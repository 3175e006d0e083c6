package io.plumbline.adapter.sqlite;

import io.plumbline.core.placement.Cordon;
import io.plumbline.port.Cordons;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/** The store of cordons, in the ledger's file. */
final class SqliteCordons implements Cordons {
    private final Database database;

    SqliteCordons(Database database) {
        this.database = database;
    }

    private record Row(String engine, Cordon cordon) {}

    @Override
    public Map<String, Cordon> all() {
        var rows =
                database.read(
                        "cannot read which engines are cordoned",
                        s ->
                                s.all(
                                        "SELECT engine, drain, by, at, reason FROM cordon",
                                        r ->
                                                new Row(
                                                        r.getString(1),
                                                        new Cordon(
                                                                r.getBoolean(2),
                                                                r.getString(3),
                                                                Instant.parse(r.getString(4)),
                                                                r.getString(5)))));
        var all = new TreeMap<String, Cordon>();
        rows.forEach(r -> all.put(r.engine(), r.cordon()));
        return all;
    }

    @Override
    public void put(String engine, Cordon cordon) {
        database.write(
                "cannot write that engine " + engine + " is cordoned",
                s ->
                        s.update(
                                "INSERT OR REPLACE INTO cordon (engine, drain, by, at, reason)"
                                        + " VALUES (?, ?, ?, ?, ?)",
                                engine,
                                cordon.drain() ? 1 : 0,
                                cordon.by(),
                                cordon.at().toString(),
                                cordon.reason()));
    }

    @Override
    public void lift(String engine) {
        database.write(
                "cannot write that engine " + engine + " is in use again",
                s -> s.update("DELETE FROM cordon WHERE engine = ?", engine));
    }
}
