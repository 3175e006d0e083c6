package io.plumbline.port;

import io.plumbline.core.access.AuditChain;
import io.plumbline.core.access.AuditRecord;
import io.plumbline.core.access.AuditedAction;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The log of requests and their callers, append-only and chained by hashes. Safe for several
 * threads.
 */
public interface AuditLog {

    /**
     * Appends a record; it is on disk when the call returns.
     *
     * @throws PlumblineException if it cannot be written; the audited request is then not carried
     *     out
     */
    AuditRecord append(AuditedAction entry);

    /**
     * Returns records in rising order.
     *
     * @param after sequence number before the first record
     * @param since null for all
     */
    List<AuditRecord> read(long after, @Nullable Instant since, int limit);

    /** Returns the newest records, in rising order. */
    List<AuditRecord> last(int limit);

    /** Verifies the whole chain. */
    AuditChain.Verdict verify();

    /** Returns a log that keeps nothing, for tests of other parts. */
    static AuditLog none() {
        return new AuditLog() {
            @Override
            public AuditRecord append(AuditedAction entry) {
                return AuditRecord.after(1, AuditRecord.BEGIN, entry);
            }

            @Override
            public List<AuditRecord> read(long after, @Nullable Instant since, int limit) {
                return List.of();
            }

            @Override
            public List<AuditRecord> last(int limit) {
                return List.of();
            }

            @Override
            public AuditChain.Verdict verify() {
                return new AuditChain(true).verdict();
            }
        };
    }
}
