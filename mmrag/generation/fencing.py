"""Text of files made harmless before it stands in a prompt: what nobody sees and what looks like our own marks.

A page may hold anything, also text that was written to give a model orders. It is put between lines that carry a random
word, which it cannot guess, and everything in it that a model could take for the end of data is broken up.
"""

from __future__ import annotations

import re
import secrets
import unicodedata

__all__ = ["boundary", "fenced", "harmless", "one_line"]

_KEPT = frozenset("\n\t")
_UNSEEN_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
"""Letters by their class that show nothing: fillers of Hangul and others, and the empty Braille cell."""
_UNSEEN_CLASSES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
_SPACES = re.compile(r"[^\S\n]+")
_FENCE = re.compile(r"[<＜﹤‹«〈《]{2,}|[>＞﹥›»〉》]{2,}|[`´｀]{3,}|~{3,}|[=#_*-]{6,}")
_CONTROL = re.compile(r"<\s*[|｜/!]\s*([^<>\n]{0,40}?)\s*[|｜/]?\s*>|<\s*([A-Za-z_][\w-]{0,30})\s*[|｜/]?\s*>")
_BRACKETS = re.compile(r"\[\s*(/?\s*(?:INST|SYS|E\s*\d{1,3}))\s*\]|【\s*(E\s*\d{1,3})\s*】", re.IGNORECASE)
_ROLE = re.compile(r"^(\s*)(system|assistant|user|human|시스템|사용자)\s*[:：]", re.IGNORECASE | re.MULTILINE)


def boundary() -> str:
    """A word that no file can hold, new for each prompt."""
    return secrets.token_hex(6)


def harmless(text: str) -> str:
    """The same text to a reader: unseen characters dropped; fences, control tokens, labels and roles broken up.

    Letters, digits and ordinary punctuation stay, so that what is quoted from it is found on the page.
    """
    text = "".join(character for character in text if not _is_unseen(character))
    text = _FENCE.sub(lambda found: " ".join(found[0][:3]), text)
    text = _CONTROL.sub(lambda found: f"( {found[1] or found[2] or ''} )", text)
    text = _BRACKETS.sub(lambda found: f"( {found[1] or found[2]} )", text)
    text = _ROLE.sub(r"\1\2 -", text)
    return _SPACES.sub(" ", text)


def one_line(text: str, most: int) -> str:
    """Harmless text on one line of at most `most` characters, without quotes: a file name or a title."""
    line = " ".join(harmless(text).replace('"', "'").split())
    return line if len(line) <= most else line[: most - 1] + "…"


def fenced(label: str, mark: str, about: str, text: str) -> str:
    """Harmless text between two lines that carry `mark`."""
    return f"<<<{mark} {label} | {about}\n{text}\n>>>{mark} {label}"


def _is_unseen(character: str) -> bool:
    if character in _KEPT:
        return False
    if character in _UNSEEN_LETTERS or "\ufe00" <= character <= "\ufe0f" or "\U000e0000" <= character <= "\U000e0fff":
        return True
    return unicodedata.category(character) in _UNSEEN_CLASSES
