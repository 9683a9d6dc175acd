-- The audit is append-only: SQLite's half. The one text that differs by engine, because the syntax of triggers does;
-- its twin is 0001_audit.postgres.sql.
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
