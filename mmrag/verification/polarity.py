"""Negation, opposites, and words that widen or narrow a statement: all and some, may and must.

Compares the statement with one sentence, word by word; knows no grammar beyond the clause that a negation stands in.
"""

from __future__ import annotations

import re

from mmrag.scorers.lexicon import alternatives, opposites
from mmrag.verification.findings import Finding
from mmrag.verification.places import Place, covers
from mmrag.verification.sheets import Sheet, Spot
from mmrag.verification.statements import Statement
from mmrag.verification.terms import Term, forms_of, terms_of

__all__ = ["STRENGTHS", "check_polarity", "is_negated", "is_told", "negations"]

_NOT = re.compile(
    r"\b(?:not|no|never|none|neither|nor|cannot|without|nobody|nothing|fails? to|failed to|unable to|refused? to|lacks?|lacked)\b"  # noqa: E501
    r"|n['’]t\b",
    re.IGNORECASE,
)
_NOT_NOT = re.compile(
    r"\bnot only\b|\bnot (?:quite )?(?:as|so)\b(?=\s\w+)|"
    r"\bno later\b|\bno\.?\s?\d|\bno doubt\b|\bwhether or not\b|\bno more than\b|\bnot least\b",
    re.IGNORECASE,
)
_NOT_KO = re.compile(
    r"않|(?<=[가-힣]지)\s?(?:말[고라아]|마[세십시])|아니(?:다|며|고|하|었|ㄴ|한|라)|아닌|아닙|없[다었는이으음습]|못(?:하|했|한|해|함|\s)|불가능|(?:^|\s)안\s(?=[가-힣])|금지|미(?:이행|포함|달성|적용|지급|제공)|제외"
)
_CLAUSES = re.compile(
    r"[,;:]\s|\s(?:but|although|though|while|whereas|however|which|because)\s|(?:지만|으나|는데|하며|이며|고),?\s",
    re.IGNORECASE,
)
_MODAL = {
    "may": 1, "might": 1, "could": 1, "can": 1, "must": 3, "shall": 3, "will": 2, "required": 3, "should": 2,
}  # fmt: skip
_SCOPE = {
    "all": 3, "every": 3, "each": 3, "always": 3, "some": 1, "sometimes": 1, "several": 1, "only": 2, "none": 0,
    "most": 2, "many": 1, "모든": 3, "모두": 3, "일부": 1, "항상": 3, "전부": 3, "대부분": 2,
}  # fmt: skip
_SURE = 0.7
_ALIKE = 0.6
"""Share of the statement's words in a sentence from which another word of a closed set stands in place of its own."""
_DENIED = 1
"""Words behind a negation that say what it denies."""
_WORD = re.compile(r"[a-z]+|[가-힣]+")
_OPPOSITES_KO = (
    ("증가", "감소"), ("상승", "하락"), ("늘", "줄"), ("확대", "축소"), ("개선", "악화"), ("흑자", "적자"), ("이익", "손실"),  # noqa: E501
    ("높", "낮"), ("많", "적"), ("이상", "이하"), ("초과", "미만"), ("이전", "이후"), ("찬성", "반대"), ("승인", "거부"),  # noqa: E501
    ("허용", "금지"), ("포함", "제외"), ("최대", "최소"), ("최고", "최저"), ("시작", "종료"), ("합격", "불합격"), ("성공", "실패"),  # noqa: E501
    ("가능", "불가능"), ("적합", "부적합"), ("유료", "무료"), ("정상", "이상 발견"), ("오전", "오후"), ("국내", "해외"), ("전년", "익년"),  # noqa: E501
    ("수입", "수출"), ("매수", "매도"), ("상반기", "하반기"), ("필수", "선택"), ("양호", "불량"), ("인상", "인하"),
)  # fmt: skip
_UP_KO, _DOWN_KO = ("증가", "늘었", "늘어", "늘고", "상승", "많게"), ("감소", "줄었", "줄어", "줄고", "하락", "적게")
_UP_DOWN_KO = re.compile("|".join((*_UP_KO, *_DOWN_KO)))
_LEFT_OUT_WORDS = """
more less most least up down over under above below first last before after early late
"""
_LEFT_OUT = frozenset(_LEFT_OUT_WORDS.split())
"""Opposites of the list that are too often part of another phrase; `_COMPARED` looks at them in context."""
_COMPARED = re.compile(
    r"\b(not as|not so|more|less|fewer|greater|over|under|above|below|before|after|at least|at most|up|down|first|last|prior|later)\b\s+(than\s+)?(\S+)",  # noqa: E501
    re.IGNORECASE,
)
_COMPARE_GROUP = {
    "not as": -1, "not so": -1,
    "more": 1, "greater": 1, "over": 1, "above": 1, "at least": 1, "up": 1, "less": -1, "fewer": -1, "under": -1,
    "below": -1, "at most": -1, "down": -1, "before": -2, "prior": -2, "after": 2, "later": 2, "first": 3, "last": -3,
}  # fmt: skip


