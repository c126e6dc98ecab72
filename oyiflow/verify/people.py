"""Can the company do what its processes ask for: roles have holders, and rules about people can be kept with the people there are.

    OF601  a role that nobody holds                 OF603  separation of duties that nobody can keep; or not while somebody
    OF602  a role that hangs on one person                 is absent (a warning), or has started the case (a note)
    OF604  rules that contradict each other         OF605  a rule about a step on which nobody acts
    OF606  whoever starts a case may approve it, where the policies let them

While a process runs the kernel refuses whoever a rule excludes; these checks ask beforehand whether somebody is left. What
they assume is named in their words: each step is done once, by one of those in the company file, deputies where there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from oyiflow.diagnostics import Diagnostic, Fix, Severity, Span
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import PEOPLE_FORMS, Definition, Role, Rule, State
from oyiflow.model.expression_types import closest
from oyiflow.model.tree import way_up
from oyiflow.verify.duties import FOR, START, Duties, beginners, duties_of, first_steps
from oyiflow.verify.graph import descendants, may_follow
from oyiflow.verify.separation import Post, Tie, Verdict, choose, smallest


def check_people(company: Company, definitions: Iterable[Definition]) -> Iterator[Diagnostic]:
    """OF601 for each process and role that nobody holds; OF602 for each person on whom a role hangs alone."""
    alone: dict[tuple[str, str], Diagnostic] = {}
    for definition in definitions:
        for role in acting_roles(definition):
            holders = company.holders((role.name, *role.aliases))
            if not holders:
                yield _nobody(role, company)
            elif len(holders) == 1 and not holders[0].deputy:
                alone.setdefault((holders[0].name, role.name), _alone(holders[0], role, definition))
    yield from alone.values()


def check_duties(company: Company, definitions: Iterable[Definition]) -> Iterator[Diagnostic]:
    """OF603 and OF606: what rules and policies come to with the people there are."""
    for definition in definitions:
        yield from _separation(company, definition)
        yield from _self_approval(company, definition)


def acting_roles(definition: Definition) -> tuple[Role, ...]:
    """The roles for which some step waits, or whose holders get an instance each; roles that only help or are only met need nobody."""
    works = [state.work for state in definition.states.values() if state.work is not None]
    each = [definition.starts.for_each] if definition.starts is not None and definition.starts.for_each else []
    named = dict.fromkeys((*(assignee.role for work in works for assignee in work.by if assignee.role), *each))
    return tuple(role for role in dict.fromkeys(definition.role[name] for name in named) if not role.outside)


def _nobody(role: Role, company: Company) -> Diagnostic:
    guess = closest(role.name, {held for person in company.people for held in person.roles})
    fix = Fix(zh=f"在公司文件里给一个人写上 roles: [{role.name}]", en=f"give somebody roles: [{role.name}] in the company file")
    if guess:
        fix = Fix(
            zh=f"公司文件里有 {guess}；改成一样的，或写成 alias: [{guess}]",
            en=f"the company file has {guess}; make them the same, or write alias: [{guess}]",
        )
    zh, en = (
        f"公司里没有人担任“{role.title.of('zh')}”({role.name})，它的步骤无人可办",
        f"nobody in the company is {role.name}; nobody can act on its steps",
    )
    return Diagnostic(code="OF601", span=role.span, zh=zh, en=en, fix=fix)


def _alone(person: Person, role: Role, definition: Definition) -> Diagnostic:
    title = role.title.of("zh")
    return Diagnostic(
        code="OF602",
        severity=Severity.WARNING,
        span=person.span,
        zh=f"“{title}”({role.name}) 只有 {person.name} 一人，又没有代理人；他不在时 {definition.name} 就停住了",
        en=f"{person.name} alone is {role.name} and has no deputy; without them {definition.name} stands still",
        fix=Fix(
            zh=f"给 {person.name} 写上 deputy: 谁，或再给一个人这个角色",
            en=f"write deputy: at {person.name}, or give somebody else the role too",
        ),
    )


# --- OF603: separation of duties --------------------------------------------------------------------------------------


def _separation(company: Company, definition: Definition) -> Iterator[Diagnostic]:
    """Whether the rules can be kept: at all, without any one person, and by whoever starts."""
    duties = duties_of(definition, company)
    if not duties.ties:
        return
    chosen = choose(duties.posts, duties.ties, duties.clashes)
    if isinstance(chosen, Verdict):
        everybody = [Post(post.step, -1 << len(duties.posts) ^ -1) for post in duties.posts]
        hopeless = choose(everybody, duties.ties) is Verdict.IMPOSSIBLE  # whoever works here: OF604
        conflict = _conflict(definition, duties) if chosen is Verdict.IMPOSSIBLE and not hopeless else []
        if conflict:
            yield _impossible(definition, duties, conflict)
        return
    needed = sorted({duties.names[candidate] for candidate in chosen.values()})
    yield from (found for name in needed if (found := _without(company, definition, name)) is not None)
    yield from _started(company, definition, duties)


def _conflict(definition: Definition, duties: Duties) -> list[Tie]:
    """The smallest contradiction among steps that can come in one case; none if the steps never do."""
    conflict = smallest(duties.posts, duties.ties, duties.clashes)
    steps = {duties.posts[post].step for tie in conflict for post in tie.posts} - {START}
    return conflict if _in_one_case(definition, steps) else []


def _in_one_case(definition: Definition, steps: set[str]) -> bool:
    """Whether any two of the steps can both be done in one case: one leads to the other, or they run side by side."""
    graph = may_follow(definition)
    after = {step: descendants(graph, [step]) for step in steps}
    pairs = [(one, other) for one in steps for other in steps if one < other]
    return all(other in after[one] or one in after[other] or _beside(definition, one, other) for one, other in pairs)


def _beside(definition: Definition, one: str, other: str) -> bool:
    """Whether two states lie in different regions of a parallel state."""
    up = way_up(definition, one)
    meeting = next(name for name in way_up(definition, other) if name in up)
    return definition.states[meeting].kind == "parallel"


def _impossible(definition: Definition, duties: Duties, conflict: Sequence[Tie]) -> Diagnostic:
    steps, people = _steps(duties, conflict), _candidates(duties, conflict)
    rules = [tie.reason for tie in conflict if isinstance(tie.reason, Rule)]
    zh, en = _demands(duties, conflict)
    return Diagnostic(
        code="OF603",
        span=rules[0].span if rules else _state(definition, steps).span,
        zh=f"凑不齐人: {zh}，而能办的只有 {'、'.join(people)}",
        en=f"there are not enough people: {en}, and only {', '.join(people)} can",
        fix=Fix(
            zh=f"让更多的人担任 {'、'.join(steps)} 的角色，或放宽规则",
            en=f"give more people the roles of {', '.join(steps)}, or relax the rule",
        ),
        related=tuple((rule.span, "另一条规则", "another rule") for rule in rules[1:]),
    )


def _without(company: Company, definition: Definition, name: str) -> Diagnostic | None:
    """What a person's absence does to the rules, where their deputy is no help. Who starts meanwhile is not asked."""
    duties = duties_of(definition, company, absent=name, start=False)
    if not all(duties.posts[post].candidates for tie in duties.ties for post in tie.posts):
        return None  # a role that hangs on one person: OF602
    if choose(duties.posts, duties.ties, duties.clashes) is not Verdict.IMPOSSIBLE:
        return None
    conflict = _conflict(definition, duties)
    return _absent(company, definition, name, duties, conflict) if conflict else None


