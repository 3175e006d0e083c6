package io.plumbline.core.access;

/**
 * Verifies records one by one, in their order.
 *
 * <ol>
 *   <li>Each record's hash is that of its members.
 *   <li>Each names the hash of the one before as its {@code previous}.
 *   <li>Sequence numbers have no gap. A part of a chain may begin anywhere; a whole one begins at
 *       1.
 * </ol>
 *
 * Records cut off at the end are not seen by this: compare the head with one that was noted.
 */
public final class AuditChain {
    private final boolean whole;
    private long records;
    private long seq;
    private String head = AuditRecord.BEGIN;
    private long firstBad;
    private String reason = "";

    /**
     * A new look.
     *
     * @param whole whether it must begin at the first record
     */
    public AuditChain(boolean whole) {
        this.whole = whole;
    }

    /**
     * What was found.
     *
     * @param records looked at
     * @param firstBad sequence number of the first bad one; 0 when all is well
     * @param reason what is wrong with it
     * @param seq of the last
     * @param head hash of the last
     */
    public record Verdict(long records, long firstBad, String reason, long seq, String head) {
        /** Whether nothing is wrong. */
        public boolean good() {
            return firstBad == 0;
        }
    }

    /**
     * Looks at the next record.
     *
     * @param itsSeq as it says
     * @param previous as it says
     * @param hash as it says
     * @param computed of its members
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

    /** A record that cannot even be read. */
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

    /** What was found so far. */
    public Verdict verdict() {
        return new Verdict(records, firstBad, reason, seq, head);
    }
}
