"""`oyiflow test`: plays the examples of every process, says what they cover, and writes JUnit XML for a build server.

A line per example, ✓ or ✗; under a failed one the place in its file, as `oyiflow check` shows it. Files with errors are
not played; that is a failure too. Coverage is told and never a reason to fail.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from oyiflow.checking import load_company
from oyiflow.cli.console import Console
from oyiflow.cli.files import write
from oyiflow.diagnostics import Diagnostic, Severity, Source
from oyiflow.load.catalog import Catalog
from oyiflow.model.company import Company
from oyiflow.model.definition import Definition
from oyiflow.rendering import render_text
from oyiflow.testing.coverage import TITLES, Coverage, coverage_of
from oyiflow.testing.examples import Played, catalog_of, play

SHOWN = 12
"""Items not covered that are named in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """One process, played. `seconds`: how long each example took."""

    definition: Definition
    played: tuple[Played, ...]
    seconds: tuple[float, ...]
    coverage: Coverage

    @property
    def failed(self) -> tuple[Played, ...]:
        return tuple(one for one in self.played if not one.passed)


def test(arguments: argparse.Namespace, console: Console) -> int:
    """Play the examples in files and folders; 1 if one fails or a file has errors."""
    company = load_company(arguments.company) if arguments.company else None
    catalog, others = catalog_of(arguments.paths, lambda path: console.progress(f"… {path}"))
    results = []
    _errors(catalog, console)
    for definition in catalog.definitions.values():
        results.append(_played(definition, others, company, console))
        _report(results[-1], catalog.sources, console)
    if arguments.junit:
        write(Path(arguments.junit), junit(catalog, results))
    _sum_up(catalog, results, console)
    return 1 if catalog.failed or any(result.failed for result in results) else 0


def _played(definition: Definition, others: Mapping[str, Definition], company: Company | None, console: Console) -> _Result:
    played, seconds = [], []
    for number, example in enumerate(definition.examples, 1):
        console.progress(f"… {definition.name} {number}/{len(definition.examples)} {example.name}")
        began = time.perf_counter()
        played.append(play(definition, example, others=others.values(), company=company))
        seconds.append(time.perf_counter() - began)
    console.progress_done()
    coverage = coverage_of(definition, played, others.values())
    return _Result(definition=definition, played=tuple(played), seconds=tuple(seconds), coverage=coverage)


# --- for people


def _errors(catalog: Catalog, console: Console) -> None:
    """Files that cannot be played."""
    console.progress_done()
    found = _bad(catalog)
    if found and not console.as_json:
        print(render_text(found, catalog.sources, color=sys.stdout.isatty(), lang=console.lang))


def _bad(catalog: Catalog) -> list[Diagnostic]:
    return [one for one in catalog.diagnostics if one.severity is Severity.ERROR]


def _report(result: _Result, sources: Mapping[str, Source], console: Console) -> None:
    if console.as_json:
        return
    console.say(f"{result.definition.name}  {console.text(result.definition.title)}")
    for played in result.played:
        console.say(f"  {'✓' if played.passed else '✗'} {played.example.name}")
        if played.diagnostic is not None:
            text = render_text([played.diagnostic], sources, color=sys.stdout.isatty(), lang=console.lang)
            print("".join(f"    {line}\n" for line in text.splitlines()[:-1]), end="")
    if not result.played:
        console.say(f"  {console.word('没有案例', 'no examples')}")
        return
    coverage = result.coverage
    parts = [f"{TITLES[kind].of(console.lang)} {hit}/{every}" for kind, (hit, every) in coverage.counts().items()]
    console.say(f"  {console.word('覆盖', 'covered')} {coverage.percent}%: " + (" · ".join(parts)))
    names = [f"{item.name} ({TITLES[item.kind].of(console.lang)})" for item in coverage.missing]
    if names:
        more = "" if len(names) <= SHOWN else f" … +{len(names) - SHOWN}"
        console.say(f"    {console.word('没有走到', 'left out')}: " + ", ".join(names[:SHOWN]) + more)


def _sum_up(catalog: Catalog, results: list[_Result], console: Console) -> None:
    failed = sum(len(result.failed) for result in results)
    passed = sum(len(result.played) for result in results) - failed
    if console.as_json:
        console.json(
            {
                "passed": passed,
                "failed": failed,
                "errors": [_told(one) for one in _bad(catalog)],
                "processes": [*map(_data, results)],
            }
        )
    else:
        console.say(f"{passed} 个案例通过，{failed} 个失败。", f"{passed} examples passed, {failed} failed.")


# --- for programs


def _data(result: _Result) -> dict[str, Any]:
    coverage = result.coverage
    return {
        "process": result.definition.name,
        "examples": [
            {
                "name": one.example.name,
                "passed": one.passed,
                "diagnostic": _told(one.diagnostic) if one.diagnostic is not None else None,
            }
            for one in result.played
        ],
        "coverage": {
            "percent": coverage.percent,
            "counts": {kind: {"covered": hit, "of": every} for kind, (hit, every) in coverage.counts().items()},
            "missing": [{"kind": item.kind, "name": item.name, "line": item.span.line} for item in coverage.missing],
        },
    }


def _told(one: Diagnostic) -> dict[str, Any]:
    return {
        "code": one.code, "file": one.span.file, "line": one.span.line, "column": one.span.column,
        "message_zh": one.zh, "message_en": one.en, "fix": f"{one.fix.zh} ({one.fix.en})" if one.fix is not None else None,
    }  # fmt: skip


def junit(catalog: Catalog, results: list[_Result]) -> str:
    """JUnit's XML: a suite per process, a case per example, an error per mistake of a file."""
    top = ElementTree.Element("testsuites", name="oyiflow")
    bad = _bad(catalog)
    if bad:
        suite = _suite(top, "check", {"tests": len(bad), "errors": len(bad)})
        for one in bad:
            case = ElementTree.SubElement(
                suite, "testcase", classname="check", name=_clean(f"{one.span.file}:{one.span.line} {one.code}")
            )
            _problem(case, "error", one, catalog.sources)
    for result in results:
        counts = {"tests": len(result.played), "failures": len(result.failed)}
        suite = _suite(top, result.definition.name, counts, sum(result.seconds))
        for played, seconds in zip(result.played, result.seconds, strict=True):
            attributes = {
                "classname": _clean(result.definition.name),
                "name": _clean(played.example.name),
                "time": f"{seconds:.3f}",
            }
            case = ElementTree.SubElement(suite, "testcase", attributes)
            if played.diagnostic is not None:
                _problem(case, "failure", played.diagnostic, catalog.sources)
    ElementTree.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(top, encoding="unicode") + "\n"


def _suite(top: ElementTree.Element, name: str, counts: Mapping[str, int], seconds: float = 0) -> ElementTree.Element:
    every = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0, **counts}
    return ElementTree.SubElement(
        top, "testsuite", {"name": _clean(name), **{key: str(n) for key, n in every.items()}, "time": f"{seconds:.3f}"}
    )


def _problem(case: ElementTree.Element, tag: str, one: Diagnostic, sources: Mapping[str, Source]) -> None:
    problem = ElementTree.SubElement(case, tag, type=one.code, message=_clean(f"{one.zh} ({one.en})"))
    problem.text = _clean(render_text([one], sources))


def _clean(text: str) -> str:
    """Characters that XML 1.0 does not have are left out."""
    return "".join(c for c in text if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff")
