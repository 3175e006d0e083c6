package io.plumbline.adapter.sqlite;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.core.FailureKind;
import io.plumbline.core.access.AuditChain;
import io.plumbline.core.access.AuditEntry;
import io.plumbline.core.access.AuditRecord;
import io.plumbline.port.PlumblineException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Records of the audit as they are stored. */
final class AuditJson {
    /** Of one width, so that texts sort as times do. */
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private AuditJson() {}

    static String time(Instant at) {
        return TIME.format(at);
    }

    /** One that can be shown; what was tampered with so that it cannot is a fault that says so. */
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

    private static AuditEntry entry(JsonNode json) {
        return new AuditEntry(
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

    /** Adds a row to what is verified: the bytes as they are stored. Its sequence number. */
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
