"""People's answers: who may sign, what a signature may write, when enough have signed.

An answer is refused with a reason, or becomes a vote on the task; when the votes decide, the outcome's event runs through
the machine. Modes: any (或签) the first answer decides; all (会签) every place must consent, the first refusal decides;
in_turn (依次) as all, one place after the other. Nobody signs twice on one task.

People may have arranged more about a task: places that are one person's alone, added signers (see `signers`). A place is
closed when nobody has to sign for it any more; only then does its answer count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from oyiflow.kernel.jumps import come_back
from oyiflow.kernel.messages import Act, Operate, TaskChanged
from oyiflow.kernel.run import Failure, Run
from oyiflow.kernel.signers import counted, hand_of, holding_up, own_vote, signed, turn, unfinished, with_vote
from oyiflow.kernel.snapshot import Signer, Task, Vote
from oyiflow.model.definition import Assignee, Mode, Outcome, Rule, State, Work

Did = Mapping[str, tuple[str, ...]]
Said = Act | Operate
"""What a person says: an answer, or that something is to be done about a task."""


def answer(run: Run, act: Act) -> str:
    """Check an answer and add its vote. Returns the event to run, or "" while more signers are awaited."""
    task = find(run, act)
    state = run.machine.definition.states[task.state]
    work = state.work
    assert work is not None
    outcome = _outcome(work, act)
    added = next((one for one in turn(task) if one.person == (act.on_behalf or act.actor)), None) if task.signers else None
    if added is not None:
        return _answer_added(run, task, added, outcome, act)
    place = place_of(run, state, task, act)
    if task.signers and (first := holding_up(task, place)):
        raise Failure("forbidden", f"先要等 {'、'.join(first)} 答复", f"{', '.join(first)} must answer first")  # S47
    obey_rules(run, task, act)
    _not_too_early(run, work, outcome)
    _write(run, work, act)
    vote = Vote(actor=act.actor, place=place, outcome=outcome.name, at=run.now, on_behalf=act.on_behalf)
    after = replace(task, votes=(*task.votes, vote))
    awaits = task.signers and outcome.consent and unfinished(after, place)
    if awaits or not still_waiting(work, _closed(work, task), place, outcome):
        _complete_and_ticked(run, work, outcome, act)
    if awaits:
        keep_waiting(run, after)
        return ""
    return close_place(run, after, place, outcome)


def _answer_added(run: Run, task: Task, added: Signer, outcome: Outcome, act: Act) -> str:
    """S47: the answer of an added signer. An opinion is noted, with what it fills in; a signature counts for the place."""
    state = run.machine.definition.states[task.state]
    assert state.work is not None
    opinion = added.when == "opinion"
    if not opinion:
        _not_twice(task, act)
        _not_too_early(run, state.work, outcome)
    obey_rules(run, task, act)
    if act.values and not opinion:
        raise Failure("invalid_value", "加签的人只签字，不填表单", "an added signer signs and fills in nothing")
    _write(run, state.work, act)
    vote = Vote(actor=act.actor, place=added.place, outcome=outcome.name, at=run.now, on_behalf=act.on_behalf)
    task = with_vote(task, added, vote)
    if opinion:
        keep_waiting(run, task)
        return ""
    return close_place(run, task, added.place, outcome) if not outcome.consent else settle_place(run, task, added.place)


def settle_place(run: Run, task: Task, place: int) -> str:
    """Close a place if its holder and all added signers have signed, with the holder's answer; else the task waits on."""
    work = run.machine.definition.states[task.state].work
    own = own_vote(task, place)
    if work is None or own is None or place not in task.waiting or unfinished(task, place):
        keep_waiting(run, task)
        return ""
    outcome = next(one for one in work.outcomes if one.name == own.outcome)
    if not still_waiting(work, _closed(work, task), place, outcome):
        _complete(run, work)
    return close_place(run, task, place, outcome)


def close_place(run: Run, task: Task, place: int, outcome: Outcome) -> str:
    """S28: a place is answered for; the event of the outcome if that decides, else "" and the task waits on."""
    work = run.machine.definition.states[task.state].work
    assert work is not None
    waiting = still_waiting(work, _closed(work, task), place, outcome)
    if waiting:
        keep_waiting(run, replace(task, waiting=waiting))
        return ""
    run.did = {**run.did, task.state: task.taken_part}
    run.closing[task.id] = outcome.name
    run.note_done(task.state)
    if work.stamp and outcome.consent:
        run.stamp(work.stamp)
    return "" if outcome.consent and come_back(run, task) else outcome.event


