"""Keys: read from the environment only, and kept out of every message."""

from __future__ import annotations

import os
import re

from mmrag.errors import UsageError

__all__ = ["key", "scrubbed"]

_NAMES = ("MMRAG_LLM_KEY", "OPENAI_API_KEY")
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
_LOOKS_SECRET = re.compile(r"\b(sk|key|hf|gsk|xai)[-_][\w*.-]{6,}|(?i:bearer)\s+\S+")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")
_MOST = 300


def key() -> str:
    """The key for the server that the user named: `MMRAG_LLM_KEY`, else `OPENAI_API_KEY`, else "".

    An empty `MMRAG_LLM_KEY` sends none. Raises `UsageError` for one that cannot stand in a header.
    """
    for name in _NAMES:
        if name not in os.environ:
            continue
        value = os.environ[name].strip()
        if not re.fullmatch(r"[\x21-\x7e]*", value):
            raise UsageError(f"{name} holds characters that no key has", "Set it again, without spaces or quotes.")
        return value
    return ""


def scrubbed(text: str) -> str:
    """A server's or a library's message: one line, bounded, without control characters and without any key."""
    for name, value in os.environ.items():
        if len(value) >= 6 and _SECRET_NAME.search(name):
            text = text.replace(value, "***")
    text = _UNSEEN.sub(" ", _LOOKS_SECRET.sub("***", text)).strip()
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"
