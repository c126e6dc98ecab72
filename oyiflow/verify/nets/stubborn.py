"""A search that does not follow every order of steps which have nothing to do with each other.

In each marking only a *stubborn set* of transitions is fired: with an enabled transition, all that share an input with it;
with a disabled one, all that could lay a token on one of its empty inputs. What lies outside such a set can neither enable nor
disable what lies inside, so an enabled member may be moved to the front of any run that uses no member of it.

That alone forgets transitions which are always put off. So, when no new marking is found, every group of markings that
only leads to itself is looked at: if some transition that is enabled there is fired nowhere in the group, one of its markings
is opened in full, and the search goes on. When nothing is left to open, then

- from every marking that the net can reach, some marking looked at here can be reached: take the run that leads there; by
  what was said it can be brought forward step by step, and what is put off is fired at last in the group in which one ends up;
- so an end can be reached from everywhere if and only if every such group is a single marking in which it ends, provided
  that nothing is enabled in the markings in which it ends;
- and every transition that can ever fire has been fired here.

Not kept: whether a place ever holds two tokens. If that happens here it is told, but that it does not happen proves nothing.
"""

from __future__ import annotations

from oyiflow.verify.nets.search import End, Machine, Result, path, twice, unfired


def search_stubborn(net: Machine, budget: int) -> Result:
    """Decide as `search` does. Every transition of the net must have inputs and outputs, and nothing may leave an end."""
    return _Search(net).run(budget)


class _Search:
    def __init__(self, net: Machine) -> None:
        self.net = net
        self.seen = {net.start: 0}
        self.order = [net.start]
        self.enabled = [net.enabled(net.start)]
        self.origin: list[tuple[int, int]] = [(-1, -1)]
        self.ways: list[list[int]] = []
        self.used: list[int] = []
        self.needs = [_bits(before) for before in net.before]

    def run(self, budget: int) -> Result:
        while True:
            while len(self.ways) < len(self.order):
                if (found := self.look(len(self.ways))) is not None:
                    return found
                if len(self.order) > budget:
                    return Result(end=End.SPENT, explored=len(self.order))
            groups = closed_groups(self.ways)
            opened = [one for group in groups if (one := self.put_off(group)) is not None]
            if not opened:
                return self.judged(groups)
            for place, more in opened:
                if (found := self.fire(place, more)) is not None:
                    return found

    def look(self, place: int) -> Result | None:
        """Fire a stubborn set in a marking."""
        net, marking, can = self.net, self.order[place], self.enabled[place]
        self.ways.append([])
        self.used.append(0)
        if net.over(marking):
            return None
        if not can:
            return Result(end=End.STUCK, explored=len(self.order), fired=path(self.origin, place))
        if net.too_much(marking):
            return Result(end=End.MORE, explored=len(self.order), fired=path(self.origin, place))
        return self.fire(place, self.smallest(marking, can))

    def smallest(self, marking: int, can: int) -> int:
        """The enabled transitions of a stubborn set with few of them."""
        best, least = can, can.bit_count()
        left = can
        while left and least > 1:
            low = left & -left
            left ^= low
            found = self.closure(low.bit_length() - 1, marking, can, least)
            if found.bit_count() < least:
                best, least = found, found.bit_count()
            left &= ~found
        return best

    def closure(self, number: int, marking: int, can: int, most: int) -> int:
        """The enabled transitions of the stubborn set that grows from one; all of `can` if there would be too many."""
        net = self.net
        members = todo = 1 << number
        while todo:
            low = todo & -todo
            todo ^= low
            one = low.bit_length() - 1
            if low & can:
                more = net.hurt[one]
            else:
                more = min((net.makers[place] for place in self.needs[one] if not marking >> place & 1), key=int.bit_count)
            todo |= more & ~members
            members |= more
            if (members & can).bit_count() >= most:
                return can
        return members & can

    def fire(self, place: int, which: int) -> Result | None:
        """Fire these transitions in a marking."""
        net, marking = self.net, self.order[place]
        self.used[place] |= which
        for number in _bits(which):
            rest = marking & ~net.before[number]
            if rest & net.after[number]:
                return twice(net, self.origin, place, number, len(self.order))
            following = rest | net.after[number]
            known = self.seen.setdefault(following, len(self.order))
            self.ways[place].append(known)
            if known == len(self.order):
                self.order.append(following)
                self.enabled.append(net.enabled(following))
                self.origin.append((place, number))
        return None

    def put_off(self, group: list[int]) -> tuple[int, int] | None:
        """A marking of a group that only leads to itself, and what is enabled there but fired nowhere in the group."""
        if len(group) == 1 and self.net.over(self.order[group[0]]):
            return None
        used = 0
        for place in group:
            used |= self.used[place]
        for place in group:
            if more := self.enabled[place] & ~used:
                return place, more
        return None

    def judged(self, groups: list[list[int]]) -> Result:
        lost = [min(group) for group in groups if not any(self.net.over(self.order[place]) for place in group)]
        if lost:
            return Result(end=End.LOST, explored=len(self.order), fired=path(self.origin, min(lost)))
        fired = 0
        for used in self.used:
            fired |= used
        return unfired(fired, len(self.net.before), len(self.order))


def _bits(mask: int) -> list[int]:
    found = []
    while mask:
        low = mask & -mask
        mask ^= low
        found.append(low.bit_length() - 1)
    return found


def closed_groups(ways: list[list[int]]) -> list[list[int]]:
    """The strongly connected groups of markings out of which no way leads (Tarjan, without recursion)."""
    index = [0] * len(ways)
    low = [0] * len(ways)
    group_of = [-1] * len(ways)
    stack: list[int] = []
    found: list[list[int]] = []
    closed: list[bool] = []
    count = 0
    for root in range(len(ways)):
        if index[root]:
            continue
        count += 1
        index[root] = low[root] = count
        stack.append(root)
        todo = [(root, iter(ways[root]))]
        while todo:
            here, left = todo[-1]
            for there in left:
                if not index[there]:
                    count += 1
                    index[there] = low[there] = count
                    stack.append(there)
                    todo.append((there, iter(ways[there])))
                    break
                if group_of[there] < 0:
                    low[here] = min(low[here], index[there])
            else:
                todo.pop()
                if todo:
                    low[todo[-1][0]] = min(low[todo[-1][0]], low[here])
                if low[here] == index[here]:
                    group = _taken_from(stack, here)
                    for one in group:
                        group_of[one] = len(found)
                    found.append(group)
                    closed.append(all(group_of[there] == len(found) - 1 for one in group for there in ways[one]))
    return [group for group, alone in zip(found, closed, strict=True) if alone]


def _taken_from(stack: list[int], last: int) -> list[int]:
    group = []
    while True:
        group.append(stack.pop())
        if group[-1] == last:
            return group
