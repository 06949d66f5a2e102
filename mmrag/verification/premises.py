"""Does the page know what the question takes for granted? Years, names and measures that occur nowhere refuse it.

A right number under a wrong premise ("the 2031 revenue of Acme" answered with another year's) is the error that the
checks of the claim alone cannot see: the claim may be on the page, and still be no answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from mmrag.lexical.korean_questions import is_light, is_verbal
from mmrag.lexical.languages import korean_stems
from mmrag.quantities import Period
from mmrag.verification.findings import Finding
from mmrag.verification.sheets import Sheet
from mmrag.verification.statements import Statement
from mmrag.verification.terms import Term, near_forms, squeeze, terms_of

__all__ = ["check_premises"]

_ASKING_WORDS = """
average mean total sum difference change percentage percent ratio highest lowest largest smallest biggest most least
increase decrease growth rate number amount value company year respectively compare compared versus according report
document page table figure section mention mentioned list name describe explain state stated answer question give
provide many much long type kind main key purpose reason way role effect used use using made make does did between
maximum minimum overall approximately calculate computed following across example examples term terms mean means
happen happened change changed work works include included considered recorded reported expected
평균 합계 총액 차이 변화 비율 비중 가장 최대 최소 얼마 금액 회사 연도 보고서
문서 표 그림 이유 원인 방법 목적 역할 종류 설명 의미 무엇
"""
_ASKING = frozenset(_ASKING_WORDS.split())
_SMALL_GAP = 0.34


@lru_cache(maxsize=256)
def _asked(question: str) -> Statement:
    return Statement(question[:2_000])


def check_premises(question: str, sheet: Sheet, others: Sequence[Sheet] = ()) -> list[Finding]:
    """What the question names and the cited page does not have; [] where it has all.

    Title, file name and headings belong to the page, and so do further pages of the same document that were found.
    """
    if not question.strip():
        return []
    asked = _asked(question)
    family = [sheet, *(one for one in others if one.evidence.region.document.id == sheet.evidence.region.document.id)]
    found = [finding for period in asked.periods if (finding := _period(period, family)) is not None]
    around = "".join(squeeze(one.around) + one.squeezed for one in family)
    for name in asked.names:
        lost = [word for word in name.words if squeeze(word) not in around and not _elsewhere(word, family)]
        if lost and len(squeeze(lost[0])) > 1:
            reason = f"the question asks about {name.text}, which the page does not name"
            found.append(Finding("premise", "not_found", min(1.0, 0.5 + 0.5 * len(lost) / len(name.words)), reason))
    found += _letters(question, family)
    found += _korean(question, family, around)
    measure = _measure(asked, family, around)
    return [*found, measure] if measure is not None else found


_OWNER = re.compile(r"((?:[가-힣A-Za-z0-9]+ ){0,2}[가-힣A-Za-z0-9]+)의 (?=[가-힣])")
_THING = re.compile(
    r"((?:[가-힣A-Za-z0-9]+ ){0,3}[가-힣]{2,}?)(?:에는|에서는|[은는이가을를])"
    r" (?:모두 |총 |약 |각각 )?(?:얼마|몇|언제|어디|누구|누가|무엇|어느|어떤|무슨)"
)
_INFLECTED = re.compile(r"(?:[은는이가을를에도고며한된던할면]|에서|으로|까지|부터|의)$")
_LEAST_HEAD = 2
_MEASURES = re.compile(
    r"(?:[가-힣]*(?:율|률|량|수|값|액|비율|시간|시각|기간|날짜|요일|나이|인원|크기|길이|높이|무게|너비|속도|거리))"
    r"|사람|계절|정원|종류|장소|이름|순서|방법|이유|다음번?|이번|지난번|올해|작년|내년|최근|현재|당시|오늘|내일|우리|여기"
)
"""What a unit says without the word ("몇 명": people, 34.7 %: a rate), and times that no page calls so."""


def _korean(question: str, family: Sequence[Sheet], around: str) -> list[Finding]:
    """Whose it is (…의) and what is asked for (…은 얼마, …는 몇 명): nothing in Korean marks them as names."""
    found = []
    for match in _OWNER.finditer(question):
        name = _phrase(match.group(1))
        lost = [word for word in name if not _has_word(word, family, around)]
        if lost:
            reason = f"the question asks about {' '.join(name)}, which the page does not name"
            found.append(Finding("premise", "not_found", 0.5 + 0.5 * len(lost) / len(name), reason))
    asked = _THING.search(question)
    thing = _phrase(asked.group(1)) if asked else []
    if asked and thing[-1:] == asked.group(1).split()[-1:]:
        thing = thing[-1:]  # "the maker of the turbine": the page has to know of makers, and not of turbines alone
    if thing and not any(_has_word(word, family, around) for word in thing):
        reason = f"the question asks about “{' '.join(thing)}”, which the page does not mention"
        found.append(Finding("premise", "not_found", 0.9, reason))
    return found


def _phrase(text: str) -> list[str]:
    """The words of the last noun phrase of a text that tell it from others of its kind."""
    words = text.split()
    inflected = [place for place, word in enumerate(words[:-1]) if _INFLECTED.search(word)]
    return [word for word in words[max(inflected, default=-1) + 1 :] if len(word) > 1 and not _is_plain(word)]


def _is_plain(word: str) -> bool:
    if any(letter.isdigit() for letter in word):
        return True  # a year or a number has its own check
    return word in _ASKING or is_light(word) or is_verbal(word) or _MEASURES.fullmatch(word) is not None


def _has_word(word: str, family: Sequence[Sheet], around: str) -> bool:
    """Whether the page has a Korean word in any form, or the word that a compound ends with ("회비" of "연회비")."""
    ends = [word[place:] for place in range(1, len(word) - _LEAST_HEAD + 1)] if "가" <= word[0] <= "힣" else []
    return any(_known(term, family, around) for one in (word, *ends) for term in terms_of(one))


_LETTER = re.compile(
    r"(?<![^\W_])(?:(?P<ko>[가-힣])\s(?P<thing>[가-힣]{2,})|(?P<kind>[A-Za-z]{3,})\s(?P<en>[A-Z])(?![^\W_]|['’.]\w))"
)
_NO_LETTERS = frozenset("이그저한두세네몇새첫온각매총약및등본양수더안못잘또왜누뭐")


def _letters(question: str, family: Sequence[Sheet]) -> list[Finding]:
    """Things called by one letter ("line C", "다 노선") where the page has others of their kind, but not this one."""
    found = []
    for one in _LETTER.finditer(question):
        letter = one.group("ko") or one.group("en")
        if letter in _NO_LETTERS:
            continue
        thing = one.group("kind") or min(korean_stems(one.group("thing")) or [one.group("thing")], key=len)
        there = {name for sheet in family for name in _called(thing, sheet.text)} - _NO_LETTERS
        if there and letter not in there:
            reason = f"the question asks about {one.group().strip()}, which the page does not name"
            found.append(Finding("premise", "not_found", 1.0, reason))
    return found


def _called(thing: str, text: str) -> set[str]:
    """The single letters that stand with a word: before it in Korean, behind it in English."""
    korean = "가" <= thing[0] <= "힣"
    name = re.escape(thing)
    return set(re.findall(rf"(?<![가-힣])([가-힣])\s{name}" if korean else rf"(?i:\b{name})\s([A-Z])(?![^\W_])", text))


def _period(period: Period, family: Sequence[Sheet]) -> Finding | None:
    if period.year is None:
        return None
    reason = f"the question asks about {period.text.strip()}, which the page does not name"
    wanted = {period.start.year, period.stop.year}
    for sheet in family:
        for one in (*sheet.around_periods, *(one for spot in sheet.spots for one in spot.periods)):
            wanted -= {one.start.year, one.stop.year}
            if one.kind == "span":
                wanted -= set(range(one.start.year, one.stop.year + 1))
        wanted -= {year for year in wanted if str(year) in sheet.squeezed or str(year) in squeeze(sheet.around)}
    return Finding("premise", "not_found", 1.0, reason) if wanted else None


def _elsewhere(word: str, family: Sequence[Sheet]) -> bool:
    """Whether a stem of the word stands on the page."""
    if len(word) > 4 and word.isalpha() and any(_misspelt(word, form) for sheet in family for form in sheet.counts):
        return True
    stems = {word, re.sub(r"(?:ies|es|s|ed|ing|al|ly|an|ian|n)$", "", word)}
    return any(len(stem) > 3 and stem in sheet.squeezed for stem in stems for sheet in family)


def _misspelt(word: str, form: str) -> bool:
    """Whether two words differ in one letter, left out, put in or changed, but in neither their first nor last."""
    if abs(len(word) - len(form)) > 1 or word[0] != form[0] or word[-1] != form[-1]:
        return False
    start = next((place for place, (one, two) in enumerate(zip(word, form, strict=False)) if one != two), len(word))
    rests = (word[start + 1 :], form[start + 1 :]), (word[start:], form[start + 1 :]), (word[start + 1 :], form[start:])
    return any(one == two for one, two in rests)


def _measure(asked: Statement, family: Sequence[Sheet], around: str) -> Finding | None:
    """Words of meaning of the question that the page has in no form."""
    named = {word for name in asked.names for word in name.words}
    terms = [
        term
        for term in asked.terms
        if term.word not in _ASKING
        and term.word not in named
        and not term.forms & _ASKING
        and not (is_light(term.text) or is_verbal(term.text))
    ]
    if not terms:
        return None
    lost = [term for term in terms if not _known(term, family, around)]
    if not lost:
        return None
    share = len(lost) / len(terms)
    text = " ".join(term.text for term in lost[:4])
    reason = f"the question asks about “{text}”, which the page does not mention"
    return Finding("premise", "not_found" if share > _SMALL_GAP else None, share, reason)


def _known(term: Term, family: Sequence[Sheet], around: str) -> bool:
    if any(term.forms & (sheet.counts.keys() | sheet.around_forms) for sheet in family):
        return True
    if any(near_forms(term.word) & sheet.counts.keys() for sheet in family):
        return True
    stem = term.stem
    return len(stem) > (1 if term.hangul else 3) and stem in around
