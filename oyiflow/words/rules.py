"""The rules of a manual as articles, and its examples as walk-throughs.

An article quotes the sentence of the manual and adds what it means for the steps, so that a reader sees whether both agree.
"""

from __future__ import annotations

from collections.abc import Iterator

from oyiflow.model.definition import Definition, Outcome, Rule, StateKind
from oyiflow.model.example import FAILED, Example, Move
from oyiflow.words.deadlines import goes_to
from oyiflow.words.speech import Speech
from oyiflow.words.steps import stopped


def told_rules(speech: Speech) -> list[str]:
    """All rules, numbered."""
    lines = []
    for place, rule in enumerate(speech.definition.rules, 1):
        said = f"“{speech.text(rule.say)}”" if speech.text(rule.say) else ""
        meant = speech.say("，即：", "That is: ") if said else ""
        mark = speech.origin(rule.origin)
        words = meaning(speech, rule)
        words = words if said or speech.zh else words[:1].upper() + words[1:]
        lines.append(
            speech.say(f"{place}. {said}{meant}{words}。{mark}", f"{place}. {said}{'. ' if said else ''}{meant}{words}.{mark}")
        )
    return [*lines, ""] if lines else []


def meaning(speech: Speech, rule: Rule) -> str:
    """The formal part of a rule in words."""
    steps, must = speech.several(map(speech.step, rule.steps)), speech.several(map(speech.step, rule.must))
    when = speech.when(rule.when) if rule.when is not None else ""
    limit = speech.duration(rule.within) if rule.within is not None else ""
    words = _order(speech, rule, steps, must, limit)
    if rule.by and rule.must:
        words += speech.say(f"（由{speech.roles(rule.by)}办理）", f" (done by {speech.roles(rule.by)})")
    if not when:
        return words
    return speech.say(f"{when}，{words}", f"while {when}, {words}")


def _order(speech: Speech, rule: Rule, steps: str, must: str, limit: str) -> str:
    match rule.form:
        case "before":
            return speech.say(f"每次进入{steps}之前，须先经过{must}", f"each time before {steps}, {must} must have come first")
        case "after":
            zh, en = (f"在 {limit}内", f" within {limit}") if limit else ("", "")
            return speech.say(f"每次经过{steps}之后，须{zh}经过{must}", f"each time after {steps}, {must} must follow{en}")
        case "never":
            return speech.say(f"不得进入{steps}", f"{steps} must not be reached")
        case "different_people":
            return speech.say(f"{steps}须由不同的人办理", f"{steps} must be done by different people")
        case "same_person":
            return speech.say(f"{steps}须由同一人办理", f"{steps} must be done by the same person")
        case "words":
            return speech.say("由人遵守，系统不作检查", "kept by people; it is not checked")


# --- examples


def told_examples(speech: Speech) -> list[str]:
    """Each example as a story: what is given, what is done, where it leads."""
    return [text for place, example in enumerate(speech.definition.examples, 1) for text in _told(speech, place, example)]


def _told(speech: Speech, place: int, example: Example) -> Iterator[str]:
    name = speech.clean(example.name)
    yield speech.say(f"**案例 {place}　{name}**　", f"**Example {place}. {stopped(name)}** ") + walked(speech, example)
    yield ""


def walked(speech: Speech, example: Example) -> str:
    """An example's story without its name."""
    given = speech.say("，", ", ").join(speech.given(*pair) for pair in example.values)
    moves = speech.say("；", "; ").join(_move(speech, move) for move in example.play)
    parts = [
        speech.say(f"设{given}。", f"Given: {given}.") if given else "",
        speech.say(f"依次：{moves}。", f"One after the other: {moves}.") if moves else speech.say("刚发起，还没有人办理。", "It has just begun; nobody has acted yet."),
        _ending(speech, example),
    ]  # fmt: skip
    return speech.say("", " ").join(part for part in parts if part)


def _move(speech: Speech, move: Move) -> str:
    if move.wait is not None:
        return speech.say(f"过了 {speech.duration(move.wait)}", f"{speech.duration(move.wait)} pass")
    if move.event:
        return speech.say(f"收到消息{speech.quoted(move.event)}", f"the message {speech.quoted(move.event)} comes")
    state = speech.definition.states.get(move.step)
    name = speech.clean((state.title.of(speech.lang) if state is not None else "") or move.step)
    told = [*_answer(speech, move), *(speech.given(*pair) for pair in move.values)]
    return f"{name}{speech.say('（', ' (')}{speech.say('，', ', ').join(told)}{speech.say('）', ')')}" if told else name


def _answer(speech: Speech, move: Move) -> Iterator[str]:
    state, answer = speech.definition.states.get(move.step), answered(speech.definition, move)
    if state is not None and state.call is not None and move.outcome:
        end = speech.step_of(state.call.process, move.outcome)
        yield speech.say("失败", "fails") if move.outcome == FAILED else speech.say(f"结束于{end}", f"ends in {end}")
    if state is None or answer is None or state.verb == "do":
        return
    if state.verb == "approve":
        yield speech.say("同意", "approved") if answer.consent else speech.say("退回", "sent back")
    else:
        yield speech.say("选", "") + speech.quoted(answer.title.of(speech.lang) or answer.name)


def answered(definition: Definition, move: Move) -> Outcome | None:
    """The answer that a move gives: the one that it names, else the first of its step."""
    state = definition.states.get(move.step)
    outcomes = state.work.outcomes if state is not None and state.work is not None else ()
    named = next((outcome for outcome in outcomes if move.outcome in outcome.words), None)
    return named if named is not None or move.outcome else next(iter(outcomes), None)


def _ending(speech: Speech, example: Example) -> str:
    return speech.say("", " ").join(part for part in (_where(speech, example), *_besides(speech, example)) if part)


def _besides(speech: Speech, example: Example) -> Iterator[str]:
    if example.told is not None:
        names = speech.several(map(speech.step, example.told))
        yield (
            speech.say(f"到此提醒过：{names}。", f"By then people were reminded of {names}.")
            if example.told
            else speech.say("到此没有提醒过谁。", "By then nobody was reminded.")
        )
    if example.cannot:
        names = speech.several(map(speech.step, example.cannot))
        yield speech.say(f"此时办不成：{names}。", f"At that moment nobody can complete {names}.")


def _where(speech: Speech, example: Example) -> str:
    if example.ends:
        state = speech.definition.states.get(example.ends)
        final = state is not None and state.kind is StateKind.FINAL and state.verb == "end"
        where = goes_to(speech, example.ends) if final else speech.quoted(example.ends)
        return speech.say(f"结果：{where}。", f"As a result {where}.")
    if example.now_at:
        at = speech.several(map(speech.step, example.now_at))
        return speech.say(f"此时停在{at}。", f"It now stands at {at}.")
    return ""
