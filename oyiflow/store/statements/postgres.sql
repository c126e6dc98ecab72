-- The statements of the PostgreSQL store, by name. Lists of rows come as one array per column.

-- name: version
-- One statement and so one moment; no table is no schema.
SELECT to_regclass('schema_version') IS NOT NULL, to_regclass('instance') IS NOT NULL

-- name: steps
-- Plain steps of different instances, all in one statement: one trip, one transaction, one wait for the disk. Each holds only
-- if its instance has the revision that was decided upon and has not seen the key; who is not returned has written nothing.
-- `(… IN …) IS TRUE` makes a hash of who was moved; a plain IN is joined row by row.
-- An INSERT looks at the DELETE of its table, so that it comes after it: a task may be put back under the same key.
WITH w AS (
  SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::text[], $13::text[])
  AS w(id, revision, status, snapshot, at, kind, actor, step, event, effects, trace, key, hash)
), moved AS (
  UPDATE instance i SET status = w.status, revision = w.revision, snapshot = w.snapshot, updated = w.at, head = w.hash
  FROM w WHERE i.id = w.id AND i.revision = w.revision - 1
  AND NOT EXISTS (SELECT FROM journal j WHERE j.instance = w.id AND j.key = w.key)
  RETURNING w.id, w.revision, w.at, w.kind, w.actor, w.step, w.event, w.effects, w.trace, w.key, w.hash
), written AS (
  INSERT INTO journal(instance, revision, at, kind, actor, step, event, effects, trace, key, hash)
  SELECT id, revision, at, kind, actor, step, event, effects, trace, key, hash FROM moved
), closed AS (
  DELETE FROM task t USING unnest($14::text[], $15::text[], $16::text[]) AS c(holder, instance, id)
  WHERE t.holder = c.holder AND t.instance = c.instance AND t.id = c.id AND (c.instance IN (SELECT id FROM moved)) IS TRUE RETURNING 1
), opened AS (
  INSERT INTO task(holder, instance, id, process, step, opened, due)
  SELECT o.* FROM unnest($17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[])
  AS o(holder, instance, id, process, step, opened, due)
  WHERE (o.instance IN (SELECT id FROM moved)) IS TRUE AND (SELECT count(*) FROM closed) >= 0
), cancelled AS (
  DELETE FROM timer t USING unnest($24::text[], $25::text[]) AS c(instance, id)
  WHERE t.instance = c.instance AND t.id = c.id AND (c.instance IN (SELECT id FROM moved)) IS TRUE
), armed AS (
  INSERT INTO timer(instance, id, due, wake, tries, error)
  SELECT a.* FROM unnest($26::text[], $27::text[], $28::text[], $29::text[], $30::bigint[], $31::text[])
  AS a(instance, id, due, wake, tries, error) WHERE (a.instance IN (SELECT id FROM moved)) IS TRUE
)
SELECT id FROM moved

-- name: step
-- The step of a caller who is alone, one task for one task: without lists, which cost as much as the writing.
WITH moved AS (
  UPDATE instance SET status = $1::text, revision = $2::bigint, snapshot = $3::text, updated = $4::text, head = $5::text
  WHERE id = $6::text AND revision = $2::bigint - 1 RETURNING id
), written AS (
  INSERT INTO journal(instance, revision, at, kind, actor, step, event, effects, trace, key, hash)
  SELECT id, $2::bigint, $4::text, $7::text, $8::text, $9::text, $10::text, $11::text, $12::text, $13::text, $5::text FROM moved
), closed AS (
  DELETE FROM task WHERE holder = $14::text AND instance = $15::text AND id = $16::text AND EXISTS (SELECT FROM moved) RETURNING 1
), opened AS (
  INSERT INTO task(holder, instance, id, process, step, opened, due)
  SELECT $17::text, $18::text, $19::text, $20::text, $21::text, $22::text, $23::text FROM moved WHERE (SELECT count(*) FROM closed) >= 0
)
SELECT id FROM moved

