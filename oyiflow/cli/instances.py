"""Commands on instances: start, inbox, act, send, why, log, list, work."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from oyiflow.checking import load
from oyiflow.cli.console import Console, moment, pairs, told
from oyiflow.cli.opening import is_empty, need_company, need_instance, open_engine, values_of
from oyiflow.engine import Engine, Instance, JournalEntry, TaskView, Waiting, Worker
from oyiflow.engine.worker import EVERY
from oyiflow.errors import DamagedInstance, EventRejected, OyiFlowError, StoreUnavailable
from oyiflow.kernel.operations import WORDS
from oyiflow.model.definition import Definition, State
from oyiflow.store.opening import is_postgres

OUTCOMES = {"complete": "done", "approve": "approved", "reject": "rejected", "完成": "done", "通过": "approved", "同意": "approved",
            "退回": "rejected", "驳回": "rejected", "拒绝": "rejected", "不同意": "rejected"}  # fmt: skip
"""What people type for the answers that every procedure has."""


def start(arguments: argparse.Namespace, console: Console) -> int:
    """Publish the file if it is new, and begin an instance."""
    need_company(arguments)
    with open_engine(arguments) as engine:
        process: str | Definition = arguments.process
        path = Path(arguments.process)
        if path.is_file() or path.suffix in (".yaml", ".yml"):
            process = _publish(engine, path)
        fields = (process if isinstance(process, Definition) else engine.definition(process)).field if arguments.values else {}
        instance = engine.start(process, actor=arguments.person, values=values_of(arguments, fields), instance=arguments.id)
        moved(engine, instance, console, arguments.person or "")
    return 0


def _publish(engine: Engine, path: Path) -> Definition:
    """Publish a file and the processes that it calls, which stand beside it."""
    definition = load(path)
    todo, seen = [definition], {definition.name}
    while todo:
        one = todo.pop()
        engine.deploy(one)
        for state in one.states.values():
            if state.call is not None and state.call.process and state.call.process not in seen:
                seen.add(state.call.process)
                todo.append(load(path.with_name(f"{state.call.process}.yaml")))
    return definition


def moved(engine: Engine, instance: Instance, console: Console, person: str) -> None:
    """What a step has come to."""
    if console.as_json:
        shown = engine.instance(instance.id, viewer=person)
        console.json({"instance": shown, "tasks": engine.tasks(instance=instance.id, viewer=person)})
        return
    console.say(f"{instance.id}  v{instance.version}  " + console.word(*_STATUS[instance.status]))
    _waits(engine, instance.id, console, person)


_STATUS = {
    "running": ("进行中", "running"),
    "done": ("已结束", "done"),
    "cancelled": ("已取消", "cancelled"),
    "suspended": ("已挂起", "suspended"),
}


def _waits(engine: Engine, instance: str, console: Console, viewer: str) -> None:
    for waiting in without_deadlines(engine.why(instance, viewer=viewer)):
        _say("  " + _sentence(engine, instance, waiting, console), console)


def _say(text: str, console: Console) -> None:
    for line in text.split("\n"):
        console.say(line)


def without_deadlines(waiting: list[Waiting]) -> list[Waiting]:
    """A deadline that stands with its task is not said twice."""
    dues = {(one.step, one.due) for one in waiting if one.what == "task"}
    return [one for one in waiting if one.what != "timer" or (one.step, one.due) not in dues]


def _sentence(engine: Engine, instance: str, waiting: Waiting, console: Console) -> str:
    """One line: what is awaited, from whom, what would move it, until when."""
    title = f"{console.title(waiting.zh, waiting.en)} [{waiting.step}]"
    late = f" {console.word('已逾期', 'late')}" if waiting.due and waiting.due < datetime.now(UTC) else ""
    due = f"  {console.word('期限', 'due')} {moment(waiting.due)}{late}" if waiting.due else ""
    moves = _answers(_titled(engine, instance, waiting.step, waiting.moves, console), console).replace("/", " / ")
    match waiting.what:
        case "task":
            roles = engine.definition_of(instance).role
            who = ", ".join(console.text(roles[name].title) for name in waiting.roles if name in roles)
            people = ", ".join(waiting.people) or console.word("无人可办", "nobody may act")
            problem = f"\n      {console.told(waiting.problem)}" if waiting.problem else ""
            whom = f"{who} ({people})" if who else people  # by name only
            return f"{console.word('待办', 'task')} {title} ← {whom}: {moves}{due}{problem}"
        case "timer":
            return f"{console.word('定时', 'timer')} {title}{due}"
        case "call":
            return f"{console.word('等待流程', 'waits for')} {waiting.called} {title} {console.told(waiting.problem)}".rstrip()
        case _:
            return f"{console.word('等待消息', 'waits for a message')}: {moves}"


def inbox(arguments: argparse.Namespace, console: Console) -> int:
    """What waits for a person, or for everybody."""
    need_company(arguments)
    tasks: list[TaskView] = []
    if not is_empty(arguments):
        with open_engine(arguments) as engine:
            tasks = engine.tasks(person=arguments.person, viewer="")
            if tasks and not console.as_json:
                _table(engine, tasks, console)
    if console.as_json:
        console.json(tasks)
    elif not tasks:
        console.say("没有待办。", "Nothing to do.")
    return 0


def _table(engine: Engine, tasks: list[TaskView], console: Console) -> None:
    head = [
        ("实例", "instance"),
        ("步骤", "step"),
        ("名称", "title"),
        ("谁", "who"),
        ("答复", "answers"),
        ("可填", "fields"),
        ("期限", "due"),
    ]
    rows = [
        (
            t.instance,
            t.step,
            console.title(t.zh, t.en),
            ", ".join(t.people),
            _answers(_titled(engine, t.instance, t.step, t.outcomes, console), console),
            ", ".join(t.fill),
            moment(t.due),
        )
        for t in tasks
    ]
    console.table([console.word(*pair) for pair in head], rows)


def _titled(engine: Engine, instance: str, step: str, names: Iterable[str], console: Console) -> list[str]:
    """Answers by their titles in the language asked for; what has no title keeps its name."""
    state = engine.definition_of(instance).states.get(step)
    outcomes = {one.name: one for one in state.work.outcomes} if state is not None and state.work is not None else {}
    return [
        (outcomes[name].title.of(console.lang) or name)
        if name in outcomes and name not in _OUTCOMES and console.lang != "both"
        else name
        for name in names
    ]


def _answers(outcomes: Iterable[str], console: Console) -> str:
    """Answers as a person of this language may type them."""
    return "/".join(_word(name, console.lang) for name in outcomes)


def _word(outcome: str, lang: str) -> str:
    return _OUTCOMES[outcome][0] if lang == "zh" and outcome in _OUTCOMES else outcome


def act(arguments: argparse.Namespace, console: Console) -> int:
    """Answer a task."""
    need_company(arguments)
    with open_engine(arguments) as engine:
        outcome = _outcome(engine, arguments)
        instance = engine.complete(
            arguments.instance,
            arguments.step,
            actor=arguments.person,
            outcome=outcome,
            values=values_of(arguments, engine.definition_of(arguments.instance).field),
            comment=arguments.comment,
            checked=["*" if item == "all" else item for item in arguments.check],
        )
        moved(engine, instance, console, arguments.person or "")
    return 0


def _outcome(engine: Engine, arguments: argparse.Namespace) -> str:
    """The answer meant: the step's own words first, then the common ones. Where there is a choice, it must be made."""
    open_now = [task for task in engine.tasks(instance=arguments.instance) if arguments.step in (task.step, task.id)]
    names = open_now[0].outcomes if open_now else ()
    asked: str = arguments.outcome
    if not asked and len(names) > 1:
        zh, en = " / ".join(_word(name, "zh") for name in names), " / ".join(names)
        step = arguments.step
        raise EventRejected(
            f"“{step}”要写明答复: {zh}", f"{step!r} needs an answer: {en}", code="unknown_outcome", accepted=names
        )
    common = OUTCOMES.get(asked, asked)
    return asked if asked in names or common not in names else common


