-- Tokens and audit, version 1. Never changed once released: a change is a new file.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    hash         TEXT NOT NULL, -- SHA-256 of the secret, which is kept nowhere
    role         TEXT NOT NULL,
    pipelines    TEXT NOT NULL, -- JSON: patterns
    created_by   TEXT NOT NULL,
    created_at   TEXT NOT NULL, -- ISO 8601
    expires_at   TEXT NOT NULL, -- empty for never
    revoked_at   TEXT NOT NULL, -- empty while it is good
    last_used_at TEXT NOT NULL  -- empty before the first use
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    seq    INTEGER PRIMARY KEY,
    at     TEXT NOT NULL, -- ISO 8601 with milliseconds, for --since
    record TEXT NOT NULL, -- canonical JSON without the hash
    hash   TEXT NOT NULL
) STRICT;

CREATE INDEX audit_by_time ON audit (at);

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;

CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
