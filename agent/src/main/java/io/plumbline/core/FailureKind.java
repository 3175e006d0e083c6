package io.plumbline.core;

/** What kind of failure something was; each failure is classified once, where it is first seen. */
public enum FailureKind {
    /** What was asked for cannot be: a manifest, a command line, a container that cannot start. */
    INVALID,
    /** An engine refused a container, and its text does not say whose fault that is. */
    REFUSED,
    /** May well work in a while: registry down, disk full, engine busy. */
    TRANSIENT,
    /** The other side did not answer within the deadline, or refused the connection. */
    UNREACHABLE,
    /**
     * One object of the other side (a container, an image, a volume) did not answer, or could not
     * be asked, although the other side itself answers. Says nothing about its neighbours.
     */
    UNRESPONSIVE,
    /** Something is in the way: a name, a port, a volume of somebody else. */
    CONFLICT,
    /** Not allowed: credentials, policy. */
    DENIED,
    /** Not there: no such image, container, pipeline. */
    MISSING,
    /** Our own mistake. */
    FAULT
}
