"""The commands that write process files: `check --fix`, `--format`, `fmt` and `new`."""

from __future__ import annotations

import contextlib
import io
import json
import stat
from pathlib import Path

import pytest

from oyiflow.checking import check
from oyiflow.cli import main
from oyiflow.cli.beginning import TEMPLATES, fields_of
from oyiflow.errors import OyiFlowError

GOOD = "process: leave\ntitle: Leave\nroles: {staff: Staff}\nsteps:\n  - {do: apply, by: staff}\n  - {end: done}\n"
WIDE = GOOD.replace("title: Leave", "title：Leave").replace("by: staff", "by：staff")


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([arguments[0], "--lang", "en", *arguments[1:]])
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(name: str, text: str) -> Path:
    path = Path(name)
    path.write_bytes(text.encode("utf-8"))
    return path


# --- check


def test_fix_mends_and_then_checks() -> None:
    path = written("a.yaml", WIDE)
    assert run("check", "--fix", "a.yaml") == (0, "a.yaml: 2 mended.\n1 file, no mistakes found.\n", "")
    assert path.read_text(encoding="utf-8") == GOOD
    assert list(Path().iterdir()) == [path]


def test_fix_with_diff_writes_nothing() -> None:
    path = written("a.yaml", WIDE)
    code, out, _ = run("check", "--fix", "--diff", "a.yaml")
    assert code == 1
    assert "-title：Leave\n+title: Leave\n" in out
    assert path.read_text(encoding="utf-8") == WIDE
    assert run("check", "--diff", str(written("b.yaml", GOOD))) == (0, "", "")


def test_fix_leaves_what_it_cannot_mend_and_says_so() -> None:
    path = written("a.yaml", WIDE.replace("by：staff", "by: stuff"))
    code, out, _ = run("check", "--fix", "a.yaml")
    assert code == 1
    assert "error[OF203]" in out
    assert path.read_text(encoding="utf-8") == GOOD.replace("by: staff", "by: stuff")


def test_fix_keeps_line_ends_permissions_and_links_and_drops_the_mark() -> None:
    path = written("real.yaml", "\ufeff" + WIDE.replace("\n", "\r\n"))
    path.chmod(0o640)
    Path("link.yaml").symlink_to(path)
    assert run("check", "--fix", "link.yaml")[0] == 0
    assert path.read_bytes() == GOOD.replace("\n", "\r\n").encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert Path("link.yaml").is_symlink()


@pytest.mark.parametrize("form", ["json", "sarif", "github"])
def test_formats_for_programs_print_nothing_else(form: str) -> None:
    written("a.yaml", WIDE.replace("by：staff", "by: stuff"))
    code, out, _ = run("check", "--fix", "--format", form, "a.yaml")
    assert code == 1
    if form == "github":
        assert out.startswith("::error file=a.yaml,line=5,")
    else:
        assert "OF203" in json.dumps(json.loads(out))


# --- fmt


def test_fmt_lays_out_a_folder() -> None:
    first, second = (
        written("a.yaml", GOOD.replace("{do: apply, by", "{do: apply,   by")),
        written("b.yml", GOOD.replace("leave", "other")),
    )
    assert run("fmt", ".") == (0, "1 file laid out anew; already as they should be: 1.\n", "")
    assert first.read_text(encoding="utf-8") == GOOD
    assert second.read_text(encoding="utf-8") == GOOD.replace("leave", "other")
    assert run("fmt", "--check", ".") == (0, "0 files would be laid out anew; already as they should be: 2.\n", "")


def test_fmt_check_and_diff_write_nothing() -> None:
    text = GOOD.replace("{do: apply, by", "{do: apply,   by")
    path = written("a.yaml", text)
    assert run("fmt", "--check", "a.yaml") == (1, "a.yaml\n1 file would be laid out anew; already as they should be: 0.\n", "")
    code, out, _ = run("fmt", "--diff", "a.yaml")
    assert code == 1
    assert "+  - {do: apply, by: staff}\n" in out
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD.replace("by: staff", "by: stuff").encode(), "has errors, left alone"),
        (GOOD.replace("Leave", "请假").encode("gb18030"), "has errors, left alone: the file is GBK"),
        (b"---\n" + GOOD.encode(), "laid out in a way that is not known here"),
    ],
)
def test_fmt_does_not_touch_what_it_does_not_know(content: bytes, said: str) -> None:
    path = Path("a.yaml")
    path.write_bytes(content)
    code, _, err = run("fmt", "a.yaml")
    assert said in err
    assert code == (1 if "errors" in said else 0)
    assert path.read_bytes() == content