def send(arguments: argparse.Namespace, console: Console) -> int:
    """Deliver a message from outside."""
    with open_engine(arguments) as engine:
        values = values_of(arguments, engine.definition_of(arguments.instance).field)
        instance = engine.send(arguments.instance, arguments.event, actor=arguments.person or "", values=values)
        moved(engine, instance, console, arguments.person or "")
    return 0


def why(arguments: argparse.Namespace, console: Console) -> int:
    """Who holds an instance, since when, and what exactly would move it."""
    need_instance(arguments)
    with open_engine(arguments) as engine:
        viewer = arguments.person or ""
        instance, waiting = engine.instance(arguments.instance, viewer=viewer), engine.why(arguments.instance, viewer=viewer)
        if console.as_json:
            console.json({"instance": instance, "waiting": waiting})
            return 0
        console.say(f"{instance.id}: " + console.word(*_STATUS[instance.status]))
        for one in without_deadlines(waiting):
            since = f"  {console.word('自', 'since')} {moment(one.since)}" if one.since else ""
            sentence, line, problem = _sentence(engine, instance.id, one, console).partition("\n")
            _say("  " + sentence + since + line + problem, console)
            if one.what == "task" and one.people:
                for line in _commands(engine, instance, one, console):
                    console.say(f"      → {line}")
    return 0


