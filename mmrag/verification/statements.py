"""A claim taken apart: its words, numbers, dates, names and negations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from mmrag.quantities import Period, Quantity, periods, quantities
from mmrag.scorers.lexicon import words as listed
from mmrag.verification.terms import Term, labels_of, plain, terms_of

__all__ = ["Name", "Statement", "abbreviates", "names_of"]

_CAPITAL = re.compile(
    r"(?<![\w])(?:[A-Z][\w&.’'-]*\w|[A-Z](?:\.[A-Z])+\.?|[A-Z]{2,}|[a-z]+[A-Z]\w*)"
    r"(?:\s+(?:(?:of|the|and|de|van|von|for|&)\s+)?(?:[A-Z][\w&.’'-]*\w|[A-Z]\.?))*"
)
_CODE = re.compile(r"(?<![\w])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z][\w]*(?:-[\w]+)*(?![\w])")
_SURNAMES = "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진나지엄채원천방공현함변염여추도소석선설마길연위표명기반라왕금옥육인맹제"  # noqa: E501
_PERSON_KO = re.compile(
    rf"(?<![가-힣])([{_SURNAMES}][가-힣]{{2}})(?<![면는은의한된할을를고며서])"
    r"(?=\s?(?:씨|님|대표|사장|회장|부장|과장|팀장|이사|의원|장관|교수|박사|대통령|기자|소장|원장|차장|대리|담당|부사장|전무|상무))"
)
_NOT_NAMES_WORDS = """
the a an in on at by of for and or but if when while as to from with without this that these those it its they he she
we our his her their there no not yes i company mr mrs ms dr total table figure note page section part item chapter q1
q2 q3 q4 fy during after before under over however although since because both each all some any many most other also
such average difference sum increase decrease percentage change ratio net first second third fourth
"""
_NOT_NAMES = frozenset(_NOT_NAMES_WORDS.split())


@dataclass(frozen=True, slots=True)
class Name:
    """A name: as written, and its plain words that carry it."""

    text: str
    words: tuple[str, ...]


@dataclass
class Statement:
    """A claim and what of it can be looked up."""

    text: str

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """Its dates and periods."""
        return periods(self.text)

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Its numbers, without those of its dates and without "one" as a pronoun."""
        spans = [period.span for period in self.periods]
        return tuple(
            one
            for one in quantities(self.text)
            if not any(start < one.stop and one.start < stop for start, stop in spans)
            and not (one.value == 1 and not any(letter.isdigit() for letter in one.text))
        )

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """Its words of meaning, without those inside numbers and dates."""
        spans = [*(one.span for one in self.periods), *((one.start, one.stop) for one in self.quantities)]
        chosen = terms_of(self.text) or tuple(term for term in labels_of(self.text) if len(term.word) > 1)
        return tuple(term for term in chosen if not any(a < term.stop and term.start < b for a, b in spans))

    @cached_property
    def forms(self) -> frozenset[str]:
        """Forms of every word, short ones and digits too, as they stand in labels."""
        return frozenset(form for term in labels_of(self.text) for form in term.forms)

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """Its names."""
        return names_of(self.text)

    @property
    def korean(self) -> bool:
        """Whether it has Hangul."""
        return any("가" <= letter <= "힣" for letter in self.text)


def names_of(text: str) -> tuple[Name, ...]:
    """Capitalised runs, acronyms, codes of letters and digits, and Korean names before a title.

    A capital that only opens a sentence is no name unless the word is listed nowhere and another capital follows.
    """
    spans = [period.span for period in periods(text)]
    found: list[Name] = []
    for match in _CAPITAL.finditer(text):
        if any(start < match.end() and match.start() < stop for start, stop in spans):
            continue
        opens = not text[: match.start()].strip(" \"'“‘([") or bool(
            re.search(r"[.!?:]\s*[\"'“‘(]?$", text[max(0, match.start() - 4) : match.start()])
        )
        pieces = match.group().split()
        if opens and len(pieces) == 1 and not _is_sure(pieces[0]):
            continue
        kept = [piece for piece in (_bare(piece) for piece in pieces) if _carries(piece)]
        if opens and (_is_common(pieces[0]) or (pieces[1:2] == ["of"] and pieces[0].endswith("s"))):
            kept = kept[1:] if kept and kept[0] == _bare(pieces[0]) else kept
        if kept:
            found.append(Name(match.group(), tuple(kept)))
    known = " ".join(name.text for name in found)
    for match in _CODE.finditer(text):
        inside = any(start < match.end() and match.start() < stop for start, stop in spans)
        if (
            not inside
            and match.group() not in known
            and not re.fullmatch(r"(?i)\d+(?:st|nd|rd|th|s|x|k|m|bn)", match.group())
        ):
            found.append(Name(match.group(), (plain(match.group()),)))
    for match in _PERSON_KO.finditer(text):
        found.append(Name(match.group(1), (match.group(1),)))
    return tuple(found)


def abbreviates(one: str, other: str) -> bool:
    """Whether one of two names is made of the other's initials: "U.S." and "United States"."""
    return _is_short(one, other) or _is_short(other, one)


def _is_short(short: str, long: str) -> bool:
    letters = re.sub(r"[^A-Za-z]", "", short)
    initials = "".join(piece[0] for piece in re.findall(r"[A-Za-z]+", long) if piece[0].isupper())
    return 2 <= len(letters) <= 6 and letters.isupper() and letters == initials


def _bare(piece: str) -> str:
    return re.sub(r"'s?$", "", plain(piece).strip(".,;:!?()[]\"'"))


def _is_sure(piece: str) -> bool:
    """Whether a word that opens a sentence is a name all the same: an acronym, or capitals inside."""
    return sum(letter.isupper() for letter in piece) >= 2 or any(letter.isdigit() for letter in piece)


def _is_common(piece: str) -> bool:
    bare = _bare(piece)
    return bare in _NOT_NAMES or bare in listed("function words")


def _carries(piece: str) -> bool:
    return len(piece) > 1 and piece not in _NOT_NAMES and piece not in listed("function words")
