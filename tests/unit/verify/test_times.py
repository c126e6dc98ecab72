"""Deadlines and timers: lengths that can be compared, shortest times, and what is said of them."""

from __future__ import annotations

import pytest

from oyiflow.diagnostics import Source
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition
from oyiflow.verify.times import Length, check_times

DAY = 1440


def process(steps: str, *rules: str) -> Definition:
    text = f"process: p\ntitle: P\nroles: {{staff: S, head: H}}\nsteps:\n{steps}\n  - {{end: done}}\n"
    text += "rules:\n" + "".join(f"  - {{say: It is so, {rule}}}\n" for rule in rules) if rules else ""
    definition, wrong = read_definition(Source(name="p.yaml", text=text))
    assert definition is not None, wrong
    return definition


def told(definition: Definition) -> list[str]:
    return [f"{one.severity} {one.code} {one.zh}" for one in check_times(definition)]


@pytest.mark.parametrize(
    ("one", "other", "longer"),
    [
        (Length(8 * DAY), Length(7 * DAY), True),
        (Length(7 * DAY), Length(7 * DAY), False),
        (Length(0, 6), Length(0, 5), True),
        (Length(0, 5), Length(0, 5), False),
        (Length(0, 8), Length(7 * DAY), True),
        (Length(0, 7), Length(7 * DAY), False),
        (Length(8 * DAY), Length(0, 5), False),
        (Length(30 * DAY), Length(0, 5), True),
        (Length(DAY, 3), Length(3 * DAY), True),
    ],
)
def test_which_is_longer_whenever_they_begin(one: Length, other: Length, longer: bool) -> None:
    assert one.exceeds(other) is longer


def test_lengths_in_words() -> None:
    assert Length(3 * DAY).text("zh") == "3 天"
    assert Length(90).text("en") == "90 minutes"
    assert Length(120, 2).text("en") == "2 hours + 2 workdays"
    assert Length().text("zh") == "0 天"


def test_a_rule_is_measured_along_the_shortest_way() -> None:
    steps = "  - {do: a, by: staff}\n  - {wait: w, for: %s}\n  - {wait: v, for: 5 days}\n  - {do: b, by: staff}"
    rule = "after: a, must: b, within: 7 days"
    assert told(process(steps % "3 days", rule)) == ["error OF701 期限 7 天 来不及: w → v → b 至少要 8 天"]
    assert told(process(steps % "2 days", rule)) == []
    skipped = steps.replace("for: 5 days", "for: 5 days, only_when: in(a)") % "3 days"
    assert told(process(skipped, rule)) == [], "a wait that may be skipped costs nothing"
    cut = steps.replace("for: 5 days", "for: 5 days, within: 1 day, late: skip") % "3 days"
    assert [one.split()[1] for one in told(process(cut, rule))] == ["OF702"], "it is left after a day"


def test_what_steps_may_take_is_a_warning() -> None:
    steps = "  - {do: a, by: staff}\n  - {do: c, by: staff, within: 3 days}\n  - {do: b, by: staff, within: %s}"
    rule = "after: a, must: b, within: 7 days"
    assert told(process(steps % "5 days", rule)) == ["warning OF701 期限 7 天 不够: c → b 的期限合起来有 8 天"]
    assert told(process(steps % "4 days", rule)) == []


BOTH = """\
  - together: t
    within: {limit}
    late: skip
    until: {until}
    steps:
      - branch: r
        steps:
          - {{wait: w, for: 3 days}}
          - {{wait: v, for: 5 days}}
      - {{do: z, by: head}}"""


def test_a_join_waits_for_its_slowest_branch() -> None:
    assert told(process(BOTH.format(limit="7 days", until="all"))) == ["error OF701 期限 7 天 来不及: “t” 至少要 8 天"]
    assert told(process(BOTH.format(limit="8 days", until="all"))) == []
    race = told(process(BOTH.format(limit="7 days", until="first")))
    assert [one.split()[1] for one in race] == ["OF702"], "the other branch may be first, but the second wait never ends"


def test_a_wait_before_counts_against_the_outer_timer() -> None:
    inner = """\
  - together: t
    within: 6 days
    late: skip
    steps:
      - branch: r
        steps:
          - {wait: w, for: 4 days}
          - {do: v, by: staff, within: 3 days, late: remind}
      - {do: z, by: head, within: 6 days, late: remind}"""
    found = told(process(inner))
    assert [one.split()[1] for one in found] == ["OF701"]
    only = inner.replace("4 days", "4 days, only_when: in(z)")
    assert told(process(only)) == [], "the wait may be skipped"


def test_a_deadline_around_counts_as_one() -> None:
    steps = "".join(f"  - {{do: s{n}, by: staff, within: 2 days}}\n" for n in range(4))
    held = (
        steps
        + "  - together: t\n    within: 3 days\n    late: skip\n    steps:\n      - {do: x, by: staff}\n      - {do: y, by: head}"
    )
    assert told(process(held)) == []
    loose = told(process(steps + "  - {do: x, by: staff}"))
    assert [one.split()[1] for one in loose] == ["OF705"]
