"""Answers that running text states: a sentence, the value in it, a list, a few sentences that explain, yes or no.

Every piece is a quotation: sentences as they stand, values as they are written. Nothing is put in other words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mmrag.generation.aligned import years_of_values
from mmrag.generation.candidates import Candidate, Piece, cite
from mmrag.generation.confidence import KOREAN, group_of
from mmrag.generation.korean import clauses, says_no
from mmrag.generation.questions import Question
from mmrag.generation.ranking import Asked, Scored
from mmrag.generation.reading import PageText, Spot
from mmrag.generation.terms import FOOTNOTES, terms_of
from mmrag.generation.types_of_answers import Span, spans
from mmrag.quantities import quantities
from mmrag.regions import Sentence

__all__ = ["prose_candidates"]

_SHORT_TYPES = ("number", "money", "percent", "date", "year", "time")
"""Types of which the value alone is the answer; persons, places and names are shown in their sentence."""
_FIGURES = ("number", "money", "percent", "time", "duration")
"""Types of which a Korean sentence without a figure states none."""
_SURE = 0.5  # fit of a value from which on its Korean sentence, with other figures beside it, is no answer
_VOTERS = 15  # sentences whose values are counted
_SHARP = 8.0  # how much less a sentence with a lower score counts
_LOOKED_AT = 6  # sentences that are tried as an answer
_THRESHOLD = 0.7  # of the best sentence's score, below which a sentence is not worth adding
_MOST_WORDS = 80  # of an explanation
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
    if question.answer_type == "reason":
        stating = [one for one in ranked[:_LOOKED_AT] if one.typed == 1.0 and not _leads_on(one.spot.sentence)]
        found += [_stated(asked, ranked, one) for one in stating]
    if question.kind == "yes_no":
        found += [_yes_no(asked, ranked, one) for one in ranked[:2]]
    if question.form == "list" or question.answer_type == "text":
        found += _lists(asked, ranked)
    open_answer = question.form in ("sentence", "list") or question.answer_type == "text"
    if open_answer and question.kind != "yes_no":
        found += _passages(asked, ranked)
    if question.language == "ko":
        found = [_weighed_as_korean(one) for one in found]
    return sorted(found, key=lambda candidate: -candidate.score)


def _weighed_as_korean(one: Candidate) -> Candidate:
    """Short answers with features of their own: a score without vectors means something else than one with them."""
    if group_of(one.source) != "short":
        return one
    own = {KOREAN.get(name, name): value for name, value in one.features.items()}
    return replace(one, features={**own, "hangul_stated": float(one.source == "sentence")})


def _features(asked: Asked, ranked: Sequence[Scored], one: Scored, typed: float) -> dict[str, float]:
    """What the confidence weighs; `margin`: how far the best sentence that says something else lies below."""
    same = one.spot.terms
    others = [other.score for other in ranked[:20] if len(other.spot.terms & same) < 0.7 * len(other.spot.terms | same)]
    return {
        "score": one.score,
        "similarity": one.similarity,
        "overlap": one.overlap,
        "names": one.names,
        "years": one.years,
        "typed": typed,
        "page": one.page,
        "absent": asked.absent,
        "margin": one.score - max(others, default=0.0),
        "phrase": one.phrase,
        "defines": one.defines,
        "question": min(1.0, len(asked.question.terms) / 20),
        "parts": float(len(asked.question.parts) > 1),
        "hangul": float(asked.question.language == "ko"),
        **_of_korean(asked, one, typed),
    }


def _of_korean(asked: Asked, one: Scored, typed: float) -> dict[str, float]:
    """What weighs otherwise where no vectors compare meanings: the page's place, the type, the words."""
    if asked.question.language != "ko":
        return {}
    return {"hangul_page": one.page, "hangul_typed": typed, "hangul_overlap": one.overlap}


def _plain(text: str) -> str:
    """Without the marks of footnotes ("nine,[69] where"): they are not part of what is said."""
    return FOOTNOTES.sub("", text)


def _piece(spot: Spot, text: str = "") -> Piece:
    sentence = spot.sentence
    citation = cite(spot.page.regions, sentence.boxes, sentence.text)
    return Piece(_plain(text or sentence.text), _claim(spot), spot.page.evidence.label, (citation,))


def _claim(spot: Spot) -> str:
    """The sentence; an item or a fragment with the title or lead-in it stands under."""
    text, lead = _plain(spot.text), _plain(_lead(spot)).rsplit("다. ", 1)[-1]  # a title, not the text before it
    return f"{lead.rstrip(':')}: {text}" if spot.sentence.item and lead and len(text.split()) < 12 else text


def _lead(spot: Spot) -> str:
    """What an item stands under: the sentence before the list that ends in a colon, else the heading."""
    sentences = spot.page.sentences
    place = spot.place
    while place > 0 and sentences[place].item:
        place -= 1
    before = sentences[place]
    return before.text if before.text.endswith((":", "：")) and not before.item else spot.sentence.heading


