"""Two versions of a process, compared: what was added, removed, moved, renamed and changed, each as a sentence.

The same id is the same step, role or field; cases, transitions, rules and examples, which have no id, are paired by what
they have most in common. A step that leads to the line below leads there still when the line below is another one: the
step that came, went or moved is told, and not its neighbours again. What was renamed (`was:`) is told as that, and the rest
of the older version is compared in the names of the newer one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import TypeVar

from oyiflow.kernel.renaming import carried
from oyiflow.model.definition import NO_ORIGIN, NO_TEXT, Definition, Field, Role, Rule, State, Text, Transition
from oyiflow.model.example import Example
from oyiflow.words.change import GROUPS, Change, Fact, Group, Subject, told
from oyiflow.words.facts import (
    BELOW,
    STEPS,
    Both,
    facts_of_example,
    facts_of_field,
    facts_of_process,
    facts_of_report,
    facts_of_role,
    facts_of_rule,
    facts_of_state,
    facts_of_way,
    follows,
    inside_marks,
    own_lane,
    plain,
    way_subject,
)
from oyiflow.words.outline import Line
from oyiflow.words.reports import asked
from oyiflow.words.rules import meaning
from oyiflow.words.steps import sentence_of

T = TypeVar("T")
Pair = tuple[int | None, int | None]


def differences(old: Definition, new: Definition) -> list[Change]:
    """Everything that differs, in the order of the groups; empty exactly when both have the same digest."""
    if old.digest == new.digest:
        return []
    found = list(_all(Versions(old, new)))
    if not found:
        words = Text(zh="内容有改动，但没有可以说明的一处", en="the content differs in something that has no words here")
        found = [Change(group="process", kind="changed", subject="process", sentence=words)]
    places = {group: place for place, group in enumerate(GROUPS)}
    return sorted(found, key=lambda change: places[change.group])


class Versions:
    """The older version (`was`, in the names of the newer one), the newer one (`now`), and what was called otherwise."""

    def __init__(self, old: Definition, new: Definition) -> None:
        older = carried(old, new)
        self.was, self.now, self.before = Both(older.definition), Both(new), Both(old)
        self.steps, self.fields = ({now: was for was, now in one.items()} for one in older.told)
        self._back = older.back

    def gone(self, name: str) -> tuple[Both, str]:
        """A step that is no more, under the name that it had."""
        return self.before, self._back.steps.get(name, name)

    def field(self, name: str) -> Field:
        """A field of either version as it was called there; the newer one first."""
        new, old = self.now.definition.field, self.before.definition.field
        return new[name] if name in new else old[self._back.fields.get(name, name)]


def _all(versions: Versions) -> Iterator[Change]:
    was, now = versions.was, versions.now
    whole = Subject(key="process", name=Text(zh="流程", en="the process"))
    yield from changed(whole, facts_of_process(was), facts_of_process(now))
    yield from _steps(versions)
    yield from _roles(was, now)
    yield from _fields(versions)
    yield from _rules(was, now)
    yield from _reports(was, now)
    yield from _examples(was, now)


def changed(subject: Subject, old: Iterable[Fact], new: Iterable[Fact]) -> Iterator[Change]:
    """The changes among the facts of one subject."""
    before, after = {fact.aspect: fact for fact in old}, {fact.aspect: fact for fact in new}
    for aspect in {**before, **after}:
        change = told(subject, before.get(aspect), after.get(aspect))
        if change is not None:
            yield change


def _whole(group: Group, subject: Subject, there: bool, more: Text = NO_TEXT) -> Change:
    """Something that came or went as a whole."""
    zh, en = (
        (f"增加{subject.name.zh}", f"added: {subject.name.en}")
        if there
        else (f"删除{subject.name.zh}", f"removed: {subject.name.en}")
    )
    if more != NO_TEXT:
        zh, en = f"{zh}{more.zh}", f"{en}{more.en}"
    return Change(
        group=group, kind="added" if there else "removed", subject=subject.key, before=NO_TEXT if there else subject.name,
        after=subject.name if there else NO_TEXT, sentence=Text(zh=zh, en=en),
    )  # fmt: skip


def _renamed(group: Group, subject: Subject, was: str, now: str) -> Change:
    """Something that has another name (id) and is the same."""
    words = Text(zh=f"{subject.name.zh}改了名，原名“{was}”", en=f"{subject.name.en} is renamed; it was “{was}”")
    return Change(
        group=group, kind="renamed", subject=subject.key, aspect="name", before=plain(was), after=plain(now), sentence=words
    )


def moved_among(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Those that both have and that stand elsewhere now: as few as explain the new order."""
    common = set(old) & set(new)
    before, after = [name for name in old if name in common], [name for name in new if name in common]
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    still = {name for block in blocks for name in after[block.b : block.b + block.size]}
    return [name for name in after if name not in still]


