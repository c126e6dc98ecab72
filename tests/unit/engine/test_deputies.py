"""Absent people and their deputies, policies, and the calendar by which an engine counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from oyiflow import Engine, Forbidden
from oyiflow.diagnostics import Source
from oyiflow.engine.calendars import SIGN
from oyiflow.errors import DamagedDefinition
from oyiflow.kernel import Act, event_from_json, event_to_json
from oyiflow.load.reader import read_definition
from oyiflow.model.calendar import PLAIN_WEEK, Calendar
from oyiflow.model.company import Absence, Company, Person, Policies
from oyiflow.model.definition import Definition, Text
from oyiflow.testing import MONDAY, ManualClock

LEAVE = """\
process: leave
title: Leave
roles: {staff: Staff, head: Head, boss: Boss}
form: {heir: {type: person}}
steps:
  - {do: apply, title: Apply, by: staff, fill: heir}
  - {approve: sign, title: Sign, by: head, rejected: apply}
  - {approve: agree, title: Agree, by: boss, rejected: apply}
  - {do: hand, title: Hand over, by: {person_in: heir}, within: 3 workdays, late: escalate}
  - {do: file, title: File, by: {whoever_did: sign}}
  - {end: done}
"""
RULE = """\
rules:
  - {say: Four eyes, different_people: [sign, agree], source: "4.2"}
