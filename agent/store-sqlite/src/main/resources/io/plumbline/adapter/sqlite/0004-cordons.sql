-- Engines that operators took out of use, until they take them into use again.

CREATE TABLE cordon (
    engine TEXT PRIMARY KEY,
    drain  INTEGER NOT NULL, -- 1: what is there and may leave leaves
    by     TEXT NOT NULL,
    at     TEXT NOT NULL, -- ISO 8601, for display only
    reason TEXT NOT NULL
) STRICT;
