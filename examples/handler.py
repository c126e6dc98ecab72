"""A step that the program does: `perform` asks a handler of the embedding program, at least once.

    python3 examples/handler.py

The handler fails the first time, as the network does. It is tried again with the same key, which it passes on to whoever
must not do the thing twice. Its answer comes back as the event `done.run.NAME`, or `error.run.NAME` after the last try.
"""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import oyiflow
from oyiflow.testing import ManualClock

PROCESS = """
process: invoice
title: An invoice
roles: {cash: Cashier}
form:
  amount: {type: money, required: true}
states:
  - state: draft
    by: cash
    fill: amount
    transitions: [{event: pay, to: paying}]
  - state: paying
    entry: [{perform: transfer, with: {amount: amount}}]
    transitions:
      - {event: done.run.transfer, to: paid}
      - {event: error.run.transfer, to: draft}
  - {end: paid}
"""

COMPANY = """
company: Example Ltd
people:
  qian: {title: Qian Jing, roles: [cash]}
"""

tries: list[str] = []


def transfer(values: Mapping[str, Any], key: str) -> None:
    """Pretends to be a bank that does not answer the first time."""
    tries.append(key)
    print("try", len(tries), "to transfer", values["amount"], "with the key", key)
    if len(tries) == 1:
        raise TimeoutError("no answer")


def main(folder: Path) -> None:
    (folder / "invoice.yaml").write_text(PROCESS, encoding="utf-8")
    (folder / "company.yaml").write_text(COMPANY, encoding="utf-8")
    clock = ManualClock()
    company = oyiflow.load_company(folder / "company.yaml")
    with oyiflow.Engine(directory=company, clock=clock, handlers={"transfer": transfer}) as engine:
        invoice = engine.start(oyiflow.load(folder / "invoice.yaml"), actor="qian")
        engine.complete(invoice.id, "draft", actor="qian", outcome="pay", values={"amount": "250.50"})
        for waiting in engine.why(invoice.id):
            print("waits for", waiting.called or waiting.what, "-", waiting.problem)
        clock.advance("1 minute")
        engine.run_due()
        print(engine.instance(invoice.id).status)


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        main(Path(name))

#> try 1 to transfer 250.50 with the key invoice-1/2/0
#> waits for transfer - TimeoutError: no answer
#> try 2 to transfer 250.50 with the key invoice-1/2/0
#> done
