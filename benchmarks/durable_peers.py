"""Others at the same work, on the same disk, in the same run as the bare step and the engine of `durable.py`.

    python -m venv peers && peers/bin/pip install . dbos SpiffWorkflow "psycopg[binary]"
    peers/bin/python benchmarks/durable_peers.py [--json]

SpiffWorkflow: a chain of twenty user tasks; each is loaded from its JSON in SQLite (WAL, FULL), completed and saved. And one case
that goes round, at its 20th and its 300th step. DBOS: steps of a workflow, on SQLite as it opens it and on PostgreSQL, and events
(`recv`, `set_event`), which is what an approval waits for. Each is a row with its ratio to the engine's complete public step on
the same kind of store: of one workflow to one caller, of sixteen workflows to sixteen callers.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dbos import DBOS
from durable import alone, bare_step, on_file
from servers import serving
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer

CHAIN, EARLY, LATE = 20, 20, 300
STEPS = 30
MANY = 16
TURNS = 3
HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="t"><bpmn:process id="p" isExecutable="true">'
)
TAIL = "</bpmn:process></bpmn:definitions>"


def flow(number: int, source: str, target: str, condition: str = "") -> str:
    """An arrow."""
    inner = (
        f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}</bpmn:conditionExpression>'
        if condition
        else ""
    )
    return f'<bpmn:sequenceFlow id="f{number}" sourceRef="{source}" targetRef="{target}">{inner}</bpmn:sequenceFlow>'


def chain() -> str:
    """Tasks one after the other."""
    names = [f"t{n}" for n in range(CHAIN)]
    nodes = "".join(f'<bpmn:userTask id="{name}" name="{name}"/>' for name in names)
    path = ["s", *names, "e"]
    arrows = "".join(flow(n, a, b) for n, (a, b) in enumerate(itertools.pairwise(path)))
    return f'{HEAD}<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>{nodes}{arrows}{TAIL}'


def circle() -> str:
    """One task that comes back."""
    nodes = '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/><bpmn:userTask id="t" name="t"/><bpmn:exclusiveGateway id="g" default="f3"/>'
    return f"{HEAD}{nodes}{flow(1, 's', 't')}{flow(2, 't', 'g')}{flow(3, 'g', 'e')}{flow(4, 'g', 't', 'again')}{TAIL}"


class Spiff:
    """Cases in SQLite, as its serializer intends."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.execute("CREATE TABLE cases(id INTEGER PRIMARY KEY, body TEXT)")
        self.serializer = BpmnWorkflowSerializer()
        self.count = 0

    def run(self, xml: str, steps: int, again: bool) -> list[float]:
        """One case from its first step to its last; the time of each."""
        parser = BpmnParser()
        parser.add_bpmn_io(io.BytesIO(xml.encode()))
        case = BpmnWorkflow(parser.get_spec("p"))
        case.do_engine_steps()
        self.count += 1
        self._save(case)
        times = []
        for n in range(1, steps + 1):
            begun = time.perf_counter()
            body = self.db.execute("SELECT body FROM cases WHERE id = ?", (self.count,)).fetchone()[0]
            case = self.serializer.deserialize_json(body)
            task = case.get_next_task(state=TaskState.READY, manual=True)
            task.data.update(again=again and n < steps, comment="x" * 100)
            task.run()
            case.do_engine_steps()
            self._save(case)
            times.append(time.perf_counter() - begun)
        return times

    def _save(self, case: BpmnWorkflow) -> None:
        body = self.serializer.serialize_json(case)
        self.db.execute("BEGIN IMMEDIATE")
        self.db.execute("INSERT INTO cases VALUES(?, ?) ON CONFLICT(id) DO UPDATE SET body = excluded.body", (self.count, body))
        self.db.execute("COMMIT")


@DBOS.step()  # type: ignore[untyped-decorator,unused-ignore]
def one_step(n: int) -> dict[str, Any]:
    """A step that gives back a state of 400 bytes."""
    return {"n": n, "data": "v" * 400}


@DBOS.workflow()  # type: ignore[untyped-decorator,unused-ignore]
def many_steps(count: int) -> int:
    """Steps one after the other."""
    for n in range(count):
        one_step(n)
    return count