def _closed(work: Work, task: Task) -> Task:
    """The task with the votes of the places that are closed already."""
    return counted(task, frozenset(one.name for one in work.outcomes if not one.consent))


def _complete_and_ticked(run: Run, work: Work, outcome: Outcome, act: Act) -> None:
    if outcome.consent:
        _complete(run, work)
        _ticked(work, act)


def find(run: Run, act: Said) -> Task:
    """The open task that is named by its id or by its step."""
    for task in run.tasks:
        if act.task in (task.id, task.state):
            return task
    open_now = "、".join(task.state for task in run.tasks) or "-"
    raise Failure(
        "unknown_task", f"没有待办事项 {act.task}；现在待办的是: {open_now}", f"no open task {act.task}; open now: {open_now}"
    )


def _outcome(work: Work, act: Act) -> Outcome:
    if not act.outcome and work.outcomes:
        return work.outcomes[0]
    for outcome in work.outcomes:
        if act.outcome in outcome.words:
            return outcome
    zh = "、".join(outcome.title.of("zh") or outcome.name for outcome in work.outcomes)
    en = ", ".join(outcome.name for outcome in work.outcomes)
    raise Failure("unknown_outcome", f"不能答复“{act.outcome}”；可以答复: {zh}", f"no outcome {act.outcome!r}; allowed: {en}")


def _not_twice(task: Task, act: Said) -> None:
    before = signed(task)
    for person in _speakers(act):
        if person in before:
            raise Failure("forbidden", f"{person} 已经签过这一项", f"{person} has signed this task already")


def place_of(run: Run, state: State, task: Task, act: Said) -> int:
    """The first waiting place of `by` that the actor may sign for."""
    work = state.work
    assert work is not None
    _not_twice(task, act)
    for place in task.waiting:
        if _may_sign(run, work, task, place, act):
            return place
    zh, en = (_awaited(run, work, task, lang) for lang in ("zh", "en"))
    who = work.who
    if who is not None:
        zh, en = f"{zh}，且是{_who(run, who, 'zh')}", f"{en}, who is also {_who(run, who, 'en')}"
    title = state.title.of("zh") or state.id
    raise Failure(
        "forbidden",
        f"{act.actor} 不能办理“{title}”；等待的是: {zh}",
        f"{act.actor} may not act on {state.id}; it waits for: {en}",
    )


def _may_sign(run: Run, work: Work, task: Task, place: int, act: Said) -> bool:
    """S29, S46: whether a place is the actor's: handed over to them, or meant for them and in nobody else's hands."""
    hand = hand_of(task, place) if task.hands else None
    if hand is not None and hand.person != (act.on_behalf or act.actor):
        return False
    if hand is not None and hand.by:
        return True
    return entitled(run, work.by[place], act) and (work.who is None or entitled(run, work.who, act))


def _awaited(run: Run, work: Work, task: Task, lang: str) -> str:
    """Whom the open places wait for, in words."""
    hands = {place: hand.person for place in task.waiting if (hand := hand_of(task, place)) is not None}
    named = dict.fromkeys(hands.get(place) or _who(run, work.by[place], lang) for place in task.waiting)
    return ("、" if lang == "zh" else ", ").join(named)


def _speakers(act: Said) -> tuple[str, ...]:
    """The actor, and the absent person for whom the actor stands in."""
    return (act.actor, act.on_behalf) if act.on_behalf else (act.actor,)


def entitled(run: Run, assignee: Assignee, act: Said) -> bool:
    """S29: whether the actor, or the one whom the actor stands in for, is meant by an assignee, now."""
    person = act.on_behalf or act.actor
    if assignee.role:
        role = run.machine.definition.role[assignee.role]
        return bool(act.roles.intersection((role.name, *role.aliases)))
    meant = _persons(run, assignee)
    return not act.leads.isdisjoint(meant) if assignee.superior else person in meant


def _persons(run: Run, assignee: Assignee) -> tuple[str, ...]:
    """The people whom a field names or who did a step, or who have taken over for them (S52)."""
    people = run.did.get(assignee.whoever_did, ())
    if assignee.person_in:
        named = run.data.get(assignee.person_in)
        people = (str(named),) if named is not None else ()
    heirs = dict(run.kept.heirs)
    return tuple(heirs.get(person, person) for person in people) if heirs else people


def _who(run: Run, assignee: Assignee, lang: str) -> str:
    if assignee.role:
        return run.machine.definition.role[assignee.role].title.of(lang)
    people = ", ".join(_persons(run, assignee)) or "?"
    if not assignee.superior:
        return people
    return f"{people} 的上级" if lang == "zh" else f"the superior of {people}"


