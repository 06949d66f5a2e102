"""Questions to answers and claims to verdicts over one index: joins search, generator, verifier and models.

Nothing that a generator writes leaves this module unless the verifier has seen it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from mmrag import embedders
from mmrag.chat import contradicted, led_by, merged
from mmrag.corpus.given import GivenEvidence
from mmrag.corpus.opened import OpenIndex
from mmrag.errors import NothingIndexed, UsageError
from mmrag.types import Answer, AnswerEvent, Claim, Draft, Evidence, Filters, Part, Region, Vectors, Word

if TYPE_CHECKING:
    from mmrag.protocols import Embedder, Generator, PageSource, PairScorer, VisionLLM
    from mmrag.verification import PageVerifier
    from mmrag.verification.looking import LookingVerifier

__all__ = ["EVIDENCE", "MAX_CLAIM", "Answering", "Given"]

EVIDENCE = 8
"""Pages an answer is looked for on."""
MAX_CLAIM = 10_000
"""Characters of a claim."""

Given: TypeAlias = "str | Sequence[tuple[str | os.PathLike[str], int | None]]"
"""A text, or files with the number of a page (None: those that fit best)."""


class Answering:
    """Answers over one open index; loads models when they are first needed. The caller holds the index's lock."""

    def __init__(self, index: OpenIndex) -> None:
        self._index = index
        self._given = GivenEvidence(index)
        self._own_llm: tuple[VisionLLM | None] | None = None
        self._llm: tuple[VisionLLM | None] | None = None
        self._generator: Generator | None = None
        self._verifier: LookingVerifier | None = None

    def close(self) -> None:
        """Let go of models and of what was read of files that are not indexed."""
        self._given.close()
        self._generator = self._verifier = self._llm = None

    def ask(
        self,
        question: str,
        k: int = EVIDENCE,
        filters: Filters | None = None,
        max_risk: float | None = None,
        progress: Callable[[AnswerEvent], None] | None = None,
        carried: Sequence[Evidence] = (),
    ) -> Answer:
        """Search, draft, check each claim, and show what holds; `carried` is evidence beside what the search finds."""
        from mmrag.verification import DEFAULT_MAX_RISK, settle, split

        risk = DEFAULT_MAX_RISK if max_risk is None else max_risk
        if not 0 <= risk <= 1:
            raise UsageError(f"max_risk cannot be {risk:g}", "It is a chance between 0 and 1, such as 0.1.")
        tell = progress or _silent
        tell(AnswerEvent("searching"))
        evidence = merged(self._index.retriever().search(question, k, filters), carried)
        tell(AnswerEvent("answering", evidence=tuple(evidence)))
        draft = self.generator().generate(question.strip(), evidence)
        if draft.text.strip() and not draft.parts:
            draft = split(draft)
        tell(AnswerEvent("checking"))
        verifier = self.verifier()
        claims = []
        for claim in verifier.verify(draft, evidence):
            claims.append(claim)
            tell(AnswerEvent("claim", claim))

        def repair(part: Part) -> tuple[Part, Claim] | None:
            mended = verifier.repair(part, draft.question, evidence)
            if mended is None:
                return None
            claim = replace(mended[1], corrects=part.claim)
            tell(AnswerEvent("claim", claim))
            return mended[0], claim

        answer = settle(draft, claims, evidence, risk, repair)
        false = contradicted(question, evidence, self._check)
        return self._named(led_by(answer, false, self._check))

    def verify(self, claim: str, evidence: Given | None = None, question: str = "") -> Claim:
        """One claim against what is given, or against what a search for it finds."""
        claim = claim.strip()
        if not claim:
            raise UsageError("the claim is empty", "Write a statement to check, in quotes.")
        if len(claim) > MAX_CLAIM:
            raise UsageError(
                f"the claim has {len(claim):,} characters; {MAX_CLAIM:,} are allowed", "Check one statement at a time."
            )
        if evidence is None:
            found = self._index.retriever().search(f"{question} {claim}".strip(), EVIDENCE)
        elif isinstance(evidence, str):
            found = self._given.text(evidence)
        else:
            found = self._given.files(evidence, claim)
        return self._check(claim, found, question)

    def words(self, document_id: str, page: int) -> tuple[Word, ...]:
        """As `PageSource.words`, of the index and of what was given as evidence."""
        return self._given.words(document_id, page)

    def page_regions(self, document_id: str, page: int) -> Sequence[Region]:
        """As `PageSource.page_regions`, of the index and of what was given as evidence."""
        return self._given.page_regions(document_id, page)

    def generator(self) -> Generator:
        """The vision model where one is named, else the extractive generator."""
        if self._generator is None:
            llm = self.llm()
            if llm is None:
                from mmrag.generation import ExtractiveGenerator

                self._generator = ExtractiveGenerator(self._given, self._encoder())
            else:
                from mmrag.generation import EXAMPLES, VisionGenerator

                config = self._index.config
                examples = EXAMPLES if config.examples else ()
                crop = self._index.renderer().crop
                self._generator = VisionGenerator(llm, crop, self._given, examples=examples, steps=config.steps)
        return self._generator

    def verifier(self) -> LookingVerifier:
        """The verifier over the pages of the index and of given evidence; it looks where their words may be wrong."""
        if self._verifier is None:
            from mmrag.corpus.looks import pixel_checks
            from mmrag.verification import PageVerifier
            from mmrag.verification.looking import LookingVerifier

            entailment = self._entailment()

            def build(pages: PageSource) -> PageVerifier:
                return PageVerifier(pages, entailment=entailment)

            checks = pixel_checks(self._index, self.llm)
            self._verifier = LookingVerifier(build(self._given), build, self._given, checks)
        return self._verifier

    def use(self, llm: VisionLLM | None) -> None:
        """Ask this model from now on, or none, whatever the settings name."""
        self._generator = self._verifier = self._llm = None
        self._own_llm = (llm,)

    def llm(self) -> VisionLLM | None:
        """The model that was given, else the one that `llm` names in the settings; None for "none"."""
        if self._own_llm is not None:
            return self._own_llm[0]
        if self._llm is None:
            from mmrag import llms

            self._llm = (llms.load(self._index.config.llm, self._index.config.device),)
        return self._llm[0]

    def _check(self, claim: str, evidence: Sequence[Evidence], question: str = "") -> Claim:
        part = Part(claim, claim, tuple(item.label for item in evidence))
        return next(iter(self.verifier().verify(Draft(question, claim, (part,)), evidence)))

    def _encoder(self) -> Callable[[Sequence[str]], Vectors] | None:
        models = self._index.models()
        return models["text"].embed_queries if "text" in models else None

    def _entailment(self) -> PairScorer | None:
        from mmrag.scorers import Entailment

        # Fitted on the vectors of this model alone; another one's would say nothing.
        text: Embedder | None
        try:
            models = self._index.models()
        except NothingIndexed:  # given evidence can be checked without an index, with the model that one would get
            config = self._index.config
            name = config.text or embedders.resolve_profile(config.profile).text
            text = embedders.load(name, config.device) if name == "minilm" else None
        else:
            text = models["text"] if "text" in models and models.name("text") == "minilm" else None
        return Entailment(getattr(text, "token_vectors", None))

    def _named(self, answer: Answer) -> Answer:
        llm = self.llm()
        models = {space: self._index.models().name(space) for space in self._index.models()}
        models["generator"] = "extractive" if llm is None else llm.name
        return replace(answer, models=models)


def _silent(_event: AnswerEvent) -> None:
    return None
