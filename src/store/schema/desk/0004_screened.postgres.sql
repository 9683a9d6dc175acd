-- What is packed already is not packed again.
ALTER TABLE kept_texts ALTER COLUMN packed SET STORAGE EXTERNAL;
