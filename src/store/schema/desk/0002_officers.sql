-- The officers' keys and the sealed quarantine. src/flow/officer_key.rs says what each field is for.

-- One living key pair per security officer; without a person it is the escrow key of an installation that has no officer
-- yet. The private half is a seed, sealed under the officer's password; a key that was retired opens nothing, and its
-- public half stays, so that old signatures can be checked.
CREATE TABLE officer_keys (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT REFERENCES accounts (id),
    sign_key TEXT NOT NULL,
    seal_key TEXT NOT NULL,
    salt TEXT,
    sealed_seed TEXT,
    created BIGINT NOT NULL,
    retired_at BIGINT,
    signature TEXT NOT NULL,
    CONSTRAINT a_sealed_seed_has_its_salt CHECK ((salt IS NULL) = (sealed_seed IS NULL)),
    CONSTRAINT retired_keys_open_nothing CHECK (retired_at IS NULL OR sealed_seed IS NULL)
);
CREATE UNIQUE INDEX one_living_key ON officer_keys (person_id) WHERE retired_at IS NULL;
