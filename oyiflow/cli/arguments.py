"""What may be typed: the commands, their options and examples.

A command is named by module and function (`"instances.start"`) and loaded when it is run: nobody waits for the imports of the others.
"""

from __future__ import annotations

import argparse
import locale
import os

from oyiflow.cli.operating_arguments import EXAMPLES, HANDOVER, declare

FORMS = ("bpmn", "mermaid", "mermaid-swimlane", "dot", "drawio", "json")
ENGINES = ("dot", "neato", "fdp", "sfdp", "circo", "twopi", "osage", "patchwork")
TEMPLATES = ("approval", "service", "life-cycle")
LOGS = ("csv", "xes", "ocel")
"""Choices that also the modules of the commands know, which are not loaded to look at what was typed."""

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
    _playing_command(commands)
    _mining_command(commands)
    _version_commands(commands)
    return top


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, run: str, text: str, example: str
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
    check = _command(commands, "check", "checking.check", "检查流程文件 check files and folders", "  oyiflow check processes/")
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
    check.add_argument("--draw", metavar="DIR", help="draw each trace as a chart into DIR / 把每个反例画成图")
    _prove_command(commands)
    _editing_commands(commands)
    _draw_command(commands)
    _export_command(commands)
    show = _command(commands, "show", "showing.show", "显示读到的内容 show what was read", "  oyiflow show --states visit.yaml")
    show.add_argument("file", metavar="FILE")
    show.add_argument(
        "--states", action="store_true", help="the states that the steps were lowered to, as YAML / 步骤化成的状态"
    )
    schema = _command(
        commands, "schema", "showing.schema", "打印 JSON Schema print the JSON Schema for editors", "  oyiflow schema company"
    )
    schema.add_argument("kind", nargs="?", choices=("process", "company", "calendar", "manual"), default="process")
    play = _command(
        commands,
        "test",
        "testing_command.test",
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
        commands,
        "demo",
        "demo.demo",
        "演示一次拜访 take a visit of the manual through, step by step",
        "  oyiflow demo --output out/",
    )
    tour.add_argument("--processes", default="processes", metavar="DIR", help="folder with visit.yaml and company.yaml")
    tour.add_argument("--output", default="out", metavar="DIR", help="folder for the database and the chart (default: out)")


def _draw_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    draw = _command(
        commands, "draw", "drawing.draw", "画泳道图 draw the swimlane chart: SVG, PNG, PDF, or an outline in words",
        "  oyiflow draw visit.yaml --lang zh -o visit.svg\n"
        "  oyiflow draw visit.yaml -o visit.pdf --paper A4 --theme print --date today\n"
        "  oyiflow draw visit.yaml -o visit.png --role specialist --legend\n"
        "  oyiflow draw visit.yaml -o changes.svg --diff visit.v1.yaml",
    )  # fmt: skip
    draw.add_argument("file", metavar="FILE")
    draw.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        help="file to write, its ending is the format; - for standard output (default: FILE.svg)",
    )
    draw.add_argument("--format", choices=("svg", "png", "pdf", "outline"), help="instead of the ending / 格式，不写就看文件名")
    draw.add_argument("--direction", choices=("TB", "LR"), default="TB", help="top to bottom, or left to right")
    draw.add_argument(
        "--expand", action="store_true", help="the called processes too, each on pages of its own / 调用的流程也各画一图"
    )
    draw.add_argument(
        "--report", action="store_true", help="print the figures of the chart instead of drawing it / 打印图的各项指标"
    )
    look = draw.add_argument_group("look 样子")
    look.add_argument(
        "--theme", choices=("light", "dark", "print"), default="light", help="colours; print is grey / 颜色，print 为灰度"
    )
    look.add_argument(
        "--text", choices=("stack", "embed", "outlines"), default="stack",
        help="letters in SVG: the machine's fonts, a font inside, or shapes / SVG 里的字",
    )  # fmt: skip
    look.add_argument(
        "--same-layout", action="store_true", help="one language in the places of both, so that pages match / 中英文版面一致"
    )
    look.add_argument(
        "--scale", type=_scale, default=2.0, metavar="N", help="pixels of a PNG for each of the chart (default: 2)"
    )
    look.add_argument(
        "--legend", action=argparse.BooleanOptionalAction, help="what the symbols mean (default: on paper) / 图例"
    )
    paper = draw.add_argument_group("paper 纸")
    paper.add_argument("--paper", choices=("A4", "A3", "auto"), help="pages with a title block (PDF: auto) / 分页，带标题栏")
    paper.add_argument("--date", metavar="DATE", help="in the title block: 2026-07-01 or today (default: none) / 标题栏的日期")
    paper.add_argument(
        "--articles", action=argparse.BooleanOptionalAction, help="a page with the articles carried out (PDF: yes) / 条款页"
    )
    marks = draw.add_argument_group("marks 标出")
    marks.add_argument("--instance", metavar="ID", help="the way that an instance took / 实例走过的路")
    marks.add_argument("--example", metavar="NAME", help="the way that an example takes / 案例走的路")
    marks.add_argument("--role", action="append", metavar="ROLE", help="the steps of a role (may be repeated) / 某岗位的步骤")
    marks.add_argument("--trace", metavar="STEP,…", help="steps in their order, numbered / 依次经过的步骤")
    marks.add_argument("--at", metavar="STEP,…", help="where a case stands / 停在哪里")
    marks.add_argument("--diff", metavar="OLD", help="what changed since an older version of the file / 与旧版的不同")
    _store_option(draw)


