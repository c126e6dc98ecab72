"""`oyiflow prove`: every rule with its verdict; and the charts on which traces are shown (`--draw`).

A proved rule comes with what it was taken to mean and what the proof assumes; a broken one with its story and the same as an
entry for `examples:`. What is not decided says how far the search came. Exit code 1: some rule is broken.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from oyiflow.checking import check
from oyiflow.cli.console import Console
from oyiflow.cli.files import drawn, write
from oyiflow.diagnostics import Diagnostic, Trace
from oyiflow.diagram.of_definition import highlight_of
from oyiflow.errors import OyiFlowError
from oyiflow.load.catalog import Catalog
from oyiflow.model.definition import Definition, Text
from oyiflow.rendering import escaped, render_text
from oyiflow.verify import MISSHAPEN
from oyiflow.verify.rules import OUTCOMES, Verdict
from oyiflow.verify.rules import prove as verdicts_of
from oyiflow.verify.rules.findings import trace_of
from oyiflow.words.story import tell

_SIGNS = {"proved": "✓", "refuted": "✗", "undecided": "?", "runtime": "·", "words": "·"}


def prove(arguments: argparse.Namespace, console: Console) -> int:
    """Print the verdict on every rule of these files; 1 if one is broken, or not decided with --strict."""
    catalog = check(arguments.paths, lambda path: console.progress(f"… {path}"))
    console.progress_done()
    errors = _unreadable(catalog)
    if errors and not console.as_json:
        print(render_text(errors, catalog.sources, lang=console.lang), end="")
    found: list[tuple[Definition, list[Verdict]]] = []
    for definition in _sound(catalog):
        console.progress(f"… {definition.name}")
        found.append((definition, verdicts_of(definition, arguments.limit)))
        console.progress_done()
        if not console.as_json:
            _print(*found[-1], console, arguments.rules)
    counts = Counter(verdict.outcome for _, verdicts in found for verdict in verdicts)
    if arguments.draw:
        traces = [
            (d, trace_of(d, v.broken.way, v.broken.example, tell), f"rule-{v.number}")
            for d, all_ in found
            for v in all_
            if v.broken
        ]
        draw_traces(traces, Path(arguments.draw), console)
    if console.as_json:
        console.json({"counts": {name: counts[name] for name in OUTCOMES}, "processes": [_data(*one) for one in found]})
    else:
        _count(counts, console)
    bad = counts["refuted"] + (counts["undecided"] if arguments.strict else 0)
    return 1 if bad or errors else 0


def _count(counts: Mapping[Any, int], console: Console) -> None:
    shown = [f"{counts[name]} {console.text(word)}" for name, word in OUTCOMES.items() if counts[name]]
    if shown:
        console.say("，".join(shown) + "。" if console.lang == "zh" else ", ".join(shown) + ".")
    else:
        console.say("没有可证明的规则。", "There is no rule to prove.")


def _unreadable(catalog: Catalog) -> list[Diagnostic]:
    """What keeps some file from being looked at: mistakes of files that are no definitions, or of misshapen ones."""
    read = {definition.span.file for definition in catalog.definitions.values()}
    return [d for d in catalog.diagnostics if d.severity == "error" and (d.span.file not in read or d.code in MISSHAPEN)]


def _sound(catalog: Catalog) -> list[Definition]:
    bad = {one.span.file for one in catalog.diagnostics if one.code in MISSHAPEN}
    return [definition for definition in catalog.definitions.values() if definition.rules and definition.span.file not in bad]


# --- for people


def _print(definition: Definition, verdicts: list[Verdict], console: Console, every: bool) -> None:
    console.say(f"{definition.name}  {console.text(definition.title)}")
    for verdict in verdicts:
        _print_rule(definition, verdict, console, every)
    assumed = dict.fromkeys(text for verdict in verdicts for text in verdict.assumes)
    if assumed:
        console.say(f"  {console.word('证明所依的假设:', 'what these proofs assume:')}")
    for text in assumed:
        console.say(f"    - {console.word(text.zh, f'({text.en})' if console.lang == 'both' else text.en)}")


def _print_rule(definition: Definition, verdict: Verdict, console: Console, every: bool) -> None:
    said = console.text(verdict.rule.say) or verdict.rule.form
    console.say(f"  {_SIGNS[verdict.outcome]} {verdict.number}. {console.text(OUTCOMES[verdict.outcome])}: {said}")
    if every or verdict.outcome != "proved":
        _line(console, verdict.means, "即: ", "that is: ")
    if verdict.why is not None and verdict.outcome != "words":
        _line(console, verdict.why)
    if verdict.vacuous is not None:
        _line(console, verdict.vacuous, "从不起作用: ", "never applies: ")
    broken = verdict.broken
    if broken is not None:
        _line(console, broken.told)
        trace = trace_of(definition, broken.way, broken.example, tell)
        for number, (_, zh, en) in enumerate(trace.steps, 1):
            _line(console, Text(zh=f"{number}. {zh}", en=f"{number}. {en}"), pad="        ")
        _line(console, broken.remedy, "改法: ", "fix: ")
        console.say(f"      {console.word('写成案例（粘到 examples: 下）:', 'as an example (paste it under examples:):')}")
        for line in trace.example.splitlines():
            print(escaped(f"    {line}"))


def _line(console: Console, text: Text, zh: str = "", en: str = "", pad: str = "      ") -> None:
    if console.lang != "en":
        console.say(f"{pad}{zh}{text.zh}")
    if console.lang != "zh":
        console.say(f"{pad}{'  ' if console.lang == 'both' else ''}{en}{text.en}")


# --- for programs


def _data(definition: Definition, verdicts: list[Verdict]) -> dict[str, Any]:
    return {"process": definition.name, "rules": [_rule(definition, verdict) for verdict in verdicts]}


def _rule(definition: Definition, verdict: Verdict) -> dict[str, Any]:
    rule, broken = verdict.rule, verdict.broken
    found: dict[str, Any] = {
        "number": verdict.number, "form": rule.form, "steps": list(rule.steps), "must": list(rule.must),
        "say_zh": rule.say.of("zh"), "say_en": rule.say.of("en"), "source": rule.origin.source,
        "file": rule.span.file, "line": rule.span.line,
        "verdict": verdict.outcome, "means_zh": verdict.means.zh, "means_en": verdict.means.en, "looked_at": verdict.looked_at,
        "why": _text(verdict.why), "vacuous": _text(verdict.vacuous), "assumes": [_text(text) for text in verdict.assumes],
    }  # fmt: skip
    if broken is not None:
        trace = trace_of(definition, broken.way, broken.example, tell)
        found |= {
            "reason": broken.reason, "told_zh": broken.told.zh, "told_en": broken.told.en,
            "remedy_zh": broken.remedy.zh, "remedy_en": broken.remedy.en, "example": trace.example,
            "trace": [
                {"kind": one.kind, "step": one.step, "outcome": one.outcome, "event": one.event, "line": span.line, "zh": zh, "en": en,
                 "values": dict(one.values)} for one, (span, zh, en) in zip(broken.way, trace.steps, strict=True)
            ],
        }  # fmt: skip
    return found


def _text(text: Text | None) -> dict[str, str] | None:
    return {"zh": text.zh, "en": text.en} if text is not None else None


# --- charts


def draw_findings(catalog: Catalog, folder: Path, console: Console) -> None:
    """A chart for each mistake that has a trace, with the way marked."""
    traces = []
    for number, one in enumerate((d for d in catalog.diagnostics if d.trace is not None), 1):
        assert one.trace is not None
        definition = catalog.definitions.get(one.trace.process)
        if definition is not None:
            traces.append((definition, one.trace, f"{one.code}-{number}"))
    draw_traces(traces, folder, console)


def draw_traces(traces: Iterable[tuple[Definition, Trace, str]], folder: Path, console: Console) -> None:
    """Write `PROCESS-NAME.svg` for each."""
    if folder.exists() and not folder.is_dir():
        raise OyiFlowError(f"{folder} 不是文件夹", f"{folder} is no folder")
    for definition, trace, name in traces:
        highlight = highlight_of(definition, trace.configuration, trace.passed)
        path = folder / f"{definition.name}-{name}.svg"
        write(path, drawn(definition, "TB", console.lang, highlight))
        if not console.as_json:
            print(console.word(f"已写 {path}", f"written {path}"), file=sys.stderr)
