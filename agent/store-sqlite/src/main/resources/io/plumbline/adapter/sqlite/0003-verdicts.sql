-- Whose signature on a commit was found good, once and for good: a rollback asks for no Git and no
-- key file. Only heads that were let through are kept.

CREATE TABLE verdict (
    repository TEXT NOT NULL,
    commit_id  TEXT NOT NULL,
    key        TEXT NOT NULL, -- fingerprint of the key that signed
    issuer     TEXT NOT NULL, -- fingerprint of what vouches for it, or the same
    signer     TEXT NOT NULL,
    method     TEXT NOT NULL, -- openpgp, ssh
    at         TEXT NOT NULL, -- ISO 8601, when it was found good, for display only
    signature  TEXT NOT NULL, -- armored
    PRIMARY KEY (repository, commit_id)
) STRICT, WITHOUT ROWID;

-- Where `verify: {mode: range}` goes on from.
CREATE TABLE verified_head (
    repository TEXT NOT NULL,
    branch     TEXT NOT NULL,
    commit_id  TEXT NOT NULL,
    PRIMARY KEY (repository, branch)
) STRICT, WITHOUT ROWID;
