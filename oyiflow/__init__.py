"""OyiFlow: write a company's process once, in YAML; check it, run it durably, draw it.

import oyiflow

definition = oyiflow.load("processes/visit.yaml")
with oyiflow.Engine("sqlite:///visits.db", directory=oyiflow.load_company("processes/company.yaml")) as engine:
    visit = engine.start(definition, actor="li")
    engine.complete(visit.id, "target", actor="li", values={"customer": "ACME", "classes": ["高值"]})
    print(engine.tasks(instance=visit.id))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from oyiflow.checking import check, load, load_company
from oyiflow.errors import (
    Conflict,
    EventRejected,
    Forbidden,
    InvalidDefinition,
    OyiFlowError,
)
from oyiflow.model.definition import Definition

if TYPE_CHECKING:
    from oyiflow.engine import Engine, Instance, JournalEntry, TaskView, Waiting, Worker

__all__ = [
    "Conflict",
    "Definition",
    "Engine",
    "EventRejected",
    "Forbidden",
    "Instance",
    "InvalidDefinition",
    "JournalEntry",
    "OyiFlowError",
    "TaskView",
    "Waiting",
    "Worker",
    "check",
    "load",
    "load_company",
]


def __getattr__(name: str) -> Any:
    """The names of the engine, imported when first used: whoever only checks files does not wait for them."""
    if name not in __all__ and name != "engine":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    engine = import_module("oyiflow.engine")
    return engine if name == "engine" else getattr(engine, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "engine"})
