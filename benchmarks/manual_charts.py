"""The two swimlane charts of a sales manual, as data, and what other tools made of them.

``OTHERS`` was measured once, on the drawings of those tools, with measures defined like those of
`oyiflow.diagram.quality`: lanes = steps outside their lane and lanes that are not full-length bands; points = size of the
steps' text on A4.  A tool that bends its arrows as curves has its bends counted in quarter turns.
"""

from __future__ import annotations

from typing import Final

from oyiflow.diagram import Chart, Edge, Lane, Node

DEVELOPMENT: Final = (
    "总经理 大客户部经理 大客户专员 销售助理",
    "start:2:start:开始 survey:2:task:潜在客户调查 data:3:task:资料支持 pick:2:task:选定准客户 eval:2:task:筛选评价 "
    "ok:2:decision:合格？ apply:2:task:提出开发申请|编制开发方案 audit1:1:decision:审核 audit2:0:decision:审核 "
    "team:1:task:组建项目小组 carry:2:task:实施开发计划 report:2:task:定期汇报 check:1:decision:开发完成？ "
    "archive:3:task:建立客户档案 end:3:end:结束",
    "start>survey survey>pick survey>data pick>eval eval>ok ok>apply:是 ok>survey:否 apply>audit1 audit1>audit2:是 "
    "audit1>apply:否 audit2>team:是 audit2>apply:否 team>carry carry>report report>check check>carry:否 check>archive:是 "
    "archive>end data>pick",
)
VISIT: Final = (
    "财务部 总经理 大客户部经理 大客户专员",
    "start:3:start:开始 target:3:task:锁定拜访对象 plan:3:task:制定拜访计划 apply:3:task:提出拜访申请 audit:2:decision:审核 "
    "approve:1:decision:审批 fund:0:task:款项支持 prep:3:task:拜访准备 visit:3:task:按约定时间拜访 present:3:task:陈述 "
    "objection:3:task:处理客户异议 gift:3:task:馈赠礼品 needs:3:task:了解需求 report:3:task:客户拜访报告 "
    "check:2:task:检查报告 claim:3:task:费用报销 audit2:0:decision:审核 again:3:decision:约定下次拜访？ end:3:end:结束",
    "start>target target>plan plan>apply apply>audit audit>approve:是 audit>apply:否 approve>fund:是 approve>apply:否 "
    "fund>prep prep>visit visit>present present>objection objection>gift objection>needs gift>report needs>report "
    "report>check check>claim claim>audit2 audit2>again:是 audit2>claim:否 again>plan:是 again>end:否",
)
# Of development / visit: lanes, hard, crossings, bends, length in em, points on A4.
OTHERS: Final[dict[str, tuple[str, ...]]] = {
    "dot, lanes as clusters": ("5/5", "6/6", "0/4", "3/6", "264/454", "9.4/8.5"),
    "dot, lanes as rails": ("0/1", "1/2", "1/5", "4/8", "244/486", "7.2/5.8"),
    "dot rails, orthogonal": ("0/1", "2/1", "0/7", "12/14", "272/455", "7.3/6.1"),
    "Mermaid flowchart": ("5/5", "6/6", "4/1", "16/15", "447/397", "7.5/6.1"),
    "Mermaid swimlane": ("0/0", "0/0", "0/0", "16/20", "228/512", "8.1/5.8"),
    "elkjs, compound nodes": ("5/5", "5/5", "4/5", "54/46", "729/767", "9.8/9.7"),
    "elkjs, partitions": ("16/20", "16/20", "1/0", "42/42", "401/449", "8.2/7.1"),
    "D2, dagre": ("5/5", "5/6", "4/1", "13/13", "574/562", "5.9/4.2"),
    "D2, elk": ("5/5", "5/5", "4/6", "38/40", "1404/1306", "4.7/6.0"),
    "bpmn-auto-layout": ("16/20", "17/20", "3/6", "10/10", "260/376", "4.4/3.6"),
}


def chart(name: str, data: tuple[str, str, str]) -> Chart:
    """A chart from its data."""
    lanes = data[0].split()
    nodes = [text.split(":") for text in data[1].split()]
    ways = [text.partition(":") for text in data[2].split()]
    return Chart(
        id=name,
        lanes=tuple(Lane(id=lane, title=lane) for lane in lanes),
        nodes=tuple(
            Node(id=one, lane=lanes[int(lane)], kind=kind, label=label.replace("|", "\n"))  # type: ignore[arg-type]
            for one, lane, kind, label in nodes
        ),
        edges=tuple(
            Edge(id=f"e{at}", source=ends.split(">")[0], target=ends.split(">")[1], label=label)
            for at, (ends, _, label) in enumerate(ways)
        ),
    )