def _commands(engine: Engine, instance: Instance, waiting: Waiting, console: Console) -> Iterator[str]:
    """What the first person who may act would type, with the fields that are still to be filled in."""
    definition = engine.definition_of(instance.id)
    work = definition.states[waiting.step].work
    missing = [f for f in (work.fill if work is not None else ()) if definition.field[f].required and f not in instance.data]
    fill = "".join(f" --set {name}=…" for name in missing) + (" --check all" if work is not None and work.checklist else "")
    consents = {outcome.name for outcome in work.outcomes if outcome.consent} if work is not None else set()
    for move in waiting.moves:
        word = _word(move, console.lang)
        yield f"oyiflow act {instance.id} {waiting.step} {word} --as {waiting.people[0]}{fill if move in consents else ''}"


def log(arguments: argparse.Namespace, console: Console) -> int:
    """The history of an instance; with --verify, the journal is replayed and compared."""
    need_instance(arguments)
    with open_engine(arguments) as engine:
        if arguments.verify:
            return _verify(engine, arguments.instance, console)
        if console.as_json:
            console.json(engine.history(arguments.instance, viewer=arguments.person or ""))
        else:
            print_history(engine, arguments.instance, console, arguments.person or "")
    return 0


def print_history(engine: Engine, instance: str, console: Console, viewer: str | None = None) -> None:
    """The journal as a table, with the values that the viewer may see."""
    states = engine.definition_of(instance).states
    rows = []
    for entry in engine.history(instance, viewer=viewer):
        title = (
            console.text(states[entry.step].title)
            if entry.step in states
            else console.word(*_KINDS.get(entry.kind, (entry.kind, entry.kind)))
        )
        outcome = console.word(*_OUTCOMES[entry.outcome]) if entry.outcome in _OUTCOMES else entry.outcome
        if entry.kind == "operate":
            outcome = _operation(entry, console, states)
        outcome = outcome or "、".join(console.word(*_TOLD[e["reason"]]) for e in entry.effects if e["kind"] == "Notified")
        said = f"“{console.told(entry.comment)}”" if entry.comment else ""
        who = f"{entry.actor} ({console.word('代', 'for')} {entry.on_behalf})" if entry.on_behalf else entry.actor or "-"
        more = [console.title(e["zh"], e["en"]) for e in entry.effects if e["kind"] == "Logged"]
        more += [f"■ {console.word('结束', 'end')}" for e in entry.effects if e["kind"] == "Ended"]
        rows.append(
            (str(entry.revision), moment(entry.at), who, title, outcome, " ".join([pairs(entry.values), said, *more]).strip())
        )
    head = [("序", "#"), ("时间", "when"), ("谁", "who"), ("步骤", "step"), ("结果", "outcome"), ("填写", "values")]
    console.table([console.word(*pair) for pair in head], rows)


def _operation(entry: JournalEntry, console: Console, states: Mapping[str, State]) -> str:
    """What somebody did besides answering, with whom or whereto."""
    zh, en = WORDS[entry.outcome]
    if entry.to in _WHEN:
        zh, en = _WHEN[entry.to]
    to = console.text(states[entry.to].title) if entry.to in states and entry.to != entry.step else ""
    return " ".join(
        filter(
            None,
            (console.word(zh, en), to, " → ".join(entry.people) if entry.outcome == "handover" else ", ".join(entry.people)),
        )
    )


