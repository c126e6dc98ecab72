"""Every rule of a definition with its verdict.

Rules without conditions share one space of situations; those with conditions get one in which the fields that they ask for
are kept. The search is breadth first, so the first alarm is one of the nearest; where branches were put off, a second search
without that looks for a nearer one. A way counts only if it can be gone on the kernel itself; else the rule is not decided.
"""

from __future__ import annotations

from collections.abc import Iterator

from oyiflow.model.definition import Definition, Mode, Rule, Text
from oyiflow.model.expression import Expression, names_read, sentence
from oyiflow.verify.days import bounds_of, on_any_day
from oyiflow.verify.explore.breadth import LIMIT, Found, search
from oyiflow.verify.explore.space import Edge, Space
from oyiflow.verify.explore.way import Lost, example_of, way_of
from oyiflow.verify.rules.monitors import Before, monitor_of
from oyiflow.verify.rules.reasons import Monitors, Reasons, title, titles
from oyiflow.verify.rules.spine import holds_by_shape
from oyiflow.verify.rules.verdict import Broken, Outcome, Verdict

ORDER = ("before", "after", "never")
NEARER = 4
"""How many times more situations the second search may look at than the first."""


def prove(
    definition: Definition, limit: int = LIMIT, spaces: Spaces | None = None, *, impatient: bool = False
) -> list[Verdict]:
    """A verdict for each rule, in the order of the file. `limit`: situations that may be looked at for one rule.

    `impatient`: once a rule was not decided, the others get a tenth of that, so that all of them are over soon.
    """
    definition = on_any_day(definition)
    spaces, found = spaces or Spaces(definition), list[Verdict]()
    for number, rule in enumerate(definition.rules, 1):
        found.append(_verdict(spaces, rule, number, limit))
        if impatient and found[-1].outcome == "undecided":
            limit, impatient = limit // 10, False
    return found