def _export_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    export = _command(
        commands, "export", "exporting.export", "导出 write a process for other programs: BPMN, Mermaid, DOT, draw.io, JSON",
        "  oyiflow export visit.yaml --to bpmn -o visit.bpmn\n"
        "  oyiflow export visit.yaml --to mermaid-swimlane --lang both -o -\n"
        "  oyiflow export visit.yaml --to dot --engine dot -o visit.svg",
    )  # fmt: skip
    export.add_argument("file", metavar="FILE")
    export.add_argument("--to", choices=FORMS, help="the form (default: by the ending of OUT) / 导出的格式")
    export.add_argument("-o", "--output", metavar="OUT", help="file to write; - for standard output (default: beside FILE)")
    export.add_argument(
        "--direction", choices=("TB", "LR"), help="top to bottom, or left to right (default: LR for bpmn, else TB) / 方向"
    )
    export.add_argument(
        "--engine",
        choices=ENGINES,
        metavar="NAME",
        help="with --to dot: SVG by this program of Graphviz / 用 Graphviz 画",
    )


def _scale(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= 20:
        raise argparse.ArgumentTypeError("0.1 to 20")
    return value


def _prove_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    prove = _command(
        commands, "prove", "proving.prove", "逐条判定制度规则 a verdict on every rule: proved, broken (with its story) or not decided",
        "  oyiflow prove processes/\n  oyiflow prove visit.yaml --rules --draw out/\n\nexit codes: 0 no rule is broken, 1 some rule is",
    )  # fmt: skip
    prove.add_argument("paths", nargs="+", metavar="FILE|DIR")
    prove.add_argument(
        "--rules", action="store_true", help="say of every rule what it was taken to mean / 逐条说明判定的是什么"
    )
    prove.add_argument("--strict", action="store_true", help="what is not decided counts as broken / 未能判定也算不成立")
    prove.add_argument("--draw", metavar="DIR", help="draw each story as a chart into DIR / 把每个反例画成图")
    prove.add_argument(
        "--limit",
        type=int,
        default=200_000,
        metavar="N",
        help="situations looked at for one rule (default: 200,000) / 每条规则最多看多少种情形",
    )


def _editing_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    fmt = _command(
        commands,
        "fmt",
        "editing.fmt",
        "整齐排版 lay files out in the canonical way",
        "  oyiflow fmt processes/\n  oyiflow fmt --diff visit.yaml",
    )
    fmt.add_argument("paths", nargs="+", metavar="FILE|DIR")
    fmt.add_argument("--check", action="store_true", help="write nothing; 1 if something would change / 只检查")
    fmt.add_argument("--diff", action="store_true", help="write nothing; show what would change / 只显示")
    new = _command(
        commands, "new", "beginning.new", "新建一个流程 begin a process from a template",
        "  oyiflow new leave --title 请假 --applies 员工 --approves 主管 --fields days:int,reason\n  oyiflow new leave",
    )  # fmt: skip
    new.add_argument("name", nargs="?", default="", metavar="NAME", help="name of the process (asked for on a terminal)")
    new.add_argument("--template", choices=TEMPLATES, help="what to begin with (default: approval) / 样板")
    new.add_argument("-o", "--output", metavar="FILE", help="file to write (default: NAME.yaml)")
    new.add_argument("--title", default="", help="title / 名称")
    new.add_argument("--applies", default="", metavar="ROLE", help="who applies / 谁申请")
    new.add_argument("--approves", default="", metavar="ROLE", help="who approves / 谁审批")
    new.add_argument(
        "--fields", default="", metavar="NAME:TYPE,…", help="fields of the form, such as days:int,reason / 表单字段"
    )


def _telling_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    explain = _command(
        commands, "explain", "words_commands.explain", "流程说明书 the manual of a process, or what a check means",
        "  oyiflow explain visit.yaml --lang zh -o visit.md\n  oyiflow explain OF505",
    )  # fmt: skip
    explain.add_argument("what", metavar="FILE|CODE", help="a process file, or the code of a check / 流程文件，或检查的编号")
    explain.add_argument("-o", "--output", metavar="OUT", help="file to write (default: standard output) / 写到文件")
    trace = _command(
        commands, "trace", "words_commands.trace", "条款与流程对照 which element carries which article of the manual",
        "  oyiflow trace processes/\n  oyiflow trace processes/ --lang zh -o 对照表.md",
    )  # fmt: skip
    trace.add_argument(
        "paths", nargs="+", metavar="FILE|DIR", help="the manual's list of articles and the processes / 条款和流程"
    )
    trace.add_argument("-o", "--output", metavar="OUT.md", help="file to write (default: standard output) / 写到文件")
    diff = _command(
        commands, "diff", "words_commands.diff", "两个版本有何不同 what changed between two versions, in words",
        "  oyiflow diff visit.v1.yaml visit.yaml\n\nexit codes: 0 no difference, 1 differences, 2 a file could not be read",
    )  # fmt: skip
    diff.add_argument("old", metavar="OLD")
    diff.add_argument("new", metavar="NEW")


def _store_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--db",
        default=os.environ.get("OYIFLOW_DB", "oyiflow.db"),
        metavar="FILE|URL",
        help="SQLite file (default: oyiflow.db, or $OYIFLOW_DB), or postgresql://user@host/database",
    )


