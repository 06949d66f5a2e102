"""Probabilities of given answers from a model's own: the sum of the log-probabilities of each answer's tokens.

Knows no model: it is given how to spell in tokens and how likely tokens are. The answers' probabilities are made to add
up to 1 over the answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["weigh"]


def weigh(
    choices: Sequence[str],
    spell: Callable[[str], Sequence[int]],
    log_probabilities: Callable[[Sequence[int]], Sequence[Any]],
    end: int | None,
) -> dict[str, float]:
    """The probability of each choice.

    `spell` gives a text's tokens. `log_probabilities` gives, before each of the tokens it is given, the logarithms over
    the vocabulary (indexed by token), as if those before had been said; for () those of the first step. `end` is the
    token that ends an answer. A choice counts in its own spelling and with a capital, with which many models begin.
    """
    spelt = {choice: _spellings(choice, spell) for choice in choices}
    every = [tokens for spellings in spelt.values() for tokens in spellings]
    if end is not None and any(one != other and other[: len(one)] == one for one in every for other in every):
        # "no" begins "not found" as well: only the end tells them apart
        spelt = {choice: [(*tokens, end) for tokens in some] for choice, some in spelt.items()}
    first = log_probabilities(())[0]
    scores = {}
    for choice, spellings in spelt.items():
        logs = []
        for number, tokens in enumerate(spellings):
            if len(tokens) == 1:
                logs.append(float(first[tokens[0]]))
            elif number == 0:  # another spelling in several tokens is not worth a run of its own
                rows = log_probabilities(tokens)
                logs.append(math.fsum(float(row[token]) for row, token in zip(rows, tokens, strict=True)))
        scores[choice] = _log_sum(logs)
    return _softmax(scores)


def _spellings(choice: str, spell: Callable[[str], Sequence[int]]) -> list[tuple[int, ...]]:
    found = [tuple(spell(text)) for text in dict.fromkeys((choice, choice[:1].upper() + choice[1:]))]
    return [tokens for tokens in dict.fromkeys(found) if tokens]


def _log_sum(logs: Sequence[float]) -> float:
    """The logarithm of the sum of what these are logarithms of; -inf for none."""
    most = max(logs, default=-math.inf)
    return most if math.isinf(most) else most + math.log(math.fsum(math.exp(log - most) for log in logs))


def _softmax(scores: Mapping[str, float]) -> dict[str, float]:
    most = max(scores.values())
    if not math.isfinite(most):
        return dict.fromkeys(scores, 1 / len(scores))
    raised = {name: math.exp(score - most) for name, score in scores.items()}
    total = math.fsum(raised.values())
    return {name: value / total for name, value in raised.items()}