def obey_rules(run: Run, task: Task, act: Said, people: tuple[str, ...] = ()) -> None:
    """S32: rules about people hold at every answer; with `people`, for them and not for the actor."""
    for rule in run.machine.definition.rules:
        if task.state in rule.steps and breaks(run.tasks, run.did, rule, task, people or _speakers(act)):
            article = f" [{rule.origin.source}]" if rule.origin.source else ""
            who = "、".join(people) or act.actor
            raise Failure(
                "rule",
                f"制度不允许 {who} 办理这一步: {rule.say.of('zh')}{article}",
                f"a rule forbids {who} to act here: {rule.say.of('en')}{article}",
            )


def breaks(tasks: Iterable[Task], did: Did, rule: Rule, task: Task, speakers: tuple[str, ...]) -> bool:
    """S32. A deputy is bound for both: what one of the two must not do, neither does for the other."""
    others = [step for step in rule.steps if step != task.state]
    if rule.form == "different_people":
        involved = {person for other in tasks if other.state in others for person in other.taken_part}
        involved.update(person for step in others for person in did.get(step, ()))
        return not involved.isdisjoint(speakers)
    if rule.form == "same_person":
        return any(step in did and not set(speakers).intersection(did[step]) for step in others)
    return False


def _not_too_early(run: Run, work: Work, outcome: Outcome) -> None:
    moment = run.data.get(work.not_before) if work.not_before and outcome.consent else None
    if isinstance(moment, datetime):
        early = run.now < moment
    elif isinstance(moment, date):
        early = run.machine.definition.calendar.today(run.now) < moment
    else:
        return
    if early and run.machine.definition.field[work.not_before].sensitive:  # who may act may still not see the date
        raise Failure("too_early", "还没到可以办理的日期", "the date before which this is not done has not come")
    if early:
        raise Failure("too_early", f"{moment} 之前不能办理", f"not before {moment}")


def _write(run: Run, work: Work, act: Act) -> None:
    """S30: an answer writes the fields of its work and no others."""
    for name, raw in act.values.items():
        if name not in work.fill:
            allowed = "、".join(work.fill) or "-"
            raise Failure(
                "invalid_value",
                f"这一步不能填写“{name}”；可填: {allowed}",
                f"{name!r} is not filled in here; allowed: {allowed}",
            )
        run.write(name, raw)
    run.check_days(act.values)


def _complete(run: Run, work: Work) -> None:
    """S30: a consent that decides needs all required fields of its work."""
    fields = run.machine.definition.field
    missing = [fields[name] for name in work.fill if fields[name].required and name not in run.data]
    if missing:
        zh = "、".join(f"{spec.title.of('zh')} ({spec.name})" for spec in missing)
        en = ", ".join(spec.name for spec in missing)
        raise Failure("missing_value", f"还没有填写: {zh}", f"still to be filled in: {en}")
    run.check_days(work.fill)


def _ticked(work: Work, act: Act) -> None:
    """S43: a consent that decides needs the whole checklist."""
    if not work.checklist or "*" in act.checked:
        return
    open_items = [item for item in work.checklist if not {item.zh, item.en, item.of("both")}.intersection(act.checked)]
    if open_items:
        zh, en = ("; ".join(item.of(lang) for item in open_items) for lang in ("zh", "en"))
        raise Failure("missing_value", f"检查清单还没有核对: {zh}", f"still to be checked: {en}")


def still_waiting(work: Work, task: Task, place: int, outcome: Outcome) -> tuple[int, ...]:
    """S28: the places that still have to answer after a vote; empty when the votes decide."""
    left = tuple(p for p in task.waiting if p != place)
    if work.mode is Mode.VOTE:
        return left if _undecided(work, task, outcome) else ()
    if work.mode is Mode.ANY or not outcome.consent:
        return ()
    if work.mode is Mode.ALL:
        return left
    return (place + 1,) if place + 1 < len(work.by) else ()


def _undecided(work: Work, task: Task, outcome: Outcome) -> bool:
    """Whether neither enough places consent nor so many refuse that enough no longer can."""
    consents = {one.name for one in work.outcomes if one.consent}
    yes = sum(vote.outcome in consents for vote in task.votes) + outcome.consent
    no = len(task.votes) + 1 - yes
    needed = -(-len(work.by) * work.share // 100)
    return yes < needed and no <= len(work.by) - needed


def keep_waiting(run: Run, task: Task) -> None:
    """The task stays open, as it is now."""
    run.tasks = [task if other.id == task.id else other for other in run.tasks]
    run.effects.append(TaskChanged(id=run.effect_id(), task=task))
