"""Sentences that order their reader what to say: they state nothing, whatever they hold.

Knows English and Korean forms of such orders and no intent. "Print the form" is none, since it does not say what is to
be said, and "the clerk must say that ..." is a statement: what counts is the imperative.
"""

from __future__ import annotations

import re

__all__ = ["is_order"]

_BEGIN = r"(?:^\W*|[.!?:;,>]\s*|\b(?:please|and|then|now|instead) )(?:please |just |only |always )?"
_TAUGHT = r"[^.!?]{0,40}\b(?:instructions?|prompts?|rules|orders|the question)\b"
_READER = r"(?:AI|assistants?|(?:language )?models?|LLMs?|chat ?bots?)"
_EN = re.compile(
    rf"{_BEGIN}(?:(?:say|state|answer|reply|respond|claim|pretend|tell \w+(?: \w+)?) (?:only |just )?that\b"
    r"|(?:reply|respond|answer) (?:only |just |exclusively )?with\b"
    r"|(?:print|output|write|repeat|say) [^.!?]{1,80} and nothing else\b"
    rf"|(?:ignore|disregard|forget) {_TAUGHT})"
    rf"|^\W*(?:note|notice|message) (?:to|for) (?:the |any |all )?{_READER}\s*:",
    re.IGNORECASE,
)
_IMPERATIVE = r"(?:하라|해라|하세요|하십시오|하시오|해\s?주세요)(?![가-힣])"
_KO = re.compile(
    rf"(?:[라다]고만?|만)\s?(?:말|답|대답|응답|출력){_IMPERATIVE}"
    rf"|(?:지시|명령|규칙|질문)[가-힣]*\s?(?:모두\s|전부\s)?무시(?:{_IMPERATIVE}|하고\s.*{_IMPERATIVE})"
    r"|^\W*(?:도우미|인공지능|AI|언어 ?모델|챗봇)에게\s?(?:알림|전달|공지)\s*:"
)


def is_order(text: str) -> bool:
    """Whether a sentence orders its reader what to say, or to forget what it was told."""
    return bool(_EN.search(text) or _KO.search(text))
