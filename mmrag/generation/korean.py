"""What answers a Korean question: words that carry no meaning, headers that suit a question, yes or no, who is who.

Rules over words, and lists end. Knows no page and no table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mmrag.generation.questions import Question
from mmrag.lexical import tokenize
from mmrag.lexical.korean_questions import is_light
from mmrag.lexical.languages import korean_stems
from mmrag.quantities import periods, quantities

__all__ = ["between", "clauses", "people", "says_no", "suits", "weekdays"]

_PEOPLE = re.compile(
    r"[가-힣]*(?:위원장|대표이사|대표|과장|부장|팀장|사장|교수|박사|소장|원장|관장|반장|실장|국장|회장|총무|의사|강사|사서|기자|감독"
    r"|디자이너|개발자|기획자|연구원|교사|담당자?|책임자|교신저자|저자|이름)"
    r"(?:(?:은|는)\s+([가-힣]{2,4}?)(?=이다|이고|이며|입니다|였다|이었다|[.,]|$)"
    r"|\s*:?\s+([가-힣]{2,4}?)(?=[,.)을를이가은는의와과]|$))"
    r"|(?:임대인|임차인|매도인|매수인|발주자|수급인)\s+((?:주식회사 )?[가-힣]{2,6}?)(?=[,.)을를이가은는의와과]|$)"
)


def people(sentence: str) -> Iterator[tuple[str, int, int]]:
    """Names after a title ("관장은 옥다솜이다", "팀장 서가람"), with where they stand."""
    for match in _PEOPLE.finditer(sentence):
        group = match.lastindex or 0
        yield match[group], match.start(group), match.end(group)


_WEEKDAY = re.compile(
    r"(?:매[주월]\s*)?(?:[첫둘셋넷]째\s*(?:주\s*)?)?(?:[월화수목금토일]요일(?:부터|까지)?[,·~∼\s]*)+|평일|주말"
)


def weekdays(sentence: str) -> Iterator[tuple[str, int, int]]:
    """Days of the week as written, with where they stand."""
    for match in _WEEKDAY.finditer(sentence):
        text = match[0].rstrip(" ,·~∼")
        yield text, match.start(), match.start() + len(text)


_NO = re.compile(
    r"않|없|(?<![가-힣])안 (?:되|돼|된|됩)|못[ 하합한했]|아니|금지|불가|제외|말아야"
    r"|마십시오|마세요|말 것|안 함|거부|무효"
)
_CLAUSE = re.compile(
    r"(?<=지만)\s|(?<=으나)\s|(?<=하나)\s|(?<=이며)\s|(?<=하며)\s|(?<=되며)\s|(?<=하고)\s|(?<=이고)\s|(?<=으며)\s|(?<=는데)\s|,\s"
)


def clauses(sentence: str) -> list[str]:
    """The parts of a sentence that each have a predicate, roughly: split after -지만, -며, -고, -는데 and commas."""
    return [part for part in _CLAUSE.split(sentence) if part.strip()]


def says_no(text: str) -> bool:
    """Whether the end of a text, where Korean has its predicate, denies or forbids."""
    return bool(_NO.search(" ".join(text.split()[-3:])))


_MONEY = re.compile(r"가격|요금|비용|금액|단가|수당|한도|수수료|부담금|[가-힣](?:료|비|금|값|액)$|값")
_HEADERS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (
        re.compile(r"누구|누가|성함|이름"),
        re.compile(r"강사|의사|담당|교사|대표|이름|성명|저자|감독|위원|책임자|진행|성함|작성자"),
    ),
    (re.compile(r"어디|장소|위치|몇 ?층"), re.compile(r"장소|위치|층|곳|주소|지역|강의실|정류장|소재")),
    (re.compile(r"요일|쉬|휴[무관일]|문을? 닫"), re.compile(r"요일|쉬는|휴[무관일]|닫는")),
    (
        re.compile(r"몇 ?시|시각|언제|시작|여는|여나|엽니"),
        re.compile(r"시간|시각|일시|때|날짜|시기|일정|기간|첫차|막차|기한"),
    ),
    (re.compile(r"얼마나 자주|얼마 ?만에|주기|교체|갈아|바꿔"), re.compile(r"주기|교체|시기|수명")),
    (re.compile(r"어떻게|무엇을 해|뭘 해|해결|조치|대처|고치"), re.compile(r"조치|해결|방법|대책|대처|처리")),
    (re.compile(r"무슨 ?뜻|의미|왜|원인|이유"), re.compile(r"뜻|의미|원인|이유|설명")),
    (re.compile(r"몇 ?명|인원|사람|정원"), re.compile(r"인원|정원|방문객|관객|참가|명|수$")),
    (re.compile(r"비율|비중|몇 ?(?:%|퍼센트|프로)|[율률]"), re.compile(r"비[율중]|[율률]$|%")),
    (re.compile(r"얼마|몇 ?원|가격|요금|비용|금액|액수|값"), _MONEY),
)
_TIMES = frozenset({"minute", "hour", "day", "week", "month", "year", "second", "quarter"})
_WON = frozenset({"KRW", "USD", "EUR", "JPY", "CNY"})


def suits(question: Question, headers: str, cell: str) -> float:
    """1 where header or value of a cell are of the kind asked for, -1 where the value is of another, else 0 or between.

    "누가" wants a header such as 강사 over a word, "얼마" a price, "몇 시" a time of day.
    """
    value = _value_suits(question, cell)
    if value < 0:
        return value
    headed = any(asks.search(question.text) and heads.search(headers) for asks, heads in _HEADERS)
    return min(1.0, 0.6 * headed + 0.6 * value)


_PATTERNS = {
    "time": r"\d:\d\d|\d\s*시",
    "date": r"\d\s*[월일년주]|\d:\d\d|요일|[첫둘셋넷]째",
    "duration": r"매[일주월년]",
}


def _value_suits(question: Question, cell: str) -> float:
    wanted = question.answer_type
    units = {one.unit for one in quantities(cell)}
    digits = any(map(str.isdigit, cell))
    if wanted == "money" and not units & _WON:
        return 0.5 if "무료" in cell else -1.0 if units - {""} or not digits else 0.0
    if wanted in ("person", "name", "organisation"):
        return -1.0 if digits else 0.5
    if wanted == "number":
        return 1.0 if question.noun and question.noun in cell else 0.0 if digits or not question.noun else -1.0
    if wanted not in ("money", "percent", *_PATTERNS):
        return 0.0
    if question.noun == "요일":
        suited = any(weekdays(cell)) or bool(re.fullmatch(r"[월화수목금토일,·~∼\s]+|매일|없음", cell))
    else:
        suited = bool(wanted in _PATTERNS and re.search(_PATTERNS[wanted], cell))
        suited |= bool(units & {"money": _WON, "percent": {"%"}, "duration": _TIMES}.get(wanted, frozenset()))
        suited |= wanted == "date" and bool(periods(cell))
    return 1.0 if suited else -1.0


def between(question: str, sentence: str, spans: Sequence[tuple[int, int]]) -> list[float]:
    """For each value, in order, how many stems of the question stand from the value before to its own end."""
    words = [word for raw in question.split() if (word := raw.strip("?!.,")) and not is_light(word)]
    ends = [0, *(stop for _, stop in spans)]
    texts = [frozenset(tokenize(sentence[before:stop])) for before, stop in pairwise(ends)]
    return [sum(_share(word, text) for word in words) for text in texts]


def _share(word: str, text: frozenset[str]) -> float:
    """1 where a text has a stem of the word, else the share of its terms that it has."""
    if any(stem in text for stem in (word, *korean_stems(word)) if len(stem) > 1):
        return 1.0
    own = frozenset(tokenize(word))
    return len(own & text) / len(own) if own else 0.0
