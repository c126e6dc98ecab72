"""What people do about a task besides answering it; none of it is a node of the process.

An operation is refused with a reason, or changes what is arranged about the task, or makes a jump (see `jumps`). The actor
must hold a place of the task, in their own name or as a deputy, and the step must allow the operation. Claiming, releasing
and telling others is always allowed; what concerns the whole instance, and skipping, needs the rights of an owner, which
the event says (`Operate.owner`), for the kernel knows no company. Rules about people bind those to whom something is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from oyiflow.kernel.jumps import began, behind, beside, fields_digest, jump
from oyiflow.kernel.machine import timer_event
from oyiflow.kernel.messages import Copied, Event, Notified, Operate, TimerArmed, TimerCancelled
from oyiflow.kernel.people import persons_named
from oyiflow.kernel.run import Failure, Run
from oyiflow.kernel.signers import arranged, hand_of, in_hands, own_vote, signed, urged_at
from oyiflow.kernel.snapshot import Back, Hand, Signer, Snapshot, Task, Timer
from oyiflow.kernel.work import breaks, find, keep_waiting, obey_rules, place_of, settle_place
from oyiflow.model.definition import Definition, Mode, State, Work

URGE_PAUSE = timedelta(hours=1)
"""How long somebody who was urged is left alone."""
SIGNERS_LIMIT = 100
"""Signatures and opinions that may be asked for on one task, so that a snapshot does not grow without end."""
WORDS: Mapping[str, tuple[str, str]] = {
    "claim": ("认领", "claim"),
    "release": ("释放", "release"),
    "transfer": ("转办", "transfer"),
    "delegate": ("委派", "delegate"),
    "add_signer": ("加签", "add a signer"),
    "remove_signer": ("减签", "remove a signer"),
    "send_back": ("退回", "send back"),
    "withdraw": ("撤回", "withdraw"),
    "urge": ("催办", "urge"),
    "copy": ("抄送", "copy"),
    "suspend": ("挂起", "suspend"),
    "resume": ("恢复", "resume"),
    "skip": ("跳过", "skip"),
    "handover": ("移交", "hand over"),
}
_ALWAYS = frozenset(("claim", "release", "copy"))
_OWNERS = frozenset(("suspend", "resume", "skip", "handover"))
_WHILE_SUSPENDED = frozenset(("resume", "handover", "copy"))


def may_while_suspended(event: Event) -> bool:
    """S50: what an instance takes while it is suspended."""
    return isinstance(event, Operate) and event.operation in _WHILE_SUSPENDED


def operate(run: Run, op: Operate) -> str:
    """Do it, or say why not. Returns the event to run, or "" for none."""
    if op.operation in _OWNERS and not op.owner:
        zh, en = WORDS[op.operation]
        raise Failure(
            "forbidden",
            f"{op.actor} 不能{zh}: 只有管理员可以 (company.yaml 的 policies: administrators)",
            f"{op.actor} may not {en}: only administrators may (policies: administrators in company.yaml)",
        )
    return _DO[op.operation](run, op)


# --- what they have in common


def _person(op: Operate) -> str:
    """In whose place the actor stands."""
    return op.on_behalf or op.actor


def _seat(run: Run, op: Operate) -> tuple[Task, State, Work, int]:
    """The task, and the place of it that is the actor's, once the step allows the operation."""
    task = find(run, op)
    state, work = _work(run, task)
    _check_allowed(state, work, op)
    return task, state, work, place_of(run, state, task, op)


def _work(run: Run, task: Task) -> tuple[State, Work]:
    state = run.machine.definition.states[task.state]
    assert state.work is not None, "a task belongs to a state with work"
    return state, state.work