-- name: writes
-- Writes of every kind, all in one statement. A write holds if every outbox row that it names is there with the tries that it
-- names (they are locked first), and if its instance could be moved or was born. $1: the numbers of the writes. One without an
-- entry of the journal ($26) is no step: it is there under its own revision.
WITH w AS (
  SELECT * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::bigint[], $9::text[],
    $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])
  AS w(n, id, process, version, digest, status, revision, snapshot, started, updated, parent, call, key, head)
), f AS (
  SELECT * FROM unnest($16::bigint[], $17::text[], $18::bigint[]) AS f(n, id, tries)
), held AS (
  SELECT f.n FROM f JOIN outbox o ON o.id = f.id AND o.tries = f.tries FOR UPDATE OF o
), ready AS (
  SELECT g.n FROM unnest($1::bigint[]) AS g(n)
  WHERE (SELECT count(*) FROM f WHERE f.n = g.n) = (SELECT count(*) FROM held WHERE held.n = g.n)
), published AS (
  INSERT INTO definition(digest, name, version, content, text, deployed)
  SELECT p.digest, p.name, p.version, p.content, p.text, p.deployed
  FROM unnest($19::bigint[], $20::text[], $21::text[], $22::bigint[], $23::text[], $24::text[], $25::text[])
  AS p(n, digest, name, version, content, text, deployed)
  ON CONFLICT (digest) DO UPDATE SET content = excluded.content, text = excluded.text
), moved AS (
  UPDATE instance i SET status = w.status, revision = w.revision, snapshot = w.snapshot, updated = w.updated, head = w.head
  FROM w WHERE (w.n IN (SELECT n FROM ready)) IS TRUE AND i.id = w.id AND i.revision = w.revision - (w.n = ANY($26::bigint[]))::int
  RETURNING i.id
), born AS (
  INSERT INTO instance(id, process, version, digest, status, revision, snapshot, started, updated, parent, call, key, head)
  SELECT id, process, version, digest, status, revision, snapshot, started, updated, parent, call, key, head
  FROM w WHERE w.revision = 1 AND w.n = ANY($26::bigint[]) AND (w.n IN (SELECT n FROM ready)) IS TRUE ON CONFLICT DO NOTHING RETURNING id
), ok AS (
  SELECT r.n FROM ready r WHERE NOT EXISTS (SELECT FROM w WHERE w.n = r.n)
  UNION ALL SELECT w.n FROM w WHERE w.id IN (SELECT id FROM moved UNION ALL SELECT id FROM born)
), written AS (
  INSERT INTO journal(instance, revision, at, kind, actor, step, event, effects, trace, key, hash)
  SELECT j.instance, j.revision, j.at, j.kind, j.actor, j.step, j.event, j.effects, j.trace, j.key, j.hash
  FROM unnest($26::bigint[], $27::text[], $28::bigint[], $29::text[], $30::text[], $31::text[], $32::text[], $33::text[],
    $34::text[], $35::text[], $36::text[], $37::text[])
  AS j(n, instance, revision, at, kind, actor, step, event, effects, trace, key, hash) WHERE (j.n IN (SELECT n FROM ok)) IS TRUE
), closed AS (
  DELETE FROM task t USING unnest($38::bigint[], $39::text[], $40::text[], $41::text[]) AS c(n, holder, instance, id)
  WHERE t.holder = c.holder AND t.instance = c.instance AND t.id = c.id AND (c.n IN (SELECT n FROM ok)) IS TRUE RETURNING 1
), opened AS (
  INSERT INTO task(holder, instance, id, process, step, opened, due)
  SELECT o.holder, o.instance, o.id, o.process, o.step, o.opened, o.due
  FROM unnest($42::bigint[], $43::text[], $44::text[], $45::text[], $46::text[], $47::text[], $48::text[], $49::text[])
  AS o(n, holder, instance, id, process, step, opened, due)
  WHERE (o.n IN (SELECT n FROM ok)) IS TRUE AND (SELECT count(*) FROM closed) >= 0
), cancelled AS (
  DELETE FROM timer t USING unnest($50::bigint[], $51::text[], $52::text[]) AS c(n, instance, id)
  WHERE t.instance = c.instance AND t.id = c.id AND (c.n IN (SELECT n FROM ok)) IS TRUE RETURNING 1
), armed AS (
  INSERT INTO timer(instance, id, due, wake, tries, error) SELECT a.instance, a.id, a.due, a.wake, a.tries, a.error
  FROM unnest($53::bigint[], $54::text[], $55::text[], $56::text[], $57::text[], $58::bigint[], $59::text[])
  AS a(n, instance, id, due, wake, tries, error) WHERE (a.n IN (SELECT n FROM ok)) IS TRUE AND (SELECT count(*) FROM cancelled) >= 0
), gone AS (
  DELETE FROM outbox o USING unnest($60::bigint[], $61::text[]) AS g(n, id)
  WHERE o.id = g.id AND (g.n IN (SELECT n FROM ok)) IS TRUE RETURNING 1
), asked AS (
  INSERT INTO outbox(id, instance, kind, payload, wake, tries, error)
  SELECT a.id, a.instance, a.kind, a.payload, a.wake, a.tries, a.error
  FROM unnest($62::bigint[], $63::text[], $64::text[], $65::text[], $66::text[], $67::text[], $68::bigint[], $69::text[])
  AS a(n, id, instance, kind, payload, wake, tries, error)
  WHERE (a.n IN (SELECT n FROM ok)) IS TRUE AND (SELECT count(*) FROM gone) >= 0
), postponed AS (
  UPDATE outbox o SET wake = p.wake, tries = p.tries, error = p.error
  FROM unnest($70::bigint[], $71::text[], $72::text[], $73::bigint[], $74::text[]) AS p(n, id, wake, tries, error)
  WHERE o.id = p.id AND (p.n IN (SELECT n FROM ok)) IS TRUE
), delayed AS (
  UPDATE timer t SET wake = d.wake, tries = d.tries, error = d.error
  FROM unnest($75::bigint[], $76::text[], $77::text[], $78::text[], $79::bigint[], $80::text[]) AS d(n, instance, id, wake, tries, error)
  WHERE t.instance = d.instance AND t.id = d.id AND (d.n IN (SELECT n FROM ok)) IS TRUE
), told AS (
  INSERT INTO notice(id, person, instance, task, step, reason, at)
  SELECT t.id, t.person, t.instance, t.task, t.step, t.reason, t.at
  FROM unnest($81::bigint[], $82::text[], $83::text[], $84::text[], $85::text[], $86::text[], $87::text[], $88::text[])
  AS t(n, id, person, instance, task, step, reason, at) WHERE (t.n IN (SELECT n FROM ok)) IS TRUE ON CONFLICT DO NOTHING
)
SELECT n FROM ok

