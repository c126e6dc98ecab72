"""What people do besides answering, as the kernel is to see it; and the handing over of all that one person holds.

The kernel decides who may do what with a task. Added here is what only the directory knows: in whose name the actor may
speak, who is an administrator, whether those named exist, and that nobody gets to approve what they started themselves: not
by a transfer, not as an added signer, and not by skipping the approval. A handover is one step in each instance that is
concerned, so that each journal tells of it; what was handed over already is passed over when it is repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from oyiflow.engine.access import COMMENT_LIMIT, Access, check_text
from oyiflow.engine.projection import Loaded
from oyiflow.engine.steps import Steps
from oyiflow.errors import EventRejected, Forbidden, OyiFlowError
from oyiflow.kernel import Act, Operate, Rejected, step
from oyiflow.kernel.operations import WORDS, meant_step
from oyiflow.kernel.snapshot import OPEN
from oyiflow.model.definition import Assignee
from oyiflow.store.protocol import Store

PEOPLE_LIMIT = 100
_GIVING = frozenset(("transfer", "delegate", "add_signer"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One thing that a person holds in an instance."""

    instance: str
    step: str
    """The step that it is about."""
    how: str
    """claimed, transferred or signer, of an open task; field or did: the step is meant for them by name, now or later."""
    problem: str = ""
    """Why it could not be handed over; "" if it was, or would be."""


class Operations:
    """See the module."""

    def __init__(self, steps: Steps, store: Store, access: Access) -> None:
        self._steps = steps
        self._store = store
        self._access = access

    def prepare(self, loaded: Loaded, op: Operate, now: datetime) -> Operate:
        """Check who speaks and of whom, and say with which rights. Refuses what the policies forbid."""
        self._check(op)
        ways = [way for way in self._ways(loaded, op, now) if op.on_behalf in ("", way.on_behalf)]
        if not ways:
            raise Forbidden(
                f"{op.actor} 今天不是 {op.on_behalf} 的代理人", f"{op.actor} does not stand in for {op.on_behalf} today"
            )
        chosen = ways[0] if len(ways) == 1 else min(ways, key=lambda way: self._objection(loaded, way, now))
        self._no_self_approval(loaded, chosen, now)
        return replace(chosen, to=meant_step(loaded.definition, loaded.snapshot, chosen))  # said in so many words

    def _check(self, op: Operate) -> None:
        for text, what in ((op.operation, "operation"), (op.task, "task"), (op.to, "to"), (op.on_behalf, "on_behalf")):
            check_text(text, what)
        check_text(op.comment, "comment", COMMENT_LIMIT)
        words = (("when", op.when, ("before", "after", "beside")), ("mode", op.mode, ("any", "all", "in_turn")))
        for name, word, known in words:
            if word not in known:
                raise _invalid(f"{name} 只能是 {'、'.join(known)}", f"{name} is one of {', '.join(known)}")
        if len(op.people) > PEOPLE_LIMIT:
            raise _invalid(f"一次最多 {PEOPLE_LIMIT} 人", f"at most {PEOPLE_LIMIT} people at once")
        self._access.check_known(op.actor)
        for person in op.people[1:] if op.operation == "handover" else op.people:  # whoever leaves may be gone already
            if op.operation not in ("remove_signer", "release"):
                self._access.check_known(person)

    def _ways(self, loaded: Loaded, op: Operate, now: datetime) -> Iterator[Operate]:
        """In whose name a person may speak: their own first, then those of absent people."""
        definition, snapshot = loaded.definition, loaded.snapshot
        for name in self._access.speaks_for(op.actor, now):
            yield replace(
                op,
                roles=self._access.roles(definition, name),
                on_behalf=name if name != op.actor else "",
                leads=self._access.leads(definition, snapshot, name),
                owner=self.is_owner(name),
            )

    def is_owner(self, person: str) -> bool:
        """Whether a person may suspend, resume, skip and hand over."""
        return person in self._access.directory.policies.administrators

    def _objection(self, loaded: Loaded, op: Operate, now: datetime) -> bool:
        answer = step(loaded.definition, loaded.snapshot, op, now)
        return isinstance(answer, Rejected) and answer.code in ("forbidden", "rule")

    def _no_self_approval(self, loaded: Loaded, op: Operate, now: datetime) -> None:
        """Nobody gets to approve what they started: see `Access.is_self_approval`."""
        would: list[Act] = []
        if op.operation in _GIVING:
            would = [Act(task=op.task, actor=person) for person in op.people]
        elif op.operation == "skip":
            would = [Act(task=op.task, actor=op.actor, on_behalf=op.on_behalf, outcome=op.to)]
        if would and self._objection(loaded, op, now):
            return  # the kernel refuses it, in the words of the process's own rule
        for act in would:
            if self._access.is_self_approval(loaded.definition, loaded.snapshot, act):
                raise Forbidden(
                    f"{act.actor} 不能审批自己发起的事，也不能由别人交给其审批 (policies: self_approval: never)",
                    f"{act.actor} may not approve what they started, nor be given it to approve: policies: self_approval: never",
                )

    # -- handing over --------------------------------------------------------------------------------------------

    def handover(self, op: Operate, send: Callable[[str, Operate], object] | None) -> list[Held]:
        """Everything that one person holds, handed over to another by `send`; without it, only looked at."""
        self._check(op)
        if not self.is_owner(op.actor):
            raise Forbidden(
                f"{op.actor} 不能移交: 只有管理员可以 (company.yaml 的 policies: administrators)",
                f"{op.actor} may not hand over: only administrators may (policies: administrators in company.yaml)",
            )
        old, new = op.people
        if old == new:
            raise _invalid("要移交给另一个人", "hand over to somebody else")
        found: list[Held] = []
        for status in OPEN:
            for loaded in self._steps.readable(self._store.instances(status=status)):
                held = list(held_in(loaded, old))
                if held:
                    problem = _attempt(loaded.row.id, op, send) if send is not None else ""
                    found += [replace(one, problem=problem) for one in held]
        return found


