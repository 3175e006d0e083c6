package io.plumbline.core.access;

import io.plumbline.core.release.AllowPolicy;
import java.util.List;

/**
 * A role for some pipelines.
 *
 * @param role the role
 * @param pipelines patterns of names; {@code *} matches any characters, {@code *} alone all
 *     pipelines
 */
public record Grant(Role role, List<String> pipelines) {
    /** All pipelines. */
    public static final List<String> ALL = List.of("*");

    /**
     * Checks that there is a pattern, and that an admin's pattern is {@code *}.
     *
     * @throws IllegalArgumentException if not, with the reason
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

    /** Creates a grant of this role for all pipelines. */
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
