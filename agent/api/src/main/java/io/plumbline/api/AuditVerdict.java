package io.plumbline.api;

import org.jspecify.annotations.Nullable;

/** Whether the audit is whole. */
@Doc("Whether the audit is whole.")
public record AuditVerdict(
        @Doc("Whether it is.") boolean good,
        @Doc("Number of records.") long records,
        @Doc("The first record that is not as it was written. Null if all are.")
                @Nullable Long firstBad,
        @Doc("What is wrong with it, else empty.") String reason,
        @Doc("The `seq` of the last record.") long seq,
        @Doc("The hash of the last record.") String head) {}
