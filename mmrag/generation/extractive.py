"""The generator without a model: it answers with what the pages state, word for word, or says what is missing.

A draft has a confidence for each part, fitted on questions with known answers; whether that is enough is decided when
the draft is settled, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from mmrag.generation.candidates import Candidate
from mmrag.generation.confidence import choose
from mmrag.generation.prose import prose_candidates
from mmrag.generation.questions import Question, analyse
from mmrag.generation.ranking import Asked, rank_sentences, weigh
from mmrag.generation.reading import Reader
from mmrag.generation.remembering import KeptPages, KeptVectors
from mmrag.generation.tables import TableReader, table_candidates
from mmrag.protocols import PageSource
from mmrag.types import Draft, Evidence, Part, Vectors

__all__ = ["ExtractiveGenerator", "lacking"]

_LEAST = 0.05
"""A candidate less likely than this is not worth showing to anyone."""


class ExtractiveGenerator:
    """A `Generator` that quotes.

    `encode` puts English texts into vectors of length 1, shape (n, dim); without it words alone decide.
    """

    def __init__(self, pages: PageSource, encode: Callable[[Sequence[str]], Vectors] | None = None) -> None:
        kept = KeptPages(pages)
        self._reader = Reader(kept)
        self._tables = TableReader(kept)
        self._encode = KeptVectors(encode) if encode is not None else None

    def generate(self, question: str, evidence: Sequence[Evidence]) -> Draft:
        """The likeliest candidate; an empty draft, with a note, where the evidence does not state an answer."""
        if not evidence:
            return Draft(question, "", note="No page was found for this question.")
        asked, found = self.candidates(question, evidence)
        missing = lacking(asked)
        if missing:
            return Draft(question, "", note=missing)
        chosen = choose(found)
        if chosen is None or chosen[0] < _LEAST:
            return Draft(question, "", note="No sentence or table cell of the pages found states an answer.")
        chance, best = chosen
        parts = tuple(Part(piece.text, piece.claim, (piece.label,), chance, piece.citations) for piece in best.pieces)
        return Draft(question, best.text, parts)

    def candidates(self, question: str, evidence: Sequence[Evidence]) -> tuple[Asked, list[Candidate]]:
        """The question as weighed over the evidence, and every candidate; what the confidence is fitted on."""
        pages = self._reader.read(evidence)
        asked = weigh(analyse(question), pages)
        ranked = rank_sentences(asked, pages, self._encode)
        cells = table_candidates(asked.question, evidence, self._tables)
        cells = [replace(one, features={**one.features, "absent": asked.absent}) for one in cells]
        return asked, [one for one in cells if _suits(asked.question, one)] + prose_candidates(asked, ranked)


def _suits(question: Question, candidate: Candidate) -> bool:
    """Whether a value out of a table can be what was asked: no figure is a person or a place."""
    figure = not any(letter.isalpha() for letter in candidate.text)
    if question.answer_type in ("person", "organisation", "place", "name", "reason"):
        return not figure
    if question.language == "ko" and question.kind == "explanation":
        return not figure
    return question.kind != "explanation" and (question.kind != "definition" or not figure)


def lacking(asked: Asked) -> str:
    """What the question names and no page of the evidence has, in words; "" for nothing: no page can answer it then."""
    if asked.missing_years:
        years = ", ".join(str(year) for year in asked.missing_years)
        return f"No page found mentions {years}."
    if asked.missing_names:
        return "No page found mentions " + ", ".join(f'"{name}"' for name in asked.missing_names) + "."
    return ""
