"""Values of the type that a question asks for, as they stand in a sentence: persons, dates, amounts, places, names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mmrag.generation.aligned import years_of_values
from mmrag.generation.korean import between, people, weekdays
from mmrag.generation.questions import Question
from mmrag.lexical.korean_questions import is_light
from mmrag.lexical.languages import korean_stems
from mmrag.quantities import Quantity, periods, quantities

__all__ = ["Span", "holds_type", "spans"]


@dataclass(frozen=True, slots=True)
class Span:
    """`text` is `sentence[start:stop]`; `fit` is how well it suits the question, 0 to 1."""

    text: str
    start: int
    stop: int
    fit: float


_TIMES = {"second", "minute", "hour", "day", "week", "month", "year", "quarter", "decade", "century"}
_MONEY = {"USD", "KRW", "EUR", "GBP", "JPY", "CNY", "CHF", "CAD", "AUD"}
_NAME = re.compile(
    r"\b(?:[A-Z][\w'’-]*\.?|[A-Z]\.)"
    r"(?:(?:\s+(?:of|the|de|la|von|van|der|and|&))?\s+(?:[A-Z][\w'’-]*|[A-Z]\.|[IVX]+)){1,5}|\b[A-Z][a-z]{2,}\b"
)
_PERSON = re.compile(
    r"\b(?:(?:Mr|Ms|Mrs|Dr|Prof|Sir|King|Queen|President|Justice|Chief Justice)\.?\s+)?"
    r"[A-Z][a-z'’]+(?:[-\s](?:[A-Z]\.|[A-Z][\w'’-]+|de|von|van|la)){1,3}"
    r"(?:\s+(?:[IVX]+|Jr\.|Sr\.))?(?:\s+the\s+[A-Z][a-z]+)?"
    r"|\b(?:[A-Z][a-z]+\s+){1,2}[IVX]+(?:\s+the\s+[A-Z][a-z]+)?"
    r"|[가-힣]{2,4}(?=\s*(?:위원장|대표|과장|부장|팀장|사장|교수|박사|씨|님|소장|원장|의원"
    r"|주임|대리|차장|이사|관장|반장|실장|국장|회장))"
)
_HANGUL = re.compile("[가-힣]")
_QUOTED = re.compile('["“「『‘]([^"”」』’]{2,80})["”」』’]')
_DURATION_WORDS = re.compile(
    r"\b(?:for |until )?(?:life(?:time)?(?: tenure)?|indefinite(?:ly)?|annual(?:ly)?"
    r"|monthly|quarterly|daily|weekly|once|twice)\b"
    r"|평생|영구|매[년월주일]|수시",
    re.I,
)
_PLACE = re.compile(
    r"\b(?:in|at|near|from|to|of|on)\s+((?:the\s+)?[A-Z][\w'’.-]+(?:(?:,?\s+(?:of\s+)?)[A-Z][\w'’.-]+){0,4})"
    r"|[가-힣\w]+(?:시|군|구|동|읍|면|리|역|관|실|층|센터|공원|광장|마을|섬|산|로|길|청|원|장)(?=[은는이가을를에의,\s.]|에서|으로|$)"
)
_TIME = re.compile(
    r"(?:오전|오후|밤|낮|새벽|아침|저녁)?\s*\d{1,2}\s*시(?:\s*\d{1,2}\s*분|\s*반)?(?:\s*(?:이후|이전|부터|까지))?"
    r"|\b\d{1,2}:\d{2}(?:\s*[ap]\.?m\.?)?|\b\d{1,2}\s*[ap]\.?m\.?\b",
    re.I,
)
_DATE_EXTRA = re.compile(
    r"\b(?:at|by|before|after|in|during)\s+the\s+(?:beginning|end|start|close|middle)\s+of"
    r"\s+(?:each|every|the)\s+[\w ]+?(?=[.,;]|$)"
    r"|\b(?:each|every)\s+(?:year|month|quarter|week|day|spring|summer|fall|winter|january|june|december)\b|\b(?:1[5-9]|20)\d\d\b",
    re.I,
)
_MOVES = (
    r"(?:ris|rose|increas|grow|grew|climb|gain|jump|fall|fell|drop|declin|decreas|shr[iu]nk|chang|go up|went up|expand)"
)
_MOVES_KO = "증가|감소|늘|줄|올|오르|상승|하락|떨어|성장|변"
_ASKS_CHANGE = re.compile(
    rf"\b(?<!to )how (?:much|many)\b.*\b(?:did|does|do|has|have|will)\b.*\b{_MOVES}"
    rf"|\bby (?:how (?:much|many)|what)\b|얼마나 ?(?:더 )?(?:{_MOVES_KO})|얼마만큼"
    rf"|몇 ?(?:퍼센트|%|프로|명|개|건|원|대|곳)(?:이나|포인트)? ?(?:{_MOVES_KO})",
    re.I,
)
_ASKS_LEVEL = re.compile(
    rf"\bto (?:what|how (?:much|many))\b.*\b{_MOVES}|(?:얼마|몇 ?\S{{1,6}}?)(?:으로|로|까지) ?(?:{_MOVES_KO})",
    re.I,
)
_ABOUT = (
    r"\s+(?:(?:about|around|some|approximately|nearly|almost|over|more than|an?|roughly|another|a further)\s+)*\W{0,2}$"
)
_CHANGE_BEFORE = re.compile(
    rf"(?:\bby|\b(?:increase|rise|growth|gain|decrease|fall|drop|decline|reduction|change) of|\b{_MOVES}\w*){_ABOUT}",
    re.I,
)
_CHANGE_AFTER = re.compile(
    r"^\W{0,2}(?:points? )?(?:increase|rise|growth|gain|decrease|fall|drop|decline|reduction|higher|lower|up|down)\b"
    r"|^\s*(?:포인트)?(?:가|이|만큼|나|씩|정도)?\s*(?:증가|감소|늘|줄|상승|하락|올라|올랐|오른|떨어|성장)",
    re.I,
)
_LEVEL_BEFORE = re.compile(rf"\b(?:to|at|reach(?:ed|es|ing)?|total(?:l?ed|l?ing)|from|was|were|is|are){_ABOUT}", re.I)
_LEVEL_AFTER = re.compile(r"^\s*(?:으로|로|에서|에 이르|에 달|까지)")


def spans(question: Question, sentence: str) -> list[Span]:
    """Values of the wanted type that the question does not name itself, best fit first."""
    asked = question.text.casefold()
    found = [span for span in _of_type(question, sentence) if span.text.strip()]
    fresh = [span for span in found if span.text.casefold() not in asked]
    if question.language == "ko" and fresh:
        fresh = _nearest(question, sentence, fresh)
    return sorted(fresh, key=lambda span: (-span.fit, span.start))


def _nearest(question: Question, sentence: str, found: list[Span]) -> list[Span]:
    """In Korean a value follows what it is of: less fit is one with less of the question before it than another."""
    best = max(span.fit for span in found)
    ordered = sorted((span for span in found if span.fit >= 0.5 * best), key=lambda span: span.start)
    shares = between(question.text, sentence, [(span.start, span.stop) for span in ordered])
    former = [bool(_FORMER.match(sentence[span.stop :])) for span in ordered]
    for place in range(1, len(ordered)):  # what was and what is are values of the same thing
        shares[place] = max(shares[place], shares[place - 1] if former[place - 1] else 0.0)
    most = max(shares)
    near = [0.4 + 0.6 * share / most if most else 1.0 for share in shares]
    passed = not _FORMER_ASKED.search(question.text)
    bound, before = _BOUND.search(question.text), _word_before(question.text)
    fits = []
    for span, share, was in zip(ordered, near, former, strict=True):
        after, fit = sentence[span.stop :], share
        fit *= 0.4 if was and passed else 1.0
        if bound:
            fit = 1.0 if after.lstrip().startswith(bound[1]) else 0.2
        fit *= 0.7 if before and not any(stem in sentence[: span.start][-_NEAR:] for stem in before) else 1.0
        fits.append(replace(span, fit=span.fit * fit))
    return fits + [span for span in found if span.fit < 0.5 * best]


def _word_before(question: str) -> tuple[str, ...]:
    """The word that a question has before 몇 or 얼마 ("간호사 몇 명"), with its stems; a page has it there too."""
    found = re.search(
        r"(?<![가-힣])(?!(?:최대|최소|모두|총|약|평균|하루|각각|대략) )([가-힣A-Za-z]+) (?:몇|얼마)", question
    )
    if not found or is_light(found[1]):
        return ()
    return tuple(stem for stem in (found[1], *korean_stems(found[1])) if len(stem) > 1)


_NEAR = 14
_BOUND = re.compile(r"(?:얼마|몇 ?[가-힣%]{1,3}) ?(이상|이하|이내|미만|초과)")
_FORMER = re.compile(r"에서 [^,.]{0,30}?\d[^,.]{0,12}?로 ")
"""What follows the value that was, in "2월 27일에서 3월 6일로"."""
_FORMER_ASKED = re.compile(r"원래|기존|이전|종전|몇 ?\S{1,3}에서")


_REASON = re.compile(
    r"\b(?:because|due to|owing to|as a result of|caused by|on account of|thanks to|so that|in order to|reasons?)\b"
    r"|때문|로 인해|으로 인한|덕분|탓|위해|위하여|이유|원인|(?:아|어|여|해)서\b|(?:으)?므로\b|니까\b|[가-힣]면서\b",
    re.I,
)


def holds_type(question: Question, sentence: str) -> float:
    """1 where a value of the wanted type stands in the sentence, 0 where none, 0.5 where any text may answer."""
    if question.answer_type == "reason":
        return 1.0 if _REASON.search(sentence) else 0.3
    if question.answer_type in ("text", "yes_no"):
        return 0.5
    found = spans(question, sentence)
    if not found and question.language == "ko" and question.answer_type in ("name", "organisation"):
        return 0.5  # nothing marks a Korean name
    return found[0].fit if found else 0.0


def _of_type(question: Question, sentence: str) -> Iterator[Span]:
    wanted = question.answer_type
    if wanted in ("number", "money", "percent", "duration"):
        found = _amounts(question, sentence)
        yield from _joined(found, sentence) if wanted == "duration" and question.language == "ko" else found
    elif wanted in ("date", "year"):
        yield from _dates(question, sentence)
    elif wanted == "time":
        yield from _matches(_TIME, sentence, 1.0)
    elif wanted == "person":
        yield from _matches(_PERSON, sentence, 1.0)
        if question.language == "ko":
            yield from (Span(*one, 1.0) for one in people(sentence))
    elif wanted == "place":
        for match in _PLACE.finditer(sentence):
            group = 1 if match[1] else 0
            yield Span(match[group], match.start(group), match.end(group), 0.9)
    elif wanted in ("name", "organisation"):
        for match in _QUOTED.finditer(sentence):
            yield Span(match[1], match.start(1), match.end(1), 1.0)
        yield from _matches(_NAME, sentence, 0.8)


def _matches(pattern: re.Pattern[str], sentence: str, fit: float) -> Iterator[Span]:
    for match in pattern.finditer(sentence):
        yield Span(match[0].strip(), match.start(), match.end(), fit)


_OTHER_UNIT = 0.3  # how well a duration suits in days where hours are asked for: 몇 시간
_OTHER_YEAR = 0.4  # how well the value of another year suits, where the sentence tells years apart


def _amounts(question: Question, sentence: str) -> Iterator[Span]:
    years = years_of_values(sentence) if question.years else {}
    for found in quantities(sentence):
        fit = _fits(question, found, sentence) * _role(question, found, sentence)
        if years.get(found.start, question.years[0] if question.years else 0) not in (question.years or (0,)):
            fit *= _OTHER_YEAR
        if fit > 0:
            yield Span(found.text, found.start, found.stop, fit)
    if question.answer_type == "duration":
        yield from _matches(_DURATION_WORDS, sentence, 0.9)


def _joined(found: Iterator[Span], sentence: str) -> Iterator[Span]:
    """ "1시간 50분" is one duration."""
    last: Span | None = None
    for span in sorted(found, key=lambda span: span.start):
        if last and 0 <= span.start - last.stop <= 1 and last.text[-1:] != span.text[-1:]:
            last = Span(sentence[last.start : span.stop], last.start, span.stop, min(last.fit, span.fit))
            continue
        if last:
            yield last
        last = span
    if last:
        yield last


def _fits(question: Question, found: Quantity, sentence: str) -> float:
    wanted, unit = question.answer_type, found.unit
    year = re.fullmatch(r"(?:1[5-9]|20)\d\d", found.text) is not None
    if wanted == "percent":
        return 1.0 if unit in ("%", "pp") else 0.0
    if wanted == "duration":
        other = question.language == "ko" and question.noun not in found.text
        return (_OTHER_UNIT if other else 1.0) if unit in _TIMES and not year else 0.0
    if wanted == "money":
        if unit in ("%", "pp") and _ASKS_CHANGE.search(question.text):
            return 0.8
        bare = 0.0 if question.language == "ko" else 0.4  # Korean says 원, or 만 and a table its unit
        return 1.0 if unit in _MONEY else bare if not unit and not year else 0.0
    if year or unit in ("%", "pp", "ordinal", "month", "day"):
        moved = (
            question.kind == "computation" or _ASKS_CHANGE.search(question.text) or _ASKS_LEVEL.search(question.text)
        )
        return 0.8 if unit in ("%", "pp") and moved else 0.0
    return _near_noun(question.noun, found, sentence) if question.noun else 0.8


def _role(question: Question, found: Quantity, sentence: str) -> float:
    """Little for a level ("to KRW 48.6 billion") where a change is asked for ("by 18.0 %"), and the other way round."""
    change = bool(_ASKS_CHANGE.search(question.text))
    if not change and not _ASKS_LEVEL.search(question.text):
        return 1.0
    before, after = sentence[: found.start], sentence[found.stop :]
    is_level = bool(_LEVEL_BEFORE.search(before) or _LEVEL_AFTER.search(after))
    is_change = not is_level and bool(_CHANGE_BEFORE.search(before) or _CHANGE_AFTER.search(after))
    if is_level == is_change:
        return 0.7
    return 1.0 if is_change is change else 0.2


def _near_noun(noun: str, found: Quantity, sentence: str) -> float:
    """1 where the number counts the noun that the question asks for ("nine justices", "세 개"), else little."""
    if noun in found.text.casefold():
        return 1.0
    head = noun.rsplit(maxsplit=1)[-1]
    unit = quantities(f"3 {head}")
    if len(unit) == 1 and unit[0].unit:  # "kilometres", 킬로미터: a measure, not a thing to be counted
        return 1.0 if unit[0].unit == found.unit else 0.0
    if _HANGUL.search(noun):
        return 0.2
    stem = re.escape(head[:-1] if len(head) > 3 else head)
    after = sentence[found.stop : found.stop + 60].casefold()
    return 1.0 if re.match(rf"\W*(?:[\w'’-]+\s+){{0,3}}?{stem}", after) else 0.4


def _dates(question: Question, sentence: str) -> Iterator[Span]:
    if question.noun == "요일":
        yield from (Span(*one, 1.0) for one in weekdays(sentence))
        return
    year_only = question.noun == "year" or question.answer_type == "year"
    for period in periods(sentence):
        start, stop = period.span
        yield Span(sentence[start:stop], start, stop, 0.9 if year_only else 1.0)
    yield from _matches(_DATE_EXTRA, sentence, 1.0 if year_only else 0.8)
