"""What a process is: frozen types and navigation, no behaviour.

A `Definition` is a tree of `State`s with SCXML's meaning: atomic, compound (one child active), parallel (all regions
active), final and history states, joined by `Transition`s. A procedure written as `steps:` and a life cycle written as
`states:` both end up here, so the kernel, the checks, the engine and the diagrams know nothing else. What people do is
`Work` on a state; what a chart needs beyond that (verb, purpose of an arrow, titles) is carried as plain data.

Names are strings here; the kernel numbers the states for itself. Spans take no part in equality or in the digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

from oyiflow.diagnostics import NOWHERE, Span
from oyiflow.model.calendar import PLAIN_WEEK
from oyiflow.model.example import Example
from oyiflow.model.expression import Expression
from oyiflow.model.values import Calendar, Duration, FieldType, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Words for people in Chinese, English or both; at least one of them is not empty."""

    zh: str = ""
    en: str = ""

    def of(self, lang: str) -> str:
        """The words in `lang` ("zh", "en" or "both"); falls back to the language that is there."""
        if lang == "both" and self.zh and self.en and self.zh != self.en:
            return f"{self.zh} {self.en}"
        return (self.en or self.zh) if lang == "en" else (self.zh or self.en)


NO_TEXT = Text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an element comes from: an article or section of the manual; `inferred` marks what the manual does not say."""

    source: str = ""
    inferred: bool = False


NO_ORIGIN = Origin()


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A lane: who acts. `outside` roles belong to other companies: drawn, never given a task."""

    name: str
    title: Text
    aliases: tuple[str, ...] = ()
    outside: bool = False
    origin: Origin = NO_ORIGIN
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the form. `options` for choice(s); `min` and `max` are values of the field's own type."""

    name: str
    title: Text
    type: FieldType
    required: bool = False
    options: tuple[str, ...] = ()
    min: Value | None = None
    max: Value | None = None
    not_past: bool = False
    not_future: bool = False
    """Of a date: on the day on which it is filled in, it is that day or a later one (an earlier one)."""
    sensitive: bool = False
    visible_to: tuple[str, ...] = ()
    """Of a sensitive field: the roles that may see its value; none: those who work with it (see `model.visibility`)."""
    keep: str = ""
    """How long its value is to be kept after the case has ended: `2 years` (see `model.retention`)."""
    columns: tuple[Field, ...] = ()
    """Of a list: what the cells of a row hold."""
    hidden: bool = False
    """Kept by the machine for itself: in no form and on no screen."""
    was: str = ""
    """What it was called in the version before; for moving running instances."""
    origin: Origin = NO_ORIGIN
    span: Span = field(default=NOWHERE, compare=False)


class StateKind(StrEnum):
    """SCXML's kinds of state."""

    ATOMIC = "atomic"
    COMPOUND = "compound"
    PARALLEL = "parallel"
    FINAL = "final"
    HISTORY = "history"


class Mode(StrEnum):
    """How several signers decide: 或签 (the first answer), 会签 (everybody), 依次 (one after the other), 票签 (a share of the votes)."""

    ANY = "any"
    ALL = "all"
    IN_TURN = "in_turn"
    VOTE = "vote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignee:
    """Who may act: holders of a role, the person named in a field, or whoever did a step last. Exactly one of these is set.

    The id of the root stands for the step that whoever started the instance did.
    """

    role: str = ""
    person_in: str = ""
    whoever_did: str = ""
    superior: bool = False
    """Not that person, but their superior."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An answer that a person can give, and the event that it becomes. `consent`: the form must be complete."""

    name: str
    event: str
    title: Text
    consent: bool = True

    @property
    def words(self) -> tuple[str, ...]:
        """What a person may write for it: its name, or its title in either language."""
        return tuple(word for word in (self.name, self.title.zh, self.title.en) if word)


Operation = Literal["transfer", "delegate", "add_signer", "remove_signer", "send_back", "withdraw", "urge"]
"""What people may do with a task besides answering it: 转办 委派 加签 减签 退回 撤回 催办."""


