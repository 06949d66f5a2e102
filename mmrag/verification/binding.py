"""Do the pieces of a statement belong together in the sentence that has them all?

"Opens at 8:30 on weekdays and at 10:00 on Saturdays" has every word of "opens at 8:30 on Saturdays". The sentence is
cut into clauses; a statement is sound where one clause has what it says, but for what an earlier or later clause
lends it: words in whose place that clause has none of its own. Knows no grammar beyond commas and conjunctions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from mmrag.quantities import Period, Quantity, periods, quantities
from mmrag.verification.findings import Finding
from mmrag.verification.places import Place
from mmrag.verification.prose import same_number
from mmrag.verification.sheets import Sheet
from mmrag.verification.statements import Statement
from mmrag.verification.terms import forms_of, near_forms, plain, same_verb, terms_of

__all__ = ["check_binding", "clauses_of"]

_CUT = re.compile(
    r"[,;:]\s+|\s(?=(?:and|but|while|whereas|although|though|because|after|before|which|who|until|unless|than)\s)"
    r"|(?<=[가-힣](?:며|고))\s+(?!있|없|싶|나서)|(?<=지만)\s+|(?<=으나)\s+|(?<=하여)\s+|(?<=되어)\s+"
)
_TOKEN = re.compile(r"(?:\d[\d.,:]*\d|\d)[가-힣%]*|[^\W\d_]+")
_STAND_INS = frozenset({"follow", "same", "likewise", "마찬가지"})
_ENOUGH = 0.48
"""Share of the statement's words in the sentence from which its clauses are looked at."""
_PAIR = 2
"""Numbers and dates that make a clause of a list ("the second quarter 1.1 million") without a word of the statement."""
_LISTED = re.compile(r"\s*(?:,|and|,\s*and)\s*[$€£₩]?\s*")
_LONGER = 2
"""Words by which what stands in a word's place may be longer; a longer stretch is another part of the sentence."""
_SHORT_OPENING = 5
_ACRONYM = (3, 4)
"""Letters of a word that may be a name on its own: "GSI" is not the "GSIB" that begins like it."""
_ROLES = {"from": "to", "to": "from", "before": "after", "after": "before"}
_NAMED = re.compile(r"[가-힣](?=\s+[가-힣])|(?<![A-Za-z])[A-Z](?![A-Za-z'’.])")


@dataclass(frozen=True, slots=True)
class _Clause:
    """A piece of a sentence, its words in order and what stands in it."""

    tokens: tuple[str, ...]
    forms: frozenset[str]
    numbers: tuple[Quantity, ...]
    dates: tuple[Period, ...]
    letters: frozenset[str]
    """Letters that are names: "line A", "가 노선"."""


def _clause(text: str) -> _Clause:
    dates = periods(text)
    numbers = tuple(
        one
        for one in quantities(text)
        if not any(a < one.stop and one.start < b for a, b in (date.span for date in dates))
    )
    return _Clause(tuple(_key(one) for one in _TOKEN.findall(text)), _labelled(text), numbers, dates, _letters(text))


def _key(token: str) -> str:
    if token[0].isdigit():
        return plain(token)
    return min(forms_of(token) or {plain(token)}, key=lambda form: (len(form), form))


def _letters(text: str) -> frozenset[str]:
    found = (one for one in _NAMED.finditer(text) if one.group() not in "이그저한두세네수I")
    return frozenset(plain(one.group()) for one in found if one.group() != "A" or text[: one.start()].strip())


def _labelled(text: str) -> frozenset[str]:
    """Forms of the words, and letters that are names."""
    return forms_of(text) | _letters(text)


def _clauses(text: str) -> list[str]:
    """The clauses of a text; a piece without a word of meaning ("until 2036") belongs to the one before it."""
    found: list[str] = []
    for piece in _CUT.split(text):
        apart = _clause(piece)
        if found and not terms_of(piece) and len(apart.numbers) + len(apart.dates) < _PAIR:
            found[-1] += " " + piece
        elif any(letter.isalnum() for letter in piece):
            found.append(piece)
    return found


@lru_cache(maxsize=4_096)
def clauses_of(text: str) -> tuple[str, ...]:
    """The clauses of a text, each with the adverbials before and behind it ("..., in Ohio")."""
    found: list[str] = []
    for piece in _clauses(text):
        if found and (_OPENING.match(piece) or _OPENING.match(found[-1])):
            found[-1] += ", " + piece
        else:
            found.append(piece)
    return tuple(found)


_OPENING = re.compile(r"(?:for|in|on|at|under|after|before|with|by|during|as)\s", re.IGNORECASE)