-- name: definition_by_digest
-- How every instance finds its own definition.
SELECT digest, name, version, content, text, deployed FROM definition WHERE digest = $1

-- name: definitions_by_name
-- The last one is the latest. Without the contents, of which there may be many megabytes.
SELECT digest, name, version, '', '', deployed FROM definition WHERE name = $1 ORDER BY version

-- name: definitions
-- Everything that was ever published, without the contents.
SELECT digest, name, version, '', '', deployed FROM definition ORDER BY name, version

-- name: reserve
-- Numbers that nobody else gets, from any process: a row of its own is locked for one short transaction, not for a step's.
INSERT INTO counter(process, last) VALUES ($1, $2) ON CONFLICT (process) DO UPDATE SET last = counter.last + $2 RETURNING last

-- name: instance
-- Point look-up.
SELECT id, process, version, digest, status, revision, snapshot, started, updated, parent, call, key, head FROM instance WHERE id = $1

-- name: instances
-- For lists that people look at; an empty filter lets everything through.
SELECT id, process, version, digest, status, revision, snapshot, started, updated, parent, call, key, head FROM instance
WHERE ($1 = '' OR status = $1) AND ($2 = '' OR process = $2) ORDER BY number

-- name: children
-- Of its own, for an OR with a parameter keeps the index from being used, and `why` asks this at every answer.
SELECT id, process, version, digest, status, revision, snapshot, started, updated, parent, call, key, head FROM instance
WHERE parent = $1 AND parent <> '' AND ($2 = '' OR status = $2) AND ($3 = '' OR process = $3) ORDER BY number

