package io.plumbline.core.access;

import java.util.List;

/**
 * An authenticated caller.
 *
 * @param name the name in the credential: a token's name, an identity provider's subject
 * @param method the authentication method
 * @param proof the credential for the audit, never a secret: a token's id, an issuer
 * @param grants the caller's grants; they add up
 */
public record Principal(String name, Method method, String proof, List<Grant> grants) {

    /** The method of authentication. */
    public enum Method {
        /** The token of the agent's state folder, for anyone who may read that folder. */
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

        /** Returns the word in records. */
        public String word() {
            return word;
        }
    }

    /** Copies the grants. */
    public Principal {
        grants = List.copyOf(grants);
    }

    /** Whether the caller has the permission on this pipeline. */
    public boolean may(Permission permission, String pipeline) {
        return permission == Permission.OPEN
                || grants.stream().anyMatch(g -> g.allows(permission, pipeline));
    }

    /** Whether the caller has the permission on every pipeline, future ones included. */
    public boolean mayOnAll(Permission permission) {
        return permission == Permission.OPEN
                || grants.stream().anyMatch(g -> g.allowsOnAll(permission));
    }

    /** Whether the caller may have the permission on some pipeline. */
    public boolean maySomewhere(Permission permission) {
        return permission == Permission.OPEN
                || grants.stream().anyMatch(g -> g.role().has(permission));
    }

    /**
     * Returns the name for deployments and events, {@code token:ci}. No caller can claim it,
     * because a claimed name has no colon.
     */
    public String recorded() {
        return method.word() + ":" + name;
    }
}
