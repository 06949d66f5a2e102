"""How well a series of values is what a question asks for: shared words by rarity, both ways.

Words of the question that neither label, header nor caption has count against a series, and so do words of its label
that the question does not have. Endings and Korean particles are stripped; few synonyms, those of reports.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from mmrag.generation.questions import Question
from mmrag.generation.tables_series import Period, Series, forms, period_of, words_of
from mmrag.lexical import query_terms
from mmrag.lexical.korean_questions import is_light, is_predicate

__all__ = ["Demand", "Match", "demand_of", "match"]

_SOFT = frozenset(
    word
    for line in (
        "average mean total sum altogether combined difference change changes percentage percent % growth rate",
        "ratio increase increased decrease decreased net respectively highest lowest largest smallest biggest",
        "most least higher lower greater less more exceed exceeded constitution composition proportion share",
        "among between from year years quarter quarters quarterly annual annually period periods fiscal ended",
        "ending end december expected overall gain loss max maximum minimum top compared relative versus vs",
        "million millions thousand thousands billion billions decline rise fall",
        "평균 합계 총 총합 차이 증감 증가 감소 비율 비중 비교",
        "연간 분기 년 년도 얼마나 변화 변화율 증가율 감소율 기준",
    )
    for word in line.split()
)
"""Words of the operation or the period: they count where a label has them, and are not missed where none has."""
_GENERIC = frozenset(
    word
    for line in (
        "value values amount amounts number numbers figure figures company firm table reported recorded cost",
        "price level data total accounted account comprise comprised due used use does did show shown have had",
        "there 값 금액 수치 회사 표 얼마 몇",
    )
    for word in line.split()
)
_SYNONYMS = (
    ("revenue", "sales", "매출", "매출액", "영업수익"),
    ("cost", "costs", "expense", "expenses", "비용"),
    ("profit", "income", "earnings", "이익"),
    ("staff", "employees", "headcount", "직원", "임직원", "인원"),
    ("percentage", "percent", "%"),
    ("population", "인구", "인구수"),
    ("salary", "wage"),
    ("dividend", "배당", "배당금"),
    ("provision", "benefit"),
)
_STOP_IN_LABELS = frozenset(
    word for line in ("of and the in to for on at by from or a an as with per our its 및 의",) for word in line.split()
)
_NOTE = re.compile(r"\(\d{1,2}\)|[*†‡]")


@dataclass(frozen=True, slots=True)
class Asked:
    """A word of the question: `weight` by rarity, `soft` where it belongs to the operation."""

    text: str
    forms: frozenset[str]
    weight: float
    soft: bool


@dataclass(frozen=True, slots=True)
class Demand:
    """What a question asks of tables. `periods` in the order asked; `rarity` weighs the words of labels."""

    question: Question
    words: tuple[Asked, ...]
    periods: tuple[Period, ...]
    percent: bool
    rarity: Counter[str]
    series: int
    every: frozenset[str]

    def weigh(self, word: str) -> float:
        """Rarity of a label's word among the tables of the evidence."""
        count = max((self.rarity[form] for form in forms(word)), default=0)
        return math.log(1 + self.series / (0.5 + count))


@dataclass(frozen=True, slots=True)
class Match:
    """A series and how it fits. All 0 to 1.

    `recall`: share of the question's words found; `direct`: those in label and header alone; `own` and `heads`: share
    of the label's and the header's words that were asked for; `missing`: share of the question found nowhere near;
    `tight`: share of the single words of label and header that stand in the question, so that "Audit fees" is not
    "Audit-related fees".
    """

    series: Series
    score: float
    recall: float
    direct: float
    own: float
    heads: float
    missing: float
    hits: frozenset[int]
    tight: float = 1.0


def demand_of(question: Question, series: Sequence[Series], text: str = "") -> Demand:
    """Words and periods of a question, or of a part of it, weighed over the series of the evidence."""
    rarity: Counter[str] = Counter()
    for one in series:
        seen: set[str] = set()
        for word in (*one.own, *one.above, *one.heads):
            seen |= forms(word)
        rarity.update(seen)
    every = frozenset(rarity)
    around: set[str] = set()
    for table in {id(one.table.grid): one.table for one in series}.values():
        around |= table.context | table.names
    words = []
    predicate = _predicate(question)
    for word in _content(text or question.text):
        soft = word in _SOFT or word == predicate
        own = forms(word)
        count = max((rarity[form] for form in own), default=0)
        weight = 0.7 + math.log(1 + max(len(series), 8) / (0.5 + (count or 3.5)))
        words.append(Asked(word, own, weight * (0.15 if word in _GENERIC else 1.0), soft))
    return Demand(
        question, tuple(words), _periods(question), _wants_percent(question), rarity, max(len(series), 8), every
    )


def _content(text: str) -> list[str]:
    """Words that carry meaning, each once, without those of periods."""
    plain = _NOTE.sub(" ", text)
    kept: list[str] = []
    for raw in words_of(plain):
        if raw in kept or _is_period(raw) or not (query_terms(f"{raw} zzqx").keys() - {"zzqx"}):
            continue
        if not is_light(raw):
            kept.append(raw)
    return kept


def _predicate(question: Question) -> str:
    """The predicate at the end of a Korean question, "" where there is none: tables have no verbs."""
    last = (words_of(question.text) or ("",))[-1]
    return last if question.language == "ko" and is_predicate(last) else ""


