"""Words of a page to sentences, list items and headings, for those who look for the sentence that states something.

Works on the words alone (their order, boxes and signs), so that words of a text layer and of recognition are read
alike. Rows of tables are left out: `mmrag.regions.grid` reads those. Knows no type sizes but the heights of the boxes,
and no dictionary; a missed end only makes a longer sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from mmrag.regions.lines import GLUED_MARK, Line, Paragraph, paragraphs, text_lines
from mmrag.types import Box, Word

__all__ = ["Sentence", "read_sentences"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words `start` to `stop` of a page that make a sentence, a list item or a heading.

    `text` is what they say: marks of list items left out, words cut at line ends put together, runs of text without
    spaces cut at sentence ends (so that two sentences may share a word). `boxes`: one for each line, in order.
    `heading`: the title it stands under, "" for none. `item`: it is, or belongs to, an item of a list; `title`: it is a
    heading itself. Sentences of one paragraph or item share the number `paragraph`.
    """

    text: str
    start: int
    stop: int
    boxes: tuple[Box, ...]
    heading: str = ""
    item: bool = False
    title: bool = False
    paragraph: int = 0


_CLOSERS = "\"'”’»)\\]）」』】"
_END = re.compile(rf"[.!?…。！？．｡:][{_CLOSERS}]*(?:\[[\w\s,–-]{{1,6}}\])*$")
_WIDE_END = re.compile(rf"[。！？．｡][{_CLOSERS}]*$")
_HARD_END = re.compile(rf"(?:[!?…]|[가-힣]\.)[{_CLOSERS}]*(?:\[[\w\s,–-]{{1,6}}\])*$")
_ABBREVIATION = re.compile(
    r"^\W*(?:[A-Za-z]|(?:[A-Za-z]\.)+[A-Za-z]|mr|mrs|ms|dr|prof|st|jr|sr|vs|etc|figs?|eqs?|secs?|no|nos|vol|pp?|al|cf|ca"
    r"|inc|corp|co|ltd|llc|gen|gov|sen|rep|hon|rev|capt|lt|col|sgt|dept|approx|est|ave|blvd|mt|ft|jan|feb|mar|apr|jun"
    r"|jul|aug|sept?|oct|nov|dec|e\.g|i\.e|viz|resp|tab|ch|ed|eds|trans|min|max|tel)\.$",
    re.IGNORECASE,
)
_INNER_END = re.compile(
    r"(?<=[가-힣]{2}[.!?])(?=[가-힣A-Z0-9(\"“‘])|(?<=[。！？])(?=.)|(?<=[a-z]{3}[.!?])(?=[A-Z][a-z]{2})"
)
_HYPHENS = "-\u2010\u00ad"
_OPENS = re.compile(r"^[\"'“‘(\[«「『]*[A-Z0-9\uac00-\ud7a3\u3040-\u9fff$€£₩#•]")


