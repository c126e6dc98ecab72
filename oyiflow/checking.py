"""Load and verify: what `oyiflow check` and `oyiflow.load` do, for files and folders."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from oyiflow.diagnostics import Diagnostic, Severity, in_order
from oyiflow.errors import InvalidCompany, InvalidDefinition
from oyiflow.load.catalog import Catalog, read_catalog
from oyiflow.load.text.allowances import apply
from oyiflow.model.company import Company
from oyiflow.model.definition import Definition
from oyiflow.verify import verify
from oyiflow.verify.calls import asks_of, calls_of, looks_at
from oyiflow.verify.clauses import check_articles, check_sources
from oyiflow.verify.people import check_duties, check_people
from oyiflow.verify.todays import check_today
from oyiflow.verify.workdays import check_years


def check(paths: Iterable[str | Path], progress: Callable[[Path], None] | None = None, *, today: date | None = None) -> Catalog:
    """Read, check and verify files and folders; everything found is in `Catalog.diagnostics`, in order.

    With `today`, the calendar is asked for the years that a deadline of today would reach, and limits of dates are held against it.
    """
    from oyiflow.words.story import tell  # whoever checks nothing need not read all this

    named = [Path(path) for path in paths]
    catalog = read_catalog(named, progress)
    others: dict[str, Definition | None] = {name: catalog.definitions.get(name) for name in catalog.names}
    for name, definition in _neighbours(named, catalog.definitions.values(), catalog.names).items():
        others.setdefault(name, definition)
    for definition in catalog.definitions.values():
        catalog.diagnostics += verify(definition, others, tell)
        if today is not None:
            catalog.diagnostics += check_today(definition, today)
    _check_company(catalog, today)
    _check_manual(catalog)
    catalog.diagnostics = in_order(apply(catalog.diagnostics, catalog.sources, today))
    return catalog


def _check_company(catalog: Catalog, today: date | None) -> None:
    """What a company and its processes must be to each other; the processes get its calendar."""
    company = catalog.company
    if company is None:
        return
    catalog.diagnostics += check_people(company, catalog.definitions.values())
    catalog.diagnostics += check_duties(company, catalog.definitions.values())
    if today is not None:
        catalog.diagnostics += check_years(company, catalog.definitions.values(), today)
    catalog.definitions = {name: replace(one, calendar=company.calendar) for name, one in catalog.definitions.items()}


def _check_manual(catalog: Catalog) -> None:
    """What the manual and the processes must be to each other; articles are asked for only when every process could be read."""
    definitions = list(catalog.definitions.values())
    if catalog.manual is None:
        return
    catalog.diagnostics += check_sources(catalog.manual, definitions)
    if definitions and catalog.names == set(catalog.definitions):
        catalog.diagnostics += check_articles(catalog.manual, definitions)


def around(path: str | Path, definition: Definition) -> dict[str, Definition]:
    """The processes of which the one in a file speaks, from its folder, as far as they are there and right."""
    return _neighbours([Path(path)], (definition,), {definition.name})


def _neighbours(paths: list[Path], definitions: Iterable[Definition], known: set[str]) -> dict[str, Definition]:
    """The processes that single files lead to, from their folders: by the names of the files, or else from all of them."""
    folders = sorted({path.parent for path in paths if path.is_file()})
    found: dict[str, Definition] = {}
    wanted = _named_in(definitions) - known
    while wanted and folders:
        plain = [name for name in sorted(wanted) if Path(name).name == name]
        files = [folder / f"{name}.yaml" for folder in folders for name in plain]
        found |= read_catalog(path for path in files if path.is_file()).definitions
        if not wanted <= found.keys():
            return read_catalog(folders).definitions
        wanted = _named_in(found.values()) - known - found.keys()
    return found


def _named_in(definitions: Iterable[Definition]) -> set[str]:
    """The processes that these call, look at or ask."""
    return {
        name
        for one in definitions
        for name in (
            *(c.process for c in calls_of(one)),
            *(o.process for o in looks_at(one)),
            *(a.process for a in asks_of(one)),
        )
    }


def load(path: str | Path) -> Definition:
    """The process in a file. Raises `InvalidDefinition`, with all diagnostics, if it has any error."""
    if Path(path).is_dir():
        raise InvalidDefinition(f"{path} 是文件夹，这里要一个流程文件", f"{path} is a folder; a process file is needed here")
    catalog = check([path])
    errors = [d for d in catalog.diagnostics if d.severity is Severity.ERROR]
    definition = next(iter(catalog.definitions.values()), None)
    if errors or definition is None:
        raise _invalid(path, errors, catalog)
    return definition


def _invalid(path: str | Path, errors: list[Diagnostic], catalog: Catalog) -> InvalidDefinition:
    if not errors:
        return InvalidDefinition(f"{path} 里没有流程", f"{path} holds no process", catalog.diagnostics)
    first = errors[0]
    where = f"{first.span.file}:{first.span.line}:{first.span.column}"
    more_zh = f"（共 {len(errors)} 处错误）" if len(errors) > 1 else ""
    more_en = f" ({len(errors)} errors in all)" if len(errors) > 1 else ""
    return InvalidDefinition(f"{where}: {first.zh}{more_zh}", f"{where}: {first.en}{more_en}", catalog.diagnostics)


def load_company(path: str | Path) -> Company:
    """The people and roles in a company file. Raises `InvalidCompany`, with all diagnostics, if it has any error."""
    catalog = check([path])
    if catalog.company is None or catalog.failed:
        first = catalog.diagnostics[0] if catalog.diagnostics else None
        zh, en = (first.zh, first.en) if first else ("文件里没有 company:", "the file has no company:")
        raise InvalidCompany(f"{path}: {zh}", f"{path}: {en}", catalog.diagnostics)
    return catalog.company