def _check_allowed(state: State, work: Work, op: Operate) -> None:
    """S45: a step allows what its `allow` names; who asked for signers may take that back."""
    if op.operation in _ALWAYS or op.operation in work.allow:
        return
    if op.operation == "remove_signer" and "delegate" in work.allow:
        return
    zh, en = WORDS[op.operation]
    raise Failure(
        "forbidden",
        f"“{state.title.of('zh') or state.id}”不允许{zh} (步骤里没有 allow: {op.operation})",
        f"{state.id} does not let people {en} (the step has no allow: {op.operation})",
    )


def _others(run: Run, task: Task, op: Operate, just_one: bool) -> tuple[str, ...]:
    """The people named, once it is clear that each of them could sign."""
    people = tuple(dict.fromkeys(op.people))
    if not people or (just_one and len(people) > 1):
        zh, en = ("一个人", "one person") if just_one else ("人", "people")
        raise Failure("invalid_value", f"要写明{zh}", f"name {en}")
    busy = {*signed(task), *(one.person for one in task.signers if one.vote is None), op.actor, _person(op)}
    busy.update(hand.person for hand in task.hands)
    if taken := busy.intersection(people):
        who = "、".join(sorted(taken))
        raise Failure(
            "forbidden", f"{who} 已经参与这一项，同一人不签两次", f"{who} takes part in this task already; nobody signs twice"
        )
    for person in people:
        obey_rules(run, task, op, (person,))
    return people


def _refuse(zh: str, en: str, code: str = "forbidden") -> Failure:
    return Failure(code, zh, en)


# --- whose place it is


def _claim(run: Run, op: Operate) -> str:
    """S46: a place becomes the claimant's alone; where any one answer decides, the whole task does."""
    task, _, work, place = _seat(run, op)
    if hand_of(task, place) is not None:
        raise _refuse(f"{_person(op)} 已经认领", f"{_person(op)} holds it already")
    obey_rules(run, task, op)
    places = [one for one in task.waiting if hand_of(task, one) is None] if work.mode is Mode.ANY else [place]
    keep_waiting(run, in_hands(task, tuple(Hand(place=one, person=_person(op)) for one in places)))
    return ""


def _release(run: Run, op: Operate) -> str:
    """S46: a claim ends; an owner may end anybody's."""
    task = find(run, op)
    claims = [hand for hand in task.hands if not hand.by and own_vote(task, hand.place) is None]
    mine = [hand for hand in claims if op.owner or hand.person == _person(op)]
    if not mine:
        raise _refuse(f"{_person(op)} 没有认领这一项", f"{_person(op)} has not claimed this task")
    keep_waiting(run, arranged(task, hands=tuple(hand for hand in task.hands if hand not in mine)))
    return ""


def _transfer(run: Run, op: Operate) -> str:
    """S46: the actor's place, or their turn as an added signer, is another's from now on."""
    task = find(run, op)
    state, work = _work(run, task)
    _check_allowed(state, work, op)
    (other,) = _others(run, task, op, just_one=True)
    mine = [one for one in task.signers if one.person == _person(op) and one.vote is None]
    if mine:
        signers = tuple(replace(one, person=other) if one in mine else one for one in task.signers)
        keep_waiting(run, arranged(task, signers=signers))
        return ""
    place = place_of(run, state, task, op)
    obey_rules(run, task, op)
    if work.who is not None:
        raise _refuse("这一步限定了本人办理，不能转办", "the step says who must act; it cannot be transferred")
    held = {hand.place for hand in task.hands if hand.person == _person(op) and own_vote(task, hand.place) is None}
    keep_waiting(run, in_hands(task, tuple(Hand(place=one, person=other, by=op.actor) for one in sorted(held | {place}))))
    return ""


def _mine(task: Task, place: int, op: Operate) -> Task:
    """The task with the place in the actor's hands, so that it comes back to them."""
    return task if hand_of(task, place) is not None else in_hands(task, (Hand(place=place, person=_person(op)),))


# --- who signs besides


