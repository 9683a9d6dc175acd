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

-- What the gate held: one sealed file an item, and its key once for every officer. The row of the item says no word of it.
CREATE TABLE sealed_items (
    item_id TEXT NOT NULL PRIMARY KEY REFERENCES items (id),
    package TEXT NOT NULL,
    sealed_at BIGINT NOT NULL
);
CREATE TABLE sealed_keys (
    item_id TEXT NOT NULL REFERENCES sealed_items (item_id),
    key_id TEXT NOT NULL REFERENCES officer_keys (id),
    wrapped TEXT NOT NULL,
    PRIMARY KEY (item_id, key_id)
);
CREATE INDEX sealed_keys_key ON sealed_keys (key_id);

-- Files that no item may name any more, and items of which the index may still hold words; the job `clean` takes them out.
CREATE TABLE to_clean (
    kind TEXT NOT NULL CHECK (kind IN ('blob', 'item')),
    name TEXT NOT NULL,
    PRIMARY KEY (kind, name)
);

-- 涉密 confirmed: what the report form is printed from. No word of the text.
CREATE TABLE incidents (
    number TEXT NOT NULL PRIMARY KEY,
    item_id TEXT NOT NULL REFERENCES items (id),
    opened BIGINT NOT NULL,
    person_id TEXT NOT NULL REFERENCES accounts (id),
    body TEXT NOT NULL
);
CREATE INDEX incidents_item ON incidents (item_id);

-- Destruction takes two officers: who asked is not who confirms.
CREATE TABLE destructions (
    item_id TEXT NOT NULL PRIMARY KEY REFERENCES items (id),
    asked_by TEXT NOT NULL REFERENCES accounts (id),
    asked_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    confirmed_by TEXT REFERENCES accounts (id),
    confirmed_at BIGINT,
    CONSTRAINT two_officers CHECK (confirmed_by IS NULL OR confirmed_by <> asked_by)
);