@dataclass(frozen=True, slots=True, kw_only=True)
class While:
    """Only while a case of another process, in which the field `same` has the same value as here, is in the state `at`."""

    process: str
    at: str
    same: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What people do while a state is active; the kernel opens a task for it when the macrostep has come to rest."""

    by: tuple[Assignee, ...]
    mode: Mode = Mode.ANY
    share: int = 0
    """Of a vote: the percentage of `by` whose consent decides."""
    who: Assignee | None = None
    """Whoever acts must, besides what `by` says, also be this person."""
    outcomes: tuple[Outcome, ...] = ()
    fill: tuple[str, ...] = ()
    see: tuple[str, ...] = ()
    """Fields that are shown and cannot be changed; with none of `see` and `hide`, all that are filled are shown."""
    hide: tuple[str, ...] = ()
    """Fields that are not shown."""
    checklist: tuple[Text, ...] = ()
    """What must be ticked before a consent."""
    allow: tuple[Operation, ...] = ()
    only_while: While | None = None
    makes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    helped_by: tuple[str, ...] = ()
    meets: tuple[str, ...] = ()
    not_before: str = ""
    """Name of a date or datetime field before which the work cannot be completed."""
    stamp: str = ""
    """Name of a date or datetime field that gets the day (the moment) of the consent that decides."""
    within: Duration | None = None
    by_day: int = 0
    """Instead of `within`: by the end of this day of the month."""
    by_field: str = ""
    """Instead of `within`: by the end of the day in this field."""
    on_holiday: Literal["", "before", "after"] = ""
    late: str = ""
    """What happens when the deadline has passed: remind, escalate, pass, reject or skip (done by a delayed transition)."""

    @property
    def limited(self) -> bool:
        """Whether there is a deadline."""
        return self.within is not None or self.by_day > 0 or bool(self.by_field)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What runs elsewhere while the state is active: another process, or a handler of the embedding program (exactly one is set).

    `inputs`: their field from our expression; `outputs`: our field from theirs. With `each`, one runs for every entry of
    that list, and the call is over when all of them are.
    """

    process: str = ""
    version: int | None = None
    handler: str = ""
    retries: int | None = None
    """How often a handler that fails is tried again; None: as often as the engine does by default."""
    each: str = ""
    """A field with several entries: rows of a list, or choices."""
    item: str = ""
    """Their field that gets the entry; of a row with columns, each cell goes to their field of the column's name."""
    inputs: tuple[tuple[str, Expression], ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """Write the value of an expression into a field."""

    field: str
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """Put an event into the internal queue."""

    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send an event to this instance, now (external queue) or after a delay; `id` lets `Cancel` find it."""

    event: str
    after: Duration | None = None
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Forget a delayed `Send` that has not been delivered."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """Write a line into the journal."""

    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Tell the assignees (`remind`) or their superiors too (`escalate`) that the work of a state is overdue.

    `rule`: that what a rule demands is overdue, whoever holds the case now and their superiors. `tell`: the holders of
    `roles`, that the work has been done.
    """

    about: str
    reason: Literal["remind", "escalate", "rule", "tell"]
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Perform:
    """Ask the embedding program's handler to do something, at least once; its result comes back as an event."""

    handler: str
    inputs: tuple[tuple[str, Expression], ...] = ()


Action = Set | Raise | Send | Cancel | Log | Notify | Perform

Purpose = Literal["event", "next", "approved", "rejected", "case", "otherwise", "skip", "late", "done", "failed"]
"""Why a transition is there, for charts and explanations; the kernel does not look at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """From its state to `targets` when one of `events` comes (or at once when there are none), if `guard` holds.

    `after`: when the state has been active for so long. `internal`: does not leave a compound source whose descendants
    it targets. No targets: actions only, nothing is left or entered. Events may be prefixes (`a` matches `a.b`) or `*`.
    """

    targets: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    guard: Expression | None = None
    after: Duration | None = None
    at: str = ""
    """Name of a date or datetime field: when that moment comes (a date: the start of the day)."""
    day: int = 0
    """The end of this day of the month (1 to 31): of this month, or of the next one if it has passed."""
    over: bool = False
    """With `at`: when that day is over, not when it begins."""
    on_holiday: Literal["", "before", "after"] = ""
    """Where a `day` or a date goes that nobody works on; "" leaves it."""
    actions: tuple[Action, ...] = ()
    internal: bool = False
    meant: bool = False
    """The author has said that a surprising consequence is meant (see the checks OF307 and OF308); the kernel does not look."""
    label: Text = NO_TEXT
    purpose: Purpose = "event"
    origin: Origin = NO_ORIGIN
    span: Span = field(default=NOWHERE, compare=False)
    target_span: Span = field(default=NOWHERE, compare=False)

    @property
    def timed(self) -> bool:
        """Whether a timer fires it."""
        return self.after is not None or bool(self.at) or self.day > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A state. `initial` names the descendants entered by default (empty: the first child). For history: `default` targets."""

    id: str
    kind: StateKind = StateKind.ATOMIC
    title: Text = NO_TEXT
    states: tuple[State, ...] = ()
    initial: tuple[str, ...] = ()
    initial_actions: tuple[Action, ...] = ()
    deep: bool = False
    transitions: tuple[Transition, ...] = ()
    entry: tuple[Action, ...] = ()
    exit: tuple[Action, ...] = ()
    work: Work | None = None
    call: Call | None = None
    output: tuple[tuple[str, Expression], ...] = ()
    """Of a final state: names and values that its `done` event carries."""
    verb: str = "state"
    """The word that the author used: do, approve, decide, together, wait, call, end, state, parallel, history; "" if lowered."""
    lane: str = ""
    """The role in whose lane the state is drawn."""
    only_when: Expression | None = None
    """The condition of a step that may be skipped, for charts; the lowered `skip` transition does the work."""
    was: str = ""
    """What it was called in the version before; for moving running instances."""
    origin: Origin = NO_ORIGIN
    span: Span = field(default=NOWHERE, compare=False)


PEOPLE_FORMS = ("different_people", "same_person")
"""The forms of rules about people; each speaks of all the steps that it names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of the manual. Order rules are carried for proof; rules about people are enforced while running."""

    form: Literal["before", "after", "never", "different_people", "same_person", "words"]
    """`words`: said for people, and carried by nothing but its words."""
    say: Text
    steps: tuple[str, ...]
    """before/after/never: the one step spoken of; different_people/same_person: all of them; words: none."""
    must: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    """The roles that do what must come (of `never` and the like: none); what the manual says of who."""
    when: Expression | None = None
    within: Duration | None = None
    origin: Origin = NO_ORIGIN
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a report of another process says of whoever an instance is for, as of its start. `gives`: our field, and the part of the answer."""

    process: str
    report: str
    gives: tuple[tuple[str, Literal["whose", "period", "value", "due", "at_least"]], ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Instances that start by themselves: in every period, on its day `first` and the days `more`, to be over by the end of its day `by` (0: no limit)."""

    every: Literal["week", "month", "quarter", "year"]
    first: int = 1
    more: tuple[int, ...] = ()
    by: int = 0
    on_holiday: Literal["", "before", "after"] = ""
    for_each: str = ""
    """The role of which every holder gets an instance, as if they had started it; "": there is one, which nobody started."""
    figures: Figures | None = None
    span: Span = field(default=NOWHERE, compare=False)


STARTER = "starter"
"""Whoever began a case, where a process speaks of them as of a step or a field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A question to all instances of the process: what they add up to, for each person, period or value, and whether that is right.

    `total`: a number to be added up; `days`: calendar days, each once, from the latest of the dates in the first fields to
    the earliest in the second ones; with neither, instances are counted. `on`: the date by which an instance belongs to a
    period (a day belongs to its own); with neither `on` nor `days`, each time that one of `of` was done counts, on its day.
    `of`: only instances that came to one of these states. Less than `least` or more than `most` stands out.
    """

    name: str
    title: Text
    every: Literal["", "week", "month", "quarter", "year"] = ""
    on: str = ""
    per: str = ""
    """`starter`, or a field whose values are told apart; "" for all together."""
    total: str = ""
    days: tuple[tuple[str, ...], ...] = ()
    of: tuple[str, ...] = ()
    least: Value | None = None
    most: Value | None = None
    origin: Origin = NO_ORIGIN
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A whole process. `digest` is the SHA-256 of its canonical content: same digest, same behaviour and same words."""

    name: str
    title: Text
    version: int = 1
    origin: Origin = NO_ORIGIN
    owner: str = ""
    roles: tuple[Role, ...] = ()
    fields: tuple[Field, ...] = ()
    root: State
    rules: tuple[Rule, ...] = ()
    examples: tuple[Example, ...] = ()
    starts: Schedule | None = None
    reports: tuple[Report, ...] = ()
    calendar: Calendar = field(default=PLAIN_WEEK, compare=False)
    """The company's, by which workdays are counted while it runs; whoever runs it gives it, and it is no part of the content."""
    body: Literal["steps", "states"] = "states"
    text: str = field(default="", compare=False)
    """The YAML that it was read from, kept for people; "" when it was built in Python."""
    span: Span = field(default=NOWHERE, compare=False)
    compiled: Any = field(default=None, init=False, repr=False, compare=False)
    """The kernel's tables for this definition, made at the first step; never part of its meaning."""

    @cached_property
    def states(self) -> Mapping[str, State]:
        """All states by id, in document order (preorder), the root included."""
        return {state.id: state for state in walk(self.root)}

    @cached_property
    def parents(self) -> Mapping[str, str]:
        """Each state's parent by id; the root is not a key."""
        return {child.id: state.id for state in self.states.values() for child in state.states}

    @cached_property
    def field(self) -> Mapping[str, Field]:
        """The fields of the form by name."""
        return {f.name: f for f in self.fields}

    @cached_property
    def role(self) -> Mapping[str, Role]:
        """The roles by name; aliases lead to the same role."""
        named = {r.name: r for r in self.roles}
        return {**{alias: r for r in self.roles for alias in r.aliases}, **named}

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the canonical content, spans left out."""
        from oyiflow.model.canonical import digest  # canonical knows all types of this module

        return digest(self)

    @cached_property
    def memo(self) -> dict[str, Any]:
        """Room for what others compute from this definition once; never part of its meaning."""
        return {}


def actions_of(state: State) -> tuple[Action, ...]:
    """All that a state may do: on entry, on exit, on its initial transition and on its ways, in this order."""
    ways = (action for way in state.transitions for action in way.actions)
    return (*state.entry, *state.exit, *state.initial_actions, *ways)


def walk(root: State) -> Iterator[State]:
    """`root` and all its descendants in document order, without recursion."""
    stack = [root]
    while stack:
        state = stack.pop()
        yield state
        stack.extend(reversed(state.states))
