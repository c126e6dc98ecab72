"""OF704: the calendar knows the years in which the deadlines of today would end.

A process that counts no workdays needs no calendar. For the others, the reach is what the longest run of workdays in any of
them makes of today: days that a notice has not announced yet are asked for when a deadline could first touch them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from oyiflow.diagnostics import Diagnostic, Fix, Severity
from oyiflow.model.calendar import Duration
from oyiflow.model.company import Company
from oyiflow.model.definition import Definition, Perform, Send, Set, State, actions_of
from oyiflow.model.expression import Constant, Expression, walk


def check_years(company: Company, definitions: Iterable[Definition], today: date) -> Iterator[Diagnostic]:
    """An error if the calendar lacks this year, a warning if a deadline that begins today would reach a year that it lacks."""
    counting = {definition.name: longest for definition in definitions if (longest := longest_workdays(definition)) is not None}
    if not counting:
        return
    calendar = company.calendar
    for year in calendar.lacks(today, calendar.add_workdays(today, max(counting.values()))):
        now = year == today.year
        names = ", ".join(counting)
        known = f"{calendar.years[0]}–{calendar.years[-1]}"
        yield Diagnostic(
            code="OF704",
            severity=Severity.ERROR if now else Severity.WARNING,
            span=company.calendar_span,
            zh=f"日历 {calendar.name} 没有 {year} 年 (有 {known})，而 {names} 按工作日计时",
            en=f"the calendar {calendar.name} lacks {year} (it has {known}), and {names} counts workdays",
            fix=Fix(
                zh=f"在日历文件里加上 {year} 年的放假和调休",
                en=f"add the holidays and worked weekends of {year} to the calendar file",
            ),
        )


def longest_workdays(definition: Definition) -> int | None:
    """The greatest number of workdays that the process counts at once; None if it counts none."""
    found = [length.amount for length in _durations(definition) if length.unit == "workdays"]
    return max(found, default=None)


def _durations(definition: Definition) -> Iterator[Duration]:
    for state in definition.states.values():
        yield from (way.after for way in state.transitions if way.after is not None)
        yield from (action.after for action in actions_of(state) if isinstance(action, Send) and action.after is not None)
        for expression in _expressions(state):
            yield from (
                part.value for part in walk(expression) if isinstance(part, Constant) and isinstance(part.value, Duration)
            )
    yield from (rule.within for rule in definition.rules if rule.within is not None)


def _expressions(state: State) -> Iterator[Expression]:
    yield from (way.guard for way in state.transitions if way.guard is not None)
    for action in actions_of(state):
        if isinstance(action, Set):
            yield action.value
        elif isinstance(action, Perform):
            yield from (value for _, value in action.inputs)
    yield from (value for _, value in (*state.output, *(state.call.inputs if state.call is not None else ())))
