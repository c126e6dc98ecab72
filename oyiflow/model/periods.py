"""The periods in which things start and are counted, and how many days each has at the most."""

from __future__ import annotations

from collections.abc import Mapping

LONGEST: Mapping[str, int] = {"week": 7, "month": 31, "quarter": 92, "year": 366}