class Spaces:
    """The situations of a definition, one space for each set of fields that rules ask for."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._made: dict[frozenset[tuple[str, frozenset[str]]], Space] = {}

    @property
    def plain(self) -> Space:
        """The space of those who ask for nothing."""
        return self._of({}, ())

    def of(self, rule: Rule) -> tuple[Space, Monitors]:
        """The space in which a rule is decided, and the automaton of the rule."""
        asked, conditions = self._asked(rule)
        space = self._of(asked, conditions)
        monitor = monitor_of(space.facts, rule)
        if isinstance(monitor, Before) and monitor.tracked:  # whether a change is one can only be seen beside the old value
            more = {step: asked.get(step, frozenset()) | frozenset(monitor.tracked) for step in monitor.fills}
            space = self._of({**asked, **more}, conditions)
            monitor = monitor_of(space.facts, rule)
        return space, monitor

    def _asked(self, rule: Rule) -> tuple[dict[str, frozenset[str]], tuple[Expression, ...]]:
        """The steps at which the rules with the same fields ask for them, and their conditions."""
        if rule.when is None:
            return {}, ()
        fields = names_read(rule.when)
        alike = [
            one
            for one in self.definition.rules
            if one.when is not None and one.form in ORDER and names_read(one.when) == fields
        ]
        return dict.fromkeys((one.steps[0] for one in alike), fields), tuple(one.when for one in alike if one.when is not None)

    def _of(self, asked: dict[str, frozenset[str]], conditions: tuple[Expression, ...]) -> Space:
        key = frozenset(asked.items())
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = Space(self.definition, asked, conditions)
        return found


def _verdict(spaces: Spaces, rule: Rule, number: int, limit: int) -> Verdict:
    means = meaning(spaces.definition, rule)
    if rule.form == "words":
        return Verdict(rule=rule, number=number, outcome="words", means=means, why=_ONLY_WORDS)
    if rule.form not in ORDER:
        return Verdict(rule=rule, number=number, outcome="runtime", means=means, why=_PEOPLE)
    space, monitor = spaces.of(rule)
    found = search(space, monitor, limit)
    if found.way is not None:
        verdict = _refuted(space, rule, number, monitor, found, limit)
        if verdict.outcome == "refuted" or not space.merged:
            return verdict
        space = Space(space.definition, space.facts.asked, space.conditions, merging=False)
        monitor = monitor_of(space.facts, rule)
        found = search(space, monitor, limit)
        if found.way is not None:
            return _refuted(space, rule, number, monitor, found, limit)
    why: Text | None = None
    if not found.exhausted:
        why = Text(zh=f"看了 {found.met} 种情形还没看完", en=f"{found.met} situations looked at, and there are more")
    elif not space.exact:
        why = Text(zh="条件里有推算，只试了有代表的取值", en="conditions calculate, so only samples of values were tried")
    if why is not None and holds_by_shape(space.facts, rule, monitor.fills if isinstance(monitor, Before) else ()):
        why = None
    outcome: Outcome = "undecided" if why is not None else "proved"
    vacuous = _vacuous(spaces.definition, rule, monitor) if outcome == "proved" and found.exhausted and space.exact else None
    assumes = tuple(assumptions(space, rule))
    return Verdict(
        rule=rule, number=number, outcome=outcome, means=means, looked_at=found.met, why=why, vacuous=vacuous, assumes=assumes
    )


def _refuted(space: Space, rule: Rule, number: int, monitor: Monitors, found: Found, limit: int) -> Verdict:
    means = meaning(space.definition, rule)
    nearer = search(space, monitor, min(limit, NEARER * found.met + 1000), reduced=False) if space.regions.free else found
    told = None
    for one in (nearer, found):
        told = told or (_told(space, rule, number, monitor, one.way) if one.way is not None else None)
    if told is None:
        why = Text(
            zh="找到的反例在内核上走不通（时间或取值不允许）",
            en="the way that was found cannot be gone on the kernel (its time or values forbid it)",
        )
        return Verdict(rule=rule, number=number, outcome="undecided", means=means, looked_at=found.met, why=why)
    return Verdict(rule=rule, number=number, outcome="refuted", means=means, looked_at=found.met, broken=told)


def _told(space: Space, rule: Rule, number: int, monitor: Monitors, edges: tuple[Edge, ...]) -> Broken | None:
    """The way, gone on the kernel, and why it breaks the rule; None if it does not after all."""
    varied = monitor.fields if isinstance(monitor, Before) else ()
    try:
        way = way_of(space, edges, varied)
    except Lost:
        return None
    reason = Reasons(space.facts, rule, monitor).told(way)
    if reason is None:
        return None
    said = rule.say.of("zh") or rule.say.of("en") or f"规则 {number}"
    example = example_of(space.definition, way, f"反例: {said}")
    return Broken(way=way, reason=reason.reason, told=reason.words, remedy=reason.remedy, example=example)


# --- words


def meaning(definition: Definition, rule: Rule) -> Text:
    """What a rule asks, exactly."""
    return Text(zh=_meaning(definition, rule, "zh"), en=_meaning(definition, rule, "en"))


def _meaning(definition: Definition, rule: Rule, lang: str) -> str:
    def named(names: tuple[str, ...]) -> str:
        return ("、" if lang == "zh" else ", ").join(f"“{title(definition, name).of(lang)}”" for name in names)

    zh = lang == "zh"
    when = sentence(rule.when, titles(definition, lang), lang) if rule.when is not None else ""
    given = (f"{when}时，" if zh else f"while {when}: ") if when else ""
    steps = named(rule.steps)
    match rule.form:
        case "before":
            approvals = tuple(name for name in rule.must if definition.states[name].verb == "approve")
            others = tuple(name for name in rule.must if name not in approvals)
            parts = []
            if approvals:
                parts.append(
                    f"新经过{named(approvals)}（一次只管一次，改了内容要重来）"
                    if zh
                    else f"a fresh {named(approvals)} (it serves once, and a change voids it)"
                )
            if others:
                parts.append(f"已办过{named(others)}" if zh else f"{named(others)} done before")
            must = ("，并" if zh else " and ").join(parts)
            return f"{given}每次到{steps}之前，须{must}" if zh else f"{given}each time before {steps}: {must}"
        case "after":
            return (
                f"{given}每次办完{steps}，到结束为止须再办{named(rule.must)}"
                if zh
                else f"{given}whenever {steps} is done, {named(rule.must)} is done after it before the end"
            )
        case "never":
            return f"{given}不得到{steps}" if zh else f"{given}{steps} is never reached"
        case "different_people":
            return f"{steps}由不同的人办理" if zh else f"{steps} are done by different people"
        case "same_person":
            return f"{steps}由同一人办理" if zh else f"{steps} are done by the same person"
    return rule.say.of(lang)


_PEOPLE = Text(
    zh="谁来办，办的时候才知道；引擎每次都拒绝不合规则的人",
    en="who acts is known only then; the engine refuses whoever breaks it, each time",
)
_ONLY_WORDS = Text(zh="只有文字，没有写成 before、after、never 等", en="words only, not written as before, after, never …")


def assumptions(space: Space, rule: Rule) -> Iterator[Text]:
    """What a proof takes for granted, as far as it matters for this definition and rule."""
    definition, facts = space.definition, space.facts
    states = definition.states.values()
    if rule.form == "after":
        yield Text(
            zh="只看走到结束的办理过程；中途停下的不算",
            en="only cases that come to an end are meant; those that stop halfway are not",
        )
    if rule.within is not None:
        yield Text(
            zh="期限由引擎在运行时盯着，这里只证明次序",
            en="the time limit is watched while running; what is proved is the order",
        )
    works = [state.work for state in states if state.work is not None]
    filled = {name for work in works for name in work.fill}
    if filled.intersection(facts.fields):
        yield Text(zh="由步骤填写的字段，发起时是空的", en="fields that steps fill in are empty at the start")
    if any(facts.is_message(event) for row in facts.machine.arcs for arc in row for event in arc.events) and facts.fields:
        yield Text(zh="外来消息只带没有步骤填写的字段", en="messages bring only fields that no step fills in")
    if any(state.call is not None for state in states):
        yield Text(
            zh="被调用的流程和程序怎样答复都可能，但不改别的字段",
            en="what is called may answer anything, but changes no other fields",
        )
    if any(work.mode is not Mode.ANY and len(work.by) > 1 for work in works):
        yield Text(zh="几人会签，看作一次答复", en="several signatures count as one answer")
    if any(bounds_of(definition)):
        yield Text(zh="时钟不往回走，也不早于 2026-01-05", en="the clock does not run backwards, and shows 2026-01-05 or later")
    yield Text(
        zh="不用跳过、撤回、退回到任意一步这些操作", en="nobody skips a step, withdraws, or sends back at will (operations)"
    )


def _vacuous(definition: Definition, rule: Rule, monitor: Monitors) -> Text | None:
    """Why a proved rule says nothing, if so."""
    if monitor.triggered:
        return None
    x = title(definition, rule.steps[0])
    if rule.form == "after":
        return Text(
            zh=f"没有哪次办理会办完“{x.zh}”" + ("并满足条件" if rule.when else ""),
            en=f"no case ever does “{x.en}”" + (" while the condition holds" if rule.when else ""),
        )
    if rule.when is not None and rule.form == "before":
        return Text(zh=f"到“{x.zh}”时条件从不成立", en=f"the condition never holds when “{x.en}” comes")
    return Text(zh=f"没有哪次办理会走到“{x.zh}”", en=f"no case ever reaches “{x.en}”")
