-- The desk: what is not public. One text for SQLite and PostgreSQL; src/store/schema.rs says how it is read.
-- Ids are TEXT made by the application; times are microseconds since the epoch, UTC; digests are hexadecimal.

-- Numbers that must have no gaps and be in commit order. 'audit' also holds the hash of the last record, so a chain
-- that was cut short is seen; its row is locked first in every change, which makes changes go one after another.
CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL CHECK (seq >= 0),
    hash TEXT NOT NULL
);
INSERT INTO counter (name, seq, hash)
VALUES ('audit', 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- Append-only by the triggers of 0001_audit.*.sql, hash-chained by src/store/desk/audit.rs.
CREATE TABLE audit (
    seq BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_subject ON audit (subject, seq);

CREATE TABLE units (
    id TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,
    updated BIGINT NOT NULL
);

CREATE TABLE columns (
    id TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    body TEXT NOT NULL,
    updated BIGINT NOT NULL
);

CREATE TABLE sources (
    id TEXT NOT NULL PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    disabled_at BIGINT,
    body TEXT NOT NULL,
    updated BIGINT NOT NULL
);

CREATE TABLE links (
    position BIGINT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    updated BIGINT NOT NULL
);

-- Promise 1. What waits, is approved or is published was cleared by the gate for exactly these bytes; what is approved
-- or published was decided for exactly these bytes; what is published is on the site with exactly these bytes.
CREATE TABLE items (
    id TEXT NOT NULL PRIMARY KEY,
    source_id TEXT REFERENCES sources (id),
    url TEXT NOT NULL,
    status TEXT NOT NULL
        CHECK (status IN ('quarantined', 'queued', 'approved', 'published', 'returned', 'withdrawn', 'dismissed')),
    version BIGINT NOT NULL CHECK (version >= 1),
    content TEXT NOT NULL,
    content_hash TEXT NOT NULL CHECK (length(content_hash) = 64),
    title TEXT NOT NULL,
    unit_id TEXT NOT NULL REFERENCES units (id),
    column_id TEXT NOT NULL REFERENCES columns (id),
    published BIGINT,
    segments TEXT,
    raw TEXT,
    verdict TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('pass', 'hold', 'block')),
    rule_set TEXT NOT NULL,
    cleared_hash TEXT,
    cleared_rule_set TEXT,
    decision TEXT,
    decision_hash TEXT,
    reason TEXT NOT NULL,
    flags TEXT NOT NULL,
    duplicate_of TEXT,
    text_hash TEXT,
    site_seq BIGINT,
    site_hash TEXT,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    CONSTRAINT only_cleared_bytes_wait CHECK (
        status NOT IN ('queued', 'approved', 'published')
        OR (outcome = 'pass' AND cleared_rule_set IS NOT NULL AND cleared_hash IS NOT NULL
            AND cleared_hash = content_hash)),
    CONSTRAINT only_decided_bytes_go_on CHECK (
        status NOT IN ('approved', 'published')
        OR (decision IS NOT NULL AND decision_hash IS NOT NULL AND decision_hash = content_hash)),
    CONSTRAINT published_bytes_are_on_the_site CHECK (
        status <> 'published'
        OR (site_seq IS NOT NULL AND site_hash IS NOT NULL AND site_hash = content_hash)),
    CONSTRAINT withdrawn_is_off_the_site CHECK (status <> 'withdrawn' OR site_seq IS NULL)
);
CREATE INDEX items_status ON items (status, updated, id);
CREATE INDEX items_updated ON items (updated, id);
CREATE INDEX items_rules ON items (status, rule_set, id);
CREATE INDEX items_source ON items (source_id, status);
CREATE INDEX items_text ON items (text_hash);
CREATE INDEX items_on_site ON items (id) WHERE site_seq IS NOT NULL;

-- Which files an item names, so that erasing one item leaves the files of another.
CREATE TABLE item_blobs (
    item_id TEXT NOT NULL REFERENCES items (id),
    blob TEXT NOT NULL,
    PRIMARY KEY (item_id, blob)
);
CREATE INDEX item_blobs_blob ON item_blobs (blob);

-- One row for a kind and subject: the id is made of the two.
CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'poison')),
    due BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    asked BIGINT NOT NULL,
    lease_owner TEXT,
    lease_token TEXT,
    lease_until BIGINT,
    last_error TEXT NOT NULL,
    created BIGINT NOT NULL,
    CONSTRAINT a_lease_is_whole CHECK (
        (lease_owner IS NULL) = (lease_token IS NULL) AND (lease_owner IS NULL) = (lease_until IS NULL))
);
CREATE INDEX jobs_due ON jobs (kind, state, due, id);

