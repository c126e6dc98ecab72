"""The mistakes that authors make: every operator takes a process file as data and yields files with one mistake each.

A step leads elsewhere, a branch is forgotten, a bound is off by one, a comparison is the wrong way round, a rule is weakened.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

Data = dict[str, Any]
Mutant = tuple[str, Data]
"""What was done, and the file that came of it."""
COMPARE = re.compile(r"(==|!=|<=|>=|<|>)")
FLIPPED = {"==": "!=", "!=": "==", "<": ">=", ">": "<=", "<=": ">", ">=": "<"}
OFF_BY_ONE = {"<": "<=", ">": ">=", "<=": "<", ">=": ">"}
NUMBER = re.compile(r"(?<![\w.-])(\d+)(?![\w.-])")
VERBS = ("do", "approve", "decide", "together", "branch", "wait", "call", "each", "run", "end", "state", "parallel", "history")


# --- where mistakes can be made


def rows(data: Data) -> Iterator[tuple[list[Any], int]]:
    """Every step or state with the list that it stands in."""
    todo = [data.get("steps") or data.get("states") or []]
    while todo:
        below = todo.pop(0)
        for place, row in enumerate(below):
            if isinstance(row, dict):
                yield below, place
                todo += [row[key] for key in ("steps", "states") if isinstance(row.get(key), list)]


def verb_of(row: Data) -> str:
    return next((verb for verb in VERBS if verb in row), "")


def names(data: Data) -> list[str]:
    return [str(below[n][verb_of(below[n])]) for below, n in rows(data) if verb_of(below[n])]


def guards(data: Data) -> Iterator[tuple[Data, str, str]]:
    """Every condition: the mapping that holds it, its key, a name for it."""
    for below, n in rows(data):
        row = below[n]
        name = str(row.get(verb_of(row), "?"))
        if isinstance(row.get("only_when"), str):
            yield row, "only_when", f"{name}.only_when"
        for key in ("cases", "transitions"):
            for number, case in enumerate(row.get(key) or [], 1):
                if isinstance(case.get("when"), str):
                    yield case, "when", f"{name}.{key}[{number}]"


def changed(data: Data, change: Callable[[Data], None]) -> Data:
    new = copy.deepcopy(data)
    change(new)
    return new


def at(data: Data, path: int) -> tuple[list[Any], int]:
    return list(rows(data))[path]


def each_row(data: Data, wanted: Callable[[Data], bool], edit: Callable[[list[Any], int], str | None]) -> Iterator[Mutant]:
    """One mutant for each row that fits; the edit says what it has done, or None."""
    for path, (below, place) in enumerate(list(rows(data))):
        if wanted(below[place]):
            new = copy.deepcopy(data)
            told = edit(*at(new, path))
            if told is not None:
                yield told, new


def each_guard(data: Data, edit: Callable[[str], Iterator[tuple[str, str]]]) -> Iterator[Mutant]:
    for path, (holder, key, name) in enumerate(list(guards(data))):
        for told, text in edit(holder[key]):
            new = copy.deepcopy(data)
            target, its, _ = list(guards(new))[path]
            target[its] = text
            yield f"{name}: {told}", new


# --- the operators


def drop_step(data: Data) -> Iterator[Mutant]:
    def edit(below: list[Any], n: int) -> str:
        row = below.pop(n)
        return f"without {row[verb_of(row)]}"

    yield from each_row(data, lambda row: verb_of(row) not in ("", "end", "branch"), edit)


def drop_end(data: Data) -> Iterator[Mutant]:
    def edit(below: list[Any], n: int) -> str:
        return f"without the end {below.pop(n)['end']}"

    yield from each_row(data, lambda row: "end" in row, edit)


def swap_steps(data: Data) -> Iterator[Mutant]:
    def edit(below: list[Any], n: int) -> str | None:
        if n + 1 >= len(below) or "steps" not in data or verb_of(below[n + 1]) in ("end", "branch"):
            return None
        below[n], below[n + 1] = below[n + 1], below[n]
        return f"{below[n + 1][verb_of(below[n + 1])]} after {below[n][verb_of(below[n])]}"

    yield from each_row(data, lambda row: verb_of(row) not in ("", "end", "branch"), edit)


def add_orphan(data: Data) -> Iterator[Mutant]:
    if "steps" in data:
        role = next(iter(data.get("roles") or {"x": 1}))
        yield (
            "a step that nothing leads to",
            changed(
                data, lambda d: d["steps"].append({"do": "orphan_", "title": "孤立一步", "by": role, "then": names(data)[0]})
            ),
        )


def retarget(key: str) -> Callable[[Data], Iterator[Mutant]]:
    def operator(data: Data) -> Iterator[Mutant]:
        def edit(below: list[Any], n: int) -> str | None:
            others = [str(row[verb_of(row)]) for row in below if verb_of(row) not in ("", "branch")]
            wrong = [name for name in others if name not in (below[n][key], below[n][verb_of(below[n])])]
            if not wrong:
                return None
            was, below[n][key] = below[n][key], wrong[(n * 7) % len(wrong)]
            return f"{below[n][verb_of(below[n])]}.{key}: {was} → {below[n][key]}"

        yield from each_row(data, lambda row: isinstance(row.get(key), str), edit)

    return operator


def retarget_case(data: Data) -> Iterator[Mutant]:
    all_names = names(data)
    for path, (below, n) in enumerate(list(rows(data))):
        for kind in ("cases", "transitions"):
            for number, case in enumerate(below[n].get(kind) or []):
                key = next((k for k in ("then", "otherwise", "to") if isinstance(case.get(k), str)), "")
                scope = [str(row[verb_of(row)]) for row in below if verb_of(row) not in ("", "branch")]
                wrong = [name for name in (scope or all_names) if key and name != case[key]]
                if wrong:
                    new = copy.deepcopy(data)
                    other, m = at(new, path)
                    other[m][kind][number][key] = wrong[(number * 5 + n) % len(wrong)]
                    yield f"{below[n][verb_of(below[n])]}.{kind}[{number + 1}] → {other[m][kind][number][key]}", new


def swap_cases(data: Data) -> Iterator[Mutant]:
    def edit(below: list[Any], n: int) -> str | None:
        cases = below[n]["cases"]
        where = [next((k for k in ("then", "otherwise") if k in case), "") for case in cases]
        if len(cases) < 2 or not where[0] or not where[1]:
            return None
        cases[0][where[0]], cases[1][where[1]] = cases[1][where[1]], cases[0][where[0]]
        return f"the first two cases of {below[n]['decide']} the other way round"

    yield from each_row(data, lambda row: isinstance(row.get("cases"), list), edit)


def drop_case(data: Data) -> Iterator[Mutant]:
    def edit(below: list[Any], n: int) -> str:
        below[n]["cases"].pop(0)
        return f"{below[n]['decide']} without its first case"

    yield from each_row(data, lambda row: len(row.get("cases") or []) > 1, edit)


def drop_otherwise(data: Data) -> Iterator[Mutant]:
    def edit(below: list[Any], n: int) -> str | None:
        kept = [case for case in below[n]["cases"] if "otherwise" not in case]
        if len(kept) == len(below[n]["cases"]) or not kept:
            return None
        below[n]["cases"] = kept
        return f"{below[n]['decide']} without otherwise"

    yield from each_row(data, lambda row: isinstance(row.get("cases"), list), edit)


def drop_transition(data: Data) -> Iterator[Mutant]:
    def edit(below: list[Any], n: int) -> str:
        below[n]["transitions"].pop(0)
        return f"{below[n].get('state', '?')} without its first transition"

    yield from each_row(data, lambda row: bool(row.get("transitions")), edit)


def drop_branch(data: Data) -> Iterator[Mutant]:
    def edit(below: list[Any], n: int) -> str:
        row = below[n]["steps"].pop(0)
        return f"{below[n]['together']} without {row[verb_of(row)]}"

    yield from each_row(data, lambda row: "together" in row, edit)


def sequence_to_together(data: Data) -> Iterator[Mutant]:
    def edit(below: list[Any], n: int) -> str | None:
        if n + 1 >= len(below) or verb_of(below[n + 1]) not in ("do", "approve") or "then" in below[n]:
            return None
        pair = [below[n], below[n + 1]]
        below[n : n + 2] = [{"together": "pair_", "title": "两步同时", "steps": pair}]
        return f"{pair[0][verb_of(pair[0])]} and {pair[1][verb_of(pair[1])]} at the same time"

    yield from each_row(data, lambda row: verb_of(row) in ("do", "approve"), edit)


def together_to_sequence(data: Data) -> Iterator[Mutant]:
    def edit(below: list[Any], n: int) -> str | None:
        inner = below[n]["steps"]
        if any("branch" in row for row in inner):
            return None
        name, below[n : n + 1] = below[n]["together"], inner
        return f"the branches of {name} one after the other"

    yield from each_row(data, lambda row: "together" in row and "until" not in row, edit)


def first_wins(data: Data) -> Iterator[Mutant]:
    def edit(below: list[Any], n: int) -> str:
        first = below[n].get("until") == "first"
        below[n]["until"] = "all" if first else "first"
        return f"{below[n]['together']}: until {below[n]['until']}"

    yield from each_row(data, lambda row: "together" in row, edit)


def drop_key(key: str, told: str) -> Callable[[Data], Iterator[Mutant]]:
    def operator(data: Data) -> Iterator[Mutant]:
        def edit(below: list[Any], n: int) -> str:
            del below[n][key]
            return f"{below[n][verb_of(below[n])]} {told}"

        yield from each_row(data, lambda row: key in row, edit)

    return operator


def flip_comparison(data: Data) -> Iterator[Mutant]:
    def edit(text: str) -> Iterator[tuple[str, str]]:
        for found in COMPARE.finditer(text):
            yield f"{found[0]} → {FLIPPED[found[0]]}", text[: found.start()] + FLIPPED[found[0]] + text[found.end() :]

    yield from each_guard(data, edit)


def off_by_one(data: Data) -> Iterator[Mutant]:
    def edit(text: str) -> Iterator[tuple[str, str]]:
        for found in COMPARE.finditer(text):
            if found[0] in OFF_BY_ONE:
                yield f"{found[0]} → {OFF_BY_ONE[found[0]]}", text[: found.start()] + OFF_BY_ONE[found[0]] + text[found.end() :]
        for found in NUMBER.finditer(text):
            yield f"{found[0]} + 1", text[: found.start()] + str(int(found[0]) + 1) + text[found.end() :]

    yield from each_guard(data, edit)


def swap_and_or(data: Data) -> Iterator[Mutant]:
    def edit(text: str) -> Iterator[tuple[str, str]]:
        for a, b in ((" and ", " or "), (" or ", " and "), ("且", "或"), ("或", "且")):
            if a in text:
                yield f"{a.strip()} → {b.strip()}", text.replace(a, b)
                return

    yield from each_guard(data, edit)


def negate_guard(data: Data) -> Iterator[Mutant]:
    yield from each_guard(data, lambda text: iter([("negated", f"not ({text})")]))


def drop_clause(data: Data) -> Iterator[Mutant]:
    def edit(text: str) -> Iterator[tuple[str, str]]:
        for sign in (" and ", " or "):
            parts = text.split(sign)
            if len(parts) > 1:
                yield f"without {parts[-1]}", sign.join(parts[:-1])

    yield from each_guard(data, edit)


def other_field(data: Data) -> Iterator[Mutant]:
    form = data.get("form") or {}

    def edit(text: str) -> Iterator[tuple[str, str]]:
        for name, spec in form.items():
            same = [
                n
                for n, other in form.items()
                if n != name and isinstance(other, dict) and other.get("type") == spec.get("type")
            ]
            if same and re.search(rf"\b{re.escape(name)}\b", text):
                yield f"{name} → {same[0]}", re.sub(rf"\b{re.escape(name)}\b", same[0], text)
                return

    yield from each_guard(data, edit)


def misspelt_field(data: Data) -> Iterator[Mutant]:
    def edit(text: str) -> Iterator[tuple[str, str]]:
        for name in data.get("form") or {}:
            if re.search(rf"\b{re.escape(name)}\b", text):
                yield f"{name}_", re.sub(rf"\b{re.escape(name)}\b", f"{name}_", text)
                return

    yield from each_guard(data, edit)


def drop_fill(data: Data) -> Iterator[Mutant]:
    def edit(below: list[Any], n: int) -> str:
        fill = below[n]["fill"]
        gone = fill.pop() if isinstance(fill, list) else below[n].pop("fill")
        if fill == []:
            del below[n]["fill"]
        return f"{below[n][verb_of(below[n])]} does not fill {gone}"

    yield from each_row(data, lambda row: bool(row.get("fill")), edit)


def not_required(data: Data) -> Iterator[Mutant]:
    for name, spec in (data.get("form") or {}).items():
        if isinstance(spec, dict) and spec.get("required"):
            yield f"{name} is not required", changed(data, lambda d, name=name: d["form"][name].pop("required"))  # type: ignore[misc]


def other_type(data: Data) -> Iterator[Mutant]:
    for name, spec in (data.get("form") or {}).items():
        if isinstance(spec, dict) and spec.get("type") in ("money", "int", "bool", "date", "choice", "choices"):

            def change(d: Data, name: str = name) -> None:
                d["form"][name] = {k: v for k, v in d["form"][name].items() if k not in ("of", "min", "max")} | {"type": "text"}

            yield f"{name} is text", changed(data, change)


def tighten_bound(data: Data) -> Iterator[Mutant]:
    for name, spec in (data.get("form") or {}).items():
        for key, more in (("min", 10_000_000), ("max", -10_000_000)):
            if isinstance(spec, dict) and isinstance(spec.get(key), int):

                def change(d: Data, name: str = name, key: str = key, more: int = more) -> None:
                    d["form"][name][key] += more

                yield f"{name}.{key} out of reach", changed(data, change)


def other_role(data: Data) -> Iterator[Mutant]:
    inside = [n for n, r in (data.get("roles") or {}).items() if not (isinstance(r, dict) and r.get("outside"))]

    def edit(below: list[Any], n: int) -> str | None:
        wrong = [role for role in inside if role != below[n]["by"]]
        if not wrong:
            return None
        was, below[n]["by"] = below[n]["by"], wrong[n % len(wrong)]
        return f"{below[n][verb_of(below[n])]}: {was} → {below[n]['by']}"

    yield from each_row(data, lambda row: verb_of(row) == "approve" and isinstance(row.get("by"), str), edit)


def outside_role(data: Data) -> Iterator[Mutant]:
    outside = [n for n, r in (data.get("roles") or {}).items() if isinstance(r, dict) and r.get("outside")]

    def edit(below: list[Any], n: int) -> str:
        below[n]["by"] = outside[0]
        return f"{below[n][verb_of(below[n])]} by somebody outside"

    if outside:
        yield from each_row(data, lambda row: verb_of(row) == "do" and isinstance(row.get("by"), str), edit)


def drop_makes(data: Data) -> Iterator[Mutant]:
    def edit(below: list[Any], n: int) -> str:
        return f"{below[n][verb_of(below[n])]} does not make {below[n].pop('makes')}"

    yield from each_row(data, lambda row: "makes" in row, edit)


def deadline(other: str) -> Callable[[Data], Iterator[Mutant]]:
    def operator(data: Data) -> Iterator[Mutant]:
        def edit(below: list[Any], n: int) -> str:
            was, below[n]["within"] = below[n]["within"], other
            return f"{below[n][verb_of(below[n])]}: {was} → {other}"

        yield from each_row(data, lambda row: "within" in row, edit)

    return operator


def drop_deadline(data: Data) -> Iterator[Mutant]:
    def edit(below: list[Any], n: int) -> str:
        del below[n]["within"]
        below[n].pop("late", None)
        return f"{below[n][verb_of(below[n])]} without its deadline"

    yield from each_row(data, lambda row: "within" in row, edit)


def late_passes(data: Data) -> Iterator[Mutant]:
    def edit(below: list[Any], n: int) -> str:
        below[n]["late"] = "pass"
        return f"{below[n][verb_of(below[n])]} passes by itself when late"

    yield from each_row(data, lambda row: "within" in row and row.get("late") != "pass", edit)


def duplicate_name(data: Data) -> Iterator[Mutant]:
    known = names(data)

    def edit(below: list[Any], n: int) -> str | None:
        verb = verb_of(below[n])
        if below[n][verb] == known[0]:
            return None
        was, below[n][verb] = below[n][verb], known[0]
        return f"{was} is called {known[0]} too"

    yield from each_row(data, lambda row: verb_of(row) in ("do", "approve", "state"), edit)


def stronger_rule(data: Data) -> Iterator[Mutant]:
    """A rule that asks for something that does not happen."""
    for number, rule in enumerate(data.get("rules") or []):
        if isinstance(rule.get("before"), str) and rule.get("must"):
            ends = [
                name
                for name in names(data)
                if name not in (rule["before"], *(rule["must"] if isinstance(rule["must"], list) else [rule["must"]]))
            ]
            if ends:

                def change(d: Data, number: int = number, last: str = ends[-1]) -> None:
                    d["rules"][number]["must"] = last

                yield f"rule {number + 1} asks for {ends[-1]} first", changed(data, change)


def reversed_rule(data: Data) -> Iterator[Mutant]:
    def turn(d: Data, number: int) -> None:
        rule = d["rules"][number]
        rule["before"], rule["must"] = rule["must"], rule["before"]

    for number, rule in enumerate(data.get("rules") or []):
        if isinstance(rule.get("before"), str) and isinstance(rule.get("must"), str):
            yield f"rule {number + 1} the other way round", changed(data, lambda d, n=number: turn(d, n))  # type: ignore[misc]


OPERATORS: dict[str, Callable[[Data], Iterator[Mutant]]] = {
    "drop_step": drop_step, "drop_end": drop_end, "swap_steps": swap_steps, "add_orphan": add_orphan, "retarget_then": retarget("then"),
    "retarget_rejected": retarget("rejected"), "retarget_case": retarget_case, "swap_cases": swap_cases, "drop_case": drop_case,
    "drop_otherwise": drop_otherwise, "drop_transition": drop_transition, "drop_branch": drop_branch, "sequence_to_together": sequence_to_together,
    "together_to_sequence": together_to_sequence, "first_wins": first_wins,
    "drop_only_when": drop_key("only_when", "without its condition"), "flip_comparison": flip_comparison, "off_by_one": off_by_one,
    "swap_and_or": swap_and_or, "negate_guard": negate_guard, "drop_clause": drop_clause, "other_field": other_field,
    "misspelt_field": misspelt_field, "drop_fill": drop_fill, "not_required": not_required, "other_type": other_type, "tighten_bound": tighten_bound,
    "other_role": other_role, "outside_role": outside_role, "drop_makes": drop_makes, "shorten_deadline": deadline("1 minute"),
    "lengthen_deadline": deadline("900 days"), "drop_deadline": drop_deadline, "late_passes": late_passes,
    "drop_not_before": drop_key("not_before", "at any time"), "duplicate_name": duplicate_name, "stronger_rule": stronger_rule, "reversed_rule": reversed_rule,
}  # fmt: skip


FORM_ONLY = ("drop_fill", "not_required", "other_type", "drop_makes")
"""What the form asks for is said in one place only; these show how much of it conditions, documents and examples speak of."""
