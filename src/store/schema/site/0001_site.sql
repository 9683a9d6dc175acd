-- The site: what is public, and nothing else. One text for SQLite and PostgreSQL; src/store/schema.rs says how it is
-- read. Times are microseconds since the epoch, UTC; digests are hexadecimal.

-- 'feed' is the last number of the feed: taken in the transaction of the change, so the feed is in commit order.
CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL CHECK (seq >= 0)
);
INSERT INTO counter (name, seq) VALUES ('feed', 0);

-- Promise 4, as far as a database can say it: no item without a permit for exactly its bytes.
CREATE TABLE items (
    id TEXT NOT NULL PRIMARY KEY,
    content TEXT NOT NULL,
    content_hash TEXT NOT NULL CHECK (length(content_hash) = 64),
    permit TEXT NOT NULL CHECK (length(permit) > 0),
    permit_hash TEXT NOT NULL,
    seq BIGINT NOT NULL UNIQUE,
    column_id TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    published BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    CONSTRAINT permit_is_for_these_bytes CHECK (permit_hash = content_hash)
);
CREATE INDEX items_column ON items (column_id, published, id);
CREATE INDEX items_published ON items (published, id);

CREATE TABLE attachments (
    item_id TEXT NOT NULL REFERENCES items (id),
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    blob TEXT NOT NULL,
    text_blob TEXT,
    PRIMARY KEY (item_id, name)
);
CREATE INDEX attachments_blob ON attachments (blob);
CREATE INDEX attachments_text_blob ON attachments (text_blob);

CREATE TABLE feed (
    seq BIGINT NOT NULL PRIMARY KEY,
    item_id TEXT NOT NULL,
    op TEXT NOT NULL CHECK (op IN ('publish', 'withdraw')),
    at BIGINT NOT NULL
);

CREATE TABLE columns (
    id TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE units (
    id TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE links (
    position BIGINT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
);
