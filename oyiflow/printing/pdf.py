"""PDF: pages of scenes as vectors, with the text as text.

Every page is as large as its scene. What the scene's groups tell is kept as the document's structure: each step is a
figure with its sentence, lanes, arrows and other texts are paragraphs, bare lines and grounds are decoration; so a
document can be read aloud in the order of rows. Title and language are set. Written from the standard (ISO 32000) without
a library, and without dates: the same scenes give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from oyiflow.diagram.scene.primitives import Group, Mark, Path, Pen, Rect, Scene, Segment, Words
from oyiflow.printing.pdf_fonts import PdfFont
from oyiflow.printing.pdf_objects import Objects, Ref, Value, number, text

POINT: Final = 0.75  # points to a pixel
_ROUND: Final = 0.5522847  # control points of a quarter of a circle


def pdf(pages: Sequence[Scene]) -> bytes:
    """A document of one or more pages."""
    objects = Objects()
    used = [page.letters() for page in pages]
    chosen = {bold: sorted({char for letters in used for char in letters[bold]}) for bold in (False, True)}
    fonts = {bold: PdfFont(chars, bold=bold) for bold, chars in chosen.items()}
    resources = {"Font": {_name(bold): one.embed(objects) for bold, one in fonts.items() if one.chars}}
    structure = _Structure(objects)
    tree = objects.reserve()
    leaves = [_page(objects, page, place, fonts, resources, tree, structure) for place, page in enumerate(pages)]
    objects.put(tree, {"Type": "Pages", "Kids": list(leaves), "Count": len(leaves)})
    root = objects.add(
        {
            "Type": "Catalog",
            "Pages": tree,
            "Lang": b"(zh-CN)" if pages[0].lang == "zh" else b"(en)",
            "MarkInfo": {"Marked": True},
            "StructTreeRoot": structure.root(pages[0]),
            "ViewerPreferences": {"DisplayDocTitle": True},
        }
    )
    return objects.file(root, objects.add({"Title": text(pages[0].title), "Producer": text("OyiFlow")}))


def _name(bold: bool) -> str:
    return "F2" if bold else "F1"


def _page(
    objects: Objects, scene: Scene, place: int, fonts: dict[bool, PdfFont], resources: Value, tree: Ref, structure: _Structure
) -> Ref:  # fmt: skip
    ref = objects.reserve()
    structure.turn(ref)
    content = _Content(fonts, structure)
    content.page(scene)
    entries: dict[str, Value] = {
        "Type": "Page",
        "Parent": tree,
        "MediaBox": [0, 0, scene.width * POINT, scene.height * POINT],
        "Resources": resources,
        "Contents": objects.stream(content.data()),
        "StructParents": place,
        "Tabs": "S",
    }
    objects.put(ref, entries)
    return ref


class _Structure:
    """What the marks of each page mean, in reading order."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._document = objects.reserve()
        self._root = objects.reserve()
        self._pages: list[list[Value]] = []
        self._page = Ref(0)

    def turn(self, page: Ref) -> None:
        """Begin a page."""
        self._pages.append([])
        self._page = page

    def element(self, kind: str, alternative: str) -> int:
        """A new element for the marks that follow; answers the number to mark them with."""
        number = len(self._pages[-1])
        entries: dict[str, Value] = {"Type": "StructElem", "S": kind, "P": self._document, "Pg": self._page, "K": number}
        if alternative:
            entries["Alt"] = text(alternative)
        self._pages[-1].append(self._objects.add(entries))
        return number

    def root(self, first: Scene) -> Ref:
        """The tree of all elements."""
        every: list[Value] = [element for page in self._pages for element in page]
        self._objects.put(
            self._document, {"Type": "StructElem", "S": "Document", "P": self._root, "K": every, "T": text(first.title)}
        )
        numbers: list[Value] = [entry for place, page in enumerate(self._pages) for entry in (place, list(page))]
        self._objects.put(
            self._root,
            {
                "Type": "StructTreeRoot",
                "K": self._document,
                "ParentTree": self._objects.add({"Nums": numbers}),
                "ParentTreeNextKey": len(self._pages),
            },
        )
        return self._root


