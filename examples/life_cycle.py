"""A life cycle written as `states:`: an order that can be put on hold and taken up again where it was.

    python3 examples/life_cycle.py

Nested states, a history state, an event from outside, a delay, an action. No people act here, so no roles are needed;
whoever is in the company may start it.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import oyiflow
from oyiflow.testing import ManualClock, memory_engine

PROCESS = """
process: order
title: An order
form:
  parts: {type: int, required: true}
states:
  - state: open
    states:
      - {state: packing, transitions: [{event: packed, when: parts > 0, to: ready}]}
      - {state: ready, transitions: [{event: shipped, to: gone}, {after: 2 days, to: packing, actions: [{log: packed again}]}]}
      - {history: back, default: packing}
    transitions:
      - {event: hold, to: held}
      - {event: count, actions: [{set: parts, value: parts + 1}]}
  - {state: held, transitions: [{event: resume, to: back}]}
  - {end: gone}
"""

COMPANY = """
company: Example Ltd
people:
  lin: {title: Lin Xiao, roles: []}
"""


def main(folder: Path) -> None:
    (folder / "order.yaml").write_text(PROCESS, encoding="utf-8")
    (folder / "company.yaml").write_text(COMPANY, encoding="utf-8")
    definition = oyiflow.load(folder / "order.yaml")
    clock = ManualClock()
    with memory_engine(definition, directory=oyiflow.load_company(folder / "company.yaml"), clock=clock) as engine:
        order = engine.start("order", actor="lin", values={"parts": "0"})
        try:
            engine.send(order.id, "packed")
        except oyiflow.EventRejected as error:
            print("refused:", error.code, "- accepted now:", *error.accepted)
        for event in ("count", "packed", "hold", "resume"):
            order = engine.send(order.id, event)
            print(event, "->", *order.configuration, f"({order.data['parts']} parts)")
        clock.advance("2 days")
        engine.run_due()
        print("two days later:", *engine.instance(order.id).configuration)
        engine.send(order.id, "packed")
        print("shipped ->", engine.send(order.id, "shipped").status)
        print("replayed from the journal, it is the same:", engine.replay(order.id) == engine.snapshot(order.id))


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        main(Path(name))

#> refused: not_accepted - accepted now: hold count packed
#> count -> packing (1 parts)
#> packed -> ready (1 parts)
#> hold -> held (1 parts)
#> resume -> ready (1 parts)
#> two days later: packing
#> shipped -> done
#> replayed from the journal, it is the same: True