def _reordered(group: Group, subject: Subject, moved: Sequence[Text]) -> Iterator[Change]:
    """One change for all parts of a subject that stand elsewhere now."""
    if moved:
        zh, en = "、".join(text.zh for text in moved), ", ".join(text.en for text in moved)
        words = Text(zh=f"{subject.name.zh}的次序有变：{zh}", en=f"{subject.name.en}: the order changes: {en}")
        yield Change(group=group, kind="moved", subject=subject.key, aspect="order", after=Text(zh=zh, en=en), sentence=words)


def _moved_pairs(pairs: Sequence[Pair]) -> list[int]:
    """The new places of those that stand elsewhere now."""
    both = [(old, new) for old, new in pairs if old is not None and new is not None]
    moved = set(moved_among([str(old) for old, _ in sorted(both)], [str(old) for old, _ in both]))
    return [new for old, new in both if str(old) in moved]


# --- steps


def _steps(versions: Versions) -> Iterator[Change]:
    was, now = versions.was, versions.now
    old, new = was.zh.line, now.zh.line
    moved = set(moved_among([*old], [*new])) | {
        name for name in old.keys() & new.keys() if old[name].inside != new[name].inside
    }
    for name, line in new.items():
        if name not in old:
            yield _added(now, line)
        elif name in moved:
            where = _where(now, line)
            words = Text(zh=f"{now.step(name).name.zh}移到{where.zh}", en=f"{now.step(name).name.en} moves {where.en}")
            yield Change(group="steps", kind="moved", subject=now.step(name).key, aspect="order", after=where, sentence=words)
        if name in versions.steps:
            yield _renamed("steps", _kind_of(now, name), versions.steps[name], name)
        if name in old:
            yield from (one for one in _step(was, now, old[name], line) if one.aspect != "was" or name not in versions.steps)
    yield from (_whole("steps", _kind_of(*versions.gone(name)), False) for name in old if name not in new)


def _kind_of(both: Both, name: str) -> Subject:
    step, state = both.step(name), both.definition.body != "steps"
    return Subject(
        key=step.key,
        name=Text(zh=f"{'状态' if state else '步骤'}{step.name.zh}", en=f"{'state' if state else 'step'} {step.name.en}"),
    )


def _added(now: Both, line: Line) -> Change:
    where, steps = _where(now, line), now.definition.body == "steps"
    more = now.text(lambda s: sentence_of(s, line)) if steps else NO_TEXT
    words = Text(
        zh=f"，在{where.zh}" + (f"：{more.zh.rstrip('。')}" if steps else ""),
        en=f", {where.en}" + (f". {more.en.rstrip('.')}" if steps else ""),
    )
    return _whole("steps", _kind_of(now, line.state.id), True, words)


def _where(both: Both, line: Line) -> Text:
    """Between which lines it stands."""
    around = both.step(line.inside).name if line.inside else NO_TEXT
    before = both.above.get(line.state.id)
    inside = Text(zh=f"{around.zh}中", en=f"within {around.en}") if line.inside else NO_TEXT
    if before is not None:
        name = both.step(before).name
        return Text(zh=f"{inside.zh}{name.zh}之后", en=f"{inside.en} after {name.en}".strip())
    return inside if line.inside else Text(zh="最前面", en="to the very beginning")


def _step(was: Both, now: Both, old: Line, new: Line) -> Iterator[Change]:
    subject = now.step(new.state.id)
    found = [*changed(subject, facts_of_state(was, old), facts_of_state(now, new)), *_ways(was, now, old, new)]
    if not found and _bare(was, old) != _bare(now, new):
        words = Text(zh=f"{subject.name.zh}有其他改动", en=f"{subject.name.en} changes in something else")
        found = [Change(group="steps", kind="changed", subject=subject.key, sentence=words)]
    yield from found


def _bare(both: Both, line: Line) -> State:
    """A state without what is inside it and without the places that only its neighbours decide."""
    ways = tuple(replace(way, targets=BELOW) if follows(both.definition, line, way) else way for way in line.state.transitions)
    if line.state.verb == "together":  # its events name the branches, which are told themselves
        ways = tuple(replace(way, events=()) for way in ways)
    return replace(line.state, states=(), transitions=ways, lane=own_lane(both, line.state), was="")


