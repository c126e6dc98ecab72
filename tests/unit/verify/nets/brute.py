"""The slow twin of `oyiflow.verify.nets.soundness`: definitions, one after the other, on all markings, and nothing clever.

Every marking is a tuple of counts, every marking is compared with all that led to it, and nothing stops early but an unbounded
net and the limit.
"""

from __future__ import annotations

from dataclasses import dataclass

from oyiflow.verify.nets.net import Ends, Kind, Net, Status, Verdict, replay

Marking = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """`sound` is None when there were more markings than the limit. `depth`: the fewest steps to each kind of mistake."""

    sound: bool | None
    kinds: frozenset[Kind]
    dead: frozenset[str]
    depth: dict[Kind, int]
    markings: int
    safe: bool


def covers(more: Marking, less: Marking) -> bool:
    return all(a >= b for a, b in zip(more, less, strict=True))


class Twin:
    """All there is to know about a net. `safe`, `ends` as in `soundness`."""

    def __init__(self, net: Net, ends: Ends = Ends.ANY, safe: bool | None = None) -> None:
        self.net = net
        self.any_end = not net.finals and ends is Ends.ANY and len(net.ends) > 1
        self.single = self.any_end if safe is None else safe
        self.start = self.counts(dict(net.start))
        finals = [dict(arcs) for arcs in net.finals] or [{place: 1} for place in net.ends]
        self.goals = {self.counts(goal) for goal in finals}
        self.strict = [one for one in self.goals if not any(one != other and covers(other, one) for other in self.goals)]

    def counts(self, tokens: dict[int, int]) -> Marking:
        return tuple(tokens.get(place, 0) for place in range(len(self.net.places)))

    def over(self, marking: Marking) -> bool:
        if self.any_end:
            return sum(marking) > 0 and sum(marking) == sum(marking[place] for place in self.net.ends)
        return marking in self.goals

    def too_much(self, marking: Marking) -> bool:
        return not self.any_end and any(marking != goal and covers(marking, goal) for goal in self.strict)

    def after(self, marking: Marking) -> list[tuple[int, Marking]]:
        found = []
        for number, (inputs, outputs) in enumerate(zip(self.net.inputs, self.net.outputs, strict=True)):
            if all(marking[place] >= weight for place, weight in inputs):
                tokens = list(marking)
                for place, weight in inputs:
                    tokens[place] -= weight
                for place, weight in outputs:
                    tokens[place] += weight
                found.append((number, tuple(tokens)))
        return found

    def truth(self, limit: int) -> Truth:
        if not self.net.start or (not self.net.finals and not self.net.ends):
            return Truth(False, frozenset({Kind.SHAPE}), frozenset(), {}, 0, True)
        above: dict[Marking, Marking | None] = {self.start: None}
        steps = {self.start: 0}
        order, edges, fired = [self.start], [], set()
        for marking in order:
            for number, following in self.after(marking):
                fired.add(number)
                edges.append((marking, following))
                if following in above:
                    continue
                above[following], steps[following] = marking, steps[marking] + 1
                order.append(following)
                up: Marking | None = marking
                while up is not None:
                    if covers(following, up):
                        wrong = {Kind.UNBOUNDED} | ({Kind.UNSAFE} if self.single else set())
                        return Truth(False, frozenset(wrong), frozenset(), {}, len(order), False)
                    up = above[up]
            if len(order) > limit:
                return Truth(None, frozenset(), frozenset(), {}, len(order), False)
        return self.judged(order, steps, edges, fired)

    def judged(
        self, order: list[Marking], steps: dict[Marking, int], edges: list[tuple[Marking, Marking]], fired: set[int]
    ) -> Truth:
        back: dict[Marking, list[Marking]] = {}
        for here, there in edges:
            back.setdefault(there, []).append(here)
        todo = [marking for marking in order if self.over(marking)]
        good = set(todo)
        while todo:
            for one in back.get(todo.pop(), ()):
                if one not in good:
                    good.add(one)
                    todo.append(one)
        alive = {here for here, _ in edges}
        wrong = {
            Kind.DEADLOCK: [m for m in order if m not in alive and not self.over(m)],
            Kind.LIVELOCK: [m for m in order if m not in good],
            Kind.IMPROPER: [m for m in order if self.too_much(m)],
            Kind.UNSAFE: [m for m in order if self.single and max(m, default=0) > 1],
        }
        depth = {kind: min(steps[m] for m in found) for kind, found in wrong.items() if found}
        dead = {name for number, name in enumerate(self.net.transitions) if number not in fired}
        kinds = set(depth) | ({Kind.DEAD} if dead else set())
        safe = all(max(m, default=0) <= 1 for m in order)
        return Truth(not kinds, frozenset(kinds), frozenset(dead), depth, len(order), safe)

    def confirm(self, verdict: Verdict, truth: Truth) -> str:
        """What is wrong with a verdict; "" if nothing is."""
        if verdict.status is Status.UNDECIDED or truth.sound is None:
            return ""
        if verdict.sound is not truth.sound:
            return f"{verdict} but the truth is {truth}"
        if verdict.sound:
            return "" if verdict.safe in (None, truth.safe) else "wrong about safeness"
        return self.shown(verdict, truth)

    def shown(self, verdict: Verdict, truth: Truth) -> str:
        """Whether the run of a verdict shows what it says."""
        net, kind = self.net, verdict.kind
        if kind is Kind.SHAPE:
            return "" if kind in truth.kinds else "the shape is right"
        if kind is Kind.DEAD:
            return "" if verdict.element in truth.dead or Kind.UNBOUNDED in truth.kinds else f"{verdict.element} is not dead"
        marking = replay(net, verdict.trace)
        if tuple(marking.items()) != verdict.marking:
            return "the trace leads elsewhere"
        counts = tuple(marking.get(place, 0) for place in net.places)
        if kind is Kind.DEADLOCK:
            return "it can go on" if self.after(counts) or self.over(counts) else ""
        if kind is Kind.LIVELOCK:
            return "an end can be reached" if self.can_end(counts) else ""
        if kind is Kind.IMPROPER:
            return "" if self.too_much(counts) else "that is no end and more"
        if kind is Kind.UNSAFE:
            return "" if marking.get(verdict.element, 0) > 1 else "there are no two tokens"
        earlier = replay(net, verdict.trace[: len(verdict.trace) - verdict.repeats])
        grown = all(marking.get(place, 0) >= count for place, count in earlier.items()) and marking != earlier
        return "" if kind is Kind.UNBOUNDED and grown else "nothing grows"

    def can_end(self, marking: Marking, limit: int = 20_000) -> bool:
        seen, todo = {marking}, [marking]
        while todo and len(seen) < limit:
            here = todo.pop()
            if self.over(here):
                return True
            for _, following in self.after(here):
                if following not in seen:
                    seen.add(following)
                    todo.append(following)
        return False