def _absent(company: Company, definition: Definition, name: str, duties: Duties, conflict: Sequence[Tie]) -> Diagnostic:
    person = company.person(name)
    assert person is not None, "only people of the company are chosen"
    (zh, en), left = _demands(duties, conflict), _candidates(duties, conflict)
    return Diagnostic(
        code="OF603",
        severity=Severity.WARNING,
        span=person.span,
        zh=f"{name} 不在时，{definition.name} 凑不齐人: {zh}，而能办的只剩 {_names(left, 'zh')}",
        en=f"while {name} is absent, {definition.name} lacks people: {en}, and only {_names(left, 'en')} can act",
        fix=Fix(
            zh=f"给 {name} 另找一个代理人 deputy，或再给一个人这个角色",
            en=f"give {name} another deputy, or give somebody else the role too",
        ),
    )


def _names(people: Iterable[str], lang: str) -> str:
    """Candidates; who stands in for another says so."""
    shown = (one.partition(FOR) for one in people)
    if lang == "zh":
        return "、".join(f"{name}(代 {other})" if other else name for name, _, other in shown)
    return ", ".join(f"{name} (for {other})" if other else name for name, _, other in shown)


def _started(company: Company, definition: Definition, duties: Duties) -> Iterator[Diagnostic]:
    """People who had better not start a case: nobody would be left to approve it."""
    start = next((place for place, post in enumerate(duties.posts) if post.step == START), None)
    stuck: dict[tuple[str, ...], list[str]] = {}
    for person in beginners(definition, company) if start is not None else ():
        one = 1 << duties.names.index(person.name)
        posts = [post._replace(candidates=one) if place == start else post for place, post in enumerate(duties.posts)]
        if choose(posts, duties.ties, duties.clashes) is Verdict.IMPOSSIBLE:
            steps = _steps(duties, smallest(posts, duties.ties, duties.clashes))
            stuck.setdefault(tuple(steps), []).append(person.name)
    for names, people in stuck.items():
        zh, en = "、".join(people), ", ".join(people)
        yield Diagnostic(
            code="OF603",
            severity=Severity.NOTE,
            span=_state(definition, names).span,
            zh=f"由 {zh} 发起时，{'、'.join(names)} 没有别人可办: 不得自批，也没有第二个人",
            en=f"when {en} starts a case, nobody else is left for {', '.join(names)}",
            fix=Fix(zh="再给一个人这个角色，或由别人发起", en="give somebody else the role too, or let others start it"),
        )


