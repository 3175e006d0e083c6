package io.plumbline.core;

/** The kind of a failure. Each failure is classified once, where it is first seen. */
public enum FailureKind {
    /** The request is invalid: a manifest, a command line, a container that cannot start. */
    INVALID,
    /** An engine refused a container, and its message does not say whose fault it is. */
    REFUSED,
    /** The request may succeed later: registry down, disk full, engine busy. */
    TRANSIENT,
    /** The remote system did not answer within the deadline, or refused the connection. */
    UNREACHABLE,
    /**
     * One object of the remote system (a container, an image, a volume) did not answer, or could
     * not be asked, although the system itself answers. It says nothing about other objects.
     */
    UNRESPONSIVE,
    /** Another object prevents it: one with the same name or port, or a foreign volume. */
    CONFLICT,
    /** The request is not allowed, by credentials or a policy. */
    DENIED,
    /** The object does not exist: no such image, container, pipeline. */
    MISSING,
    /** A bug of the agent. */
    FAULT
}
