package io.plumbline.adapter.sqlite;

import java.security.SecureRandom;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The ledger's random id. It is in the table {@code meta}, and also in the file {@code
 * ledger.exists} beside the ledger, so that a new ledger keeps the id if only the ledger was lost.
 *
 * @param value 16 hexadecimal digits
 */
record LedgerId(String value) {
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{16}");
    private static final int BYTES = 8;
    private static final String ID = "id";
    private static final String YOUNG = "young";

    /**
     * Returns the id of a ledger that was just opened; creates one if it has none.
     *
     * @param beside the id in the file beside it; empty if there is none
     * @param empty whether the ledger has no content
     */
    static LedgerId of(Session session, String beside, boolean empty) throws SQLException {
        var there = meta(session, ID);
        if (there.isPresent()) {
            return new LedgerId(there.get());
        }
        boolean kept = FORM.matcher(beside).matches();
        var id = new LedgerId(kept ? beside : random());
        session.run("BEGIN IMMEDIATE");
        try {
            put(session, ID, id.value());
            if (empty && !kept) {
                put(session, YOUNG, "yes");
            }
            session.run("COMMIT");
        } catch (SQLException | RuntimeException e) {
            session.run("ROLLBACK");
            throw e;
        }
        return id;
    }

    static boolean young(Session session) throws SQLException {
        return meta(session, YOUNG).isPresent();
    }

    static void grown(Session session) throws SQLException {
        session.update("DELETE FROM meta WHERE key = ?", YOUNG);
    }

    private static String random() {
        var bytes = new byte[BYTES];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static Optional<String> meta(Session session, String key) throws SQLException {
        return session.one("SELECT value FROM meta WHERE key = ?", r -> r.getString(1), key);
    }

    private static void put(Session session, String key, String value) throws SQLException {
        session.update("INSERT INTO meta (key, value) VALUES (?, ?)", key, value);
    }
}
