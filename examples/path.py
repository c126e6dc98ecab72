"""The chart of a process with the way that one instance has taken.

    python3 examples/path.py

The same picture comes from the command line: oyiflow draw FILE --instance ID -o picture.svg
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import oyiflow
from oyiflow.diagram import layout, svg
from oyiflow.diagram.of_definition import chart_of, highlight_of
from oyiflow.testing import memory_engine

PROCESS = """
process: purchase
title: {zh: 采购申请, en: Purchase request}
roles: {staff: {title: {zh: 员工, en: Staff}}, head: {title: {zh: 主管, en: Head}}}
form:
  cost: {type: money, required: true}
steps:
  - {do: request, title: {zh: 申请, en: Request}, by: staff, fill: cost}
  - decide: dear
    title: {zh: 超过五千？, en: 'Above 5000?'}
    cases:
      - {label: {zh: 是, en: 'yes'}, when: cost > 5000, then: sign}
      - {label: {zh: 否, en: 'no'}, otherwise: order}
  - {approve: sign, title: {zh: 审批, en: Approve}, by: head, rejected: request}
  - {do: order, title: {zh: 下单, en: Order}, by: staff}
  - {end: done, title: {zh: 结束, en: End}}
"""


def main(folder: Path) -> None:
    (folder / "purchase.yaml").write_text(PROCESS, encoding="utf-8")
    purchase = oyiflow.load(folder / "purchase.yaml")
    with memory_engine(purchase) as engine:  # in memory, with one person for each role
        one = engine.start("purchase", actor="staff")
        engine.complete(one.id, "request", actor="staff", values={"cost": "900"})

        steps = [micro for entry in engine.history(one.id) for micro in entry.trace]
        for micro in steps:
            print("left", *micro["exited"], "- entered", *micro["entered"])
        way = highlight_of(purchase, engine.instance(one.id).configuration, [(m["transitions"], m["entered"], m["exited"]) for m in steps])

    drawing = layout(chart_of(purchase, "zh"))
    plain, shown = svg(drawing, lang="zh"), svg(drawing, highlight=way, lang="zh")
    (folder / "purchase.svg").write_text(shown, encoding="utf-8")
    print("a picture,", "with" if plain != shown else "without", "the way marked;", "审批" in shown and "the titles are in it")


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        main(Path(name))

#> left - entered request
#> left request - entered dear
#> left dear - entered order
#> a picture, with the way marked; the titles are in it
