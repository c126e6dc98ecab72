"""What the reports of a process ask of all its cases, in sentences."""

from __future__ import annotations

from oyiflow.model.definition import STARTER, Report
from oyiflow.model.values import FieldType, Value, show
from oyiflow.words.deadlines import PERIODS
from oyiflow.words.speech import Speech


def told_reports(speech: Speech) -> list[str]:
    """All reports, numbered."""
    lines = []
    for place, report in enumerate(speech.definition.reports, 1):
        title, mark = speech.text(report.title), speech.origin(report.origin)
        said = asked(speech, report)
        lines.append(speech.say(f"{place}. {title}：{said}。{mark}", f"{place}. {title}: {said}.{mark}"))
    return [*lines, ""] if lines else []


def asked(speech: Speech, report: Report) -> str:
    """The formal part of a report in words."""
    what = _what(speech, report)
    if report.every and not (report.on or report.days):
        steps = speech.several(map(speech.step, report.of), ("或", "or"))
        what = speech.say(f"办完{steps}的次数（归入办完那天）", f"how often {steps} was done (by the day on which it was)")
    elif report.of:
        steps, of = speech.several(map(speech.step, report.of), ("或", "or")), "" if what.endswith(" cases") else " of cases"
        what = speech.say(f"到过{steps}的{what}", f"{what}{of} that came to {steps}")
    parts = [_for(speech, report), what]
    for zh, en, bound in (("不少于", "at least", report.least), ("不多于", "at most", report.most)):
        if bound is not None:
            parts.append(f"{speech.say(zh, en)} {_number(speech, report, bound)}")
    return speech.say("，", ", ").join(part for part in parts if part)


def _for(speech: Speech, report: Report) -> str:
    zh, en = PERIODS.get(report.every, ("", ""))
    by = speech.field(report.on) if report.on else ""
    every = speech.say(f"{zh}（按{by}）" if by else zh, f"in every {en} (by {by})" if by else f"in every {en}") if zh else ""
    if not report.per:
        return every
    field = speech.field(report.per) if report.per != STARTER else ""
    whose = speech.say(
        f"按{field or '发起人'}分别统计", f"for each {f'value of {field}' if field else 'person who started one'}"
    )
    return speech.say("，", ", ").join(part for part in (every, whose) if part)


def _what(speech: Speech, report: Report) -> str:
    if report.days:
        first, last = (speech.fields(names) for names in report.days)
        late = speech.say("（取最晚）", " (the latest)") if len(report.days[0]) > 1 else ""
        early = speech.say("（取最早）", " (the earliest)") if len(report.days[1]) > 1 else ""
        return speech.say(f"从{first}{late}到{last}{early}的日历天", f"the calendar days from {first}{late} to {last}{early}")
    if report.total:
        total = speech.field(report.total)
        return speech.say(f"{total}的合计", f"the sum of {total}")
    return speech.say("件数", "the number of cases")


def _number(speech: Speech, report: Report, bound: Value) -> str:
    spec = speech.definition.field.get(report.total)
    return show(spec.type if spec is not None else FieldType.INT, bound, speech.lang)
