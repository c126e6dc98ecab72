"""Group commit: who leads, who follows, who hears what."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from oyiflow.errors import Conflict, StoreUnavailable
from oyiflow.store import SqliteStore
from oyiflow.store import together as module
from oyiflow.store.protocol import DefinitionRow, Write
from oyiflow.store.together import Ticket, Together

T1 = "2026-01-01T00:00:00.000000+00:00"


def definition(number: int) -> Write:
    return Write(definition=DefinitionRow(f"digest {number}", "visit", number, "{}", "", T1))


def in_threads(count: int, work: object) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, args=(n,)) for n in range(count)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    return threads


def until(condition: object) -> None:
    """Let the other threads run until something has happened."""
    never = threading.Event()
    for _ in range(10_000):
        if condition():  # type: ignore[operator]
            return
        never.wait(0.001)
    raise AssertionError("it did not happen")


class Disk:
    """Finishes tickets, when it is let; refuses those whose version is odd if it is told to."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.batches: list[int] = []
        self.refuse_odd = False
        self.break_next = False

    def write(self, batch: Sequence[Ticket]) -> None:
        self.free.wait()
        self.batches.append(len(batch))
        if self.break_next:
            self.break_next = False
            raise KeyboardInterrupt
        for ticket in batch:
            assert ticket.write.definition is not None
            odd = self.refuse_odd and ticket.write.definition.version % 2 == 1
            ticket.finish(Conflict("单数", "odd") if odd else None)


def test_a_caller_who_is_alone_writes_at_once() -> None:
    disk = Disk()
    disk.free.set()
    together = Together(disk.write)
    for n in range(3):
        together.commit(definition(n))
    assert disk.batches == [1, 1, 1]


def test_those_who_come_meanwhile_share_the_next_write_and_each_hears_its_own_answer() -> None:
    disk = Disk()
    disk.refuse_odd = True
    together = Together(disk.write)
    refused: list[int] = []

    def commit(number: int) -> None:
        try:
            together.commit(definition(number))
        except Conflict:
            refused.append(number)

    threads = in_threads(100, commit)
    until(lambda: len(together._queue) == 99)
    disk.free.set()
    for thread in threads:
        thread.join()
    assert disk.batches == [1, 99]
    assert sorted(refused) == list(range(1, 100, 2))


def test_a_leader_who_is_interrupted_leaves_nobody_waiting() -> None:
    disk = Disk()
    disk.break_next = True
    together = Together(disk.write)
    heard: list[type[BaseException] | None] = []

    def commit(number: int) -> None:
        try:
            together.commit(definition(number))
            heard.append(None)
        except (KeyboardInterrupt, StoreUnavailable) as error:
            heard.append(type(error))

    threads = in_threads(5, commit)
    until(lambda: len(together._queue) == 4)
    disk.free.set()
    for thread in threads:
        thread.join()
    assert sorted(map(str, heard)) == sorted(map(str, [KeyboardInterrupt, None, None, None, None]))
    together.commit(definition(9))


def test_a_follower_who_is_interrupted_is_not_written_and_holds_nobody_up() -> None:
    disk = Disk()
    together = Together(disk.write)
    leader = in_threads(1, lambda n: together.commit(definition(n)))[0]
    until(lambda: together._led and not together._queue)

    class Impatient:
        def acquire(self) -> bool:
            raise KeyboardInterrupt

        def locked(self) -> bool:
            return True

    ticket = Ticket(definition(7))
    ticket.wake = Impatient()  # type: ignore[assignment]
    together._queue.append(ticket)
    with pytest.raises(KeyboardInterrupt):
        together._follow(ticket)
    assert not together._queue
    disk.free.set()
    leader.join()
    together.commit(definition(8))
    assert disk.batches == [1, 1]


class Startled:
    """Waits like a lock, and is then interrupted: while its write is under way, or at the moment at which it is woken."""

    def __init__(self, moment: threading.Event | None) -> None:
        self.moment = moment
        self.woken = threading.Event()

    def acquire(self) -> bool:
        (self.moment if self.moment is not None else self.woken).wait()
        raise KeyboardInterrupt

    def locked(self) -> bool:
        return not self.woken.is_set()

    def release(self) -> None:
        self.woken.set()


