"""Answers that running text states: a sentence, the value in it, a list, a few sentences that explain, yes or no.

Every piece is a quotation: sentences as they stand, values as they are written. Nothing is put in other words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mmrag.generation.candidates import Candidate, Piece, cite
from mmrag.generation.ranking import Asked, Scored
from mmrag.generation.reading import PageText, Spot
from mmrag.generation.types_of_answers import Span, spans

__all__ = ["prose_candidates"]

_LOOKED_AT = 6  # sentences that are tried as an answer
_MOST_WORDS = 75  # of an explanation
_LONG = 45  # words of a sentence that is long for an answer
_MOST_ITEMS = 12
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|cannot|without|n't|excluded?|excludes|except|prohibited|unable)\b|n['’]t\b"
    r"|않|없|못[ 하]|아니|금지|불가|제외",
    re.IGNORECASE,
)


def prose_candidates(asked: Asked, ranked: Sequence[Scored]) -> list[Candidate]:
    """Candidates of all forms that suit the question, each with its features, best score first."""
    if not ranked:
        return []
    question = asked.question
    found: list[Candidate] = []
    if question.form == "short":
        found += _values(asked, ranked)
    if question.kind == "yes_no":
        found += [_yes_no(asked, ranked, one) for one in ranked[:2]]
    if question.form == "list":
        found += _lists(asked, ranked)
    if question.form in ("sentence", "list") and question.kind != "yes_no":
        found += _passages(asked, ranked)
    return sorted(found, key=lambda candidate: -candidate.score)


def _features(asked: Asked, ranked: Sequence[Scored], one: Scored, typed: float) -> dict[str, float]:
    """What the confidence weighs; `margin`: how far the best sentence that says something else lies below."""
    same = one.spot.terms
    others = [other.score for other in ranked[:20] if len(other.spot.terms & same) < 0.7 * len(other.spot.terms | same)]
    return {
        "similarity": one.similarity,
        "overlap": one.overlap,
        "names": one.names,
        "years": one.years,
        "typed": typed,
        "page": one.page,
        "absent": asked.absent,
        "margin": one.score - max(others, default=0.0),
        "hangul": float(asked.question.language == "ko"),
    }


def _piece(spot: Spot, text: str = "") -> Piece:
    sentence = spot.sentence
    citation = cite(spot.page.regions, sentence.boxes, sentence.text)
    return Piece(text or sentence.text, _claim(spot), spot.page.evidence.label, (citation,))


def _claim(spot: Spot) -> str:
    """The sentence; an item or a fragment with the title or lead-in it stands under."""
    lead = _lead(spot)
    if spot.sentence.item and lead and len(spot.text.split()) < 12:
        return f"{lead.rstrip(':')}: {spot.text}"
    return spot.text


def _lead(spot: Spot) -> str:
    """What an item stands under: the sentence before the list that ends in a colon, else the heading."""
    sentences = spot.page.sentences
    place = spot.place
    while place > 0 and sentences[place].item:
        place -= 1
    before = sentences[place]
    return before.text if before.text.endswith((":", "：")) and not before.item else spot.sentence.heading


def _values(asked: Asked, ranked: Sequence[Scored]) -> list[Candidate]:
    """The value in each of the best sentences where it has one of the wanted type, else the sentence."""
    question = asked.question
    found = []
    best = ranked[0].score
    for one in ranked[:_LOOKED_AT]:
        if one.score < 0.6 * best or one.spot.sentence.title:
            continue
        values = spans(question, one.spot.text) if question.answer_type not in ("text", "reason") else []
        if values:
            features = _features(asked, ranked, one, values[0].fit) | {"values": 1.0 / len(_distinct(values))}
            score = one.score + 0.1 * values[0].fit
            found.append(Candidate("value", values[0].text, (_piece(one.spot, values[0].text),), score, features))
        else:
            features = _features(asked, ranked, one, 0.0)
            found.append(Candidate("sentence", one.spot.text, (_piece(one.spot),), one.score, features))
    return found


def _distinct(values: Sequence[Span]) -> set[str]:
    """Different values of the best fit."""
    return {value.text.casefold() for value in values if value.fit >= values[0].fit - 0.05}


def _yes_no(asked: Asked, ranked: Sequence[Scored], one: Scored) -> Candidate:
    """The sentence, after "Yes" or "No" where it says what is asked in nearly the same words."""
    features = _features(asked, ranked, one, 0.5)
    text = one.spot.text
    if one.overlap > 0.6 and len(text.split()) < _LONG:
        opposite = bool(_NEGATION.search(text)) != bool(_NEGATION.search(asked.question.text))
        korean = asked.question.language == "ko"
        word = ("아니요" if opposite else "예") if korean else ("No" if opposite else "Yes")
        text = f"{word}. {text}"
    return Candidate("yes_no", text, (_piece(one.spot, text),), one.score, features)


def _lists(asked: Asked, ranked: Sequence[Scored]) -> list[Candidate]:
    """All items under the lead-in or title that the question is about."""
    found = []
    seen: set[tuple[str, int]] = set()
    for one in ranked[:_LOOKED_AT]:
        spot = one.spot
        sentences = spot.page.sentences
        first = spot.place
        if sentences[first].item:
            while first > 0 and sentences[first - 1].item:
                first -= 1
        elif sentences[first].text.endswith((":", "：")) or sentences[first].title:
            first += 1
        else:
            continue
        last = first
        while last < len(sentences) and sentences[last].item and last - first < _MOST_ITEMS:
            last += 1
        key = (spot.page.evidence.label, first)
        if last - first < 2 or key in seen:
            continue
        seen.add(key)
        spots = [Spot(spot.page, place) for place in range(first, last)]
        features = _features(asked, ranked, one, 0.5) | {"items": min(1.0, len(spots) / 6)}
        text = "; ".join(item.text.rstrip(".;,") for item in spots)
        found.append(Candidate("list", text, tuple(_piece(item) for item in spots), one.score + 0.02, features))
    return found


def _passages(asked: Asked, ranked: Sequence[Scored]) -> list[Candidate]:
    """Around each of the best sentences, those of the same page that go on with it and speak of the same."""
    found = []
    for one in [one for one in ranked[:_LOOKED_AT] if not one.spot.sentence.title][:3]:
        chosen = _companions(one, ranked, 2 if asked.question.kind == "definition" else 4)
        pieces = tuple(_piece(spot) for spot in chosen)
        features = _features(asked, ranked, one, 0.5) | {"sentences": len(chosen) / 4}
        found.append(Candidate("passage", " ".join(piece.text for piece in pieces), pieces, one.score, features))
    if asked.question.parts and len(found) > 1:
        found += _joined(asked, ranked)
    return found


def _companions(one: Scored, ranked: Sequence[Scored], most: int) -> list[Spot]:
    page = one.spot.page
    scores = {
        (other.spot.page.evidence.label, other.spot.place): other.score
        for other in ranked
        if not other.spot.sentence.title
    }
    label = page.evidence.label
    near = [
        place
        for place in range(max(0, one.spot.place - 2), min(len(page.sentences), one.spot.place + 4))
        if place != one.spot.place
        and not page.sentences[place].title
        and page.sentences[place].heading == one.spot.sentence.heading
        and scores.get((label, place), 0.0) > 0.55 * one.score
    ]
    near.sort(key=lambda place: -scores[(label, place)])
    chosen = [one.spot.place]
    words = len(one.spot.text.split())
    for place in near:
        more = len(page.sentences[place].text.split())
        if len(chosen) < most and words + more <= _MOST_WORDS and not _unfinished(page, place):
            chosen.append(place)
            words += more
    return [Spot(page, place) for place in sorted(chosen)]


def _unfinished(page: PageText, place: int) -> bool:
    return not re.search(r"[.!?。…][\"'”’)\]]*(?:\[\w+\])*$", page.sentences[place].text)


def _joined(asked: Asked, ranked: Sequence[Scored]) -> list[Candidate]:
    """For two questions in one, the best passage of each page."""
    first = ranked[0]
    second = next(
        (one for one in ranked[1:] if one.spot.page is not first.spot.page and not one.spot.sentence.title), None
    )
    if second is None:
        return []
    chosen = _companions(first, ranked, 2) + _companions(second, ranked, 2)
    pieces = tuple(_piece(spot) for spot in chosen)
    features = _features(asked, ranked, first, 0.5) | {"sentences": len(chosen) / 4}
    score = (first.score + second.score) / 2
    return [Candidate("passage", " ".join(piece.text for piece in pieces), pieces, score, features)]
