"""Damaged files: whatever the bytes, checking them never raises, does bounded work, and every message points into the file.

A damage is data: what is done, where (a share of the text), and with what. Hypothesis draws lists of them and applies them
to the shipped processes, cut to some of their parts so that a run stays short. The work of a check is counted in calls of
Python functions, in proportion to the size of the text; no clock is asked.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oyiflow.checking import check
from oyiflow.diagnostics import Diagnostic
from oyiflow.load.catalog import Catalog

PROCESSES = Path(__file__).parents[2] / "processes"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(PROCESSES.glob("*.yaml"))]
SMALL = """\
process: leave
title: {zh: 请假, en: Leave}
roles: {staff: Staff, head: {title: Head, alias: [boss]}}
form:
  days: {type: int, min: 1, required: true}
  why:
    title: >-
      several
      lines
    type: choice
    of: ['12:30', "x"]
    required: true
steps:
  - {do: apply, title: Apply, by: staff, fill: [days, why], within: 3 workdays, late: escalate}
  - decide: long
    cases:
      - {when: 'days > 5 and why in ["x"]', then: sign}
      - {when: 'days + 2 <= 3 or not (why == "x")', then: both}
      - {otherwise: done}
  - together: both
    until: first
    steps:
      - {wait: a, for: 1 day}
      - branch: b
        steps: [{do: c, title: C, by: {whoever_did: apply}}]
  - {approve: sign, title: Sign, by: [head, staff], mode: all, rejected: apply}
  - {end: done}
