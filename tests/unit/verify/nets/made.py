"""Random nets: composed of blocks as business processes are, then damaged; or arcs thrown at random. A seed makes each anew."""

from __future__ import annotations

from random import Random

from oyiflow.verify.nets.net import Net

Row = tuple[dict[str, int], dict[str, int]]


class Blocks:
    """A block-structured process as a net: sequences, choices, parallel branches and loops between one place and another."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.rows: dict[str, Row] = {}
        self.count = 0

    def place(self) -> str:
        self.count += 1
        return f"p{self.count}"

    def step(self, before: list[str], after: list[str]) -> None:
        self.rows[f"t{len(self.rows)}"] = (dict.fromkeys(before, 1), dict.fromkeys(after, 1))

    def block(self, first: str, last: str, size: int) -> None:
        """`size` steps, more or less. Iterative, so that large nets can be made too."""
        todo = [(first, last, size)]
        while todo:
            begin, end, left = todo.pop()
            if left <= 1:
                self.step([begin], [end])
                continue
            kind = self.random.random()
            if kind < 0.4:
                middle, part = self.place(), self.random.randint(1, left - 1)
                todo += [(begin, middle, part), (middle, end, left - part)]
            elif kind < 0.6:
                parts = self.random.randint(2, 3)
                todo += [(begin, end, max(1, left // parts)) for _ in range(parts)]
            elif kind < 0.88 and left >= 4:
                branches = [(self.place(), self.place()) for _ in range(self.random.randint(2, 3))]
                self.step([begin], [one for one, _ in branches])
                self.step([other for _, other in branches], [end])
                todo += [(one, other, max(1, (left - 2) // len(branches))) for one, other in branches]
            elif left >= 4:
                inside, done = self.place(), self.place()
                self.step([begin], [inside])
                self.step([done], [end])
                todo += [(inside, done, max(1, (left - 2) // 2)), (done, inside, max(1, (left - 2) // 2))]
            else:
                self.step([begin], [end])


def block_structured(random: Random, size: int) -> dict[str, Row]:
    made = Blocks(random)
    made.block("i", "o", size)
    return made.rows


def thrown(random: Random) -> dict[str, Row]:
    """Arcs at random."""
    places = [f"p{number}" for number in range(random.randint(1, 6))]
    rows: dict[str, Row] = {}
    for number in range(random.randint(1, 7)):
        low = 0 if random.random() < 0.06 else 1
        before = random.sample(places, min(len(places), random.randint(low, 2)))
        low = 0 if random.random() < 0.06 else 1
        after = random.sample(places, min(len(places), random.randint(low, 2)))
        if random.random() < 0.25:
            after.append("o")
        rows[f"t{number}"] = (dict.fromkeys(before, 1), dict.fromkeys(after, 1))
    return rows


def damaged(random: Random, rows: dict[str, Row]) -> None:
    """One change, as a slip of the hand makes it."""
    places = sorted({place for row in rows.values() for side in row for place in side}) or ["i"]
    name = random.choice(sorted(rows))
    before, after = rows[name]
    side = random.choice([before, after])
    kind = random.random()
    if kind < 0.2 and len(side) > 1:
        del side[random.choice(sorted(side))]
    elif kind < 0.45:
        side[random.choice(places)] = 1
    elif kind < 0.6 and side:
        del side[random.choice(sorted(side))]
        side[random.choice(places)] = 1
    elif kind < 0.68:
        after.pop("o", None)
        after[f"o{random.randint(2, 3)}"] = 1
    elif kind < 0.78:
        rows[f"x{len(rows)}"] = ({random.choice(places): 1}, {random.choice(places): 1})
    elif kind < 0.84 and len(rows) > 1:
        del rows[name]
    elif kind < 0.9:
        other = random.choice(sorted(rows))
        rows[name] = (before, dict(rows[other][1]))
    elif kind < 0.95:
        place = random.choice(places)
        before[place] = after[place] = 1
    elif side:
        side[random.choice(sorted(side))] = 2


def random_net(seed: int) -> Net:
    """A small net, most of them like a workflow."""
    random = Random(seed)
    kind = random.random()
    rows = thrown(random) if kind < 0.25 else block_structured(random, random.choice((3, 5, 8, 12, 18)))
    for _ in range(random.choice((0, 1, 1, 2, 3, 5))):
        damaged(random, rows)
    places = sorted({place for row in rows.values() for side in row for place in side})
    initial: dict[str, int] = {"i": 1} if kind >= 0.25 and random.random() < 0.9 else {}
    if kind < 0.25 and places:
        initial = dict.fromkeys(random.sample(places, random.randint(1, min(2, len(places)))), 1)
    if random.random() < 0.05 and places:
        initial[random.choice(places)] = random.randint(1, 2)
        initial.setdefault("i", 1)
    if random.random() < 0.03:
        initial["alone"] = 1
    finals = []
    if random.random() < 0.12 and places:
        for _ in range(random.randint(1, 2)):
            finals.append(
                {place: random.choice((1, 1, 1, 2)) for place in random.sample(places, random.randint(1, min(2, len(places))))}
            )
    net = Net.of({name: (before, after) for name, (before, after) in rows.items()}, initial, finals)
    if random.random() < 0.03:
        net = Net(**{**{name: getattr(net, name) for name in ("transitions", "inputs", "outputs", "initial", "finals")},
                     "places": (*net.places, "lonely")})  # fmt: skip
    return net
