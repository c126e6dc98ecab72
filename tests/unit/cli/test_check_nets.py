"""`oyiflow check x.pnml`: what is printed, as JSON, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oyiflow.cli import main

HEAD = '<pnml><net id="n" type="ptnet">'
TAIL = "</net></pnml>"


def written(path: Path, arcs: str, more: str = "") -> str:
    pairs = [arc.split(">") for arc in arcs.split()]
    names = dict.fromkeys(name for pair in pairs for name in pair)
    nodes = "".join(f'<{"transition" if name.startswith("t") else "place"} id="{name}"/>' for name in names)
    lines = "".join(f'<arc id="x{n}" source="{a}" target="{b}"/>' for n, (a, b) in enumerate(pairs))
    path.write_text(HEAD + nodes + lines + more + TAIL, encoding="utf-8")
    return str(path)


@pytest.fixture
def nets(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "broken.pnml").write_text("<pnml>", encoding="utf-8")
    return {
        "sound": written(tmp_path / "sound.pnml", "i>t1 t1>o"),
        "stuck": written(tmp_path / "stuck.pnml", "i>t1 t1>a i>t2 t2>b a>t3 b>t3 t3>o"),
        "broken": str(tmp_path / "broken.pnml"),
        "missing": str(tmp_path / "missing.pnml"),
        "loop": written(tmp_path / "loop.pnml", "i>t1 t1>i"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "code", "zh", "en"),
    [
        ("sound", 0, "健全", "sound: "),
        ("stuck", 1, "走法: t1", "run: t1"),
        ("loop", 1, "没有说从哪里开始", "it is not said where it begins"),
        ("broken", 2, "读不成 XML", "not readable as XML"),
        ("missing", 2, "读不了", "cannot be read"),
    ],
)
def test_the_verdict_in_each_language(
    nets: dict[str, str], capsys: pytest.CaptureFixture[str], name: str, code: int, zh: str, en: str
) -> None:
    for lang, says in (("zh", zh), ("en", en)):
        assert main(["check", nets[name], "--lang", lang]) == code
        shown = capsys.readouterr()
        assert says in (shown.err if code == 2 else shown.out)
    assert main(["check", nets[name]]) == code
    both = capsys.readouterr()
    assert zh in both.out + both.err or code == 1


def test_json_has_the_whole_run_and_every_file(nets: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", nets["sound"], nets["stuck"], nets["broken"], "--json"]) == 2, "the worst of them"
    sound, stuck, broken = json.loads(capsys.readouterr().out)
    assert (sound["verdict"], sound["sound"], sound["kind"], sound["trace"]) == ("sound", True, None, [])
    assert (stuck["verdict"], stuck["kind"], stuck["trace"], stuck["marking"]) == ("unsound", "deadlock", ["t1"], {"a": 1})
    assert broken["verdict"] == "unreadable" and broken["message_zh"] and broken["message_en"]


def test_nets_and_processes_are_checked_apart(nets: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", nets["sound"], "x.yaml", "--lang", "en"]) == 2
    assert "one after the other" in capsys.readouterr().err