def _values(asked: Asked, ranked: Sequence[Scored]) -> list[Candidate]:
    """The values of the wanted type in the best sentences, each with the votes of all that state it.

    An answer that several sentences give is the likelier one (Clarke et al., SIGIR 2001).
    """
    question = asked.question
    best = ranked[0].score
    near = [one for one in ranked[:_VOTERS] if one.score > 0.6 * best and not _leads_on(one.spot.sentence)]
    if question.respectively and len(question.years) > 1:
        return _for_each_year(asked, ranked, near) + [_stated(asked, ranked, one) for one in near[:2]]
    unmarked = question.language == "ko" and question.answer_type in ("name", "organisation")
    if question.answer_type in ("text", "reason") or unmarked:
        return [_stated(asked, ranked, one) for one in near[:_LOOKED_AT]]
    votes: dict[str, float] = {}
    first: dict[str, tuple[float, Scored, Span]] = {}
    for one in near:
        for span in {_key(span): span for span in reversed(spans(question, _plain(one.spot.text)))}.values():
            key, weight = _key(span), math.exp(_SHARP * (one.score - best)) * span.fit
            votes[key] = votes.get(key, 0.0) + weight
            own = one.score + 0.1 * span.fit
            if key not in first or own > first[key][0]:
                first[key] = (own, one, span)
    total = sum(votes.values())
    found = []
    for key in sorted(votes, key=lambda key: -votes[key])[:4]:
        own, one, span = first[key]
        features = _features(asked, ranked, one, span.fit) | {"share": votes[key] / total}
        text = span.text if _value_alone(question) and not _wants_more(asked) else _plain(one.spot.text)
        found.append(Candidate("value", text, (_piece(one.spot, text),), own + 0.3 * votes[key] / total, features))
    digits = question.language == "ko" and question.answer_type in _FIGURES
    if (digits or _is_date(question)) and any(one.features["typed"] >= _SURE for one in found):
        return found
    telling = [one for one in near[:2] if not digits or one.typed > 0 or any(map(str.isdigit, one.spot.text))]
    return found + [_stated(asked, ranked, one) for one in telling]


def _is_date(question: Question) -> bool:
    return question.language == "ko" and question.answer_type in ("date", "year")


def _value_alone(question: Question) -> bool:
    return question.answer_type in _SHORT_TYPES or (question.language == "ko" and question.answer_type == "duration")


def _for_each_year(asked: Asked, ranked: Sequence[Scored], near: Sequence[Scored]) -> list[Candidate]:
    """The value of each year asked for, out of a sentence that has a list of years and one of values."""
    found = []
    for one in near[:_LOOKED_AT]:
        text = _plain(one.spot.text)
        years = years_of_values(text)
        fitting = {span.start: span for span in spans(asked.question, text)} if years else {}
        own = {years[start]: span.text for start, span in fitting.items() if start in years}
        if asked.question.answer_type == "text":
            own = {years[found.start]: found.text for found in quantities(text) if found.start in years}
        if set(asked.question.years) <= set(own):
            features = _features(asked, ranked, one, 1.0) | {"share": 0.5}
            shown = ", ".join(f"{own[year]} ({year})" for year in asked.question.years)
            found.append(Candidate("value", shown, (_piece(one.spot, shown),), one.score + 0.4, features))
    return found


def _leads_on(sentence: Sentence) -> bool:
    """A title, or a sentence that only says that something follows."""
    return sentence.title or sentence.text.endswith((":", "："))


def _stated(asked: Asked, ranked: Sequence[Scored], one: Scored) -> Candidate:
    features = _features(asked, ranked, one, one.typed)
    return Candidate("sentence", _plain(one.spot.text), (_piece(one.spot),), one.score, features)


_TWO_THINGS = re.compile(
    r"[가-힣]고,?\s(?:그\s|왜|얼마|언제|어디|무엇|몇|누가|이유)"
    r"|^\W*\w+ and (?:in |at |to )?\w+|\band (?:in |at |to )?(?:what|which|when|where|who|how)\b",
    re.IGNORECASE,
)


def _wants_more(asked: Asked) -> bool:
    """Two things are asked at once ("when and in what play")."""
    return bool(_TWO_THINGS.search(asked.question.text))


def _key(span: Span) -> str:
    """Values that are written differently and say the same."""
    amounts = quantities(span.text)
    if len(amounts) == 1 and len(amounts[0].text) >= 0.7 * len(span.text.strip()):
        return f"{amounts[0].value.normalize()}"
    return re.sub(r"\W+", " ", span.text).strip().casefold()


