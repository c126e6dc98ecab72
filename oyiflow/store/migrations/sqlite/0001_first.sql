-- The first schema. Times are ISO 8601 text in UTC with microseconds: they sort, and people can read them.

-- What was published, for ever: running instances are loaded from here and never from files.
CREATE TABLE definition(
  digest TEXT PRIMARY KEY, name TEXT NOT NULL, version INTEGER NOT NULL,
  content TEXT NOT NULL, text TEXT NOT NULL, deployed TEXT NOT NULL,
  UNIQUE(name, version)
);

-- One row per instance, replaced at each step. The snapshot is its whole state.
CREATE TABLE instance(
  id TEXT PRIMARY KEY, process TEXT NOT NULL, version INTEGER NOT NULL,
  digest TEXT NOT NULL REFERENCES definition(digest),
  status TEXT NOT NULL, revision INTEGER NOT NULL, snapshot TEXT NOT NULL,
  started TEXT NOT NULL, updated TEXT NOT NULL,
  parent TEXT NOT NULL DEFAULT '', call TEXT NOT NULL DEFAULT '', key TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX instance_key ON instance(key) WHERE key <> '';
-- Not on the status too: an index whose columns a statement sets is written anew at each step, changed or not.
CREATE INDEX instance_process ON instance(process);
CREATE INDEX instance_parent ON instance(parent) WHERE parent <> '';

-- What happened; its fold from the start is the snapshot. Never updated, never deleted by a step.
-- With rowid: entries are appended page by page, where a clustered key would split pages and spill long entries.
-- Every entry has a key: the caller's, its timer's or call's, or `#` and its own revision. So one index finds the entries
-- of an instance (`number` is their order) and stops the duplicate of an event, also when the process would take it twice.
-- That a revision occurs once is ensured by the version check on the instance, in the same transaction.
CREATE TABLE journal(
  number INTEGER PRIMARY KEY,
  instance TEXT NOT NULL REFERENCES instance(id), revision INTEGER NOT NULL,
  at TEXT NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL, step TEXT NOT NULL,
  event TEXT NOT NULL, effects TEXT NOT NULL, trace TEXT NOT NULL, key TEXT NOT NULL,
  UNIQUE(instance, key)
);

-- Open tasks only, one row per holder and clustered by holder, so that "what waits for me" is one range. There is no
-- other index: the tasks of one instance stand in its snapshot, and a step knows the keys of the rows that it removes.
CREATE TABLE task(
  holder TEXT NOT NULL, instance TEXT NOT NULL REFERENCES instance(id), id TEXT NOT NULL,
  process TEXT NOT NULL, step TEXT NOT NULL, opened TEXT NOT NULL, due TEXT NOT NULL,
  PRIMARY KEY(holder, instance, id)
) WITHOUT ROWID;

CREATE TABLE timer(
  instance TEXT NOT NULL REFERENCES instance(id), id TEXT NOT NULL, due TEXT NOT NULL,
  wake TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',
  PRIMARY KEY(instance, id)
) WITHOUT ROWID;
CREATE INDEX timer_wake ON timer(wake);

-- AUTOINCREMENT keeps the order in which things were asked for, also after deletions.
CREATE TABLE outbox(
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
  instance TEXT NOT NULL REFERENCES instance(id), kind TEXT NOT NULL, payload TEXT NOT NULL,
  wake TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX outbox_wake ON outbox(wake) WHERE wake <> '';
CREATE INDEX outbox_instance ON outbox(instance);

CREATE TABLE notice(
  id TEXT NOT NULL, person TEXT NOT NULL, instance TEXT NOT NULL REFERENCES instance(id),
  task TEXT NOT NULL, step TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY(id, person)
) WITHOUT ROWID;
CREATE INDEX notice_person ON notice(person, at);
CREATE INDEX notice_instance ON notice(instance, at);
