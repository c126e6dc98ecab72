"""Which articles of the manual a chart carries out, as an extra page after the chart.

One row for each article in the order in which the file first names it, with everything that names it: steps, roles,
fields, rules. What was inferred beyond the article's words carries a star.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from oyiflow.diagram.scene.words import Lang, said
from oyiflow.model.definition import Definition, Origin, Text, walk

_AND: Final = re.compile(r"[、;；]\s*")
STAR: Final = "*"
_STEPS: Final = ("步骤", "steps")
_ROLES: Final = ("岗位", "roles")
_FORM: Final = ("表单", "form")
_RULES: Final = ("规则", "rules")


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article and what carries it out: kinds of things, each with their names."""

    source: str
    elements: tuple[tuple[str, tuple[str, ...]], ...]

    def lines(self, lang: Lang) -> tuple[str, ...]:
        """One line for each kind of thing."""
        colon, comma = (": ", ", ") if lang == "en" else ("：", "、")
        return tuple(f"{kind}{colon}{comma.join(names)}" for kind, names in self.elements)


def articles_of(definition: Definition, lang: Lang) -> tuple[Article, ...]:
    """The articles that a process names, in the order of the file."""
    found: dict[str, dict[str, dict[str, None]]] = {}
    for kind, origin, title in _origins(definition):
        name = " ".join(title.of(lang).split()) + (STAR if origin.inferred else "")
        for source in filter(None, _AND.split(origin.source)):
            found.setdefault(source, {}).setdefault(said(kind, lang), {})[name] = None
    return tuple(
        Article(source=source, elements=tuple((kind, tuple(names)) for kind, names in kinds.items()))
        for source, kinds in found.items()
    )  # fmt: skip


def _origins(definition: Definition) -> Iterator[tuple[tuple[str, str], Origin, Text]]:
    steps = (state for state in walk(definition.root) if state.verb and state is not definition.root)
    yield from ((_STEPS, state.origin, state.title) for state in steps)
    yield from ((_ROLES, role.origin, role.title) for role in definition.roles)
    yield from ((_FORM, field.origin, field.title) for field in definition.fields if not field.hidden)
    yield from ((_RULES, rule.origin, rule.say) for rule in definition.rules)