def _attempt(instance: str, op: Operate, send: Callable[[str, Operate], object]) -> str:
    """One instance that refuses must not keep the others waiting."""
    try:
        send(instance, op)
    except OyiFlowError as error:
        return error.words
    return ""


def held_in(loaded: Loaded, person: str) -> Iterator[Held]:
    """What a person holds in one instance."""
    definition, snapshot = loaded.definition, loaded.snapshot
    heirs = dict(snapshot.kept.heirs)
    for task in snapshot.tasks:
        for hand in task.hands:
            if hand.person == person:
                yield Held(instance=loaded.row.id, step=task.state, how="transferred" if hand.by else "claimed")
        if any(one.person == person and one.vote is None for one in task.signers):
            yield Held(instance=loaded.row.id, step=task.state, how="signer")
    for state in definition.states.values():
        for assignee in state.work.by if state.work is not None else ():
            how = _named(loaded, assignee, person, heirs)
            if how:
                yield Held(instance=loaded.row.id, step=state.id, how=how)


def _named(loaded: Loaded, assignee: Assignee, person: str, heirs: dict[str, str]) -> str:
    """How an assignee means a person: by a field, by what they did, or not at all."""
    if assignee.person_in:
        value = str(loaded.snapshot.data.get(assignee.person_in, ""))
        return "field" if heirs.get(value, value) == person else ""
    did = loaded.snapshot.did.get(assignee.whoever_did, ()) if assignee.whoever_did else ()
    return "did" if person in [heirs.get(one, one) for one in did] else ""


def operation_of(operation: str, task: str, actor: str, people: Iterable[str], details: Mapping[str, Any]) -> Operate:
    """A wish in words as the kernel's event."""
    named = {"when", "mode", "to", "straight", "comment", "on_behalf"}
    if operation not in WORDS:
        known = ", ".join(WORDS)
        raise _invalid(f"没有这样的操作: {operation}；有: {known}", f"there is no operation {operation!r}; there are: {known}")
    if unknown := [name for name in details if name not in named]:
        wrong, known = ", ".join(unknown), ", ".join(sorted(named))
        raise _invalid(f"操作没有这样的细节: {wrong}；有: {known}", f"an operation has no detail {wrong}; there are: {known}")
    return Operate(operation=operation, task=task, actor=actor, people=tuple(people), **details)  # type: ignore[arg-type]  # it is one of them


def _invalid(zh: str, en: str) -> EventRejected:
    return EventRejected(zh, en, code="invalid_value")
