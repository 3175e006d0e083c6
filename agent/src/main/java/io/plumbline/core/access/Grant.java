package io.plumbline.core.access;

import io.plumbline.core.release.AllowPolicy;
import java.util.List;

/**
 * A role over some pipelines.
 *
 * @param role what may be done
 * @param pipelines patterns of names; {@code *} stands for any characters, {@code *} alone for all
 */
public record Grant(Role role, List<String> pipelines) {
    /** All pipelines. */
    public static final List<String> ALL = List.of("*");

    /**
     * Checks that there is a pattern, and that an admin's is all.
     *
     * @throws IllegalArgumentException where not, with the reason
     */
    public Grant {
        pipelines = List.copyOf(pipelines);
        if (pipelines.isEmpty()) {
            throw new IllegalArgumentException("a role needs a pattern of pipelines, or '*'");
        }
        if (role == Role.ADMIN && !pipelines.equals(ALL)) {
            throw new IllegalArgumentException(
                    "an admin makes tokens for every pipeline and so is one of all: pipelines must"
                            + " be '*'");
        }
    }

    /** That role over all pipelines. */
    public static Grant everywhere(Role role) {
        return new Grant(role, ALL);
    }

    boolean allows(Permission permission, String pipeline) {
        return role.has(permission)
                && pipelines.stream().anyMatch(p -> AllowPolicy.matches(p, pipeline));
    }

    boolean allowsOnAll(Permission permission) {
        return role.has(permission) && pipelines.contains("*");
    }
}