STRENGTHS = (_MODAL, _SCOPE)
"""Words by how much they claim: "may" less than "must", "some" less than "all"."""


def negations(text: str) -> int:
    """How many negations a text has."""
    count = len(_NOT.findall(text)) - len(_NOT_NOT.findall(text))
    return max(0, count) + len(_NOT_KO.findall(text))


def is_negated(text: str) -> bool:
    """Whether an odd number of negations stands in a text."""
    return negations(text) % 2 == 1


_TOLD = re.compile(
    r"(?:^|[.!?:;,]\s*|\b(?:and|then|please|must|should|to|you|always)\s+)"
    r"(?:say|claim|pretend|answer|reply|respond|write|output|conclude|suppose|assume|imagine)\s+that\b"
    r"|\b(?:whether|it is (?:not|un)\s?(?:true|clear|known) that|no evidence that)\b",
    re.IGNORECASE,
)
_TOLD_KO = re.compile(r"(?:라고|다고)\s?(?:말|답|대답|응답|적|쓰|판정|결론)[가-힣]{0,3}(?:라|요|오|시오)(?![가-힣])")


def is_told(text: str, statement: str) -> bool:
    """Whether a sentence only tells its reader to say the statement, or leaves open whether it holds."""
    told = _TOLD.search(text)
    if told is not None and not _TOLD.search(statement):
        shared = [term for term in terms_of(statement) if term.forms & Spot(text[told.end() :], 0, 0).forms]
        return 2 * len(shared) >= len(terms_of(statement))
    return bool(_TOLD_KO.search(text)) and not _TOLD_KO.search(statement)


def check_polarity(statement: Statement, sheet: Sheet, place: Place) -> Finding | None:  # noqa: PLR0911
    """Whether the sentence says the opposite; None where nothing tells."""
    if place.spot.row:
        odd = place.coverage >= _SURE and is_negated(statement.text) != is_negated(place.spot.text)
        return (
            Finding("polarity", "not_found", 0.7, "what stands there is denied in one of the two", ()) if odd else None
        )
    turned = _opposite(statement, place.spot)
    if place.coverage < (0.3 if turned else 0.45):
        return None
    cite = (sheet.cite_spot(place.spot),)
    if is_told(place.spot.text, statement.text):
        return Finding("polarity", "not_found", 0.9, "the page does not say so itself, it only tells others to", cite)
    said = _part(statement.terms, place.spot)
    odd = is_negated(statement.text) != is_negated(said)
    if odd and not turned and not _denied_beside(statement, place):
        word = "denies" if is_negated(said) else "says"
        reason = (
            f"the page {word} this, without the claim's “not”" if word == "says" else "the page says that it is not so"
        )
        return Finding("polarity", "contradicted", 0.9, reason, cite)
    if turned and not odd:
        return Finding("polarity", "contradicted", 0.85, f"the page says {turned[1]}, not {turned[0]}", cite)
    swapped = _swapped(statement, place)
    if swapped:
        return Finding("polarity", "contradicted", 0.8, f"the page says {swapped[1]}, not {swapped[0]}", cite)
    narrowed = _strength(statement.text, said)
    if narrowed:
        return Finding("polarity", "not_found", 0.75, f"the page says “{narrowed[1]}”, not “{narrowed[0]}”", cite)
    return None


def _denied_beside(statement: Statement, place: Place) -> bool:
    """Whether what a denying statement denies stands not here but in a denying sentence beside."""
    for denied in _NOT.finditer(statement.text):
        behind = [term for term in statement.terms if term.start >= denied.end()][:_DENIED]
        for spot in place.near:
            here = [covers(term, spot) > covers(term, place.spot) for term in behind]
            if is_negated(spot.text) and any(here) and all(covers(term, spot) for term in behind):
                return True
    return False


def _part(terms: tuple[Term, ...], spot: Spot) -> str:
    """The clauses of a sentence that the statement's words stand in: a negation elsewhere is another's."""
    pieces: list[tuple[int, int]] = []
    begin = 0
    for cut in _CLAUSES.finditer(spot.text):
        pieces.append((begin, cut.start()))
        begin = cut.start()
    pieces.append((begin, len(spot.text)))
    if len(pieces) == 1:
        return spot.text
    kept = []
    for start, stop in pieces:
        text = spot.text[start:stop]
        words = terms_of(text)
        part = Spot(text, 0, 0)
        shared = sum(1 for term in terms if covers(term, part))
        if terms and shared == len(terms):
            return text
        if shared and shared >= 0.5 * min(len(terms), len(words) or 1):
            kept.append(text)
    return "".join(kept) or spot.text


