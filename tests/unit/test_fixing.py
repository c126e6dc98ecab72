"""Mending: what is mechanical is mended whole, what is a guess is left, line ends stay."""

from __future__ import annotations

import pytest

from oyiflow.diagnostics import Severity, Source
from oyiflow.fixing import difference, found_in, laid_out, mended

GOOD = """\
process: leave
title: Leave
roles: {staff: Staff, head: Head}
form:
  days: {type: int, min: 1, required: true}
steps:
  - {do: apply, by: staff, fill: days}
  - {approve: sign, by: head, only_when: days > 3, rejected: apply}
  - {end: done}
"""


def of(text: str) -> Source:
    return Source(name="x.yaml", text=text)


def test_a_good_text_stays() -> None:
    assert mended(of(GOOD)).count == 0
    assert mended(of(GOOD)).text == GOOD


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("title: Leave", "title：Leave"),
        ("process: leave", "process： leave"),
        ("  - {do: apply", "\u3000- {do: apply"),
        ("by: head, only", "by：head，only"),
        ("fill: days}", "fill： days｝"),
        ("title: Leave", "title: Le\u200bave"),
        ("days > 3", "days >> 3"),
        ("by: staff, fill", "by:staff, fill"),
    ],
)
def test_slips_of_typing(right: str, wrong: str) -> None:
    assert right in GOOD
    done = mended(of(GOOD.replace(right, wrong)))
    assert done.count >= 1
    assert [one.code for one in found_in(of(done.text))] == []


def test_several_on_one_line_and_in_several_rounds() -> None:
    wrong = GOOD.replace(
        "  - {approve: sign, by: head, only_when: days > 3, rejected: apply}",
        "  － {approve：sign，by：head，only_when：days >> 3，rejected：apply｝",
    )
    done = mended(of(wrong))
    assert found_in(of(done.text)) == []
    assert done.count >= 4


def test_a_guess_is_left_to_the_author() -> None:
    wrong = GOOD.replace("rejected: apply", "rejected: aply").replace("title: Leave", "title：Leave")
    done = mended(of(wrong))
    assert done.text == GOOD.replace("rejected: apply", "rejected: aply")
    assert [one.code for one in found_in(of(done.text))] == ["OF201"]


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_stay(end: str) -> None:
    wrong = GOOD.replace("title: Leave", "title：Leave").replace("\n", end)
    assert mended(of(wrong)).text == GOOD.replace("\n", end)


def test_the_layout_mends_signs_and_keeps_line_ends() -> None:
    wrong = GOOD.replace("title: Leave", "title：Leave").replace("{do: apply, by", "{ do: apply,by").replace("\n", "\r\n")
    assert laid_out(of(wrong)).text == GOOD.replace("\n", "\r\n")


def test_the_layout_leaves_a_character_that_belongs_to_a_title() -> None:
    """Invisible as it is: a warning, which `check --fix` mends, while the layout says what the file said before."""
    text = GOOD.replace("title: Leave", "title: Le\u200bave")
    assert laid_out(of(text)).text == text
    assert mended(of(text)).text == GOOD


def test_a_text_with_errors_is_not_laid_out() -> None:
    laid = laid_out(of(GOOD.replace("rejected: apply", "rejected: aply")))
    assert laid.text is None
    assert [one.severity for one in laid.errors] == [Severity.ERROR]


def test_a_company_file_is_laid_out_too() -> None:
    laid = laid_out(of("company: A\npeople:\n  a:  {roles: [x], title: A}\n  bb: {title: B, roles: []}\n"))
    assert laid.text == "company: A\npeople:\n  a:  {title: A, roles: [x]}\n  bb: {title: B, roles: []}\n"


def test_a_calendar_is_a_file_too() -> None:
    laid = laid_out(of("calendar: x\ntitle:  X\nyears:\n    2026:\n        holidays: [ 2026-01-01 ]\n"))
    assert not laid.errors
    assert laid.text == "calendar: x\ntitle: X\nyears:\n  2026:\n    holidays: [2026-01-01]\n"


def test_the_difference_is_one_that_patch_reads() -> None:
    assert difference("x.yaml", "a\nb\nc\n", "a\nB\nc\n") == "--- x.yaml\n+++ x.yaml\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"
    assert difference("x.yaml", "a", "a\n").endswith("-a\n\\ No newline at end of file\n+a\n")
    assert difference("x.yaml", "a\n", "a\n") == ""


def test_a_line_halfway_between_two_levels_is_left_to_its_author() -> None:
    """Where siblings stand at 2 and the columns of the table before at 4, 3 may mean either."""
    table = "  rows:\n    type: list\n    columns:\n      at: {type: date}\n"
    text = GOOD.replace("  days: {", f"{table}   days: {{")
    assert mended(of(text)).text == text
    assert [one.code for one in found_in(of(text))] == ["OF010"], "and nothing is said of what would follow from a guess"
