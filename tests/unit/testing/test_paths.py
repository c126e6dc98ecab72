"""Paths that cover every transition: found by the kernel, played by the engine, honest about what they leave out."""

from __future__ import annotations

import pytest
from plays import process

from oyiflow.model.definition import Definition
from oyiflow.testing import Paths, coverage_of, paths, play, told

LEAVE = """\
    process: leave
    title: Leave
    roles: {staff: Staff, head: Head, boss: Boss}
    form: {days: {type: int, required: true, min: 1}, kind: {type: choice, of: [rest, ill, study], required: true}}
    steps:
      - {do: apply, by: staff, fill: [days, kind]}
      - {approve: sign, by: head, rejected: apply, within: 2 workdays, late: escalate}
      - {do: tell, by: staff, only_when: days > 30}
      - decide: long
        cases:
          - {label: long, when: days between 10 and 12 and kind == "study", then: boss_signs}
          - {label: short, otherwise: over}
      - {approve: boss_signs, by: boss, mode: all, rejected: apply}
      - {end: over}
"""


def arrows(definition: Definition) -> set[str]:
    return {f"{state.id}#{n}" for state in definition.states.values() for n in range(len(state.transitions))}


TRIP = """
process: trip
title: Trip
roles: {staff: Staff, head: Head}
form:
  amount: {title: Amount, type: money, min: 0, required: true}
  days: {title: Days, type: int, min: 1, required: true}
steps:
  - {do: ask, title: Ask, by: staff, fill: [amount, days]}
  - {approve: sign, title: Sign, by: head, rejected: ask, only_when: days > 32 and amount >= 16000}
  - {do: pay, title: Pay, by: staff, only_when: days > 10 or amount > 900}
  - {end: done, title: End}
"""


def went(definition: Definition, found: Paths, *others: Definition) -> set[str]:
    """The transitions that the engine takes when the paths are played."""
    taken: set[str] = set()
    for path in found.paths:
        played = play(definition, path.example, others=others)
        assert played.diagnostic is None, played.diagnostic
        taken |= {arrow for entry in played.history for trace in entry.trace for arrow in trace["transitions"]}
    return taken


def test_every_arrow_is_taken_by_values_at_the_edges_of_the_guards() -> None:
    definition = process(LEAVE)
    found = paths(definition)
    assert (found.missed, found.complete) == ((), True)
    assert went(definition, found) == arrows(definition)
    coverage = coverage_of(definition, [play(definition, path.example) for path in found.paths])
    assert coverage.missing == ()


def test_values_of_two_fields_are_tried_together() -> None:
    definition = process(TRIP)
    found = paths(definition)
    assert (found.missed, found.complete) == ((), True)
    assert went(definition, found) == arrows(definition)


def test_paths_are_short_and_few_and_the_same_every_time() -> None:
    found = paths(process(LEAVE))
    assert found == paths(process(LEAVE))
    assert len(found.paths) <= 6
    assert max(len(path.example.play) for path in found.paths) == 3
    takes = [path.takes for path in found.paths]
    for place, mine in enumerate(takes):
        assert mine - set().union(*takes[:place])  # each one adds something


def test_a_case_that_cannot_be_is_missed_and_said() -> None:
    definition = process("""\
        process: never
        title: Never
        roles: {staff: Staff}
        form: {n: {type: int, required: true, max: 5}}
        steps:
          - {do: count, by: staff, fill: n}
          - {decide: big, cases: [{label: big, when: n > 5, then: shout}, {label: small, otherwise: over}]}
          - {do: shout, by: staff}
          - {end: over}
        """)
    found = paths(definition)
    assert found.missed == ("big#0", "shout#0")
    assert found.complete


def test_the_limit_holds_and_is_confessed() -> None:
    found = paths(process(LEAVE), limit=1)
    assert not found.complete
    assert found.missed


def many_at_once(branches: int) -> str:
    rows = "".join(
        f"          - {{branch: b{n}, steps: [{{do: x{n}, by: staff}}, {{approve: y{n}, by: staff, rejected: x{n}}}, {{do: z{n}, by: staff}}]}}\n"
        for n in range(branches)
    )
    return f"""\
    process: many
    title: Many
    roles: {{staff: Staff}}
    steps:
      - together: all
        steps:
{rows}      - {{do: last, by: staff}}
      - {{end: over}}
"""


def test_many_branches_are_walked_where_they_cannot_be_searched() -> None:
    definition = process(many_at_once(9))  # 4 ** 9 situations
    found = paths(definition, limit=400)
    assert found.missed == ()
    assert went(definition, found) == arrows(definition)


