"""What the forms of rules mean, one sentence of docs/proof.md after the other."""

from __future__ import annotations

import pytest

from oyiflow.verify.rules import Verdict, prove
from tests.unit.verify.rules.flows import read

HEAD = """process: p
title: P
roles: {r: R, s: S}
form:
  n: {type: int, min: 0, max: 100}
  must_n: {type: int, min: 0, max: 100, required: true}
  flag: {type: bool, required: true}
"""


def verdicts(steps: str, *rules: str, body: str = "steps") -> list[Verdict]:
    return prove(read(f"{HEAD}{body}:\n{steps}rules:\n" + "".join(f"  - {{say: x, {rule}}}\n" for rule in rules)))


def outcomes(steps: str, *rules: str, body: str = "steps") -> list[str]:
    return [one.outcome for one in verdicts(steps, *rules, body=body)]


LOOP = """  - {do: a, by: r}
  - {approve: ok, by: s, rejected: a}
  - {do: x, by: r}
  - decide: more
    by: r
    cases:
      - {label: again, then: BACK}
      - {label: enough, then: done}
  - {end: done}
"""


def test_an_approval_is_used_up_and_other_steps_are_not() -> None:
    assert outcomes(LOOP.replace("BACK", "a"), "before: x, must: ok", "before: x, must: a") == ["proved", "proved"]
    assert outcomes(LOOP.replace("BACK", "ok"), "before: x, must: ok", "before: x, must: a") == ["proved", "proved"]
    assert outcomes(LOOP.replace("BACK", "x"), "before: x, must: ok", "before: x, must: a") == ["refuted", "proved"]


def test_a_refusal_voids_what_was_approved() -> None:
    steps = """  - {approve: ok, by: s, rejected: done}
  - decide: sure
    by: r
    cases: [{label: no, then: ok2}, {label: fine, then: x}]
  - {do: ok2, by: r, then: ok3}
  - {approve: ok3, by: s, rejected: x, then: x}
  - {do: x, by: r}
  - {end: done}
"""
    assert outcomes(steps, "before: x, must: ok") == ["proved"]
    assert outcomes(steps, "before: x, must: ok3") == ["refuted"]
    again = steps.replace("{do: ok2, by: r, then: ok3}", "{do: ok2, by: r, then: ok}").replace(
        "rejected: done", "rejected: x", 1
    )
    assert [one.broken.reason for one in verdicts(again, "before: x, must: ok") if one.broken] == ["refused"]


EDIT = """  - {do: a, by: r, fill: [must_n, flag]}
  - {approve: one, by: s, rejected: a}
  - {approve: two, by: r, rejected: fix, then: x}
  - {do: fix, by: r, fill: FIELD, then: two}
  - {do: x, by: r}
  - {end: done}
"""


@pytest.mark.parametrize(("field", "verdict"), [("must_n", "refuted"), ("flag", "refuted"), ("n", "proved")])
def test_a_change_of_what_was_approved_voids_it(field: str, verdict: str) -> None:
    assert outcomes(EDIT.replace("FIELD", field), "before: x, must: [one, two]") == [verdict]


def test_what_the_approver_does_not_see_or_writes_is_not_approved() -> None:
    hidden = EDIT.replace("FIELD", "must_n").replace("one, by: s,", "one, by: s, hide: must_n,")
    assert outcomes(hidden, "before: x, must: [one, two]") == ["proved"]
    own = EDIT.replace("FIELD", "must_n").replace("one, by: s,", "one, by: s, fill: must_n,")
    assert outcomes(own, "before: x, must: [one, two]") == ["proved"]


def test_what_another_approver_writes_is_no_change() -> None:
    steps = EDIT.replace("FIELD", "n").replace("two, by: r,", "two, by: r, fill: must_n,")
    assert outcomes(steps, "before: x, must: [one, two]") == ["proved"]


def test_when_limits_the_rule_to_cases() -> None:
    steps = """  - {do: a, by: r, fill: must_n}
  - {approve: ok, by: s, only_when: must_n > 20, rejected: a}
  - {do: x, by: r}
  - {end: done}
"""
    found = outcomes(
        steps, "before: x, must: ok", "before: x, must: ok, when: must_n > 20", "before: x, must: ok, when: must_n >= 20"
    )
    assert found == ["refuted", "proved", "refuted"]


