"""Checked claims to an answer: what may be shown is shown, what may not is struck, and nothing left is a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mmrag.types import Answer, Claim, Draft, Evidence, Part

__all__ = ["DEFAULT_MAX_RISK", "Repair", "replaced", "settle"]

DEFAULT_MAX_RISK = 0.4
"""The chance of being wrong that a part of an answer may have."""


Repair = Callable[[Part], "tuple[Part, Claim] | None"]
"""A part that the page contradicts to the same part with the page's own number, and its claim checked again."""


def settle(
    draft: Draft,
    claims: Sequence[Claim],
    evidence: Sequence[Evidence],
    max_risk: float = DEFAULT_MAX_RISK,
    repair: Repair | None = None,
) -> Answer:
    """The answer made of the parts whose chance of being wrong is within `max_risk`, or a refusal with its reason.

    A part is shown where its claim is supported at that risk and the generator, where it can say, is as sure that it
    answers the question. `claims` are those of `draft.parts`, in order; all of them are kept in the answer, and the
    repaired ones behind them. `repair` may replace a wrong number by the one that the page has; without it such a
    part is struck.
    """
    kept: list[tuple[Part, Claim]] = []
    mended: list[Claim] = []
    for part, claim in zip(draft.parts, claims, strict=False):
        chosen = (part, claim)
        if repair is not None and claim.verdict.label == "contradicted":
            again = repair(part)
            if again is not None and _allowed(*again, max_risk):
                chosen = again
                mended.append(again[1])
        if chosen[1].verdict.label == "supported" and _allowed(*chosen, max_risk):
            kept.append(chosen)
    every = (*claims, *mended)
    if not kept:
        reason = _refusal(draft, claims, max_risk)
        return Answer(draft.question, None, reason, every, tuple(evidence), usage=draft.usage)
    chance = min(_chance(part, claim) for part, claim in kept)
    text = _composed(kept, evidence)
    reason = _changes(claims, len(kept), len(mended))
    return Answer(draft.question, text, reason, every, tuple(evidence), usage=draft.usage, probability=chance)


def _changes(claims: Sequence[Claim], kept: int, mended: int) -> str:
    """What was struck out and corrected, "" for nothing."""
    struck = len(claims) - kept
    said = [f"{struck} of {len(claims)} statements struck out"] if struck else []
    said += [f"{mended} corrected to what the page says"] if mended else []
    return f"{', '.join(said)}: {_worst(claims)}" if said else ""


_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")


def replaced(text: str, wrong: str, right: str) -> str | None:
    """The text with the digits of one number in place of another's; None where that is not one clear replacement.

    Scale words, units and signs stay those of the text, so a number that needs others is left alone.
    """
    old, new = _DIGITS.search(wrong), _DIGITS.search(right)
    if old is None or new is None or any(letter.isalpha() for letter in wrong + right):
        return None
    if ("(" in right or "-" in right) != ("(" in wrong or "-" in wrong) or ("%" in right) != ("%" in wrong):
        return None
    places = [found for found in _DIGITS.finditer(text) if found.group() == old.group()]
    if len(places) != 1:
        return None
    return text[: places[0].start()] + new.group() + text[places[0].end() :]


def _allowed(part: Part, claim: Claim, max_risk: float) -> bool:
    return 1 - _chance(part, claim) <= max_risk + 1e-9


def _chance(part: Part, claim: Claim) -> float:
    """The chance that a part is right: it has to be on the page and to answer the question."""
    return min(claim.verdict.probability, 1.0 if part.confidence is None else part.confidence)


def _refusal(draft: Draft, claims: Sequence[Claim], max_risk: float) -> str:
    if not draft.parts:
        return draft.note or "The evidence does not state an answer."
    supported = [claim for claim in claims if claim.verdict.label == "supported"]
    if supported:
        risk = 1 - max(claim.verdict.probability for claim in supported)
        sure = [part.confidence for part in draft.parts if part.confidence is not None]
        risk = max(risk, 1 - max(sure)) if sure else risk
        return f"The best answer found may be wrong with a chance of {risk:.0%}; {max_risk:.0%} is allowed."
    return f"No statement of the draft is carried by the evidence: {_worst(claims)}"


def _worst(claims: Sequence[Claim]) -> str:
    open_ = [claim for claim in claims if claim.verdict.label != "supported"]
    chosen = min(open_ or claims, key=lambda claim: claim.verdict.probability)
    return f"{chosen.verdict.reason or 'not found'}."


def _composed(kept: Sequence[tuple[Part, Claim]], evidence: Sequence[Evidence]) -> str:
    """The texts of the parts with the labels of the pages that carry them."""
    pieces: list[tuple[str, str]] = []
    for part, claim in kept:
        labels = _labels(claim, evidence)
        pieces.append((part.text.strip(), "".join(f"[{label}]" for label in labels)))
    texts: list[str] = []
    for text, label in pieces:
        marked = (
            f"{text} {label}".strip()
            if text[-1:] not in ".!?。"
            else f"{text[:-1]} {label}{text[-1]}"
            if label
            else text
        )
        texts.append(marked)
    sentences = all(text.rstrip()[-1:] in ".!?。" for text in texts)
    if len(texts) == 1 or sentences:
        return " ".join(texts)
    long = any(len(text) > 60 for text in texts)
    return "\n".join(f"- {text}" for text in texts) if long else "; ".join(texts)


def _labels(claim: Claim, evidence: Sequence[Evidence]) -> list[str]:
    cited = {(citation.region.document.id, citation.region.page) for citation in claim.verdict.citations}
    return [one.label for one in evidence if one.label and (one.region.document.id, one.region.page) in cited]
