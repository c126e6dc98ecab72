"""All that may happen to an instance of a definition, data included: its situations, found with the kernel and searched.

    space = Space(definition)
    found = search(space, monitor)

See `space` for what may happen, `relation` for how, `regions` for what need not be looked at in every order.
"""

from oyiflow.verify.explore.breadth import LIMIT, Found, Monitor, search
from oyiflow.verify.explore.space import Choice, Edge, Space

__all__ = ["LIMIT", "Choice", "Edge", "Found", "Monitor", "Space", "search"]