-- The pace of a host, over all collectors and restarts.
CREATE TABLE hosts (
    host TEXT NOT NULL PRIMARY KEY,
    next_slot_at BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL,
    blocks BIGINT NOT NULL,
    block_reason TEXT NOT NULL,
    robots_state TEXT CHECK (robots_state IN ('found', 'absent', 'unreachable')),
    robots_body BYTEA,
    robots_fetched_at BIGINT,
    crawl_delay BIGINT,
    CONSTRAINT robots_are_whole CHECK (
        (robots_state IS NULL) = (robots_fetched_at IS NULL) AND (robots_state IS NULL) = (robots_body IS NULL))
);

CREATE TABLE urls (
    source_id TEXT NOT NULL REFERENCES sources (id),
    url TEXT NOT NULL,
    host TEXT NOT NULL REFERENCES hosts (host),
    priority BIGINT NOT NULL CHECK (priority IN (0, 1, 2)),
    column_id TEXT,
    title TEXT NOT NULL,
    published TEXT,
    state TEXT NOT NULL CHECK (state IN ('new', 'ok', 'missing', 'failing', 'refused', 'poison')),
    next_fetch_at BIGINT,
    lease_owner TEXT,
    lease_epoch BIGINT NOT NULL,
    lease_until BIGINT,
    attempts BIGINT NOT NULL,
    etag TEXT,
    last_modified TEXT,
    body_hash TEXT,
    failures BIGINT NOT NULL,
    last_error TEXT NOT NULL,
    item_id TEXT,
    missing_since BIGINT,
    missing_count BIGINT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_listed BIGINT NOT NULL,
    last_fetched BIGINT,
    PRIMARY KEY (source_id, url),
    CONSTRAINT a_lease_is_whole CHECK ((lease_owner IS NULL) = (lease_until IS NULL)),
    CONSTRAINT poison_is_not_asked CHECK (state <> 'poison' OR next_fetch_at IS NULL)
);
-- Holds all that a claim looks at, so that rows which are not due or whose host has no slot cost no look at the table.
CREATE INDEX urls_due ON urls (source_id, priority, next_fetch_at, lease_until, host);
CREATE INDEX urls_state ON urls (source_id, priority, state);

CREATE TABLE rounds (
    source_id TEXT NOT NULL REFERENCES sources (id),
    number BIGINT NOT NULL,
    started BIGINT NOT NULL,
    finished BIGINT,
    outcome TEXT NOT NULL,
    stats TEXT NOT NULL,
    PRIMARY KEY (source_id, number)
);
CREATE INDEX rounds_started ON rounds (started);

CREATE TABLE source_states (
    source_id TEXT NOT NULL PRIMARY KEY REFERENCES sources (id),
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    since BIGINT NOT NULL,
    last_ok BIGINT,
    checked BIGINT NOT NULL
);

CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('administrator', 'security-officer', 'auditor', 'centre-editor',
        'centre-reviewer', 'unit-editor', 'unit-reviewer', 'supervisor')),
    unit_id TEXT REFERENCES units (id),
    password TEXT,
    disabled_at BIGINT,
    created BIGINT NOT NULL,
    last_login BIGINT
);

-- Failed logins by 'name …' (whether or not there is such an account) and by 'address …'.
CREATE TABLE login_failures (
    subject TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    locked_until BIGINT,
    updated BIGINT NOT NULL
);

CREATE TABLE sessions (
    token TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES accounts (id),
    csrf TEXT NOT NULL,
    address TEXT NOT NULL,
    created BIGINT NOT NULL,
    last_seen BIGINT NOT NULL
);
CREATE INDEX sessions_person ON sessions (person_id);

CREATE TABLE one_time_links (
    token TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL UNIQUE REFERENCES accounts (id),
    until BIGINT NOT NULL
);

-- Two people: who proposed a rule set does not approve it. Exactly one is in force.
CREATE TABLE rule_sets (
    number BIGINT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    bundle TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'in-force', 'superseded', 'refused')),
    proposed_by TEXT NOT NULL,
    proposed_at BIGINT NOT NULL,
    note TEXT NOT NULL,
    decided_by TEXT,
    decided_at BIGINT,
    signature TEXT,
    CONSTRAINT two_people CHECK (
        state NOT IN ('in-force', 'superseded')
        OR (decided_by IS NOT NULL AND decided_by <> proposed_by AND decided_at IS NOT NULL
            AND signature IS NOT NULL))
);
CREATE UNIQUE INDEX one_rule_set_in_force ON rule_sets (state) WHERE state = 'in-force';
