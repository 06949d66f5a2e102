"""What is said of a table right above it: its caption and the unit of its figures."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mmrag.regions.grid_chunks import Line

__all__ = ["caption_and_note", "unit_note"]

_NOTE = re.compile(
    r"\(?\s*(?:(?:all|dollars?|dollar|amounts?|figures|shares|except|usd|us|eur|u\.s\.|tabular|stated|expressed|[$€£¥₩])\s+)*"
    r"(?:dollars\s+)?\bin\s+(?:[$€£¥₩]\s?|u\.?s\.?\s+|us\s+)?(?:thousands|millions|billions|hundreds|000s|percent|percentages|usd)"
    r"(?:\s*[,;]?\s+(?:except|and|other than|unless)\b[^()]{0,60})?\)?"
    r"|\(?\s*(?:[$€£¥₩]\s?)?(?:000['’]?s|in 000s)\b[^()]{0,30}\)?"
    r"|[(\[]?\s*단위\s*[:：]?\s*[^()\[\]]{1,20}[)\]]?",
    re.IGNORECASE,
)


def unit_note(text: str) -> str:
    """The statement of units in a text ("in thousands", "단위: 백만원"), "" if there is none."""
    found = _NOTE.search(text)
    return found[0].strip(" ()[]") if found else ""


def caption_and_note(near: Sequence[Line], heads: Sequence[Line], height: float) -> tuple[str, str]:
    """The text right above a table, at most three lines, and the unit note of its headers, caption or surroundings.

    `near` are the lines above the table, `heads` its headers and first row.
    """
    texts: list[str] = []
    below: Line | None = None
    for line in reversed(near):
        if len(texts) == 3 or (below is not None and below.top - line.bottom > 1.1 * height):
            break
        texts.insert(0, _text(line))
        below = line
    caption = " ".join(texts)
    sources = (" ".join(map(_text, heads)), caption, " ".join(map(_text, near)))
    return caption, next(filter(None, map(unit_note, sources)), "")


def _text(line: Line) -> str:
    return " ".join(chunk.text for chunk in line.chunks)
