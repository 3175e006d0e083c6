package io.plumbline.core.placement;

/**
 * What placement could not do as asked.
 *
 * @param kind what sort
 * @param service whose; empty where it is the whole pipeline's
 * @param text one sentence for people, with what to do
 */
public record Problem(Kind kind, String service, String text) {

    /** Sorts of problems. */
    public enum Kind {
        /** Replicas fit on no engine and are nowhere. */
        NO_ROOM(true),
        /** The manifest chooses fewer engines than {@code minEngines}. */
        TOO_FEW_ENGINES(true),
        /** The manifest names an engine that the repository does not have. */
        UNKNOWN_ENGINE(true),
        /** Replicas should leave an engine, but there is no other place: they stay. */
        NOWHERE_TO_GO(false),
        /** A stateful service should leave an engine, but moves by hand only: it stays. */
        STATEFUL(false),
        /** Replicas should leave a lost engine, but moved too often lately: they stay. */
        HELD(false);

        private final boolean blocking;

        Kind(boolean blocking) {
            this.blocking = blocking;
        }

        /** Whether a release must not be brought out with it. */
        public boolean blocking() {
            return blocking;
        }
    }
}
