"""`oyiflow draw`: the chart of a process as SVG, PNG, PDF or words, on its own or on paper, with what is to be marked on it.

The ending of the output file decides the format. Everything comes from one scene, so the formats never differ; what a
format needs (the font, resvg) is loaded only when it is asked for.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from oyiflow.checking import load
from oyiflow.cli.console import Console
from oyiflow.cli.expanding import called
from oyiflow.cli.figures import report
from oyiflow.cli.files import path_of, today, write
from oyiflow.cli.marking import marked
from oyiflow.cli.opening import open_engine
from oyiflow.diagram import Chart, Drawing, Highlight, layout
from oyiflow.diagram.chart import Direction
from oyiflow.diagram.drawing import Page
from oyiflow.diagram.of_definition import chart_of
from oyiflow.diagram.outline import outline_text
from oyiflow.diagram.pages import pages
from oyiflow.diagram.paper import Colophon, Style, articles_of, sheets, with_legend
from oyiflow.diagram.relabel import relabelled, roomy
from oyiflow.diagram.scene import THEMES, Scene, paint
from oyiflow.diagram.scene.words import Lang, said
from oyiflow.diagram.svg import TextMode, written
from oyiflow.errors import OyiFlowError
from oyiflow.model.definition import Definition

ENDINGS: Final = {".svg": "svg", ".png": "png", ".pdf": "pdf", ".txt": "outline"}
FORMATS: Final = tuple(ENDINGS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """What is drawn."""

    definition: Definition
    chart: Chart
    wide: Chart | None
    """The chart with room for both languages, if its places are to be used."""
    highlight: Highlight
    lang: Lang
    direction: Direction


def draw(arguments: argparse.Namespace, console: Console) -> int:
    """Write the chart of a process."""
    target = _target(arguments)
    form = arguments.format or ENDINGS.get(Path(target).suffix.lower(), "")
    if not form and target != "-" and Path(target).suffix:
        console.failure(_unknown(target))
        return 2
    form = form or "svg"
    job = _job(arguments, console)
    if form == "outline":
        files = _save(target, [outline_text(job.chart, highlight=job.highlight, lang=job.lang)])
        return _told(console, files, len(job.chart.nodes), (), arguments)
    jobs = [job, *_expanded(arguments, job)]
    if arguments.report:
        return report([drawing for one in jobs for drawing in _drawings(arguments, one)], console)
    made = [_scenes(arguments, one, form) for one in jobs]
    scenes, steps = [scene for some, _ in made for scene in some], sum(count for _, count in made)
    outputs, missing = _outputs(arguments, scenes, form)
    return _told(console, _save(target, outputs), steps, missing, arguments)


def _expanded(arguments: argparse.Namespace, job: _Job) -> list[_Job]:
    """The processes that are called, if their charts are asked for."""
    if not arguments.expand:
        return []
    return [
        replace(job, definition=one, chart=chart_of(one, job.lang), wide=None, highlight=Highlight())
        for one in called(arguments.file, job.definition)
    ]


def _drawings(arguments: argparse.Namespace, job: _Job) -> list[Drawing]:
    """What is measured: the pages if paper was asked for, else the whole chart."""
    if not arguments.paper:
        return [_laid_out(job)]
    return [page.drawing for page in _paged(arguments, job)]


def _target(arguments: argparse.Namespace) -> str:
    if arguments.output:
        return str(arguments.output)
    ending = next(ending for ending, form in ENDINGS.items() if form == (arguments.format or "svg"))
    return f"{arguments.instance}{ending}" if arguments.instance else str(Path(arguments.file).with_suffix(ending))


def _unknown(target: str) -> OyiFlowError:
    known = " ".join(ENDINGS)
    return OyiFlowError(
        f"{target}: 不知道要写成什么格式；文件名以 {known} 结尾，或用 --format 指明",
        f"{target}: which format? end the name in {known}, or say it with --format",
    )


def _job(arguments: argparse.Namespace, console: Console) -> _Job:
    lang: Lang = console.lang
    direction: Direction = "LR" if arguments.direction == "LR" else "TB"
    if arguments.instance:
        with open_engine(arguments) as engine:
            definition, run = engine.definition_of(arguments.instance), path_of(engine, arguments.instance)
    else:
        definition, run = load(arguments.file), Highlight()
    chart, highlight = marked(arguments, definition, lang, run)
    wide = _roomy(arguments, definition, run) if arguments.same_layout else None
    return _Job(definition=definition, chart=chart, wide=wide, highlight=highlight, lang=lang, direction=direction)


def _roomy(arguments: argparse.Namespace, definition: Definition, run: Highlight) -> Chart:
    """A chart with room for either language."""
    both, *others = (marked(arguments, definition, lang, run)[0] for lang in ("both", "zh", "en"))
    return roomy(both, others)


def _laid_out(job: _Job) -> Drawing:
    drawing = layout(job.wide or job.chart, direction=job.direction)
    return relabelled(drawing, job.chart) if job.wide else drawing


def _paged(arguments: argparse.Namespace, job: _Job) -> tuple[Page, ...]:
    name = None if arguments.paper in (None, "auto") else arguments.paper
    made = pages(job.wide or job.chart, direction=job.direction, paper=name, lang=job.lang)
    return tuple(replace(page, drawing=relabelled(page.drawing, job.chart)) for page in made) if job.wide else made


# -- pictures


def _scenes(arguments: argparse.Namespace, job: _Job, form: str) -> tuple[Sequence[Scene], int]:
    """The picture, or the pages if paper was asked for (always for PDF), and how many steps are drawn."""
    theme = THEMES[arguments.theme]
    if form == "pdf" or arguments.paper:
        made = _paged(arguments, job)
        style = Style(theme=theme, lang=job.lang, legend=arguments.legend is not False, highlight=job.highlight)
        articles = articles_of(job.definition, job.lang) if _wants_articles(arguments, form) else ()
        colophon = _colophon(arguments, job)
        return sheets(made, colophon, style=style, articles=articles), sum(len(page.drawing.nodes) for page in made)
    drawing = _laid_out(job)
    scene = paint(drawing, highlight=job.highlight, theme=theme, lang=job.lang)
    if arguments.legend:
        scene = with_legend(scene, drawing, job.highlight, theme, job.lang)
    return [scene], len(drawing.nodes)


def _wants_articles(arguments: argparse.Namespace, form: str) -> bool:
    return bool(arguments.articles) if arguments.articles is not None else form == "pdf"


def _colophon(arguments: argparse.Namespace, job: _Job) -> Colophon:
    definition = job.definition
    version = said((f"第 {definition.version} 版", f"version {definition.version}"), job.lang)
    return Colophon(
        title=definition.title.of(job.lang),
        name=definition.name,
        version=f"{version}  {definition.digest[:8]}",
        date=_day(arguments.date),
        basis=definition.origin.source,
    )


def _day(asked: str | None) -> str:
    """The date of the title block: none unless it is asked for, so that the same file gives the same bytes tomorrow."""
    if not asked:
        return ""
    try:
        return (today() if asked == "today" else date.fromisoformat(asked)).isoformat()
    except ValueError:
        raise OyiFlowError(
            f"--date 要写成 2026-07-01 或 today，不是 {asked}", f"--date is written 2026-07-01 or today, not {asked}"
        ) from None


def _outputs(arguments: argparse.Namespace, scenes: Sequence[Scene], form: str) -> tuple[list[str | bytes], tuple[str, ...]]:
    """The files' contents, and the characters that the font lacks."""
    text: TextMode = arguments.text
    if form == "svg" and text == "stack":
        return [written(scene) for scene in scenes], ()
    from oyiflow.printing import FontLetters, missing, pdf, png

    lacking = missing(char for scene in scenes for chars in scene.letters().values() for char in chars)
    if form == "pdf":
        return [pdf(scenes)], lacking
    if form == "png":
        return [png(scene, scale=arguments.scale) for scene in scenes], lacking
    return [written(scene, text=text, letters=FontLetters()) for scene in scenes], lacking


