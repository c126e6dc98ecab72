"""The way that an instance took, shown in a notebook and printed on paper.

    python3 examples/notebook.py

In a notebook, let `Picture(...)` be the last line of a cell: it shows itself. The PDF needs nothing besides OyiFlow.
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import oyiflow
from oyiflow.diagram import Highlight, layout
from oyiflow.diagram.of_definition import chart_of, highlight_of
from oyiflow.diagram.scene import paint
from oyiflow.diagram.svg import written
from oyiflow.model.definition import Definition
from oyiflow.printing import FontLetters, pdf
from oyiflow.testing import memory_engine

PROCESS = """
process: leave
title: {zh: 请假, en: Leave}
roles: {staff: {title: {zh: 员工, en: Staff}}, head: {title: {zh: 主管, en: Head}}}
form:
  days: {type: int, required: true}
steps:
  - {do: apply, title: {zh: 申请, en: Apply}, by: staff, fill: days}
  - {approve: sign, title: {zh: 审批, en: Approve}, by: head, rejected: apply}
  - {end: done, title: {zh: 结束, en: End}}
"""


@dataclass(frozen=True)
class Picture:
    """A notebook asks an object for `_repr_svg_` and shows what it answers."""

    definition: Definition
    way: Highlight

    def scene(self):
        """What is drawn, whatever the format."""
        return paint(layout(chart_of(self.definition, "zh")), highlight=self.way)

    def _repr_svg_(self) -> str:
        return written(self.scene(), letters=FontLetters())


def main(folder: Path) -> None:
    (folder / "leave.yaml").write_text(PROCESS, encoding="utf-8")
    leave = oyiflow.load(folder / "leave.yaml")
    with memory_engine(leave) as engine:  # in memory, with one person for each role
        one = engine.start("leave", actor="staff")
        engine.complete(one.id, "apply", actor="staff", values={"days": "3"})
        engine.complete(one.id, "sign", actor="head", outcome="rejected")
        steps = [micro for entry in engine.history(one.id) for micro in entry.trace]
        passed = [(micro["transitions"], micro["entered"], micro["exited"]) for micro in steps]
        picture = Picture(leave, highlight_of(leave, engine.instance(one.id).configuration, passed))

    for name, times in picture.way.visited.items():
        print(name, times, *(["now here"] if name in picture.way.current else []))
    shown = picture._repr_svg_()
    print("in the notebook:", shown[:4], "with shapes for letters" if "<text" not in shown else "with text")
    (folder / "leave.pdf").write_bytes(pdf([picture.scene()]))
    print("on paper:", (folder / "leave.pdf").read_bytes()[:8].decode())


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        main(Path(name))

#> apply 2 now here
#> sign 1
#> @start 1
#> in the notebook: <svg with shapes for letters
#> on paper: %PDF-1.7
