"""What examples cover, and what they leave out."""

from __future__ import annotations

from plays import passes, process

from oyiflow.testing import Coverage, coverage_of, play

TEXT = """\
    process: leave
    title: Leave
    roles: {staff: Staff, head: Head}
    form: {days: {type: int, required: true}}
    steps:
      - {do: apply, by: staff, fill: days}
      - {approve: sign, by: head, rejected: apply, within: 2 days, late: pass}
      - {do: tell, by: staff, only_when: days > 3}
      - decide: long
        cases:
          - {label: long, when: days > 9, then: hand_over}
          - {label: short, otherwise: over}
      - {do: hand_over, by: staff}
      - {end: over}
    rules:
      - {say: Other eyes, different_people: [apply, sign]}
      - {say: Told before it is handed over, before: hand_over, must: tell}
      - {say: Nothing short is told, never: tell, when: days < 2}
    examples:
"""


def covered(*examples: str) -> Coverage:
    text = TEXT + "".join(f"      - {line}\n" for line in examples)
    definition = process(text)
    return coverage_of(definition, passes(definition))


def missing(coverage: Coverage, kind: str) -> list[str]:
    return [item.name for item in coverage.missing if item.kind == kind]


def test_nothing_is_covered_by_nothing() -> None:
    definition = process(TEXT.replace("    examples:\n", ""))
    coverage = coverage_of(definition, [])
    assert coverage.percent == 0
    assert coverage.missing == coverage.items
    assert coverage.counts() == {
        "step": (0, 6), "outcome": (0, 5), "case": (0, 2), "done": (0, 1), "skipped": (0, 1), "late": (0, 1), "rule": (0, 3),
    }  # fmt: skip


def test_a_step_that_was_skipped_was_not_there() -> None:
    short = covered("{name: a, play: [apply: {days: 1}, sign], ends: over}")
    assert missing(short, "step") == ["tell", "hand_over"]
    assert (missing(short, "done"), missing(short, "skipped")) == (["tell"], [])
    assert missing(short, "case") == ["long long"]
    longer = covered("{name: a, play: [apply: {days: 5}, sign, tell], ends: over}")
    assert missing(longer, "step") == ["hand_over"]
    assert (missing(longer, "done"), missing(longer, "skipped")) == ([], ["tell"])


def test_answers_count_one_by_one_and_by_any_of_their_names() -> None:
    coverage = covered("{name: a, play: [apply: {days: 1}, sign 退回], now_at: apply}")
    assert missing(coverage, "outcome") == ["sign approved", "tell done", "hand_over done"]


def test_a_deadline_counts_when_it_is_missed() -> None:
    assert missing(covered("{name: a, play: [apply, wait: 1 days], now_at: sign}"), "late") == ["sign"]
    assert missing(covered("{name: a, play: [apply, wait: 2 days], ends: over}"), "late") == []


def test_rules_count_when_they_have_something_to_say() -> None:
    assert missing(covered("{name: a, play: [apply: {days: 2}], now_at: sign}"), "rule") == [
        "Other eyes", "Told before it is handed over", "Nothing short is told",
    ]  # fmt: skip
    assert missing(covered("{name: a, play: [apply: {days: 1}, sign], ends: over}"), "rule") == [
        "Told before it is handed over"
    ]
    assert missing(covered("{name: a, play: [apply: {days: 10}, sign, tell], now_at: hand_over}"), "rule") == []


def test_examples_add_up_to_everything() -> None:
    coverage = covered(
        "{name: a, play: [apply: {days: 1}, sign rejected, apply, wait: 2 days], ends: over}",
        "{name: b, play: [apply: {days: 10}, sign, tell, hand_over], ends: over}",
    )
    assert coverage.missing == ()
    assert coverage.percent == 100


def test_failed_examples_count_as_far_as_they_got() -> None:
    definition = process(TEXT + "      - {name: a, play: [apply, tell], ends: over}\n")
    coverage = coverage_of(definition, [play(definition, definition.examples[0])])
    assert missing(coverage, "step") == ["tell", "long", "hand_over", "over"]


def test_ways_of_a_life_cycle_count_each() -> None:
    definition = process("""\
        process: lamp
        title: Lamp
        states:
          - state: dark
            transitions: [{event: press, to: lit, label: switched on}, {after: 1 days, to: gone}]
          - state: lit
            transitions: [{event: release, to: dark}]
          - {end: gone}
        examples:
          - {name: a, play: [event: press], now_at: lit}
        """)
    coverage = coverage_of(definition, passes(definition))
    assert [item.name for item in coverage.missing] == ["dark → gone", "lit release", "gone"]
    assert [item.span.line for item in coverage.missing] == [5, 7, 8]