"""
TODAY = PLAIN_WEEK.today(MONDAY)


def process(text: str = LEAVE) -> Definition:
    found, wrong = read_definition(Source(name="leave.yaml", text=text))
    assert found is not None, wrong
    return found


def people(**roles: str) -> tuple[Person, ...]:
    return tuple(Person(name=name, title=Text(en=name), roles=tuple(held.split())) for name, held in roles.items())


def away(person: str, deputy: str, days: int = 0) -> Absence:
    return Absence(person=person, first=TODAY, last=TODAY + timedelta(days=days), deputy=deputy)


HOUSE = Company(people=people(ann="staff", hal="head", eva="boss", dan="", ben="head boss"))


def engine(company: Company, clock: ManualClock | None = None, store: str = "sqlite:///:memory:") -> Engine:
    return Engine(store, directory=company, clock=clock or ManualClock())


def begun(on: Engine, by: str = "ann", text: str = LEAVE, **values: str) -> str:
    """An instance that waits at `sign`."""
    id = on.start(process(text), actor=by).id
    on.complete(id, "apply", actor=by, values=values)
    return id


def test_a_deputy_acts_for_the_absent_person_and_it_is_recorded_so() -> None:
    company = replace(HOUSE, people=people(ann="staff", hal="head", eva="boss", dan=""), absences=(away("hal", "dan"),))
    with engine(company) as on:
        id = begun(on)
        assert [task.step for task in on.tasks(person="dan")] == ["sign"]
        assert on.tasks(instance=id)[0].people == ("hal", "dan")
        on.complete(id, "sign", actor="dan")
        last = on.history(id)[-1]
        assert (last.actor, last.on_behalf, last.outcome) == ("dan", "hal", "approved")
        assert on.snapshot(id).did["sign"] == ("dan", "hal")
        assert on.replay(id) == on.snapshot(id)


def test_the_absent_person_may_act_all_the_same() -> None:
    with engine(replace(HOUSE, absences=(away("hal", "dan"),))) as on:
        id = begun(on)
        on.complete(id, "sign", actor="hal")
        assert on.history(id)[-1].on_behalf == ""


def test_a_deputy_acts_only_on_the_days_of_the_absence() -> None:
    clock = ManualClock()
    with engine(replace(HOUSE, absences=(away("hal", "dan", days=1),)), clock) as on:
        id = begun(on)
        clock.advance("1 day")
        assert on.tasks(person="dan")
        clock.advance("1 day")
        assert not on.tasks(person="dan")
        with pytest.raises(Forbidden):
            on.complete(id, "sign", actor="dan")
        with pytest.raises(Forbidden, match="does not stand in for hal"):
            on.send(id, Act(task="sign", actor="dan", on_behalf="hal"))
        assert on.snapshot(id).revision == 2


def test_nobody_makes_themselves_a_deputy() -> None:
    with engine(HOUSE) as on:
        id = begun(on)
        with pytest.raises(Forbidden, match="dan does not stand in for hal"):
            on.send(id, Act(task="sign", actor="dan", on_behalf="hal", roles=frozenset({"head"})))


def test_ones_own_right_comes_first() -> None:
    with engine(replace(HOUSE, absences=(away("hal", "ben"),))) as on:
        id = begun(on)
        on.complete(id, "sign", actor="ben")  # is a head himself
        assert on.history(id)[-1].on_behalf == ""
        other = begun(on)
        on.send(other, Act(task="sign", actor="ben", on_behalf="hal"))
        assert on.history(other)[-1].on_behalf == "hal", "unless it is said otherwise"


def test_rules_about_people_hold_for_both_names() -> None:
    company = replace(HOUSE, people=people(ann="staff", hal="head", eva="boss"), absences=(away("eva", "hal"),))
    with engine(company) as on:
        id = begun(on, text=LEAVE + RULE)
        on.complete(id, "sign", actor="hal")
        with pytest.raises(Forbidden, match="Four eyes"):
            on.complete(id, "agree", actor="hal")  # for eva, but he has signed himself
        assert on.tasks(instance=id)[0].people == ("eva",)
    company = replace(company, people=people(ann="staff", hal="head boss", eva="boss", dan=""), absences=(away("hal", "dan"),))
    with engine(company) as on:
        id = begun(on, text=LEAVE + RULE)
        on.complete(id, "sign", actor="dan")  # for hal
        with pytest.raises(Forbidden, match="Four eyes"):
            on.complete(id, "agree", actor="hal")


def test_a_person_in_a_field_and_whoever_did_a_step_have_deputies_too() -> None:
    with engine(replace(HOUSE, absences=(away("dan", "eva"), away("hal", "ann")))) as on:
        id = begun(on, heir="dan")
        on.complete(id, "sign", actor="hal")
        on.complete(id, "agree", actor="ben")
        assert [task.step for task in on.tasks(person="eva")] == ["hand"]
        on.complete(id, "hand", actor="eva")
        assert on.tasks(instance=id)[0].people == ("hal", "ann")
        on.complete(id, "file", actor="ann")
        assert [(e.actor, e.on_behalf) for e in on.history(id)[-2:]] == [("eva", "dan"), ("ann", "hal")]
        assert on.replay(id) == on.snapshot(id)


def test_nobody_signs_twice_in_two_names() -> None:
    text = LEAVE.replace("by: head, rejected: apply", "by: [head, boss], mode: all, rejected: apply")
    company = replace(HOUSE, people=people(ann="staff", hal="head", eva="boss"), absences=(away("eva", "hal"),))
    with engine(company) as on:
        id = begun(on, text=text)
        on.complete(id, "sign", actor="hal")
        assert on.tasks(instance=id)[0].people == ("eva",)
        with pytest.raises(Forbidden):
            on.complete(id, "sign", actor="hal")


def test_a_vote_in_another_name_survives_the_store() -> None:
    text = LEAVE.replace("by: head, rejected: apply", "by: [head, boss], mode: all, rejected: apply")
    with engine(replace(HOUSE, absences=(away("hal", "dan"),))) as on:
        id = begun(on, text=text)
        on.complete(id, "sign", actor="dan")
        on._steps._cache.clear()
        assert on.snapshot(id).tasks[0].votes[0].people == ("dan", "hal")


def test_reminders_go_to_the_deputy_and_escalations_to_the_superior_of_the_absent() -> None:
    staff = (*people(ann="staff", hal="head"), Person(name="dan", title=Text(en="dan"), superior="eva"))
    staff = (*staff, Person(name="eva", title=Text(en="eva"), roles=("boss",)))
    clock = ManualClock()
    with engine(Company(people=staff, absences=(away("dan", "ann", days=30),)), clock) as on:
        id = begun(on, heir="dan")
        on.complete(id, "sign", actor="hal")
        on.complete(id, "agree", actor="eva")
        clock.advance("4 workdays")
        on.run_due()
        assert {notice.person for notice in on.notices(instance=id)} == {"dan", "ann", "eva"}


def test_an_old_answer_in_the_journal_is_read_as_it_was_written() -> None:
    old = {"kind": "act", "task": "sign", "outcome": "approved", "actor": "hal", "comment": "", "roles": ["head"], "values": {}}
    act = event_from_json(old)
    assert isinstance(act, Act) and act.on_behalf == ""
    assert event_to_json(act) == old
    deputy = replace(act, on_behalf="eva")
    assert event_from_json(event_to_json(deputy)) == deputy


# --- policies

ONE = Company(people=people(ann="staff head", hal="head", eva="boss"))


def test_nobody_approves_what_they_have_started() -> None:
    with engine(ONE) as on:
        id = begun(on)
        assert on.tasks(instance=id)[0].people == ("hal",)
        assert not on.tasks(person="ann")
        with pytest.raises(Forbidden, match="self_approval: never"):
            on.complete(id, "sign", actor="ann")
        on.complete(id, "sign", actor="ann", outcome="rejected")  # sending back is free
        on.complete(id, "apply", actor="ann")
        on.complete(id, "sign", actor="hal")


def test_neither_a_deputy_of_the_starter_nor_the_starter_as_a_deputy_approves() -> None:
    with engine(
        replace(ONE, absences=(away("ann", "eva"), away("hal", "ann")), people=people(ann="staff head", hal="head", eva=""))
    ) as on:
        id = begun(on)
        for who in ("eva", "ann"):
            with pytest.raises(Forbidden, match="self_approval"):
                on.complete(id, "sign", actor=who)
        with pytest.raises(Forbidden, match="self_approval"):
            on.send(id, Act(task=on.tasks(instance=id)[0].id, actor="ann", on_behalf="hal"))


def test_the_company_or_a_rule_may_allow_it() -> None:
    with engine(replace(ONE, policies=Policies(self_approval="allowed"))) as on:
        id = begun(on)
        assert on.complete(id, "sign", actor="ann").configuration == ("agree",)
    with engine(ONE) as on:
        id = begun(on, text=LEAVE + "rules: [{say: Their own affair, same_person: [apply, sign]}]\n")
        assert on.tasks(instance=id)[0].people == ("ann",)
        on.complete(id, "sign", actor="ann")


def test_where_nobody_may_approve_the_task_is_held() -> None:
    with engine(replace(ONE, people=people(ann="staff head", eva="boss"))) as on:
        id = begun(on)
        assert [(w.step, w.people) for w in on.why(id)] == [("sign", ())]
        assert on.instance(id).status == "running"


def test_a_process_that_begins_with_an_approval_can_be_started_by_those_who_approve() -> None:
    text = "process: p\ntitle: P\nroles: {head: Head}\nsteps:\n  - {approve: sign, title: Sign, by: head, rejected: no}\n  - {end: yes}\n  - {end: no}\n"
    with engine(HOUSE) as on:
        id = on.start(process(text), actor="hal").id
        assert on.tasks(instance=id)[0].people == ("ben",)


def test_the_same_approver_twice_running_is_asked_or_not_by_policy() -> None:
    twice = Company(people=people(ann="staff", ben="head boss"))
    with engine(twice) as on:
        id = begun(on)
        assert on.complete(id, "sign", actor="ben").configuration == ("agree",)
    with engine(replace(twice, policies=Policies(repeated_approver="skip"))) as on:
        id = begun(on, heir="ann")
        assert on.complete(id, "sign", actor="ben", key="k").configuration == ("hand",)
        assert [(e.actor, e.step, e.outcome) for e in on.history(id)[-2:]] == [
            ("ben", "sign", "approved"),
            ("ben", "agree", "approved"),
        ]
        assert "repeated_approver: skip" in on.history(id)[-1].comment
        assert on.complete(id, "sign", actor="ben", key="k").revision == 3, (
            "asked again: the answer of the first time, and nothing more"
        )
        assert on.replay(id) == on.snapshot(id) and on.snapshot(id).revision == 4


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (LEAVE, "rejected"),
        (LEAVE + RULE, "approved"),
        (LEAVE.replace("by: boss, rejected", "by: boss, fill: heir, rejected"), "approved"),
    ],
)
def test_an_approval_is_not_passed_over_after_a_refusal_against_a_rule_or_with_a_form(text: str, outcome: str) -> None:
    with engine(Company(people=people(ann="staff", ben="head boss"), policies=Policies(repeated_approver="skip"))) as on:
        id = begun(on, text=text)
        before = on.snapshot(id).revision
        on.complete(id, "sign", actor="ben", outcome=outcome)
        assert on.snapshot(id).revision == before + 1


# --- calendars

HOLIDAY = Calendar(name="ours", holidays=frozenset({date(2026, 1, 6), date(2026, 1, 7)}), years=(2026,))


def due(on: Engine, id: str) -> datetime | None:
    return on.tasks(instance=id)[0].due


def to_hand(on: Engine) -> str:
    id = begun(on, heir="ann")
    on.complete(id, "sign", actor="hal")
    on.complete(id, "agree", actor="eva")
    return id


def test_deadlines_are_counted_by_the_calendar_of_the_company() -> None:
    with engine(HOUSE) as on:
        assert due(on, to_hand(on)) == datetime(2026, 1, 8, 1, 0, tzinfo=UTC)
    with engine(replace(HOUSE, calendar=HOLIDAY)) as on:
        id = to_hand(on)
        assert due(on, id) == datetime(2026, 1, 12, 1, 0, tzinfo=UTC)
        assert on.replay(id) == on.snapshot(id)


def test_a_new_calendar_makes_no_new_version_and_the_journal_still_replays(tmp_path: object) -> None:
    store = f"sqlite:///{tmp_path}/x.db"
    with engine(replace(HOUSE, calendar=HOLIDAY), store=store) as on:
        old, running = to_hand(on), begun(on, heir="ann")
        promised = due(on, old)
    later = replace(HOLIDAY, holidays=frozenset({date(2026, 1, 6)}))
    with engine(replace(HOUSE, calendar=later), store=store) as on:
        assert [(d.name, d.version) for d in on.deployed()] == [("leave", 1)]
        assert on.deploy(process()).version == 1
        on.complete(running, "sign", actor="hal")
        on.complete(running, "agree", actor="eva")
        assert due(on, running) == datetime(2026, 1, 9, 1, 0, tzinfo=UTC), "a running case counts by the new one"
        assert due(on, old) == promised, "what was promised stays"
        assert all(on.replay(id) == on.snapshot(id) for id in (old, running))
    with engine(HOUSE, store=store) as on:  # and in an engine that knows neither
        assert all(on.replay(id) == on.snapshot(id) for id in (old, running))
        assert len([row for row in on._store.definitions() if row.name.startswith(SIGN)]) == 2
        assert begun(on) and on.deployed()[0].name == "leave"


def test_a_plain_week_leaves_no_trace_in_the_journal() -> None:
    with engine(HOUSE) as on:
        id = to_hand(on)
        assert all("calendar" not in row.event for row in on._store.journal(id))
        assert [row.name for row in on._store.definitions()] == ["leave"]


def test_a_journal_whose_calendar_is_gone_says_so() -> None:
    with engine(replace(HOUSE, calendar=HOLIDAY)) as on:
        on.deploy(process())
        with pytest.raises(DamagedDefinition, match="stored calendar"):
            on._deployments.under(process().digest, "0" * 64)