def _delegate(run: Run, op: Operate) -> str:
    """S47: another gives an opinion, then it is the actor's again."""
    task, _, _, place = _seat(run, op)
    obey_rules(run, task, op)
    (other,) = _others(run, task, op, just_one=True)
    return _add(run, _mine(task, place, op), [Signer(person=other, by=_person(op), place=place, when="opinion")])


def _add_signer(run: Run, op: Operate) -> str:
    """S47: others sign before, after or beside the actor."""
    task, _, _, place = _seat(run, op)
    obey_rules(run, task, op)
    people = _others(run, task, op, just_one=False)
    added = [Signer(person=one, by=_person(op), place=place, when=op.when, mode=op.mode) for one in people]
    return _add(run, _mine(task, place, op), added)


def _add(run: Run, task: Task, added: list[Signer]) -> str:
    if len(task.signers) + len(added) > SIGNERS_LIMIT:
        raise _refuse(f"一项待办最多加签 {SIGNERS_LIMIT} 人次", f"at most {SIGNERS_LIMIT} signatures are added to one task")
    group = max((one.group for one in task.signers), default=0) + 1
    keep_waiting(run, arranged(task, signers=(*task.signers, *(replace(one, group=group) for one in added))))
    return ""


def _remove_signer(run: Run, op: Operate) -> str:
    """S47: whoever asked for a signature that has not been given need not wait for it."""
    task = find(run, op)
    state, work = _work(run, task)
    _check_allowed(state, work, op)
    gone = [one for one in task.signers if one.person in op.people and one.vote is None and (op.owner or _person(op) == one.by)]
    gone = [one for one in gone if one.when == "opinion" or "remove_signer" in work.allow]
    if not gone or {one.person for one in gone} != set(op.people):
        raise _refuse(
            "只能减去自己加的、还没有签的人", "only those whom you have asked yourself, and who have not signed, can be removed"
        )
    if len({one.place for one in gone}) > 1:  # each place may be decided by it
        raise _refuse("请一次只减一处加的人", "remove those of one place at a time")
    task = arranged(task, signers=tuple(one for one in task.signers if one not in gone))
    return settle_place(run, task, gone[0].place)


# --- backwards


def _send_back(run: Run, op: Operate) -> str:
    """S48: to a step that was done on the way here, in the same branch."""
    task, state, _, _ = _seat(run, op)
    obey_rules(run, task, op)
    done = behind(run.machine.definition, run.before, task.state)
    target = meant_step(run.machine.definition, run.before, op)
    if target not in done or target == task.state:
        zh, en = "、".join(done) or "-", ", ".join(done) or "-"
        raise _refuse(
            f"不能从“{state.id}”退回到“{op.to}”；可退回到: {zh}",
            f"{state.id} cannot be sent back to {op.to!r}; steps done: {en}",
            "not_accepted",
        )
    if op.straight:
        plain = arranged(task, urged=None)  # S49
        run.backs[target] = Back(task=plain, passed=run.kept.passed, fields=fields_digest(run))
    run.closing[task.id] = "send_back"
    jump(run, task.state, target)
    return ""


def _withdraw(run: Run, op: Operate) -> str:
    """S51: whoever did a step, or started the instance, takes the step back while nobody has acted on what follows."""
    definition = run.machine.definition
    meant = meant_step(definition, run.before, op)
    last = next((one for one in reversed(run.kept.passed) if one.state == meant), None)
    if last is None:
        raise _refuse("没有可以撤回的一步", "there is no step to be taken back", "not_accepted")
    state = definition.states[last.state]
    assert state.work is not None, "a step that was done had work"
    _check_allowed(state, state.work, op)
    if not began(definition, run.before, _person(op), last.state):
        raise _refuse(
            f"“{state.id}”不是 {_person(op)} 办的，也不是其发起的",
            f"{_person(op)} has neither done {state.id} nor started the instance",
        )
    following = [one for one in run.tasks if beside(definition, one.state, last.state)]
    fresh = [one for one in following if one.id == f"{one.state}@{last.revision}"]
    if len(fresh) != 1 or fresh[0].votes or fresh[0].hands or fresh[0].signers or fresh[0].state == last.state:
        raise _refuse(
            "后面已经有人办理，或后面不是一项待办，不能撤回",
            "somebody has acted on what follows, or it is no task; the step cannot be taken back",
            "not_accepted",
        )
    run.closing[fresh[0].id] = "withdraw"
    jump(run, fresh[0].state, last.state)
    return ""


