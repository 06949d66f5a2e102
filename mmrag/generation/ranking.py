"""Which sentence states what was asked: similarity of meaning, shared words by rarity, names, years, the type wanted.

Words are weighed by how few sentences of the evidence hold them (Spaerck Jones, 1972), so what the whole evidence is
about decides little. Words of the question that no page holds are kept apart: they say that the answer is not there.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mmrag.generation.questions import Question
from mmrag.generation.reading import PageText, Spot
from mmrag.generation.terms import canonical, ordered_terms, terms_of
from mmrag.generation.types_of_answers import holds_type
from mmrag.lexical import query_terms
from mmrag.lexical.korean_questions import is_light, is_predicate
from mmrag.lexical.orders import is_order
from mmrag.types import Vectors

__all__ = ["Asked", "Scored", "rank_sentences", "weigh"]

_NAMED = 0.4  # weight of a word of the question that the names of the best files hold: it says where, not what
_MOST_CHARACTERS = 600
_ENCODED = 24  # sentences that are encoded for a question: those with most shared words; encoding is what takes time


_GENERIC = terms_of(
    "role purpose impact effect implication importance specific mention explain outline describe detail"
    " document provide information consider manage ensure affect say tell discuss process step way example"
    " overview summary versus same thing kind type sort list name item must need"
)
"""Words that say what kind of text is wanted, and that such a text itself need not hold."""
_GENERIC_WEIGHT = 0.25


@dataclass(frozen=True, slots=True)
class Asked:
    """The terms of a question with their weights over this evidence. `missing`: terms that stand on none of its pages.

    `absent` is the share of the question's weight that is missing; `names` the terms of each entity, `pairs`
    the terms that are neighbours in it, `words` those of each word
    of a Korean question.
    """

    question: Question
    weights: dict[str, float]
    missing: frozenset[str]
    absent: float
    names: tuple[frozenset[str], ...]
    pairs: tuple[tuple[str, str], ...]
    words: tuple[tuple[frozenset[str], bool], ...]
    missing_years: tuple[int, ...]
    missing_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """A sentence with what speaks for it, each 0 to 1; `score` is their weighted sum."""

    spot: Spot
    score: float
    similarity: float
    overlap: float
    names: float
    years: float
    typed: float
    page: float
    phrase: float
    defines: float


def weigh(question: Question, pages: Sequence[PageText]) -> Asked:
    """Weights of the question's terms, and what of it the evidence lacks."""
    wanted: dict[str, float] = {}
    for term, weight in _terms_asked(question).items():
        own = canonical(term)
        wanted[own] = max(weight * (_GENERIC_WEIGHT if own in _GENERIC else 1.0), wanted.get(own, 0.0))
    counts: Counter[str] = Counter()
    total = 1
    for page in pages:
        total += len(page.sentences)
        for terms in page.terms:
            counts.update(terms & wanted.keys())
    held = frozenset().union(*(page.words | page.names for page in pages)) if pages else frozenset()
    named = frozenset().union(*(page.file_terms for page in pages[:3])) if pages else frozenset()
    weights = {
        term: weight * math.log((total + 1) / (counts[term] + 0.5)) * (_NAMED if term in named else 1.0)
        for term, weight in wanted.items()
    }
    words = _words_korean(question.text) if question.language == "ko" else ()
    missing = frozenset(term for term in wanted if term not in held and not _nearly(term, held))
    absent = _absent_korean(words, held) if question.language == "ko" else _absent(wanted, weights, missing)
    entities = tuple(terms_of(entity) for entity in question.entities)
    return Asked(
        question,
        weights,
        missing,
        absent,
        tuple(terms for terms in entities if terms),
        tuple(pairwise(term for term in ordered_terms(question.text) if term in weights)),
        words,
        tuple(year for year in question.years if str(year) not in held),
        tuple(name for name in question.entities if not _stands_somewhere(terms_of(name), pages)),
    )


def _terms_asked(question: Question) -> Mapping[str, float]:
    """The question's terms; of a Korean one without those of words that only ask."""
    kept = (
        [word for word in question.text.split() if not is_light(word.strip("?!.,"))]
        if question.language == "ko"
        else ()
    )
    return query_terms(" ".join(kept)) if kept else question.terms


def _absent(wanted: Mapping[str, float], weights: Mapping[str, float], missing: frozenset[str]) -> float:
    """Share of the weight of whole words that no page holds; parts of compounds only back those up."""
    whole = sum(weight for term, weight in weights.items() if wanted[term] >= 1.0)
    lost = sum(weight for term, weight in weights.items() if term in missing and wanted[term] >= 1.0)  # in one order
    return lost / whole if whole > 0 else 0.0


