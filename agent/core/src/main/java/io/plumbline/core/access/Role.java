package io.plumbline.core.access;

import java.util.Optional;

/** The role of a caller, as tokens and the configuration name it. */
public enum Role {
    /** May read. */
    VIEWER("viewer", Permission.VIEW),
    /** May read and change pipelines. */
    OPERATOR("operator", Permission.OPERATE),
    /** May do everything, on every pipeline. */
    ADMIN("admin", Permission.ADMIN);

    private final String word;
    private final Permission most;

    Role(String word, Permission most) {
        this.word = word;
        this.most = most;
    }

    /** Returns the word in the configuration. */
    public String word() {
        return word;
    }

    /** Whether it includes the permission. */
    public boolean has(Permission permission) {
        return permission.compareTo(most) <= 0;
    }

    /** Parses {@link #word()}. */
    public static Optional<Role> of(String word) {
        for (var role : values()) {
            if (role.word.equals(word)) {
                return Optional.of(role);
            }
        }
        return Optional.empty();
    }
}
