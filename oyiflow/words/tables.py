"""The tables of a manual: roles, form, documents, responsibilities, and what the manual does not say itself."""

from __future__ import annotations

from collections.abc import Iterator

from oyiflow.model.definition import Field, Set, State, actions_of, walk
from oyiflow.model.expression import EMPTY
from oyiflow.model.retention import kept_words
from oyiflow.model.values import show
from oyiflow.words.markdown import inline, table
from oyiflow.words.speech import NOT_FUTURE, NOT_PAST, TYPES, Speech


def table_of_roles(speech: Speech) -> list[str]:
    """The lanes, with their other names."""
    where = speech.say("本公司", "the company"), speech.say("公司外部", "outside")
    rows = [
        (speech.text(role.title), role.name, speech.several(map(speech.clean, role.aliases)), where[role.outside], speech.source(role.origin))
        for role in speech.definition.roles
    ]  # fmt: skip
    return table(
        [
            speech.say(*head)
            for head in (("角色", "role"), ("编号", "id"), ("别名", "other names"), ("属于", "belongs to"), ("出处", "source"))
        ],
        rows,
    )


# --- the form


def table_of_fields(speech: Speech) -> list[str]:
    """The form: what each field holds and where it is filled in."""
    places = filled_where(speech)
    fields = [field for field in speech.definition.fields if not field.hidden]
    rows = [_field_row(speech, field, places.get(field.name, [])) for field in fields]
    heads = (("编号", "id"), ("名称", "title"), ("类型", "type"), ("必填", "required"), ("选项", "options"), ("限值", "limits"), ("敏感", "sensitive"), ("保留", "kept for"),
             ("填写于", "filled in at"), ("出处", "source"))  # fmt: skip
    kept = [n for n in range(len(heads)) if n < 3 or any(row[n] for row in rows)]
    return table([speech.say(*heads[n]) for n in kept], [[row[n] for n in kept] for row in rows])


def _field_row(speech: Speech, field: Field, places: list[str]) -> tuple[str, ...]:
    yes = speech.say("是", "yes")
    limits = [
        speech.say(zh, en) + speech.clean(show(field.type, limit, speech.lang))
        for limit, zh, en in ((field.min, "不小于 ", "at least "), (field.max, "不大于 ", "at most "))
        if limit is not None
    ]
    limits += [words.of(speech.lang) for words, bound in ((NOT_PAST, field.not_past), (NOT_FUTURE, field.not_future)) if bound]
    return (
        inline(field.name), speech.text(field.title), TYPES[field.type].of(speech.lang), yes if field.required else "",
        speech.say("、", ", ").join(map(speech.clean, field.options)), speech.say("，", ", ").join(limits), yes if field.sensitive else "",
        kept_words(field.keep, speech.lang) if field.keep else "",
        several_places(speech, places), speech.source(field.origin),
    )  # fmt: skip


def short_steps(speech: Speech, names: list[str]) -> str:
    """Steps as `2 制定拜访计划`, for a cell."""
    return several_places(speech, [short_step(speech, name) for name in names])


def several_places(speech: Speech, places: list[str]) -> str:
    """Set apart by more than a comma: titles have commas of their own."""
    return speech.say("；", "; ").join(places)


def short_step(speech: Speech, name: str) -> str:
    """A step's number and title without quotation marks."""
    state, line = speech.definition.states[name], speech.line.get(name)
    title = speech.clean(state.title.of(speech.lang) or name)
    return f"{line.number} {title}" if line is not None else title


def filled_where(speech: Speech) -> dict[str, list[str]]:
    """For each field where it gets a value: as a case starts, or at a step by hand, by itself, from another process or by an
    action. Where it is emptied it gets none."""
    found: dict[str, list[str]] = {}
    figures = speech.definition.starts.figures if speech.definition.starts is not None else None
    for name, _ in figures.gives if figures is not None else ():
        found.setdefault(name, []).append(speech.say("自动发起时", "as it starts by itself"))
    for state in walk(speech.definition.root):
        place = short_step(speech, state.id)
        for name in dict.fromkeys(_written(state)):
            found.setdefault(name, []).append(place)
        if state.work is not None and state.work.stamp:
            found.setdefault(state.work.stamp, []).append(
                place + speech.say("（办完时自动记）", " (by itself, when it is done)")
            )
    return found