def _absent_korean(words: Sequence[tuple[frozenset[str], bool]], held: frozenset[str]) -> float:
    """Share of the words of which less than half stands on a page; the predicate is left out."""
    shares = [float(_held(word, held) < 0.5) for word, last in words if not last or len(words) < 3]
    return sum(shares) / len(shares) if shares else 0.0


def _words_korean(text: str) -> tuple[tuple[frozenset[str], bool], ...]:
    """The terms of each word that says something, and whether it is the predicate at the end."""
    words = [word for raw in text.split() if (word := raw.strip("?!.,'\"()")) and not is_light(word)]
    taken = [
        (frozenset(query_terms(f"{word} zzqx").keys() - {"zzqx"}), word is words[-1] and is_predicate(word))
        for word in words
    ]
    return tuple((terms, last) for terms, last in taken if terms)


def rank_sentences(
    asked: Asked, pages: Sequence[PageText], encode: Callable[[Sequence[str]], Vectors] | None
) -> list[Scored]:
    """The sentences of the evidence, best first; without `encode`, or in Korean, by words alone."""
    spots = [Spot(page, place) for page in pages for place in range(len(page.sentences))]
    spots = [spot for spot in spots if len(spot.terms) > 1 and not is_order(spot.text)]
    rough = sorted(spots, key=lambda spot: -_overlap(asked, spot))
    kept = rough[: 3 * _ENCODED]
    similarities = dict.fromkeys(range(len(kept)), 0.0)
    if encode is not None and asked.question.language == "en" and kept:
        similarities.update(enumerate(_similarities(asked.question.text, kept[:_ENCODED], encode)))
    scored = [_scored(asked, spot, similarities[place]) for place, spot in enumerate(kept)]
    return sorted(scored, key=lambda one: -one.score)


def _similarities(question: str, spots: Sequence[Spot], encode: Callable[[Sequence[str]], Vectors]) -> list[float]:
    texts = [f"{spot.sentence.heading}: {spot.text}" if spot.sentence.heading else spot.text for spot in spots]
    vectors = encode([question, *(text[:_MOST_CHARACTERS] for text in texts)])
    return [max(0.0, float(value)) for value in np.asarray(vectors[1:] @ vectors[0])]


def _overlap(asked: Asked, spot: Spot) -> float:
    """Share of the question's weight that the sentence holds; its heading counts half."""
    heading = terms_of(spot.sentence.heading) if spot.sentence.heading else frozenset()
    if asked.question.language == "ko":
        own = _overlap_korean(asked, spot.terms, heading)
        before = _explained(spot) if asked.question.answer_type == "reason" else None
        return own if before is None else max(own, _BEFORE * _overlap_korean(asked, spot.page.terms[before], heading))
    total = sum(asked.weights.values())
    if not total:
        return 0.0
    own = sum(weight for term, weight in asked.weights.items() if term in spot.terms)
    above = sum(weight for term, weight in asked.weights.items() if term in heading and term not in spot.terms)
    return (own + 0.5 * above) / total


_BEFORE = 0.9
_REASON_OF_BEFORE = re.compile(r"때문(?:이다|입니다|이었다|이었습니다|임|이에요)?[.]?$|덕분(?:이다|입니다)?[.]?$")


def _explained(spot: Spot) -> int | None:
    """The place of the sentence that this one gives the reason of ("... 때문이다."), None where it gives none."""
    if not spot.place or not _REASON_OF_BEFORE.search(spot.text):
        return None
    return None if spot.page.sentences[spot.place - 1].title else spot.place - 1


def _overlap_korean(asked: Asked, own: frozenset[str], heading: frozenset[str]) -> float:
    """Words of the question that the sentence holds: a stem counts whole, pairs of its syllables by their share.

    Word by word, since what follows a stem differs between a question and a statement.
    """
    total = found = 0.0
    for word, last in asked.words:
        weight = max((asked.weights.get(term, 0.0) for term in word), default=0.0) * (0.5 if last else 1.0)
        total += weight
        found += weight * max(_held(word, own), 0.5 * _held(word, heading))
    return found / total if total else 0.0


def _held(word: frozenset[str], terms: frozenset[str]) -> float:
    if not word or not terms:
        return 0.0
    if any(term in terms for term in word if len(term) > 2):
        return 1.0
    pairs = [term for term in word if len(term) == 2] or list(word)
    return sum(term in terms for term in pairs) / len(pairs)


