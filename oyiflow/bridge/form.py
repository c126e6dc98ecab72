"""What a model keeps of its process: a text, and what follows from it.

The snapshot's text, `model.oyiflow`, is the truth; `state` and `form` follow it. If the text is changed from below (a
transaction rolled back, a row refreshed) `form` shows it at once and the state follows at the next trigger; if the state
alone is changed by hand, or the model was moved while a callback ran, nothing is written and an error says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from oyiflow.bridge.reachable import name_of
from oyiflow.errors import Conflict, OyiFlowError
from oyiflow.kernel.codec import snapshot_from_json, snapshot_to_json
from oyiflow.kernel.messages import Step
from oyiflow.kernel.snapshot import Snapshot
from oyiflow.model.definition import Definition

STATE, FORM, TEXT = "state", "form", "oyiflow"
"""The attributes of a model: the name of its configuration, its data, its snapshot."""


class Form(Mapping[str, Any]):
    """The data of a model: a dict that is read only, and always that of the model's snapshot."""

    __slots__ = ("answer", "definition", "followed", "model", "snapshot", "text")

    def __init__(self, definition: Definition, model: Any) -> None:
        self.definition = definition
        self.model = model
        self.text: str | None = None
        self.snapshot: Snapshot | None = None
        self.followed = False
        """Whether the state is known to be that of the text."""
        self.answer: Step | None = None
        """What the kernel said to the trigger that is being carried out, until it is written."""

    def now(self) -> Snapshot:
        """The snapshot of the text as it is now."""
        text = getattr(self.model, TEXT, None)
        if self.snapshot is None or (text is not self.text and text != self.text):
            self.snapshot = read_snapshot(self.definition, text)
            self.followed = False
        self.text = text
        return self.snapshot

    def write(self, answer: Step) -> str:
        """Make an answer the truth of the model; returns the state's name."""
        self.text = snapshot_to_json(self.definition, answer.snapshot)
        self.snapshot = answer.snapshot
        setattr(self.model, TEXT, self.text)
        name = name_of(answer.snapshot.configuration)
        if getattr(self.model, STATE, None) != name:
            setattr(self.model, STATE, name)
        self.followed = True
        return name

    def carry_out(self) -> str:
        """Write the answer that is being carried out."""
        answer, self.answer = self.answer, None
        if answer is None:
            raise OyiFlowError(
                "状态由流程决定，不能直接设置；请调用模型的方法",
                "the state follows the process and cannot be set; call a trigger of the model",
            )
        if self.now().revision + 1 != answer.snapshot.revision:
            raise Conflict(
                "回调执行期间，这个对象已被另一个触发改变；本次没有写入",
                "another trigger moved the model while a callback ran; nothing was written",
            )
        return self.write(answer)

    def follow(self) -> str:
        """The name of the configuration; the state follows a snapshot that was changed from below."""
        name = name_of(self.now().configuration)
        state = getattr(self.model, STATE, None)
        if state != name:
            if self.followed:
                raise OyiFlowError(
                    f"状态被直接改成 {state!r}，而流程在 {name}；请调用模型的方法",
                    f"the state was set to {state!r} by hand while the process is in {name}; call a trigger of the model",
                )
            setattr(self.model, STATE, name)
        self.followed = True
        return name

    def __getitem__(self, name: str) -> Any:
        return self.now().data[name]

    def __iter__(self) -> Iterator[str]:
        return iter([name for name in self.definition.field if name in self.now().data])

    def __len__(self) -> int:
        return len(self.now().data)

    def __repr__(self) -> str:
        return repr(dict(self))


def form_of(model: Any) -> Form:
    """The form of a model that has its triggers from here."""
    form = getattr(model, FORM, None)
    if not isinstance(form, Form) or form.model is not model:
        raise OyiFlowError(
            f"{type(model).__name__}.{FORM} 已被替换，或者对象没有经过 add_model；数据随触发的方法填写",
            f"{type(model).__name__}.{FORM} was replaced, or the model was not added to the machine; fields are given with a trigger",
        )
    return form


def read_snapshot(definition: Definition, text: object) -> Snapshot:
    """The snapshot of a text. Raises `VersionMismatch` for one of another definition."""
    try:
        return snapshot_from_json(definition, text if isinstance(text, str) else "")
    except (ValueError, KeyError, TypeError) as error:
        raise OyiFlowError(f"{TEXT} 里没有可用的快照", f"{TEXT} holds no snapshot that can be read") from error