_WHEN = {
    "before": ("前加签", "add a signer before"),
    "after": ("后加签", "add a signer after"),
    "beside": ("并加签", "add a signer beside"),
}
_KINDS = {
    "operate": ("全部", "all of it"),
    "start": ("启动", "start"),
    "timer": ("到期", "timer"),
    "message": ("消息", "message"),
    "call": ("流程返回", "call"),
    "cancel": ("取消", "cancel"),
}
_TOLD = {
    "remind": ("提醒", "reminded"),
    "escalate": ("上报", "escalated"),
    "rule": ("规则逾期", "rule overdue"),
    "tell": ("抄送", "told"),
    "urge": ("催办", "urged"),
}
_OUTCOMES = {"done": ("完成", "done"), "approved": ("通过", "approved"), "rejected": ("退回", "rejected")}


def _verify(engine: Engine, instance: str, console: Console) -> int:
    """The seals first: they say where; then the replay, which says whether the state is what follows."""
    seals, damage = engine.verify(instance), _damage(engine, instance)
    if seals.broken_at:
        zh, en = ("，存储的状态也已损坏", ", and the stored state is damaged as well") if damage is not None else ("", "")
        raise OyiFlowError(
            f"{instance}: 经过的第 {seals.broken_at} 条起与封印不符，有人改动、删除或调换过{zh}",
            f"{instance}: the journal does not fit its seals from entry {seals.broken_at} on: something was edited, removed or moved{en}",
        )
    replayed, problem = engine.replay(instance), damage
    if damage is None and replayed != engine.snapshot(instance):
        problem = OyiFlowError(f"{instance}: 经过与现状不一致", f"{instance}: the journal does not replay to the stored state")
    if console.as_json:
        found = {"instance": instance, "steps": replayed.revision, "journal_equals_state": problem is None}
        console.json({**found, "sealed_from": seals.sealed_from, "head": seals.head, **(told(problem) if problem else {})})
    elif problem is None:
        console.say("经过与现状一致。", "The journal replays to the stored state.")
    if seals.sealed_from:
        console.say(
            f"封印自第 {seals.sealed_from} 条起完好: {seals.head}",
            f"Sealed from entry {seals.sealed_from} on: {seals.head}",
        )
    if problem is not None:
        console.complain(problem)
    return int(problem is not None)


def _damage(engine: Engine, instance: str) -> OyiFlowError | None:
    """That its state cannot be read, if that is so."""
    try:
        engine.snapshot(instance)
    except DamagedInstance as error:
        return error
    return None


def listing(arguments: argparse.Namespace, console: Console) -> int:
    """All instances."""
    found: list[Instance] = []
    if not is_empty(arguments):
        with open_engine(arguments) as engine:
            found = engine.instances(status=arguments.status, process=arguments.process, viewer=arguments.person or "")
    if console.as_json:
        console.json(found)
    elif not found:
        console.say("没有实例。", "No instances.")
    else:
        head = [("实例", "instance"), ("版本", "version"), ("状态", "status"), ("在", "at"), ("更新", "updated")]
        rows = [
            (i.id, f"v{i.version}", console.word(*_STATUS[i.status]), ", ".join(i.configuration), moment(i.updated))
            for i in found
        ]
        console.table([console.word(*pair) for pair in head], rows)
    return 0


def work(arguments: argparse.Namespace, console: Console) -> int:
    """Fire due deadlines and deliver what waits in the outbox."""
    if arguments.forever and is_postgres(arguments.db):
        with open_engine(arguments) as engine:  # a server has room for others
            Worker(engine).run_forever(threading.Event())
    done = _round(arguments)
    while arguments.forever:  # between two rounds the file is free for others
        threading.Event().wait(EVERY)
        try:
            done += _round(arguments)
        except StoreUnavailable as error:  # locked or full for a while; what is due stays due
            console.failure(error)
    if console.as_json:
        console.json({"done": done})
    console.say(f"办理了 {done} 项。", f"{done} things done.")
    return 0


def _round(arguments: argparse.Namespace) -> int:
    with open_engine(arguments) as engine:
        return Worker(engine).run_once()
