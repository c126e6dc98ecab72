"""Load and verify: what `oyiflow check` and `oyiflow.load` do, for files and folders."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from oyiflow.diagnostics import Severity, in_order
from oyiflow.errors import InvalidCompany, InvalidDefinition
from oyiflow.load.catalog import Catalog, read_catalog
from oyiflow.model.company import Company
from oyiflow.model.definition import Definition
from oyiflow.verify import verify
from oyiflow.verify.calls import calls_of


def check(paths: Iterable[str | Path], progress: Callable[[Path], None] | None = None) -> Catalog:
    """Read, check and verify files and folders; everything found is in `Catalog.diagnostics`, in order."""
    named = [Path(path) for path in paths]
    catalog = read_catalog(named, progress)
    others: dict[str, Definition | None] = {name: catalog.definitions.get(name) for name in catalog.names}
    for name, definition in _neighbours(named, catalog).items():
        others.setdefault(name, definition)
    for definition in catalog.definitions.values():
        catalog.diagnostics += verify(definition, others)
    catalog.diagnostics = in_order(catalog.diagnostics)
    return catalog


def _neighbours(paths: list[Path], catalog: Catalog) -> dict[str, Definition]:
    """Processes in the folders of single files, read only if some call leads there."""
    wanted = {call.process for definition in catalog.definitions.values() for call in calls_of(definition)}
    folders = {path.parent for path in paths if path.is_file()}
    if wanted <= catalog.names or not folders:
        return {}
    return read_catalog(sorted(folders)).definitions


def load(path: str | Path) -> Definition:
    """The process in a file. Raises `InvalidDefinition`, with all diagnostics, if it has any error."""
    catalog = check([path])
    errors = [d for d in catalog.diagnostics if d.severity is Severity.ERROR]
    definition = next(iter(catalog.definitions.values()), None)
    if errors or definition is None:
        first = f"{errors[0].span.file}:{errors[0].span.line}:{errors[0].span.column}" if errors else str(path)
        raise InvalidDefinition(
            f"{path} 有 {len(errors)} 处错误，第一处在 {first}: {errors[0].zh}" if errors else f"{path} 里没有流程",
            f"{path} has {len(errors)} errors, the first at {first}: {errors[0].en}" if errors else f"{path} holds no process",
            catalog.diagnostics,
        )
    return definition


def load_company(path: str | Path) -> Company:
    """The people and roles in a company file. Raises `InvalidCompany`, with all diagnostics, if it has any error."""
    catalog = check([path])
    if catalog.company is None or catalog.failed:
        first = catalog.diagnostics[0] if catalog.diagnostics else None
        zh, en = (first.zh, first.en) if first else ("文件里没有 company:", "the file has no company:")
        raise InvalidCompany(f"{path}: {zh}", f"{path}: {en}", catalog.diagnostics)
    return catalog.company