rules:
  - {say: not one's own, different_people: [apply, sign]}
examples:
  - {name: x, play: [apply: {days: 3}, wait: 2 days], ends: done}
"""
LIFE = """\
process: note
title: Note
roles: {staff: Staff}
form: {text: {type: longtext}, day: {type: date}}
states:
  - state: draft
    by: staff
    fill: [text, day]
    transitions:
      - {event: submit, when: text is filled, to: open, actions: [{set: text, value: '"x"'}, {send: late, after: 2 days, id: z}]}
  - parallel: open
    states:
      - {state: left, states: [{state: one, transitions: [{event: go, to: two}]}, {end: two}]}
      - {state: right, states: [{history: back, default: three}, {state: three}], entry: [{log: in}]}
    transitions:
      - {event: late, to: archived}
      - {at: day, to: draft}
  - {end: archived}
"""
TEXTS += [SMALL, LIFE]
WIDE = dict(zip(":,[]{}-#\"' !>|", "：，【】｛｝－＃“’　！》｜", strict=True))
PIECES = (
    *"：，【】｛｝－＃“”‘’　\t\u00a0\u200b\ufeff\u2028\x85\x00\x1b\r\n:#-?&*!|>%@`'\"[]{},~\\^=<>()0",
    ": ", " #", "- ", "\n- ", "\n  ", "&a ", "*a", "<<: *a", "!!python/object ", "---\n", "...\n", "%YAML 1.1\n", "\r\n",
    "[" * 70, "{a: " * 70, "- " * 70, "x" * 5000, "9" * 400, "((((" * 40, "not " * 300, "\ud800", "😀", "e\u0301", "? a\n: b\n",
    "title: ", "process: ", "steps: ", "company: ", "people: ", "do: a", "by: ", "when: ", "null", "true", "1e999", "0x1F", "\\u", '"\\',
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Damage:
    """`kind` of change at the share `at` of the text (0 to 1), `size` characters or lines, with the piece number `piece`."""

    kind: str
    at: float
    size: int
    piece: int


def _delete(text: str, place: int, damage: Damage) -> str:
    return text[:place] + text[place + damage.size :]


def _double(text: str, place: int, damage: Damage) -> str:
    return text[: place + damage.size] + text[place:]


def _swap(text: str, place: int, damage: Damage) -> str:
    middle, end = place + damage.size, place + 2 * damage.size
    return text[:place] + text[middle:end] + text[place:middle] + text[end:]


def _insert(text: str, place: int, damage: Damage) -> str:
    return text[:place] + PIECES[damage.piece % len(PIECES)] + text[place:]


def _replace(text: str, place: int, damage: Damage) -> str:
    return text[:place] + PIECES[damage.piece % len(PIECES)] + text[place + damage.size :]


def _widen(text: str, place: int, damage: Damage) -> str:
    """The next ASCII signs become the full-width ones of a Chinese keyboard."""
    end = place + 40 * damage.size
    return text[:place] + "".join(WIDE.get(char, char) for char in text[place:end]) + text[end:]


def _lines(change: Callable[[list[str], int, Damage], list[str]]) -> Callable[[str, int, Damage], str]:
    def changed(text: str, place: int, damage: Damage) -> str:
        lines = text.split("\n")
        return "\n".join(change(lines, text.count("\n", 0, place), damage))

    return changed


def _word(text: str, place: int, damage: Damage) -> str:
    """The next word becomes another word of the same text: it often reads well and means nothing."""
    words = re.findall(r"\w+", text)
    found = re.compile(r"\w+").search(text, place)
    return text[: found.start()] + words[damage.piece % len(words)] + text[found.end() :] if found else text


def _end_early(text: str, place: int, damage: Damage) -> str:
    return text[:place]


KINDS: dict[str, Callable[[str, int, Damage], str]] = {
    "delete": _delete,
    "double": _double,
    "swap": _swap,
    "insert": _insert,
    "replace": _replace,
    "widen": _widen,
    "delete lines": _lines(lambda lines, n, damage: lines[:n] + lines[n + damage.size :]),
    "double lines": _lines(lambda lines, n, damage: lines[: n + damage.size] + lines[n:]),
    "swap lines": _lines(lambda lines, n, damage: lines[:n] + lines[n + 1 : n + 2] + lines[n : n + 1] + lines[n + 2 :]),
    "indent": _lines(
        lambda lines, n, damage: lines[:n] + [" " * damage.size + line for line in lines[n : n + 2]] + lines[n + 2 :]
    ),
    "dedent": _lines(lambda lines, n, damage: lines[:n] + [line[damage.size :] for line in lines[n : n + 2]] + lines[n + 2 :]),
    "end early": _end_early,
    "word": _word,
    "word line": _lines(lambda lines, n, damage: [*lines[:n], lines[damage.piece % len(lines)], *lines[n + 1 :]]),
}
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "latin-1")


def damaged(number: int, keep: tuple[float, float], damages: list[Damage], encoding: str = "utf-8") -> bytes:
    """The bytes of a text, of which only the first lines and those after a gap are kept, with all damages done."""
    lines = TEXTS[number % len(TEXTS)].split("\n")
    first, second = sorted(int(share * len(lines)) for share in keep)
    text = "\n".join([*lines[:first], *lines[second:]])
    for damage in damages:
        text = KINDS[damage.kind](text, int(damage.at * len(text)), damage)
    return text[:200_000].encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace")


def misplaced(catalog: Catalog) -> list[Diagnostic]:
    """The diagnostics that say nothing, or point to a place that is not there."""
    return [one for one in catalog.diagnostics if not (one.zh and one.en and _inside(one, catalog))]


def _inside(one: Diagnostic, catalog: Catalog) -> bool:
    source, span = catalog.sources.get(one.span.file), one.span
    lines = source.lines if source is not None else ("",) * span.end_line
    if not 1 <= span.line <= span.end_line <= len(lines) or (span.line, span.column) > (span.end_line, span.end_column):
        return False
    if source is None:
        return span.column >= 1
    # the place just after a line is where something is missing; it is shown as one column
    return 1 <= span.column <= len(lines[span.line - 1]) + 1 and 1 <= span.end_column <= len(lines[span.end_line - 1]) + 2


def work_of(run: Callable[[], Any]) -> int:
    """The calls of functions, in Python and in C, that something takes."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(before)
    return calls


def allowed(data: bytes) -> int:
    """Linear in the size; a text of shortest steps takes some 150 calls a byte."""
    return 200_000 + 400 * len(data)


SHARES = st.floats(min_value=0, max_value=1, width=32)
DAMAGES = st.builds(Damage, st.sampled_from(sorted(KINDS)), SHARES, st.integers(1, 12), st.integers(0, 10_000))
FILES = st.builds(
    damaged, st.integers(0, len(TEXTS) - 1), st.one_of(st.just((1.0, 1.0)), st.tuples(SHARES, SHARES)), st.lists(DAMAGES, min_size=1, max_size=6),
    st.sampled_from((*("utf-8",) * 12, *ENCODINGS)),
)  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged") / "x.yaml"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(data=FILES)
def test_a_damaged_file_is_reported_and_nothing_else(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    found: list[Catalog] = []
    assert work_of(lambda: found.append(check([file]))) <= allowed(data)
    assert misplaced(found[0]) == []


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_at_all(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    assert misplaced(check([file])) == []


HOSTILE = {
    "nothing": b"",
    "brackets": b"process: a\ntitle: " + b"[" * 100_000,
    "braces": b"{a: " * 30_000,
    "dashes": b"- " * 100_000,
    "indentation": b"".join(b" " * n + b"a:\n" for n in range(1000)),
    "aliases": b"a: &a [x,x,x]\n" + b"".join(b"%c: &%c [*%c,*%c,*%c]\n" % (n, n, n - 1, n - 1, n - 1) for n in range(98, 122)),
    "a long line": b"process: a\ntitle: " + b"x" * 1_200_000,
    "a long word": b"process: " + b"a" * 150_000 + b"\ntitle: x\nsteps: [{end: done}]\n",
    "a long condition": b"process: a\ntitle: x\nsteps:\n  - {do: b, by: c, only_when: '" + b"(" * 9_000 + b"'}\n  - {end: d}\n",
    "commas": b"process: a\ntitle: [" + b"," * 300_000 + b"]\n",
    "full-width commas": b"steps: [" + "，".encode() * 50_000 + b"]\n",
    "quotes": b"title: '" * 20_000,
    "colons": b"a:" * 100_000,
    "keys": b"".join(b"k%d: 1\n" % n for n in range(2_000)),
    "steps": b"process: a\ntitle: b\nsteps:\n" + b"".join(b"  - {do: s%d, by: r}\n" % n for n in range(3_000)),
    "a race of nobody": b"process: a\ntitle: b\nsteps:\n  - {together: c, until: first, steps: }\n  - {end: d}\n",
    "one key again": b"a: 1\n" * 20_000,
    "GBK": TEXTS[0].encode("gb18030"),
    "UTF-16": TEXTS[0].encode("utf-16"),
    "UTF-16 without a mark": TEXTS[0].encode("utf-16-be"),
    "NUL": b"process: a\n\0title: b\n",
    "a cut character": TEXTS[0].encode()[:101] + b"\xe5",
    "surrogates": "process: \ud800\n".encode("utf-8", "surrogatepass"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files(name: str, file: Path) -> None:
    file.write_bytes(HOSTILE[name])
    catalog = check([file])
    assert catalog.failed
    assert misplaced(catalog) == []
