package io.plumbline.core.access;

import java.util.List;

/**
 * Somebody who proved who they are.
 *
 * @param name what the proof says: a token's name, an identity provider's subject
 * @param method how it was proved
 * @param proof what was shown, for the record, never a secret: a token's id, an issuer
 * @param grants what they may do; several add up
 */
public record Principal(String name, Method method, String proof, List<Grant> grants) {

    /** How somebody proved who they are. */
    public enum Method {
        /** The token of the agent's state folder: whoever may read that folder. */
        BOOTSTRAP("bootstrap"),
        /** A token made by {@code plumb tokens create}. */
        TOKEN("token"),
        /** A bearer token of an OpenID provider. */
        OIDC("oidc"),
        /** A client certificate. */
        CERTIFICATE("certificate");

        private final String word;

        Method(String word) {
            this.word = word;
        }

        /** As records spell it. */
        public String word() {
            return word;
        }
    }

    /** Keeps a copy of the grants. */
    public Principal {
        grants = List.copyOf(grants);
    }

    /** Whether they may do this to that pipeline. */
    public boolean may(Permission permission, String pipeline) {
        return permission == Permission.OPEN
                || grants.stream().anyMatch(g -> g.allows(permission, pipeline));
    }

    /** Whether they may do this to every pipeline, those to come included. */
    public boolean mayOnAll(Permission permission) {
        return permission == Permission.OPEN
                || grants.stream().anyMatch(g -> g.allowsOnAll(permission));
    }

    /** Whether there may be a pipeline that they may do this to. */
    public boolean maySomewhere(Permission permission) {
        return permission == Permission.OPEN
                || grants.stream().anyMatch(g -> g.role().has(permission));
    }

    /**
     * The name for deployments and events, {@code token:ci}: no caller can claim it, since a
     * claimed name holds no colon.
     */
    public String recorded() {
        return method.word() + ":" + name;
    }
}
