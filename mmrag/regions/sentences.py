"""Where sentences end in a list of words: English, Korean, Chinese, Japanese.

A rule of a few lines, not a model: it must cost microseconds. A missed end only makes a longer unit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["sentence_ends"]

_END = re.compile(r"[.!?…。！？．｡][\"'”’»)\]）」』】]*$")
_WIDE_END = re.compile(r"[。！？．｡][”’）」』】]*$")
_ABBREVIATION = re.compile(
    r"^\W*(?:[A-Za-z]|\d+|[A-Za-z](?:\.[A-Za-z])+|mr|mrs|ms|dr|prof|st|jr|sr|vs|etc|fig|figs|eq|sec|no|vol|pp?|al|cf|ca"
    r"|inc|corp|co|ltd|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.$",
    re.IGNORECASE,
)


def sentence_ends(words: Sequence[str]) -> list[int]:
    """Positions after which a sentence ends, ascending; the last is always `len(words)` (none for no words).

    A full stop ends no sentence after a known abbreviation, an initial or a number, nor before a lower-case word.
    """
    ends = []
    for position, word in enumerate(words[:-1]):
        if not _END.search(word):
            continue
        if _WIDE_END.search(word) or not (_ABBREVIATION.match(word) or words[position + 1][:1].islower()):
            ends.append(position + 1)
    return [*ends, len(words)] if words else []
