"""The runnable: a question to an answer that was checked, with its claims; streamed, each claim once it is checked.

Nothing that was drafted leaves it unchecked, also in a stream.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig, RunnableSerializable
from langchain_core.runnables.config import run_in_executor
from langchain_core.runnables.utils import AddableDict

from mmrag.display import answer_json, claim_json, evidence_json
from mmrag.errors import UsageError
from mmrag.langchain.opening import STRICT, AsksModel
from mmrag.langchain.streaming import events
from mmrag.types import Answer, AnswerEvent, Claim, Evidence, Filters

__all__ = ["MmragAnswers", "Question"]

Question = str | Mapping[str, Any]
"""A question, or a mapping with "question" and, if wanted, "k", "max_risk" and "filters" for this one."""
_OPTIONS = ("k", "max_risk", "filters")
_END = object()


class MmragAnswers(AsksModel, RunnableSerializable[Question, dict[str, Any]]):
    """Answers a question from the index; every claim of the answer was checked against the pages.

    The output is the dict of `mmrag ask --json`: `text` (None for a refusal, `reason` then says why), `claims` with
    verdicts and citations, `evidence`, `probability`, `models` and so on. A stream gives it in parts: the evidence,
    each claim once it has its verdict, then the rest; added up they are the output, though a correction may come later
    than it stands there. A mapping may have other keys than those of `Question`, which are left alone.

    Raises what `Corpus.ask` raises.
    """

    model_config = STRICT

    k: int = 8
    max_risk: float | None = None
    filters: Filters | None = None

    def ask(self, question: Question) -> Answer:
        """The answer as the value that `Corpus.ask` gives."""
        text, options = self._understood(question)
        return self.over.ask(text, **options)

    def invoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> dict[str, Any]:
        """The checked answer as a dict; keywords as in `Question` count for this one."""
        return self._call_with_config(self._answer, _with(input, kwargs), config)

    async def ainvoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> dict[str, Any]:
        """As `invoke`, in a thread."""
        return await run_in_executor(config, self.invoke, input, config, **kwargs)

    def stream(
        self, input: Question, config: RunnableConfig | None = None, **kwargs: Any | None
    ) -> Iterator[dict[str, Any]]:
        """Parts of the answer as they come; closing the iterator ends the work at its next step."""
        yield from self._transform_stream_with_config(iter([_with(input, kwargs)]), self._parts, config)

    async def astream(
        self, input: Question, config: RunnableConfig | None = None, **kwargs: Any | None
    ) -> AsyncIterator[dict[str, Any]]:
        """As `stream`, without holding up the event loop."""

        async def questions() -> AsyncIterator[Question]:
            yield _with(input, kwargs)

        parts = self._atransform_stream_with_config(questions(), self._aparts, config)
        try:
            async for part in parts:
                yield part
        finally:
            if callable(close := getattr(parts, "aclose", None)):
                await close()

    def _answer(self, question: Question) -> dict[str, Any]:
        start = time.perf_counter()
        return AddableDict(answer_json(self.ask(question), time.perf_counter() - start))

    def _parts(self, questions: Iterator[Question]) -> Iterator[dict[str, Any]]:
        for question in questions:
            yield from self._told(question)

    async def _aparts(self, questions: AsyncIterator[Question]) -> AsyncIterator[dict[str, Any]]:
        async for question in questions:
            parts = self._told(question)
            try:
                while (part := await run_in_executor(None, next, parts, _END)) is not _END:
                    yield part  # type: ignore[misc]  # a part, where it is not the end
            finally:
                parts.close()  # type: ignore[attr-defined]

    def _told(self, question: Question) -> Iterator[dict[str, Any]]:
        """The parts of an answer. A correction is held back to the end, which may yet leave it out."""
        start = time.perf_counter()
        text, options = self._understood(question)
        evidence: tuple[Evidence, ...] = ()
        shown: list[Claim] = []
        steps = events(lambda tell: self.over.ask(text, progress=tell, **options))
        try:
            for step in steps:
                if isinstance(step, AnswerEvent):
                    if step.evidence and not evidence:
                        evidence = step.evidence
                        yield AddableDict(evidence=[evidence_json(one, rank) for rank, one in enumerate(evidence, 1)])
                    if step.claim is not None and not step.claim.corrects:
                        shown.append(step.claim)
                        yield AddableDict(claims=[claim_json(step.claim, evidence)])
                    continue
                rest = AddableDict(answer_json(step, time.perf_counter() - start))
                left = [claim for claim in step.claims if not _taken(shown, claim)]
                rest["claims"] = [claim_json(claim, step.evidence) for claim in left]
                if evidence:
                    del rest["evidence"]
                yield rest
        finally:
            steps.close()  # type: ignore[attr-defined]

    def _understood(self, question: Question) -> tuple[str, dict[str, Any]]:
        """The question's text, and the options of `Corpus.ask`. Raises `UsageError` for what holds no question."""
        given: Mapping[str, Any] = {"question": question} if isinstance(question, str) else question
        text = given.get("question") if isinstance(given, Mapping) else None
        if not isinstance(text, str):
            raise UsageError("there is no question", 'Give a text, or a mapping with the key "question".')
        options = {name: getattr(self, name) for name in _OPTIONS}
        options |= {name: given[name] for name in _OPTIONS if given.get(name) is not None}
        return text, options


def _with(question: Question, more: Mapping[str, Any]) -> Question:
    """The question with options given to a call; raises `UsageError` for one that there is not."""
    unknown = [name for name in more if name not in _OPTIONS]
    if unknown:
        raise UsageError(f"there is no option {unknown[0]!r}", f"Options: {', '.join(_OPTIONS)}.")
    if not more:
        return question
    return {**({"question": question} if isinstance(question, str) else question), **more}


def _taken(shown: list[Claim], claim: Claim) -> bool:
    """Whether the claim was shown already; each showing counts for one."""
    if claim not in shown:
        return False
    shown.remove(claim)
    return True