def _opposite(statement: Statement, spot: Spot) -> tuple[str, str] | None:
    """A word of the statement whose opposite the sentence has, and the opposite."""
    for term in statement.terms:
        if term.hangul or term.word in _LEFT_OUT or covers(term, spot) == 1.0:
            continue
        against = {form for one in term.forms for other in opposites(one) for form in {other}}
        for other in spot.terms:
            if other.forms & against and not any(other.forms & mine.forms for mine in statement.terms):
                return term.text, other.text
        # Both poles in the statement, and twice the one in the sentence: "higher because of lower ..."
        if against and sum(not other.forms.isdisjoint(against) for other in spot.terms) > 1:
            return term.text, next(other.text for other in spot.terms if other.forms & against)
    prefixed = _prefixed(statement.text, spot.text)
    if prefixed is not None:
        return prefixed
    korean = _opposite_korean(statement.text, spot.text)
    if korean is not None:
        return korean
    mine, theirs = _comparisons(statement.text), _comparisons(spot.text)
    for word, (group, text) in mine.items():
        if word in theirs and theirs[word][0] == -group:
            return text, theirs[word][1]
    return None


_IN, _OUT = (re.compile(rf"\b{pattern}([a-z]{{4,}})", re.IGNORECASE) for pattern in ("in-?", "out(?:-of)?-?\\s?"))


def _opposite_korean(claim: str, sentence: str) -> tuple[str, str] | None:
    for mine, theirs in ((_UP_KO, _DOWN_KO), (_DOWN_KO, _UP_KO)):
        said, written = _UP_DOWN_KO.findall(claim), _UP_DOWN_KO.findall(sentence)
        if said and written and set(said) <= set(mine) and set(written) <= set(theirs):
            return said[0], written[0]
    for one, two in (*_OPPOSITES_KO, *((b, a) for a, b in _OPPOSITES_KO)):
        if one in claim and two in sentence and one not in sentence and two not in claim:
            return one, two
    return None


def _swapped(statement: Statement, place: Place) -> tuple[str, str] | None:
    """A word that the sentence does not have, and another of its closed set that only the sentence has: the weekday."""
    if place.direct < _ALIKE:
        return None
    for term in statement.terms:
        if term.hangul or covers(term, place.spot) or any(covers(term, spot) for spot in place.near):
            continue
        kin = frozenset(form for one in term.forms for other in alternatives(one) for form in forms_of(other))
        for other in place.spot.terms:
            if other.forms & kin and not other.forms & statement.forms:
                return term.text, other.text
    return None


_NON = re.compile(r"\bnon-\s?([a-z]+)", re.IGNORECASE)


def _prefixed(claim: str, sentence: str) -> tuple[str, str] | None:
    """A word that only one of the two has with "non-" before it."""
    mine, theirs = ({word.casefold() for word in _NON.findall(text)} for text in (claim, sentence))
    for word in sorted(mine - theirs):
        if re.search(rf"\b{word}", sentence, re.IGNORECASE):
            return f"non-{word}", word
    for word in sorted(theirs - mine):
        bare = re.search(rf"\b{word}", claim, re.IGNORECASE)
        if bare and not re.search(rf"(?<!non-)(?<!non- )\b{word}", sentence, re.IGNORECASE):
            return word, f"non-{word}"
    for one, other in ((_IN, _OUT), (_OUT, _IN)):
        said, written = ({word.casefold() for word in one.findall(text)} for text in (claim, sentence))
        against = {word.casefold() for word in other.findall(sentence)} - written
        against -= {word.casefold() for word in other.findall(claim)}
        for word in sorted(said & against):
            return (f"in {word}", f"out of {word}") if one is _IN else (f"out of {word}", f"in {word}")
    return None


def _comparisons(text: str) -> dict[str, tuple[int, str]]:
    return {
        found.group(3).strip(".,;").casefold(): (_COMPARE_GROUP[found.group(1).casefold()], found.group(1))
        for found in _COMPARED.finditer(text)
    }


def _strength(claim: str, sentence: str) -> tuple[str, str] | None:
    """A modal or a quantifier of the statement that the sentence has in another strength."""
    mine, theirs = _WORD.findall(claim.casefold()), _WORD.findall(sentence.casefold())
    for group in (_MODAL, _SCOPE):
        said = [word for word in mine if word in group]
        written = [word for word in theirs if word in group]
        for word in said:
            if (
                word in written
                or (not written and group is _SCOPE and group[word] < 3)
                or (not written and group is _MODAL and group[word] != 3)
            ):
                continue
            other = next((one for one in written if group[one] != group[word]), None)
            if other is not None:
                return word, other
    return None
