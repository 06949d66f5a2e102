"""A follow-up rewritten by a model, where the rules leave it as it is; taken only if every word of it was said.

A model that adds a name, a year or a condition of its own would make the search find what nobody asked about.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mmrag.chat.resolving import Exchange, Resolution
from mmrag.chat.words import SMALL
from mmrag.errors import MmragError
from mmrag.protocols import VisionLLM

__all__ = ["may_follow", "rewrite"]

TURNS = 4
MAX_ANSWER = 400
_PROMPT = """Below is a conversation about documents, and the next question of its user, between the marks.
Write the next question as one complete question that can be understood without the conversation.
Use only words of the conversation. Keep its language. If it is complete already, repeat it. Write the question only.

<conversation>
{conversation}
</conversation>
<next question>
{question}
</next question>
Complete question:"""
_WORD = re.compile(r"[^\W_]+(?:[.,:/-]\d+)*", re.UNICODE)
_POINTING = re.compile(
    r"\b(?:it|its|they|them|their|he|she|him|her|his|that|this|those|these|one|ones|there|then|so|same|else|other|instead"
    r"|also|too|again)\b|(?<!\S)(?:그|이|저)(?:것|건|게|걸|거|는|가|를|때|곳|분|중)|거기|그때|그러면|그럼|또|더|나머지|반대로",
    re.IGNORECASE,
)
_HANGUL_ENDINGS = 3  # syllables: particles and endings change from a clause to a question


def may_follow(question: str) -> bool:
    """Whether a question may lean on what was said: short, or with a word that points back."""
    return len(question.split()) <= 4 or bool(_POINTING.search(question))


def rewrite(question: str, history: Sequence[Exchange], llm: VisionLLM) -> Resolution | None:
    """The question as a model makes it whole, or None: not needed, the model failed, or it said words of its own."""
    if not history or not may_follow(question):
        return None
    told = "\n".join(f"User: {_flat(turn.question)}\nAnswer: {_flat(turn.answer)}" for turn in history[-TURNS:])
    try:
        said = llm.complete(_PROMPT.format(conversation=told, question=_flat(question))).text
    except MmragError:
        return None
    lines = [line.strip().strip('"') for line in said.strip().splitlines() if line.strip()]
    if not lines or len(lines[0]) > 2 * MAX_ANSWER:
        return None
    text = " ".join(lines[0].split())
    if _is_same(text, question) or not is_said(text, question, history[-TURNS:]):
        return None
    return Resolution(text, True, "rewritten by the model from the words of the conversation")


def is_said(text: str, question: str, history: Sequence[Exchange]) -> bool:
    """Whether every word of a rewriting was said before, and every word of the question that matters is still there."""
    words, own = _words(text), _words(_POINTING.sub(" ", question))
    said = _words(question)
    for turn in history:
        said |= _words(turn.question) | _words(turn.answer)
    if not words or not all(_known(word, said) for word in words):
        return False
    return all(_known(word, words) for word in own - SMALL)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _known(word: str, said: set[str]) -> bool:
    """The word itself, or for words of letters one with the same stem; a number must be the same."""
    if word in said or word in SMALL:
        return True
    if any(sign.isdigit() for sign in word):
        number = re.sub(r"\D+$", "", word)  # 2018년 and 2018
        return any(re.sub(r"\D+$", "", other) == number for other in said if other[:1] == word[:1])
    if "가" <= word[0] <= "힣":
        return any(_same_stem(word, other) for other in said)
    return any(word.rstrip("s") == other.rstrip("s") for other in said if len(word) > 3)


def _same_stem(word: str, other: str) -> bool:
    """Two Hangul words that differ in what follows their stem."""
    same = 0
    while same < min(len(word), len(other)) and word[same] == other[same]:
        same += 1
    return same >= 1 and len(word) - same <= _HANGUL_ENDINGS and (same >= 2 or len(word) - same <= 1)


def _is_same(text: str, question: str) -> bool:
    return _WORD.findall(text.casefold()) == _WORD.findall(question.casefold())


def _flat(text: str) -> str:
    """One line, short, without the marks that fence it."""
    return " ".join(text.replace("<", "(").replace(">", ")").split())[:MAX_ANSWER]