def _yes_no(asked: Asked, ranked: Sequence[Scored], one: Scored) -> Candidate:
    """The sentence, after "Yes" or "No" where it says what is asked in nearly the same words."""
    features = _features(asked, ranked, one, 0.5)
    text = one.spot.text
    korean = asked.question.language == "ko"
    if one.overlap > (0.3 if korean else 0.6) and len(text.split()) < _LONG:
        if korean:
            opposite = says_no(_clause_asked(asked, text)) != says_no(asked.question.text)
        else:
            opposite = bool(_NEGATION.search(text)) != bool(_NEGATION.search(asked.question.text))
        word = ("아니요" if opposite else "예") if korean else ("No" if opposite else "Yes")
        text = f"{word}. {text}"
    return Candidate("yes_no", text, (_piece(one.spot, text),), one.score, features)


def _clause_asked(asked: Asked, text: str) -> str:
    """The clause of a Korean sentence that has what the question begins with, then most of it, then the last."""
    first = asked.words[0][0] if asked.words else frozenset()
    parts = clauses(text)
    shares = [sum(weight for term, weight in asked.weights.items() if term in terms_of(part)) for part in parts]
    best = max(range(len(parts)), key=lambda place: (bool(first & terms_of(parts[place])), shares[place], place))
    return " ".join(parts[best : best + 1])


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
        share = _relevance(one) / max(_relevance(other) for other in ranked[:_LOOKED_AT])
        features = _features(asked, ranked, one, 0.5) | {"items": min(1.0, len(spots) / 6)}
        features |= _features_of_run(asked, one, range(first, last), share, 1.0)
        text = "; ".join(item.text.rstrip(".;,") for item in spots)
        found.append(Candidate("list", text, tuple(_piece(item) for item in spots), one.score + 0.02, features))
    return found


def _passages(asked: Asked, ranked: Sequence[Scored]) -> list[Candidate]:
    """On each of the best pages, the run of sentences that has most to say: a sum of scores, each less a threshold.

    The threshold is relative to the best sentence, so that a sentence that says little ends the run.
    """
    rated = {(one.spot.page.rank, one.spot.place): (one, _relevance(one)) for one in ranked}
    best = max(score for _, score in rated.values())
    pages = {one.spot.page.rank: one.spot.page for one, _ in rated.values()}
    found = []
    for rank, page in sorted(pages.items()):
        own = {place: score for (number, place), (_, score) in rated.items() if number == rank}
        gain, places = _best_run(page, own, best)
        if all(_leads_on(page.sentences[place]) for place in places):
            continue
        lead = max((rated[rank, place][0] for place in places if (rank, place) in rated), key=_relevance)
        pieces = tuple(_piece(Spot(page, place)) for place in places)
        features = _features(asked, ranked, lead, 0.5) | _features_of_run(asked, lead, places, gain, best)
        text = " ".join(piece.text for piece in pieces)
        found.append(Candidate("passage", text, pieces, gain, features))
    found.sort(key=lambda one: -one.score)
    return found[:3]


def _relevance(one: Scored) -> float:
    """How much a sentence adds to an explanation; the page's place in the ranking says more here than one sentence."""
    meaning = one.similarity if one.similarity > 0 else one.overlap
    return meaning + 0.3 * one.overlap + 0.3 * one.page + 0.1 * one.defines - (0.3 if one.spot.sentence.title else 0.0)


def _features_of_run(asked: Asked, lead: Scored, places: Sequence[int], gain: float, best: float) -> dict[str, float]:
    """`headed`: share of the question's weight in the title above; `begins`: the run is the first under that title."""
    page = lead.spot.page
    total = sum(asked.weights.values()) or 1.0
    heading = terms_of(page.sentences[places[0]].heading)
    rare = max(asked.weights, key=lambda term: asked.weights[term], default="")
    return {
        "sentences": min(4, len(places)) / 4,
        "gain": min(2.0, gain / best),
        "headed": sum(weight for term, weight in asked.weights.items() if term in heading) / total,
        "begins": float(places[0] == 0 or page.sentences[places[0] - 1].title),
        "rare": float(any(rare in page.terms[place] for place in places) or rare in heading),
    }


def _best_run(page: PageText, scores: Mapping[int, float], best: float) -> tuple[float, list[int]]:
    """The gain and the places of the best run of neighbouring sentences under no more than one title."""
    top: tuple[float, list[int]] = (0.0, [])
    for start, sentence in enumerate(page.sentences):
        if sentence.title:
            continue
        words, gain = 0, 0.0
        places: list[int] = []
        for place in range(start, len(page.sentences)):
            own = page.sentences[place]
            words += len(own.text.split())
            if own.title or own.heading != sentence.heading or (places and words > _MOST_WORDS):
                break
            places.append(place)
            gain += scores.get(place, 0.4 * best) - _THRESHOLD * best
            if gain > top[0]:
                top = (gain, places.copy())
    return top
