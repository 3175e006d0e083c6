package io.plumbline.core.access;

/**
 * A verification of audit records, one by one in their order.
 *
 * <ol>
 *   <li>Each record's hash must match its members.
 *   <li>Each record's {@code previous} must be the hash of the one before.
 *   <li>Sequence numbers must have no gap. A part of a chain may begin anywhere; a whole chain
 *       begins at 1.
 * </ol>
 *
 * <p>It does not detect records that are cut off at the end: compare the head with one that was
 * noted before.
 */
public final class AuditChain {
    private final boolean whole;
    private long records;
    private long seq;
    private String head = AuditRecord.BEGIN;
    private long firstBad;
    private String reason = "";

    /**
     * Creates a verification.
     *
     * @param whole whether the chain must begin at the first record
     */
    public AuditChain(boolean whole) {
        this.whole = whole;
    }

    /**
     * The result of a verification.
     *
     * @param records number of records
     * @param firstBad sequence number of the first bad record; 0 if there is none
     * @param reason why that record is bad
     * @param seq sequence number of the last record
     * @param head hash of the last record
     */
    public record Verdict(long records, long firstBad, String reason, long seq, String head) {
        /** Whether there is no bad record. */
        public boolean good() {
            return firstBad == 0;
        }
    }

    /**
     * Checks the next record.
     *
     * @param itsSeq its recorded sequence number
     * @param previous its recorded predecessor
     * @param hash its recorded hash
     * @param computed the hash computed from its members
     */
    public void add(long itsSeq, String previous, String hash, String computed) {
        records++;
        if (firstBad != 0) {
            return;
        }
        boolean first = records == 1 && !whole;
        if (!first && itsSeq != seq + 1) {
            bad(seq + 1, "it is missing: the next one is " + itsSeq);
        } else if (!hash.equals(computed)) {
            bad(itsSeq, "it was changed: its hash is not that of what it says");
        } else if (!first && !previous.equals(head)) {
            bad(itsSeq, "it does not follow the record before, which was replaced");
        }
        seq = itsSeq;
        head = hash;
    }

    /** Counts a record that cannot be parsed. */
    public void unreadable(long itsSeq) {
        records++;
        if (firstBad == 0) {
            bad(itsSeq, "it cannot be read");
        }
    }

    private void bad(long which, String why) {
        firstBad = which;
        reason = why;
    }

    /** Returns the result so far. */
    public Verdict verdict() {
        return new Verdict(records, firstBad, reason, seq, head);
    }
}
