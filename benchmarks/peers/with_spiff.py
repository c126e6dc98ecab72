"""SpiffWorkflow: BPMN with user tasks; an event is the completion of one user task and the engine steps after it.

A cycle is a fresh case from start to end, because a loop inside one case makes its task tree grow. b goes through three
nested sub-processes, as BPMN has no history; c is a parallel gateway that splits and joins.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from harness import LIMIT, Cycle, answer
from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

NAMESPACES = 'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def flow(source: str, target: str, condition: str = "") -> str:
    inner = f'<conditionExpression xsi:type="tFormalExpression">{condition}</conditionExpression>' if condition else ""
    return f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def task(name: str) -> str:
    return f'<userTask id="{name}" name="{name}"/>'


def chain(nodes: dict[str, str], prefix: str = "") -> str:
    """Nodes one after the other between a start and an end."""
    names = [f"{prefix}start", *nodes, f"{prefix}end"]
    ends = f'<startEvent id="{names[0]}"/><endEvent id="{names[-1]}"/>'
    return ends + "".join(nodes.values()) + "".join(map(flow, names, names[1:]))


def specs(body: str) -> tuple[Any, Any]:
    text = f'<definitions {NAMESPACES} targetNamespace="x" id="d"><process id="p" isExecutable="true">{body}</process></definitions>'
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.parse(BytesIO(text.encode())))
    return parser.get_spec("p"), parser.get_subprocess_specs("p")


def begun(spec: tuple[Any, Any]) -> Any:
    case = BpmnWorkflow(*spec)
    case.task_tree.data["amount"] = 10
    case.do_engine_steps()
    return case


def cycle_of(body: str, tasks: int) -> Cycle:
    spec = specs(body)

    def cycle() -> None:
        case, done = begun(spec), 0
        while not case.is_completed():
            case.get_tasks(state=TaskState.READY, manual=True)[0].run()
            case.do_engine_steps()
            done += 1
        assert done == tasks, done

    return cycle


def a() -> Cycle:
    nodes = "".join(map(task, ("submit", "assign", "approve", "pay", "reset")))
    gateway = '<startEvent id="start"/><endEvent id="end"/><exclusiveGateway id="fork" default="fork_end"/>'
    straight = (("start", "submit"), ("submit", "assign"), ("assign", "approve"), ("approve", "fork"), ("fork", "end"))
    flows = [flow(*pair) for pair in (*straight, ("pay", "reset"), ("reset", "end"))]
    return cycle_of(nodes + gateway + "".join(flows) + flow("fork", "pay", f"amount &lt;= {LIMIT}"), 5)


def b() -> Cycle:
    inner = f'<subProcess id="inner">{chain({n: task(n) for n in ("t3", "t4")}, "inner_")}</subProcess>'
    middle = f'<subProcess id="middle">{chain({"t2": task("t2"), "inner": inner, "t5": task("t5")}, "middle_")}</subProcess>'
    return cycle_of(chain({"t1": task("t1"), "middle": middle, "t6": task("t6")}), 6)


def c() -> Cycle:
    nodes = "".join(map(task, ("begin", "legal", "finance", "reset")))
    gateways = '<startEvent id="start"/><endEvent id="end"/><parallelGateway id="split"/><parallelGateway id="join"/>'
    pairs = [("start", "begin"), ("begin", "split"), ("join", "reset"), ("reset", "end")]
    pairs += [("split", "legal"), ("split", "finance"), ("legal", "join"), ("finance", "join")]
    return cycle_of(nodes + gateways + "".join(flow(*pair) for pair in pairs), 4)


WORKLOADS = {"a": (a, 5), "b": (b, 6), "c": (c, 4)}


def build(n: int) -> object:
    return specs(chain({f"t{i}": task(f"t{i}") for i in range(n)}))


def instances(n: int) -> object:
    spec = specs(chain({name: task(name) for name in ("submit", "assign", "approve", "pay", "reset")}))
    return [begun(spec) for _ in range(n)]


if __name__ == "__main__":
    answer(globals())
