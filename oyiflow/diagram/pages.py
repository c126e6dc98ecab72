"""A chart on sheets of paper: one if its text stays big enough, else several, cut where few arrows pass.

The paper is A4, upright or lying, whichever prints bigger; if the text would be smaller than the floor, A3; if that is
not enough either, the chart is cut between rows and each part is laid out anew as a chart of its own.  So no line is cut
in two: an arrow that leads to another sheet ends at a connector with a letter, which stands for the step where the arrow
goes on.  All arrows to one step from other sheets share a letter.

Where to cut is looked for on the layout of the whole chart, row by row: fewest sheets first, then fewest arrows cut, then
even filling.  A part that turns out too big for its sheet, because connectors take room too, is given fewer rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, pairwise
from typing import Final

from oyiflow.diagram.chart import Chart, Direction, Edge, Frame, Node
from oyiflow.diagram.drawing import PAPER_FOOT, PAPER_MARGIN, POINT, SHEETS, Drawing, Page, Paper
from oyiflow.diagram.layout import layout

FLOOR: Final = 8.0  # points; smaller text is not read on paper
CEILING: Final = 12.0  # points; bigger text is not needed
ATTEMPTS: Final = 6
OVERHEAD: Final = 14.0  # em along the flow, for what every sheet has besides its rows
BORDERS: Final = 3.0  # em, of a lane beside its steps
MOST_TIGHTER: Final = 1.2  # the room is shared out as if it were so much less, at most, when a part did not fit
CUT: Final = 1.0  # price of an arrow cut
SHEET: Final = 1000.0  # price of a sheet
UNEVEN: Final = 4.0  # price of an empty sheet

Sheet = tuple[Paper, bool]
Room = tuple[float, float]  # across the flow, along it
_AGAIN: Final = {"zh": "（续）", "en": "(continued)", "both": "（续）(continued)"}
_WORDS: Final = {"zh": "第 {} 页", "en": "page {}", "both": "第 {} 页\npage {}"}


def pages(
    chart: Chart, *, direction: Direction = "TB", paper: Paper | None = None, floor: float = FLOOR, lang: str = "zh"
) -> tuple[Page, ...]:
    """The chart on as few sheets as keep its text at ``floor`` points; ``paper`` asks for one size only."""
    whole = layout(chart, direction=direction)
    sizes: tuple[Paper, ...] = (paper,) if paper else ("A4", "A3")
    for size in sizes:
        sheet = max(((size, turned) for turned in (False, True)), key=lambda one: _scale(whole, one))
        if whole.em * _scale(whole, sheet) >= floor:
            return (_page(whole, sheet, 1, 1),)
    cut = _best_cut(_Whole(chart, whole, direction, lang), sizes, floor)
    return tuple(_page(drawing, cut.sheet, at, len(cut.drawings)) for at, drawing in enumerate(cut.drawings, 1))


def room(sheet: Sheet) -> tuple[float, float]:
    """What a sheet holds between its margins and above its foot, in points."""
    short, long = SHEETS[sheet[0]]
    width, height = (long, short) if sheet[1] else (short, long)
    return (width - 2 * PAPER_MARGIN) * POINT, (height - 2 * PAPER_MARGIN - PAPER_FOOT) * POINT


def _scale(drawing: Drawing, sheet: Sheet) -> float:
    width, height = room(sheet)
    return min(width / drawing.width, height / drawing.height)


def _page(drawing: Drawing, sheet: Sheet, number: int, of: int) -> Page:
    scale = min(_scale(drawing, sheet), CEILING / drawing.em)
    return Page(number=number, count=of, paper=sheet[0], landscape=sheet[1], drawing=drawing, scale=scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    sheet: Sheet
    drawings: tuple[Drawing, ...]
    fits: bool


class _Whole:
    """The chart with its steps sorted into rows along the flow."""

    __slots__ = ("along", "chart", "direction", "em", "known", "lang", "needs", "passing", "rows")

    def __init__(self, chart: Chart, drawing: Drawing, direction: Direction, lang: str) -> None:
        self.chart, self.direction, self.lang = chart, direction, lang
        self.em, self.known = drawing.em, dict[Chart, Drawing]()
        tall = direction == "TB"
        middle = {lane.id: lane.box.cx if tall else lane.box.cy for lane in drawing.lanes}
        self.needs: list[dict[str | None, float]] = []
        place = {node.id: round(node.box.cy if tall else node.box.cx) for node in drawing.nodes}
        self.along = sorted(set(place.values()))
        self.needs = [{} for _ in self.along]
        for node in drawing.nodes:
            box, wide = node.box, self.needs[self.along.index(place[node.id])]
            low, high = (box.x, box.right) if tall else (box.y, box.y + box.h)
            at = middle.get(node.lane or "", (low + high) / 2)
            wide[node.lane] = max(wide.get(node.lane, 0.0), 2 * max(at - low, high - at) + BORDERS * self.em)
        self.rows = {name: self.along.index(at) for name, at in place.items()}
        ends = [sorted((self.rows[e.source], self.rows[e.target])) for e in chart.edges if {e.source, e.target} <= set(place)]
        self.passing = [sum(low < at <= high for low, high in ends) for at in range(len(self.along))]

    def part(self, first: int, end: int) -> set[str]:
        return {name for name, row in self.rows.items() if first <= row < end}

    def drawn(self, chart: Chart) -> Drawing:
        """A part laid out; the same part is laid out once."""
        if chart not in self.known:
            self.known[chart] = layout(chart, direction=self.direction)
        return self.known[chart]

    def across(self, first: int, end: int) -> float:
        """About how wide the lanes of a part will be: as its steps stand in the layout of the whole."""
        widest: dict[str | None, float] = {}
        for row in self.needs[first:end]:
            for lane, width in row.items():
                widest[lane] = max(widest.get(lane, 0.0), width)
        return sum(widest.values())

    def extent(self, first: int, end: int) -> float:
        """How long a part is, by the layout of the whole."""
        step = (self.along[-1] - self.along[0]) / max(len(self.along) - 1, 1)
        return self.along[end - 1] - self.along[first] + step


def _best_cut(whole: _Whole, sizes: tuple[Paper, ...], floor: float) -> _Cut:
    """The smallest paper that does, turned so that the fewest sheets are needed; the last one tried if none does."""
    cuts: list[_Cut] = []
    for size in sizes:
        sheets: list[Sheet] = [(size, False), (size, True)]
        guesses = {sheet: _guess(whole, sheet, floor) for sheet in sheets}
        wide = all(guess[0] for guess in guesses.values())
        cuts = [_cut(whole, sheet, floor) for sheet in sheets if wide or not guesses[sheet][0]]
        fitting = [cut for cut in cuts if cut.fits]
        if fitting:
            return min(fitting, key=lambda cut: len(cut.drawings))
    return cuts[-1]


def _budget(whole: _Whole, sheet: Sheet, floor: float) -> Room:
    """Room for lanes and for rows on a sheet, in the drawing's pixels; the head and connectors take some of the rows'."""
    across, along = (side / (floor / whole.em) for side in room(sheet)[:: -1 if whole.direction == "LR" else 1])
    return across, max(along - OVERHEAD * whole.em, OVERHEAD * whole.em)


def _guess(whole: _Whole, sheet: Sheet, floor: float) -> tuple[bool, int]:
    """Are the lanes too wide for the sheet, and how many sheets will there be?"""
    borders = _borders(whole, _budget(whole, sheet, floor))
    wide = max(whole.across(first, end) for first, end in pairwise(borders))
    return wide > _budget(whole, sheet, floor)[0], len(borders)


def _cut(whole: _Whole, sheet: Sheet, floor: float) -> _Cut:
    """Parts that fit the sheet; the room that rows may take shrinks until they do."""
    tried: set[tuple[int, ...]] = set()
    budget = _budget(whole, sheet, floor)
    kept = _Cut(sheet=sheet, drawings=(), fits=False)
    for _ in range(ATTEMPTS):
        borders = tuple(_borders(whole, budget))
        if borders not in tried:
            tried.add(borders)
            drawings = tuple(whole.drawn(chart) for chart in _charts(whole, list(borders)))
            fits = all(one.em * _scale(one, sheet) >= floor - 1e-6 for one in drawings)
            kept = _Cut(sheet=sheet, drawings=drawings, fits=fits)
            if fits or len(borders) > len(whole.along):
                break
        over = [max(1.0, *sides) for sides in zip(*(_over(one, sheet, floor) for one in kept.drawings), strict=True)]
        across, along = reversed(over) if whole.direction == "LR" else over
        budget = budget[0] / across, budget[1] / min(along, MOST_TIGHTER)
    return kept


def _over(drawing: Drawing, sheet: Sheet, floor: float) -> tuple[float, float]:
    """How many times too wide and too high a part is, if its text is as small as may be."""
    width, height = room(sheet)
    return drawing.width * floor / drawing.em / width, drawing.height * floor / drawing.em / height


def _borders(whole: _Whole, budget: Room) -> list[int]:
    """First rows of the parts, and the end: the cheapest way to cut, found row by row."""
    size = len(whole.along)
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, size + 1):
        choices = []
        for first in range(end - 1, -1, -1):
            filled = max(whole.across(first, end) / budget[0], whole.extent(first, end) / budget[1])
            if filled > 1 and first < end - 1:
                break
            price = SHEET + UNEVEN * max(1 - filled, 0.0) ** 2 + (CUT * whole.passing[first] if first else 0.0)
            choices.append((best[first][0] + price, first))
        best.append(min(choices))
    borders = [size]
    while borders[-1]:
        borders.append(best[borders[-1]][1])
    return borders[::-1]


def _charts(whole: _Whole, borders: list[int]) -> Iterator[Chart]:
    """Each part as a chart with connectors."""
    page_of = {name: page for page in range(len(borders) - 1) for name in whole.part(borders[page], borders[page + 1])}
    spread = _Spread(whole.chart, page_of)
    for page in range(len(borders) - 1):
        yield _Part(whole.chart, spread, page, whole.lang).chart()


class _Spread:
    """Which page everything is on.  A frame is on every page with one of its steps; one enters it on the first of them."""

    def __init__(self, chart: Chart, page_of: dict[str, int]) -> None:
        self.page_of = page_of
        parents = {frame.id: frame.parent for frame in chart.frames}
        self.pages: dict[str, set[int]] = {frame.id: set() for frame in chart.frames}
        for node in chart.nodes:
            outer = node.frame
            while outer in self.pages:
                self.pages[outer].add(page_of[node.id])
                outer = parents[outer]
        crossing = {edge.target for edge in chart.edges if len({*self.ends(edge)} - {-1}) == 2}
        names = (_letter(at) for at in count())
        things = [node.id for node in chart.nodes] + [frame.id for frame in chart.frames]
        self.letters = {name: next(names) for name in things if name in crossing}

    def ends(self, edge: Edge) -> tuple[int, int]:
        """The pages on which an arrow begins and ends; -1 and -1 if it has no such ends."""
        if not self._is_known(edge.source) or not self._is_known(edge.target):
            return -1, -1
        target = self.page_of.get(edge.target, -1)
        if target < 0:
            target = min(self.pages[edge.target])
        source = self.page_of.get(edge.source, -1)
        if source < 0:
            source = target if target in self.pages[edge.source] else max(self.pages[edge.source])
        return source, target

    def _is_known(self, name: str) -> bool:
        return name in self.page_of or bool(self.pages.get(name))


def _letter(at: int) -> str:
    return chr(65 + at % 26) + (str(at // 26 + 1) if at >= 26 else "")


class _Part:
    """One sheet's share of the chart."""

    def __init__(self, whole: Chart, spread: _Spread, page: int, lang: str) -> None:
        self.whole, self.spread, self.page, self.lang = whole, spread, page, lang
        self.arriving: dict[str, set[int]] = {}
        self.leaving: dict[str, dict[str, int]] = {}
        for edge in whole.edges:
            source, target = spread.ends(edge)
            if source != target == page:
                self.arriving.setdefault(edge.target, set()).add(source)
            if target != source == page:
                self.leaving.setdefault(edge.source, {})[edge.target] = target

    def chart(self) -> Chart:
        nodes = list(self._nodes())
        lanes = {node.lane for node in nodes}
        return replace(
            self.whole,
            lanes=tuple(lane for lane in self.whole.lanes if lane.id in lanes),
            nodes=tuple(nodes),
            edges=tuple(part for edge in self.whole.edges if (part := self._edge(edge)) is not None),
            frames=tuple(self._frame(frame) for frame in self.whole.frames if self.page in self.spread.pages[frame.id]),
        )

    def _nodes(self) -> Iterator[Node]:
        """The page's steps; before each the connector that leads to it, after it those that lead away; frames last."""
        here = [node for node in self.whole.nodes if self.spread.page_of[node.id] == self.page]
        for node in here:
            yield from self._before(node.id, node.lane, node.frame)
            yield node
            yield from self._after(node.id, node.lane, node.frame)
        lane = here[0].lane if self.whole.lanes and here else None
        for frame in self.whole.frames:
            yield from self._before(frame.id, lane, frame.parent)
            yield from self._after(frame.id, lane, frame.parent)

    def _before(self, name: str, lane: str | None, frame: str | None) -> Iterator[Node]:
        if name in self.arriving:
            yield self._connector(f"@{name}", self.spread.letters[name], sorted(self.arriving[name]), (lane, frame))

    def _after(self, name: str, lane: str | None, frame: str | None) -> Iterator[Node]:
        for target, page in self.leaving.get(name, {}).items():
            yield self._connector(f"{name}@{target}", self.spread.letters[target], [page], (lane, frame))

    def _connector(self, name: str, letter: str, pages: list[int], place: tuple[str | None, str | None]) -> Node:
        shown = ", ".join(str(page + 1) for page in pages)
        note = _WORDS[self.lang].format(shown, shown)
        return Node(id=name, lane=place[0], frame=place[1], kind="connector", label=letter, note=note)

    def _edge(self, edge: Edge) -> Edge | None:
        source, target = self.spread.ends(edge)
        if source == target == self.page:
            return edge
        if source == self.page:
            return replace(edge, target=f"{edge.source}@{edge.target}")
        return replace(edge, source=f"@{edge.target}", label="") if target == self.page else None

    def _frame(self, frame: Frame) -> Frame:
        first = min(self.spread.pages[frame.id]) == self.page
        return frame if first or not frame.title else replace(frame, title=f"{frame.title} {_AGAIN[self.lang]}")
