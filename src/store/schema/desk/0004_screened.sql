-- Under which rules what is public or waits was screened last, and what the gate read of it; src/store/desk/screened.rs.

-- One row for each item that is queued, approved or published, and for no other. `place` counts screenings of new bytes
-- and is never used twice, so it stands for exactly these bytes. Apart from `items`, and narrow, so that a change of
-- rules costs an item no more than a few bytes. `noted` is 1 where the verdict of the item has findings.
CREATE TABLE screened (
    place BIGINT NOT NULL PRIMARY KEY,
    item_id TEXT NOT NULL UNIQUE REFERENCES items (id),
    rule_set TEXT NOT NULL,
    noted BIGINT NOT NULL CHECK (noted IN (0, 1))
);
INSERT INTO counter (name, seq, hash) SELECT 'screened', COUNT(*), '' FROM items;
INSERT INTO screened (place, item_id, rule_set, noted)
    SELECT ROW_NUMBER() OVER (ORDER BY created, id), id, rule_set, 1 FROM items
    WHERE status IN ('queued', 'approved', 'published');

-- Made from the item and its evidence; where a row is missing, those are read.
CREATE TABLE kept_texts (
    place BIGINT NOT NULL PRIMARY KEY REFERENCES screened (place) ON DELETE CASCADE,
    packed BYTEA NOT NULL
);

DROP INDEX items_rules;
DROP INDEX items_newest;
