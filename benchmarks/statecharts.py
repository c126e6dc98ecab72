"""Play the public statechart suites on the kernel: `python benchmarks/statecharts.py DIR`.

DIR is a checkout of the public SCXML test framework (`test/<group>/*.scxml`, each with a script `*.json` of events and the
configurations that must follow). The group `w3c-ecma` is the W3C's own suite for its implementation report; the other
groups are the SCION scripts. Every document is converted (`statecharts_convert`: what can be, what is lowered, what is not)
and its script is played twice, the second time along remembered ways; the snapshot is written to JSON and read back after
every event. Time is given; nothing sleeps. What is not convertible is counted by reason; nothing is passed over in silence.

How a script is read: a configuration is compared after each event. Where a step goes on by itself because something was
sent without a delay (S21: it is heard in the same step), the script's configuration in between must be one that the step
came through, and the last one must be where it rests. An event that nobody hears is refused (S6), which SCXML calls
dropped. A script may state two outcomes, of the recommendation and of older semantics (`legacySemantics`); if the kernel
plays the second only, the test counts as disputed. (The two of SCION that do are about a transition from a region of the
whole's parallel state to itself: its domain is the innermost *compound* state, so all regions are left, as W3C 504 demands.)
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from statecharts_actions import INSTANCE, TWICE, WRONG
from statecharts_convert import Called, Chart, convert
from statecharts_script import Skip

from oyiflow.kernel import (
    CallEnded,
    Message,
    Rejected,
    Snapshot,
    Step,
    TimerFired,
    snapshot_from_json,
    snapshot_to_json,
    start,
    step,
)
from oyiflow.kernel.messages import CallCancelled, CallStarted, Event, Performed
from oyiflow.model.definition import Send, StateKind, actions_of

EPOCH = datetime(2026, 1, 5, tzinfo=UTC)
W3C = "w3c-ecma"
ROUNDS = 10_000
NOT_ENDING = "a final state of the whole as an ordinary one, for an error that nobody takes (S11 would refuse the step)"


class Failed(Exception):
    """The kernel did otherwise than the script says."""


class Refused(Failed):
    """The kernel refused a step because of an error that nobody takes (S11)."""


class Session:
    """One instance, what it has called, and the clock; the embedding program, in small."""

    def __init__(self, chart: Chart, now: datetime = EPOCH, values: dict[str, Any] | None = None) -> None:
        self.chart, self.now = chart, now
        self.definition = chart.definition
        self.children: dict[str, tuple[Called, Session]] = {}
        self.outbox: list[tuple[str, str, dict[str, Any]]] = []
        self.passed: list[list[str]] = []
        actions = [action for state in self.definition.states.values() for action in actions_of(state)]
        self.instant = any(isinstance(action, Send) and action.after is None for action in actions)
        self.active: set[str] = set()
        self.snapshot: Snapshot
        self.take(start(self.definition, instance=INSTANCE, now=now, values=values or {}))

    def take(self, answer: Step | Rejected) -> None:
        """Go on from an answer: the snapshot through JSON, effects, and the configurations that it came through."""
        if isinstance(answer, Rejected):
            raise (Refused if answer.en.startswith(WRONG) else Failed)(f"refused: {answer.code}, {answer.en}")
        text = snapshot_to_json(self.definition, answer.snapshot)
        self.snapshot = snapshot_from_json(self.definition, text)
        if snapshot_to_json(self.definition, self.snapshot) != text:
            raise Failed("a snapshot is another one after JSON")
        for micro in answer.trace:
            self.active = (self.active - set(micro.exited)) | set(micro.entered)
            leaves = (StateKind.ATOMIC, StateKind.FINAL)
            self.passed.append(sorted(name for name in self.active if self.definition.states[name].kind in leaves))
        if self.passed and self.passed[-1] != sorted(self.snapshot.configuration):
            raise Failed(f"the trace leads to {self.passed[-1]}, the snapshot stands in {self.snapshot.configuration}")
        for effect in answer.effects:
            if isinstance(effect, CallStarted):
                called = self.chart.calls[effect.process]
                self.children[effect.id] = (called, Session(called.chart, self.now, dict(effect.values)))
            elif isinstance(effect, Performed):
                values = dict(effect.values)
                self.outbox.append((effect.handler, values.pop("event"), values))
            elif isinstance(effect, CallCancelled):
                self.children.pop(effect.call, None)
        if any(name.startswith(TWICE) and value is True for name, value in self.snapshot.data.items()):
            raise Skip("events: the data of an event that is sent twice")

    def send(self, event: Event) -> bool:
        """One event; whether it was heard."""
        answer = step(self.definition, self.snapshot, event, self.now)
        if isinstance(answer, Rejected) and answer.code in ("not_accepted", "ended"):
            return False
        self.take(answer)
        return True

    def deliver(self) -> bool:
        """Hand over what this instance and those that it called tell each other, and the ends of calls; whether there was any."""
        told = False
        for call, (called, child) in list(self.children.items()):
            child.now = self.now
            told |= child.deliver()
            for whom, event, values in take_all(child.outbox):
                told = True
                if whom == "parent" and call in self.children:  # it may have been cancelled meanwhile
                    self.hear(called, event, values)
            if child.snapshot.status == "done" and call in self.children:
                told = True
                del self.children[call]
                self.send(CallEnded(call=call))
        for whom, event, _ in take_all([one for one in self.outbox if one[0] != "parent"]):
            self.outbox = [one for one in self.outbox if one[0] == "parent"]
            for _, child in [pair for pair in self.children.values() if pair[0].name == whom]:
                told = True
                child.send(Message(name=event))
        return told

    def hear(self, called: Called, event: str, values: dict[str, Any]) -> None:
        """An event from a called document, with its data."""
        data = {f"{event}:{key}": values.get(key) for key in self.chart.hears.get(event, ())}
        taken = {name: values.get(key) for name, key in called.finalize.items()}
        if not self.send(Message(name=event, values={**data, **taken})) and taken:
            raise Skip("sessions: finalize of an event that nobody hears")

    def wait(self, until: datetime) -> None:
        """Let time pass: timers of this instance and of those that it called, in order."""
        for _ in range(ROUNDS):
            if self.deliver():
                continue
            due = self.next_due()
            if due is None or due > until:
                self.now = until
                return
            self.fire(due)
        raise Failed("sessions talk to each other without end")

    def next_due(self) -> datetime | None:
        children = (child.next_due() for _, child in self.children.values())
        own = (timer.due for timer in self.snapshot.timers)
        return min((due for due in (*own, *children) if due is not None), default=None)

    def fire(self, due: datetime) -> None:
        """One timer that is due, of this instance or of one that it called."""
        self.now = due
        timer = next((timer for timer in self.snapshot.timers if timer.due <= due), None)
        if timer is not None:
            self.send(TimerFired(timer=timer.id))
            return
        for _, child in self.children.values():
            if child.next_due() == due:
                child.fire(due)
                return


def take_all(messages: list[Any]) -> list[Any]:
    """All messages, and the list is empty."""
    found = messages[:]
    messages.clear()
    return found


def play(chart: Chart, script: dict[str, Any]) -> None:
    """Play a script to its end; `Failed` at the first difference."""
    session = Session(chart)
    events = script.get("events", [])
    compare(session, "at the start", script["initialConfiguration"], last=not events)
    for number, entry in enumerate(events, 1):
        session.passed.clear()
        session.wait(session.now + timedelta(minutes=entry.get("after", 0)))
        name = entry["event"]["name"]
        if name:
            session.send(Message(name=name))
        compare(session, f"after {name} ({number})", entry["nextConfiguration"], last=number == len(events))


def compare(session: Session, when: str, wanted: list[str], last: bool) -> None:
    """Compare a configuration; one that is not the last may have been passed through."""
    got = sorted(session.snapshot.configuration)
    between = session.passed if not last and session.instant else []
    if got != sorted(wanted) and sorted(wanted) not in between:
        raise Failed(f"{when}: {', '.join(got)} instead of {', '.join(sorted(wanted))}")


@dataclass(frozen=True)
class Result:
    """What became of one test: pass, fail, disputed or skip; why; and what was lowered. `kind`: a part of its group."""

    group: str
    name: str
    outcome: str
    why: str = ""
    notes: tuple[str, ...] = ()
    kind: str = ""


def attempt(path: Path, script: dict[str, Any], ends: bool) -> tuple[str, ...]:
    """Convert, and play twice: the second time along remembered ways. Gives the notes of the conversion."""
    outside = frozenset(entry["event"]["name"] for entry in script.get("events", [])) - {""}
    chart = convert(ET.parse(path).getroot(), path.parent, outside, ends=ends)
    if "initialConfiguration" not in script or any("data" in entry["event"] for entry in script.get("events", [])):
        raise Skip("no script for it: one without a first configuration, or with data")
    for wanted in (script["initialConfiguration"], *(entry["nextConfiguration"] for entry in script.get("events", []))):
        if not chart.definition.states.keys() >= set(wanted):
            raise Skip("no script for it: it names states that the document has not")
    play(chart, script)
    play(chart, script)
    return tuple(sorted(chart.notes))


def test(path: Path) -> Result:
    """One test of a suite."""
    name, kind = path.name.removesuffix(".scxml").removesuffix(".txml"), part_of(path)
    result = Result(path.parent.name, name, "pass", kind=kind)
    if not path.with_suffix(".json").is_file():
        return replace(result, outcome="skip", why="no script for it: checked by hand in the suite, or needs HTTP")
    try:
        script = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        try:
            return replace(result, notes=attempt(path, script, ends=True))
        except Refused:
            return replace(result, notes=(NOT_ENDING, *attempt(path, script, ends=False)))
    except Skip as reason:
        return replace(result, outcome="skip", why=str(reason))
    except (ET.ParseError, OSError, json.JSONDecodeError, UnicodeDecodeError) as problem:
        return replace(result, outcome="skip", why=f"files that cannot be read: {type(problem).__name__}")
    except Refused:
        return replace(result, outcome="skip", why="errors that nobody takes: the step is refused (S11)")
    except Failed as difference:
        return disputed(path, script, replace(result, outcome="fail", why=str(difference)))


def disputed(path: Path, script: dict[str, Any], result: Result) -> Result:
    """A failure, unless the script itself states a second outcome and that is what happens."""
    if "legacySemantics" not in script:
        return result
    try:
        attempt(path, script["legacySemantics"], ends=True)
    except Failed:
        return result
    return replace(result, outcome="disputed", why=f"{result.why}; plays the other outcome that the script states")


def part_of(path: Path) -> str:
    """The W3C's suite in three: of several sessions, with variables, and without."""
    if path.parent.name != W3C:
        return "scripts"
    text = path.read_text(encoding="utf-8")
    if "<invoke" in text or "BasicHTTP" in text:
        return "sessions"
    return "with data" if "<data " in text else "without data"