-- name: journal
-- Upto 0 means all.
SELECT instance, revision, at, kind, actor, step, event, effects, trace, key, hash FROM journal
WHERE instance = $1 AND ($2::bigint = 0 OR revision <= $2) ORDER BY revision

-- name: answered_event
-- The first answer to a duplicate.
SELECT instance, revision FROM journal WHERE instance = $1 AND key = $2

-- name: answered_start
-- The instance that was started under this key.
SELECT id, 1 FROM instance WHERE key = $1 AND key <> ''

-- name: tasks
-- Everything that waits for anybody.
SELECT holder, instance, id, process, step, opened, due FROM task ORDER BY opened, instance, id, holder

-- name: tasks_of_holders
-- An inbox.
SELECT holder, instance, id, process, step, opened, due FROM task WHERE holder = ANY($1::text[]) ORDER BY opened, instance, id, holder

-- name: now
-- The clock that decides what is due, for every process the same; as text like every time.
SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')

-- name: due_timers
-- A look that claims nothing. The oldest first, so that a backlog is worked off fairly.
SELECT instance, id, due, wake, tries, error FROM timer WHERE wake <= $1 ORDER BY wake, instance, id LIMIT $2

-- name: due_outbox
-- A look that claims nothing. The oldest first, and of one moment in the order in which it was asked for. '' is given up.
SELECT id, instance, kind, payload, wake, tries, error FROM outbox WHERE wake <> '' AND wake <= $1 ORDER BY wake, number LIMIT $2

-- name: claim
-- Takes what is due from the other workers' sight until $3. SKIP LOCKED: who comes at the same moment gets the next rows
-- instead of waiting for the same ones. What a dead worker had claimed comes back by itself.
WITH dt AS (
  SELECT instance, id, wake FROM timer WHERE wake <= $1 ORDER BY wake, instance, id LIMIT $2 FOR UPDATE SKIP LOCKED
), t AS (
  UPDATE timer SET wake = $3 FROM dt WHERE timer.instance = dt.instance AND timer.id = dt.id
  RETURNING timer.instance, timer.id, timer.due, timer.wake, timer.tries, timer.error, dt.wake AS since
), dn AS (
  SELECT id, wake FROM outbox WHERE wake <> '' AND wake <= $1 ORDER BY wake, number LIMIT $2 FOR UPDATE SKIP LOCKED
), o AS (
  UPDATE outbox SET wake = $3 FROM dn WHERE outbox.id = dn.id
  RETURNING outbox.id, outbox.instance, outbox.kind, outbox.payload, outbox.wake, outbox.tries, outbox.error, outbox.number, dn.wake AS since
)
SELECT 't', instance, id, due, '', wake, tries, error, since, 0 FROM t
UNION ALL SELECT 'o', id, instance, kind, payload, wake, tries, error, since, number FROM o ORDER BY 1, 9, 10, 2, 3

-- name: outbox_of_instance
-- What an operator wants to see when a call does not come back.
SELECT id, instance, kind, payload, wake, tries, error FROM outbox WHERE instance = $1 ORDER BY number

-- name: notices
-- An empty filter lets everything through.
SELECT id, person, instance, task, step, reason, at FROM notice
WHERE ($1 = '' OR instance = $1) AND ($2 = '' OR person = $2) ORDER BY at, id, person
