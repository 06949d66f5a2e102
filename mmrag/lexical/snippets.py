"""The part of a text that shows best why it matches a question, with the matches marked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mmrag.lexical.tokens import query_terms, word_terms

__all__ = ["Snippet", "snippet"]

_ELLIPSIS = "…"
# Stretches of one kind of script inside a word, so that of "Q3매출" only what was asked for is marked.
_STRETCH = re.compile(
    r"[\uac00-\ud7a3]+|[\u3005\u3040-\u30ff\u3400-\u9fff]+|(?:(?![\uac00-\ud7a3\u3005\u3040-\u30ff\u3400-\u9fff])\w)+"
)
_SENTENCE_END = (".", "!", "?", "。", "！", "？", ":", ";")
_MAX_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class Snippet:
    """One line of text; `spans` are the (start, end) of its matches in characters of `text`, ascending, apart."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Match:
    start: int
    end: int
    terms: frozenset[str]


def snippet(text: str, query: str, width: int = 160) -> Snippet:
    """The window of `text` with the most of the query's terms, at most `width` (4 or more) columns wide.

    East Asian wide characters count two columns. White space is collapsed; the window starts at a sentence where one
    begins close by, else at a word, and says by "…" where it leaves text out.
    """
    line = " ".join(text[:_MAX_CHARACTERS].split())
    weights = query_terms(query)
    matches = _matches(line, weights)
    if columns(line) <= width:
        return Snippet(line, _spans(matches, 0, len(line), 0))
    room = max(width - 2, 1)
    start, end = _window(line, matches, weights, room)
    prefix = _ELLIPSIS if start > 0 else ""
    shown = line[start:end]
    suffix = _ELLIPSIS if end < len(line) else ""
    return Snippet(f"{prefix}{shown}{suffix}", _spans(matches, start, end, len(prefix)))


def columns(text: str) -> int:
    """Columns that a terminal needs for a text."""
    return len(text) + sum(_is_wide(character) for character in text if character >= "\u1100")


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")


def _matches(line: str, weights: Mapping[str, float]) -> list[_Match]:
    found = []
    for word in re.finditer(r"\S+", line):
        terms = weights.keys() & set(word_terms(word[0]))
        if not terms:
            continue
        inner = [
            _Match(word.start() + start, word.start() + end, hit)
            for stretch in _STRETCH.finditer(word[0])
            for start, end, hit in _in_stretch(stretch[0], stretch.start(), weights)
        ]
        covered = frozenset().union(*(match.terms for match in inner))
        if inner and not any(len(term) > 1 for term in terms - covered):
            found.extend(inner)
            continue
        trimmed = re.search(r"\w.*\w|\w", word[0])
        if trimmed:
            found.append(_Match(word.start() + trimmed.start(), word.start() + trimmed.end(), frozenset(terms)))
    return found


def _in_stretch(text: str, offset: int, weights: Mapping[str, float]) -> list[tuple[int, int, frozenset[str]]]:
    terms = frozenset(weights.keys() & set(word_terms(text)))
    if not terms:
        return []
    if text[0] < "\u3000":
        return [(offset, offset + len(text), terms)]
    # Without spaces between words, mark just the characters asked for: a stem without its particle, or pairs.
    flags = [False] * len(text)
    for term in terms:
        for hit in re.finditer(f"(?={re.escape(term)})", text):
            flags[hit.start() : hit.start() + len(term)] = [True] * len(term)
    runs = re.finditer("1+", "".join("1" if flag else "0" for flag in flags))
    return [(offset + run.start(), offset + run.end(), terms) for run in runs]


def _window(line: str, matches: Sequence[_Match], weights: Mapping[str, float], room: int) -> tuple[int, int]:
    """Start and end of the best stretch of at most `room` columns."""
    at = _cumulative(line)
    best, best_value = (0, 0), -1.0
    for first, match in enumerate(matches):
        seen: set[str] = set()
        last = match.end
        value = 0.0
        for other in matches[first:]:
            if at[other.end] - at[match.start] > room:
                break
            # Longer terms say more; the first occurrence counts most.
            value += sum(weights[term] * min(len(term), 8) for term in other.terms - seen) + 0.1
            seen |= other.terms
            last = other.end
        if value > best_value:
            best, best_value = (match.start, last), value
    return _grown(line, at, best, room)


def _grown(line: str, at: Sequence[int], core: tuple[int, int], room: int) -> tuple[int, int]:
    """The core with text around it: from the start of its sentence if that is near, filled up behind."""
    start, end = core
    if at[end] - at[start] > room:  # One word wider than the window.
        end = start
        while at[end + 1] - at[start] <= room:
            end += 1
        return start, max(end, start + 1)
    spare = room - (at[end] - at[start])
    begin = start
    while begin > 0 and at[start] - at[begin - 1] <= spare * 2 // 3:
        begin -= 1
        if line[begin] == " " and line[:begin].endswith(_SENTENCE_END):
            break
    begin = _word_start(line, begin, start)
    stop = end
    while stop < len(line) and at[stop + 1] - at[begin] <= room:
        stop += 1
    if stop == len(line):  # The end of the text: use the room in front.
        while begin > 0 and at[stop] - at[begin - 1] <= room:
            begin -= 1
        return _word_start(line, begin, start), stop
    return begin, _word_end(line, stop, end)


def _word_start(line: str, begin: int, limit: int) -> int:
    """The next start of a word at or after `begin`; `begin` itself where no space comes before `limit`."""
    if begin == 0:
        return 0
    if line[begin - 1] != " ":
        space = line.find(" ", begin, limit)
        begin = space + 1 if space >= 0 else begin
    return begin


def _word_end(line: str, stop: int, limit: int) -> int:
    if stop == len(line) or line[stop] == " ":
        return stop
    space = line.rfind(" ", limit, stop)
    return space if space > 0 else stop


def _cumulative(line: str) -> list[int]:
    """Columns before each character, and before the end."""
    total = 0
    result = [0]
    for character in line:
        total += 2 if character >= "\u1100" and _is_wide(character) else 1
        result.append(total)
    return result


def _spans(matches: Sequence[_Match], start: int, end: int, shift: int) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for match in sorted(matches, key=lambda match: (match.start, match.end)):
        left, right = max(match.start, start) - start + shift, min(match.end, end) - start + shift
        if left >= right:
            continue
        if merged and left <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(right, merged[-1][1]))
        else:
            merged.append((left, right))
    return tuple(merged)
