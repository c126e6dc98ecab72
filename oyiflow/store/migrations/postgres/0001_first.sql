-- The first schema. Times are ISO 8601 text in UTC with microseconds, as in the file store; the collation "C" compares bytes,
-- which is fast, the same on every server, and the order of time.

CREATE TABLE definition(
  digest TEXT COLLATE "C" PRIMARY KEY, name TEXT COLLATE "C" NOT NULL, version BIGINT NOT NULL,
  content TEXT NOT NULL, text TEXT NOT NULL, deployed TEXT NOT NULL,
  UNIQUE(name, version)
);

-- One row per instance, replaced at each step. No index holds a column that a step sets, and each page keeps room for the
-- next version of its rows: so a step touches no index here (a HOT update).
CREATE TABLE instance(
  id TEXT COLLATE "C" PRIMARY KEY, process TEXT COLLATE "C" NOT NULL, version BIGINT NOT NULL,
  digest TEXT COLLATE "C" NOT NULL REFERENCES definition(digest),
  status TEXT COLLATE "C" NOT NULL, revision BIGINT NOT NULL, snapshot TEXT NOT NULL,
  started TEXT COLLATE "C" NOT NULL, updated TEXT NOT NULL,
  parent TEXT COLLATE "C" NOT NULL DEFAULT '', call TEXT NOT NULL DEFAULT '', key TEXT COLLATE "C" NOT NULL DEFAULT '',
  head TEXT NOT NULL DEFAULT '', number BIGINT GENERATED ALWAYS AS IDENTITY
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CREATE UNIQUE INDEX instance_key ON instance(key) WHERE key <> '';
CREATE INDEX instance_process ON instance(process, number);
CREATE INDEX instance_parent ON instance(parent) WHERE parent <> '';

-- The numbers that instances without an id of their own are called by.
CREATE TABLE counter(process TEXT COLLATE "C" PRIMARY KEY, last BIGINT NOT NULL) WITH (fillfactor = 50);

-- What happened. No foreign keys here and below: every statement that writes a step writes the instance as well, and the
-- look for the instance at each row would cost a tenth of the step.
CREATE TABLE journal(
  instance TEXT COLLATE "C" NOT NULL, revision BIGINT NOT NULL,
  at TEXT NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL, step TEXT NOT NULL,
  event TEXT NOT NULL, effects TEXT NOT NULL, trace TEXT NOT NULL, key TEXT COLLATE "C" NOT NULL, hash TEXT NOT NULL DEFAULT '',
  UNIQUE(instance, key)
);

-- Open tasks only, one row per holder.
CREATE TABLE task(
  holder TEXT COLLATE "C" NOT NULL, instance TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL,
  process TEXT NOT NULL, step TEXT NOT NULL, opened TEXT COLLATE "C" NOT NULL, due TEXT NOT NULL,
  PRIMARY KEY(holder, instance, id)
) WITH (autovacuum_vacuum_scale_factor = 0.02);

-- Rows come and go: old versions are cleaned up early, or looking for what is due would wade through them.
CREATE TABLE timer(
  instance TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, due TEXT COLLATE "C" NOT NULL,
  wake TEXT COLLATE "C" NOT NULL, tries BIGINT NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',
  PRIMARY KEY(instance, id)
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX timer_wake ON timer(wake, instance, id);

CREATE TABLE outbox(
  number BIGINT GENERATED ALWAYS AS IDENTITY, id TEXT COLLATE "C" PRIMARY KEY,
  instance TEXT COLLATE "C" NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
  wake TEXT COLLATE "C" NOT NULL, tries BIGINT NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT ''
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX outbox_wake ON outbox(wake, number) WHERE wake <> '';
CREATE INDEX outbox_instance ON outbox(instance);

CREATE TABLE notice(
  id TEXT COLLATE "C" NOT NULL, person TEXT COLLATE "C" NOT NULL, instance TEXT COLLATE "C" NOT NULL,
  task TEXT NOT NULL, step TEXT NOT NULL, reason TEXT NOT NULL, at TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY(id, person)
);
CREATE INDEX notice_person ON notice(person, at);
CREATE INDEX notice_instance ON notice(instance, at);
