"""What may be typed: the commands, their options and examples."""

from __future__ import annotations

import argparse
import locale
import os

from oyiflow.cli import beginning, editing, files, instances, words_commands
from oyiflow.cli.demo import demo
from oyiflow.cli.testing_command import test

_EXAMPLES = """\
examples:
  oyiflow new leave                              新建 begin a process of your own
  oyiflow check processes/                       检查 what is wrong, where, how to mend it
  oyiflow test processes/                        走案例 play the examples
  oyiflow draw processes/visit.yaml -o visit.svg 画泳道图 the swimlane chart
  oyiflow start processes/visit.yaml --as li     启动 begin an instance
  oyiflow inbox --as li                          待办 what waits for li
  oyiflow act visit-1 target --as li --set customer=华东机械 --set classes=高值
  oyiflow act visit-1 review reject --as wang --comment "预算太高"
  oyiflow why visit-1                            卡在谁手里 who holds it, since when, what would move it
  oyiflow log visit-1                            经过 what has happened

exit codes: 0 well, 1 errors or refused, 2 wrong usage, 3 store not available, 130 Ctrl-C
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="oyiflow",
        description="流程: 写一次，检查、运行、画图。 Write a process once, in YAML; check it, run it, draw it.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _file_commands(commands)
    _telling_commands(commands)
    _moving_commands(commands)
    _asking_commands(commands)
    return top


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, run: object, text: str, example: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name, help=text, description=text, epilog=f"example:\n{example}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.set_defaults(run=run)
    command.add_argument("--json", action="store_true", help="print JSON / 输出 JSON")
    command.add_argument("--lang", choices=("zh", "en", "both"), default=_language(), help="language of the output / 语言")
    return command


def _language() -> str:
    asked = os.environ.get("OYIFLOW_LANG", "")
    if asked in ("zh", "en", "both"):
        return asked
    name = os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "both"


def _file_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = _command(commands, "check", files.check, "检查流程文件 check files and folders", "  oyiflow check processes/")
    check.add_argument("paths", nargs="+", metavar="FILE|DIR")
    check.add_argument(
        "--format",
        choices=("text", "json", "sarif", "github"),
        default="text",
        help="text (default), or for programs / 输出格式",
    )
    check.add_argument("--fix", action="store_true", help="mend what is mechanical: signs, spaces, quotes / 改好机械的错误")
    check.add_argument("--diff", action="store_true", help="show what --fix would change, write nothing / 只显示，不写")
    check.add_argument("--strict", action="store_true", help="warnings count as errors / 警告也算错误")
    _editing_commands(commands)
    draw = _command(
        commands,
        "draw",
        files.draw,
        "画泳道图 draw the swimlane chart as SVG",
        "  oyiflow draw visit.yaml --lang zh -o visit.svg",
    )
    draw.add_argument("file", metavar="FILE")
    draw.add_argument("-o", "--output", metavar="OUT", help="file to write; - for standard output (default: FILE with .svg)")
    draw.add_argument("--direction", choices=("TB", "LR"), default="TB", help="top to bottom, or left to right")
    draw.add_argument("--instance", metavar="ID", help="show the way that an instance took / 标出实例走过的路")
    _store_option(draw)
    show = _command(commands, "show", files.show, "显示读到的内容 show what was read", "  oyiflow show --states visit.yaml")
    show.add_argument("file", metavar="FILE")
    show.add_argument(
        "--states", action="store_true", help="the states that the steps were lowered to, as YAML / 步骤化成的状态"
    )
    schema = _command(
        commands, "schema", files.schema, "打印 JSON Schema print the JSON Schema for editors", "  oyiflow schema company"
    )
    schema.add_argument("kind", nargs="?", choices=("process", "company", "calendar", "manual"), default="process")
    play = _command(
        commands,
        "test",
        test,
        "演习: 把案例走一遍 play the examples, say what they cover",
        "  oyiflow test processes/ --junit report.xml",
    )
    play.add_argument("paths", nargs="+", metavar="FILE|DIR")
    play.add_argument("--junit", metavar="OUT.xml", help="write the results as JUnit XML / 结果写成 JUnit XML")
    play.add_argument(
        "--company",
        metavar="FILE",
        help="play with these people (default: made-up people, enough for every role) / 用公司的人来走",
    )
    tour = _command(
        commands, "demo", demo, "演示一次拜访 take a visit of the manual through, step by step", "  oyiflow demo --output out/"
    )
    tour.add_argument("--processes", default="processes", metavar="DIR", help="folder with visit.yaml and company.yaml")
    tour.add_argument("--output", default="out", metavar="DIR", help="folder for the database and the chart (default: out)")


def _editing_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    fmt = _command(
        commands,
        "fmt",
        editing.fmt,
        "整齐排版 lay files out in the canonical way",
        "  oyiflow fmt processes/\n  oyiflow fmt --diff visit.yaml",
    )
    fmt.add_argument("paths", nargs="+", metavar="FILE|DIR")
    fmt.add_argument("--check", action="store_true", help="write nothing; 1 if something would change / 只检查")
    fmt.add_argument("--diff", action="store_true", help="write nothing; show what would change / 只显示")
    new = _command(
        commands, "new", beginning.new, "新建一个流程 begin a process from a template",
        "  oyiflow new leave --title 请假 --applies 员工 --approves 主管 --fields days:int,reason\n  oyiflow new leave",
    )  # fmt: skip
    new.add_argument("name", nargs="?", default="", metavar="NAME", help="name of the process (asked for on a terminal)")
    new.add_argument("--template", choices=beginning.TEMPLATES, help="what to begin with (default: approval) / 样板")
    new.add_argument("-o", "--output", metavar="FILE", help="file to write (default: NAME.yaml)")
    new.add_argument("--title", default="", help="title / 名称")
    new.add_argument("--applies", default="", metavar="ROLE", help="who applies / 谁申请")
    new.add_argument("--approves", default="", metavar="ROLE", help="who approves / 谁审批")
    new.add_argument(
        "--fields", default="", metavar="NAME:TYPE,…", help="fields of the form, such as days:int,reason / 表单字段"
    )


def _telling_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    explain = _command(
        commands, "explain", words_commands.explain, "流程说明书 the manual of a process, or what a check means",
        "  oyiflow explain visit.yaml --lang zh -o visit.md\n  oyiflow explain OF505",
    )  # fmt: skip
    explain.add_argument("what", metavar="FILE|CODE", help="a process file, or the code of a check / 流程文件，或检查的编号")
    explain.add_argument("-o", "--output", metavar="OUT", help="file to write (default: standard output) / 写到文件")
    trace = _command(
        commands, "trace", words_commands.trace, "条款与流程对照 which element carries which article of the manual",
        "  oyiflow trace processes/\n  oyiflow trace processes/ --lang zh -o 对照表.md",
    )  # fmt: skip
    trace.add_argument(
        "paths", nargs="+", metavar="FILE|DIR", help="the manual's list of articles and the processes / 条款和流程"
    )
    trace.add_argument("-o", "--output", metavar="OUT.md", help="file to write (default: standard output) / 写到文件")
    diff = _command(
        commands, "diff", words_commands.diff, "两个版本有何不同 what changed between two versions, in words",
        "  oyiflow diff visit.v1.yaml visit.yaml\n\nexit codes: 0 no difference, 1 differences, 2 a file could not be read",
    )  # fmt: skip
    diff.add_argument("old", metavar="OLD")
    diff.add_argument("new", metavar="NEW")


def _store_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--db",
        default=os.environ.get("OYIFLOW_DB", "oyiflow.db"),
        metavar="FILE",
        help="SQLite file (default: oyiflow.db, or $OYIFLOW_DB)",
    )


def _company_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--company", default=os.environ.get("OYIFLOW_COMPANY"), metavar="FILE",
        help="who holds which role (default: company.yaml here, beside FILE or in processes/, or $OYIFLOW_COMPANY)",
    )  # fmt: skip


def _person_option(command: argparse.ArgumentParser, required: bool) -> None:
    asked = os.environ.get("OYIFLOW_AS")
    command.add_argument(
        "--as",
        dest="person",
        default=asked,
        required=required and asked is None,
        metavar="PERSON",
        help="who you are (or $OYIFLOW_AS) / 以谁的身份",
    )


def _moving_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    start = _command(
        commands,
        "start",
        instances.start,
        "启动一个实例 begin an instance of a process",
        "  oyiflow start processes/visit.yaml --as li",
    )
    start.add_argument(
        "process", metavar="FILE|NAME", help="a process file (published if it is new), or the name of a published process"
    )
    start.add_argument("--id", metavar="ID", help="id of the new instance (default: the name and a number)")
    _set_option(start)
    inbox = _command(commands, "inbox", instances.inbox, "待办 what waits for a person", "  oyiflow inbox --as wang")
    act = _command(
        commands, "act", instances.act, "办理、通过、退回 complete, approve or reject a step",
        "  oyiflow act visit-1 plan --as li --set visit_date=2026-12-01 --set budget=500\n"
        "  oyiflow act visit-1 review approve --as wang\n  oyiflow act visit-1 review reject --as wang --comment 请补充",
    )  # fmt: skip
    act.add_argument("instance", metavar="INSTANCE")
    act.add_argument("step", metavar="STEP")
    act.add_argument(
        "outcome",
        nargs="?",
        default="",
        metavar="OUTCOME",
        help="complete, approve, reject, or an answer of the step (may be left out where there is only one)",
    )
    act.add_argument("--comment", default="", help="a comment for the journal / 意见")
    _set_option(act)
    send = _command(
        commands,
        "send",
        instances.send,
        "送达外部消息 deliver a message from outside",
        "  oyiflow send visit-1 reply_received --as li",
    )
    send.add_argument("instance", metavar="INSTANCE")
    send.add_argument("event", metavar="EVENT")
    _set_option(send)
    for command in (start, inbox, act, send):
        _store_option(command)
        _company_option(command)
    for command, required in ((start, True), (inbox, False), (act, True), (send, False)):
        _person_option(command, required)


def _asking_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    why = _command(
        commands,
        "why",
        instances.why,
        "卡在哪里 who holds an instance, since when, what would move it",
        "  oyiflow why visit-1",
    )
    log = _command(commands, "log", instances.log, "经过 what has happened to an instance", "  oyiflow log visit-1 --verify")
    log.add_argument("--verify", action="store_true", help="replay the journal and compare it with the stored state / 重演核对")
    for command in (why, log):
        command.add_argument("instance", metavar="INSTANCE")
    listing = _command(commands, "list", instances.listing, "所有实例 list the instances", "  oyiflow list --status running")
    listing.add_argument("--status", choices=("running", "done", "cancelled"))
    listing.add_argument("--process", metavar="NAME")
    work = _command(
        commands,
        "work",
        instances.work,
        "到期处理 fire due deadlines and deliver what waits in the outbox",
        "  oyiflow work\n  oyiflow work --forever",
    )
    work.add_argument("--forever", action="store_true", help="go on until Ctrl-C / 一直运行")
    for command in (why, log, listing, work):
        _store_option(command)
        _company_option(command)


def _set_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--set", dest="values", action="append", default=[], metavar="FIELD=VALUE", help="fill in a field (may be repeated)"
    )
