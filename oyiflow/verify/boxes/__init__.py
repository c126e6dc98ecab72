"""Which values make conditions true: the algebra of boxes.

A field of the form has infinitely many values, and conditions tell only finitely many classes of them apart. So each field
is cut into cells (`cells`), each condition becomes a formula of masks of cells (`space`, `formula`), and what can be true
together is found by searching boxes of masks (`search`). Two fields that are compared with each other are related by
differences (`relations`). Every answer "yes" is a value for each field, in the field's own notation.

Exact are: a field, or a linear term of one field, against constants; `in`, `between`, equality and beginnings of texts, `is
filled`, options of choices; two fields of one type, a constant apart; and whatever `and`, `or` and `not` make of these.
An empty field is a value of its own. Everything else is a riddle, and the answer may be `UNKNOWN`.
"""

from __future__ import annotations

from oyiflow.verify.boxes.answers import UNKNOWN, Unknown, satisfiable
from oyiflow.verify.boxes.classes import cells

__all__ = ["UNKNOWN", "Unknown", "cells", "satisfiable"]
