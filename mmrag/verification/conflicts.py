"""Does a document state another value for the very thing that a claim is about?

"The fee is 310 euros" on a page that also has "Correction: the fee is 930 euros" is on the page, and still nobody can
tell from it what the fee is. Two places conflict when they say the same in the same words but for one number of the
same unit (or one date of something that happens once), under the same heading and of the same time; one of them has to
be a sentence. Whatever else sets them apart, a word, a name, a year, a range, a rate, an "about", lets both be true,
and nothing is said. Knows no world: what can be true only once it takes from a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache

from mmrag.quantities import Period, Quantity, agree, periods
from mmrag.types import Citation
from mmrag.verification.binding import clauses_of
from mmrag.verification.findings import Finding
from mmrag.verification.places import covers
from mmrag.verification.prose import same_number
from mmrag.verification.sheets import Sheet, Slot, Spot
from mmrag.verification.statements import Statement
from mmrag.verification.terms import Term, forms_of, near_forms

__all__ = ["check_conflict"]

_STRENGTH = 0.9
_LEAST_SHARE = 0.6
"""Share of the claim's words that a place must have to be one that states it."""
_LONGEST = 400
"""Characters of a sentence that is compared; a longer one says too much to be the same as another."""
_CELL = 4
"""Words from which a cell is a sentence of its own, and not a value."""
_FEW = 2
"""Words of meaning that a place must have at least: "Note 22." is about nothing that "Note 24." could contradict."""
_SHOWN = 90
_ONE = Decimal(1)
_SCALES = tuple(Decimal(10) ** power for power in (0, 3, 6, 9))
"""What a table may leave out of its amounts, said or not."""
_MARKER_WORDS = """
correction corrected correct amended amendment erratum errata revised revision update updated note notice attention
please following reads read instead actually fact short wrong error above below important remark comment info item
정정 정정합니다 수정 바로잡 바로잡습니다 바로잡음 참고 주의 알림 공지 사실 실제 요약 다음 안내 비고 중요 내용 항목
cost costs paid pay pays amount amounts price total totals charge charged 비용 금액 가격 소요 든다 들었다
"""
_MARKERS = frozenset(_MARKER_WORDS.split())
"""Words that say of a sentence that it corrects or repeats another, or that a sum of money is one."""
_VAGUE = re.compile(
    r"\b(?:about|around|approximately|roughly|nearly|almost|some|circa|ca|over|under|above|below|more|less|fewer|least"
    r"|most|up|from|between|to|than|exceed\w*|minimum|maximum|average|each|or|another|further|additional|extra)\b"
    r"|[~≈<>≥≤±–]|\d\s?-\s?\d"
    r"|약\s|대략|거의|이상|이하|이내|미만|초과|최대|최소|평균|부터|까지|에서|내외|정도|가량|안팎|또는|혹은|추가|각각"
)
"""What makes a number a bound, a rounding or one of several."""
_RATE = re.compile(
    r"\b(?:an?|per|each|every)\s+(?:\w+\s+)?(?:hour|day|night|week|month|quarter|year|season|person|head|unit|page|item)\b"
    r"|\b(?:hourly|daily|nightly|weekly|monthly|quarterly|yearly|annual(?:ly)?)\b"
    r"|(?<![가-힣])(?:월|연|년|주|일|매월|매년|매주|매일|하루|한 달|일 년)(?=\s)|[가-힣]+당(?![가-힣])"
)
_ONCE = re.compile(
    r"\b(?:found|establish|open|built|build|born|die|complete|launch|incorporat|creat|clos|deadline|due|expire|begin|start)"
    r"\w*|\bends\b|설립|창립|창단|개통|개관|개교|개장|개업|준공|완공|태어|출생|사망|마감|만료|시작|종료|끝나|출범|발족|건립"
)
"""What happens once: two dates for it cannot both be right, as those of two meetings can."""


