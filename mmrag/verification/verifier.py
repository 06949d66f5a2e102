"""Drafts to claims with verdicts: each part is checked against the pages, cheapest check first.

What a page says is data: nothing in it is followed. Labels that a model wrote only say where to look first; the
citation is found here, after the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mmrag.lexical.orders import is_order
from mmrag.protocols import PageSource, PairScorer, WordScorer
from mmrag.types import Claim, Draft, Evidence, Part, Verdict
from mmrag.verification.calibration import Signs, likely, supported_from
from mmrag.verification.combining import bounded, conclude, is_decided, rough_probability
from mmrag.verification.conflicts import check_conflict
from mmrag.verification.examining import examine
from mmrag.verification.findings import Finding
from mmrag.verification.premises import check_premises
from mmrag.verification.settling import replaced
from mmrag.verification.sheets import Sheet, Sheets
from mmrag.verification.splitting import facts_of
from mmrag.verification.statements import Statement

__all__ = ["REFUTED", "Observed", "PageVerifier"]

_LONGEST_CLAIM = 10_000
_MOST_FACTS = 40
_HALF = 0.5
"""P(supported) from which on a place carries a claim by rule."""
_ENOUGH = 0.9
"""A page that carries a claim this well ends the search."""
REFUTED = 0.35
"""P(supported) at most of what a check has refuted firmly, whatever the sentences sound like."""


@dataclass(frozen=True, slots=True)
class _Checked:
    """One fact at one place of one page."""

    sheet: Sheet
    findings: tuple[Finding, ...]
    passage: str
    probability: float
    tabled: bool = False

    def having(self, more: Sequence[Finding]) -> _Checked:
        """With further findings weighed in."""
        findings = (*self.findings, *more)
        return replace(self, findings=findings, probability=rough_probability(findings))

    @property
    def quoted(self) -> bool:
        """Whether the page says it word for word."""
        return any(one.check == "quote" for one in self.findings)

    @property
    def is_open(self) -> bool:
        """Whether its words leave room for entailment: neither quoted, nor looked up in cells or worked out."""
        return not (self.tabled or self.quoted or any(one.check == "arithmetic" for one in self.findings))

    @property
    def coverage(self) -> float:
        """The share of its words that stand there, 0 to 1."""
        return max((one.strength for one in self.findings if one.check == "coverage"), default=1.0)


@dataclass(frozen=True, slots=True)
class Observed:
    """What is known of a claim: its facts where they stand best, how long it is, and what entailment says, if asked."""

    facts: tuple[_Checked, ...]
    words: int
    entailed: float | None = None

    @property
    def worst(self) -> _Checked:
        """The fact that is least likely supported."""
        return min(self.facts, key=lambda one: one.probability)

    @property
    def passage(self) -> str:
        """The text of the pages that the facts stand on."""
        return "\n".join(dict.fromkeys(one.sheet.passage(one.passage) for one in self.facts))

    @property
    def coverage(self) -> float:
        """The mean over the facts."""
        return sum(one.coverage for one in self.facts) / max(1, len(self.facts))

    @property
    def probability(self) -> float:
        """P(supported): by rule, or calibrated where entailment was asked; false premises of the question bound it."""
        if self.entailed is None:
            return self.worst.probability
        # Neither a false premise nor a page that says otherwise too is a matter of what the sentences sound like.
        premises = [one for one in self.worst.findings if one.check in ("premise", "conflict")]
        rest = [one for one in self.worst.findings if one.check not in ("premise", "conflict")]
        signs = Signs(rough_probability(rest), self.entailed, self.coverage, len(self.facts), self.words)
        value = bounded(likely(signs), premises)
        return min(value, REFUTED) if is_decided(self.worst.findings) else value


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
        if not evidence or len(part.claim) > _LONGEST_CLAIM or len(facts_of(part.claim)) != 1 or "=" in part.claim:
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
        facts = facts_of(part.claim) if len(part.claim) <= _LONGEST_CLAIM else ()
        if len(part.claim) > _LONGEST_CLAIM or len(facts) > _MOST_FACTS:
            return Verdict("not_found", 0.01, "it states too much to be checked at once")
        if not facts or not any(letter.isalnum() for letter in part.claim):
            return Verdict("not_found", 0.01, "it states nothing that could be checked")
        if is_order(part.claim):
            return Verdict("not_found", 0.02, "it states nothing, it only tells its reader what to say")
        observed = self.observe(part.claim, question, self._sheets.read(_ordered(part, evidence)))
        if observed is None:
            return Verdict("not_found", 0.02, "nothing on the pages speaks of this")
        threshold = 0.5 if observed.entailed is None else supported_from(len(facts))
        findings = observed.worst.findings
        if observed.entailed is not None and observed.probability < threshold:
            findings = (*findings, Finding("entailment", "not_found", 0.5, self._unsaid(part.claim, observed)))
        label, reason, citations = conclude(findings, observed.probability, threshold)
        if len(observed.facts) > 1:
            reason = f"“{_short(facts[observed.facts.index(observed.worst)])}”: {reason}"
        if label == "supported":
            every = [conclude(one.findings, 1.0)[2] for one in observed.facts]
            citations = tuple(dict.fromkeys(one for cited in every for one in cited))[:6]
        return Verdict(label, observed.probability, reason, citations)

    def observe(self, claim: str, question: str, sheets: Sequence[Sheet]) -> Observed | None:
        """What checks and text entailment say of a claim, one fact after the other; None where a fact is nowhere."""
        facts = []
        for fact in facts_of(claim):
            best = self._best(Statement(fact), question, sheets)
            if best is None:
                return None
            facts.append(best)
        observed = Observed(tuple(facts), len(claim.split()))
        if self._entailment is not None and any(one.is_open for one in facts):
            return replace(observed, entailed=float(self._entailment.score([(observed.passage, claim)])[0]))
        return observed

    def _unsaid(self, claim: str, observed: Observed) -> str:
        """What to say of a claim that only entailment refuses."""
        if isinstance(self._entailment, WordScorer):
            doubted = self._entailment.suspects(observed.passage, claim, 1)
            if doubted and doubted[0][1] >= 0.5:
                return f"the sentences there do not say “{doubted[0][0]}”"
        return "the sentences there do not say so"

    def _best(self, statement: Statement, question: str, sheets: Sequence[Sheet]) -> _Checked | None:
        """The place of all pages that tells most about a statement; refused where the document says otherwise too."""
        best = self._place(statement, question, sheets)
        if best is None or best.probability < _HALF or any(one.check == "arithmetic" for one in best.findings):
            return best
        conflict = check_conflict(statement, best.sheet, sheets)
        return best if conflict is None else best.having([conflict])

    def _place(self, statement: Statement, question: str, sheets: Sequence[Sheet]) -> _Checked | None:
        """The place of all pages that tells most about a statement."""
        best: _Checked | None = None
        for sheet in sheets:
            premises = check_premises(question, sheet, sheets)
            for examined in examine(statement, sheet):
                checked = _Checked(sheet, examined.findings, examined.passage, 0.0, examined.tabled).having(premises)
                if best is None or _better(checked, best):
                    best = checked
                if any(one.check == "quote" for one in examined.findings) and checked.probability >= _ENOUGH:
                    return checked
            if best is not None and best.probability >= _ENOUGH:
                break
        return best


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
