package io.plumbline.core.access;

/** What an address of the API asks of its caller; each includes those before it. */
public enum Permission {
    /** Nothing: health, and doors that have a lock of their own, such as webhooks. */
    OPEN("nothing"),
    /** Look: status, plan, diff, history, events, why, logs. */
    VIEW("view"),
    /** Change what runs: sync, rollback, pause, resume, retry, restart. */
    OPERATE("operate"),
    /** Change who may: tokens and the audit. */
    ADMIN("admin");

    private final String word;

    Permission(String word) {
        this.word = word;
    }

    /** As messages spell it. */
    public String word() {
        return word;
    }
}
