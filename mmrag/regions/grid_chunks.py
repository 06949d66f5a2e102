"""Words of a page as chunks (runs of words that could be one cell) and lines of chunks, column of text by column.

Knows nothing of headers and rows. Widths are measured in the page's own character width, so that no page size is
needed. Upright text only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import Literal

from mmrag.types import Box, Word

__all__ = ["Chunk", "Kind", "Line", "Zone", "is_value", "is_year", "kind_of", "zones_of"]

Kind = Literal["value", "year", "text"]

_UNITS = (
    "thousands?|millions?|billions?|trillions?|years?|yrs?|months?|days?|weeks?|hours?|bps?|pts?|pp|ppts?|mn|bn|tn|kg|km|cm|mm"
    "|USD|EUR|GBP|KRW|US|HK|NT|per|share|shares|times|st|nd|rd|th|[xKkMBm]|(?:[조억만천백십]*원)|억|만|천|백|십|조|개월|개소|개국|개년"
    "|시간|주일|분기|리터|그램|미터|킬로미터|달러|유로|위안|퍼센트|명|개|건|대|년|월|일|배|회|호|주|위|세|점|톤|인|분|초|시|동|층|권|곳|가구|p|bp"
)
_VALUE = re.compile(rf"(?:\d|[^\w\s]|\s|_|(?<![^\W\d_])(?:{_UNITS})(?![a-z]))+")
_DASH = re.compile(r"[-–—−‒―.·*$\s()%]*[-–—−‒―][-–—−‒―$\s()%]*|n/?a\.?|nil|none|해당\s?없음", re.IGNORECASE)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = re.compile(
    rf"(?:(?:at|as of|through|to|and|ended|ending|the|year|years|fiscal|fy|cy|q[1-4]|[1-4]q|{_MONTH}"
    r"|\d{1,2}(?:st|nd|rd|th)?|first|second|third|fourth|quarter|half|h[12]|[12]h|(?:19|20)\d\d[ef]?|'\d\d|\d\d(?=[./]\d)|제|년|월|일|말|기"
    r"|분기|상반기|하반기|연간|누적|\d{1,3}\s?기|[1-4]\s?분기|[1-4]\s?/\s?4\s?분기|당기|전기|당분기|전분기|전년|전년동기|동기)|[\s,./~–—()-])+",
    re.IGNORECASE,
)
_HAS_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d|[,.]\d{3})|(?i:q[1-4]|quarter|fy\s?'?\d\d)|분기|당기|전기|반기|\d기")
_UNIT_ONLY = re.compile(r"\(?(?:US)?[$€£¥₩%#]\)?(?:\s*\(\d{1,2}\))*")
_SIGN = re.compile(r"(?:US|HK|NT|C|A|CA)?[$€£¥₩](?:\()?|[(]|RMB|USD")
_TRAILER = re.compile(r"[)%]+|%p|\)%")
_LEADER = re.compile(r"[.·…_]+")
_NOTE_MARK = re.compile(r"\((?:\d{1,2}|[a-z])\)|[*†‡§]+|\[\d{1,2}\]|주\d?\)")


@dataclass(slots=True)
class Chunk:
    """Words of one line with no more than a space between; `words` are indexes into the page's words."""

    text: str
    kind: Kind
    left: float
    top: float
    right: float
    bottom: float
    words: list[int] = field(default_factory=list)

    @property
    def middle(self) -> float:
        """Height of the centre line."""
        return (self.top + self.bottom) / 2

    @property
    def centre(self) -> float:
        """Horizontal centre."""
        return (self.left + self.right) / 2

    @property
    def box(self) -> Box:
        """As a box of the page."""
        return Box(self.left, self.top, self.right, self.bottom)


@dataclass(slots=True)
class Line:
    """Chunks of one height, from left to right."""

    chunks: list[Chunk]
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        """Height of the centre line."""
        return (self.top + self.bottom) / 2


@dataclass(slots=True)
class Zone:
    """Lines of one column of text, from top to bottom; `unit` is the width of a character, `height` that of type."""

    lines: list[Line]
    unit: float
    height: float
    words: Sequence[Word]


@lru_cache(maxsize=20_000)
def is_value(text: str) -> bool:
    """Whether a text is a number with at most signs, units and footnote marks, or a dash that stands for one."""
    if len(text) > 40 or text[-1:] in ",;" or _UNIT_ONLY.fullmatch(text):
        return False
    if _DASH.fullmatch(text):
        return True
    return any(map(str.isdigit, text)) and _VALUE.fullmatch(text) is not None


