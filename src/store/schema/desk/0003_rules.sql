-- The officers' rule desk. src/flow/rules.rs says what is signed, src/flow/rule_trial.rs what a trial is.

-- A set that persons changed is signed by both; `base` is the set in force that it was made from, `edits` how, where it
-- was made on the desk and not of files; `changes` says in words what it changes. The sizes count rules and terms that
-- block or hold; `smaller` is 1 where a fifth or more of them is gone, which both signatures then say.
ALTER TABLE rule_sets ADD COLUMN base TEXT;
ALTER TABLE rule_sets ADD COLUMN edits TEXT;
ALTER TABLE rule_sets ADD COLUMN changes TEXT;
ALTER TABLE rule_sets ADD COLUMN size_before BIGINT;
ALTER TABLE rule_sets ADD COLUMN size_after BIGINT;
ALTER TABLE rule_sets ADD COLUMN smaller BIGINT;
ALTER TABLE rule_sets ADD COLUMN proposer_key TEXT;
ALTER TABLE rule_sets ADD COLUMN proposer_signature TEXT;
ALTER TABLE rule_sets ADD COLUMN approver_key TEXT;
ALTER TABLE rule_sets ADD COLUMN approver_signature TEXT;
ALTER TABLE rule_sets ADD COLUMN refusal TEXT;

-- What a change would hit among what is published and what waits. `shown` holds the newest hits, `items` the ids that
-- are screened first when the change comes into force.
CREATE TABLE rule_trials (
    id TEXT NOT NULL PRIMARY KEY,
    proposal BIGINT REFERENCES rule_sets (number),
    edits TEXT,
    base TEXT NOT NULL,
    made_by TEXT NOT NULL,
    created BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    total BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    hits BIGINT NOT NULL,
    withdrawn BIGINT NOT NULL,
    waiting_hits BIGINT NOT NULL,
    shown TEXT NOT NULL,
    items TEXT NOT NULL,
    error TEXT NOT NULL,
    updated BIGINT NOT NULL
);
CREATE INDEX rule_trials_proposal ON rule_trials (proposal);

-- How often a rule found something, a day (days since 1970-01-01, China's time).
CREATE TABLE rule_figures (
    rule TEXT NOT NULL,
    day BIGINT NOT NULL,
    blocked BIGINT NOT NULL,
    held BIGINT NOT NULL,
    noted BIGINT NOT NULL,
    false_hits BIGINT NOT NULL,
    openings BIGINT NOT NULL,
    PRIMARY KEY (rule, day)
);

-- How far the screening after a change of rules has come.
CREATE TABLE rescreens (
    rule_set TEXT NOT NULL PRIMARY KEY,
    total BIGINT NOT NULL,
    screened BIGINT NOT NULL,
    withdrawn BIGINT NOT NULL,
    started BIGINT NOT NULL,
    finished BIGINT
);

-- What is published, the newest first.
CREATE INDEX items_newest ON items (site_seq) WHERE site_seq IS NOT NULL;
