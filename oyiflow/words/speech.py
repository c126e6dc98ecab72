"""How things are called in one language: roles, fields, steps, conditions, lengths of time, values.

A `Speech` is a definition seen in Chinese or in English, with the numbers of its steps or (where two versions meet) their ids. Sentences are written twice where they are needed, side by side
(`say`); what is common to all of them, names and their quotation marks, is here. `clean` is what a text of the author's
goes through before it is shown: Markdown for the manual, nothing for a list of changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from oyiflow.model.definition import Assignee, Definition, Mode, Origin, Text, Work
from oyiflow.model.expression import (
    Active,
    And,
    Compare,
    Constant,
    Expression,
    Filled,
    ListOf,
    Member,
    Name,
    Not,
    Or,
    sentence,
)
from oyiflow.model.values import Duration, FieldType, Value, show
from oyiflow.words.outline import Line, outline

Language = Literal["zh", "en"]

NOT_PAST = Text(zh="不早于填写当天", en="not before the day on which it is filled in")
NOT_FUTURE = Text(zh="不晚于填写当天", en="not after the day on which it is filled in")

TYPES: Mapping[FieldType, Text] = {
    FieldType.TEXT: Text(zh="单行文字", en="text"), FieldType.LONGTEXT: Text(zh="多行文字", en="long text"),
    FieldType.INT: Text(zh="整数", en="whole number"), FieldType.DECIMAL: Text(zh="数字", en="number"),
    FieldType.MONEY: Text(zh="金额", en="amount (yuan)"), FieldType.BOOL: Text(zh="是或否", en="yes or no"),
    FieldType.DATE: Text(zh="日期", en="date"), FieldType.DATETIME: Text(zh="日期和时间", en="date and time"),
    FieldType.DURATION: Text(zh="时长", en="length of time"), FieldType.CHOICE: Text(zh="单选", en="one option"),
    FieldType.CHOICES: Text(zh="多选", en="several options"), FieldType.PERSON: Text(zh="人员", en="person"),
    FieldType.FILE: Text(zh="文件", en="file"), FieldType.LIST: Text(zh="表格", en="table"),
}  # fmt: skip


_GAP = re.compile(r"(大于|小于|等于|不大于|不小于|开头为) (?=[^\x00-\x7f])")
"""The space that sets a number off; before Chinese there is none."""


class Speech:
    """A definition's names in `lang`; `others` are the processes that it speaks of, by name, as far as they are known."""

    def __init__(
        self,
        definition: Definition,
        lang: Language,
        clean: Callable[[str], str] = str,
        numbers: bool = True,
        others: Mapping[str, Definition] | None = None,
    ) -> None:
        self.definition = definition
        self.lang: Language = lang
        self.zh = lang == "zh"
        self.clean = clean
        self.numbers = numbers
        self.others = others or {}
        self.lines = outline(definition)
        self.line: Mapping[str, Line] = {line.state.id: line for line in self.lines}
        self._titles = {field.name: _marked(field.title.of(lang) or field.name) for field in definition.fields}

    def say(self, zh: str, en: str) -> str:
        """The one of two texts that is in this language."""
        return zh if self.zh else en

    def text(self, text: Text) -> str:
        """A text of the author's."""
        return self.clean(text.of(self.lang))

    def quoted(self, words: str) -> str:
        """Words of the author's in quotation marks, which are the same in both languages; marks of its own become single ones."""
        return self.clean(_marked(words))

    def several(self, words: Iterable[str], last: tuple[str, str] = ("和", "and")) -> str:
        """`a、b 和 c`; in English `a, b and c`."""
        *first, final = list(words) or [""]
        if not first:
            return final
        if self.zh:
            return _listed([*first, final]) if last[0] == "和" else _listed(first) + last[0] + final
        return ", ".join(first) + f" {last[1]} {final}"

    # --- names

    def role(self, name: str) -> str:
        """A role's title."""
        found = self.definition.role.get(name)
        return self.text(found.title) if found is not None else self.clean(name)

    def roles(self, names: Iterable[str]) -> str:
        """Titles of several roles."""
        return self.several(self.role(name) for name in names)

    def title(self, name: str) -> str:
        """The title of a step, in quotation marks."""
        state = self.definition.states.get(name)
        return self.quoted((state.title.of(self.lang) if state is not None else "") or name)

    def step(self, name: str) -> str:
        """A step with its number and title: `第 5 步“审批”`; without numbers, with its id, for titles may occur twice."""
        line, title = self.line.get(name), self.title(name)
        if not self.numbers:
            return title if title == self.quoted(name) else f"{title}{self.say('', ' ')}({name})"
        if line is None or self.definition.body == "states":
            return title
        return self.say(f"第 {line.number} 步{self.title(name)}", f"step {line.number} {self.title(name)}")

    def process(self, name: str) -> str:
        """The title of another process, in quotation marks."""
        other = self.others.get(name)
        return self.quoted((other.title.of(self.lang) if other is not None else "") or name)

    def step_of(self, process: str, name: str) -> str:
        """The title of a step of another process, in quotation marks."""
        other = self.others.get(process)
        state = other.states.get(name) if other is not None else None
        return self.quoted((state.title.of(self.lang) if state is not None else "") or name)

    def report_of(self, process: str, name: str) -> str:
        """The title of a report of another process, in quotation marks."""
        other = self.others.get(process)
        report = next((one for one in other.reports if one.name == name), None) if other is not None else None
        return self.quoted((report.title.of(self.lang) if report is not None else "") or name)

    def field(self, name: str) -> str:
        """A field's title, in quotation marks."""
        return self.clean(self._named(name))

    def field_of(self, process: str, name: str) -> str:
        """The title of a field of another process, in quotation marks."""
        other = self.others.get(process)
        field = other.field.get(name) if other is not None else None
        return self.quoted((field.title.of(self.lang) if field is not None else "") or name)

    def fields(self, names: Iterable[str]) -> str:
        """Titles of several fields."""
        return self.several(self.field(name) for name in names)

    def papers(self, names: Iterable[str]) -> str:
        """Names of documents."""
        return self.several(self.say(f"《{self.clean(name)}》", self.quoted(name)) for name in names)

    def person(self, who: Assignee) -> str:
        """Who may act."""
        if who.role:
            return self.role(who.role)
        if who.person_in:
            named = self.say(f"{self.field(who.person_in)}一栏所填的人", f"the person named in {self.field(who.person_in)}")
        elif who.whoever_did == self.definition.root.id:
            own = self.definition.starts is not None and self.definition.starts.for_each
            named = self.say("本人", "whose case it is") if own else self.say("发起人", "whoever started the case")
        else:
            named = self.say(f"办理{self.step(who.whoever_did)}的人", f"whoever did {self.step(who.whoever_did)}")
        return self.say(f"{named}的上级", f"the superior of {named}") if who.superior else named

    def people(self, work: Work) -> str:
        """All who may act, joined as the mode of signing wants."""
        names = [self.person(who) for who in work.by]
        if work.who is not None:
            also = self.person(work.who)
            return self.several(names, ("或", "or")) + self.say(f"（限{also}）", f" (only {also})")
        return self.several(names, ("或", "or")) if work.mode is Mode.ANY else self.several(names)

    def origin(self, origin: Origin) -> str:
        """Where something comes from, and the mark of what the manual does not say; "" when nothing is known."""
        source = self.clean(origin.source)
        where = self.say(f"（出处：{source}）", f" (source: {source})") if source else ""
        return where + (self.inferred if origin.inferred else "")

    def source(self, origin: Origin) -> str:
        """As `origin`, for the cell of a table."""
        return (self.clean(origin.source) + (self.inferred if origin.inferred else "")).strip()

    @property
    def inferred(self) -> str:
        """The mark of what the manual does not say."""
        return self.say("【推】", " [inferred]")

    # --- values and conditions

    def duration(self, duration: Duration) -> str:
        """A length of time."""
        return duration.text(self.lang)

    def value(self, field: str, value: Value) -> str:
        """A value of a field."""
        spec = self.definition.field.get(field)
        return self.clean(show(spec.type if spec is not None else FieldType.TEXT, value, self.lang))

    def given(self, field: str, value: Value) -> str:
        """`“款项预算”是 3000 元`, `“客户类别”是“高值”“集团”`, `没有填“拜访目的”`."""
        words = [value] if isinstance(value, str) and value else value if isinstance(value, tuple) else []
        words = [show(FieldType.BOOL, value, self.lang)] if isinstance(value, bool) else words
        shown = self.several(self.quoted(word) for word in words if isinstance(word, str)) or (
            self.value(field, value) if value != "" else ""
        )
        name = self.field(field)
        if not shown:
            return self.say(f"没有填{name}", f"{name} is left empty")
        verb = "为" if isinstance(value, bool) else "是"
        return self.say(f"{name}{verb}{' ' if shown[0].isascii() else ''}{shown}", f"{name} is {shown}")

    def condition(self, guard: Expression) -> str:
        """A condition in words."""
        return self.clean(self._condition(guard))

    def when(self, guard: Expression) -> str:
        """`“款项预算”大于 0 时`; in English the bare condition."""
        words = self.condition(guard)
        return self.say(f"{words}{' ' if words[-1:].isascii() else ''}时", words)

    def _condition(self, guard: Expression) -> str:
        """Whole sentences are the model's; what can be said shorter of yes and no and of options is said so here.

        Expressions are shallow (the parser sees to it), so this may recurse.
        """
        if isinstance(guard, And | Or):
            alike = self._alike(guard)
            if alike:
                return alike
            other = Or if isinstance(guard, And) else And
            parts = [self._bracketed(part) if isinstance(part, other) else self._condition(part) for part in guard.parts]
            zh, en = ("，且", ", and ") if isinstance(guard, And) else ("，或", ", or ")
            return self.say(zh, en).join(parts)
        flag = _yes_or_no(guard)
        if flag is not None and self._is_flag(flag[0]):
            return self._equal(flag[0], self.say("是", "yes") if flag[1] else self.say("否", "no"))
        match guard:
            case Active(state=state):
                title = _marked(
                    (self.definition.states[state].title.of(self.lang) if state in self.definition.states else "") or state
                )
                return self.say(f"正处于{title}", f"{title} is active")
            case Filled(name=Name(name=name), negated=True):
                return self.say(f"没有填{self._named(name)}", f"{self._named(name)} is empty")
            case Compare(left=Name(name=name), op="==" | "!=" as op, right=Constant(value=str() as word)):
                return self._equal(name, word, op == "==")
            case Member(item=Name(name=name), of=ListOf(items=items), negated=negated) if all(_is_word(item) for item in items):
                words = [f"“{item.value}”" for item in items if isinstance(item, Constant)]
                named = self._named(name)
                return f"{named}{self.say('不是' if negated else '是', ' is not ' if negated else ' is ')}{self.several(words, ('或', 'or'))}"
            case Member(item=Constant(value=str() as word), of=Name(name=name), negated=negated):
                named = self._named(name)
                return f"{named}{self.say('不含' if negated else '包含', ' does not include ' if negated else ' includes ')}“{word}”"
            case Not(operand=operand):
                return self.say("并非", "it is not true that ") + self._bracketed(operand)
        return _GAP.sub(r"\1", sentence(guard, self._titles, self.lang))

    def _bracketed(self, guard: Expression) -> str:
        return self.say(f"（{self._condition(guard)}）", f"({self._condition(guard)})")

    def _equal(self, name: str, word: str, same: bool = True) -> str:
        """Yes and no are `为“是”`: `是“是”` would be hard to read."""
        zh = "为" if self._is_flag(name) else "是"
        verb = self.say(zh if same else f"不{zh}", " is " if same else " is not ")
        return f"{self._named(name)}{verb}{_marked(word)}"

    def _alike(self, guard: And | Or) -> str:
        """That all of several fields are filled, or that one of them is empty; "" for everything else."""
        names = [part.name.name for part in guard.parts if isinstance(part, Filled) and part.negated == isinstance(guard, Or)]
        if len(names) < 3 or len(names) < len(guard.parts):
            return ""
        if isinstance(guard, And):
            fields = self.several(map(self._named, names))
            return self.say(f"{fields}都已填写", f"{fields} are all filled")
        fields = self.several(map(self._named, names), ("和", "or"))
        return self.say(f"{fields}有一项没有填", f"one of {fields} is empty")

    def _named(self, name: str) -> str:
        """A field's title in quotation marks, not cleaned yet."""
        return self._titles.get(name) or _marked(name)

    def _is_flag(self, name: str) -> bool:
        field = self.definition.field.get(name)
        return field is not None and field.type is FieldType.BOOL


def _marked(words: str) -> str:
    """Words in quotation marks; those inside become single ones."""
    return "“" + words.replace("“", "‘").replace("”", "’") + "”"


def _listed(words: list[str]) -> str:
    """As Chinese lists things: quoted words and titles of papers stand side by side without a sign between them."""
    listed = "、".join(words)
    return listed.replace("”、“", "”“").replace("》、《", "》《")


def _yes_or_no(guard: Expression) -> tuple[str, bool] | None:
    """The field and the answer that a condition about yes or no asks for. An empty field is not the answer `no`."""
    match guard:
        case Name(name=name):
            return name, True
        case Compare(left=Name(name=name), op="==", right=Constant(value=bool() as value)):
            return name, value
        case Compare(left=Name(name=name), op="!=", right=Constant(value=bool() as value)):
            return name, not value
    return None


def _is_word(item: Expression) -> bool:
    return isinstance(item, Constant) and isinstance(item.value, str)
