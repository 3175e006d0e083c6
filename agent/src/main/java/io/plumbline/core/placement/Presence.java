package io.plumbline.core.placement;

/**
 * What an engine can be asked to do. Where several hold, the caller gives the first of {@link
 * #DRAINED}, {@link #LOST}, {@link #CORDONED}, {@link #AWAY}.
 */
public enum Presence {
    /** It answers, and takes what is put there. */
    READY,
    /** It cannot be reached, but not for long: it keeps what it has and gets nothing new. */
    AWAY,
    /** It has not been reached for {@code failover.after}: what may leave is started elsewhere. */
    LOST,
    /** An operator's word: it keeps what it has and gets nothing new. */
    CORDONED,
    /** An operator's word: what may leave leaves. */
    DRAINED
}
