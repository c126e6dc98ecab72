"""Manuals and lists of changes, text beside text in tests/golden/words.

After a change that is meant: OYIFLOW_UPDATE=1 python -m pytest tests/unit/words/test_golden.py, and read the difference.
Digests are left out, so that the texts change when the words do.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from oyiflow import Definition, load
from oyiflow.words import GROUPS, differences, explain

GOLDEN = Path(__file__).parents[2] / "golden" / "words"
UPDATE = bool(os.environ.get("OYIFLOW_UPDATE"))


def compare(name: str, text: str) -> None:
    path = GOLDEN / name
    if UPDATE:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, (
        f"{name} reads otherwise now; see how to write it anew at the top of this test"
    )


def sample(name: str) -> Definition:
    return load(GOLDEN / f"{name}.yaml")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", ["order", "machine"])
def test_a_manual_reads_as_it_did(name: str, lang: str) -> None:
    definition = sample(name)
    text = explain(definition, lang)
    assert definition.digest in text
    compare(f"{name}.{lang}.md", text.replace(definition.digest, "…"))


def test_both_languages_are_the_two_manuals_one_after_the_other() -> None:
    definition = sample("order")
    assert explain(definition, "both") == explain(definition, "zh") + "\n---\n\n" + explain(definition, "en")


@pytest.mark.parametrize(("old", "new"), [("order", "order.new"), ("order.new", "order"), ("machine", "machine.new")])
def test_changes_read_as_they_did(old: str, new: str) -> None:
    changes = differences(sample(old), sample(new))
    lines = [f"{GROUPS[c.group].en} {c.kind} [{c.subject}] {c.aspect}\n  {c.sentence.zh}\n  {c.sentence.en}\n" for c in changes]
    compare(f"{old}-to-{new}.txt", "\n".join(lines))