def _joined(pieces: list[str]) -> list[str]:
    """The clauses of a statement, an adverbial that opens it ("For families, ...") with the clause that it is of."""
    if len(pieces) > 1 and _OPENING.match(pieces[0]) and len(pieces[0].split()) <= _SHORT_OPENING:
        return [f"{pieces[0]} {pieces[1]}", *pieces[2:]]
    return pieces


def _respective(statement: Statement, place: Place) -> str | None:
    """Why a number is not that of its date where the sentence lists both "respectively"; "" where it is.

    None where the sentence does not, or the statement has not one of each.
    """
    if "respectively" not in place.spot.text.casefold():
        return None
    paired = _paired(statement, place)
    if paired is not None or len(statement.periods) != 1:
        return paired
    dates, numbers = place.spot.periods, place.spot.quantities
    date = next((at for at, one in enumerate(dates) if statement.periods[0].holds(one)), None)
    found = next(
        (at for at, one in enumerate(numbers) for mine in statement.quantities if same_number(mine, one)), None
    )
    if len(dates) < _PAIR or len(dates) != len(numbers) or date is None or found is None:
        return None
    spans = [one.span for one in dates], [(one.start, one.stop) for one in numbers]
    if not all(_LISTED.fullmatch(place.spot.text[a[1] : b[0]]) for each in spans for a, b in pairwise(each)):
        return None
    if date == found:
        return ""
    return (
        f"the page says {numbers[date].text.strip()} of {dates[date].text.strip()}, not {numbers[found].text.strip()}"
    )


_PAIRED = re.compile(r"\b([A-Za-z]+)\s+and\s+([A-Za-z]+)\b")


def _paired(statement: Statement, place: Place) -> str | None:
    """The same for two words and two numbers: "federal and state credits of 10.7 and 5.2, respectively"."""
    numbers = place.spot.quantities
    said = forms_of(statement.text)
    for first, second in pairwise(numbers):
        if not _LISTED.fullmatch(place.spot.text[first.stop : second.start]):
            continue
        at = [any(same_number(mine, one) for mine in statement.quantities) for one in (first, second)]
        for words in _PAIRED.findall(place.spot.text[: first.start]):
            named = [not forms_of(word).isdisjoint(said) for word in words]
            if sum(at) != 1 or sum(named) != 1:
                continue
            if at == named:
                return ""
            right, wrong = (first, second) if named[0] else (second, first)
            return f"the page says {right.text.strip()} of “{words[named.index(True)]}”, not {wrong.text.strip()}"
    return None


def check_binding(statement: Statement, sheet: Sheet, place: Place) -> Finding | None:
    """Contradicted where the sentence puts another thing in the place that the statement gives to one of its words."""
    cite = (sheet.cite_spot(place.spot),)
    if place.spot.lead and _other_list(statement, sheet, place):
        return Finding("binding", "contradicted", 0.85, f"that stands under “{place.spot.lead.strip()}”", cite)
    if place.spot.row or place.direct < _ENOUGH:
        return None
    role = _turned(statement, place)
    if role is not None:
        return Finding("binding", "contradicted", 0.85, role, cite)
    clauses = [_clause(piece) for piece in _clauses(place.spot.text)]
    ordered = _respective(statement, place)
    if ordered is not None:
        return Finding("binding", "contradicted", 0.85, ordered, cite) if ordered else None
    for piece in _joined(_clauses(statement.text)):
        found = _crossed(piece, clauses, _labelled(place.spot.text))
        if found is not None:
            return Finding("binding", "contradicted", 0.8, found, cite)
    return None


def _other_list(statement: Statement, sheet: Sheet, place: Place) -> bool:
    """Whether the statement has words of the line that opens another list, and none of this list's own."""
    own = forms_of(place.spot.lead)
    mine = [term for term in statement.terms if not term.forms & place.spot.forms]
    for lead in {spot.lead for spot in sheet.spots if spot.lead} - {place.spot.lead}:
        theirs = forms_of(lead)
        if any(term.forms & theirs - own for term in mine) and not any(term.forms & own - theirs for term in mine):
            return True
    return False


def _crossed(text: str, clauses: list[_Clause], every: frozenset[str]) -> str | None:
    """Why no clause carries this piece of the statement; None where one does, or where nothing of it is shared."""
    mine = _clause(text)
    reasons: list[tuple[int, int, str]] = []
    for clause in clauses:
        shared = sum(1 for term in terms_of(text) if (term.forms | near_forms(term.word)) & clause.forms)
        numbers = sum(any(same_number(one, other) for other in clause.numbers) for one in mine.numbers)
        dates = sum(any(one.holds(other) for other in clause.dates) for one in mine.dates)
        if not shared and numbers + dates < _PAIR:
            continue
        rivals = _rivals(mine, clause, clauses, every)
        if not rivals:
            return None
        reasons.append((shared + numbers + dates, -len(rivals), rivals[0]))
    return max(reasons)[2] if reasons else None


