"""OyiFlow inside a program: publish a process, start an instance, ask who must act, answer, look at what happened.

    python3 examples/embed.py
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import oyiflow

PROCESS = """
process: purchase
title: {zh: 采购申请, en: Purchase request}
roles: {staff: Staff, head: Head of department}
form:
  item: {type: text, required: true}
  cost: {type: money, required: true}
steps:
  - {do: request, by: staff, fill: [item, cost]}
  - {approve: sign, by: head, rejected: request}
  - {end: done}
rules:
  - {say: Nobody approves a request of their own, different_people: [request, sign]}
"""

COMPANY = """
company: Example Ltd
people:
  lin: {title: Lin Xiao, roles: [staff, head]}
  gao: {title: Gao Min, roles: [head]}
"""


def main(folder: Path) -> None:
    (folder / "purchase.yaml").write_text(PROCESS, encoding="utf-8")
    (folder / "company.yaml").write_text(COMPANY, encoding="utf-8")
    purchase = oyiflow.load(folder / "purchase.yaml")  # raises InvalidDefinition, with every mistake in it
    company = oyiflow.load_company(folder / "company.yaml")

    with oyiflow.Engine(f"sqlite:///{(folder / 'purchases.db').as_posix()}", directory=company) as engine:
        one = engine.start(purchase, actor="lin", key="mail 4711")
        same = engine.start(purchase, actor="lin", key="mail 4711")  # asked again, as a program does that heard no answer
        print("started", one.id, "once" if same.id == one.id else "twice")

        engine.complete(one.id, "request", actor="lin", values={"item": "Printer", "cost": "1800"})
        for task in engine.tasks(instance=one.id):
            print("waits for", *task.people, "to answer", task.step, "with", " or ".join(task.outcomes))
        try:
            engine.complete(one.id, "sign", actor="lin")
        except oyiflow.Forbidden as error:
            print("refused:", error.en)
        engine.complete(one.id, "sign", actor="gao", outcome="rejected", comment="too dear")

    # The program may stop here, or be killed at any other place: what was answered is in the file.
    with oyiflow.Engine(f"sqlite:///{(folder / 'purchases.db').as_posix()}", directory=company) as engine:
        engine.complete(one.id, "request", actor="lin", values={"cost": "1500"})
        ended = engine.complete(one.id, "sign", actor="gao")
        print(ended.status, {name: str(value) for name, value in ended.data.items()})
        for entry in engine.history(one.id):
            print(*filter(None, (entry.revision, entry.actor, entry.step or entry.kind, entry.outcome, entry.comment)))


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        main(Path(name))

#> started purchase-1 once
#> waits for gao to answer sign with approved or rejected
#> refused: a rule forbids lin to act here: Nobody approves a request of their own
#> done {'cost': '1500', 'item': 'Printer'}
#> 1 lin start
#> 2 lin request done
#> 3 gao sign rejected too dear
#> 4 lin request done
#> 5 gao sign approved
