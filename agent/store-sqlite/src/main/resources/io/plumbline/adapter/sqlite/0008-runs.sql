-- Runs of steps, and which of them made a result by running.

CREATE TABLE run (
    pipeline TEXT NOT NULL,
    number   INTEGER NOT NULL, -- from 1 in each pipeline
    release  TEXT,             -- the release that it made
    record   TEXT NOT NULL,    -- JSON, the record of the API
    PRIMARY KEY (pipeline, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_by_release ON run (pipeline, release);

CREATE TABLE step_result (
    pipeline TEXT NOT NULL,
    key      TEXT NOT NULL,
    number   INTEGER NOT NULL, -- the run in which the step succeeded
    PRIMARY KEY (pipeline, key, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX step_result_by_run ON step_result (pipeline, number);
