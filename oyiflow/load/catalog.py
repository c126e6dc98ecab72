"""Files to definitions: the only reader of files in the inner house.

A catalog holds what was read from some files and folders: the processes by name, the company, the manual, calendars, the
sources and all diagnostics. Of a folder, every `.yaml` and `.yml` file below it is read, in the order of their paths. The calendar that
a company names is one of those read, or a file beside the company's, or one of those that come with the product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from oyiflow.diagnostics import Diagnostic, Fix, Severity, Source, Span
from oyiflow.load.files.calendar import calendar_of, is_calendar
from oyiflow.load.files.company import company_of, is_company
from oyiflow.load.files.manual import is_manual, manual_of
from oyiflow.load.language import aliases
from oyiflow.load.reader import definition_of
from oyiflow.load.report import Report
from oyiflow.load.text import nodes
from oyiflow.load.text.encoding import read_bytes
from oyiflow.model.calendar import Calendar
from oyiflow.model.company import Company
from oyiflow.model.definition import Definition
from oyiflow.model.manual import Manual

MAX_FILES = 5000
SHIPPED = Path(__file__).parent.parent / "calendars"
"""Calendars that come with the product, by their file names."""


@dataclass(slots=True)
class Catalog:
    """What was read. `definitions` holds only those without errors; `names` also those with errors."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    company: Company | None = None
    manual: Manual | None = None
    calendars: dict[str, Calendar] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether there is any error."""
        return any(d.severity is Severity.ERROR for d in self.diagnostics)


def read_catalog(paths: Iterable[Path], progress: Callable[[Path], None] | None = None) -> Catalog:
    """Read files and folders. A path that cannot be read is a diagnostic like any other mistake."""
    catalog = Catalog()
    for path in _files(paths, catalog):
        if progress is not None:
            progress(path)
        source = _source(path, catalog)
        if source is not None:
            catalog.sources[source.name] = source
            _take(source, catalog)
    _give_calendar(catalog)
    return catalog


def _files(paths: Iterable[Path], catalog: Catalog) -> list[Path]:
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            below = sorted(p for p in path.rglob("*") if p.suffix in (".yaml", ".yml") and p.is_file())
            if not below:
                _cannot_read(catalog, path, "文件夹里没有 .yaml 文件", "there is no .yaml file in this folder")
            found.update(dict.fromkeys(below[:MAX_FILES]))
        else:
            found[path] = None
    return list(found)


def _source(path: Path, catalog: Catalog) -> Source | None:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        _cannot_read(catalog, path, "没有这个文件", "there is no such file")
        return None
    except OSError as error:
        _cannot_read(catalog, path, f"文件读不出来: {error.strerror}", f"the file cannot be read: {error.strerror}")
        return None
    source, found = read_bytes(str(path), data)
    catalog.diagnostics += found
    return source


def _cannot_read(catalog: Catalog, path: Path, zh: str, en: str) -> None:
    fix = Fix(zh="检查路径", en="check the path")
    catalog.diagnostics.append(Diagnostic(code="OF010", span=Span(file=str(path)), zh=zh, en=en, fix=fix))


def _take(source: Source, catalog: Catalog) -> None:
    root, found = aliases.read(source)
    if is_company(root):
        company, found = company_of(root, found)
        catalog.company = company or catalog.company
        catalog.diagnostics += found
        return
    if root is not None and is_calendar(root):
        calendar, found = calendar_of(root, found)
        catalog.diagnostics += found
        if calendar is not None:
            catalog.calendars[calendar.name] = calendar
        return
    if root is not None and is_manual(root):
        _take_manual(root, found, catalog)
        return
    definition, found = definition_of(source, root, found)
    catalog.diagnostics += found
    name = root.get("process") if isinstance(root, nodes.Mapping) else None
    if isinstance(name, nodes.Scalar):
        _name(name, catalog)
    if definition is not None:
        catalog.definitions[definition.name] = definition


def _take_manual(root: nodes.Node, found: list[Diagnostic], catalog: Catalog) -> None:
    manual, found = manual_of(root, found)
    catalog.diagnostics += found
    if manual is not None and catalog.manual is not None:
        key = root.key("manual") if isinstance(root, nodes.Mapping) else None
        span = key.span if key is not None else root.span
        zh, en = "另一个文件里已有制度条款", "another file lists the articles of a manual too"
        fix = Fix(zh="并到一个文件里，或分开检查", en="put them into one file, or check them apart")
        catalog.diagnostics.append(Diagnostic(code="OF202", span=span, zh=zh, en=en, fix=fix))
    catalog.manual = catalog.manual or manual


def _give_calendar(catalog: Catalog) -> None:
    """Put the calendar that the company names in its place."""
    company = catalog.company
    if company is None or not company.calendar.name:
        return
    name = company.calendar.name
    calendar = catalog.calendars.get(name) or _calendar_file(name, company.calendar_span, catalog)
    catalog.company = replace(company, calendar=calendar) if calendar is not None else company


def _calendar_file(name: str, span: Span, catalog: Catalog) -> Calendar | None:
    is_file = name.endswith((".yaml", ".yml"))
    path = Path(span.file).parent / name if is_file else SHIPPED / f"{name}.yaml"
    shipped = {file.stem for file in SHIPPED.glob("*.yaml")}
    if not (path.is_file() if is_file else name in shipped):
        report = Report()
        report.unknown(
            "OF204", span, ("日历", "calendar"), name, {**dict.fromkeys(catalog.calendars), **dict.fromkeys(sorted(shipped))}
        )
        catalog.diagnostics += report.found
        return None
    if (source := _source(path, catalog)) is None:
        return None
    catalog.sources[source.name] = source
    root, found = aliases.read(source)
    calendar, found = calendar_of(root, found)
    catalog.diagnostics += found
    if root is None:
        _cannot_read(catalog, path, "里面没有日历 (calendar:)", "there is no calendar in it (calendar:)")
    return calendar


def _name(name: nodes.Scalar, catalog: Catalog) -> None:
    if name.text in catalog.names:
        zh, en = f"流程“{name.text}”在另一个文件里也有", f"another file describes the process {name.text!r} too"
        catalog.diagnostics.append(Diagnostic(code="OF202", span=name.span, zh=zh, en=en))
    catalog.names.add(name.text)