def meant_step(definition: Definition, snapshot: Snapshot, op: Operate) -> str:
    """To which step an operation that leads backwards leads, if it does not say so: the last one that it can lead to."""
    if op.to:
        return op.to
    if op.operation == "send_back":
        task = next((task for task in snapshot.tasks if op.task in (task.id, task.state)), None)
        return next(iter(behind(definition, snapshot, task.state)), "") if task is not None else ""
    if op.operation == "withdraw":
        done = reversed(snapshot.kept.passed)
        return next((one.state for one in done if began(definition, snapshot, _person(op), one.state)), "")
    return ""


# --- telling


def _concerned(run: Run, op: Operate, task: Task) -> None:
    """S53: whoever has done something in this instance, started it, or may act on the task, may speak of it."""
    did = {person for people in run.did.values() for person in people}
    if op.owner or _person(op) in did or _person(op) in {person for one in run.tasks for person in one.taken_part}:
        return
    place_of(run, _work(run, task)[0], task, op)


def _urge(run: Run, op: Operate) -> str:
    """S53: a notice to those it waits for, at most once an hour."""
    task = find(run, op)
    state, work = _work(run, task)
    _check_allowed(state, work, op)
    _concerned(run, op, task)
    last = urged_at(task)
    if last is not None and run.now - last < URGE_PAUSE:
        raise _refuse("一小时内已经催过", "they were urged less than an hour ago", "too_early")
    keep_waiting(run, arranged(task, urged=run.now))
    run.effects.append(Notified(id=run.effect_id(), about=task.state, task=task.id, reason="urge"))
    return ""


def _copy(run: Run, op: Operate) -> str:
    """S53: a notice to the people named."""
    task = find(run, op)
    _concerned(run, op, task)
    people = tuple(dict.fromkeys(op.people))
    if not people:
        raise _refuse("要写明抄送给谁", "say who is to be told", "invalid_value")
    run.effects.append(Copied(id=run.effect_id(), about=task.state, task=task.id, people=people))
    return ""


# --- owners


def _suspend(run: Run, op: Operate) -> str:
    """S50: nothing moves the instance until it is resumed, and its clocks stand still."""
    run.suspended = True
    run.kept = replace(run.kept, suspended=run.now)
    for timer in run.timers:
        run.effects.append(TimerCancelled(id=run.effect_id(), timer=timer.id))
    return ""


def _resume(run: Run, op: Operate) -> str:
    """S50: durations go on where they stood; what waits for a day of the calendar waits for that day."""
    since = run.kept.suspended
    if since is None:
        raise _refuse("流程没有挂起", "the instance is not suspended", "not_accepted")
    before = list(run.timers)
    run.timers = [replace(t, due=t.due + (run.now - since)) if _counts(run, t) else t for t in before]
    for timer in run.timers:
        run.effects.append(TimerCancelled(id=run.effect_id(), timer=timer.id))  # a move to another version may have armed it
        run.effects.append(TimerArmed(id=run.effect_id(), timer=timer))
    for task in list(run.tasks):
        if task.due is not None and (due := _due(run, before, task)) != task.due:
            keep_waiting(run, replace(task, due=due))
    run.suspended = False
    run.kept = replace(run.kept, suspended=None)
    return ""


