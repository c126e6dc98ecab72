"""Stamps: the day that a step writes by itself is the engine's word, so nothing else writes it, and no limit stands in its way.

Another step may correct a field that one step stamps, if it cannot be left empty there; the step itself does not ask for it. Emptying it
for another round (`clear`, or `set` with an empty value) says nothing, and is no second word. Where nobody acts there is no such day.
"""

from __future__ import annotations

from collections.abc import Iterator

from oyiflow.diagnostics import Fix
from oyiflow.load.reading import Reading, scalar, scalars
from oyiflow.load.steps import mappings
from oyiflow.load.text.nodes import Mapping, Scalar
from oyiflow.model.values import show

BELOW = ("steps", "states", "transitions", "entry", "exit", "actions")
"""Keys below which steps, states and their actions stand."""
OF_PEOPLE = ("mode", "who", "fill", "see", "hide", "checklist", "not_before", "stamp", "only_while", "allow")
"""Keys that say how somebody acts; they go with `by`."""


def check_stamps(root: Mapping, reading: Reading) -> None:
    """OF509 and OF507 for the fields that are stamped, OF103 for what is said of people where nobody acts."""
    nodes = list(mappings(root, BELOW))
    done = (node.get("stamp") for node in nodes if node.get("by") is not None)
    stamps = [name for stamp in done for name in scalars(stamp) if name.text in reading.fields]
    stamped = {name.text for name in stamps}
    for name in stamps:
        _limited(name, reading)
    for node in nodes:
        _nobody(node, reading)
        for name in scalars(node.get("fill")):
            if name.text in stamped:
                _filled(name, node, reading)
        for name in _written(node):
            if name.text in stamped:
                zh, en = (
                    f"“{name.text}”由办的那天自己记 (stamp)，不能又写别的",
                    f"{name.text!r} gets a day by itself (stamp); nothing else writes it",
                )
                fix = Fix(zh="写到另一个字段，或去掉 stamp", en="write another field, or drop the stamp")
                reading.report.error("OF509", name.span, zh, en, fix)


def _written(node: Mapping) -> Iterator[Scalar]:
    """The fields that an action sets, or that a call brings back."""
    value, gives = node.get("value"), node.get("gives")
    if not (isinstance(value, Scalar) and not value.text):
        yield from scalars(node.get("set"))
    yield from (name for name, _ in gives.items) if isinstance(gives, Mapping) else ()


def _filled(name: Scalar, node: Mapping, reading: Reading) -> None:
    if name.text == scalar(node.get("stamp")):
        zh, en = (
            f"“{name.text}”由这一步记下当天 (stamp)，不能又由人填",
            f"{name.text!r} gets the day of this very step (stamp); nobody fills it in",
        )
        reading.report.error("OF509", name.span, zh, en, Fix(zh="从 fill 里去掉它", en="take it out of fill"))
    elif not reading.fields[name.text].required:
        zh, en = (
            f"“{name.text}”里是记下的日子 (stamp)，这里可以更正，不能留空",
            f"{name.text!r} holds a day that was stamped; it may be corrected here, but not left empty",
        )
        fix = Fix(zh="字段加上 required: true，或从 fill 里去掉它", en="make the field required: true, or take it out of fill")
        reading.report.error("OF509", name.span, zh, en, fix)


def _limited(name: Scalar, reading: Reading) -> None:
    """A stamp never breaks `min: today`; a day that is written down it breaks sooner or later."""
    spec = reading.fields[name.text]
    limits = [f"{key} {show(spec.type, limit)}" for key, limit in (("min", spec.min), ("max", spec.max)) if limit is not None]
    if limits:
        bounds = ", ".join(limits)
        zh, en = (
            f"“{spec.name}”限于 {bounds}，办的那天不一定在内",
            f"{spec.name!r} has {bounds}; the day on which it is done may lie outside",
        )
        fix = Fix(zh="去掉字段的 min、max，或换一个字段", en="drop min and max of the field, or stamp another one")
        reading.report.error("OF507", name.span, zh, en, fix)


def _nobody(node: Mapping, reading: Reading) -> None:
    """A step may do without people; then nothing is said of how they act."""
    vain = [key for key, _ in node.items if key.text in OF_PEOPLE]
    if vain and node.get("by") is None and (node.get("decide") or node.get("state")):
        names = ", ".join(key.text for key in vain)
        zh, en = (
            f"这一步没有 by，没有人办理，所以 {names} 不起作用",
            f"this step has no by; nobody acts on it, so nothing comes of {names}",
        )
        fix = Fix(zh=f"加上 by: 角色，或去掉 {names}", en=f"add by: a role, or drop {names}")
        reading.report.error("OF103", vain[0].span, zh, en, fix)