@DBOS.workflow()  # type: ignore[untyped-decorator,unused-ignore]
def many_events(count: int) -> int:
    """Waits for an event, publishes the new state, and again."""
    for n in range(count):
        told = DBOS.recv("event", timeout_seconds=60)
        DBOS.set_event("state", {"n": n, "told": told, "data": "v" * 400})
    return count


def dbos(url: str) -> dict[str, float]:
    """Steps and events per second."""
    DBOS(config={"name": "bench", "system_database_url": url, "log_level": "CRITICAL"})
    DBOS.launch()
    try:
        return {
            "steps": max(_steps(1) for _ in range(TURNS)),
            f"steps, {MANY} workflows": max(_steps(MANY) for _ in range(TURNS)),
            "events": max(_events() for _ in range(TURNS)),
        }
    finally:
        DBOS.destroy()


def _steps(workflows: int) -> float:
    begun = time.perf_counter()
    handles = [DBOS.start_workflow(many_steps, STEPS) for _ in range(workflows)]
    for handle in handles:
        handle.get_result(polling_interval_sec=0.005)
    return workflows * STEPS / (time.perf_counter() - begun)


def _events() -> float:
    handles = [DBOS.start_workflow(many_events, 10) for _ in range(8)]
    begun = time.perf_counter()
    for handle in handles:
        for n in range(10):
            DBOS.send(handle.workflow_id, {"n": n}, "event")
    for handle in handles:
        handle.get_result(polling_interval_sec=0.005)
    return 80 / (time.perf_counter() - begun)


def best(turn: Callable[[float], tuple[float, list[float]]]) -> float:
    """The best of a few short turns, after one to warm up."""
    turn(0.3)
    return max(turn(0.3)[0] for _ in range(2 * TURNS))


def measured(folder: Path) -> dict[str, float]:
    """Steps per second of everybody."""
    found = {"bare (file)": best(alone(bare_step(folder / "bare.db", "FULL")))}
    cases = on_file(folder / "engine.db")
    found["engine (file)"] = best(alone(cases.step()))
    found[f"engine, {MANY} callers (file)"] = best(cases.together(MANY))
    late = cases.late_steps(3)
    spiff = Spiff(folder / "spiff.db")
    found["SpiffWorkflow, load and save (file)"] = max(CHAIN / sum(spiff.run(chain(), CHAIN, False)) for _ in range(4 * TURNS))
    times = spiff.run(circle(), LATE + 6, True)
    found["SpiffWorkflow, step 300 to step 20"] = sum(times[LATE : LATE + 5]) / sum(times[EARLY : EARLY + 5])
    found["engine, step 300 to step 20"] = late["ratio"]
    for name, rate in dbos(f"sqlite:///{folder}/dbos.sqlite").items():
        found[f"DBOS {name} (file)"] = rate
    with serving() as server:
        if server is not None:
            _on_server(server, found)
    return found


def _on_server(server: Any, found: dict[str, float]) -> None:
    from durable import Rework

    from oyiflow.store import open_store, upgrade

    upgrade(server.url())
    cases = Rework(open_store(server.url()))
    found["engine (server)"] = best(alone(cases.step()))
    found[f"engine, {MANY} callers (server)"] = best(cases.together(MANY))
    for name, rate in dbos(server.plain_url).items():
        found[f"DBOS {name} (server)"] = rate
    cases.engine.close()


def _times(found: dict[str, float], name: str) -> float | None:
    """How many times as much the engine does, on the same kind of store and for as many callers."""
    where = "server" if "server" in name else "file"
    ours = f"engine, {MANY} callers ({where})" if str(MANY) in name else f"engine ({where})"
    return round(found[ours] / found[name], 1) if "step 300" not in name else None


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="machine-readable")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="oyiflow-bench-", ignore_cleanup_errors=True) as folder:
        found = measured(Path(folder))
    rows = [{"who": name, "per_s": round(rate, 1), "engine_times": _times(found, name)} for name, rate in found.items()]
    print(json.dumps(rows, indent=2) if options.json else "\n".join(str(row) for row in rows))


if __name__ == "__main__":
    sys.exit(main())
