"""Drafts to claims with verdicts: each part is checked against the pages, cheapest check first.

What a page says is data: nothing in it is followed. Labels that a model wrote only say where to look first; the
citation is found here, after the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mmrag.protocols import PageSource, PairScorer
from mmrag.types import Claim, Draft, Evidence, Part, Verdict
from mmrag.verification.combining import conclude, rough_probability
from mmrag.verification.examining import examine
from mmrag.verification.findings import Finding
from mmrag.verification.premises import check_premises
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
    """One fact on one page."""

    findings: tuple[Finding, ...]
    probability: float


class PageVerifier:
    """A `Verifier` that reads the words of the cited pages; needs no model.

    `pages` gives the words of a page. `entailment` scores (evidence, claim) pairs as P(supported), None to do without.
    `looks` are further checks with pixels or a vision model, called for claims that text alone leaves open:
    `look(statement, sheet) -> Findings`. May be used by one thread at a time.
    """

    def __init__(
        self,
        pages: PageSource,
        entailment: PairScorer | None = None,
        looks: Sequence[Callable[[str, Evidence], Sequence[Finding]]] = (),
    ) -> None:
        self._sheets = Sheets(pages)
        self._entailment = entailment
        self._looks = tuple(looks)

    def verify(self, draft: Draft, evidence: Sequence[Evidence]) -> Iterator[Claim]:
        """One claim for each part of the draft, in order, each as soon as it is decided."""
        for part in draft.parts:
            yield Claim(part.claim, self._verdict(part, draft.question, evidence))

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
        statement = Statement(fact)
        best: _Checked | None = None
        for sheet in sheets:
            for findings in examine(statement, sheet):
                all_of = (*findings, *check_premises(question, sheet, sheets))
                checked = self._weighed(statement, sheet, all_of)
                if best is None or _better(checked, best):
                    best = checked
            if best is not None and best.probability >= _ENOUGH:
                break
        if best is None:
            return Verdict("not_found", 0.02, "nothing on the pages speaks of this")
        label, reason, citations = conclude(best.findings, best.probability)
        return Verdict(label, best.probability, reason, citations)

    def _weighed(self, statement: Statement, sheet: Sheet, findings: tuple[Finding, ...]) -> _Checked:
        """With entailment and looks asked only where the cheap checks leave the claim open."""
        value = rough_probability(findings)
        decided = any(one.label in ("contradicted", "not_found") and one.strength > 0.6 for one in findings)
        quoted = any(one.check == "quote" for one in findings)
        if not decided and not quoted and self._entailment is not None:
            passage = _passage(findings)
            if passage:
                score = float(self._entailment.score([(passage, statement.text)])[0])
                findings = (*findings, Finding("entailment", None, score, "the sentences there do not say so"))
                value = rough_probability(findings)
        if 0.2 < value < _ENOUGH:
            for look in self._looks:
                findings = (*findings, *look(statement.text, sheet.evidence))
            value = rough_probability(findings)
        return _Checked(findings, value)


def _passage(findings: Sequence[Finding]) -> str:
    """The words that the checks looked at."""
    quotes = [citation.quote for one in findings if one.check == "coverage" for citation in one.citations]
    return " ".join(dict.fromkeys(quotes))


def _better(one: _Checked, other: _Checked) -> bool:
    """Support wins; without it, a page that contradicts tells more than one that is silent."""
    if max(one.probability, other.probability) >= 0.5:
        return one.probability > other.probability
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
