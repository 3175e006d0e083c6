package io.plumbline.core.access;

import java.util.Optional;

/** What somebody is, as tokens and the configuration name it. */
public enum Role {
    /** May look. */
    VIEWER("viewer", Permission.VIEW),
    /** May look and change what runs. */
    OPERATOR("operator", Permission.OPERATE),
    /** May do everything, on every pipeline. */
    ADMIN("admin", Permission.ADMIN);

    private final String word;
    private final Permission most;

    Role(String word, Permission most) {
        this.word = word;
        this.most = most;
    }

    /** As it is written. */
    public String word() {
        return word;
    }

    /** Whether it includes the permission. */
    public boolean has(Permission permission) {
        return permission.compareTo(most) <= 0;
    }

    /** Reads {@link #word()}. */
    public static Optional<Role> of(String word) {
        for (var role : values()) {
            if (role.word.equals(word)) {
                return Optional.of(role);
            }
        }
        return Optional.empty();
    }
}
