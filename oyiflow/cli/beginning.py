"""`oyiflow new`: a process to begin with, from a template and a few answers, with comments that teach; and who works here.

The templates are whole process files in both languages; a comment begins with `# zh` or `# en`. For one language the other
is left out. What is written has been laid out and checked like any file.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from oyiflow.checking import check
from oyiflow.cli.arguments import TEMPLATES
from oyiflow.cli.console import Console
from oyiflow.cli.editing import create
from oyiflow.diagnostics import Source
from oyiflow.errors import OyiFlowError
from oyiflow.load.language.keys import FIELD_NAME, NAME
from oyiflow.load.layout.flowing import bare, quoted
from oyiflow.load.layout.formatting import formatted
from oyiflow.model.values import FieldType
from oyiflow.rendering import render_text

_TYPES = tuple(kind.value for kind in FieldType if kind.value not in ("choice", "choices", "list"))
_SAMPLES = {
    "int": "1",
    "decimal": "1.5",
    "money": "100",
    "bool": "true",
    "date": "2026-12-01",
    "datetime": "2026-12-01 09:30",
    "duration": "1 day",
    "person": "lin",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to begin with."""

    name: str
    template: str
    title: str
    applies: str
    approves: str
    fields: tuple[tuple[str, str], ...]


def new(arguments: argparse.Namespace, console: Console) -> int:
    """Write a process, and a company file if there is none beside it; print what was written and what the checks say."""
    wish = _wish(arguments, console)
    target = Path(arguments.output or f"{wish.name}.yaml")
    create(target, process_text(wish, console.lang))
    written = [target]
    company = target.with_name("company.yaml")
    if not company.exists():
        create(company, _laid_out(_in_language(_template("company"), console.lang)))
        written.append(company)
    found = check([target, company])
    if console.as_json:
        console.json({"written": [str(path) for path in written], "errors": len(found.diagnostics)})
    else:
        for path in written:
            console.say(f"已写 {path}", f"written {path}")
        print(render_text(found.diagnostics, found.sources, lang=console.lang), end="")
        console.say(
            f"接着: 改好 {company} 里的人，然后 oyiflow draw {target}",
            f"next: put your people into {company}, then oyiflow draw {target}",
        )
    return 1 if found.failed else 0


# --- what is wanted


def _wish(arguments: argparse.Namespace, console: Console) -> Wish:
    asking = arguments.template is None and not console.as_json and sys.stdin.isatty()
    ask: Callable[[str, str, str], str] = _ask(console) if asking else lambda zh, en, default: default
    name = arguments.name or ask("流程编号 (英文字母或汉字)", "Name of the process", "")
    if not re.match(NAME, name):
        raise OyiFlowError(
            f"“{name}”不能作流程编号: 用字母、汉字、数字、_ 和 -，不以数字开头，如 leave",
            f"{name!r} is no name for a process: use letters, digits, _ and -, such as leave",
        )
    words = _WORDS["en" if console.lang == "en" else "zh"]
    template = arguments.template or (ask("样板: " + "、".join(TEMPLATES), "Template: " + ", ".join(TEMPLATES), "approval"))
    if template not in TEMPLATES:
        raise OyiFlowError(
            f"没有样板“{template}”；有: {'、'.join(TEMPLATES)}",
            f"there is no template {template!r}; there are: {', '.join(TEMPLATES)}",
        )
    return Wish(
        name=name,
        template=template,
        title=arguments.title or ask("名称", "Title", name),
        applies=arguments.applies or ask("谁申请", "Who applies", words[0]),
        approves=arguments.approves or ask("谁审批", "Who approves", words[1]),
        fields=fields_of(arguments.fields or ask("字段，如 days:int, reason", "Fields, such as days:int, reason", words[2])),
    )


_WORDS = {"zh": ("员工", "主管", "subject, amount:money"), "en": ("Staff", "Head", "subject, amount:money")}


def _ask(console: Console) -> Callable[[str, str, str], str]:
    def ask(zh: str, en: str, default: str) -> str:
        answer = input(f"{console.word(zh, en)}{f' [{default}]' if default else ''}: ").strip()
        return answer or default

    return ask


def fields_of(text: str) -> tuple[tuple[str, str], ...]:
    """`days:int, reason` as names and types; a name without a type is text. Full-width signs count alike."""
    found: dict[str, str] = {}
    for part in re.split(r"[,，、;；]", text):
        name, _, kind = (word.strip() for word in part.replace("：", ":").partition(":"))
        if not re.match(FIELD_NAME, name) or (kind or "text") not in _TYPES:
            raise OyiFlowError(
                f"--fields 看不懂“{part.strip()}”；写成 名字:类型，如 days:int, reason。类型有: {'、'.join(_TYPES)}",
                f"--fields: {part.strip()!r} is not NAME:TYPE, as in days:int, reason; types are: {', '.join(_TYPES)}",
            )
        found[name] = kind or "text"
    return tuple(found.items())


# --- the text


def process_text(wish: Wish, lang: str) -> str:
    """The file that is wanted, in canonical layout."""
    text = _in_language(_template(wish.template), lang)
    names = ", ".join(name for name, _ in wish.fields)
    example = "一路通过" if lang != "en" else "all goes well"
    values = {
        "NAME": wish.name,
        "TITLE": _written(wish.title),
        "APPLIES": _written(wish.applies),
        "APPROVES": _written(wish.approves),
        "FIELDS": "\n  ".join(f"{name}: {{type: {kind}, required: true}}" for name, kind in wish.fields),
        "NAMES": names,
        "FILL": names if len(wish.fields) == 1 else f"[{names}]",
        "EXAMPLE": example,
        "VALUES": ", ".join(f"{name}: {_SAMPLES.get(kind, 'x')}" for name, kind in wish.fields),
    }
    # One pass, so that an answer is never taken for a place to fill in; words in comments are not places.
    pattern = re.compile(r"(?<![\w])(?:" + "|".join(re.escape(word) for word in values) + r")(?!\w)")
    lines = [
        line if line.lstrip().startswith("#") else pattern.sub(lambda found: values[found.group()], line)
        for line in text.split("\n")
    ]
    return _laid_out("\n".join(lines))


def _laid_out(text: str) -> str:
    return formatted(Source(name="", text=text)) or text


def _written(text: str) -> str:
    return text if bare(text, "flow") else quoted(text)


def _template(name: str) -> str:
    return files("oyiflow").joinpath("templates", f"{name}.yaml").read_text(encoding="utf-8")


def _in_language(text: str, lang: str) -> str:
    """The template in one language, or in both."""
    if lang == "both":
        return re.sub(r"^( *)# (?:zh|en) ", r"\1# ", text, flags=re.MULTILINE)
    other = "en" if lang == "zh" else "zh"
    text = re.sub(rf"^ *# {other} .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(rf"^( *)# {lang} ", r"\1# ", text, flags=re.MULTILINE)
    return re.sub(r"\{zh: ([^,{}]*), en: ([^,{}]*)\}", r"\1" if lang == "zh" else r"\2", text)
