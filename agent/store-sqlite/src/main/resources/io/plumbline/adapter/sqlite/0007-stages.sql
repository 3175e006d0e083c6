-- How far each stage of a deployment got.

CREATE TABLE stage (
    pipeline   TEXT NOT NULL,
    deployment TEXT NOT NULL,
    position   INTEGER NOT NULL, -- from 0
    record     TEXT NOT NULL,    -- JSON
    PRIMARY KEY (pipeline, deployment, position)
) STRICT, WITHOUT ROWID;
