"""Where the readers put what they find: a list of diagnostics of one file, and the words that many messages share."""

from __future__ import annotations

from collections.abc import Iterable

from oyiflow.diagnostics import Diagnostic, Fix, Severity, Span
from oyiflow.model.expression_types import closest as nearest


class Report:
    """Collects diagnostics; nothing is raised."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []

    def add(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Take over what another stage found."""
        self.found.extend(diagnostics)

    @property
    def failed(self) -> bool:
        """Whether any error was found."""
        return any(d.severity is Severity.ERROR for d in self.found)

    def error(self, code: str, span: Span, zh: str, en: str, fix: Fix | None = None) -> None:
        """Note an error."""
        self.found.append(Diagnostic(code=code, span=span, zh=zh, en=en, fix=fix))

    def note(self, code: str, span: Span, zh: str, en: str, fix: Fix | None = None) -> None:
        """Note something that is right, and worth knowing."""
        self.found.append(Diagnostic(code=code, severity=Severity.NOTE, span=span, zh=zh, en=en, fix=fix))

    def unknown(self, code: str, span: Span, what: tuple[str, str], name: str, known: Iterable[str]) -> None:
        """Note a name that does not exist, with the nearest one that does; `what` is the kind of thing in Chinese and English."""
        if any(d.code == "OF103" and d.span == span for d in self.found):
            return  # its form has been blamed already
        names = list(dict.fromkeys(known))
        guess = nearest(name, names)
        zh, en = f"没有叫“{name}”的{what[0]}", f"there is no {what[1]} named {name!r}"
        if guess is not None:
            fix = Fix(zh=f"是不是 {guess}？", en=f"did you mean {guess}?", replacement=guess)
        else:
            shown = names[:12]
            rest = " …" if len(names) > 12 else ""
            fix = Fix(zh=f"可用的有: {'、'.join(shown) or '(无)'}{rest}", en=f"known: {', '.join(shown) or '(none)'}{rest}")
        self.error(code, span, zh, en, fix)
