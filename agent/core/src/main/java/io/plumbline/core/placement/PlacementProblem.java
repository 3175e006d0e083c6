package io.plumbline.core.placement;

/**
 * A request that the placement could not fulfil.
 *
 * @param kind its kind
 * @param service the service; empty for the whole pipeline
 * @param text one sentence for display, with the remedy
 */
public record PlacementProblem(Kind kind, String service, String text) {

    /** The kind of a problem. */
    public enum Kind {
        /** Replicas fit on no engine and do not run. */
        NO_ROOM(true),
        /** The manifest chooses fewer engines than {@code minEngines}. */
        TOO_FEW_ENGINES(true),
        /** The manifest names an engine that the repository does not have. */
        UNKNOWN_ENGINE(true),
        /** Replicas should leave an engine, but no other engine takes them: they stay. */
        NOWHERE_TO_GO(false),
        /**
         * A stateful service should leave an engine, but only an operator may move it: it stays.
         */
        STATEFUL(false),
        /** Replicas should leave a lost engine, but moved too often lately: they stay. */
        HELD(false);

        private final boolean blocking;

        Kind(boolean blocking) {
            this.blocking = blocking;
        }

        /** Whether the release must not be deployed with it. */
        public boolean blocking() {
            return blocking;
        }
    }
}
