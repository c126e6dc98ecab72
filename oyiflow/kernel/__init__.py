"""What happens next, as a function: `start` and `step`, the values that they take and give, and their JSON form."""

from oyiflow.kernel.codec import effect_to_json, event_from_json, event_to_json, snapshot_from_json, snapshot_to_json
from oyiflow.kernel.messages import Act, CallEnded, Event, Message, Operate, Rejected, Step, TimerFired
from oyiflow.kernel.snapshot import Snapshot, Task, Timer, Vote
from oyiflow.kernel.step import start, step

__all__ = [
    "Act",
    "CallEnded",
    "Event",
    "Message",
    "Operate",
    "Rejected",
    "Snapshot",
    "Step",
    "Task",
    "Timer",
    "TimerFired",
    "Vote",
    "effect_to_json",
    "event_from_json",
    "event_to_json",
    "snapshot_from_json",
    "snapshot_to_json",
    "start",
    "step",
]