def _state(definition: Definition, steps: Sequence[str]) -> State:
    return definition.states[next(iter(steps))]


def _steps(duties: Duties, ties: Sequence[Tie]) -> list[str]:
    named = dict.fromkeys(duties.posts[post].step for tie in ties for post in tie.posts)
    return [step for step in named if step != START]


def _candidates(duties: Duties, ties: Sequence[Tie]) -> list[str]:
    mask = 0
    for tie in ties:
        for post in tie.posts:
            mask |= duties.posts[post].candidates if duties.posts[post].step != START else 0
    return [name for place, name in enumerate(duties.names) if mask >> place & 1]


def _demands(duties: Duties, ties: Sequence[Tie]) -> tuple[str, str]:
    """What the ties want, in words."""
    zh, en = [], []
    for tie in ties:
        steps = list(dict.fromkeys(duties.posts[post].step for post in tie.posts))
        who_zh = "、".join("发起" if step == START else step for step in steps)
        who_en = ", ".join("the start" if step == START else step for step in steps)
        if len(steps) == 1:
            zh.append(f"{who_zh} 要 {len(tie.posts)} 个人签")
            en.append(f"{who_en} wants {len(tie.posts)} people to sign")
        else:
            zh.append(f"{who_zh} 要由{'不同的人' if tie.different else '同一个人'}办")
            en.append(f"{who_en} want {'different people' if tie.different else 'the same person'}")
    return "，".join(zh), " and ".join(en)


# --- OF604, OF605: rules by themselves --------------------------------------------------------------------------------


def check_rules_of_people(definition: Definition) -> Iterator[Diagnostic]:
    """OF604 and OF605: needs no company."""
    for rule in definition.rules:
        if rule.form in PEOPLE_FORMS:
            yield from _unattended(definition, rule)
    yield from _contradictions(definition)


