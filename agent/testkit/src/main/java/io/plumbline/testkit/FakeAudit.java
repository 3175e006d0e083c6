package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.core.access.AuditChain;
import io.plumbline.core.access.AuditRecord;
import io.plumbline.core.access.AuditedAction;
import io.plumbline.port.AuditLog;
import io.plumbline.port.PlumblineException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** An audit in memory. */
public final class FakeAudit implements AuditLog {
    /** All that was written. */
    public final List<AuditRecord> records = new CopyOnWriteArrayList<>();

    /** Nothing can be written while it is set. */
    public volatile boolean full;

    @Override
    public synchronized AuditRecord append(AuditedAction entry) {
        if (full) {
            throw new PlumblineException(FailureKind.TRANSIENT, "the disk is full");
        }
        var head = records.isEmpty() ? AuditRecord.BEGIN : records.getLast().hash();
        var record = AuditRecord.after(records.size() + 1, head, entry);
        records.add(record);
        return record;
    }

    @Override
    public List<AuditRecord> read(long after, @Nullable Instant since, int limit) {
        return records.stream()
                .filter(r -> r.seq() > after)
                .filter(r -> since == null || !r.entry().at().isBefore(since))
                .limit(limit)
                .toList();
    }

    @Override
    public List<AuditRecord> last(int limit) {
        return records.subList(Math.max(0, records.size() - limit), records.size());
    }

    @Override
    public AuditChain.Verdict verify() {
        var chain = new AuditChain(true);
        records.forEach(
                r -> chain.add(r.seq(), r.previous(), r.hash(), AuditRecord.hash(r.members())));
        return chain.verdict();
    }
}
