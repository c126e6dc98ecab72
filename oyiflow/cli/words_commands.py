"""Commands that tell: `explain` prints the manual of a process or the section of a check, `diff` what changed between two versions,
`trace` which element of which process carries which article of the manual.

Exit codes of `diff` are those of the Unix command: 0 no difference, 1 differences, 2 a file could not be read.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from oyiflow.checking import around, check, load
from oyiflow.cli.console import Console
from oyiflow.cli.files import write
from oyiflow.errors import InvalidDefinition, OyiFlowError
from oyiflow.model.definition import Definition
from oyiflow.rendering import escaped
from oyiflow.words import GROUPS, Change, differences
from oyiflow.words import explain as explained
from oyiflow.words.trace import as_data, told
from oyiflow.words.trace import trace as traced

_PACKAGE = Path(__file__).parents[1]
DOCS = next(folder for folder in (_PACKAGE.parent / "docs", _PACKAGE / "pages") if (folder / "checks.md").is_file())
"""Where the pages of the checks lie: beside the package in a copy of the sources, else in it (`tools/pages.py` puts them there)."""
_CODE = re.compile(r"OF\d{3}", re.IGNORECASE)
_PAGES = {"zh": ("checks.zh-CN.md",), "en": ("checks.md",), "both": ("checks.zh-CN.md", "checks.md")}


def explain(arguments: argparse.Namespace, console: Console) -> int:
    """Print or write the manual of a process, or print the section of a check."""
    if _CODE.fullmatch(arguments.what) and not Path(arguments.what).exists():
        code = arguments.what.upper()
        _give(arguments, console, section(code, console.lang, DOCS), {"code": code})
        return 0
    definition = load(arguments.what)
    about = {"process": definition.name, "version": definition.version, "digest": definition.digest}
    _give(arguments, console, explained(definition, console.lang, around(arguments.what, definition)), about)
    return 0


def _give(arguments: argparse.Namespace, console: Console, text: str, about: dict[str, object]) -> None:
    target = arguments.output
    if target and target != "-":
        write(Path(target), text)
        if console.as_json:
            console.json({**about, "file": target})
        console.say(f"已写 {target}", f"written {target}")
    elif console.as_json:
        console.json({**about, "text": text})
    else:
        print(text, end="")


def section(code: str, lang: str, docs: Path) -> str:
    """What the documents say about a check. Raises when they are not there, or know no such code."""
    pages = [docs / name for name in _PAGES[lang]]
    if not all(page.is_file() for page in pages):
        names = "、".join(f"docs/{page.name}" for page in pages)
        raise OyiFlowError(
            f"这里没有文档，无法显示 {code}；请看 OyiFlow 源码里的 {names}",
            f"the documents are not installed here; {code} is explained in {names.replace('、', ' and ')} of OyiFlow's sources",
        )
    found = [text for page in pages if (text := "\n".join(_lines_about(code, page.read_text(encoding="utf-8"))).strip())]
    if not found:
        raise OyiFlowError(f"没有 {code} 这个检查", f"there is no check {code}")
    return "\n\n".join(found) + "\n"


def _lines_about(code: str, page: str) -> Iterator[str]:
    """The lines from the heading of a code to the next heading; `#` in a block is no heading."""
    inside = fenced = False
    for line in page.splitlines():
        fenced ^= line.startswith("```")
        if not fenced and re.match("#{1,3} ", line):
            inside = line.startswith(f"### {code} ")
        if inside:
            yield line


def trace(arguments: argparse.Namespace, console: Console) -> int:
    """Print or write which elements carry which articles; whether all are carried is what `check` says."""
    catalog = check(arguments.paths)
    if catalog.failed:
        raise OyiFlowError(
            "文件有错误，对照不出来；oyiflow check 会列出每一处", "the files have errors; oyiflow check lists every place"
        )
    if catalog.manual is None:
        raise OyiFlowError(
            "这些文件里没有制度的条款；写一个 manual.yaml，如\nmanual: 管理办法\narticles:\n- {id: 第1条, title: 目的}",
            "no articles are among these files; write a manual.yaml such as\nmanual: The manual\narticles:\n- {id: 1.1, title: Purpose}",
        )
    found = traced(catalog.manual, catalog.definitions.values())
    if console.as_json and not arguments.output:
        console.json(as_data(found))
    else:
        _give(arguments, console, told(found, console.lang), {"articles": len(found.rows), "elements": len(found.elements)})
    return 0


def diff(arguments: argparse.Namespace, console: Console) -> int:
    """Print what changed between two versions of a process."""
    try:
        old, new = load(arguments.old), load(arguments.new)
    except OyiFlowError as error:
        console.failure(error)
        if isinstance(error, InvalidDefinition):
            console.hint("oyiflow check 会列出每一处", "oyiflow check lists every place")
        return 2
    changes = differences(old, new)
    if console.as_json:
        console.json({"old": _about(old), "new": _about(new), "changes": [asdict(change) for change in changes]})
    elif changes:
        _print(old, new, changes, console)
    else:
        console.say("没有差别。", "no differences.")
    return 1 if changes else 0


def _about(definition: Definition) -> dict[str, object]:
    return {"process": definition.name, "version": definition.version, "digest": definition.digest}


def _print(old: Definition, new: Definition, changes: list[Change], console: Console) -> None:
    console.say(f"{old.name} v{old.version} {old.digest[:12]} → {new.name} v{new.version} {new.digest[:12]}")
    for group, title in GROUPS.items():
        told = [change for change in changes if change.group == group]
        if told:
            print(escaped(f"{title.of(console.lang)} ({len(told)})"))
        for change in told:
            _lines("  ", change.sentence.zh, change.sentence.en, console)
    _lines("", *_note(old, new), console)


def _lines(pad: str, zh: str, en: str, console: Console) -> None:
    """A sentence in the language asked for; in both, one below the other."""
    if console.lang != "en":
        print(escaped(f"{pad}{zh}"))
    if console.lang != "zh":
        print(escaped(f"{pad}{'  ' if pad and console.lang == 'both' else ''}{en}"))


def _note(old: Definition, new: Definition) -> tuple[str, str]:
    """Whom the changes concern: a case keeps the version that it began with."""
    if old.name != new.name:
        return (
            "注：编号不同，是两个流程，互不影响。",
            "Note: the names differ, so these are two processes; neither touches the other.",
        )
    zh = "注：运行中的实例仍按开始时的版本办理，不受影响；新发起的、以及此后不指定版本而调用本流程的，用新版本。"
    en = ("Note: running cases keep the version that they began with and are not affected; cases begun later, "
          "and calls made later that name no version, use the new one.")  # fmt: skip
    if old.version == new.version:
        zh += f"版本号都是 {new.version}：发布时新内容会得到下一个空号。"
        en += f" Both say version {new.version}: when published, the new content gets the next free number."
    return zh, en
