"""`do` and `handover`: what people do about a task besides answering it, typed in English or Chinese words."""

from __future__ import annotations

import argparse
from typing import Any

from oyiflow.cli.console import Console
from oyiflow.cli.instances import moved
from oyiflow.cli.opening import company_of, need_company, need_instance, open_engine
from oyiflow.engine.operations import Held
from oyiflow.errors import EventRejected, OyiFlowError
from oyiflow.kernel.operations import WORDS
from oyiflow.model.company import Company

_CHINESE = {zh: name for name, (zh, _) in WORDS.items()} | {"离职移交": "handover"}
_WITH_STEP = ("send_back", "withdraw", "skip")
_INSTANCE_ONLY = ("suspend", "resume")
_HOW = {
    "claimed": ("已认领", "claimed"),
    "transferred": ("转办得来", "transferred to them"),
    "signer": ("加签、征求意见", "asked to sign"),
    "field": ("表单里指定", "named in the form"),
    "did": ("办过前面的步骤", "did an earlier step"),
}


def do(arguments: argparse.Namespace, console: Console) -> int:
    """Do something about a task besides answering it."""
    need_company(arguments)
    need_instance(arguments)
    operation = _operation(arguments.operation)
    with open_engine(arguments) as engine:
        instance = engine.operate(
            arguments.instance,
            operation,
            *_task(operation, arguments),
            actor=arguments.person,
            **_details(operation, arguments),
        )
        moved(engine, instance, console, arguments.person or "")
    return 0


def _operation(word: str) -> str:
    name = _CHINESE.get(word, word.replace("-", "_"))
    if name not in WORDS or name == "handover":
        known = ", ".join(f"{one} {zh}" for one, (zh, _) in WORDS.items() if one != "handover")
        raise EventRejected(
            f"没有这样的操作: {word}；有: {known}", f"no operation {word!r}; there are: {known}", code="invalid_value"
        )
    return name


def _task(operation: str, arguments: argparse.Namespace) -> tuple[str, ...]:
    """The step whose task it is about; a withdrawal names the step that is taken back instead."""
    if operation not in (*_INSTANCE_ONLY, "withdraw") and not arguments.step:
        raise EventRejected("要写明是哪一步", "say which step", code="unknown_task")
    return () if operation == "withdraw" or not arguments.step else (arguments.step,)


def _details(operation: str, arguments: argparse.Namespace) -> dict[str, Any]:
    details: dict[str, Any] = {"comment": arguments.comment, "on_behalf": arguments.on_behalf}
    if operation in _WITH_STEP:
        if len(arguments.rest) > 1:
            raise EventRejected("只能写一步", "one step only", code="invalid_value")
        to = arguments.step if operation == "withdraw" else "".join(arguments.rest)
        return {**details, "to": to, "straight": arguments.straight}
    return {**details, "people": arguments.rest, "when": arguments.when, "mode": arguments.mode}


def handover(arguments: argparse.Namespace, console: Console) -> int:
    """Hand over everything that a person holds, in all instances."""
    need_company(arguments)
    with open_engine(arguments) as engine:
        found = engine.handover(
            arguments.old, arguments.new, actor=arguments.person, comment=arguments.comment, dry_run=arguments.dry_run
        )
    if console.as_json:
        console.json({"handed_over": not arguments.dry_run, "held": found})
    else:
        _show(found, console)
        _in_company(company_of(arguments), arguments.old, console)
    failed = [one for one in found if one.problem]
    if failed:
        raise OyiFlowError(f"{len(failed)} 项没能移交", f"{len(failed)} things could not be handed over")
    return 0


def _show(found: list[Held], console: Console) -> None:
    if not found:
        console.say("没有要移交的。", "There is nothing to hand over.")
        return
    head = [("实例", "instance"), ("步骤", "step"), ("怎样", "how"), ("问题", "problem")]
    rows = [(one.instance, one.step, console.word(*_HOW[one.how]), console.told(one.problem)) for one in found]
    console.table([console.word(*pair) for pair in head], rows)


def _in_company(company: Company | None, person: str, console: Console) -> None:
    """What the company file says of the person, which nobody but its keeper can change."""
    if company is None:
        return
    known = company.person(person)
    lines = [f"roles: {', '.join(known.roles)}"] if known is not None and known.roles else []
    lines += [f"{one.name}: superior" for one in company.people if one.superior == person]
    lines += [f"{one.name}: deputy" for one in company.people if one.deputy == person]
    lines += [f"{one.person}: absences, deputy" for one in company.absences if one.deputy == person]
    lines += ["policies: administrators"] if person in company.policies.administrators else []
    if lines:
        console.say(f"company.yaml 里还有 {person}:", f"company.yaml still names {person}:")
        for line in lines:
            console.say(f"  {line}")
