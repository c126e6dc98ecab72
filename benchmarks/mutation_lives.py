"""Random life cycles: states with answers, forks by conditions, nested and parallel states, timers, histories."""

from __future__ import annotations

import random
from typing import Any

from mutation_operators import Data
from mutation_random import DEADLINES, STATE, Rows, Writer


class Life(Writer):
    """One life cycle in the making: a row of states, each of which knows the one that comes after it."""

    def life(self) -> Data:
        """A row of states; each knows the one that comes after it."""
        first = self.fields()
        rows: Rows = [self.state(fill=first)]
        leads: list[tuple[Data, str]] = [(self.way(rows[0], "submit", "提交", "Submit"), "to")]
        for _ in range(self.dice.randint(2, 5)):
            block = self.dice.choice((self.plain, self.plain, self.sorted, self.nested, self.parallel, self.resting))
            new, out = block(rows)
            for way, key in leads:
                way[key] = new[0].get("state") or new[0]["parallel"]
            rows += new
            leads = out
        last = self.end()
        for way, key in leads:
            way[key] = last
        return self.file("states", [*rows, *self.ends.values()])

    def state(self, **more: Any) -> Data:
        return self.row("state", STATE, by=self.by(), **more, transitions=[])

    def way(self, row: Data, event: str, zh: str, en: str, **more: Any) -> Data:
        made = {"event": event, "label": {"zh": zh, "en": en}, **more}
        row["transitions"].append(made)
        return made

    def plain(self, rows: Rows) -> tuple[Rows, list[tuple[Data, str]]]:
        row = self.state()
        on = self.way(row, "up", "前进", "Go on", **({"when": self.condition()} if self.chance(0.2) else {}))
        working = [one["state"] for one in rows if "by" in one]
        if "when" in on or self.chance(0.5):
            self.way(row, "back", "退回", "Back", to=self.dice.choice(working))
        if self.chance(0.3):
            self.way(row, "lost", "失效", "Lost", to=self.end(2))
        if self.chance(0.3):
            late: Data = {"after": self.dice.choice(DEADLINES)}
            late |= {"actions": [{"escalate": row["state"]}]} if self.chance(0.6) else {"to": self.dice.choice(working)}
            row["transitions"].append(late)
        return [row], [(on, "to")]

    def sorted(self, rows: Rows) -> tuple[Rows, list[tuple[Data, str]]]:
        """A condition sends some cases through one state more."""
        fork: Data = {**self.row("state", STATE), "transitions": []}
        more, out = self.plain(rows)
        numbers = [name for name, spec in self.form.items() if spec["type"] in ("money", "int")]
        if numbers:
            name = numbers[0]
            bound = self.threshold(name)
            ways = [{"when": f"{name} > {bound}", "to": more[0]["state"]}, {"when": f"{name} <= {bound}"}]
        else:
            ways = [{"when": self.condition(), "to": more[0]["state"]}, {"always": True}]
        fork["transitions"] += ways
        return [fork, *more], [(ways[1], "to"), *out]

    def nested(self, rows: Rows) -> tuple[Rows, list[tuple[Data, str]]]:
        """Two states inside one, which may be withdrawn as a whole or comes to an end by itself after a time."""
        one, two = self.state(), self.state()
        self.way(one, "next", "下一步", "Next", to=two["state"])
        on = self.way(two, "up", "前进", "Go on")
        if self.chance(0.4):
            self.way(two, "again", "重来", "Again", to=one["state"])
        outer: Data = {**self.row("state", STATE), "by": rows[0]["by"], "states": [one, two], "transitions": []}
        self.way(outer, "withdraw", "撤回", "Withdraw", to=self.end(2))
        if self.chance(0.4):
            outer["transitions"].append({"after": "30 days", "to": self.end(1)})
        return [outer], [(on, "to")]

    def parallel(self, rows: Rows) -> tuple[Rows, list[tuple[Data, str]]]:
        regions: Rows = []
        for number in range(2):
            inner = self.state()
            self.way(inner, f"ready_{number}", "办好", "Ready", to=f"side_{inner['state']}")
            region = {**self.row("state", STATE), "states": [inner, {"end": f"side_{inner['state']}"}]}
            regions.append(region)
        both: Data = {**self.row("parallel", STATE), "states": regions, "transitions": []}
        way: Data = {"event": f"done.state.{both['parallel']}"}
        both["transitions"].append(way)
        return [both], [(way, "to")]

    def resting(self, rows: Rows) -> tuple[Rows, list[tuple[Data, str]]]:
        """Work that can be paused, and goes on where it was."""
        one, two, rest = self.state(), self.state(), self.state()
        self.way(one, "next", "下一步", "Next", to=two["state"])
        on = self.way(two, "up", "前进", "Go on")
        memory = f"before_{rest['state']}"
        outer: Data = {**self.row("state", STATE), "by": one["by"], "states": [one, two, {"history": memory, "default": one["state"]}],
                       "transitions": []}  # fmt: skip
        self.way(outer, "pause", "暂停", "Pause", to=rest["state"])
        self.way(rest, "resume", "恢复", "Resume", to=memory)
        return [outer, rest], [(on, "to")]


def written(name: str, dice: random.Random) -> Data | None:
    """A file as data, a life cycle once in four; None if the words did not suffice."""
    try:
        return Life(name, dice).life() if dice.random() < 0.25 else Writer(name, dice).procedure()
    except IndexError:
        return None