class _Content:
    """The drawing operators of one page."""

    def __init__(self, fonts: dict[bool, PdfFont], structure: _Structure) -> None:
        self._fonts, self._structure = fonts, structure
        self._parts: list[str] = []

    def data(self) -> bytes:
        return "\n".join(self._parts).encode("ascii")

    def page(self, scene: Scene) -> None:
        """Pixels that grow downwards become points that grow upwards."""
        self._parts.append(f"{POINT} 0 0 {-POINT} 0 {number(scene.height * POINT)} cm 1 j")
        self._parts.append(f"/Artifact BMC {_fill(scene.background)} 0 0 {number(scene.width)} {number(scene.height)} re f EMC")
        for mark in scene.marks:
            self._meant(mark)

    def _meant(self, mark: Mark) -> None:
        """Marks with what they mean."""
        if isinstance(mark, Group) and not mark.attributes:
            self._placed(mark, self._meant)
            return
        if isinstance(mark, Rect | Path):
            self._parts.append("/Artifact BMC")
        else:
            told = dict(mark.attributes) if isinstance(mark, Group) else {}
            kind, alternative = ("Figure", told["aria-label"]) if "aria-label" in told else ("P", "")
            self._parts.append(f"/{kind} <</MCID {self._structure.element(kind, alternative)}>> BDC")
        self._mark(mark)
        self._parts.append("EMC")

    def _mark(self, mark: Mark) -> None:
        if isinstance(mark, Group):
            self._placed(mark, self._mark)
        elif isinstance(mark, Rect):
            self._painted(_rect(mark), mark.fill, mark.pen)
        elif isinstance(mark, Path):
            self._painted(_curves(mark.segments), mark.fill, mark.pen)
        else:
            self._words(mark)

    def _placed(self, group: Group, draw: Callable[[Mark], None]) -> None:
        moved = group.scale != 1 or group.dx or group.dy
        if moved:
            scale = f"{group.scale:.5f}"
            self._parts.append(f"q {scale} 0 0 {scale} {number(group.dx)} {number(group.dy)} cm")
        for mark in group.marks:
            draw(mark)
        if moved:
            self._parts.append("Q")

    def _painted(self, way: str, fill: str, pen: Pen | None) -> None:
        if pen is None:
            self._parts.append(f"{_fill(fill)} {way} f")
            return
        dash = f"[{number(pen.dash[0])} {number(pen.dash[1])}] {number(pen.offset)} d" if pen.dash else "[] 0 d"
        stroke = f"{_colour(pen.colour)} RG {number(pen.width)} w {dash}"
        self._parts.append(f"{_fill(fill)} {stroke} {way} B" if fill else f"{stroke} {way} S")

    def _words(self, words: Words) -> None:
        codes = self._fonts[words.bold].codes(words.text)
        if codes:
            place = f"1 0 0 -1 {number(words.left)} {number(words.y)} Tm"
            font = f"/{_name(words.bold)} {number(words.size)} Tf"
            self._parts.append(f"{_fill(words.colour)} BT {font} {place} <{codes}> Tj ET")


def _colour(colour: str) -> str:
    return " ".join(number(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))


def _fill(colour: str) -> str:
    return f"{_colour(colour)} rg"


def _rect(rect: Rect) -> str:
    box = rect.box
    radius = min(rect.radius, box.w / 2, box.h / 2)
    if not radius:
        return f"{number(box.x)} {number(box.y)} {number(box.w)} {number(box.h)} re"
    left, top, right, bottom = box.x, box.y, box.right, box.y + box.h
    slack = radius * (1 - _ROUND)
    corners = (
        ((right - radius, top), (right - slack, top), (right, top + slack), (right, top + radius)),
        ((right, bottom - radius), (right, bottom - slack), (right - slack, bottom), (right - radius, bottom)),
        ((left + radius, bottom), (left + slack, bottom), (left, bottom - slack), (left, bottom - radius)),
        ((left, top + radius), (left, top + slack), (left + slack, top), (left + radius, top)),
    )
    way = [f"{_numbers(left + radius, top)} m"]
    for start, one, other, end in corners:
        way += [f"{_numbers(*start)} l", f"{_numbers(*one, *other, *end)} c"]
    return " ".join([*way, "h"])


def _curves(segments: tuple[Segment, ...]) -> str:
    """PDF knows curves with two control points only."""
    way: list[str] = []
    x = y = 0.0
    for kind, at in segments:
        if kind == "Q":
            cx, cy, end_x, end_y = at
            way.append(
                f"{_numbers(x + (cx - x) * 2 / 3, y + (cy - y) * 2 / 3, end_x + (cx - end_x) * 2 / 3, end_y + (cy - end_y) * 2 / 3, end_x, end_y)} c"
            )
        elif kind == "Z":
            way.append("h")
            continue
        else:
            way.append(f"{_numbers(*at)} {'m' if kind == 'M' else 'l'}")
        x, y = at[-2:]
    return " ".join(way)


def _numbers(*values: float) -> str:
    return " ".join(map(number, values))
