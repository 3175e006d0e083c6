package io.plumbline.adapter.sqlite;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.core.FailureKind;
import io.plumbline.core.access.AuditChain;
import io.plumbline.core.access.AuditRecord;
import io.plumbline.core.access.AuditedAction;
import io.plumbline.port.PlumblineException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** The stored form of audit records. */
final class AuditJson {
    /** A fixed width, so that texts sort like times. */
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private AuditJson() {}

    static String time(Instant at) {
        return TIME.format(at);
    }

    /** Parses a record for display; fails with {@code FAULT} if it was damaged. */
    static AuditRecord read(long seq, String text, String hash) {
        try {
            var json = JsonTree.parse(text);
            return new AuditRecord(seq, JsonTree.need(json, "previous"), entry(json), hash);
        } catch (JsonProcessingException | IllegalArgumentException | DateTimeException e) {
            throw new PlumblineException(
                    FailureKind.FAULT,
                    "record "
                            + seq
                            + " of the audit cannot be read; `plumb audit --verify` tells where"
                            + " the chain is broken",
                    e);
        }
    }

    private static AuditedAction entry(JsonNode json) {
        return new AuditedAction(
                JsonTree.instant(json, "at"),
                json.path("of").asLong(),
                JsonTree.need(json, "by"),
                JsonTree.need(json, "claimed"),
                JsonTree.need(json, "proof"),
                JsonTree.need(json, "address"),
                JsonTree.need(json, "action"),
                JsonTree.need(json, "pipeline"),
                JsonTree.textMap(json, "parameters"),
                JsonTree.flag(json, "allowed", false),
                JsonTree.need(json, "outcome"),
                JsonTree.need(json, "detail"));
    }

    /** Adds a row to the verification, with the stored bytes; returns its sequence number. */
    static long link(AuditChain chain, ResultSet r) throws SQLException {
        long seq = r.getLong("seq");
        var text = r.getString("record");
        try {
            var json = JsonTree.parse(text);
            boolean same = json.path("seq").asLong() == seq;
            chain.add(
                    seq,
                    json.path("previous").asText(),
                    r.getString("hash"),
                    same ? AuditRecord.hash(text) : "");
        } catch (JsonProcessingException e) {
            chain.unreadable(seq);
        }
        return seq;
    }
}