@dataclass(frozen=True)
class _Frame:
    """What a clause or a cell says, with the values in it apart."""

    text: str
    spot: Spot
    cite: Citation
    head: str = ""
    """Of a cell: its column's header, which a sentence may leave out where the row has no other number."""
    prose: bool = True
    """Whether it is (of) a sentence: rows of tables have each their own place, which is compared elsewhere."""
    times: tuple[Period, ...] = ()
    """The dates of the whole sentence, or of row and column."""
    numbers: tuple[Quantity, ...] = ()
    """The numbers of the whole sentence."""

    @property
    def said(self) -> Statement:
        """Its words, numbers and dates."""
        return _read(self.text)

    @cached_property
    def words(self) -> Spot:
        """Its words as a place to look others up in."""
        return Spot(f"{self.text} {self.head}", 0, 0)

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """Words that tell what it is about."""
        return tuple(one for one in self.said.terms if not one.light and not one.forms & _MARKERS)


@lru_cache(maxsize=4_096)
def _read(text: str) -> Statement:
    return Statement(text)


def check_conflict(statement: Statement, sheet: Sheet, others: Sequence[Sheet] = ()) -> Finding | None:
    """Contradicted where the document says the statement, and elsewhere the same with another value.

    `others` are further pages that were found; only those of the same document count.
    """
    if not (statement.quantities or statement.periods) or len(statement.text) > _LONGEST:
        return None
    document = sheet.evidence.region.document.id
    family = [sheet, *(one for one in others if one is not sheet and one.evidence.region.document.id == document)]
    known = [(one, frame) for one in family for frame in _frames(one, statement)]
    stating = [(one, frame) for one, frame in known if _states(statement, frame) and _gives(statement, frame)]
    for page, mine in stating:
        for other, theirs in known:
            differing = _differing(mine, theirs)
            if differing is None or not _claimed(statement, differing[0]):
                continue
            if _same_thing(mine, theirs, (page, other)):
                return _finding(statement, mine, theirs, differing)
    return None


def _frames(sheet: Sheet, statement: Statement) -> Iterator[_Frame]:
    """The clauses and cells of a page that have a value and words of the statement."""
    for spot in sheet.spots:
        if not (spot.table or spot.title or "?" in spot.text) and _near(statement, spot.forms, sheet):
            prose = not spot.row and bool(_SENTENCE.search(spot.text))
            yield from _clauses(spot, sheet.cite_spot(spot), prose=prose)
    for slot in sheet.slots:
        if not _near(statement, slot.row_forms | slot.head_forms | forms_of(slot.cell.text), sheet):
            continue
        row = " ".join((*slot.cell.labels[-1:], slot.cell.text))
        spot = Spot(row, 0, 0, heading=slot.caption, row=True)
        if len(slot.cell.text.split()) >= _CELL:
            yield from _clauses(spot, sheet.cite_slot(slot), prose=True)
        elif slot.quantity is not None:
            head, alone = " ".join(slot.cell.headers), _is_alone(slot, sheet)
            text = " ".join((*slot.cell.labels, *(() if alone else (head,)), slot.cell.text))
            beside = f"{head} {slot.caption} {slot.note} {slot.stub}"
            times = (*slot.periods, *periods(slot.caption))
            yield _Frame(text, spot, sheet.cite_slot(slot), beside, prose=False, times=times)


def _near(statement: Statement, forms: frozenset[str], sheet: Sheet) -> bool:
    """Whether half of the statement's words are there, but those of the page's subject; any where it has no others."""
    own = [term for term in statement.terms if not term.forms & sheet.subject_forms] or statement.terms
    found = sum(bool((term.forms | near_forms(term.word)) & forms) for term in own)
    return found > 0 and found >= _LEAST_SHARE * len(own) - 1


