package io.plumbline.core.access;

/** The permission that an API path requires; each includes those before it. */
public enum Permission {
    /** None: health, and paths with their own authentication, such as webhooks. */
    OPEN("nothing"),
    /** Read: status, plan, diff, history, events, why, logs. */
    VIEW("view"),
    /** Change pipelines: sync, rollback, pause, resume, retry, restart. */
    OPERATE("operate"),
    /** Change access: tokens and the audit. */
    ADMIN("admin");

    private final String word;

    Permission(String word) {
        this.word = word;
    }

    /** Returns the word in messages. */
    public String word() {
        return word;
    }
}
