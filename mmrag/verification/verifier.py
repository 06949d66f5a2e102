"""Drafts to claims with verdicts: each part is checked against the pages, cheapest check first.

What a page says is data: nothing in it is followed. Labels that a model wrote only say where to look first; the
citation is found here, after the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mmrag.protocols import PageSource, PairScorer
from mmrag.types import Claim, Draft, Evidence, Part, Verdict
from mmrag.verification.combining import conclude, is_decided, rough_probability
from mmrag.verification.examining import examine
from mmrag.verification.findings import Finding
from mmrag.verification.premises import check_premises
from mmrag.verification.settling import replaced
from mmrag.verification.sheets import Sheet, Sheets
from mmrag.verification.splitting import facts_of
from mmrag.verification.statements import Statement

__all__ = ["PageVerifier"]

_LONGEST_CLAIM = 4_000
_MOST_FACTS = 12
_ENOUGH = 0.9
"""A page that carries a claim this well ends the search."""


@dataclass(frozen=True, slots=True)
class _Checked:
    """One fact at one place of one page."""

    sheet: Sheet
    findings: tuple[Finding, ...]
    passage: str
    probability: float

    def having(self, more: Sequence[Finding]) -> _Checked:
        """With further findings weighed in."""
        findings = (*self.findings, *more)
        return _Checked(self.sheet, findings, self.passage, rough_probability(findings))

    @property
    def quoted(self) -> bool:
        """Whether the page says it word for word."""
        return any(one.check == "quote" for one in self.findings)


class PageVerifier:
    """A `Verifier` that reads the words of the cited pages; needs no model.

    `pages` gives the words of a page. `entailment` scores (evidence, claim) pairs as P(supported), None to do without.
    For one thread at a time.
    """

    def __init__(self, pages: PageSource, entailment: PairScorer | None = None) -> None:
        self._sheets = Sheets(pages)
        self._entailment = entailment

    def verify(self, draft: Draft, evidence: Sequence[Evidence]) -> Iterator[Claim]:
        """One claim for each part of the draft, in order, each as soon as it is decided."""
        for part in draft.parts:
            yield Claim(part.claim, self._verdict(part, draft.question, evidence))

    def repair(self, part: Part, question: str, evidence: Sequence[Evidence]) -> tuple[Part, Claim] | None:
        """The part with its one wrong number replaced by what the page has in its place, checked again.

        None where anything else is wrong too, or where the result is not supported.
        """
        if not evidence or len(facts_of(part.claim[:_LONGEST_CLAIM])) != 1 or "=" in part.claim:
            return None
        best = self._best(Statement(part.claim), question, self._sheets.read(_ordered(part, evidence)))
        wrong = [one for one in best.findings if one.label not in ("supported", None)] if best else []
        if len(wrong) != 1 or wrong[0].instead is None:
            return None
        texts = [replaced(text, *wrong[0].instead) for text in (part.claim, part.text)]
        if texts[0] is None or texts[1] is None:
            return None
        mended = replace(part, claim=texts[0], text=texts[1])
        verdict = self._verdict(mended, question, evidence)
        return (mended, Claim(mended.claim, verdict)) if verdict.label == "supported" else None

    def _verdict(self, part: Part, question: str, evidence: Sequence[Evidence]) -> Verdict:
        if not evidence:
            return Verdict("not_found", 0.01, "there is no evidence to check it against")
        text = part.claim[:_LONGEST_CLAIM]
        facts = facts_of(text)[:_MOST_FACTS]
        if not facts or not any(letter.isalnum() for letter in text):
            return Verdict("not_found", 0.01, "it states nothing that could be checked")
        sheets = self._sheets.read(_ordered(part, evidence))
        verdicts = [self._fact(fact, question, sheets) for fact in facts]
        worst = min(verdicts, key=lambda one: one.probability)
        reason = worst.reason if len(facts) == 1 else f"“{_short(facts[verdicts.index(worst)])}”: {worst.reason}"
        citations = worst.citations
        if worst.label == "supported":
            citations = tuple(dict.fromkeys(one for verdict in verdicts for one in verdict.citations))[:6]
        return Verdict(worst.label, worst.probability, reason, citations)

    def _fact(self, fact: str, question: str, sheets: Sequence[Sheet]) -> Verdict:
        best = self._best(Statement(fact), question, sheets)
        if best is None:
            return Verdict("not_found", 0.02, "nothing on the pages speaks of this")
        best = self._entailed(Statement(fact), best)
        label, reason, citations = conclude(best.findings, best.probability)
        return Verdict(label, best.probability, reason, citations)

    def _best(self, statement: Statement, question: str, sheets: Sequence[Sheet]) -> _Checked | None:
        """The place of all pages that tells most about a statement."""
        best: _Checked | None = None
        for sheet in sheets:
            premises = check_premises(question, sheet, sheets)
            for examined in examine(statement, sheet):
                checked = _Checked(sheet, examined.findings, examined.passage, 0.0).having(premises)
                if best is None or _better(checked, best):
                    best = checked
            if best is not None and best.probability >= _ENOUGH:
                break
        return best

    def _entailed(self, statement: Statement, checked: _Checked) -> _Checked:
        """With text entailment, where the cheap checks leave the claim open."""
        if self._entailment is None or checked.quoted or is_decided(checked.findings):
            return checked
        passage = checked.sheet.passage(checked.passage)
        score = float(self._entailment.score([(passage, statement.text)])[0]) if passage else 0.5
        return checked.having([Finding("entailment", None, score, "the sentences there do not say so")])


def _better(one: _Checked, other: _Checked) -> bool:
    """Support wins; then what only the question's premises refuse; then a page that contradicts over a silent one."""
    if max(one.probability, other.probability) >= 0.5:
        return one.probability > other.probability
    mine, theirs = (
        rough_probability([each for each in side.findings if each.check != "premise"]) for side in (one, other)
    )
    if max(mine, theirs) >= 0.5:
        return mine > theirs
    return _against(one) > _against(other)


def _against(checked: _Checked) -> float:
    contradicted = max((one.strength for one in checked.findings if one.label == "contradicted"), default=0.0)
    coverage = max((one.strength for one in checked.findings if one.check == "coverage"), default=0.0)
    return (contradicted if contradicted >= 0.55 else 0.0) + 0.5 * coverage + 0.2 * checked.probability


def _ordered(part: Part, evidence: Sequence[Evidence]) -> list[Evidence]:
    """The pages that the part cites, then the others; labels that are not there are passed over."""
    cited = [one for one in evidence if one.label in part.labels]
    return cited + [one for one in evidence if one.label not in part.labels]


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79].rstrip() + "…"