def _ways(was: Both, now: Both, old: Line, new: Line) -> Iterator[Change]:
    before, after = _free(old.state), _free(new.state)
    pairs = paired(
        before, after, _same, _when, _label, lambda way: way.label.zh or way, lambda way: way.label.en or way, _target
    )
    for a, b in pairs:
        if b is None:
            assert a is not None, "a pair has a side"
            yield _whole("steps", way_subject(was, old.state, before[a]), False)
        elif a is None:
            yield _whole("steps", way_subject(now, new.state, after[b]), True, _way_words(now, new, after[b]))
        else:
            facts = facts_of_way(was, old, before[a]), facts_of_way(now, new, after[b])
            yield from changed(way_subject(now, new.state, after[b]), *facts)
    step, cases = (
        now.step(new.state.id),
        Text(zh="的情形", en=", its cases") if new.state.verb == "decide" else Text(zh="的转移", en=", its transitions"),
    )
    subject = Subject(key=step.key, name=Text(zh=step.name.zh + cases.zh, en=step.name.en + cases.en))
    yield from _reordered("steps", subject, [way_subject(now, new.state, after[place]).name for place in _moved_pairs(pairs)])


def _free(state: State) -> list[Transition]:
    """The cases of a decision, the transitions of a life cycle: those that are told one by one."""
    return [way for way in state.transitions if way.purpose in ("case", "otherwise") or state.verb not in STEPS]


def _way_words(both: Both, line: Line, way: Transition) -> Text:
    facts = {fact.aspect: fact.words for fact in facts_of_way(both, line, way)}
    zh = [
        f"{label}{facts[aspect].zh}"
        for aspect, label in (("when", "条件"), ("to", "去向"), ("actions", "动作"))
        if facts[aspect] != NO_TEXT
    ]
    en = [
        f"{label} {facts[aspect].en}"
        for aspect, label in (("when", "condition"), ("to", "target"), ("actions", "actions"))
        if facts[aspect] != NO_TEXT
    ]
    return Text(zh="：" + "，".join(zh), en=": " + ", ".join(en)) if zh else NO_TEXT


def _same(way: Transition) -> Hashable:
    return replace(way, origin=NO_ORIGIN)


def _when(way: Transition) -> Hashable:
    return (way.label, way.events, way.at, way.after is None, way.guard) if way.purpose == "event" else (way.label, way.purpose)


def _label(way: Transition) -> Hashable:
    return (way.events, way.at, way.after is None) if way.purpose == "event" else (way.label,)


def _target(way: Transition) -> Hashable:
    return way.targets, way.guard


def paired(old: Sequence[T], new: Sequence[T], *keys: Callable[[T], Hashable]) -> list[Pair]:
    """Places of each new thing and the old one with the same key, by the first key under which one is free; then those that are gone."""
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for key in keys:
        free: dict[Hashable, list[int]] = {}
        for place in reversed(range(len(old))):
            if place not in taken:
                free.setdefault(key(old[place]), []).append(place)
        for place, thing in enumerate(new):
            if place not in partner and (places := free.get(key(thing))):
                partner[place] = places.pop()
                taken.add(partner[place])
    return [
        *((partner.get(place), place) for place in range(len(new))),
        *((place, None) for place in range(len(old)) if place not in taken),
    ]


# --- roles, fields, rules, examples


def _roles(was: Both, now: Both) -> Iterator[Change]:
    old, new = {role.name: role for role in was.definition.roles}, {role.name: role for role in now.definition.roles}
    for name, role in {**new, **{n: r for n, r in old.items() if n not in new}}.items():
        subject = _role(role)
        if name in old and name in new:
            yield from changed(subject, facts_of_role(old[name]), facts_of_role(new[name]))
        else:
            yield _whole("people", subject, name in new)
    lanes = Subject(key="roles", name=Text(zh="泳道", en="the lanes"))
    yield from _reordered("people", lanes, [_role(new[name]).name for name in moved_among([*old], [*new])])


def _fields(versions: Versions) -> Iterator[Change]:
    was, now = versions.was, versions.now
    old, new = was.definition.field, now.definition.field
    for name, field in {**new, **{n: f for n, f in old.items() if n not in new}}.items():
        subject = _field(versions.field(name))
        if name in versions.fields:
            yield _renamed("form", subject, versions.fields[name], name)
        if name in old and name in new:
            found = changed(subject, facts_of_field(was, old[name]), facts_of_field(now, new[name]))
            yield from (one for one in found if one.aspect != "was" or name not in versions.fields)
        else:
            facts = {fact.aspect: fact.words for fact in facts_of_field(now if name in new else was, field)}
            more = Text(zh=f"：{facts['type'].zh}，{facts['required'].zh}", en=f": {facts['type'].en}, {facts['required'].en}")
            yield _whole("form", subject, name in new, more if name in new else NO_TEXT)
    form = Subject(key="form", name=Text(zh="表单", en="the form"))
    yield from _reordered("form", form, [_field(new[name]).name for name in moved_among([*old], [*new])])