def _clauses(spot: Spot, cite: Citation, *, prose: bool) -> Iterator[_Frame]:
    """The clauses of a spot that have a value; what stands before a colon may be of them ("Fee: 6 euros") or not."""
    if len(spot.text) > _LONGEST or not (spot.quantities or spot.periods):
        return
    for text in dict.fromkeys((*clauses_of(spot.text), *clauses_of(_COLON.sub(" ", spot.text)))):
        frame = _Frame(text, spot, cite, prose=prose, times=spot.periods, numbers=spot.quantities)
        if frame.said.quantities or frame.said.periods:
            yield frame


_COLON = re.compile(r"[:：]\s+")
_SENTENCE = re.compile(r"[.!。:：]\W*$|[다요음함임]\W*$|\w[:：]\s")
"""What a sentence ends with, or a note has before its value; a heading or a running foot has neither."""


def _is_alone(slot: Slot, sheet: Sheet) -> bool:
    """Whether a cell has the only number of its row."""
    row = (slot.table, slot.cell.row)
    return sum((one.table, one.cell.row) == row and one.quantity is not None for one in sheet.slots) == 1


def _states(statement: Statement, frame: _Frame) -> bool:
    """Whether a frame is one that the statement may rest on."""
    terms = statement.terms
    share = sum(covers(term, frame.words) for term in terms) / len(terms) if terms else 0.0
    return share >= _LEAST_SHARE


def _gives(statement: Statement, frame: _Frame) -> bool:
    values: tuple[Quantity | Period, ...] = (*frame.said.quantities, *frame.said.periods)
    return any(_claimed(statement, one) for one in values)


_Differing = tuple["Quantity | Period", "Quantity | Period"]


def _differing(mine: _Frame, theirs: _Frame) -> _Differing | None:
    """The one value in which two frames differ; None where they differ in none, or in more, or in kind."""
    numbers = mine.said.quantities, theirs.said.quantities
    alike = len(numbers[0]) == len(numbers[1]) and len(mine.times) == len(theirs.times)
    if not alike or not _comparable(mine, theirs):
        return None
    scales = _SCALES if not (mine.prose and theirs.prose) else (_ONE,)
    odd: list[_Differing] = [(a, b) for a, b in zip(*numbers, strict=True) if not _same_amount(a, b, scales)]
    late: list[_Differing] = [
        (a, b) for a, b in zip(mine.times, theirs.times, strict=True) if not (a.holds(b) or b.holds(a))
    ]
    if _is_time(mine) and _is_time(theirs) and odd and not late:
        return odd[0]
    if len(odd) + len(late) != 1 or _odd(mine.numbers, theirs.numbers) > 1:
        return None
    found = (odd or late)[0]
    kinds = _kind(found[0]), _kind(found[1])
    bare = (kinds[0] == "" and not mine.prose) or (kinds[1] == "" and not theirs.prose)  # a cell leaves out its unit
    if (kinds[0] != kinds[1] and not bare) or {"ordinal", "%"} & {*kinds} - {kinds[0]} or kinds[0] == "ordinal":
        return None
    once = not late or (not numbers[0] and _ONCE.search(mine.text) and _ONCE.search(theirs.text))
    return found if once else None


def _comparable(mine: _Frame, theirs: _Frame) -> bool:
    """Whether two frames are of two places, one of them a sentence, that each give a value as it is."""
    return (
        mine.spot is not theirs.spot
        and (mine.prose or theirs.prose)
        and all(len(one.terms) >= _FEW for one in (mine, theirs) if one.prose)
        and not any(_VAGUE.search(one.text) or _denies(one.text) for one in (mine, theirs))
    )


def _odd(mine: Sequence[Quantity], theirs: Sequence[Quantity]) -> int:
    """In how many numbers two sentences with as many differ."""
    if len(mine) != len(theirs):
        return 0
    return sum(not same_number(one, other) for one, other in zip(mine, theirs, strict=True))


def _same_amount(one: Quantity, other: Quantity, scales: Sequence[Decimal]) -> bool:
    return same_number(one, other) or any(
        agree(a, b, scale) for scale in scales for a, b in ((one, other), (other, one))
    )