def _company_option(command: argparse.ArgumentParser, otherwise: str = "") -> None:
    nearest = "company.yaml here, beside FILE or in processes/"
    command.add_argument(
        "--company", default=os.environ.get("OYIFLOW_COMPANY"), metavar="FILE",
        help=f"who holds which role (default: {otherwise or nearest}, or $OYIFLOW_COMPANY)",
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
        "instances.start",
        "启动一个实例 begin an instance of a process",
        "  oyiflow start processes/visit.yaml --as li",
    )
    start.add_argument(
        "process", metavar="FILE|NAME", help="a process file (published if it is new), or the name of a published process"
    )
    start.add_argument("--id", metavar="ID", help="id of the new instance (default: the name and a number)")
    _set_option(start)
    inbox = _command(commands, "inbox", "instances.inbox", "待办 what waits for a person", "  oyiflow inbox --as wang")
    act = _command(
        commands, "act", "instances.act", "办理、通过、退回 complete, approve or reject a step",
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
    act.add_argument(
        "--check",
        action="append",
        default=[],
        metavar="ITEM",
        help="tick an item of the checklist; all for all of them / 核对一项",
    )
    _set_option(act)
    send = _command(
        commands,
        "send",
        "instances.send",
        "送达外部消息 deliver a message from outside",
        "  oyiflow send visit-1 reply_received --as li",
    )
    send.add_argument("instance", metavar="INSTANCE")
    send.add_argument("event", metavar="EVENT")
    _set_option(send)
    do = _command(commands, "do", "operating.do", "转办、加签、退回、撤回… claim, transfer, add signers, send back …", EXAMPLES)
    handover = _command(commands, "handover", "operating.handover", "离职移交 hand over what somebody holds", HANDOVER)
    declare(do, handover)
    for command in (start, inbox, act, send, do, handover):
        _store_option(command)
        _company_option(command)
    for command, required in ((start, True), (inbox, False), (act, True), (send, False), (do, True), (handover, True)):
        _person_option(command, required)


def _asking_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    why = _command(
        commands,
        "why",
        "instances.why",
        "卡在哪里 who holds an instance, since when, what would move it",
        "  oyiflow why visit-1",
    )
    log = _command(commands, "log", "instances.log", "经过 what has happened to an instance", "  oyiflow log visit-1 --verify")
    log.add_argument("--verify", action="store_true", help="replay the journal and compare it with the stored state / 重演核对")
    for command in (why, log):
        command.add_argument("instance", metavar="INSTANCE")
    listing = _command(commands, "list", "instances.listing", "所有实例 list the instances", "  oyiflow list --status running")
    listing.add_argument("--status", choices=("running", "suspended", "done", "cancelled"))
    listing.add_argument("--process", metavar="NAME")
    work = _command(
        commands,
        "work",
        "instances.work",
        "到期处理 fire due deadlines and deliver what waits in the outbox",
        "  oyiflow work\n  oyiflow work --forever",
    )
    work.add_argument("--forever", action="store_true", help="go on until Ctrl-C / 一直运行")
    form = _command(
        commands,
        "form",
        "asking.form",
        "表单 what a task shows you and what you may fill in",
        "  oyiflow form visit-1 plan --as li",
    )
    form.add_argument("instance", metavar="INSTANCE")
    form.add_argument("step", metavar="STEP")
    report = _command(
        commands, "report", "asking.report", "统计 the reports of a process over all its instances, and what is overdue",
        "  oyiflow report overdue\n  oyiflow report kept\n  oyiflow report business_trip --period 2026-07\n\n"
        "exit codes: 0 all as it should be, 1 something stands out, 2 wrong use",
    )  # fmt: skip
    report.add_argument("process", metavar="PROCESS|overdue|kept")
    report.add_argument("name", nargs="?", default="", metavar="REPORT", help="one of its reports (default: all)")
    report.add_argument("--period", default="", metavar="PERIOD", help="2026-07, 2026-W28, 2026-Q3 or 2026 (default: all)")
    for command in (why, log, listing, work, form, report):
        _store_option(command)
        _company_option(command)
    for command, required in ((why, False), (log, False), (listing, False), (form, True), (report, False)):
        _person_option(command, required)
    tables = _command(
        commands, "db", "database.db", "数据库 the database: the version of its tables, bringing them up to date, restoring a damaged case",
        "  oyiflow db status\n  oyiflow db upgrade --db postgresql://user@host/database\n"
        "  oyiflow db restore visit-3   (writes its damaged state anew from its journal)\n\n"
        "exit codes: 0 up to date, restored, 1 not, 2 wrong use, 3 not reachable or made by a newer program",
    )  # fmt: skip
    tables.add_argument("action", choices=("status", "upgrade", "restore"))
    tables.add_argument("instance", nargs="?", default="", metavar="INSTANCE", help="for restore: which one / 恢复哪个案件")
    _store_option(tables)


def _version_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    publish = _command(
        commands, "publish", "versions.publish", "发布 publish a process; the same content again changes nothing",
        "  oyiflow publish processes/visit.yaml",
    )  # fmt: skip
    publish.add_argument("paths", nargs="+", metavar="FILE")
    migrate = _command(
        commands, "migrate", "versions.migrate", "换版本 move running instances to another version; those that cannot move stay, and are told why",
        "  oyiflow migrate visit --dry-run\n  oyiflow migrate visit --as wang --reason 新的审批权限\n"
        "  oyiflow migrate visit --to 1 --instance visit-3   (back again)\n\nexit codes: 0 all moved, 1 some stay, 2 wrong use",
    )  # fmt: skip
    migrate.add_argument("process", metavar="PROCESS")
    migrate.add_argument("--to", type=int, metavar="VERSION", help="the version to move to (default: the latest)")
    migrate.add_argument("--instance", default="", metavar="INSTANCE", help="only this one")
    migrate.add_argument("--reason", default="", help="for the journal / 理由")
    migrate.add_argument("--dry-run", action="store_true", help="only say what would become of each / 只预演")
    migrate.add_argument(
        "--drop-values", action="store_true", help="move also cases with values that have no place in the version / 准许丢值"
    )
    _person_option(migrate, False)
    for command in (publish, migrate):
        _store_option(command)
        _company_option(command)


def _mining_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    log = _command(
        commands, "events", "mining.events", "事件日志 the journal of many instances as an event log for process mining",
        "  oyiflow events --to csv -o events.csv\n  oyiflow events --process visit --to xes -o visit.xes\n"
        "  oyiflow events --to ocel --as wang   (with the values that wang may see)",
    )  # fmt: skip
    log.add_argument("--process", metavar="NAME", help="only this process")
    log.add_argument("--to", choices=LOGS, default="csv", help="csv, xes (IEEE 1849) or ocel (OCEL 2.0 in JSON)")
    log.add_argument("-o", "--output", metavar="OUT", help="file to write (default: standard output)")
    _store_option(log)
    _company_option(log)
    _person_option(log, False)


def _playing_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    walk = _command(
        commands, "play", "playing.play", "演练 walk through a process in memory, as any of its people, moving the clock by hand",
        "  oyiflow play processes/visit.yaml\n  oyiflow play processes/visit.yaml --as li\n"
        "  printf '1 customer=ACME\\nwait 3 days\\nlog\\n' | oyiflow play processes/visit.yaml\n\n"
        "commands: a number, as WHO, wait 3 days, send EVENT, form, log, undo, example, quit",
    )  # fmt: skip
    walk.add_argument("file", metavar="FILE")
    _company_option(walk, "made-up people, enough for every role / 虚拟人员; with --as, the nearest company.yaml")
    _person_option(walk, False)


def _set_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--set", dest="values", action="append", default=[], metavar="FIELD=VALUE",
        help="fill in a field (may be repeated); rows of a table: FIELD='[{column: value, …}, …]' / 填字段，表格写成 [{列: 值, …}, …]",
    )  # fmt: skip
    command.add_argument(
        "--attach", dest="files", action="append", default=[], metavar="FIELD=PATH",
        help="note a file in a field: its name, size, type and digest / 附件",
    )  # fmt: skip
