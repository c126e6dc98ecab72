"""Commands that write process files: `check --fix` and `fmt`. A file is written whole or not at all, with the line ends it had."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from oyiflow.cli.console import Console
from oyiflow.diagnostics import Diagnostic, Severity, Source
from oyiflow.errors import OyiFlowError
from oyiflow.fixing import difference, laid_out, mended
from oyiflow.load.catalog import Catalog, read_catalog
from oyiflow.rendering import escaped


def mend(arguments: argparse.Namespace, console: Console) -> int:
    """Apply every mechanical remedy, or show with --diff what would be applied; returns how many files are concerned."""
    changed = 0
    for source in _sources(arguments.paths, console)[0]:
        done = mended(source)
        if not done.count:
            continue
        changed += 1
        if arguments.diff:
            print(difference(source.name, source.text, done.text), end="")
        else:
            replace(Path(source.name), done.text)
            if not machine_readable(arguments):
                console.say(f"{source.name}: 改了 {done.count} 处。", f"{source.name}: {done.count} mended.")
    return changed


def machine_readable(arguments: argparse.Namespace) -> bool:
    """Whether a program reads the output, so that nothing else may stand in it."""
    return bool(arguments.json or getattr(arguments, "format", "text") != "text")


def fmt(arguments: argparse.Namespace, console: Console) -> int:
    """Write files in canonical layout; with --check or --diff nothing is written, and 1 says that something would be."""
    sources, catalog = _sources(arguments.paths, console)
    found: dict[str, str] = {}
    for source in sources:
        found[source.name] = _lay_out(source, arguments, console)
    unread = [one for one in catalog.diagnostics if one.span.file not in catalog.sources]
    for one in unread:
        found[one.span.file] = "refused"
        _refuse(one.span.file, one, console)
    if console.as_json:
        console.json({"files": [{"file": name, "result": result} for name, result in found.items()]})
    elif not arguments.diff:
        _count(list(found.values()), arguments, console)
    dry = arguments.check or arguments.diff
    return 1 if "refused" in found.values() or (dry and "changed" in found.values()) else 0


def _sources(paths: Iterable[str], console: Console) -> tuple[list[Source], Catalog]:
    """The files that were named, or stand in a folder that was; what they refer to elsewhere is not touched."""
    named = [Path(path) for path in paths]
    catalog = read_catalog(named, lambda path: console.progress(f"… {path}"))
    console.progress_done()
    sources = catalog.sources.values()
    return [one for one in sources if {Path(one.name), *Path(one.name).parents} & set(named)], catalog


def _lay_out(source: Source, arguments: argparse.Namespace, console: Console) -> str:
    """One file: "same", "changed", "refused" for its errors, or "kept" for a layout that is not known."""
    laid = laid_out(source)
    if laid.text is None:
        _refuse(source.name, laid.errors[0] if laid.errors else None, console)
        return "refused" if laid.errors else "kept"
    if laid.text == source.text:
        return "same"
    if arguments.diff:
        print(difference(source.name, source.text, laid.text), end="")
    elif arguments.check:
        console.say(source.name)
    else:
        replace(Path(source.name), laid.text)
    return "changed"


def _refuse(name: str, error: Diagnostic | None, console: Console) -> None:
    if error is None:
        _warn(
            console, f"{name}: 这样的排版这里不认识，没有动它", f"{name}: laid out in a way that is not known here; left alone"
        )
    elif error.severity is Severity.ERROR:
        place = f"{name}:{error.span.line}:{error.span.column}"
        _warn(console, f"{place}: 有错误，没有动它: {error.zh}", f"{place}: has errors, left alone: {error.en}")


def _warn(console: Console, zh: str, en: str) -> None:
    print("oyiflow: " + escaped(console.word(zh, en)), file=sys.stderr)


def _count(results: list[str], arguments: argparse.Namespace, console: Console) -> None:
    changed, same = results.count("changed"), results.count("same")
    files = "file" if changed == 1 else "files"
    if arguments.check:
        console.say(
            f"{changed} 个文件要重排，{same} 个不用。",
            f"{changed} {files} would be laid out anew; already as they should be: {same}.",
        )
    else:
        console.say(
            f"{changed} 个文件重排了，{same} 个不用。", f"{changed} {files} laid out anew; already as they should be: {same}."
        )


def replace(path: Path, text: str) -> None:
    """Put a text in place of a file, whole or not at all; a link stays a link, the permissions stay."""
    target = path.resolve()
    part = target.with_name(target.name + ".part")
    try:
        part.write_bytes(text.encode("utf-8"))
        shutil.copymode(target, part)
        part.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise OyiFlowError(f"{path} 写不进去: {error.strerror}", f"cannot write {path}: {error.strerror}") from None


def create(path: Path, text: str) -> None:
    """Write a new file; one that is there already is not touched."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise OyiFlowError(
            f"{path} 已经有了，没有动它；用 -o 写到别处", f"{path} is there already and was left alone; write elsewhere with -o"
        ) from None
    except OSError as error:
        raise OyiFlowError(f"{path} 写不进去: {error.strerror}", f"cannot write {path}: {error.strerror}") from None
