-- The hash chain of the journal (see chain.py): an entry's seal, and the last seal of each instance. Entries of before have none.
ALTER TABLE journal ADD COLUMN hash TEXT NOT NULL DEFAULT '';
ALTER TABLE instance ADD COLUMN head TEXT NOT NULL DEFAULT '';