def _counts(run: Run, timer: Timer) -> bool:
    """Whether a timer counts time, and does not wait for a day of the calendar."""
    if not timer.state:
        return True
    arcs = run.machine.timed[run.machine.index[timer.state]]
    return any(arc.definition.after is not None for place, arc in arcs if timer_event(timer.state, place) == timer.event)


def _due(run: Run, before: list[Timer], task: Task) -> datetime | None:
    """The deadline of a task, moved as its timer was."""
    moved = (new.due for old, new in zip(before, run.timers, strict=True) if old.state == task.state and old.due == task.due)
    return next(moved, task.due)


def _skip(run: Run, op: Operate) -> str:
    """S54: a step is passed over, for a reason, as if it had been consented to; nobody has done it."""
    task = find(run, op)
    state, work = _work(run, task)
    if not op.comment.strip():
        raise _refuse("跳过要写明理由", "say why it is skipped", "missing_value")
    rules = (rule for rule in run.machine.definition.rules if rule.form == "different_people" and task.state in rule.steps)
    if any(breaks(run.tasks, run.did, rule, task, (op.actor, _person(op))) for rule in rules):
        obey_rules(run, task, op)
    outcome = next((one for one in work.outcomes if one.consent and (not op.to or op.to in one.words)), None)
    if outcome is None:
        raise _refuse(f"“{state.id}”没有这样的答复: {op.to}", f"{state.id} has no such answer: {op.to}", "unknown_outcome")
    run.did = {step: people for step, people in run.did.items() if step != task.state}
    run.closing[task.id] = "skip"
    return outcome.event


def _handover(run: Run, op: Operate) -> str:
    """S52: whatever a person holds here, or will hold because a field or a step names them, is another's."""
    if len(op.people) != 2 or op.people[0] == op.people[1]:
        raise _refuse("要写明从谁移交给谁", "say from whom to whom", "invalid_value")
    old, new = op.people
    named = {task.id: _named(run, task) for task in run.tasks}
    heirs = [(was, new if heir == old else heir) for was, heir in run.kept.heirs if was not in (old, new)]
    run.kept = replace(run.kept, heirs=(*heirs, (old, new)))
    for task in list(run.tasks):
        hands = tuple(_inherited(hand, old, new, op.actor) for hand in task.hands)
        signers = tuple(replace(s, person=new) if s.person == old and s.vote is None else s for s in task.signers)
        signers = tuple(replace(s, by=new) if s.by == old else s for s in signers)
        fresh = arranged(task, hands=hands, signers=signers) if task.arranged is not None else task
        if fresh != task or old in named[task.id]:
            _check_heir(task, old, new)
            keep_waiting(run, fresh)
    return ""


def _check_heir(task: Task, old: str, new: str) -> None:
    """Nobody signs twice, so nobody takes over a signature beside their own."""
    asked = {one.person for one in task.signers if one.vote is None} | {hand.person for hand in task.hands}
    if new in signed(task) or new in asked - {old}:
        raise _refuse(
            f"{new} 已经参与“{task.state}”，同一人不签两次，请移交给别人",
            f"{new} takes part in {task.state} already and nobody signs twice; hand it over to somebody else",
        )


def _inherited(hand: Hand, old: str, new: str, by: str) -> Hand:
    return replace(hand, person=new, by=by) if hand.person == old else hand


def _named(run: Run, task: Task) -> tuple[str, ...]:
    """Whom the work of a task means by name, or by whom they report to."""
    by = _work(run, task)[1].by
    return (*persons_named(run.before, by), *persons_named(run.before, by, superior=True))


_DO: Mapping[str, Callable[[Run, Operate], str]] = {
    "claim": _claim,
    "release": _release,
    "transfer": _transfer,
    "delegate": _delegate,
    "add_signer": _add_signer,
    "remove_signer": _remove_signer,
    "send_back": _send_back,
    "withdraw": _withdraw,
    "urge": _urge,
    "copy": _copy,
    "suspend": _suspend,
    "resume": _resume,
    "skip": _skip,
    "handover": _handover,
}
