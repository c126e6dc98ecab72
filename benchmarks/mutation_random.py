"""Random process files, as authors might write them: the material in which `mutation.py --random` makes its mistakes.

Three in four are procedures: forms that are filled in, approvals that send back, forks by thresholds and by people, steps
that only some cases need, branches at the same time, waits, deadlines, loops, several ends. The others are life cycles: states
with answers, nested and parallel states, timers, histories. A file is kept only if `oyiflow check --strict` finds nothing in it.
Everything follows from the seed. No rules and no examples yet: `mutation_owner.py` writes these. Life cycles are in `mutation_lives.py`.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

from mutation_operators import Data

Rows = list[Data]
Words = tuple[str, str, str]
"""A name, and what people call it in Chinese and English."""

ROLES: tuple[Words, ...] = (
    ("staff", "员工", "Staff"), ("head", "主管", "Head"), ("boss", "总经理", "General manager"), ("legal", "法务", "Legal"),
    ("finance", "财务", "Finance"), ("tech", "技术", "Technical"), ("store", "仓库", "Store"),
)  # fmt: skip
OUTSIDE: Words = ("customer", "客户", "Customer")
DO: tuple[Words, ...] = (
    ("collect", "收集资料", "Collect papers"), ("measure", "现场测量", "Measure on site"), ("calculate", "核算成本", "Calculate costs"),
    ("draft", "起草方案", "Draft a plan"), ("order", "下单采购", "Order"), ("pay", "付款", "Pay"), ("ship", "发货", "Ship"),
    ("install", "安装调试", "Install"), ("train", "培训用户", "Train users"), ("report", "提交报告", "Report"), ("file", "归档", "File"),
    ("inform", "通知各方", "Inform everybody"), ("invoice", "开票", "Invoice"), ("pack", "打包", "Pack"), ("inspect", "验货", "Inspect goods"),
    ("test", "测试", "Test"), ("visit", "拜访", "Visit"), ("record", "登记", "Record"), ("repair", "修理", "Repair"), ("return_", "归还", "Return"),
    ("book", "预订", "Book"), ("print_", "打印", "Print"), ("survey", "回访", "Ask how it went"), ("archive", "入库", "Store away"),
    ("translate", "翻译", "Translate"), ("quote", "报价", "Quote"), ("compare", "比价", "Compare offers"), ("clean", "清理", "Clean up"),
)  # fmt: skip
APPROVE: tuple[Words, ...] = (
    ("check", "审核", "Check"), ("sign", "审批", "Sign"), ("review", "复核", "Review"), ("confirm", "确认", "Confirm"), ("release", "放行", "Release"),
    ("audit", "稽核", "Audit"), ("endorse", "会签", "Endorse"), ("grant", "核准", "Grant"), ("accept", "验收", "Accept"), ("permit", "许可", "Permit"),
    ("judge", "评审", "Judge"), ("clear", "清关", "Clear"),
)  # fmt: skip
ASK: tuple[Words, ...] = (
    ("size", "多大？", "How large?"), ("kind_of", "哪一类？", "Which kind?"), ("again", "再来一次？", "Once more?"), ("enough", "够了吗？", "Enough?"),
    ("which", "走哪一路？", "Which way?"), ("good", "合格吗？", "Good enough?"), ("go_on", "继续吗？", "Go on?"), ("more", "还要吗？", "Any more?"),
)  # fmt: skip
JOIN: tuple[Words, ...] = (
    ("prepare", "同时准备", "Prepare"), ("both", "分头办理", "Side by side"), ("carry_out", "同时执行", "Carry out"), ("close", "同时收尾", "Wind up"),
)  # fmt: skip
WAIT: tuple[Words, ...] = (("notice", "公示期", "Notice"), ("cooling", "冷静期", "Cooling off"), ("trial", "试用期", "Trial"))
BRANCH: tuple[Words, ...] = tuple((f"line_{n}", f"第{n}支", f"Line {n}") for n in range(1, 12))
STATE: tuple[Words, ...] = (
    ("new", "新建", "New"), ("known", "已登记", "Registered"), ("offered", "已报价", "Offered"), ("agreed", "已同意", "Agreed"), ("made", "已制作", "Made"),
    ("sent", "已发出", "Sent"), ("used", "使用中", "In use"), ("idle", "闲置", "Idle"), ("worn", "待修", "Worn"), ("checked", "已检查", "Checked"),
    ("rated", "已评级", "Rated"), ("trusted", "受信任", "Trusted"), ("shared", "已共享", "Shared"), ("paused", "暂停", "Paused"), ("under_way", "办理中", "Under way"),
    ("sorting", "分流", "Sorting"), ("papers", "文件", "Papers"), ("goods", "货物", "Goods"), ("in_two", "两头进行", "Two sides"),
)  # fmt: skip
END: tuple[Words, ...] = (("done", "结束", "End"), ("declined", "未通过", "Declined"), ("given_up", "放弃", "Given up"))
DEADLINES = ("2 days", "3 days", "5 days", "1 week", "8 hours", "3 workdays", "5 workdays")
CLASSES = ("重要", "高值", "集团")
KINDS = ("甲类", "乙类", "丙类", "丁类")
PLAIN = re.compile(r"[^\W\d](?:[\w -]*\w)?")
ASKED = ("money", "int", "bool", "choice", "choices")
LATER = ("cost", "score")
"""Fields that only some step further on fills in."""
FEWEST, MOST = 3, 7
"""Blocks of a procedure."""


class Writer:
    """One file in the making. `lazy`: the ends of cases that lead to the step which is written next."""

    def __init__(self, name: str, dice: random.Random) -> None:
        self.name = name
        self.dice = dice
        self.free = {id(pool): dice.sample(pool, len(pool)) for pool in (DO, APPROVE, ASK, JOIN, WAIT, BRANCH, STATE)}
        self.roles = [ROLES[0], *dice.sample(ROLES[1:], dice.randint(2, 4))]
        self.outside = dice.random() < 0.4
        self.form: Data = {}
        self.ends: dict[str, Data] = {}
        self.lazy: list[tuple[Data, str]] = []
        self.used: set[str] = set()
        self.meets = False

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def word(self, pool: tuple[Words, ...]) -> Words:
        return self.free[id(pool)].pop()

    def row(self, verb: str, pool: tuple[Words, ...], **more: Any) -> Data:
        name, zh, en = self.word(pool)
        return {verb: name, "title": {"zh": zh, "en": en}, **more}

    def by(self, verb: str = "do") -> str:
        """Approvals are mostly not the staff's."""
        names = [name for name, _, _ in self.roles]
        role = self.dice.choice(names[1:] if verb == "approve" else names)
        self.used.add(role)
        return role

    def end(self, place: int = 0) -> str:
        name, zh, en = END[place]
        self.ends.setdefault(name, {"end": name, "title": {"zh": zh, "en": en}})
        return name

    def file(self, body: str, rows: Rows) -> Data:
        roles: Data = {name: {"title": {"zh": zh, "en": en}} for name, zh, en in self.roles if name in self.used}
        if self.meets:
            roles[OUTSIDE[0]] = {"title": {"zh": OUTSIDE[1], "en": OUTSIDE[2]}, "outside": True}
        return {"process": self.name, "title": {"zh": f"流程 {self.name}", "en": f"Process {self.name}"}, "roles": roles,
                **({"form": self.form} if self.form else {}), body: rows}  # fmt: skip

    # --- the form and what is asked of it

    def fields(self) -> list[str]:
        """Draw the form; returns the fields that are filled in at the beginning, which are those that conditions may ask for."""
        pool: Data = {
            "amount": {"title": {"zh": "金额", "en": "Amount"}, "type": "money", "min": 0, "required": True},
            "days": {"title": {"zh": "天数", "en": "Days"}, "type": "int", "min": 1, "max": 90, "required": True},
            "pieces": {"title": {"zh": "件数", "en": "Pieces"}, "type": "int", "min": 1, "required": True},
            "deposit": {"title": {"zh": "押金", "en": "Deposit"}, "type": "money", "min": 0, "max": 1000000, "required": True},
            "kind": {"title": {"zh": "类别", "en": "Kind"}, "type": "choice", "of": list(KINDS), "required": True},
            "classes": {"title": {"zh": "客户性质", "en": "Classes"}, "type": "choices", "of": list(CLASSES), "required": True},
            "urgent": {"title": {"zh": "加急", "en": "Urgent"}, "type": "bool", "required": True},
        }  # fmt: skip
        first = sorted(self.dice.sample(sorted(pool), self.dice.randint(2, 4)))
        self.form = {name: pool[name] for name in first}
        if self.chance(0.5):
            self.form["reason"] = {"title": {"zh": "事由", "en": "Reason"}, "type": "text", "required": True}
        return list(self.form)

    def atom(self, name: str) -> str:
        kind = self.form[name]["type"]
        if kind == "bool":
            return self.dice.choice((f"{name} == 是", f"{name} == 否"))
        if kind == "choices":
            return f"“{self.dice.choice(CLASSES)}” {self.dice.choice(('in', 'not in'))} {name}"
        if kind == "choice":
            one, two = self.dice.sample(KINDS, 2)
            return self.dice.choice((f"{name} == “{one}”", f"{name} != “{one}”", f"{name} in [“{one}”, “{two}”]"))
        return f"{name} {self.dice.choice(('>', '>=', '<', '<='))} {self.threshold(name)}"

    def threshold(self, name: str) -> int:
        return self.dice.randint(2, 18) * {"amount": 1000, "deposit": 500, "days": 2, "pieces": 5, "score": 4}[name]

    def condition(self) -> str:
        names = [name for name, spec in self.form.items() if spec["type"] in ASKED and name not in LATER]
        if {"amount", "deposit"} <= set(names) and self.chance(0.1):
            return f"deposit {self.dice.choice(('<', '>='))} amount"
        if len(names) > 1 and self.chance(0.35):
            one, two = self.dice.sample(names, 2)
            return f"{self.atom(one)} {self.dice.choice(('and', 'or'))} {self.atom(two)}"
        return self.atom(self.dice.choice(names))

    # --- steps

    def do(self, **more: Any) -> Data:
        row = self.row("do", DO, by=self.by(), **more)
        if self.outside and self.chance(0.2):
            row["meets"] = OUTSIDE[0]
            self.meets = True
        return self.limited(row, ("remind", "escalate", "escalate", "skip"))

    def approve(self, back: str) -> Data:
        row = self.row("approve", APPROVE, by=self.by("approve"), rejected=back)
        if self.chance(0.15) and len(self.roles) > 2:
            row["by"] = [name for name, _, _ in self.roles[1:]]
            row["mode"] = self.dice.choice(("all", "in_turn", "vote 60%"))
            self.used |= set(row["by"])
        return self.limited(row, ("remind", "escalate", "escalate", "pass", "reject"))

    def limited(self, row: Data, lates: tuple[str, ...]) -> Data:
        if self.chance(0.22):
            row |= {"within": self.dice.choice(DEADLINES), "late": self.dice.choice(lates)}
        return row

    # --- a procedure

    def procedure(self) -> Data:
        first = self.fields()
        self.used.add(self.roles[0][0])
        rows: Rows = [self.row("do", DO, by=self.roles[0][0], fill=first)]
        if self.chance(0.3):
            rows[0]["makes"] = "申请单"
        blocks = [getattr(self, f"block_{name}") for name in BLOCKS]
        weights = list(BLOCKS.values())
        for _ in range(self.dice.randint(FEWEST, MOST)):
            self.grow(rows, self.dice.choices(blocks, weights)[0])
        if self.lazy or "approve" in rows[-1] or "do" not in rows[-1]:
            self.grow(rows, lambda _: [self.do()])
        last = self.end()
        self.led(last)
        return self.file("steps", [*rows, *self.ends.values()] if next(iter(self.ends)) == last else
                         [*rows, self.ends[last], *(row for name, row in self.ends.items() if name != last)])  # fmt: skip

    def grow(self, rows: Rows, block: Callable[[Rows], Rows]) -> None:
        """Add a block; what was to lead to the next step leads to its first."""
        waiting, self.lazy = self.lazy, []
        try:
            new = block(rows)
        except IndexError:  # all words of that kind are used up
            self.lazy = waiting
            return
        verb = next(iter(new[0]))
        for case, key in waiting:
            case[key] = new[0][verb]
        rows += new

    def led(self, name: str) -> None:
        for case, key in self.lazy:
            case[key] = name
        self.lazy = []

    def back(self, rows: Rows) -> str:
        """A step to which work is sent back: mostly the one before, often the first."""
        done = [row["do"] for row in rows if "do" in row and "only_when" not in row]
        return str(self.dice.choice((done[0], done[-1], self.dice.choice(done))))

    def block_do(self, rows: Rows) -> Rows:
        row = self.do()
        if self.chance(0.25):
            name = next((n for n in ("result", "cost", "remark") if n not in self.form), "")
            if name:
                self.form[name] = {
                    "result": {"title": {"zh": "结果", "en": "Result"}, "type": "text", "required": True},
                    "cost": {"title": {"zh": "实际费用", "en": "Cost"}, "type": "money", "min": 0, "required": True},
                    "remark": {"title": {"zh": "备注", "en": "Remark"}, "type": "longtext"},
                }[name]  # fmt: skip
                row["fill"] = name
        return [row]

    def block_approve(self, rows: Rows) -> Rows:
        row = self.approve(self.back(rows))
        if self.chance(0.12):
            row["rejected"] = self.end(1)
        if rows[0].get("makes") and self.chance(0.5):
            row["needs"] = rows[0]["makes"]
        return [row]

    def block_only(self, rows: Rows) -> Rows:
        row = self.do() if self.chance(0.4) else self.approve(self.back(rows))
        return [{**row, "only_when": self.condition()}]

    def block_fork(self, rows: Rows) -> Rows:
        """Some cases need more than others: by what the form says."""
        more = self.approve(self.back(rows)) if self.chance(0.6) else self.do()
        name = more.get("approve") or more["do"]
        cases: Rows = [
            {"label": {"zh": "要", "en": "yes"}, "when": self.condition(), "then": name},
            {"label": {"zh": "不要", "en": "no"}},
        ]
        self.lazy.append((cases[1], "otherwise"))
        return [self.row("decide", ASK, cases=cases), more]

    def block_levels(self, rows: Rows) -> Rows:
        """Three levels of one number, each with its own way."""
        numbers = [name for name, spec in self.form.items() if spec["type"] in ("money", "int") and name not in LATER]
        if not numbers:
            return self.block_fork(rows)
        name, sign = self.dice.choice(numbers), self.dice.choice((">", ">="))
        low = self.threshold(name)
        one, two = self.approve(self.back(rows)), self.approve(self.back(rows))
        cases: Rows = [
            {"label": {"zh": "大", "en": "large"}, "when": f"{name} {sign} {2 * low}", "then": one["approve"]},
            {"label": {"zh": "中", "en": "medium"}, "when": f"{name} {sign} {low}", "then": two["approve"]},
            {"label": {"zh": "小", "en": "small"}},
        ]
        self.lazy += [(cases[2], "otherwise"), (one, "then")]
        return [self.row("decide", ASK, cases=cases), one, two]

    def block_again(self, rows: Rows) -> Rows:
        cases: Rows = [
            {"label": {"zh": "再来", "en": "again"}, "then": self.back(rows)},
            {"label": {"zh": "够了", "en": "enough"}},
        ]
        self.lazy.append((cases[1], "then"))
        return [self.row("decide", ASK, by=self.by(), cases=cases)]

    def block_stop(self, rows: Rows) -> Rows:
        cases: Rows = [
            {"label": {"zh": "继续", "en": "go on"}},
            {"label": {"zh": "放弃", "en": "give up"}, "then": self.end(2)},
        ]
        self.lazy.append((cases[0], "then"))
        return [self.row("decide", ASK, by=self.by(), cases=cases)]

    def block_offer(self, rows: Rows) -> Rows:
        """An answer that only some cases may be given."""
        more = self.do()
        cases: Rows = [
            {"label": {"zh": "特办", "en": "special"}, "when": self.condition(), "then": more["do"]},
            {"label": {"zh": "照常", "en": "as usual"}},
        ]
        self.lazy.append((cases[1], "then"))
        return [self.row("decide", ASK, by=self.by(), cases=cases), more]

    def block_score(self, rows: Rows) -> Rows:
        """What is found out later decides too."""
        if "score" in self.form:
            return self.block_fork(rows)
        self.form["score"] = {"title": {"zh": "评分", "en": "Score"}, "type": "int", "min": 0, "max": 100, "required": True}
        cases: Rows = [{"label": {"zh": "不合格", "en": "failed"}, "when": f"score < {self.threshold('score')}", "then": self.back(rows)},
                       {"label": {"zh": "合格", "en": "passed"}}]  # fmt: skip
        self.lazy.append((cases[1], "otherwise"))
        return [self.do(fill="score"), self.row("decide", ASK, cases=cases)]

    def block_together(self, rows: Rows) -> Rows:
        inner: Rows = []
        for _ in range(self.dice.choice((2, 2, 3))):
            first = self.do()
            if self.chance(0.35):
                second = self.approve(first["do"]) if self.chance(0.5) else self.do()
                inner.append(self.row("branch", BRANCH, steps=[first, second]))
            else:
                inner.append({**first, "only_when": self.condition()} if self.chance(0.15) else first)
        more = {"until": "first"} if self.chance(0.12) else {}
        if self.chance(0.1):
            more["only_when"] = self.condition()
        return [self.row("together", JOIN, **more, steps=inner)]

    def block_wait(self, rows: Rows) -> Rows:
        row = self.row("wait", WAIT)
        return [row | {"for": f"{row['wait']}_over" if self.chance(0.4) else self.dice.choice(DEADLINES)}]

    def block_day(self, rows: Rows) -> Rows:
        """An agreed day, before which the next step cannot be done."""
        if "day" in self.form:
            return self.block_do(rows)
        self.form["day"] = {"title": {"zh": "约定日期", "en": "Agreed day"}, "type": "date", "required": True}
        return [self.do(fill="day"), self.do(not_before="day")]


