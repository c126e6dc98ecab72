"""SARIF 2.1.0 and GitHub's workflow commands: their structure, places and words."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from oyiflow.checking import check
from oyiflow.diagnostics import Diagnostic, Fix, Severity, Span
from oyiflow.sarif import NAMES, render_github, render_sarif

ROOT = Path(__file__).parents[2]
REGION = {
    "type": "object",
    "required": ["startLine", "startColumn", "endLine", "endColumn"],
    "properties": {name: {"type": "integer", "minimum": 1} for name in ("startLine", "startColumn", "endLine", "endColumn")},
    "additionalProperties": False,
}
MESSAGE = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
}
ARTIFACT = {
    "type": "object",
    "required": ["uri"],
    "properties": {"uri": {"type": "string", "pattern": r"^[!-~]+$"}},
    "additionalProperties": False,
}
PLACE = {
    "type": "object",
    "required": ["physicalLocation"],
    "properties": {
        "id": {"type": "integer", "minimum": 0},
        "message": MESSAGE,
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation", "region"],
            "properties": {"artifactLocation": ARTIFACT, "region": REGION},
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
RULE = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "pattern": r"^OF\d{3}$"},
        "shortDescription": MESSAGE,
        "help": MESSAGE,
        "defaultConfiguration": {
            "type": "object",
            "required": ["level"],
            "properties": {"level": LEVEL},
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
FIX = {
    "type": "object",
    "required": ["artifactChanges"],
    "properties": {
        "description": MESSAGE,
        "artifactChanges": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["artifactLocation", "replacements"],
                "properties": {
                    "artifactLocation": ARTIFACT,
                    "replacements": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "required": ["deletedRegion"],
                            "properties": {
                                "deletedRegion": REGION,
                                "insertedContent": {"type": "object", "required": ["text"]},
                            },
                            "additionalProperties": False,
                        },
                    },
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
RESULT = {
    "type": "object",
    "required": ["message", "ruleId", "ruleIndex", "locations"],
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": MESSAGE,
        "locations": {"type": "array", "items": PLACE, "minItems": 1},
        "relatedLocations": {"type": "array", "items": PLACE},
        "fixes": {"type": "array", "items": FIX},
    },
    "additionalProperties": False,
}
LOG = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results", "columnKind"],
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name", "rules"],
                                "properties": {
                                    "name": {"const": "oyiflow"},
                                    "version": {"type": "string"},
                                    "rules": {"type": "array", "items": RULE},
                                },
                                "additionalProperties": False,
                            }
                        },
                    },
                    "columnKind": {"const": "unicodeCodePoints"},
                    "results": {"type": "array", "items": RESULT},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
"""The part of the SARIF 2.1.0 schema that is used here, closed: nothing else may stand in the output."""

WRONG = "process: a\ntitle：b\ntitle: c\nroles: {r: R}\nsteps:\n  - {do: s, by: r, then: don}\n  - {end: done, title: 'x'}\n"


def log_of(diagnostics: list[Diagnostic], **more: Any) -> Any:
    log = json.loads(render_sarif(diagnostics, "1.2", **more))
    Draft202012Validator(LOG).validate(log)
    return log["runs"][0]


@pytest.fixture
def found(tmp_path: Path) -> list[Diagnostic]:
    path = tmp_path / "出差 1.yaml"
    path.write_text(WRONG, encoding="utf-8")
    return check([path]).diagnostics


def test_the_structure(found: list[Diagnostic]) -> None:
    run = log_of(found)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({one.code for one in found})
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert len(run["results"]) == len(found) >= 3
    assert all(rule["id"] in rule["help"]["text"] for rule in rules)


def test_places_remedies_and_related_places(found: list[Diagnostic]) -> None:
    run = log_of(found, lang="en")
    colon = next(result for result in run["results"] if result["ruleId"] == "OF001")
    assert colon["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 2,
        "startColumn": 6,
        "endLine": 2,
        "endColumn": 7,
    }
    assert colon["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith("%E5%87%BA%E5%B7%AE%201.yaml")
    assert colon["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"] == ": "
    twice = next(result for result in run["results"] if result["ruleId"] == "OF006")
    assert twice["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] == 2
    assert "全角" not in json.dumps(run, ensure_ascii=False)


def test_nothing_found_is_a_run_without_results() -> None:
    run = log_of([])
    assert run["results"] == []


def test_github() -> None:
    span = Span(file="a,b.yaml", line=2, column=3, end_line=2, end_column=5)
    one = Diagnostic(
        code="OF201", severity=Severity.WARNING, span=span, zh="甲", en="100% wrong: x", fix=Fix(zh="乙", en="mend")
    )
    assert (
        render_github([one], lang="en")
        == "::warning file=a%2Cb.yaml,line=2,endLine=2,col=3,title=OF201,endColumn=4::100%25 wrong: x — mend\n"
    )
    assert render_github([], lang="en") == ""


@pytest.mark.parametrize(("document", "number"), [("checks.zh-CN.md", 0), ("checks.md", 1)])
def test_names_are_the_headings_of_the_document(document: str, number: int) -> None:
    headings = dict(re.findall(r"^### (OF\d{3}) (.*)$", (ROOT / "docs" / document).read_text(encoding="utf-8"), re.MULTILINE))
    assert {code: names[number] for code, names in NAMES.items()} == headings