def test_fmt_tells_programs() -> None:
    written("a.yaml", GOOD.replace("apply, by", "apply,by"))
    written("b.yaml", GOOD.replace("by: staff", "by: stuff"))
    code, out, _ = run("fmt", "--json", "--check", "a.yaml", "b.yaml", "none.yaml")
    assert code == 1
    assert json.loads(out)["files"] == [
        {"file": "a.yaml", "result": "changed"}, {"file": "b.yaml", "result": "refused"}, {"file": "none.yaml", "result": "refused"},
    ]  # fmt: skip


def test_what_was_not_named_is_not_touched() -> None:
    """A company file may name a calendar that stands elsewhere; it is read, and it is not ours to write."""
    written(
        "company.yaml",
        "company: A\ncalendar: cn\npeople:\n  x: {title: X, roles: [staff]}\n  y: {title: Y,   roles: [staff]}\n",
    )
    written("a.yaml", GOOD)
    code, out, err = run("fmt", ".")
    assert (code, out, err) == (0, "1 file laid out anew; already as they should be: 1.\n", "")
    assert run("check", "--diff", ".") == (0, "", "")


# --- new


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("lang", ["zh", "en", "both"])
def test_new_is_clean_laid_out_and_plays(template: str, lang: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["new", "leave", "--template", template, "--lang", lang, "--fields", "days:int，原因、date：date"]) == 0
    found = check(["."])
    assert found.diagnostics == []
    assert set(found.definitions["leave"].field) >= {"days", "原因", "date"}
    assert run("fmt", "--check", ".")[0] == 0
    assert run("test", ".")[0] == 0
    text = Path("leave.yaml").read_text(encoding="utf-8")
    assert not any(word in text for word in ("TITLE", "NAMES", "FIELDS", "FILL", "APPLIES", "VALUES", "# zh", "# en"))
    assert ("zh:" in text) is (lang == "both")


def test_new_takes_titles_as_they_are() -> None:
    assert (
        run(
            "new",
            "trip",
            "--title",
            "出差: NAME, {x}",
            "--applies",
            "It's me",
            "--approves",
            'the "boss"',
            "-o",
            "sub/trip.yaml",
        )[0]
        == 0
    )
    definition = check(["sub"]).definitions["trip"]
    assert definition.title.of("zh") == "出差: NAME, {x}"
    assert [role.title.of("en") for role in definition.roles] == ["It's me", 'the "boss"']


def test_new_overwrites_nothing() -> None:
    path = written("leave.yaml", "mine")
    company = written(
        "company.yaml",
        "company: A\npeople:\n  x: {title: X, roles: [applicant, approver]}\n  y: {title: Y, roles: [applicant, approver]}\n",
    )
    code, _, err = run("new", "leave")
    assert code == 1
    assert "is there already" in err
    assert path.read_text(encoding="utf-8") == "mine"
    assert run("new", "leave", "-o", "other.yaml")[0] == 0
    assert company.read_text(encoding="utf-8").startswith("company: A")


@pytest.mark.parametrize("arguments", [("9x",), ("",), ("a b",), ("a", "--fields", "x:nothing"), ("a", "--fields", "a-b")])
def test_new_refuses_what_it_cannot_write(arguments: tuple[str, ...]) -> None:
    assert run("new", *arguments)[0] == 1
    assert list(Path().iterdir()) == []


def test_new_asks_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("trip\n\nA trip\nTraveller\n\ndays:int\n"))
    code, out, _ = run("new")
    assert code == 0
    assert "Name of the process: " in out
    text = Path("trip.yaml").read_text(encoding="utf-8")
    assert "title: A trip\n" in text
    assert "applicant: Traveller\n" in text
    assert "approver: Head\n" in text
    assert "days: {type: int, required: true}" in text


def test_fields() -> None:
    assert fields_of("days:int, why") == (("days", "int"), ("why", "text"))
    with pytest.raises(OyiFlowError, match="类型有"):
        fields_of("a,,b")