def _role(role: Role) -> Subject:
    return Subject(key=f"role {role.name}", name=_called(("角色", "role "), role.title, role.name))


def _field(field: Field) -> Subject:
    return Subject(key=f"field {field.name}", name=_called(("字段", "field "), field.title, field.name))


def _called(what: tuple[str, str], title: Text, name: str) -> Text:
    """A title, with the id where they differ."""
    zh, en = (
        f"“{words}”{gap}({name})" if words != name else f"“{name}”"
        for words, gap in ((title.of("zh"), ""), (title.of("en"), " "))
    )
    return Text(zh=what[0] + zh, en=what[1] + en)


def _rules(was: Both, now: Both) -> Iterator[Change]:
    old, new = was.definition.rules, now.definition.rules
    pairs = paired(old, new, lambda r: r, lambda r: (r.form, r.say), lambda r: replace(r, say=NO_TEXT, origin=NO_ORIGIN), lambda r: r.say,
                   lambda r: (r.form, r.steps))  # fmt: skip
    for a, b in pairs:
        if a is not None and b is not None:
            yield from changed(_rule(now, new[b]), facts_of_rule(was, old[a]), facts_of_rule(now, new[b]))
        elif b is not None:
            meant = now.saying(meaning, new[b])
            more = Text(zh=f"，即{meant.zh}", en=f", that is: {meant.en}") if new[b].say != NO_TEXT else NO_TEXT
            yield _whole("rules", _rule(now, new[b]), True, more)
        elif a is not None:
            yield _whole("rules", _rule(was, old[a]), False)
    yield from _reordered(
        "rules",
        Subject(key="rules", name=Text(zh="规则", en="the rules")),
        [_rule(now, new[place]).name for place in _moved_pairs(pairs)],
    )


def _rule(both: Both, rule: Rule) -> Subject:
    said = inside_marks(Text(zh=rule.say.of("zh"), en=rule.say.of("en"))) if rule.say != NO_TEXT else both.saying(meaning, rule)
    return Subject(key=f"rule {said.en.strip('“”')}", name=Text(zh=f"规则{said.zh}", en=f"rule {said.en}"))


def _reports(was: Both, now: Both) -> Iterator[Change]:
    old, new = ({one.name: one for one in both.definition.reports} for both in (was, now))
    for name, report in {**old, **new}.items():
        subject = Subject(key=f"report {name}", name=_called(("统计", "report "), report.title, name))
        if name in old and name in new:
            yield from changed(subject, facts_of_report(was, old[name]), facts_of_report(now, new[name]))
        else:
            meant = now.saying(asked, report) if name in new else NO_TEXT
            yield _whole(
                "rules", subject, name in new, Text(zh=f"：{meant.zh}", en=f": {meant.en}") if name in new else NO_TEXT
            )
    order = [_called(("统计", "report "), new[name].title, name) for name in moved_among([*old], [*new])]
    yield from _reordered("rules", Subject(key="reports", name=Text(zh="统计", en="the reports")), order)


def _examples(was: Both, now: Both) -> Iterator[Change]:
    old, new = was.definition.examples, now.definition.examples
    pairs = paired(old, new, lambda e: e.name, lambda e: replace(e, name=""))
    for a, b in pairs:
        if a is None or b is None:
            example = new[b] if b is not None else old[a or 0]
            yield _whole("examples", _example(example), b is not None)
            continue
        if old[a].name != new[b].name:
            words = Text(
                zh=f"案例“{old[a].name}”改名为“{new[b].name}”", en=f"example “{old[a].name}” is now called “{new[b].name}”"
            )
            yield Change(group="examples", kind="renamed", subject=_example(new[b]).key, aspect="name", before=plain(old[a].name),
                         after=plain(new[b].name), sentence=words)  # fmt: skip
        yield from changed(_example(new[b]), facts_of_example(was, old[a]), facts_of_example(now, new[b]))
    moved = [_example(new[place]).name for place in _moved_pairs(pairs)]
    yield from _reordered("examples", Subject(key="examples", name=Text(zh="案例", en="the examples")), moved)


def _example(example: Example) -> Subject:
    return Subject(key=f"example {example.name}", name=Text(zh=f"案例“{example.name}”", en=f"example “{example.name}”"))
