"""The processes of the manual and the manual itself: every article is accounted for, every element says where it comes from."""

from __future__ import annotations

import re
from pathlib import Path

from oyiflow import check
from oyiflow.words.trace import trace

CATALOG = check([Path(__file__).parents[2] / "processes"])
assert CATALOG.manual is not None
TRACE = trace(CATALOG.manual, CATALOG.definitions.values())


def test_the_files_are_without_mistakes() -> None:
    assert CATALOG.diagnostics == []


def test_every_article_is_carried_missing_or_explained() -> None:
    assert TRACE.of("open") == ()
    assert all(row.article.reason.zh and row.article.reason.en for row in TRACE.of("text"))
    assert all(not row.article.by_text for row in TRACE.of("carried")), "an article that is carried needs no excuse"


def test_an_article_is_not_carried_by_the_head_of_a_process_alone() -> None:
    heads = [row.article for row in TRACE.of("carried") if all(one.kind == "process" for one in row.carriers)]
    assert [article.id for article in heads if article.key not in TRACE.manual.parts] == []


def test_every_element_has_a_source_or_is_inferred() -> None:
    assert TRACE.unsourced == ()
    assert TRACE.unknown == ()


def test_every_process_says_which_articles_it_comes_from() -> None:
    assert [one.process for one in TRACE.elements if one.kind == "process" and not TRACE.manual.cited(one.origin.source)] == []


def test_the_articles_of_the_first_rules_are_all_there_and_one_is_missing() -> None:
    numbers = [int(found[1]) for row in TRACE.rows if (found := re.fullmatch(r"第(\d+)条", row.article.id))]
    assert numbers == list(range(1, 22))
    assert [row.article.id for row in TRACE.of("missing")] == ["第19条"]


def test_every_article_has_words_in_both_languages() -> None:
    assert [row.article.id for row in TRACE.rows if not (row.article.title.zh and row.article.title.en)] == []
