"""The engine on which examples are played: the real one, which can also be told that a call fails."""

from __future__ import annotations

from contextlib import suppress

from oyiflow.engine.engine import Engine
from oyiflow.engine.keys import CALL_KEY
from oyiflow.engine.projection import Loaded
from oyiflow.engine.steps import Request
from oyiflow.errors import EventRejected, UnknownInstance
from oyiflow.kernel import Act, CallEnded
from oyiflow.model.example import FAILED


class Playhouse(Engine):
    """An example is one process by itself: where other cases stand (`only_while`) is taken to be as it should."""

    def _check_while(self, loaded: Loaded, act: Act) -> None:
        return

    def fail(self, id: str, call: str) -> None:
        """Let a call fail: what was called is stopped, and whoever called it hears that it failed."""
        with suppress(UnknownInstance, EventRejected):  # it never began, or is over
            self._steps.cancel(call, self._now())
        event = CallEnded(call=call, failed=True, reason=FAILED)
        advanced = self._steps.advance(id, Request(event=event, now=self._now(), key=f"{CALL_KEY}{call}"))
        self._finish(advanced, self._now())
