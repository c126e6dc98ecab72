-- The statements of the SQLite store, by name. Parameters are positional in the order of the row types.

-- name: schema
-- One statement and so one moment: somebody may be creating the schema at this very time.
SELECT (SELECT user_version FROM pragma_user_version), (SELECT application_id FROM pragma_application_id),
(SELECT count(*) FROM sqlite_master)

-- name: add_instance
-- Fails on a taken id or start key: both mean that somebody was faster.
INSERT INTO instance(id, process, version, digest, status, revision, snapshot, started, updated, parent, call, key, head)
VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: move_instance
-- The version check that stands in for a lock: no row is hit when another step came first.
UPDATE instance SET status = ?, revision = ?, snapshot = ?, updated = ?, head = ? WHERE id = ? AND revision = ?

-- name: add_journal
-- Fails when this instance has seen the key.
INSERT INTO journal(instance, revision, at, kind, actor, step, event, effects, trace, key, hash)
VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: close_task
-- One holder's row, by its whole key.
DELETE FROM task WHERE holder = ? AND instance = ? AND id = ?

-- name: add_task
-- One holder's row.
INSERT INTO task(holder, instance, id, process, step, opened, due) VALUES(?, ?, ?, ?, ?, ?, ?)

-- name: pass_task
-- One row goes and one comes: half the price of a DELETE and an INSERT. The instance stays, so it is not looked for again.
UPDATE task SET holder = ?, id = ?, step = ?, opened = ?, due = ?
WHERE holder = ? AND instance = ? AND id = ?

-- name: cancel_timer
-- Also struck off in the step that the timer itself caused: that is what makes it fire once.
DELETE FROM timer WHERE instance = ? AND id = ?

-- name: add_timer
-- Armed in the transaction of the step that wants it.
INSERT INTO timer(instance, id, due, wake, tries, error) VALUES(?, ?, ?, ?, ?, ?)

-- name: delay_timer
-- A timer that could not be taken is tried later; one that has gone must not come back.
UPDATE timer SET wake = ?, tries = ?, error = ? WHERE instance = ? AND id = ?

-- name: add_outbox
-- Asked for in the transaction of the step that wants it.
INSERT INTO outbox(id, instance, kind, payload, wake, tries, error) VALUES(?, ?, ?, ?, ?, ?, ?)

-- name: finish_outbox
-- `tries` is the fence: who was overtaken by a later try must not deliver its result.
DELETE FROM outbox WHERE id = ? AND tries = ?

-- name: withdraw_outbox
-- Nobody waits for the result any more.
DELETE FROM outbox WHERE id = ?

-- name: postpone_outbox
-- Takes an item for one try (wake = end of the lease) or puts it off after a failure.
UPDATE outbox SET wake = ?, tries = ?, error = ? WHERE id = ? AND tries = ?

-- name: add_notice
-- OR IGNORE: a notice is delivered at least once but recorded once.
INSERT OR IGNORE INTO notice(id, person, instance, task, step, reason, at) VALUES(?, ?, ?, ?, ?, ?, ?)

-- name: add_definition
-- Fails on a taken version. What is there by its digest is written anew, for it may be damaged.
INSERT INTO definition(digest, name, version, content, text, deployed) VALUES(?, ?, ?, ?, ?, ?)
ON CONFLICT(digest) DO UPDATE SET content = excluded.content, text = excluded.text

-- name: definition_by_digest
-- How every instance finds its own definition.
SELECT digest, name, version, content, text, deployed FROM definition WHERE digest = ?

-- name: definitions_by_name
-- The last one is the latest. Without the contents, of which there may be many megabytes.
SELECT digest, name, version, '', '', deployed FROM definition WHERE name = ? ORDER BY version

-- name: definitions
-- Everything that was ever published, without the contents.
SELECT digest, name, version, '', '', deployed FROM definition ORDER BY name, version

-- name: last_started
-- The index on the process ends in the rowid, so the last one is found at once.
SELECT id FROM instance WHERE process = ? ORDER BY rowid DESC LIMIT 1

-- name: count_of
-- Only when the id of the last one was chosen by somebody.
SELECT count(*) FROM instance WHERE process = ?

-- name: instance
-- Point look-up. A seal is kept as bytes, in rows of before as letters.
SELECT id, process, version, digest, status, revision, snapshot, started, updated, parent, call, key,
CASE typeof(head) WHEN 'blob' THEN lower(hex(head)) ELSE head END FROM instance WHERE id = ?

-- name: instances
-- For lists that people look at; an empty filter lets everything through. rowid is the order of starting.
SELECT id, process, version, digest, status, revision, snapshot, started, updated, parent, call, key,
CASE typeof(head) WHEN 'blob' THEN lower(hex(head)) ELSE head END FROM instance
WHERE (?1 = '' OR status = ?1) AND (?2 = '' OR process = ?2) ORDER BY rowid

-- name: children
-- Of its own, for an OR with a parameter keeps the index from being used, and `why` asks this at every answer.
SELECT id, process, version, digest, status, revision, snapshot, started, updated, parent, call, key,
CASE typeof(head) WHEN 'blob' THEN lower(hex(head)) ELSE head END FROM instance
WHERE parent = ?1 AND parent <> '' AND (?2 = '' OR status = ?2) AND (?3 = '' OR process = ?3) ORDER BY rowid

-- name: journal
-- Upto 0 means all. A seal is kept as bytes, in entries of before as letters.
SELECT instance, revision, at, kind, actor, step, event, effects, trace, key,
CASE typeof(hash) WHEN 'blob' THEN lower(hex(hash)) ELSE hash END FROM journal
WHERE instance = ?1 AND (?2 = 0 OR revision <= ?2) ORDER BY number

-- name: answered_event
-- The first answer to a duplicate.
SELECT instance, revision FROM journal WHERE instance = ? AND key = ?

-- name: answered_start
-- The instance that was started under this key.
SELECT id, 1 FROM instance WHERE key = ? AND key <> ''

-- name: tasks
-- Everything that waits for anybody.
SELECT holder, instance, id, process, step, opened, due FROM task ORDER BY opened, instance, id, holder

-- name: tasks_of_holders
-- An inbox; the list comes as one JSON parameter, so that the statement is prepared once for any number of holders.
SELECT holder, instance, id, process, step, opened, due FROM task
WHERE holder IN (SELECT value FROM json_each(?)) ORDER BY opened, instance, id, holder

-- name: due_timers
-- The oldest first, so that a backlog is worked off fairly.
SELECT instance, id, due, wake, tries, error FROM timer WHERE wake <= ? ORDER BY wake, instance, id LIMIT ?

-- name: due_outbox
-- The oldest first, and of one moment in the order in which it was asked for: just the order of the index. '' is given up.
SELECT id, instance, kind, payload, wake, tries, error FROM outbox WHERE wake <> '' AND wake <= ? ORDER BY wake, number LIMIT ?

-- name: outbox_of_instance
-- What an operator wants to see when a call does not come back.
SELECT id, instance, kind, payload, wake, tries, error FROM outbox WHERE instance = ? ORDER BY number

-- name: notices
-- An empty filter lets everything through.
SELECT id, person, instance, task, step, reason, at FROM notice
WHERE (?1 = '' OR instance = ?1) AND (?2 = '' OR person = ?2) ORDER BY at, id, person
