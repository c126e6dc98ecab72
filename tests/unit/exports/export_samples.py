"""Processes for the tests of the exports: all verbs, life cycles, names that other languages take for something else."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from oyiflow import load
from oyiflow.diagnostics import Source
from oyiflow.diagram import Chart, Edge, Lane, Node
from oyiflow.diagram.chart import Frame
from oyiflow.load.reader import read_definition
from oyiflow.model.definition import Definition, walk

PROCESSES = Path(__file__).parents[3] / "processes"


def processes() -> list[Definition]:
    """All processes of the package."""
    return [load(path) for path in sorted(PROCESSES.glob("*.yaml")) if path.name not in ("company.yaml", "manual.yaml")]


def names() -> list[str]:
    return sorted(path.stem for path in PROCESSES.glob("*.yaml") if path.name not in ("company.yaml", "manual.yaml"))


def process(name: str) -> Definition:
    return load(PROCESSES / f"{name}.yaml")


def lane_titles(definition: Definition, lang: str) -> list[str]:
    """The roles in whose lane something stands, in the author's order."""
    used = {state.lane for state in walk(definition.root) if state.verb}
    return [role.title.of(lang) for role in definition.roles if role.name in used]


def read(text: str) -> Definition:
    """A definition from its text."""
    definition, found = read_definition(Source(name="sample.yaml", text=text))
    assert definition is not None, found
    return definition


VERBS = """\
process: verbs
title: {zh: 全部动词, en: All verbs}
source: 手册 9
roles:
  staff: {title: {zh: 员工, en: Staff}}
  head: {title: {zh: 主管, en: Head}}
  boss: {title: {zh: 总经理, en: Boss}}
  customer: {title: {zh: 客户, en: Customer}, outside: true}
form:
  amount: {title: {zh: 金额, en: Amount}, type: money, required: true}
  until: {title: {zh: 截止, en: Until}, type: date, required: true}
  heir: {title: {zh: 接手人, en: Heir}, type: person, required: true}
steps:
  - {do: apply, title: {zh: 申请, en: Apply}, by: staff, fill: [amount, until, heir], makes: 申请单, meets: customer, source: 手册 9.1}
  - {approve: sign, title: {zh: 审批, en: Sign}, by: head, rejected: apply, needs: 申请单, within: 3 workdays, late: remind}
  - {approve: all_sign, title: {zh: 会签, en: All sign}, by: [head, boss], mode: all, rejected: apply, within: 5 days, late: reject}
  - {approve: in_row, title: {zh: 依次, en: In turn}, by: [head, boss], mode: in_turn, rejected: apply, within: 2 days, late: escalate}
  - {do: big, title: {zh: 大额, en: Big}, by: boss, only_when: amount > 10000, within: 1 day, late: skip}
  - decide: kind
    title: {zh: 哪一类？, en: Which kind?}
    cases:
      - {label: {zh: 大, en: large}, when: amount > 5000, then: both}
      - {label: {zh: 小, en: small}, otherwise: answer}
  - together: both
    title: {zh: 同时, en: Both}
    steps:
      - {do: left, title: {zh: 左, en: Left}, by: staff, only_when: amount > 1}
      - branch: right
        title: {zh: 右支, en: Right branch}
        steps:
          - {do: right_one, title: {zh: 右一, en: Right one}, by: {person_in: heir}, lane: head}
          - {do: right_two, title: {zh: 右二, en: Right two}, by: {whoever_did: apply}}
  - together: race
    title: {zh: 抢先, en: Race}
    until: first
    steps:
      - {do: quick, title: {zh: 快, en: Quick}, by: staff}
      - {wait: slow, title: {zh: 慢, en: Slow}, for: 2 days}
  - {wait: answer, title: {zh: 等回复, en: Wait for the answer}, for: reply, within: 3 days, late: skip}
  - {wait: day, title: {zh: 等到那天, en: Until that day}, for: until}
  - {wait: pause, title: {zh: 停一周, en: A week's pause}, for: 1 week}
  - {call: other, title: {zh: 调用, en: Call}, process: 其他流程, with: {sum: amount}, failed: apply}
  - decide: again
    title: {zh: 再来？, en: Again?}
    by: staff
    cases:
      - {label: {zh: 是, en: "yes"}, then: apply}
      - {label: {zh: 否, en: "no"}, then: done}
  - {end: done, title: {zh: 结束, en: End}}
rules:
  - {say: {zh: 申请人不得审批, en: Nobody signs their own}, different_people: [apply, sign], source: 手册 9.2}
"""