_PERIOD_WORD = re.compile(
    r"(?:fy)?(?:19|20)\d\d년?(?:도|에|의|말|은|는)?|january|february|march|april|june|july|august|september|october|november"
    r"|december|q[1-4]|[1-4]q|\d{1,2}|제?[1-4]분기\D{0,2}|\d{1,2}[월일]\D{0,2}|[상하]반기\D{0,2}|first|second|third|fourth"
)


def _is_period(word: str) -> bool:
    return _PERIOD_WORD.fullmatch(word) is not None


def _periods(question: Question) -> tuple[Period, ...]:
    """Each year asked for, with the part of it that stands beside; parts alone where no year is named."""
    parts = [period_of(text)[0] for text in question.periods]
    whole = [part for part in parts if part.part]
    if not question.years:
        return tuple(dict.fromkeys(whole))
    loose = [part.part for part in whole if not part.year]
    found: list[Period] = []
    for year in question.years:
        bound = [part for part in whole if part.year == year]
        if bound:
            found += bound
        elif loose:
            found += [Period(year, part) for part in loose]
        else:
            found.append(Period(year))
    return tuple(dict.fromkeys(found))


def _wants_percent(question: Question) -> bool:
    return question.answer_type == "percent" and question.operation == ""


def match(demand: Demand, series: Series) -> Match:
    """The fit of one series."""
    own, above, heads = _all(series.own), _all(series.above), _all(series.heads)
    table = series.table
    total = found = direct = missing = 0.0
    hits: set[int] = set()
    for number, word in enumerate(demand.words):
        level = _level(word, own | heads, above, demand) or (0.85 if word.forms & series.beside else 0.0)
        near = level
        if not near:
            near = 0.85 if word.forms & table.context else 0.6 if word.forms & table.names else 0.0
            if not near and word.forms & table.page:
                near = 0.3
        if level:
            hits.add(number)
        weight = word.weight * (0.4 if word.soft else 1.0)
        if word.soft and not level:
            # "Total" tells rows apart where nothing has to be added up.
            total += 0.3 * weight if word.text == "total" and demand.question.operation != "total" else 0.0
            continue
        total += weight
        found += weight * near
        direct += weight * level
        missing += weight * (near == 0.0)
    if not total:
        return Match(series, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, frozenset())
    asked = frozenset().union(*(word.forms for word in demand.words))
    of_own = _share(demand, series.own, asked)
    of_heads = _share(demand, series.heads, asked)
    of_above = _share(demand, series.above, asked)
    score = found / total * (0.5 + 0.3 * of_own + 0.13 * of_heads + 0.07 * of_above)
    tight = _tight(demand.question.text, " ".join((*series.labels[-1:], *series.headers)))
    score += _TIGHT * tight
    return Match(
        series, score, found / total, direct / total, of_own, of_heads, missing / total, frozenset(hits), tight
    )


_TIGHT = 0.03  # breaks ties between rows whose compounds share a word with the question


@lru_cache(maxsize=20_000)
def _single_words(text: str) -> frozenset[str]:
    """Single words in lower case without their plural; "MSU's" is taken for a plural too."""
    plain = re.sub(r"['’]s\b", "s", _NOTE.sub(" ", text).casefold())
    words = re.findall(r"[^\W\d_]+", plain)
    return frozenset(word.rstrip("s") or word for word in words if word not in _STOP_IN_LABELS)


def _tight(question: str, label: str) -> float:
    own = _single_words(label)
    return len(own & _single_words(question)) / len(own) if own else 1.0


def _all(words: Sequence[str]) -> frozenset[str]:
    return frozenset().union(*(forms(word) for word in words)) if words else frozenset()


def _level(word: Asked, own: frozenset[str], above: frozenset[str], demand: Demand) -> float:
    if word.forms & own:
        return 1.0
    if word.forms & above:
        return 0.9
    alike = _alike(word.text)
    if alike & own:
        return 0.75
    if alike & above:
        return 0.65
    if not word.forms & demand.every and len(word.text) >= 3 and any(_nearly(word.text, other) for other in own):
        return 0.8
    return 0.0


@lru_cache(maxsize=20_000)
def _alike(word: str) -> frozenset[str]:
    """Forms of the synonyms of a word."""
    own = forms(word)
    found: set[str] = set()
    for group in _SYNONYMS:
        if any(own & forms(other) for other in group):
            for other in group:
                found |= forms(other)
    return frozenset(found)


def _nearly(word: str, other: str) -> bool:
    """One letter changed, or, in Korean, one word the beginning of the other ("매출" and "매출액")."""
    if not word.isascii():
        return len(other) >= 2 and len(word) >= 2 and (other.startswith(word[:-1]) or word.startswith(other))
    if len(word) < 5 or abs(len(word) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(word), len(other)) and word[start] == other[start]:
        start += 1
    if len(word) == len(other):
        return word[start + 1 :] == other[start + 1 :]
    longer, shorter = (word, other) if len(word) > len(other) else (other, word)
    return longer[start + 1 :] == shorter[start:]


def _share(demand: Demand, words: Sequence[str], asked: frozenset[str]) -> float:
    """Share of a label's words, by rarity, that the question has; 1 for no label."""
    total = found = 0.0
    for word in dict.fromkeys(words):
        if word in _STOP_IN_LABELS or word.isdigit():
            continue
        weight = demand.weigh(word) * (0.4 if word in _SOFT or word in _GENERIC or word in "$%" else 1.0)
        total += weight
        if forms(word) & asked:
            found += weight
        elif _alike(word) & asked:
            found += 0.7 * weight
    return found / total if total else 1.0