# --- the report


def table(results: list[Result], *, by_kind: bool) -> list[str]:
    """A line for each group, or for each part of the suites."""
    rows: dict[str, Counter[str]] = {}
    for result in results:
        names = {"scripts": "SCION scripts"}.get(result.kind, f"W3C, {result.kind}") if by_kind else result.group
        rows.setdefault(names, Counter())[result.outcome] += 1
    rows["together"] = sum(rows.values(), Counter())
    head = f"{'':34}{'tests':>7}{'pass':>7}{'disputed':>10}{'fail':>7}{'not convertible':>17}"
    body = [
        f"{name:34}{sum(row.values()):>7}{row['pass']:>7}{row['disputed']:>10}{row['fail']:>7}{row['skip']:>17}"
        for name, row in rows.items()
    ]
    return [head, *body]


def report(results: list[Result], show: bool) -> str:
    """What a person reads."""
    lines = [*table(results, by_kind=False), "", *table(results, by_kind=True)]
    lines += ["", "not convertible, by reason:"]
    reasons = Counter((result.why, "W3C" if result.group == W3C else "SCION") for result in results if result.outcome == "skip")
    lines += [f"{count:>5}  {why} ({suite})" for (why, suite), count in sorted(reasons.items())]
    lines += ["", "lowered in tests that pass (the others are converted word by word):"]
    notes = Counter(note for result in results if result.outcome == "pass" for note in result.notes)
    lines += [f"{count:>5}  {note}" for note, count in notes.most_common()]
    shown = [result for result in results if show or result.outcome in ("fail", "disputed")]
    if shown:
        lines += ["", *(f"{r.outcome:9} {r.group}/{r.name}: {r.why or '; '.join(r.notes) or 'word by word'}" for r in shown)]
    return "\n".join(lines)


def main() -> int:
    """0: nothing failed; 1: something did; 2: wrong use."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("dir", type=Path, help="a checkout of the public SCXML test framework")
    parser.add_argument("--show", action="store_true", help="every test, with what was lowered or why it is not convertible")
    parser.add_argument("--json", action="store_true", help="every test, for machines")
    args = parser.parse_args()
    root = args.dir / "test" if (args.dir / "test").is_dir() else args.dir
    documents = [path for path in sorted(root.glob("*/*.scxml")) if not re.search(r"sub\d+\.scxml$", path.name)]
    if not documents:
        print(f"{args.dir}: no test/<group>/*.scxml", file=sys.stderr)
        return 2
    results = [test(path) for path in documents]
    if args.json:
        print(json.dumps([asdict(result) for result in results], indent=1, ensure_ascii=False))
    else:
        print(report(results, args.show))
    return int(any(result.outcome == "fail" for result in results))


if __name__ == "__main__":
    raise SystemExit(main())
