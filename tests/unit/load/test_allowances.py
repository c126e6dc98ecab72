"""A finding may be allowed, with a reason and for a time; an allowance that is over, unused or incomplete is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from oyiflow.checking import check
from oyiflow.diagnostics import Diagnostic

COMPANY = """company: Example
people:
  lin: {title: Lin, roles: [staff], deputy: gao}
  gao: {title: Gao, roles: [head], deputy: lin}
"""
PROCESS = """process: leave
title: Leave
roles: {staff: Staff, head: Head}
steps:
  - {do: apply, title: Apply, by: staff}ABOVE
  - decide: fork
    title: 'Which way?'END
    cases:
      - {label: one, when: in(apply), then: sign}
      - {label: other, otherwise: sign}
  - {approve: sign, title: Approve, by: head, rejected: apply}
  - {end: done, title: End}
"""


def found(tmp_path: Path, above: str = "", end: str = "", today: date | None = date(2026, 7, 1)) -> list[Diagnostic]:
    text = PROCESS.replace("ABOVE", f"\n  {above}" if above else "").replace("END", f"   {end}" if end else "")
    (tmp_path / "leave.yaml").write_text(text, encoding="utf-8")
    return [one for one in check([tmp_path / "leave.yaml"], today=today).diagnostics if one.code != "OF503"]


def test_without_an_allowance_it_is_found(tmp_path: Path) -> None:
    assert "OF902" not in {one.code for one in found(tmp_path)}
    assert [one.code for one in found(tmp_path)] == ["OF305"]


@pytest.mark.parametrize("code", ["OF305", "OF103"])
def test_mistakes_of_writing_cannot_be_allowed(tmp_path: Path, code: str) -> None:
    mark = f"# oyiflow: allow {code} until 2027-03 because we like it"
    codes = [one.code for one in found(tmp_path, above=mark)]
    assert codes == ["OF103", "OF305"]


LEAVE = """process: leave
title: Leave
roles: {staff: Staff, head: Head}
form:
  days: {title: Days, type: int, max: 30, required: true}
steps:
  - {do: apply, title: Apply, by: staff, fill: days}
ABOVE  - {approve: sign, title: Approve, by: head, only_when: days > 40, rejected: apply}END
  - {end: done, title: End}
"""


def codes(tmp_path: Path, above: str = "", end: str = "", today: date | None = date(2026, 7, 1)) -> list[str]:
    text = LEAVE.replace("ABOVE", f"  {above}\n" if above else "").replace("END", f"   {end}" if end else "")
    (tmp_path / "leave.yaml").write_text(text, encoding="utf-8")
    return [one.code for one in check([tmp_path / "leave.yaml"], today=today).diagnostics]


MARK = "# oyiflow: allow OF507, OF404 until 2027-03 because the limit will be raised in spring"


def test_what_is_allowed_is_not_reported(tmp_path: Path) -> None:
    before = codes(tmp_path)
    assert "OF507" in before
    assert "OF507" not in codes(tmp_path, above=MARK)
    assert "OF507" not in codes(tmp_path, end=MARK)
    assert "OF507" not in codes(tmp_path, above=MARK, today=None)


def test_it_ends_with_its_month(tmp_path: Path) -> None:
    assert "OF507" not in codes(tmp_path, above=MARK, today=date(2027, 3, 31))
    assert "OF507" in codes(tmp_path, above=MARK, today=date(2027, 4, 1))
    late = check([tmp_path / "leave.yaml"], today=date(2027, 4, 1)).diagnostics
    assert any("2027-03-31" in told for one in late for _, told, _ in one.related)


def test_one_that_allows_nothing_is_reported(tmp_path: Path) -> None:
    mark = "# oyiflow: allow OF602 until 2027-03 because nobody knows"
    assert codes(tmp_path, above=mark).count("OF206") == 1


@pytest.mark.parametrize(
    "mark",
    [
        "# oyiflow: allow OF507",
        "# oyiflow: allow OF507 until 2027-03",
        "# oyiflow: allow OF507 because it is so",
        "# oyiflow: allow OF507 until spring because it is so",
        "# oyiflow: allow OF507 until 2027-13 because it is so",
        "# oyiflow: allow until 2027-03 because it is so",
    ],
)
def test_a_reason_and_a_time_are_needed(tmp_path: Path, mark: str) -> None:
    found = codes(tmp_path, above=mark)
    assert "OF103" in found
    assert "OF507" in found


def test_what_only_looks_like_one_is_text(tmp_path: Path) -> None:
    (tmp_path / "leave.yaml").write_text(
        LEAVE.replace("ABOVE", "").replace("END", "").replace("title: Apply", "title: 'x # oyiflow: allow'"), encoding="utf-8"
    )
    assert "OF103" not in [one.code for one in check([tmp_path / "leave.yaml"]).diagnostics]