def _scored(asked: Asked, spot: Spot, similarity: float) -> Scored:
    question = asked.question
    overlap = _overlap(asked, spot)
    around = spot.terms | terms_of(spot.sentence.heading) | spot.page.names
    names = _mean([len(name & around) / len(name) for name in asked.names], 0.5)
    text = f"{spot.sentence.heading} {spot.text}"
    held = spot.page.words
    years = _mean([1.0 if str(y) in text else 0.3 if str(y) in held else 0.0 for y in question.years], 0.5)
    typed = holds_type(question, spot.text)
    page = 1.0 / (1.0 + spot.page.rank)
    english = question.language == "en" and similarity > 0
    score = (0.5 * similarity + 0.3 * overlap if english else 0.8 * overlap) + 0.08 * names + 0.08 * years
    phrase, defines = _phrase(asked, spot), _defines(asked, spot)
    score += (
        0.12 * typed
        + (0.1 if question.language == "en" else 0.2) * page
        + 0.1 * defines
        + 0.1 * phrase
        + _tense(question, spot.text)
        - _drawback(spot)
    )
    return Scored(spot, score, similarity, overlap, names, years, typed, page, phrase, defines)


def _phrase(asked: Asked, spot: Spot) -> float:
    """Share of the neighbouring words of the question that are neighbours in the sentence too."""
    if not asked.pairs:
        return 0.0
    own = ordered_terms(spot.text)
    near = {(one, other) for place, one in enumerate(own) for other in own[place + 1 : place + 4]}
    return sum(pair in near for pair in asked.pairs) / len(asked.pairs)


_NOW = re.compile(r"\b(?:currently|current|now|today|at present|present-day|as of)\b|현재|지금", re.IGNORECASE)
_THEN = re.compile(
    r"\b(?:was|were|had|did|been|former|formerly|originally|initially|previously|retired)\b|\b1[5-9]\d\d\b"
)


def _tense(question: Question, sentence: str) -> float:
    """Of a question in the present tense, a little for a sentence that says "currently", against one in the past."""
    if question.language != "en" or question.years or _THEN.search(question.text):
        return 0.0
    if not re.search(r"\b(?:is|are|has|have|does|do|current|currently)\b", question.text, re.IGNORECASE):
        return 0.0
    return 0.05 if _NOW.search(sentence) else -0.03 if _THEN.search(sentence) else 0.0


_VERB_OF_DEFINITION = re.compile(
    r"^\W*(?:(?:an?|the)\s+)?(?P<what>[^,.;]{2,80}?)\s*(?:\([^)]*\)\s*)?"
    r"(?:\b(?:is|are|was|were|means?|refers?\s+to|stands\s+for)\b|[은는이란]\s)",
    re.IGNORECASE,
)


def _defines(asked: Asked, spot: Spot) -> float:
    """1 where the sentence begins with what is asked about and a verb that says what that is."""
    if asked.question.kind not in ("definition", "what"):
        return 0.0
    match = _VERB_OF_DEFINITION.match(spot.text)
    if not match:
        return 0.0
    subject = terms_of(match["what"])
    return 1.0 if subject and len(subject & asked.weights.keys()) >= 0.6 * len(subject) else 0.0


_REFERENCE = re.compile(
    r"https?://|\bwww\.|\bdoi\b|\bISBN\b|\bRetrieved\b|\bpp?\.\s?\d|^\W*\d{1,3}\.\s|\(\d{4}\)\.|\barXiv\b",
    re.IGNORECASE,
)


def _drawback(spot: Spot) -> float:
    """What speaks against a sentence whatever the question is: a heading, a reference, a scrap without an end."""
    sentence = spot.sentence
    if sentence.title:
        return 0.15
    if _REFERENCE.search(sentence.text):
        return 0.2
    whole = sentence.item or re.search(r"[.!?。…:][\"'”’)\]]*(?:\[\w+\])*$", sentence.text)
    return 0.0 if whole else 0.1


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _nearly(term: str, held: frozenset[str]) -> bool:
    """Whether a page holds the word in another form, or as most people would mistype it: one letter off."""
    if len(term) < 5 or not term.isalpha():
        return False
    if not term.isascii():
        return any(term[:2] == other[:2] and len(other) >= 2 for other in held if other[0] == term[0])
    for other in held:
        if abs(len(other) - len(term)) > 3 or not other or other[0] != term[0]:
            continue
        if other.startswith(term[: max(5, len(term) - 2)]) or _one_off(term, other):
            return True
    return False


def _one_off(one: str, other: str) -> bool:
    """Whether a letter was changed, left out, put in or swapped with its neighbour."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    if len(one) == len(other):
        rest, rest_other = one[start:], other[start:]
        return rest[1:] == rest_other[1:] or (rest[:2] == rest_other[1::-1] and rest[2:] == rest_other[2:])
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer[start + 1 :] == shorter[start:]


def _stands_somewhere(name: frozenset[str], pages: Sequence[PageText]) -> bool:
    """Whether one page, with its names, holds most terms of a name; terms may be mistyped."""
    if not name:
        return True
    for page in pages:
        around = page.words | page.names
        if sum(term in around or _nearly(term, around) for term in name) >= 0.99 * len(name):
            return True
    return False