def _unattended(definition: Definition, rule: Rule) -> Iterator[Diagnostic]:
    idle = [step for step in rule.steps if definition.states[step].work is None]
    acting = {step for step in rule.steps if definition.states[step].work is not None}
    if not idle and len(acting) > 1:
        return
    zh = f"{'、'.join(idle)} 没有人办，这条规则管不到" if idle else "这条规则只说到一步，什么也不要求"
    en = (
        f"nobody acts on {', '.join(idle)}, so the rule cannot hold there"
        if idle
        else "the rule names one step, and asks for nothing"
    )
    yield Diagnostic(
        code="OF605",
        severity=Severity.ERROR if len(acting) < 2 else Severity.WARNING,
        span=rule.span,
        zh=zh,
        en=en,
        fix=Fix(zh="写由人办的步骤，至少两步", en="name steps that people act on, two or more"),
        related=tuple((definition.states[step].span, "这一步没有人办", "nobody acts here") for step in idle),
    )


def _contradictions(definition: Definition) -> Iterator[Diagnostic]:
    """A pair of steps that must have the same person, by rules or by `whoever_did`, and different people."""
    edges = [
        (one, other, rule.span)
        for rule in definition.rules
        if rule.form == "same_person"
        for one, other in pairwise(rule.steps)
    ]
    for state in definition.states.values():
        work = state.work
        if work is not None and len(work.by) == 1 and work.by[0].whoever_did in definition.states and not work.by[0].superior:
            edges.append((state.id, work.by[0].whoever_did, state.span))
    differ = [rule for rule in definition.rules if rule.form == "different_people"]
    if not edges or not differ:
        return
    import networkx as nx  # half of a start-up, and few processes ask for it

    same: nx.Graph = nx.Graph()
    same.add_edges_from((one, other, {"span": span}) for one, other, span in edges)
    for rule in differ:
        pairs = [(one, other) for place, one in enumerate(rule.steps) for other in rule.steps[:place] if one != other]
        for one, other in pairs:
            if one in same and other in same and nx.has_path(same, one, other) and _in_one_case(definition, {one, other}):
                way = nx.shortest_path(same, other, one)
                spans = [same.edges[step, after]["span"] for step, after in pairwise(way)]
                yield _contradiction(rule, other, one, spans)
                break


def _contradiction(rule: Rule, one: str, other: str, spans: Sequence[Span]) -> Diagnostic:
    return Diagnostic(
        code="OF604",
        span=rule.span,
        zh=f"{one} 和 {other} 要由不同的人办，而别处要求是同一个人: 谁也办不了",
        en=f"{one} and {other} want different people here and the same person elsewhere, so nobody can act",
        fix=Fix(zh="去掉其中一个要求", en="drop one of the two demands"),
        related=tuple((span, "这里要求同一个人", "the same person is asked for here") for span in spans),
    )


# --- OF606: self-approval ---------------------------------------------------------------------------------------------


def _self_approval(company: Company, definition: Definition) -> Iterator[Diagnostic]:
    """Approvals of one's own case, where the policies allow them and no rule forbids it."""
    if company.policies.self_approval != "allowed":
        return
    starting = {person.name for person in beginners(definition, company)}
    duties = duties_of(definition, company)
    first = first_steps(definition)
    for post in duties.posts:
        state = definition.states.get(post.step)
        if state is None or state.verb != "approve" or _kept_apart(definition, state.id, first):
            continue
        people = [name for place, name in enumerate(duties.names) if post.candidates >> place & 1 and name in starting]
        if people:
            zh, en = "、".join(people), ", ".join(people)
            yield Diagnostic(
                code="OF606",
                severity=Severity.WARNING,
                span=state.span,
                zh=f"{zh} 可以批准自己发起的事 (policies: self_approval: allowed)",
                en=f"{en} may approve what they have started (policies: self_approval: allowed)",
                fix=Fix(
                    zh=f"写一条 different_people: [{(first or ('…',))[0]}, {state.id}]，或 self_approval: never",
                    en=f"write a rule different_people: [{(first or ('…',))[0]}, {state.id}], or self_approval: never",
                ),
            )


def _kept_apart(definition: Definition, step: str, first: Sequence[str]) -> bool:
    apart = [rule.steps for rule in definition.rules if rule.form == "different_people" and step in rule.steps]
    return bool(first) and all(any(one in steps for steps in apart) for one in first)
