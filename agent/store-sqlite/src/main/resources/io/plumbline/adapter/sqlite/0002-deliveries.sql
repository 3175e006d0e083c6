-- Webhook deliveries, for people; so many of each repository, and so many refused ones.

CREATE TABLE delivery (
    number       INTEGER PRIMARY KEY,
    repository   TEXT NOT NULL,
    provider     TEXT NOT NULL,
    event        TEXT NOT NULL,
    host_id      TEXT NOT NULL,
    from_address TEXT NOT NULL,
    at           TEXT NOT NULL, -- ISO 8601, for display only
    last_at      TEXT NOT NULL,
    times        INTEGER NOT NULL,
    result       TEXT NOT NULL,
    commit_id    TEXT NOT NULL,
    reason       TEXT NOT NULL
) STRICT;
