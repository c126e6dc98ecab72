"""`oyiflow demo`: a key-account visit of the manual, from the first application to the paid claim, on a real database file.

Every answer carries an idempotency key, so the demo can be killed at any moment and started again: what was done is not
done twice, and it goes on where it was. When a visit has ended, the next run begins another one.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from oyiflow.checking import check
from oyiflow.cli.console import Console, moment, pairs, width
from oyiflow.cli.files import drawn, path_of, write
from oyiflow.cli.instances import print_history
from oyiflow.diagnostics import Severity
from oyiflow.engine import Engine, Worker
from oyiflow.errors import InvalidDefinition
from oyiflow.load.catalog import Catalog
from oyiflow.model.calendar import PLAIN_WEEK
from oyiflow.model.company import Company
from oyiflow.model.definition import Definition
from oyiflow.rendering import render_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the story: who answers which step, how, with which values and words."""

    who: str
    step: str
    outcome: str = ""
    values: dict[str, str] = field(default_factory=dict)
    comment: str = ""


REPORT = {
    "result": "约定报价 to be quoted",
    "quality": "没有反映问题 no complaints",
    "satisfaction": "满意 satisfied",
    "rivals": "另有一家在用 another supplier too",
    "industry": "今年扩产 expanding this year",
}
"""What the report of a visit says: its result and the four kinds of market information."""


def _story(today: str) -> tuple[Line, ...]:
    return (
        Line(who="li", step="target", values={"customer": "华东机械 Huadong Machinery", "classes": "高值"}),
        Line(who="li", step="plan", values={"visit_date": today, "visitor": "专员", "round": "1", "budget": "8000"}),
        Line(who="li", step="apply"),
        Line(who="wang", step="review", outcome="rejected", comment="预算太高，请压缩 budget too high"),
        Line(who="li", step="amend", outcome="改计划"),
        Line(who="li", step="plan", values={"budget": "5000"}, comment="已压缩 reduced"),
        Line(who="li", step="apply"),
        Line(who="wang", step="review", comment="同意 agreed"),
        Line(who="chen", step="approval", comment="同意 agreed"),
        Line(who="qian", step="funds"),
        Line(who="li", step="kit"),
        Line(who="li", step="visit"),
        Line(who="li", step="present"),
        Line(who="li", step="need", values={"customer_needs": "扩产，需要两台新设备 two new machines"}),
        Line(who="li", step="objection", values={"objections": "关心交期 delivery time"}),
        Line(who="li", step="giving", outcome="不馈赠"),
        Line(who="li", step="report", values=REPORT),
        Line(who="wang", step="check"),
        Line(who="li", step="claim", values={"spent": "4200"}),
        Line(who="wang", step="claim_review"),
        Line(who="chen", step="claim_approval"),
        Line(who="qian", step="pay"),
        Line(who="li", step="again", outcome="否"),
    )


def demo(arguments: argparse.Namespace, console: Console) -> int:
    """Check the processes, take one visit through, print its history, write its chart."""
    catalog = _checked(arguments.processes, console)
    visit, company = catalog.definitions.get("visit"), catalog.company
    if visit is None or company is None:
        raise InvalidDefinition(
            f"{arguments.processes} 里没有流程 visit 或公司文件",
            f"{arguments.processes} holds no process 'visit' or no company file",
        )
    folder = Path(arguments.output)
    folder.mkdir(parents=True, exist_ok=True)
    with Engine(f"sqlite:///{(folder / 'demo.db').as_posix()}", directory=company) as engine:
        for definition in catalog.definitions.values():
            engine.deploy(definition)
        instance = _play(engine, visit, company, console)
        console.say("")
        if console.as_json:
            console.json({"instance": engine.instance(instance), "history": engine.history(instance)})
        else:
            console.say("■ 经过", "History")
            print_history(engine, instance, console)
            _verify(engine, instance, console)
        chart = folder / "visit.svg"
        write(chart, drawn(visit, "TB", console.lang, path_of(engine, instance)))
        console.say("")
        console.say(f"■ 泳道图，标出走过的路: {chart}", f"the chart with the path taken: {chart}")
    return 0


def _checked(folder: str, console: Console) -> Catalog:
    catalog = check([folder])
    if catalog.failed:
        print(render_text(catalog.diagnostics, catalog.sources, lang=console.lang))
        raise InvalidDefinition(f"{folder} 里有错误", f"there are errors in {folder}")
    warnings = sum(d.severity is Severity.WARNING for d in catalog.diagnostics)
    names = ", ".join(sorted(catalog.definitions))
    console.say(f"■ 检查 {folder}: {names}，没有错误，{warnings} 个警告", f"checked {folder}: no errors, {warnings} warnings")
    return catalog


def _play(engine: Engine, visit: Definition, company: Company, console: Console) -> str:
    unfinished = engine.instances(status="running", process="visit")
    number = len(engine.instances(process="visit")) + 1
    instance = unfinished[0].id if unfinished else f"visit-{number}"
    done = engine.instance(instance).revision - 1 if unfinished else 0
    engine.start("visit", actor="li", instance=instance, key=f"demo:{instance}")
    word = f"接着办 {instance}（已办 {done} 步）" if unfinished else f"启动 {instance}"
    console.say(f"■ {word}", f"{'going on with' if unfinished else 'started'} {instance}")
    today = PLAIN_WEEK.today(engine.instance(instance).started).isoformat()
    for number, line in enumerate(_story(today)):
        if number < done:
            continue
        engine.complete(
            instance,
            line.step,
            actor=line.who,
            outcome=line.outcome,
            values=line.values,
            comment=line.comment,
            key=f"demo:{instance}:{number}",
        )
        for text in _told(engine, instance, line, visit, company, console):
            console.say(text)
    Worker(engine).run_once()
    return instance


def _told(engine: Engine, instance: str, line: Line, visit: Definition, company: Company, console: Console) -> Iterator[str]:
    """What just happened: lane, person, step and answer; then what waits for whom."""
    state = visit.states[line.step]
    roles = visit.role
    lane = console.text(roles[state.lane].title) if state.lane in roles else ""
    person = company.person(line.who)
    who = console.text(person.title) if person else line.who
    outcome = {"": ("✓ 完成", "done") if state.verb == "do" else ("✓ 通过", "approved"), "rejected": ("✗ 退回", "rejected")}
    word = (
        console.word(*outcome.get(line.outcome, (line.outcome, line.outcome)))
        if line.outcome != "否"
        else console.word("否", "no")
    )
    said = f"  “{line.comment}”" if line.comment else ""
    yield f"{_pad(lane, 34)} {_pad(who, 20)} {_pad(console.text(state.title), 40)} {word}  {pairs(line.values)}{said}".rstrip()
    waiting = engine.tasks(instance=instance)
    for task in waiting:
        names = ", ".join(console.text(p.title) for name in task.people if (p := company.person(name)) is not None)
        due = f"  {console.word('期限', 'due')} {moment(task.due)}" if task.due else ""
        yield f"    → {console.word('等', 'waits for')} {names}: {console.title(task.zh, task.en)}{due}"
    if not waiting:
        yield f"    → {console.word('流程结束', 'the process has ended')}"


def _pad(text: str, size: int) -> str:
    return text + " " * max(0, size - width(text))


def _verify(engine: Engine, instance: str, console: Console) -> None:
    assert engine.replay(instance) == engine.snapshot(instance), "the journal replays to the stored state"
    console.say("  （重演经过，与现状一致）", "(the journal replays to the stored state)")