# -- files


def _save(target: str, outputs: Sequence[str | bytes]) -> list[str]:
    """Write one file, or one for each page with its number in the name; answers their names."""
    if target == "-":
        _print(outputs)
        return []
    path = Path(target)
    names = [path] if len(outputs) == 1 else [path.with_stem(f"{path.stem}-{n}") for n in range(1, len(outputs) + 1)]
    for name, output in zip(names, outputs, strict=True):
        write(name, output)
    return [str(name) for name in names]


def _print(outputs: Sequence[str | bytes]) -> None:
    if len(outputs) > 1:
        raise OyiFlowError(
            f"分成 {len(outputs)} 页，不能写到标准输出；用 -o 文件名，或写成 PDF",
            f"these are {len(outputs)} pages, too many for standard output; name a file with -o, or make it a PDF",
        )
    for output in outputs:
        if isinstance(output, str):
            print(output, end="")
        else:
            sys.stdout.flush()
            sys.stdout.buffer.write(output)


def _told(
    console: Console, files: list[str], steps: int, missing: tuple[str, ...], arguments: argparse.Namespace
) -> int:  # fmt: skip
    if missing:
        from oyiflow.printing import named

        listed = "  ".join(map(named, missing))
        console.warn(
            f"随附的字体没有这些字，画成了空框: {listed}",
            f"the font that comes with it lacks these characters, drawn as empty boxes: {listed}",
        )
    if not files:
        return 0
    if console.as_json:
        found = {"file": files[0], "files": files, "steps": steps, "highlighted": arguments.instance or None}
        console.json(found | {"missing": list(missing)})
    console.say(f"已写 {'、'.join(files)}", f"written {', '.join(files)}")
    return 0