@pytest.mark.parametrize("when_woken", (False, True))
def test_a_follower_who_is_interrupted_in_the_middle_of_a_batch_still_lets_the_next_one_know(
    when_woken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    gates, begun, gone = [threading.Event(), threading.Event()], threading.Event(), threading.Event()
    batches: list[list[int]] = []

    def write(batch: Sequence[Ticket]) -> None:
        batches.append([ticket.write.definition.version for ticket in batch if ticket.write.definition is not None])
        if len(batches) == 2:
            begun.set()
        gates[len(batches) - 1].wait()
        for ticket in batch:
            ticket.finish()

    together, heard = Together(write), list[int]()
    startled = Startled(None if when_woken else begun)
    taken = module._taken
    monkeypatch.setattr(module, "_taken", lambda: startled if threading.current_thread().name == "startled" else taken())

    def commit(number: int) -> None:
        try:
            together.commit(definition(number))
            heard.append(number)
        except KeyboardInterrupt:
            gone.set()

    threads = []
    for number, name in enumerate(("first", "leader", "startled", "next", "last")):
        threads.append(threading.Thread(target=commit, args=(number,), name=name))
        threads[-1].start()
        until(lambda number=number: len(together._queue) == number and together._led)
    gates[0].set()
    begun.wait()
    if not when_woken:
        gone.wait()
    gates[1].set()
    for thread in threads:
        thread.join(10)
    assert batches == [[0], [1, 2, 3, 4]] and sorted(heard) == [0, 1, 3, 4] and gone.is_set()


def test_many_threads_for_a_while() -> None:
    disk = Disk()
    disk.free.set()
    together = Together(disk.write)

    def commit(number: int) -> None:
        for _ in range(200):
            together.commit(definition(number))

    for thread in in_threads(16, commit):
        thread.join()
    assert sum(disk.batches) == 3200 and not together._led and not together._queue


def test_in_a_shared_transaction_one_refusal_does_not_harm_the_others(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    store.commit(definition(0))
    refused: list[int] = []

    def commit(number: int) -> None:
        try:
            row = definition(number // 2).definition  # every version twice, and 0 is there already
            assert row is not None
            store.commit(Write(definition=row._replace(digest=f"other {number}")))
        except Conflict:
            refused.append(number)

    with store._writing:
        threads = in_threads(20, commit)
        until(lambda: len(store._queue._queue) == 19)
    for thread in threads:
        thread.join()
    assert len(refused) == 11 and {0, 1} <= set(refused)
    assert [row.version for row in store.definitions()] == list(range(10))
    store.close()


def test_a_shared_transaction_that_finds_no_room_is_tried_one_by_one(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    store.commit(definition(0))
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages + 2}")
    errors: list[str] = []

    def commit(number: int) -> None:
        content = "x" * (50_000 if number == 3 else 10)
        row = DefinitionRow(f"digest {number + 1}", "visit", number + 1, content, "", T1)
        try:
            store.commit(Write(definition=row))
        except StoreUnavailable as error:
            errors.append(f"{number} {type(error).__name__}")

    with store._writing:
        threads = in_threads(8, commit)
        until(lambda: len(store._queue._queue) == 7)
    for thread in threads:
        thread.join()
    assert errors == ["3 DiskFull"]
    assert [row.version for row in store.definitions()] == [0, 1, 2, 3, 5, 6, 7, 8]
    store.close()


@pytest.mark.parametrize(("callers", "lanes"), [(module.CROWD // 3, 1), (2 * module.CROWD, 2)])
def test_no_lead_is_lost_where_two_lead_at_once_and_only_many_have_two(callers: int, lanes: int) -> None:
    """Whoever is given the lead is written for by nobody else meanwhile; or the lead would be gone with it, and everybody waits."""
    sizes, inside, most, server = list[int](), list[int](), set[int](), threading.Event()

    def write(batch: Sequence[Ticket]) -> None:
        inside.append(1)
        most.add(len(inside))
        server.wait(0.0002)  # it works, and so do we
        sizes.append(len(batch))
        for ticket in batch:
            ticket.finish()
        inside.pop()

    together = Together(write, 2)
    threads = in_threads(callers, lambda n: [together.commit(definition(n)) for _ in range(100)])
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads) and sum(sizes) == 100 * callers
    assert (together._led, list(together._queue)) == (0, [])
    assert max(most) == lanes
