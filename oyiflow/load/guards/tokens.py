"""The words of a guard: constants, names and signs, each with its place in the text.

Reading is by characters that count alike: every character has an ASCII twin of the same width (`＞` is `>`, `“` is `"`),
so places in the twin text are places in the author's text. Chinese is written without spaces, so a joining word that
touches a number (`3天且…`, `介于1到5`) is split off; between names it needs a space. Slips with one clear meaning are
reported and mended; the rest ends the reading with `Stop`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, NoReturn

from oyiflow.model.calendar import UNITS, Duration
from oyiflow.model.expression import KEYWORDS
from oyiflow.model.expression_types import closest
from oyiflow.model.values import MAX_DIGITS, FieldType, Value


class Token(NamedTuple):
    """`kind`: constant, name, sign (signs and words of the language) or end. Places count characters from 0."""

    kind: str
    value: Value
    start: int
    end: int
    type: FieldType = FieldType.TEXT
    """Of a constant."""


class Stop(Exception):
    """Reading cannot go on; the mistake has been reported."""


class Slip(NamedTuple):
    """A mistake: its place in the text, what was found and what is allowed, the remedy, and the text that would be right."""

    start: int
    end: int
    zh: str
    en: str
    put: str | None = None
    fix: tuple[str, str] | None = None
    """The remedy in both languages, when it is not "write `put`"."""
    code: str = "OF105"


Report = Callable[[Slip], None]


_TWINS: Mapping[str, str] = {
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "【": "[", "】": "]", "〔": "[", "〕": "]", "、": ",", "×": "*", "−": "-",
    "–": "-", "﹥": ">", "﹤": "<",
}  # fmt: skip
_CLOSERS: Mapping[str, str] = {'"': '"”＂', "＂": '"”＂', "“": '”"＂', "„": '”“"', "'": "'’", "‘": "’'", "’": "’'", "”": '”"'}
_SLIPS: Mapping[str, str] = {
    "=": "==", "===": "==", "!==": "!=", "<>": "!=", "=>": ">=", "=<": "<=", ">>": ">", "<<": "<", "&&": "and", "&": "and",
    "||": "or", "|": "or", "!": "not ",
}  # fmt: skip
_SIGNS: Mapping[str, str] = {"≥": ">=", "≤": "<=", "≠": "!=", "≧": ">=", "≦": "<="}
_STRAY: Mapping[str, tuple[str, str]] = {
    "/": ("不支持除法；请改写成乘法，例如 2 * a > b", "there is no division; write it as a product, for example 2 * a > b"),
    "%": ("不支持百分号；5% 请写 0.05", "there is no percent sign; write 0.05 for 5%"),
    ":": ("条件里没有冒号；相等请写 ==", "there is no colon in a condition; write == for equality"),
    ";": ("条件之间请用 and（且）或 or（或）", "join conditions with 'and' or 'or'"),
    "。": ("条件末尾不写句号", "there is no full stop at the end of a condition"),
    "{": ("列表请用方括号 [a, b]", "a list is written in square brackets: [a, b]"),
}
_DATE = r"([0-9]{4})(?:-([0-9]{1,2})-([0-9]{1,2})|/([0-9]{1,2})/([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)(?![0-9])"
_PATTERN = re.compile(
    rf"(?P<space>\s+)|(?P<date>{_DATE}(?P<clock>T[0-9][0-9:.]*(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})?)?)"
    r"|(?P<number>¥?\s*[0-9]+(?:\.[0-9]+)?)|(?P<starts>starts\s+with\b)|(?P<split>(?:介于|和|到|与|且|或)(?=[0-9]))"
    r"|(?P<word>[^\W\d]\w*)|(?P<text>[\"'])|(?P<back>`)"
    r"|(?P<sign>===|!==|==|!=|<>|<=|>=|=>|=<|>>|<<|&&|\|\||[<>=!&|+\-*()\[\],.≥≤≠≧≦])"
)
_GROUPED = re.compile(r"(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?")
_RUN = re.compile(r"(\s*)([^\W\d]\w*)")
_JOINERS = ("并且", "或者", "且", "或", "和", "到", "与", "and", "or")
_MONEY: Mapping[str, int] = {"元": 0, "块": 0, "yuan": 0, "rmb": 0, "cny": 0, "万元": 4, "亿元": 8}
_SCALES: Mapping[str, int] = {"万": 4, "亿": 8}
_ESCAPES: Mapping[str, str] = {"n": "\n", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


@lru_cache(maxsize=4096)
def twin(character: str) -> str:
    """The character that this one counts as; always one character."""
    plain = _TWINS.get(character) or unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character


def tokens(text: str, report: Report) -> list[Token]:
    """All tokens and an `end`; raises `Stop` after reporting what cannot be read."""
    return _faultless(text) or _Lexer(text, report).run()


@lru_cache(maxsize=4096)
def _faultless(text: str) -> list[Token] | None:
    """The tokens of a text without mistakes: the same few conditions stand at many steps, and their tokens bear no place of the file."""
    slips: list[Slip] = []
    try:
        found = _Lexer(text, slips.append).run()
    except Stop:
        return None
    return None if slips else found


class _Lexer:
    def __init__(self, text: str, report: Report) -> None:
        self.text = text
        self.plain = "".join(map(twin, text))
        self.report = report
        self.at = 0
        self.lists = 0
        """How many `[` are open: inside, `1,000` is two numbers."""
        self.out: list[Token] = []

    def run(self) -> list[Token]:
        readers: Mapping[str, Callable[[re.Match[str]], None]] = {
            "date": self.date, "clock": self.date, "number": self.number, "starts": self.word, "split": self.word,
            "word": self.word, "text": self.quoted, "back": self.back, "sign": self.sign,
        }  # fmt: skip
        while self.at < len(self.plain):
            match = _PATTERN.match(self.plain, self.at)
            if match is None:
                self.stray()
            kind = match.lastgroup or ""
            if kind == "space":
                self.at = match.end()
            else:
                readers[kind](match)
        self.out.append(Token("end", "", len(self.text), len(self.text)))
        return self.out

    def add(self, kind: str, value: Value, end: int, type: FieldType = FieldType.TEXT) -> None:
        self.out.append(Token(kind, value, self.at, end, type))
        self.at = end

    def stop(self, end: int, zh: str, en: str, put: str | None = None) -> NoReturn:
        self.report(Slip(self.at, end, zh, en, put))
        raise Stop

    def stray(self) -> NoReturn:
        found, plain = self.text[self.at], self.plain[self.at]
        shown = found if found.isprintable() else f"U+{ord(found):04X}"
        known = _STRAY.get(found) or _STRAY.get(plain)
        zh, en = known or (
            "条件由字段、常量、比较和 and/or/not 组成",
            "a condition is made of fields, constants, comparisons, and/or/not",
        )
        self.stop(self.at + 1, f"条件里不能有“{shown}”；{zh}", f'"{shown}" cannot stand in a condition; {en}')

    def sign(self, match: re.Match[str]) -> None:
        sign, end = match[0], match.end()
        if sign == "=" and self.text[self.at] == "＝":
            sign = "=="
        self.lists += (sign == "[") - (sign == "]")
        right = _SLIPS.get(sign)
        if right is not None:
            word = right.strip()
            fix = (f"请写 {word}", f"write {word}")
            self.report(Slip(self.at, end, f"“{sign}”不是这里的写法", f'"{sign}" is not written here', right, fix))
        self.add("sign", (right or _SIGNS.get(sign, sign)).strip(), end)

    def word(self, match: re.Match[str]) -> None:
        word = unicodedata.normalize("NFKC", match[0])
        if match.lastgroup == "starts":
            self.add("sign", "starts with", match.end())
        elif word.lower() in ("true", "false", "是", "否") and not (word == "是" and self.after_operand()):
            self.add("constant", word.lower() in ("true", "是"), match.end(), FieldType.BOOL)
        elif (meaning := KEYWORDS.get(word.lower())) is not None:
            self.add("sign", meaning, match.end())
        else:
            self.add("name", word, match.end())

    def after_operand(self) -> bool:
        """Whether `是` follows something that it can be said of (`x 是 空`), and so is no constant."""
        return bool(self.out) and (self.out[-1].kind in ("constant", "name") or self.out[-1].value in (")", "]"))

    def back(self, match: re.Match[str]) -> None:
        end = self.plain.find("`", match.end())
        name = unicodedata.normalize("NFKC", self.text[match.end() : end]).strip() if end >= 0 else ""
        if not name:
            self.stop(match.end(), "反引号 ` 里要写字段名，并且成对", "back-quotes hold a field name and come in pairs")
        self.add("name", name, end + 1)

    def quoted(self, match: re.Match[str]) -> None:
        """A text. The closing quote is the twin of the opening one; if there is none, another of the family will do."""
        opening = self.text[self.at]
        for closer in _CLOSERS.get(opening, self.plain[self.at]):
            end = self.closing(closer)
            if end >= 0:
                inner = self.text[self.at + 1 : end]
                words = re.sub(r"\\([nt\"'\\])", lambda m: _ESCAPES[m[1]], inner)
                return self.add("constant", words, end + 1)
        self.stop(
            len(self.text),
            f"引号 {opening} 没有结束；请在文字后补上",
            f"the quote {opening} is not closed; close it after the text",
        )

    def closing(self, closer: str) -> int:
        at = self.at + 1
        while at < len(self.text):
            if self.text[at] == closer:
                return at
            at += 2 if self.text[at] == "\\" else 1
        return -1

    def date(self, match: re.Match[str]) -> None:
        year, month, day = (int(part) for part in match.groups()[2:9] if part)
        try:
            value = date(year, month, day)
        except ValueError:
            self.stop(match.end(), f"没有 {match[0]} 这一天", f"there is no day {match[0]}")
        clock = match["clock"]
        if clock is None:
            return self.add("constant", value, match.end(), FieldType.DATE)
        try:
            moment = datetime.fromisoformat(f"{value.isoformat()}{clock}")
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.stop(match.end(), "时间要写明时区，例如 2026-12-01T09:30+08:00",
                      "a moment needs its offset, for example 2026-12-01T09:30+08:00",
                      put=f"{match[0]}+08:00" if moment else None)  # fmt: skip
        self.add("constant", moment, match.end(), FieldType.DATETIME)

    def number(self, match: re.Match[str]) -> None:
        digits, end = match[0].lstrip("¥").strip(), match.end()
        if self.lists == 0 and (grouped := _GROUPED.match(self.plain, end)) is not None and len(digits) <= 3:
            digits, end = digits + grouped[0].replace(",", ""), grouped.end()
            self.report(Slip(self.at, end, "数字不写千位分隔符", "numbers have no thousands separators", digits))
        whole = digits.partition(".")[0]
        if len(whole) > 1 and whole[0] == "0":
            self.stop(end, f"数字 {digits} 不能以 0 开头，也不写千位分隔符", f"{digits}: no leading zero and no thousands separators",
                      put=digits.lstrip("0") or "0")  # fmt: skip
        if len(digits) > MAX_DIGITS:
            self.stop(end, f"数字太长，最多 {MAX_DIGITS} 位", f"the number is too long; at most {MAX_DIGITS} digits")
        unit, end = self.unit(end)
        if unit in UNITS:
            return self.duration(digits, unit, end)
        money = match[0].startswith("¥") or unit in _MONEY
        shift = _MONEY.get(unit, 0) or _SCALES.get(unit, 0)
        if not money and not shift and whole == digits:
            self.add("constant", int(digits), end, FieldType.INT)
            return self.joiner()
        value = Decimal(f"{Decimal(digits).scaleb(shift):f}")
        if money:
            self.add("constant", value, end, FieldType.MONEY)
        elif "." in digits:
            self.add("constant", value, end, FieldType.DECIMAL)
        else:
            self.add("constant", int(value), end, FieldType.INT)
        self.joiner()

    def duration(self, digits: str, unit: str, end: int) -> None:
        length = Duration.parse(f"{digits} {unit}")
        if length is None:
            self.stop(end, "时长要用整数（1.5 天请写 36小时），且不超过一百年",
                      "a duration is a whole number (36 hours, not 1.5 days) and at most a hundred years")  # fmt: skip
        self.add("constant", length, end, FieldType.DURATION)
        self.joiner()

    def unit(self, at: int) -> tuple[str, int]:
        """The unit after a number, and where it ends; a word that touches the number must be one."""
        match = _RUN.match(self.plain, at)
        if match is None:
            return "", at
        run, glued = match[2], match[1] == ""
        for size in range(len(run), 0, -1):
            unit, rest = run[:size].lower(), run[size:]
            if (unit in UNITS or unit in _MONEY or unit in _SCALES) and (not rest or rest.startswith(_JOINERS)):
                return unit, match.start(2) + size
        if not glued or run.lower() in KEYWORDS or run.startswith(_JOINERS):
            return "", at
        near = closest(run, [*UNITS, *_MONEY])
        self.at = match.start(2)
        self.stop(match.end(), f"不认识单位“{run}”；可用：元、万元、天、工作日、小时、分钟、周",
                  f'unknown unit "{run}"; known: 元, days, workdays, hours, minutes, weeks', put=near)  # fmt: skip

    def joiner(self) -> None:
        """A joining word that touches the constant before it: `3天且…`."""
        word = next((w for w in _JOINERS if self.plain.startswith(w, self.at) and not w.isascii()), None)
        if word is not None:
            self.add("sign", KEYWORDS[word], self.at + len(word))
