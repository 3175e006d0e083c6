-- Engines where what is not in this ledger may run, since it began empty: those that were not looked
-- at yet, or on which pipelines were found that are not on record yet.

CREATE TABLE unseen (
    engine TEXT PRIMARY KEY
) STRICT;
