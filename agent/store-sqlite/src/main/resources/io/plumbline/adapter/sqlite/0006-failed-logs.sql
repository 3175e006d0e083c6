-- Logs of containers of failed releases, kept beyond the containers.

CREATE TABLE failed_log (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    pipeline TEXT NOT NULL,
    release  TEXT NOT NULL,
    record   TEXT NOT NULL  -- JSON, without secret values
) STRICT;

CREATE INDEX failed_log_by_release ON failed_log (pipeline, release);
