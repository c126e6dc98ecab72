"""What every store must do. One suite for all: a new store is one more line in `STORES`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oyiflow.errors import Conflict, EventRejected, StoreUnavailable
from oyiflow.store import SqliteStore, Store, open_store
from oyiflow.store.protocol import DefinitionRow, InstanceRow, JournalRow, NoticeRow, OutboxRow, TaskRow, TimerRow, Write

STORES: dict[str, Callable[[pytest.FixtureRequest, Path], Store]] = {
    "memory": lambda request, folder: open_store("sqlite:///:memory:"),
    "sqlite": lambda request, folder: SqliteStore(folder / "store.db"),
    "postgres": lambda request, folder: open_store(request.getfixturevalue("postgres")),
}
T1, T2, T3 = (f"2026-01-0{n}T00:00:00.000000+00:00" for n in (1, 2, 3))
DEFINITION = DefinitionRow("digest", "visit", 1, "{}", "process: visit", T1)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = STORES[request.param](request, tmp_path)
    made.commit(Write(definition=DEFINITION))
    yield made
    made.close()


def row(revision: int = 1, id: str = "v1", **more: str) -> InstanceRow:
    at = more.pop("updated", T1)
    return InstanceRow(id, "visit", 1, "digest", "running", revision, f"snapshot {revision}", T1, at)._replace(**more)


def entry(revision: int = 1, id: str = "v1", key: str = "") -> JournalRow:
    return JournalRow(id, revision, T1, "act", "li", "plan", "{}", "[]", "[]", key or f"#{revision}")


def task(id: str, holder: str = "boss", instance: str = "v1", opened: str = T1) -> TaskRow:
    return TaskRow(holder, instance, id, "visit", "plan", opened, "")


def born(store: Store, id: str = "v1", **more: str) -> None:
    store.commit(Write(instance=row(1, id, **more), journal=entry(1, id)))


def test_a_step_is_read_back_as_written(store: Store) -> None:
    born(store)
    store.commit(Write(instance=row(2, updated=T2), journal=entry(2)))
    assert store.instance("v1") == row(2, updated=T2)
    assert [e.revision for e in store.journal("v1")] == [1, 2]
    assert store.journal("v1", 1) == [entry(1)]


def test_unknown_things_are_none_or_empty(store: Store) -> None:
    assert store.instance("nobody") is None
    assert store.journal("nobody") == [] and store.outbox("nobody") == []
    assert store.answered("nobody", "k") is None and store.answered("", "k") is None


def test_the_second_writer_of_a_revision_conflicts_and_writes_nothing(store: Store) -> None:
    born(store)
    store.commit(Write(instance=row(2), journal=entry(2), tasks=(task("a"),)))
    with pytest.raises(Conflict):
        store.commit(Write(instance=row(2), journal=entry(2, key="other"), tasks=(task("b"),)))
    assert [t.id for t in store.tasks()] == ["a"]
    assert len(store.journal("v1")) == 2


def test_without_an_entry_of_the_journal_an_instance_is_written_anew_under_its_own_revision(store: Store) -> None:
    born(store)
    for revision in (1, 2):
        if revision == 2:
            store.commit(Write(instance=row(2), journal=entry(2), tasks=(task("a"), task("wrong"))))
        again = row(revision, updated=T2)._replace(snapshot="anew", status="suspended")
        gone = (("boss", "v1", "a"), ("boss", "v1", "wrong"))
        armed = TimerRow("v1", "t", T2, T2)
        store.commit(Write(instance=again, closed=gone, tasks=(task("a"),), cancelled=(("v1", "t"),), timers=(armed,)))
        assert store.instance("v1") == again and len(store.journal("v1")) == revision
        assert store.tasks() == [task("a")] and store.due(T3, 9).timers == (armed,)
        store.commit(Write(closed=(("boss", "v1", "a"),), cancelled=(("v1", "t"),)))
    for wrong in (row(1), row(3), row(1, "v2")):
        with pytest.raises(Conflict):
            store.commit(Write(instance=wrong, tasks=(task("b"),)))
    assert store.instance("v1") == again and store.instance("v2") is None and store.tasks() == []


def test_a_revision_cannot_be_skipped(store: Store) -> None:
    born(store)
    with pytest.raises(Conflict):
        store.commit(Write(instance=row(3), journal=entry(3)))


def test_an_instance_id_is_taken_once(store: Store) -> None:
    born(store)
    with pytest.raises(Conflict):
        born(store)


def test_a_start_key_is_unique_over_all_instances(store: Store) -> None:
    born(store, "v1", key="k")
    with pytest.raises(Conflict):
        born(store, "v2", key="k")
    born(store, "v3")
    born(store, "v4")  # no key is no key
    assert store.answered("", "k") == ("v1", 1)


def test_an_event_key_is_unique_within_its_instance(store: Store) -> None:
    born(store)
    born(store, "v2")
    store.commit(Write(instance=row(2), journal=entry(2, key="k")))
    store.commit(Write(instance=row(2, "v2"), journal=entry(2, "v2", key="k")))
    with pytest.raises(Conflict):
        store.commit(Write(instance=row(3), journal=entry(3, key="k")))
    instance = store.instance("v1")
    assert instance is not None and instance.revision == 2, "the update before the failed insert was rolled back"
    assert store.answered("v1", "k") == ("v1", 2)


def test_a_failure_in_the_last_statement_leaves_nothing(store: Store) -> None:
    born(store)
    whole = Write(
        instance=row(2),
        journal=entry(2),
        tasks=(task("a"),),
        timers=(TimerRow("v1", "t", T2, T2),),
        outbox=(OutboxRow("o", "v1", "call", "{}", T1),),
        postponed=((OutboxRow("missing", "v1", "call", "{}", T1), 0),),
    )
    with pytest.raises(Conflict):
        store.commit(whole)
    assert store.instance("v1") == row(1)
    assert len(store.journal("v1")) == 1 and not store.tasks() and not store.outbox("v1")
    assert store.due(T3, 10) == ((), ())
    store.commit(whole._replace(postponed=()))
    assert len(store.tasks()) == 1, "the store goes on after a failure"


def test_tasks_by_holder_the_oldest_first(store: Store) -> None:
    born(store)
    tasks = (
        task("a", "boss", opened=T2),
        task("b", "@li", opened=T1),
        task("c", "staff", opened=T3),
        task("c", "boss", opened=T3),
    )
    store.commit(Write(tasks=tasks))
    assert [t.id for t in store.tasks({"boss", "@li"})] == ["b", "a", "c"]
    assert [t.id for t in store.tasks([])] == []
    assert len(store.tasks()) == 4
    store.commit(Write(closed=(("boss", "v1", "c"), ("staff", "v1", "c"))))
    assert [t.id for t in store.tasks()] == ["b", "a"]


def test_a_holder_is_a_parameter_and_never_sql(store: Store) -> None:
    born(store)
    nasty = "x') OR 1=1 --"
    store.commit(Write(tasks=(task("a", nasty), task("b", "boss"))))
    assert [t.id for t in store.tasks([nasty])] == ["a"]


def test_due_is_what_wakes_not_after_now(store: Store) -> None:
    born(store)
    timers = (TimerRow("v1", "late", T3, T3), TimerRow("v1", "second", T2, T2), TimerRow("v1", "first", T1, T1))
    outbox = tuple(OutboxRow(id, "v1", "call", "{}", wake) for id, wake in (("o2", T2), ("o3", T2), ("o1", T1), ("dead", "")))
    store.commit(Write(timers=timers, outbox=outbox))
    due = store.due(T2, 10)
    assert [t.id for t in due.timers] == ["first", "second"]
    assert [o.id for o in due.outbox] == ["o1", "o2", "o3"], "of one moment as it was asked for; what was given up is left out"
    assert [len(part) for part in store.due(T2, 1)] == [1, 1]
    assert [o.id for o in store.outbox("v1")] == ["o2", "o3", "o1", "dead"]


def test_a_cancelled_timer_is_gone_and_does_not_come_back(store: Store) -> None:
    born(store)
    timer = TimerRow("v1", "t", T1, T1)
    store.commit(Write(timers=(timer,)))
    store.commit(Write(delayed=(timer._replace(wake=T2, tries=1, error="no"),)))
    assert store.due(T2, 1).timers == (TimerRow("v1", "t", T1, T2, 1, "no"),)
    store.commit(Write(cancelled=(("v1", "t"),)))
    store.commit(Write(delayed=(timer,), cancelled=(("v1", "t"),)))
    assert store.due(T3, 1).timers == ()


def test_tries_are_the_fence_of_an_outbox_row(store: Store) -> None:
    born(store)
    item = OutboxRow("o", "v1", "perform", "{}", T1)
    store.commit(Write(outbox=(item,)))
    taken = item._replace(wake=T2, tries=1)
    store.commit(Write(postponed=((taken, 0),)))
    with pytest.raises(Conflict):
        store.commit(Write(postponed=((taken, 0),)))
    with pytest.raises(Conflict):
        store.commit(Write(done=(("o", 0),)))
    store.commit(Write(done=(("o", 1),)))
    with pytest.raises(Conflict):
        store.commit(Write(done=(("o", 1),)))
    store.commit(Write(withdrawn=("o",)))  # may be gone


def test_a_notice_is_recorded_once(store: Store) -> None:
    born(store)
    notice = NoticeRow("n", "li", "v1", "t", "plan", "remind", T1)
    store.commit(Write(notices=(notice, notice._replace(person="zhao"))))
    store.commit(Write(notices=(notice,)))
    assert store.notices(person="li") == [notice]
    assert len(store.notices(instance="v1")) == 2 and store.notices(instance="v2") == []


def test_a_version_is_taken_once(store: Store) -> None:
    with pytest.raises(Conflict):
        store.commit(Write(definition=DEFINITION._replace(digest="other")))
    store.commit(Write(definition=DEFINITION._replace(digest="other", version=2)))
    assert [d.version for d in store.definitions(name="visit")] == [1, 2]
    assert store.definitions(digest="other") == [DEFINITION._replace(digest="other", version=2)]
    assert {(d.content, d.text) for d in (*store.definitions(), *store.definitions(name="visit"))} == {("", "")}, (
        "lists are light"
    )
    assert len(store.definitions()) == 2 and store.definitions(name="x") == []


def test_what_a_definition_says_is_written_anew_under_its_digest(store: Store) -> None:
    store.commit(Write(definition=DEFINITION._replace(content="damaged", text="")))
    store.commit(Write(definition=DEFINITION))
    assert store.definitions(digest=DEFINITION.digest) == [DEFINITION]
    assert len(store.definitions()) == 1


def test_an_instance_needs_its_definition(store: Store) -> None:
    with pytest.raises(StoreUnavailable):
        born(store, "v1", digest="unknown")
    assert store.instance("v1") is None


def test_instances_are_filtered_and_numbered(store: Store) -> None:
    assert store.numbers("visit").start == 1
    born(store, "v1")
    born(store, "v2", status="done")
    born(store, "c1", parent="v1")
    assert [i.id for i in store.instances()] == ["v1", "v2", "c1"]
    assert [i.id for i in store.instances(status="running", process="visit")] == ["v1", "c1"]
    assert [i.id for i in store.instances(parent="v1")] == ["c1"]
    assert store.instances(process="other") == []


def test_of_many_threads_one_wins_each_revision(store: Store) -> None:
    born(store)
    barrier = threading.Barrier(8)
    won: list[int] = []

    def race(number: int) -> None:
        barrier.wait()
        for revision in range(2, 12):
            try:
                store.commit(Write(instance=row(revision), journal=entry(revision, key=f"{number}/{revision}")))
                won.append(revision)
            except Conflict:
                pass

    threads = [threading.Thread(target=race, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == sorted(set(won)), "no revision was written twice"
    assert [e.revision for e in store.journal("v1")] == list(range(1, len(won) + 2))


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreUnavailable):
        store.instance("v1")
    with pytest.raises(StoreUnavailable):
        born(store)


def test_seals_are_kept(store: Store) -> None:
    born(store, head="seal 1")
    store.commit(Write(instance=row(2, head="seal 2"), journal=entry(2)._replace(hash="seal 2")))
    found = store.instance("v1")
    assert found is not None and found.head == "seal 2"
    assert [e.hash for e in store.journal("v1")] == ["", "seal 2"]


def test_a_task_may_be_put_back_under_the_same_key(store: Store) -> None:
    born(store)
    store.commit(Write(instance=row(2), journal=entry(2), tasks=(task("a", "boss"), task("a", "@li"))))
    both = Write(instance=row(3), journal=entry(3), closed=(("boss", "v1", "a"),), tasks=(task("a", "boss", opened=T2),))
    store.commit(both)
    store.commit(both._replace(instance=row(4), journal=entry(4), outbox=(OutboxRow("o", "v1", "call", "{}", T1),)))
    assert [(t.holder, t.opened) for t in store.tasks()] == [("@li", T1), ("boss", T2)]


def test_an_outbox_row_may_be_replaced_by_one_of_the_same_id(store: Store) -> None:
    born(store)
    store.commit(Write(outbox=(OutboxRow("o", "v1", "perform", "{}", T1),)))
    store.commit(Write(done=(("o", 0),), outbox=(OutboxRow("o", "v1", "result", "{}", ""),)))
    assert [(o.kind, o.wake) for o in store.outbox("v1")] == [("result", "")]


def test_what_is_claimed_is_what_is_due_and_the_moment_comes_back(store: Store) -> None:
    born(store)
    timers = (TimerRow("v1", "late", T3, T3), TimerRow("v1", "second", T2, T2), TimerRow("v1", "first", T1, T1))
    store.commit(Write(timers=timers, outbox=(OutboxRow("b", "v1", "call", "{}", T2), OutboxRow("a", "v1", "call", "{}", T2))))
    now, due = store.claim(T2, 10, lambda now: T3)
    assert now == T2
    assert [t.id for t in due.timers] == ["first", "second"] and [o.id for o in due.outbox] == ["b", "a"]
    store.commit(Write(cancelled=(("v1", "first"),), done=(("b", 0),)))
    assert [t.id for t in store.due(T3, 10).timers if t.id != "late"] == ["second"], "what was not done comes back"


def test_without_a_moment_the_store_tells_the_time(store: Store) -> None:
    born(store)
    store.commit(Write(timers=(TimerRow("v1", "past", T1, T1), TimerRow("v1", "future", "2999", "2999"))))
    now, due = store.claim("", 10, lambda now: "2998")
    assert [t.id for t in due.timers] == ["past"]
    assert abs(datetime.fromisoformat(now) - datetime.now(UTC)) < timedelta(minutes=1)
    assert len(now) == len(T1) and now.endswith("+00:00")


def test_numbers_are_not_given_twice(store: Store) -> None:
    first = store.numbers("visit")
    born(store, f"visit-{first.start}")
    second = store.numbers("visit")
    assert second.start > first.start
    assert store.numbers("order").start == 1, "each process counts by itself"


def test_who_waits_is_woken(store: Store) -> None:
    assert store.wait(0.01) is False
    ringing = threading.Timer(0.05, store.ring)
    ringing.start()
    assert store.wait(10) is True
    ringing.join()


def test_writes_of_many_kinds_at_once_each_hold_or_not(store: Store) -> None:
    """Threads share statements and transactions; every one of them hears about its own write."""
    for n in range(8):
        born(store, f"v{n}")
    store.commit(Write(outbox=tuple(OutboxRow(f"o{n}", f"v{n}", "perform", "{}", T1) for n in range(8))))
    heard: dict[str, bool] = {}
    barrier = threading.Barrier(32)

    def commit(name: str, write: Write) -> None:
        barrier.wait()
        try:
            store.commit(write)
            heard[name] = True
        except Conflict:
            heard[name] = False

    writes = {
        f"step {n}": Write(instance=row(2, f"v{n}"), journal=entry(2, f"v{n}"), tasks=(task("a", instance=f"v{n}"),))
        for n in range(8)
    }
    writes |= {f"again {n}": Write(instance=row(2, f"v{n}"), journal=entry(2, f"v{n}", key="k"), tasks=(task("b", instance=f"v{n}"),))
               for n in range(8)}  # fmt: skip
    writes |= {f"take {n}": Write(postponed=((OutboxRow(f"o{n}", f"v{n}", "perform", "{}", T2, 1), 0),)) for n in range(8)}
    writes |= {f"also {n}": Write(postponed=((OutboxRow(f"o{n}", f"v{n}", "perform", "{}", T3, 1), 0),)) for n in range(8)}
    threads = [threading.Thread(target=commit, args=pair) for pair in writes.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n in range(8):
        assert heard[f"step {n}"] != heard[f"again {n}"] and heard[f"take {n}"] != heard[f"also {n}"]
        assert [t.id for t in store.tasks() if t.instance == f"v{n}"] == ["a" if heard[f"step {n}"] else "b"]
        assert [(o.wake, o.tries) for o in store.outbox(f"v{n}")] == [(T2 if heard[f"take {n}"] else T3, 1)]


@pytest.mark.parametrize("text", ["half \ud800", "nul \0", 'quote " and \\ and {,} and NULL', "\n\t", "𠮷 名"])
def test_every_text_is_kept_or_refused(store: Store, text: str) -> None:
    born(store)
    write = Write(instance=row(2), journal=entry(2)._replace(step=text), tasks=(task(text, "boss"),))
    try:
        store.commit(write)
    except EventRejected:
        assert store.instance("v1") == row(1)
        return
    assert store.journal("v1")[-1].step == text and [t.id for t in store.tasks()] == [text]
