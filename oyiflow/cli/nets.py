"""`oyiflow check x.pnml`: is a Petri net from elsewhere sound. Exit codes: 0 sound, 1 not sound or not decided, 2 not readable."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oyiflow.cli.console import Console
from oyiflow.verify.nets import Kind, Net, Status, UnreadableNet, Verdict, read_pnml, soundness

LARGEST = 50_000_000
"""Bytes of a file that are read."""
SHOWN = 60
"""So many steps of a run are printed; the JSON has them all."""


def check_nets(arguments: argparse.Namespace, console: Console) -> int:
    """Print the verdict on each net; the worst of them is the exit code."""
    code, rows = 0, []
    for path in arguments.paths:
        row, one = _check(Path(path), console)
        rows.append(row)
        code = max(code, one)
    if arguments.json or arguments.format == "json":
        console.json(rows)
    return code


def _check(path: Path, console: Console) -> tuple[dict[str, Any], int]:
    if path.suffix.lower() != ".pnml":
        return _unreadable(
            path, 1, "不是 .pnml: 网和流程请分开检查", "no .pnml: check nets and processes one after the other", console
        )
    try:
        if path.is_file() and path.stat().st_size > LARGEST:
            return _unreadable(path, 1, "文件太大", "the file is too large", console)
        net = read_pnml(path.read_bytes())
    except OSError as error:
        return _unreadable(path, 1, f"读不了: {error.strerror}", f"cannot be read: {error.strerror}", console)
    except UnreadableNet as error:
        return _unreadable(path, error.line, error.zh, error.en, console)
    verdict = soundness(net)
    _say(path, net, verdict, console)
    return _row(path, net, verdict), 0 if verdict.status is Status.SOUND else 1


def _unreadable(path: Path, line: int, zh: str, en: str, console: Console) -> tuple[dict[str, Any], int]:
    words = zh if console.lang == "zh" else en if console.lang == "en" else f"{zh} ({en})"
    print(f"oyiflow: {path}:{line}: {words}", file=sys.stderr)
    return {"file": str(path), "verdict": "unreadable", "line": line, "message_zh": zh, "message_en": en}, 2


def _row(path: Path, net: Net, verdict: Verdict) -> dict[str, Any]:
    zh, en = words(net, verdict)
    return {
        "file": str(path),
        "places": len(net.places),
        "transitions": len(net.transitions),
        "verdict": verdict.status.value,
        "sound": verdict.sound,
        "kind": verdict.kind.value or None,
        "element": verdict.element or None,
        "trace": list(verdict.trace),
        "marking": dict(verdict.marking),
        "repeats": verdict.repeats,
        "explored": verdict.explored,
        "message_zh": zh,
        "message_en": en,
    }


def words(net: Net, verdict: Verdict) -> tuple[str, str]:
    """The verdict as a sentence in Chinese and English."""
    name = net.shown(verdict.element)
    if verdict.status is Status.SOUND:
        return (
            "健全: 总能走到结束，结束时不剩什么，每个变迁都用得到",
            "sound: an end can always be reached, cleanly, and every transition fires in some run",
        )
    if verdict.status is Status.UNDECIDED:
        return (
            f"没有定论: 看了 {verdict.explored:,} 个状态，没有看完",
            f"not decided: {verdict.explored:,} states were explored, and there are more",
        )
    said: Mapping[Kind, tuple[str, str]] = {
        Kind.DEADLOCK: ("会卡住: 走到这里，什么也不能再做，又不是结束", "it can get stuck: nothing can fire here, and it is no end"),
        Kind.LIVELOCK: ("会转圈: 从这里再也走不到结束", "it can go round for ever: no end can be reached from here"),
        Kind.IMPROPER: ("结束时还有东西没做完", "it ends while tokens lie elsewhere"),
        Kind.UNSAFE: (f"{name} 会同时有两份: 少了一次汇合", f"{name} can hold two tokens at once: a synchronisation is missing"),
        Kind.UNBOUNDED: (
            f"没有上限: 最后 {verdict.repeats} 步可以一直重复，越积越多",
            f"unbounded: the last {verdict.repeats} steps can be repeated for ever, with more tokens each time",
        ),
        Kind.DEAD: (f"{name} 永远不会发生", f"{name} can never fire"),
        Kind.SHAPE: (
            ("没有说从哪里开始: 没有标记，也没有唯一的起点", "it is not said where it begins: no marking, and no single source place")
            if verdict.element == "start"
            else ("没有结束的地方: 每个库所都有出去的弧", "there is no end: arcs lead out of every place")
        ),
    }  # fmt: skip
    return said[verdict.kind]


def _say(path: Path, net: Net, verdict: Verdict, console: Console) -> None:
    zh, en = words(net, verdict)
    console.say(f"{path}: {zh}", f"{path}: {en}" if console.lang == "en" else f"({en})")
    if verdict.kind in (Kind.NONE, Kind.DEAD, Kind.SHAPE):
        return
    steps = [net.shown(name) for name in verdict.trace]
    left = len(steps) - SHOWN
    shown = [*steps[:SHOWN], f"… (+{left})"] if left > 0 else steps
    console.say(
        f"  走法: {' → '.join(shown) or '（开始时就是）'}"
        if console.lang == "zh"
        else f"  run: {' → '.join(shown) or '(at once)'}"
    )
    tokens = ", ".join(net.shown(name) if count == 1 else f"{net.shown(name)} × {count}" for name, count in verdict.marking)
    console.say("  到了: " + tokens, "  now at: " + tokens) if console.lang != "both" else console.say(f"  now at: {tokens}")
