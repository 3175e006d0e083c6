package io.plumbline.adapter.sqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** SQL statements on one connection, for one thread at a time. */
record Session(Connection connection) {

    /** Reads a row. */
    interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Runs statements without parameters and results. */
    void run(String statements) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.executeUpdate(statements);
        }
    }

    /** Runs an update and returns the number of changed rows. */
    int update(String sql, @Nullable Object... parameters) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            bind(statement, parameters);
            return statement.executeUpdate();
        }
    }

    <T> List<T> all(String sql, Row<T> row, Object... parameters) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            bind(statement, parameters);
            try (var rows = statement.executeQuery()) {
                var all = new ArrayList<T>();
                while (rows.next()) {
                    all.add(row.read(rows));
                }
                return all;
            }
        }
    }

    <T> Optional<T> one(String sql, Row<T> row, Object... parameters) throws SQLException {
        return all(sql, row, parameters).stream().findFirst();
    }

    /** Returns the single number of a query. */
    long number(String sql, Object... parameters) throws SQLException {
        return one(sql, r -> r.getLong(1), parameters)
                .orElseThrow(() -> new SQLException("no row from " + sql));
    }

    private static void bind(PreparedStatement statement, @Nullable Object... parameters)
            throws SQLException {
        for (int i = 0; i < parameters.length; i++) {
            switch (parameters[i]) {
                case null -> statement.setObject(i + 1, null);
                case String s -> statement.setString(i + 1, s);
                case Long l -> statement.setLong(i + 1, l);
                case Integer n -> statement.setInt(i + 1, n);
                case byte[] b -> statement.setBytes(i + 1, b);
                case Object other ->
                        throw new IllegalArgumentException("no binding for " + other.getClass());
            }
        }
    }
}
