"""The canonical layout of any file: the same definition, the same comments, and nothing left to do.

Files are the shipped processes and generated ones, with their layout disturbed: room added and taken, lines broken inside
brackets, keys moved, comments and blank lines put anywhere, other indentation, quotes around words.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oyiflow.diagnostics import Severity, Source
from oyiflow.fixing import found_in, laid_out
from oyiflow.load.files.company import read_company
from oyiflow.load.layout.comments import Comments
from oyiflow.load.reader import read_definition
from oyiflow.load.text import nodes

ROOT = Path(__file__).parents[2]
SHIPPED = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "processes").glob("*.yaml"))]
SHIPPED += [path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples").glob("**/*.yaml"))]
FIELDS = ("金额", "days", "why")
GUARDS = ("days > 3", "金额 ＞ 5000", "（days ＞ 1） 且 金额 已填写", "why in [“a”，“b”]", "'why == \"x\"'", "not (days <= 2)")


def generated(seed: int) -> str:
    """A process of random steps in random style."""
    chance = random.Random(seed)
    lines = ["process: p", "title: {zh: 甲, en: 'A: b'}", "roles: {one: One, two: {title: '二', alias: [zwei]}}", "form:"]
    lines += [
        "  金额: {type: money, required: true}",
        "  days: {required: true, type: int}",
        "  why: {type: text, required: true}",
        "steps:",
    ]
    lines.append("  - {do: begin, by: one, fill: [金额, days, why]}")
    for number in range(chance.randrange(1, 8)):
        lines += _step(chance, f"s{number}", "  ")
    return "\n".join(
        [*lines, "  - {end: done}", "rules:", "  - {different_people: [begin, last], say: Never alone}", ""]
    ).replace("  - {end: done}", "  - {approve: last, by: two, rejected: begin}\n  - {end: done}")


def _step(chance: random.Random, name: str, indent: str) -> list[str]:
    entries = [f"do: {name}", f"by: {chance.choice(['one', '[one, two]', 'two'])}"]
    entries += chance.sample(
        [
            "title: '名 称'",
            'source: "3.2"',
            f"only_when: {chance.choice(GUARDS)}",
            "fill: why",
            "within: 2 days",
            "makes: 报告",
        ],
        chance.randrange(4),
    )
    if any("[“a”，" in entry or entry.startswith("only_when: '") for entry in entries):
        entries = [f"only_when: {chance.choice(GUARDS[:2])}" if entry.startswith("only_when") else entry for entry in entries]
    chance.shuffle(entries)
    if chance.random() < 0.6:
        return [f"{indent}- {{{', '.join(entries)}}}"]
    return [f"{indent}- {entries[0]}", *(f"{indent}  {entry}" for entry in entries[1:])]


def disturbed(text: str, seed: int) -> str:
    """The same file, written by somebody in a hurry."""
    chance = random.Random(seed)
    lines: list[str] = []
    for line in text.split("\n"):
        if chance.random() < 0.1:
            lines.append(chance.choice(["", " " * chance.randrange(9) + "# 注 note", "", "   "]))
        lines.append(_roomy(line, chance))
    text = "\n".join(lines)
    if chance.random() < 0.3:
        text = re.sub(r"^( +)", lambda found: found.group() * 2, text, flags=re.MULTILINE)
    return text.replace("\n", "\r\n") if chance.random() < 0.1 else text


def _roomy(line: str, chance: random.Random) -> str:
    code = line.partition(" #")[0]
    plain = not set(code) & set("'\"|>“")
    if plain and chance.random() < 0.2 and ", " in code and code.lstrip().startswith("- {"):
        at = chance.choice([found.start() for found in re.finditer(", ", code)])
        return f"{line[: at + 1]}\n{' ' * chance.randrange(8, 30)}{line[at + 2 :]}"
    if plain and chance.random() < 0.2:
        return code.replace(", ", ",   ", 1).replace("{", "{  ", 1) + line[len(code) :]
    if chance.random() < 0.05 and line.endswith("}"):
        return f"{line} # tail"
    return line


SOURCES = st.builds(
    lambda seed, which, noise: disturbed(SHIPPED[which] if which < len(SHIPPED) else generated(seed), noise),
    st.integers(0, 10**6), st.integers(0, len(SHIPPED) + 8), st.integers(0, 10**6),
)  # fmt: skip


def comments_of(text: str) -> list[str]:
    source = Source(name="x", text=text)
    root, _ = nodes.read(source)
    assert root is not None
    return Comments(source, root).all()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=SOURCES)
def test_the_layout_changes_no_meaning_and_is_done_at_once(text: str) -> None:
    source = Source(name="x", text=text)
    if any(one.severity is Severity.ERROR for one in found_in(source)):
        return  # a blank line or a comment in the wrong place may break a folded text
    laid = laid_out(source)
    assert not laid.errors
    if laid.text is None:
        return
    after = Source(name="x", text=laid.text)
    assert read_definition(after)[0] == read_definition(source)[0]
    assert read_company(after)[0] == read_company(source)[0]
    assert comments_of(laid.text) == comments_of(text)
    assert laid_out(after).text == laid.text
    assert all(len(line) == len(line.rstrip(" \t")) for line in after.lines)


def test_most_files_are_known() -> None:
    """The property would hold if nothing were ever laid out; nearly everything is."""
    texts = [disturbed(generated(seed), seed) for seed in range(60)]
    readable = [
        text for text in texts if not any(one.severity is Severity.ERROR for one in found_in(Source(name="x", text=text)))
    ]
    known = [text for text in readable if laid_out(Source(name="x", text=text)).text is not None]
    assert len(readable) >= 36
    assert len(known) >= 0.9 * len(readable)