BLOCKS = {
    "do": 4, "approve": 5, "only": 2, "fork": 2, "levels": 1, "score": 0.7, "offer": 0.7, "again": 1, "stop": 1, "together": 2, "wait": 0.8, "day": 0.7,
}  # fmt: skip
"""What a procedure is made of, and how often."""


# --- the company, and files


def random_company(dice: random.Random) -> Data:
    """Roles are held by two people, or by one who has a deputy."""
    people: Data = {"stand_in": {"title": "Stand-in", "roles": []}}
    for name, _, title in ROLES:
        alone = dice.random() < 0.25
        for number in (1,) if alone else (1, 2):
            people[f"{name}{number}"] = {
                "title": f"{title} {number}",
                "roles": [name],
                **({"deputy": "stand_in"} if alone else {}),
            }
    return {"company": {"zh": "随机公司", "en": "Random Ltd"}, "people": people}


def as_text(data: Data) -> str:
    """A file as it is usually written: one line for each step, role, field, rule and example."""
    lines = []
    for key, value in data.items():
        if isinstance(value, list):
            lines += [f"{key}:", *(f"  - {flow(one)}" for one in value)]
        elif isinstance(value, dict) and key not in ("title", "company"):
            lines += [f"{key}:", *(f"  {name}: {flow(one)}" for name, one in value.items())]
        else:
            lines.append(f"{key}: {flow(value)}")
    return "\n".join(lines) + "\n"


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, bool | int) or (PLAIN.fullmatch(text) and text not in ("yes", "no", "on", "off")):
        return text
    return json.dumps(text, ensure_ascii=False)
