"""Fenced blocks of a text, and what each kind means when the tests run the text from its first line to its last.

    ```sh                 commands, run one by one in a folder of their own. The words known here are oyiflow (also as
                          `python3 dev.py oyiflow`), cd, mkdir, export and comments; the lines that set up are passed over
    ```python             a program, run in that folder
    ```text               right after one of these: what it prints, to the letter. A line with only … stands for any lines,
                          and every date, time and digest for any other
    ```yaml [NAME]        a whole file, written there; it must be without mistakes
    ```diff NAME          a change of that file: the - lines go, the + lines come in their place
    ```yaml bad OFnnn     } a file, or several, for one section of docs/checks.md: exactly this is found in it,
    ```yaml good OFnnn    } or nothing at all
    ```console            shown, not run

A command that fails must show its output, so that no text promises what does not work.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import runpy
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from oyiflow import check
from oyiflow.cli import main
from oyiflow.rendering import render_text

FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
SET_UP = (". .venv/bin/activate", "python3 dev.py demo", "python3 dev.py test")
CHANGING = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d)?|\b[0-9a-f]{12}\b")
HIDDEN = {"⟨TAB⟩": "\t", "⟨U+3000⟩": "\u3000", "⟨U+200B⟩": "\u200b"}


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: the words after the fence, the text, and the line it begins on."""

    words: tuple[str, ...]
    body: str
    line: int

    @property
    def kind(self) -> str:
        """The language of the block."""
        return self.words[0] if self.words else ""

    @property
    def name(self) -> str:
        """The file that it is about."""
        return self.words[1] if len(self.words) > 1 else ""


def blocks_of(path: Path) -> list[Block]:
    """All fenced blocks of a text, in order."""
    text = path.read_text(encoding="utf-8")
    return [Block(tuple(m["info"].split()), m["body"], text.count("\n", 0, m.start()) + 1) for m in FENCE.finditer(text)]


def visible(body: str) -> str:
    """A file's text with the characters that cannot be seen in a document put in."""
    for shown, char in HIDDEN.items():
        body = body.replace(shown, char)
    return body


@dataclass(slots=True)
class Reader:
    """Does what a text says, in a folder. `said`: what the last command or program printed, and whether it failed."""

    document: Path
    folder: Path
    said: str = ""
    failed: bool = False
    number: int = 0

    def read(self) -> int:
        """All blocks; returns how many were run."""
        blocks = blocks_of(self.document)
        for place, block in enumerate(blocks, 1):
            try:
                self.run(block)
                shown = place < len(blocks) and blocks[place].kind == "text"
                assert shown or not self.failed, f"failed, and nothing is shown:\n{self.said}"
            except AssertionError as error:
                raise AssertionError(f"{self.document.name}:{block.line}: {error}") from error
        return len(blocks)

    def run(self, block: Block) -> None:
        """One block."""
        match block.kind:
            case "sh":
                self.said, self.failed = "", False
                for line in block.body.splitlines():
                    self.command(line)
            case "python":
                self.said, self.failed = self.program(block.body), False
            case "text":
                if self.said or self.failed:
                    assert_shown(block.body, self.said)
                self.said, self.failed = "", False
            case "yaml" if block.name not in ("bad", "good"):
                self.file(block)
            case "diff":
                self.change(block)
            case _:
                assert block.kind in ("yaml", "console", "json", "mermaid"), f"no such kind of block: {block.kind!r}"

    def command(self, line: str) -> None:
        """One line of a shell."""
        words = shlex.split(line, comments=True)
        if words[:3] == ["python3", "dev.py", "oyiflow"]:
            words = words[2:]
        match words:
            case []:
                pass
            case _ if line.strip() in SET_UP:
                pass
            case ["cd", folder]:
                os.chdir(folder)
            case ["mkdir", folder]:
                Path(folder).mkdir()
            case ["export", setting]:
                name, _, value = setting.partition("=")
                os.environ[name] = value
            case ["oyiflow", *arguments]:
                code, output = oyiflow(*arguments)
                self.said += output
                self.failed = self.failed or code != 0
            case _:
                raise AssertionError(f"this shell does not know {line!r}")

    def program(self, body: str) -> str:
        """A Python program in a file of its own."""
        self.number += 1
        path = self.folder / f"program{self.number}.py"
        path.write_text(body, encoding="utf-8")
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            runpy.run_path(str(path), run_name="__main__")
        return out.getvalue()

    def file(self, block: Block) -> None:
        """A file, written and checked."""
        self.number += 1
        path = Path(block.name or f"file{self.number}.yaml")
        path.write_text(visible(block.body), encoding="utf-8")
        found = check([path])
        assert not found.diagnostics, render_text(found.diagnostics, found.sources)

    def change(self, block: Block) -> None:
        """A change of a file, given as lines taken away and lines put in their place."""
        path = Path(block.name)
        text = path.read_text(encoding="utf-8")
        for old, new in changes(block.body):
            assert text.count(old) == 1, f"{path} has this {text.count(old)} times:\n{old}"
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")


def changes(diff: str) -> Iterator[tuple[str, str]]:
    """Pairs of what goes and what comes, one for each run of - lines followed by + lines."""
    for found in re.finditer(r"(?:^-.*\n)+(?:^\+.*\n)*", diff, re.MULTILINE):
        lines = found[0].splitlines(keepends=True)
        yield ("".join(line[1:] for line in lines if line[0] == "-"), "".join(line[1:] for line in lines if line[0] == "+"))


def oyiflow(*arguments: str) -> tuple[int, str]:
    """A command, run here, with everything that it printed in the order in which it did."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            code = main(arguments)
        except SystemExit as stop:
            code = int(stop.code or 0)
    return code, out.getvalue()


def assert_shown(expected: str, found: str) -> None:
    """Whether a text shows what was printed; dates, times and digests aside."""
    lines = [CHANGING.sub("◌", line.rstrip()) for line in expected.rstrip("\n").split("\n")]
    pattern = "".join("(?:.*\n)*?" if line == "…" else re.escape(line) + "\n" for line in lines)
    plain = "".join(CHANGING.sub("◌", line.rstrip()) + "\n" for line in found.rstrip("\n").split("\n"))
    assert re.fullmatch(pattern, plain), f"the text shows\n{expected}\nbut this is printed\n{found}"