_ONE_OF = re.compile(r"\s*(?:one|an?)\s*$", re.IGNORECASE)


def _rivals(mine: _Clause, clause: _Clause, clauses: list[_Clause], every: frozenset[str]) -> list[str]:
    """What the clause has in place of a number, date or word that only other clauses have."""
    found = []
    others = [one for one in clauses if one is not clause]
    for number in mine.numbers:
        if any(same_number(number, one) for one in clause.numbers) or _ONE_OF.match(number.text):
            continue
        if not any(same_number(number, one) for other in others for one in other.numbers):
            continue
        free = (one for one in clause.numbers if not any(same_number(each, one) for each in mine.numbers))
        rival = next((one for one in free if one.unit == number.unit), None)
        if rival is not None:
            found.append(f"the page says this of {rival.text.strip()}, not of {number.text.strip()}")
    for date in mine.dates:
        if any(date.holds(one) for one in clause.dates):
            continue
        if not any(date.holds(one) for other in others for one in other.dates):
            continue
        free_dates = (one for one in clause.dates if not any(each.holds(one) for each in mine.dates))
        other_date = next((one for one in free_dates if one.kind == date.kind), None)
        if other_date is not None:
            found.append(f"the page says this of {other_date.text.strip()}, not of {date.text.strip()}")
    return found + _lent(mine, clause, clauses[clauses.index(clause) + 1 :]) + _replaced(mine, clause, every)


def _lent(mine: _Clause, clause: _Clause, later: list[_Clause]) -> list[str]:
    """Numbers of a later clause, the only one to have a word of the statement ("weekdays 12, weekends 20").

    An earlier clause may lend its words to a later one, but not the other way round.
    """
    own = mine.forms & clause.forms
    for other in later:
        words = {word for word in mine.tokens if _tells(word) and word in other.forms and word not in own}
        if not words or set(clause.tokens) & mine.forms > words:
            continue
        for number in mine.numbers:
            if not any(same_number(number, one) for one in clause.numbers):
                continue
            for one in other.numbers:
                if one.unit == number.unit and not any(same_number(each, one) for each in mine.numbers):
                    word = min(words)
                    return [f"the page says {one.text.strip()} of “{word}”, not {number.text.strip()}"]
    return []


def _replaced(mine: _Clause, clause: _Clause, every: frozenset[str]) -> list[str]:
    """Words of the statement that stand elsewhere in the sentence, and what the clause has in their place."""
    matcher = SequenceMatcher(None, mine.tokens, clause.tokens, autojunk=False)
    if not any(block.size for block in matcher.get_matching_blocks()):
        return []
    found = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "replace":
            continue
        here = [word for word in mine.tokens[a:b] if _tells(word) and word not in clause.forms and word in every]
        there = [word for word in clause.tokens[c:d] if _tells(word) and word not in mine.forms]
        there = [word for word in there if not any(_same_word(word, one) for one in mine.tokens)]
        single = [word for word in mine.tokens[a:b] if word in mine.letters - clause.letters]
        others = [word for word in clause.tokens[c:d] if word in clause.letters - mine.letters]
        if single and others:
            here, there = single, others
        if here and there and len(there) <= len(here) + _LONGER and not _STAND_INS & set(there):
            found.append(f"the page says “{' '.join(there)}” there, not “{' '.join(here)}”")
    return found


def _same_word(word: str, other: str) -> bool:
    """Whether two words are forms of one; a name that only begins like another one is another name."""
    return same_verb(word, other) or (word.startswith(other) and (len(other) not in _ACRONYM or word[0] >= "가"))


def _tells(word: str) -> bool:
    return not word[0].isdigit() and (bool(terms_of(word)) or (len(word) == 1 and word not in "a수이그저한두세네"))


def _turned(statement: Statement, place: Place) -> str | None:
    """A number that the statement goes from and the sentence to, or the other way round."""
    for mine in statement.quantities:
        word = _role(statement.text, mine)
        if word is None:
            continue
        same = [one for one in place.spot.quantities if same_number(mine, one)]
        roles = {_role(place.spot.text, one) for one in same}
        if same and roles == {_ROLES[word]}:
            return f"the page says “{_ROLES[word]} {mine.text.strip()}”, not “{word} {mine.text.strip()}”"
    return None


def _role(text: str, number: Quantity) -> str | None:
    before = text[: number.start].rstrip("$€£₩ ").rpartition(" ")[2].casefold()
    if before in _ROLES:
        return before
    behind = text[number.stop : number.stop + 3].strip()
    return "from" if behind.startswith("에서") else "to" if behind.startswith(("으로", "로 ")) else None
