package io.plumbline.port;

import io.plumbline.core.access.AuditChain;
import io.plumbline.core.access.AuditEntry;
import io.plumbline.core.access.AuditRecord;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who asked for what, append-only and chained by hashes. Safe for use by several threads. */
public interface AuditLog {

    /**
     * Appends; it is on the disk when this returns.
     *
     * @throws PlumblineException when it cannot be written: what is to be audited is then not done
     */
    AuditRecord append(AuditEntry entry);

    /**
     * Records in rising order.
     *
     * @param after sequence number to go on from
     * @param since null for all
     */
    List<AuditRecord> read(long after, @Nullable Instant since, int limit);

    /** The newest records, in rising order. */
    List<AuditRecord> last(int limit);

    /** Looks at the whole chain. */
    AuditChain.Verdict verify();

    /** Keeps nothing: for servers of tests that are not about it. */
    static AuditLog none() {
        return new AuditLog() {
            @Override
            public AuditRecord append(AuditEntry entry) {
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