def test_events_time_history_and_values_of_the_start() -> None:
    definition = process("""\
        process: machine
        title: Machine
        roles: {tech: Technical}
        form: {old: {type: bool}, hours: {type: int}, due: {type: date}}
        states:
          - state: working
            entry: [{set: hours, value: 0}]
            states:
              - {state: idle, transitions: [{event: run, to: busy}]}
              - {state: busy, transitions: [{event: hour, actions: [{set: hours, value: hours + 1}]}, {event: rest, to: idle}]}
              - {history: as_before, default: idle}
            transitions:
              - {event: broken, to: repair}
              - {when: hours > 2, to: service}
          - state: repair
            by: tech
            fill: due
            transitions: [{event: mended, to: as_before}, {event: hopeless, when: old, to: gone}, {after: 5 workdays, to: gone}]
          - state: service
            transitions: [{at: due, to: working}, {event: thrown_away, to: gone}]
          - {end: gone}
        """)
    found = paths(definition)
    assert found.missed == ()
    assert went(definition, found) == arrows(definition)
    assert any(path.example.values for path in found.paths)


CALLER = """\
    process: caller
    title: Caller
    roles: {staff: Staff}
    form: {answer: {type: bool}}
    steps:
      - {do: ask, by: staff}
      - {call: other, process: called, gives: {answer: good}, failed: sorry}
      - {decide: use, cases: [{label: good, when: answer, then: done}, {label: bad, otherwise: sorry}]}
      - {end: done}
      - {end: sorry}
"""


def test_what_a_called_process_must_answer_is_said() -> None:
    found = paths(process(CALLER))
    assert found.missed == ()
    assert sorted(en for path in found.paths for _, en in path.assumes) == [
        "'called' fails", "'called' gives good=False", "'called' gives good=True",
    ]  # fmt: skip
    assert all(zh for path in found.paths for zh, _ in path.assumes)


CALLED = """\
    process: called
    title: Called
    roles: {staff: Staff}
    form: {good: {type: bool, required: true}}
    steps:
      - {do: look, by: staff, fill: good}
      - {wait: rest, for: 3 days}
      - {decide: so, cases: [{label: fine, when: good, then: well}, {label: poor, otherwise: badly}]}
      - {end: well}
      - {end: badly}
"""
BETWEEN = """\
    process: called
    title: Between
    roles: {staff: Staff}
    form: {good: {type: bool}}
    steps:
      - {do: begin, by: staff}
      - {call: inner, process: deepest, gives: {good: good}}
      - {decide: so, cases: [{label: fine, when: good, then: well}, {label: poor, otherwise: badly}]}
      - {end: well}
      - {end: badly}
"""


@pytest.mark.parametrize("others", [[CALLED], [BETWEEN, CALLED.replace("process: called", "process: deepest")]])
def test_of_a_process_that_is_known_the_end_is_said_and_not_its_answer(others: list[str]) -> None:
    definition, known = process(CALLER), list(map(process, others))
    found = paths(definition, others=known)
    assert found.missed == ()
    assert [en for path in found.paths for _, en in path.assumes] == ["'called' fails"]
    assert sorted(told(path.example.play[1]) for path in found.paths) == ["other badly", "other failed", "other well"]
    assert went(definition, found, *known) == arrows(definition)


def test_what_takes_longer_than_the_deadline_answers_nothing() -> None:
    definition = process(CALLER.replace("failed: sorry}", "failed: sorry, within: 2 days, late: skip}"))
    found = paths(definition, others=[process(CALLED)])
    assert found.missed == ()
    assert sorted(en for path in found.paths for _, en in path.assumes) == ["'called' fails", "'called' gives good=True"]
    assert ["wait: 2880 minutes"] in [[told(move) for move in path.example.play[1:]] for path in found.paths]


def test_signers_rules_and_people_do_not_stand_in_the_way() -> None:
    definition = process("""\
        process: paper
        title: Paper
        roles: {staff: Staff, head: Head}
        form: {heir: {type: person, required: true}, day: {type: date, required: true}}
        steps:
          - {do: write, by: staff, fill: [heir, day]}
          - {approve: read, by: [staff, head], mode: in_turn, rejected: write, not_before: day}
          - {do: keep, by: {person_in: heir}}
          - {do: file, by: staff}
          - {do: post, by: {whoever_did: file}}
          - {end: over}
        rules:
          - {say: Other eyes, different_people: [write, read]}
          - {say: The same hand, same_person: [write, file]}
        """)
    found = paths(definition)
    assert found.missed == ()
    assert went(definition, found) == arrows(definition)


def test_a_process_that_cannot_begin_has_no_paths() -> None:
    definition = process("""\
        process: stuck
        title: Stuck
        form: {n: {type: int, max: 3, required: true}}
        states:
          - {state: first, entry: [{set: n, value: 2 + 2}], transitions: [{event: go, to: over}]}
          - {end: over}
        """)
    assert paths(definition) == Paths(paths=(), missed=("first#0",), complete=True)


def test_a_path_reads_like_an_example() -> None:
    found = paths(process(LEAVE))
    plays = [[told(move) for move in path.example.play] for path in found.paths]
    assert ["apply done", "sign rejected"] in plays
    assert ["apply done", "wait: 2880 minutes"] in plays