def test_after_looks_at_the_end() -> None:
    steps = """  - {do: x, by: r, fill: flag}
  - {do: y, by: r}
  - decide: more
    by: r
    cases: [{label: again, then: x}, {label: enough, then: done}, {label: note, then: z}]
  - {do: z, by: r}
  - {end: done}
"""
    rules = ("after: x, must: y", "after: y, must: x", "after: x, must: z", "after: x, must: [y, more]", "after: z, must: y")
    assert outcomes(steps, *rules) == ["proved", "refuted", "refuted", "proved", "refuted"]


def test_after_with_a_condition_asks_when_the_step_is_done() -> None:
    steps = """  - {do: x, by: r, fill: flag}
  - {do: y, by: r, only_when: flag}
  - {end: done}
"""
    assert outcomes(steps, "after: x, must: y, when: flag", "after: x, must: y") == ["proved", "refuted"]


def test_never_holds_while_the_step_is_open_too() -> None:
    steps = """  - {do: a, by: r, fill: flag}
  - together: t
    steps:
      - {do: x, by: r}
      - {do: other, by: r, fill: flag}
  - {end: done}
"""
    assert outcomes(steps, "never: x, when: flag", "never: a, when: flag") == ["refuted", "proved"]
    only = steps.replace("{do: x, by: r}", "{do: x, by: r, only_when: not flag}")
    assert outcomes(only, "never: x, when: flag") == ["proved"]


def test_a_step_that_is_skipped_has_not_come() -> None:
    steps = """  - {do: a, by: r, fill: flag}
  - {do: x, by: r, only_when: flag}
  - {end: done}
"""
    assert outcomes(steps, "never: x, when: not flag", "never: x") == ["proved", "refuted"]


def test_staying_in_a_state_is_not_coming_again() -> None:
    states = """  - {state: low, by: r, transitions: [{event: up, to: high}]}
  - {state: high, by: r, transitions: [{event: stay, to: high}, {event: over, to: done}]}
  - {end: done}
"""
    assert outcomes(states, "before: high, must: low", body="states") == ["proved"]


def test_people_are_watched_while_running_and_words_are_words() -> None:
    steps = "  - {do: a, by: r}\n  - {approve: ok, by: s, rejected: a}\n  - {end: done}\n"
    found = verdicts(steps, "different_people: [a, ok]")
    assert [one.outcome for one in found] == ["runtime"]
    assert prove(read(f"{HEAD}steps:\n{steps}rules:\n  - {{say: be kind}}\n"))[0].outcome == "words"


def test_a_rule_that_never_applies_is_told() -> None:
    steps = """  - {do: a, by: r, fill: must_n}
  - {do: x, by: r, only_when: must_n < 40}
  - {end: done}
"""
    found = verdicts(steps, "before: x, must: a, when: must_n > 60", "before: x, must: a, when: must_n > 20")
    assert [one.vacuous is not None for one in found] == [True, False]


def test_what_was_not_looked_at_is_not_proved() -> None:
    definition = read(f"{HEAD}steps:\n{LOOP.replace('BACK', 'a')}rules:\n  - {{say: x, never: x, when: n > 99}}\n")
    assert prove(definition)[0].outcome == "refuted"
    found = prove(definition, 2)[0]
    assert (found.outcome, found.looked_at > 2, found.why is not None) == ("undecided", True, True)


def test_where_the_search_cannot_decide_the_shape_may() -> None:
    steps = """  - {do: a, by: r, fill: [n, must_n]}
  - {approve: ok, by: s, only_when: WHEN, rejected: a}
  - {do: b, by: r}
  - {approve: sure, by: s, rejected: a}
  - {do: x, by: r}
  - {end: done}
""".replace("WHEN", "n * must_n > 100")
    rules = ("before: x, must: sure", "after: a, must: x", "before: x, must: ok", "before: x, must: ok, when: n * must_n > 100")
    assert outcomes(steps, *rules) == ["proved", "proved", "refuted", "undecided"]


def test_each_proof_says_what_it_assumes() -> None:
    steps = """  - {do: a, by: r, fill: must_n}
  - {call: c, process: other, gives: {n: z}}
  - {wait: w, for: reply}
  - {do: x, by: r, only_when: must_n > 5}
  - {end: done}
"""
    found = verdicts(steps, "after: x, must: a")
    texts = " ".join(text.en for text in found[0].assumes) if found[0].assumes else ""
    assert found[0].outcome == "refuted" or "end" in texts
    before = verdicts(steps, "before: x, must: a")[0]
    assert {"fields that steps fill in are empty at the start"} <= {text.en for text in before.assumes}
    assert any("called" in text.en for text in before.assumes)
