"""OF801, OF802, OF803 and OF408: what the verdicts on rules mean for their author."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from oyiflow.diagnostics import Diagnostic, Fix, Severity, Trace
from oyiflow.model.definition import Definition, StateKind, Text
from oyiflow.model.example import Example
from oyiflow.verify.explore.way import Way
from oyiflow.verify.rules.contradictions import contradictions
from oyiflow.verify.rules.proving import Spaces, prove
from oyiflow.verify.rules.subjects import is_connected
from oyiflow.verify.rules.verdict import Verdict

CHECK_LIMIT = 5_000
"""Situations that a check looks at for one rule; `oyiflow prove` looks at more."""

Teller = Callable[[Definition, Way, Example], tuple[tuple[Text, ...], str]]
"""Tells a way: one sentence for each thing that happens, and the text of the example."""


def plainly(definition: Definition, way: Way, example: Example) -> tuple[tuple[Text, ...], str]:
    """The shortest telling: who tells stories (`oyiflow.words.story`) is not known on this floor."""
    return tuple(Text(zh=one.step or one.event or one.kind, en=one.step or one.event or one.kind) for one in way), ""


def trace_of(definition: Definition, way: Way, example: Example, tell: Teller) -> Trace:
    """A way as the trace of a diagnostic."""
    sentences, text = tell(definition, way, example)
    states = definition.states
    spans = [states[one.step].span if one.step in states else definition.span for one in way]
    return Trace(
        steps=tuple((span, told.zh, told.en) for span, told in zip(spans, sentences, strict=True)),
        example=text,
        process=definition.name,
        passed=tuple((micro.transitions, micro.entered, micro.exited) for one in way for micro in one.passed),
        configuration=way[-1].configuration,
    )


def check_rules(definition: Definition, tell: Teller = plainly, spaces: Spaces | None = None) -> Iterator[Diagnostic]:
    """OF801 a rule is broken, OF802 a rule says nothing, OF408 a rule is not decided, OF803 two rules contradict each other."""
    for verdict in prove(definition, CHECK_LIMIT, spaces, impatient=True) if definition.rules else ():
        yield from _finding(definition, verdict, tell)
    yield from contradictions(definition)


def _finding(definition: Definition, verdict: Verdict, tell: Teller) -> Iterator[Diagnostic]:
    span, number = verdict.rule.span, verdict.number
    say = Text(zh=verdict.rule.say.of("zh") or f"规则 {number}", en=verdict.rule.say.of("en") or f"rule {number}")
    if verdict.broken is not None:
        broken = verdict.broken
        yield Diagnostic(
            code="OF801",
            span=span,
            zh=f"规则“{say.zh}”不成立：{broken.told.zh}",
            en=f"the rule “{say.en}” is broken: {broken.told.en}",
            fix=Fix(zh=broken.remedy.zh, en=broken.remedy.en),
            trace=trace_of(definition, broken.way, broken.example, tell),
        )
    elif verdict.vacuous is not None and not _is_lost(definition, verdict):
        yield Diagnostic(
            code="OF802",
            severity=Severity.WARNING,
            span=span,
            zh=f"规则“{say.zh}”从不起作用：{verdict.vacuous.zh}",
            en=f"the rule “{say.en}” never applies: {verdict.vacuous.en}",
            fix=Fix(
                zh="核对规则里的步骤和条件，或去掉这条规则", en="check the steps and the condition of the rule, or remove it"
            ),
        )
    elif verdict.outcome == "undecided" and verdict.why is not None:
        yield Diagnostic(
            code="OF408",
            severity=Severity.NOTE,
            span=span,
            zh=f"规则“{say.zh}”未能判定：{verdict.why.zh}",
            en=f"the rule “{say.en}” is not decided: {verdict.why.en}",
            fix=Fix(zh="oyiflow prove 会多看一些；或把流程拆小", en="oyiflow prove looks at more; or split the process"),
        )


def _is_lost(definition: Definition, verdict: Verdict) -> bool:
    """Whether the step of the rule is out of reach whatever the data: that is reported where the step is (OF303)."""
    name = verdict.rule.steps[0]
    return definition.states[name].kind is not StateKind.HISTORY and not is_connected(definition, name)


__all__ = ["CHECK_LIMIT", "Teller", "check_rules", "plainly", "trace_of"]