def _written(state: State) -> Iterator[str]:
    yield from state.work.fill if state.work is not None else ()
    yield from (ours for ours, _ in (state.call.outputs if state.call is not None else ()))
    yield from (action.field for action in actions_of(state) if isinstance(action, Set) and action.value != EMPTY)


# --- documents


def table_of_documents(speech: Speech) -> list[str]:
    """Where each document is made and where it is needed."""
    made: dict[str, list[str]] = {}
    needed: dict[str, list[str]] = {}
    for line in speech.lines:
        work = line.state.work
        for names, found in ((work.makes, made), (work.needs, needed)) if work is not None else ():
            for name in names:
                found.setdefault(name, []).append(line.state.id)
    rows = [
        (speech.clean(name), short_steps(speech, made.get(name, [])), short_steps(speech, needed.get(name, [])))
        for name in {**made, **needed}
    ]
    return table([speech.say(*head) for head in (("文件", "document"), ("形成于", "made at"), ("用于", "needed at"))], rows)


# --- responsibilities


def table_of_responsibilities(speech: Speech) -> list[str]:
    """Steps by roles: R does, A approves, C helps, I is met. People named by a field or by a step stand in a column of their own."""
    workers = [line.state for line in speech.lines if line.state.work is not None]
    letters = {state.id: _letters(state) for state in workers}
    roles = [role for role in speech.definition.roles if any(role.name in found for found in letters.values())]
    others = any(not who.role for state in workers for who in (state.work.by if state.work is not None else ()))
    what = speech.say("步骤", "step") if speech.definition.body == "steps" else speech.say("状态", "state")
    head = [what, *(speech.text(role.title) for role in roles), *([speech.say("其他", "others")] if others else [])]
    rows = []
    for state in workers:
        row = [short_step(speech, state.id), *(letters[state.id].get(role.name, "") for role in roles)]
        rows.append([*row, *([_others(speech, state)] if others else [])])
    return table(head, rows) if roles else []


def _letters(state: State) -> dict[str, str]:
    assert state.work is not None, "asked of a step with work"
    own = "A" if state.verb == "approve" else "R"
    found: dict[str, str] = {}
    for names, letter in (([who.role for who in state.work.by], own), (state.work.helped_by, "C"), (state.work.meets, "I")):
        for name in dict.fromkeys(names):
            found[name] = f"{found[name]} {letter}" if name in found else letter
    return found


def _others(speech: Speech, state: State) -> str:
    assert state.work is not None, "asked of a step with work"
    letter = "A" if state.verb == "approve" else "R"
    return speech.several(f"{letter} {speech.person(who)}" for who in state.work.by if not who.role)


# --- what is inferred


def table_of_inferred(speech: Speech) -> list[str]:
    """Everything that the manual does not say and somebody has added."""
    heads = (("类别", "what"), ("内容", "which"), ("依据的条款", "article that it leans on"))
    return table(
        [speech.say(*head) for head in heads],
        [(what, which, speech.clean(source)) for what, which, source in _inferred(speech)],
    )


def _inferred(speech: Speech) -> Iterator[tuple[str, str, str]]:
    of = speech.definition
    if of.origin.inferred:
        yield speech.say("流程", "process"), speech.text(of.title), of.origin.source
    yield from (
        (speech.say("角色", "role"), speech.text(role.title), role.origin.source) for role in of.roles if role.origin.inferred
    )
    yield from (
        (speech.say("字段", "field"), speech.text(field.title), field.origin.source)
        for field in of.fields
        if field.origin.inferred
    )
    step = speech.say("步骤", "step") if of.body == "steps" else speech.say("状态", "state")
    for line in speech.lines:
        if line.state.origin.inferred:
            yield step, short_step(speech, line.state.id), line.state.origin.source
        for way in line.state.transitions:
            if way.origin.inferred:
                label = speech.text(way.label) or speech.several(map(speech.clean, way.events))
                yield (
                    speech.say("情形", "case"),
                    short_step(speech, line.state.id) + speech.say(f"（{label}）", f" ({label})"),
                    way.origin.source,
                )
    for place, rule in enumerate(of.rules, 1):
        if rule.origin.inferred:
            yield speech.say("规则", "rule"), f"{place} {speech.text(rule.say)}".strip(), rule.origin.source