def read_sentences(words: Sequence[Word]) -> tuple[Sentence, ...]:
    """Sentences, list items and headings of a page, in the order of its words.

    A paragraph that a column or a figure interrupts is put together where the second half goes on in lower case.
    """
    lines = text_lines(words)
    blocks = paragraphs(lines)
    body = _body_height(blocks)
    compounds = _compounds(words)
    sentences: list[Sentence] = []
    heading = ""
    titles = [_is_title(block, body, blocks[place + 1 : place + 2]) for place, block in enumerate(blocks)]
    for number, (block, title) in enumerate(zip(blocks, titles, strict=True)):
        if title:
            heading = _joined(_pieces(words, block.lines), compounds)
            sentences.append(_sentence(words, block.lines, _pieces(words, block.lines), compounds, "", number))
            sentences[-1] = replace(sentences[-1], title=True)
            continue
        for pieces in _cut(_pieces(words, block.lines, block.skip)):
            one = _sentence(words, block.lines, pieces, compounds, heading, number)
            if any(letter.isalnum() for letter in one.text):
                text = GLUED_MARK.sub("", one.text) if block.item else one.text
                sentences.append(replace(one, text=text, item=block.item))
    return tuple(_rejoined(sentences, compounds))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word, or a part of one; `last` where it ends its line."""

    text: str
    word: int
    last: bool


def _pieces(words: Sequence[Word], lines: Sequence[Line], skip: int = 0) -> list[_Piece]:
    pieces = []
    for line in lines:
        for place in range(line.start, line.stop):
            if skip > 0:
                skip -= 1
                continue
            parts = _INNER_END.split(words[place].text)
            for part in parts:
                pieces.append(_Piece(part, place, place == line.stop - 1 and part is parts[-1]))
    return pieces


def _cut(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    """Pieces of a paragraph to those of its sentences."""
    found: list[list[_Piece]] = [[]]
    for place, piece in enumerate(pieces):
        found[-1].append(piece)
        if place + 1 < len(pieces) and _ends(piece.text, pieces[place + 1].text, len(found[-1])):
            found.append([])
    return [sentence for sentence in found if sentence]


def _ends(word: str, following: str, length: int) -> bool:
    """Whether a sentence ends after `word`, its `length`-th, before the word `following`."""
    if not _END.search(word):
        return False
    if _WIDE_END.search(word) or (_HARD_END.search(word) and not following[:1].islower()):
        return True
    if word.endswith(":"):  # A lead-in before running text stays with it.
        return False
    if following[:1].islower() or _ABBREVIATION.match(word):
        return False
    if length == 1 and re.fullmatch(r"\W*[\dIVXivx]{1,4}[.)]", word):  # the number of an item
        return False
    return bool(_OPENS.match(following)) or not following[:1].isalnum()


def _sentence(
    words: Sequence[Word],
    lines: Sequence[Line],
    pieces: Sequence[_Piece],
    compounds: frozenset[str],
    heading: str,
    number: int,
) -> Sentence:
    start, stop = pieces[0].word, pieces[-1].word + 1
    boxes = []
    for line in lines:
        first, last = max(line.start, start), min(line.stop, stop)
        if first < last:
            box = words[first].box
            for word in words[first + 1 : last]:
                box = box.union(word.box)
            boxes.append(box)
    return Sentence(_joined(pieces, compounds), start, stop, tuple(boxes), heading, False, False, number)


def _joined(pieces: Sequence[_Piece], compounds: frozenset[str]) -> str:
    """The text of pieces; a word that a line end has cut is put together, with its hyphen where it is a compound."""
    text = ""
    for place, piece in enumerate(pieces):
        before = pieces[place - 1] if place else None
        if before is None:
            text = piece.text
        elif before.word == piece.word:
            text += piece.text
        elif before.last and len(before.text) > 2 and before.text[-1] in _HYPHENS and piece.text[:1].isalpha():
            text = _unhyphenated(text, piece.text, compounds)
        else:
            text += " " + piece.text
    return text.strip()


_KEEPS_HYPHEN = re.compile(
    r"[\d‐-].*.$|\b(?:non|self|well|cross|ex|half|co|all|long|short|high|low|so)-$", re.IGNORECASE
)


def _unhyphenated(text: str, following: str, compounds: frozenset[str]) -> str:
    head = re.split(r"\s", text)[-1]
    tail = re.match(r"[\w]*", following)
    whole = (head[:-1] + "-" + (tail[0] if tail else "")).casefold().lstrip("\"'(“‘")
    if head[-1] == "\u00ad":
        return text[:-1] + following
    compound = whole in compounds or not following[0].islower() or bool(_KEEPS_HYPHEN.search(head))
    return text + following if compound else text[:-1] + following


def _compounds(words: Sequence[Word]) -> frozenset[str]:
    """Words with a hyphen inside, as they stand elsewhere on the page."""
    found = set()
    for word in words:
        for match in re.finditer(r"[^\W_]+-[^\W_]+", word.text):
            found.add(match[0].casefold())
    return frozenset(found)


def _body_height(blocks: Sequence[Paragraph]) -> float:
    """Height of a line of running text: the median over lines, each counted by its words."""
    heights: list[float] = []
    for block in blocks:
        for line in block.lines:
            heights += [line.height] * (line.stop - line.start)
    return median(heights) if heights else 0.0


_TITLE_WORDS = 16
_NUMBERED = re.compile(r"^(?:\d{1,2}(?:\.\d{1,2})*\.?|[IVX]+\.|[A-Z]\.|제\s?\d+\s?[장절조]|§)$")


_UNFINISHED = re.compile(
    r"[-‐,]$|\b(?:the|a|an|of|and|or|to|in|on|for|with|by|from|at|as|is|are|was|that|which)$", re.I
)


def _is_title(block: Paragraph, body: float, following: Sequence[Paragraph]) -> bool:
    """A few words without a full stop, larger than the text or alone on a line above a paragraph."""
    text = block.text
    count = len(text.split())
    many = count > _TITLE_WORDS or len(block.lines) > 3
    if block.item or many or len(text) < 2 or text[0].islower() or not any(letter.isalpha() for letter in text):
        return False
    height = max(line.height for line in block.lines)
    if re.search(r"[.!?,;:。]$", text) and not height > 1.2 * body:
        return False
    if height > 1.12 * body:
        return True
    if _UNFINISHED.search(text) or not following or not _stands_above(block, following[0]):
        return False
    goes_on = following[0].item or len(following[0].text) > max(40.0, 1.2 * len(text)) or text.isupper()
    marked = text.isupper() or bool(_NUMBERED.match(text.split()[0])) or count <= 10
    return len(block.lines) == 1 and goes_on and marked


def _stands_above(block: Paragraph, following: Paragraph) -> bool:
    upper, lower = block.lines[-1].box, following.lines[0].box
    shared = min(upper.right, lower.right) - max(upper.left, lower.left)
    near = 0 < lower.top - upper.top < 5 * (upper.bottom - upper.top)
    return near and shared > 0 and not following.text[:1].islower()


def _rejoined(sentences: Sequence[Sentence], compounds: frozenset[str]) -> list[Sentence]:
    """Sentences that a column end, a figure or an uneven margin has cut are put together."""
    found: list[Sentence] = []
    for one in sentences:
        reach = range(len(found) - 1, max(-1, len(found) - 4), -1)
        last = next((place for place in reach if not found[place].title), -1)
        if last >= 0 and _is_cut(found[last], one, last > 0 and found[last - 1].paragraph == found[last].paragraph):
            before = found[last]
            cut = before.text[-1] in _HYPHENS
            text = _unhyphenated(before.text, one.text, compounds) if cut else f"{before.text} {one.text}"
            boxes = before.boxes + one.boxes
            found[last] = replace(before, text=text, stop=one.stop, boxes=boxes, paragraph=one.paragraph)
        else:
            found.append(one)
    return found


def _is_cut(before: Sentence, one: Sentence, running: bool) -> bool:
    """Whether `one` is the rest of `before`, which has no end; `running`: other sentences stand before that."""
    if one.title or one.item or before.paragraph == one.paragraph or _END.search(before.text):
        return False
    lower = one.text[:1].islower() and len(before.text) > 20 and 0 <= one.start - before.stop < 60
    return lower or (running and not before.item and one.start == before.stop)