MANY = """\
process: monthly
title: {zh: 月度, en: Monthly}
roles: {sales: {title: {zh: 销售, en: Sales}}, head: {title: {zh: 主管, en: Head}}, boss: {title: {zh: 老板, en: Boss}}}
starts: {every: month, by: day 5, on_holiday: before}
form:
  visits: {title: {zh: 拜访, en: Visits}, type: list, columns: {customer: {type: text, required: true}}}
  sum: {title: {zh: 金额, en: Sum}, type: money, required: true}
steps:
  - {do: plan, title: {zh: 计划, en: Plan}, by: sales, fill: [visits, sum], within: day 5, late: remind}
  - {approve: agree, title: {zh: 票签, en: Vote}, by: [head, boss, sales], mode: vote 60%, rejected: plan, resubmit: straight, tell: boss}
  - {each: calls, title: {zh: 逐个拜访, en: Visit each}, in: visits, process: call_on, failed: plan}
  - {run: pay, title: {zh: 付款, en: Pay}, handler: bank.pay, with: {sum: sum}, failed: plan}
  - {end: done, title: {zh: 结束, en: End}}
"""

STATES = """\
process: 机器
title: {zh: 机器, en: Machine}
roles: {tech: {title: {zh: 技术, en: Technical}}}
form: {hours: {title: {zh: 小时, en: Hours}, type: int, required: true}}
states:
  - state: working
    entry: [{set: hours, value: 0}]
    states:
      - state: idle
        title: {zh: 空闲, en: Idle}
        transitions: [{event: run, to: busy}]
      - state: busy
        title: {zh: 忙, en: Busy}
        transitions:
          - {event: hour_over, actions: [{set: hours, value: hours + 1}]}
          - {event: rest, to: idle}
      - {history: as_before, default: idle}
    transitions:
      - {event: broken, to: repair}
      - {when: hours >= 1000, to: service}
  - state: repair
    title: {zh: 修理, en: Repair}
    by: tech
    transitions:
      - {event: mended, to: as_before, label: {zh: 修好, en: mended}}
      - {event: hopeless, to: scrapped, label: {zh: 报废, en: beyond repair}}
      - {after: 5 workdays, actions: [{escalate: repair}]}
      - {after: 30 days, to: scrapped}
  - parallel: service
    title: {zh: 保养, en: Service}
    states:
      - state: oil
        states: [{state: oiling, by: tech, transitions: [{event: oiled, to: oil_ok}]}, {end: oil_ok}]
      - state: clean
        states:
          - {state: cleaning, by: tech, transitions: [{event: cleaned, to: clean_ok}, {event: worn_out, to: scrapped}]}
          - {end: clean_ok}
    transitions: [{event: done.state.service, to: working}]
  - {end: scrapped, title: {zh: 报废, en: Scrapped}}
"""

ODD = [
    'a "quoted" text', "[brackets] {braces} (round)", "# number #35; sign", "&amp; < > <b>bold</b>", "1. list", "- list", "* star *x* _y_ **z**",
    "`code`", "“中文” 《书》，。", "%% comment", "$$x^2$$", "fa:fa-car", "end", "a|b", "back\\slash \\n", "x --> y", "%%{init: {}}%%",
    "https://a.b/c", "+", "1)", "it's", "~~~~", "---", "subgraph", "click", "@{ shape: x }", "a;b", "1.", "==", "😀 emoji", "é", "<br/>",
    "]]>", "a:b:c", "<i>", "${x}", "‘单引号’", "style", "default", "_self", "％＃＠",
]  # fmt: skip
"""Labels that are something else than text in Mermaid, DOT, HTML or XML."""


def odd_chart() -> Chart:
    nodes = tuple(Node(id=text, label=text, lane=("l1", 'l"2', None)[n % 3]) for n, text in enumerate(ODD))
    edges = tuple(Edge(id=str(n), source=a, target=b, label=a) for n, (a, b) in enumerate(pairwise(ODD)))
    lanes = (Lane(id="l1", title="end"), Lane(id='l"2', title='a [b] "c" #d'))
    return Chart(id="x y", title='T "q" [b] #1: 中文', lanes=lanes, nodes=nodes, edges=edges)


def framed() -> Chart:
    """Two enclosing states, one in the other, with arrows at their borders."""
    frames = (Frame(id="outer", title="Outer"), Frame(id="inner", title="Inner", kind="parallel", parent="outer"))
    nodes = (
        Node(id="a", label="A"), Node(id="b", label="B", frame="outer"), Node(id="c", label="C", frame="inner"),
        Node(id="d", label="D", frame="inner"), Node(id="e", label="E", kind="end"),
    )  # fmt: skip
    pairs = (("a", "outer"), ("b", "c"), ("c", "d"), ("inner", "b"), ("outer", "e"), ("d", "d"))
    edges = tuple(Edge(id=str(n), source=one, target=two, label=f"x{n}") for n, (one, two) in enumerate(pairs))
    return Chart(id="framed", title="Framed", nodes=nodes, edges=edges, frames=frames)