def _kind(value: Quantity | Period) -> str:
    return value.unit if isinstance(value, Quantity) else value.kind


def _is_time(frame: _Frame) -> bool:
    """Whether its numbers are hours and minutes of one time of day."""
    return bool(_ONCE.search(frame.text)) and {one.unit for one in frame.said.quantities} in (
        {"o'clock", "minute"},
        {"o'clock"},
    )


def _claimed(statement: Statement, value: Quantity | Period) -> bool:
    """Whether the statement has the value."""
    if isinstance(value, Quantity):
        return any(same_number(one, value) for one in statement.quantities)
    return any(one.holds(value) for one in statement.periods)


def _same_thing(mine: _Frame, theirs: _Frame, sheets: tuple[Sheet, Sheet]) -> bool:
    """Whether two frames are about the same, so that both values cannot be right."""
    if _setting(mine) != _setting(theirs) or not _one_heading(mine.spot, theirs.spot, sheets):
        return False
    lost = _lost(mine, theirs), _lost(theirs, mine)
    # A sentence need not name what the page is of; two that name different things of it are of different things.
    subject = sheets[0].subject_forms | sheets[1].subject_forms
    named = [all(term.forms & subject for term in terms) for terms in lost]
    return all(named) and not all(lost)


def _setting(frame: _Frame) -> tuple[frozenset[str], frozenset[str]]:
    """Rates, and letters that are names."""
    rates = frozenset(one.group().casefold() for one in _RATE.finditer(frame.text))
    return rates, frozenset(one.group() for one in _LETTER.finditer(frame.text))


_LETTER = re.compile(r"(?<![가-힣\w])(?![이그저한두세네약총각])[가-힣](?=\s+[가-힣])|(?<![\w'’])[B-HJ-Z](?![\w'’.])")


def _lost(frame: _Frame, other: _Frame) -> list[Term]:
    """Words of a frame that the other one has not."""
    return [term for term in frame.terms if not covers(term, other.words) and not _with_particle(term, other)]


_PARTICLES = re.compile(r"(?:에서|에게|에|으로|로|까지|부터)?(?:은|는|도|만)?")


def _with_particle(term: Term, other: _Frame) -> bool:
    """Whether a Korean word is one of the other frame with two particles behind it ("공사에는")."""
    stems = (form for one in other.terms if one.hangul for form in one.forms if len(form) > 1)
    return term.hangul and any(
        term.word.startswith(stem) and _PARTICLES.fullmatch(term.word[len(stem) :]) is not None for stem in stems
    )


def _one_heading(mine: Spot, theirs: Spot, sheets: tuple[Sheet, Sheet]) -> bool:
    """Whether two spots stand under the same heading; tables are of the page, and so are short notes."""
    if mine.row or theirs.row or not (mine.heading and theirs.heading):
        return sheets[0] is sheets[1]
    return mine.heading == theirs.heading


_DENIED = re.compile(r"\b(?:not|no|never|nor|neither|without)\b|n't\b|않|아니|없")


@lru_cache(maxsize=4_096)
def _denies(text: str) -> bool:
    return _DENIED.search(text.casefold()) is not None


def _finding(statement: Statement, mine: _Frame, theirs: _Frame, differing: _Differing) -> Finding:
    """What to say: both values, and the sentence or cell that each stands in."""
    values = [one.text.strip() for one in differing]
    places = [_short(mine.spot.text), _short(theirs.spot.text)]
    if statement.korean:
        reason = f"문서가 서로 다른 값을 말합니다: {values[0]}(“{places[0]}”), {values[1]}(“{places[1]}”)"
    else:
        reason = f"the document contradicts itself: {values[0]} (“{places[0]}”), but {values[1]} (“{places[1]}”)"
    return Finding("conflict", "contradicted", _STRENGTH, reason, (mine.cite, theirs.cite))


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1].rstrip() + "…"
