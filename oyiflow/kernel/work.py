"""People's answers: who may sign, what a signature may write, when enough have signed.

An answer is refused with a reason, or becomes a vote on the task; when the votes decide, the outcome's event runs through
the machine. Modes: any (或签) the first answer decides; all (会签) every place must consent, the first refusal decides;
in_turn (依次) as all, one place after the other. Nobody signs twice on one task.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from oyiflow.kernel.messages import Act, TaskChanged
from oyiflow.kernel.run import Failure, Run
from oyiflow.kernel.snapshot import Task, Vote
from oyiflow.model.definition import Assignee, Mode, Outcome, Rule, State, Work


def answer(run: Run, act: Act) -> str:
    """Check an answer and add its vote. Returns the event to run, or "" while more signers are awaited."""
    task = _find(run, act)
    state = run.machine.definition.states[task.state]
    assert state.work is not None
    outcome = _outcome(state.work, act)
    place = _place(run, state, task, act)
    _obey_rules(run, task, act)
    _not_too_early(run, state.work, outcome)
    _write(run, state.work, act)
    votes = (*task.votes, Vote(actor=act.actor, place=place, outcome=outcome.name, at=run.now, on_behalf=act.on_behalf))
    waiting = _waiting(state.work, task, place, outcome)
    if waiting:
        _keep_waiting(run, replace(task, votes=votes, waiting=waiting))
        return ""
    if outcome.consent:
        _complete(run, state.work)
    run.did = {**run.did, task.state: tuple(dict.fromkeys(person for vote in votes for person in vote.people))}
    run.closing[task.id] = outcome.name
    return outcome.event


def _find(run: Run, act: Act) -> Task:
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


def _place(run: Run, state: State, task: Task, act: Act) -> int:
    """The first waiting place of `by` that the actor may sign for."""
    assert state.work is not None
    for person in _speakers(act):
        if any(person in vote.people for vote in task.votes):
            raise Failure("forbidden", f"{person} 已经签过这一项", f"{person} has signed this task already")
    for place in task.waiting:
        if entitled(run, state.work.by[place], act):
            return place
    zh = "、".join(_who(run, state.work.by[place], "zh") for place in task.waiting)
    en = ", ".join(_who(run, state.work.by[place], "en") for place in task.waiting)
    title = state.title.of("zh") or state.id
    raise Failure(
        "forbidden",
        f"{act.actor} 不能办理“{title}”；等待的是: {zh}",
        f"{act.actor} may not act on {state.id}; it waits for: {en}",
    )


def _speakers(act: Act) -> tuple[str, ...]:
    """The actor, and the absent person for whom the actor stands in."""
    return (act.actor, act.on_behalf) if act.on_behalf else (act.actor,)


def entitled(run: Run, assignee: Assignee, act: Act) -> bool:
    """S29: whether the actor, or the one whom the actor stands in for, is meant by an assignee, now."""
    person = act.on_behalf or act.actor
    if assignee.role:
        role = run.machine.definition.role[assignee.role]
        return bool(act.roles.intersection((role.name, *role.aliases)))
    if assignee.person_in:
        return run.data.get(assignee.person_in) == person
    return person in run.did.get(assignee.whoever_did, ())


def _who(run: Run, assignee: Assignee, lang: str) -> str:
    if assignee.role:
        return run.machine.definition.role[assignee.role].title.of(lang)
    if assignee.person_in:
        return str(run.data.get(assignee.person_in, "?"))
    return ", ".join(run.did.get(assignee.whoever_did, ("?",)))


def _obey_rules(run: Run, task: Task, act: Act) -> None:
    """S32: rules about people hold at every answer."""
    for rule in run.machine.definition.rules:
        if task.state in rule.steps and _breaks(run, rule, task, _speakers(act)):
            article = f" [{rule.origin.source}]" if rule.origin.source else ""
            raise Failure(
                "rule",
                f"制度不允许 {act.actor} 办理这一步: {rule.say.of('zh')}{article}",
                f"a rule forbids {act.actor} to act here: {rule.say.of('en')}{article}",
            )


def _breaks(run: Run, rule: Rule, task: Task, speakers: tuple[str, ...]) -> bool:
    """A deputy is bound for both: what one of the two must not do, neither does for the other."""
    others = [step for step in rule.steps if step != task.state]
    if rule.form == "different_people":
        signed = {person for other in run.tasks if other.state in others for vote in other.votes for person in vote.people}
        signed.update(person for step in others for person in run.did.get(step, ()))
        return not signed.isdisjoint(speakers)
    if rule.form == "same_person":
        return any(step in run.did and not set(speakers).intersection(run.did[step]) for step in others)
    return False


def _not_too_early(run: Run, work: Work, outcome: Outcome) -> None:
    moment = run.data.get(work.not_before) if work.not_before and outcome.consent else None
    if isinstance(moment, datetime):
        early = run.now < moment
    elif isinstance(moment, date):
        early = run.machine.definition.calendar.today(run.now) < moment
    else:
        return
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


def _complete(run: Run, work: Work) -> None:
    """S30: a consent that decides needs all required fields of its work."""
    fields = run.machine.definition.field
    missing = [fields[name] for name in work.fill if fields[name].required and name not in run.data]
    if missing:
        zh = "、".join(f"{spec.title.of('zh')} ({spec.name})" for spec in missing)
        en = ", ".join(spec.name for spec in missing)
        raise Failure("missing_value", f"还没有填写: {zh}", f"still to be filled in: {en}")


def _waiting(work: Work, task: Task, place: int, outcome: Outcome) -> tuple[int, ...]:
    """S28: the places that still have to answer after a vote; empty when the votes decide."""
    if work.mode is Mode.ANY or not outcome.consent:
        return ()
    if work.mode is Mode.ALL:
        return tuple(p for p in task.waiting if p != place)
    return (place + 1,) if place + 1 < len(work.by) else ()


def _keep_waiting(run: Run, task: Task) -> None:
    run.tasks = [task if other.id == task.id else other for other in run.tasks]
    run.effects.append(TaskChanged(id=run.effect_id(), task=task))