def is_year(text: str) -> bool:
    """Whether a text is nothing but a year, date, quarter or other period of a report."""
    return len(text) <= 60 and _YEAR.fullmatch(text) is not None and _HAS_YEAR.search(text) is not None


@lru_cache(maxsize=20_000)
def kind_of(text: str) -> Kind:
    """What a cell's text is."""
    if is_year(text):
        return "year"
    return "value" if is_value(text) else "text"


def zones_of(words: Sequence[Word]) -> list[Zone]:
    """The page's columns of text, each with its lines; one zone for a page of one column."""
    kept = [index for index, word in enumerate(words) if not _LEADER.fullmatch(word.text) and word.box.area > 0]
    if not kept:
        return []
    unit, height = _measures(words, kept)
    if unit <= 0 or height <= 0:
        return []
    chunks = _chunks(words, kept, unit, height)
    zones = []
    for group in _split_columns(chunks, unit):
        lines = _lines(group)
        for line in lines:
            line.chunks = _join_signs(line.chunks, words)
        zones.append(Zone(lines, unit, height, words))
    return zones


def _width(text: str) -> int:
    """Characters, those of full width counted twice."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _measures(words: Sequence[Word], kept: list[int]) -> tuple[float, float]:
    """Median width of a character and height of a word."""
    units = [(words[i].box.right - words[i].box.left) / _width(words[i].text) for i in kept if len(words[i].text) > 1]
    heights = [words[i].box.bottom - words[i].box.top for i in kept]
    return (median(units) if units else 0.0), median(heights)


def _chunks(words: Sequence[Word], kept: list[int], unit: float, height: float) -> list[Chunk]:
    """Runs in reading order first, then those that meet on the page though not in the order of the file."""
    runs: list[Chunk] = []
    for index in kept:
        word = words[index]
        box = word.box
        last = runs[-1] if runs else None
        if last is not None and _joins(last, words[last.words[-1]].text, word.text, box, unit, height):
            last.words.append(index)
            last.right = max(last.right, box.right)
            last.top = min(last.top, box.top)
            last.bottom = max(last.bottom, box.bottom)
        else:
            runs.append(Chunk("", "text", box.left, box.top, box.right, box.bottom, [index]))
    runs = _merge_runs(runs, words, unit, height)
    for run in runs:
        _retext(run, words)
    return runs


def _joins(last: Chunk, before: str, after: str, box: Box, unit: float, height: float) -> bool:
    least = min(last.bottom - last.top, box.bottom - box.top)
    if min(last.bottom, box.bottom) - max(last.top, box.top) < 0.5 * least:
        return False
    local = unit * min(2.0, max(0.7, least / height))
    gap = box.left - last.right
    if not -local < gap <= 1.5 * local:
        return False
    if before[-1:].isdigit() or before[-1:] in ")%—–-":
        # Two numbers side by side are two cells sooner than two words are: columns of figures are set close.
        if _SIGN.fullmatch(after) and is_value(before):
            return False
        return gap <= 0.9 * local or not (is_value(after) and is_value(before))
    return True


def _merge_runs(runs: list[Chunk], words: Sequence[Word], unit: float, height: float) -> list[Chunk]:
    runs.sort(key=lambda run: (run.left, run.top))
    merged: list[Chunk] = []
    rows: dict[int, list[Chunk]] = {}
    for run in runs:
        bucket = int(run.middle / height)
        target = None
        for near in (bucket - 1, bucket, bucket + 1):
            for other in rows.get(near, ()):
                # One shared edge at least: most pairs are far apart.
                if not -2 * unit < run.left - other.right < 3 * unit:
                    continue
                if _joins(other, words[other.words[-1]].text, words[run.words[0]].text, run.box, unit, height):
                    target = other
                    break
            if target:
                break
        if target is None:
            merged.append(run)
            rows.setdefault(bucket, []).append(run)
        else:
            target.words += run.words
            target.right = max(target.right, run.right)
            target.top, target.bottom = min(target.top, run.top), max(target.bottom, run.bottom)
    return merged


def _retext(chunk: Chunk, words: Sequence[Word]) -> None:
    """Text and kind from the words; a footnote mark after a number is not part of it."""
    texts = [words[index].text for index in chunk.words]
    while len(texts) > 1 and _NOTE_MARK.fullmatch(texts[-1]) and any(map(str.isdigit, "".join(texts[:-1]))):
        texts.pop()
    chunk.text = " ".join(texts)
    chunk.kind = kind_of(chunk.text)


def _lines(chunks: list[Chunk]) -> list[Line]:
    lines: list[Line] = []
    for chunk in sorted(chunks, key=lambda chunk: chunk.middle):
        line = lines[-1] if lines else None
        if line is not None:
            overlap = min(line.bottom, chunk.bottom) - max(line.top, chunk.top)
            least = min(line.bottom - line.top, chunk.bottom - chunk.top)
            taken = any(other.left < chunk.right and chunk.left < other.right for other in line.chunks)
            if overlap >= (0.75 if taken else 0.5) * least:
                line.chunks.append(chunk)
                count = len(line.chunks)
                line.top += (chunk.top - line.top) / count
                line.bottom += (chunk.bottom - line.bottom) / count
                continue
        lines.append(Line([chunk], chunk.top, chunk.bottom))
    for line in lines:
        line.chunks.sort(key=lambda chunk: chunk.left)
    return lines


def _join_signs(chunks: list[Chunk], words: Sequence[Word]) -> list[Chunk]:
    """A currency sign or opening bracket goes to the number after it, a closing one or "%" to the number before."""
    joined: list[Chunk] = []
    for chunk in chunks:
        last = joined[-1] if joined else None
        sign = last is not None and _SIGN.fullmatch(last.text) and chunk.kind != "text"
        trailer = last is not None and _TRAILER.fullmatch(chunk.text) and last.kind != "text"
        mark = last is not None and _NOTE_MARK.fullmatch(chunk.text) and chunk.left - last.right < 0.02
        if last is not None and (sign or trailer or (mark and last.kind != "text" and not last.text.startswith("("))):
            last.words += chunk.words
            last.right, last.left = max(last.right, chunk.right), min(last.left, chunk.left)
            last.top, last.bottom = min(last.top, chunk.top), max(last.bottom, chunk.bottom)
            _retext(last, words)
            if sign and last.kind == "text":
                last.kind = "value"
        else:
            joined.append(chunk)
    return joined


def _split_columns(chunks: list[Chunk], unit: float) -> list[list[Chunk]]:
    """Cut a page of two columns of running text at the white between, over the heights where nothing crosses it."""
    gutter = _gutter(chunks, unit)
    if gutter is None:
        return [chunks]
    crossing = sorted(
        (chunk for chunk in chunks if chunk.left < gutter - 2 * unit and chunk.right > gutter + 2 * unit),
        key=lambda chunk: chunk.top,
    )
    edges = [0.0, *(chunk.middle for chunk in crossing), 1.0]
    groups: list[list[Chunk]] = []
    whole: list[Chunk] = list(crossing)
    crossed = {id(chunk) for chunk in crossing}
    for top, bottom in pairwise(edges):
        inside = [chunk for chunk in chunks if top < chunk.middle <= bottom and id(chunk) not in crossed]
        left = [chunk for chunk in inside if chunk.centre < gutter]
        right = [chunk for chunk in inside if chunk.centre >= gutter]
        if _is_prose(left) + _is_prose(right) >= 3 and _starts(right, gutter, unit) >= 0.4 * len(_lines(right)):
            groups += [left, right]
        else:
            whole += inside
    return [group for group in [whole, *groups] if group]


def _is_prose(chunks: list[Chunk]) -> int:
    return sum(len(chunk.words) >= 5 for chunk in chunks)


def _starts(chunks: list[Chunk], gutter: float, unit: float) -> int:
    return sum(chunk.left < gutter + 3 * unit and chunk.kind == "text" for chunk in chunks)


def _gutter(chunks: list[Chunk], unit: float) -> float | None:
    """Left edge of a right column of running text: at least six lines start there, and as many end before it."""
    prose = [chunk for chunk in chunks if len(chunk.words) >= 5 and chunk.kind == "text"]
    starts = sorted(chunk.left for chunk in prose if 0.3 < chunk.left < 0.7)
    best, count = None, 5
    first = 0
    for last, edge in enumerate(starts):
        while edge - starts[first] > 1.5 * unit:
            first += 1
        if last - first + 1 > count:
            best, count = starts[first], last - first + 1
    if best is None:
        return None
    before = sum(chunk.right < best and chunk.left < best - 15 * unit for chunk in prose)
    across = sum(chunk.left < best - 2 * unit and chunk.right > best + 2 * unit for chunk in prose)
    return best - unit if before >= 5 and across < 0.5 * (before + count) else None
