"""Questions with given answers: how they are asked of a model that only writes, and how its answer is read."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from mmrag.llms.listening import without_thinking
from mmrag.protocols import Completion

__all__ = ["TopTokens", "ask", "chosen", "decided", "undecided"]

TopTokens = Sequence[tuple[str, Mapping[str, float]]]
"""Every token that was said, with the log-probabilities of the likeliest ones in its place."""

_LEAST_MASS = 0.2
"""Share of the probability that must lie on the choices; with less, the model was about to say something else."""
_HANGUL = re.compile("[가-힣]")


def ask(prompt: str, choices: Sequence[str]) -> str:
    """The prompt with the request for one of the choices, in the language of the prompt."""
    listed = ", ".join(choices)
    if len(_HANGUL.findall(prompt)) * 4 > len(prompt):
        return f"{prompt}\n\n다음 중 하나로만 답하세요: {listed}"
    return f"{prompt}\n\nAnswer with exactly one of these and nothing else: {listed}"


def decided(text: str, choices: Sequence[str]) -> bool:
    """Whether enough was said to know the choice, so that listening can stop."""
    said = without_thinking(text).strip()
    return len(said) > max(map(len, choices), default=0) + 24


def chosen(text: str, choices: Sequence[str], tokens: TopTokens = ()) -> Completion:
    """The choice that was made, with probabilities where `tokens` give them. See `undecided` for none or several."""
    probabilities = _probabilities(choices, tokens)
    if probabilities is not None:
        return Completion(max(probabilities, key=probabilities.__getitem__), probabilities)
    said = _plain(without_thinking(text))
    first = [choice for choice in choices if _starts(said, _plain(choice))]
    if first:  # the longest, where one begins as another does
        return Completion(max(first, key=len))
    named = [choice for choice in choices if re.search(rf"(?<!\w){re.escape(_plain(choice))}(?!\w)", said)]
    return Completion(named[0]) if len(named) == 1 else undecided(choices)


def undecided(choices: Sequence[str]) -> Completion:
    """What stands for no choice: the last one, and all equally likely, so that nobody takes it for an answer.

    Callers name the cautious choice last.
    """
    return Completion(choices[-1], dict.fromkeys(choices, 1 / len(choices)))


def _plain(text: str) -> str:
    return re.sub(r"[\s\"'`*_.:]+", " ", text).strip().casefold()


def _starts(said: str, choice: str) -> bool:
    return bool(choice) and said.startswith(choice) and not re.match(r"[a-z0-9]", said[len(choice) :])


def _probabilities(choices: Sequence[str], tokens: TopTokens) -> dict[str, float] | None:
    """Of the first token that says something: the share of tokens that begin one choice and no other."""
    before = ""
    for token, likeliest in tokens:
        said = without_thinking(before + token)
        before += token
        if not _plain(said) or not _plain(token):
            continue
        mass = dict.fromkeys(choices, 0.0)
        for alternative, logarithm in likeliest.items():
            begun = _plain(alternative)
            fits = [choice for choice in choices if begun and _plain(choice).startswith(begun)]
            if len(fits) == 1 and logarithm <= 0.0:
                mass[fits[0]] += math.exp(logarithm)
        total = math.fsum(mass.values())
        return {choice: share / total for choice, share in mass.items()} if total >= _LEAST_MASS else None
    return None
