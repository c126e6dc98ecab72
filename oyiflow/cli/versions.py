"""Commands on versions: publish a file, move running instances to another version."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from oyiflow.checking import load
from oyiflow.cli.console import Console
from oyiflow.cli.opening import need_company, open_engine
from oyiflow.engine.versions import Move


def publish(arguments: argparse.Namespace, console: Console) -> int:
    """Publish files; the same content again changes nothing, unless what is stored of it is damaged."""
    definitions = [load(Path(path)) for path in arguments.paths]
    with open_engine(arguments) as engine:
        damaged = {one.key for one in engine.damaged(cases=False)}
        known = {one.digest for one in engine.deployed()} - damaged
        made = [engine.deploy(definition) for definition in definitions]
        mended = damaged - {one.key for one in engine.damaged(cases=False)} - {one.digest for one in made}
    if console.as_json:
        console.json(
            [{"name": one.name, "version": one.version, "digest": one.digest, "new": one.digest not in known} for one in made]
        )
    for one in made:
        told = ("早已发布", "published before") if one.digest in known else ("已发布", "published")
        console.say(
            f"{one.name}  v{one.version}  " + console.word(*(("已修复", "put right") if one.digest in damaged else told))
        )
    for digest in sorted(mended):
        console.say(f"日历 {digest[:12]} 已修复", f"calendar {digest[:12]}  put right")
    return 0


def migrate(arguments: argparse.Namespace, console: Console) -> int:
    """Move running instances; 1 if some stay."""
    need_company(arguments)
    with open_engine(arguments) as engine:
        found = engine.migrate(
            arguments.process, to=arguments.to, instance=arguments.instance, actor=arguments.person or "", reason=arguments.reason,
            dry_run=arguments.dry_run, drop_values=arguments.drop_values,
        )  # fmt: skip
    if console.as_json:
        console.json(found)
    else:
        _print(found, arguments.dry_run, console)
    return 0 if all(move.moved for move in found) else 1


def _print(found: Sequence[Move], rehearsal: bool, console: Console) -> None:
    if not found:
        console.say("没有要换版本的实例。", "There is no instance to move.")
    for move in found:
        done = ("可以换", "can move") if rehearsal else ("已换", "moved")
        told = console.word(*done) if move.moved else console.word("不能换，留在原版本", "cannot move and stays")
        more = f"  ({console.word('重开待办', 'tasks opened anew')}: {move.tasks_closed})" if move.tasks_closed else ""
        console.say(f"{move.instance}  v{move.version} → v{move.to}  {told}{more}")
        for about, fields in ((_LOST, move.dropped), (_BACK, move.restored)):
            if fields:
                console.say(f"    {console.word(*about[move.moved and not rehearsal])}: {', '.join(fields)}")
        for one in move.obstacles:
            console.say(f"    {console.title(one.zh, one.en)}")
    if any(move.dropped and not move.moved for move in found):
        console.say("准许丢值: 加 --drop-values；换回原版本时会放回。",
                    "To let values go: --drop-values; moving back to the version brings them back.")  # fmt: skip


_LOST = (("值会丢", "values with no place"), ("值已丢", "values dropped"))
_BACK = (("值会放回", "values that come back"), ("值已放回", "values brought back"))
"""Before the move, and after it."""
