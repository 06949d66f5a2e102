"""Text to index terms: what counts as the same word.

Letters are compared after NFKC and case folding. Text is cut at spaces, at signs, where the script changes, and
between letters and digits; compounds are kept whole as well as in parts. Scripts written without spaces give pairs of
characters. Pure functions of the text; knows no index.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache

from mmrag.lexical.languages import QUERY_STOP_WORDS, korean_stems, stem

__all__ = ["MAX_TERM", "broken_words", "query_terms", "tokenize", "word_terms"]

MAX_TERM = 40
"""Characters of a term; what is longer is cut, so that a line of garbage cannot fill the vocabulary."""
_MAX_COMPOUND = 400
_MAX_PARTS = 3
_MAX_CACHED = 40
_PART_WEIGHT = 0.5
_MAX_QUESTION = 10_000

# Marks that belong to the letter before them; `\w` leaves most of them out. Whole blocks of the scripts of South and
# South-East Asia, where vowels are marks.
_MARKS = "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
_THAI_TO_KHMER = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0f18-\u0f39\u0f3e-\u0fbc\u1000-\u1049\u1050-\u109d\u1780-\u17d3"
)
_COMPLEX = "\u0900-\u0963\u0966-\u0dff" + _THAI_TO_KHMER
_HANGUL = "\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e"
_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
_ALNUM = rf"(?:[^\W_]|[{_MARKS}{_COMPLEX}])"
_NUMBER = (
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d{1,3}(?:\.\d{3})+,\d+(?![\d.])"
    r"|\d{1,3}(?:['\u2019]\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)+|\d+"
)
# A run of letters and digits, held together by single signs such as those of "10-K", "e-mail", "U.S.", "don't".
_COMPOUND = re.compile(rf"{_ALNUM}+(?:(?:(?<=\d)[,.'\u2019](?=\d)|[-\u2010\u2011_.&'\u2019]){_ALNUM}+)*")
_PIECE = re.compile(
    rf"(?P<number>{_NUMBER})|(?P<hangul>[{_HANGUL}]+)|(?P<pairs>[{_HAN}{_KANA}]+|[{_THAI_TO_KHMER}]+)"
    rf"|(?P<word>(?:(?![\d{_HANGUL}{_HAN}{_KANA}{_THAI_TO_KHMER}]){_ALNUM})+)"
)
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_JOINERS = re.compile(r"[-\u2010\u2011_.&'\u2019,]")
_APOSTROPHE = re.compile("['\u2019]")
_POSSESSIVE = re.compile("(?<=[^\\W\\d_])['\u2019][sS]$")
_ACCENTS_END = "\u0700"
"""Latin, Greek, Cyrillic, Hebrew and Arabic stand before it: there marks are accents, farther on they are vowels."""
_BREAK = re.compile(r"[-\u2010\u00ad]\s+(?!(?:and|or|to|und|oder|et)\b)([^\W\d_]{2,})")
_BEFORE_BREAK = re.compile(r"[^\W\d_]{2,}\Z")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def tokenize(text: str) -> list[str]:
    """Every term of a text, in order of the words, with repeats. Never fails, whatever the characters are.

    "10-K" gives 10k, 10, k; "FY2018" gives fy2018, fy, 2018; "1,234.50" gives 1234.5, 1234; Korean words are given
    whole, without their particles, and as pairs of syllables. English words lose plural and similar endings.
    """
    terms: list[str] = []
    for raw in text.split():
        terms.extend(word_terms(raw))
    terms.extend(broken_words(text))
    return terms


def query_terms(question: str) -> Mapping[str, float]:
    """The terms that a question is searched by, with their weights.

    Words that carry no subject ("what", "the", "얼마") are left out, unless there are no others. Of a question of
    over 10,000 characters the beginning is taken.
    """
    question = question[:_MAX_QUESTION]
    kept: dict[str, float] = {}
    dropped: dict[str, float] = {}
    for raw in question.split():
        plain = unicodedata.normalize("NFKC", raw).casefold().strip("?!.,:;\"'()[]“”‘’")
        target = dropped if plain in QUERY_STOP_WORDS else kept
        for term, weight in _analysed(raw, query=True):
            target[term] = max(weight, target.get(term, 0.0))
    kept.update(dict.fromkeys(broken_words(question), 1.0))
    return kept or dropped


def word_terms(raw: str) -> tuple[str, ...]:
    """The terms of one word (a run without white space)."""
    return _kept_terms(raw) if len(raw) <= _MAX_CACHED else _new_terms(raw)


def _new_terms(raw: str) -> tuple[str, ...]:
    return tuple(term for term, _ in _analysed(raw, query=False))


_kept_terms = lru_cache(maxsize=100_000)(_new_terms)
"""Texts repeat their words; long runs are mostly unique, or are lines of a script without spaces."""


def broken_words(text: str) -> list[str]:
    """Terms of the words that a line break has cut in two, put together: an addition, since a hyphen may be meant."""
    terms: list[str] = []
    for match in _BREAK.finditer(text):
        before = _BEFORE_BREAK.search(text, max(0, match.start() - MAX_TERM), match.start())
        if before and match[1][0].islower():
            terms.extend(word_terms(before[0] + match[1]))
    return terms


def _analysed(raw: str, *, query: bool) -> Iterator[tuple[str, float]]:
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", raw))
    for match in _COMPOUND.finditer(text):
        # In bounded pieces, since the search for numbers may look ahead to the end of what it is given.
        for start in range(0, len(match[0]), _MAX_COMPOUND):
            yield from _compound(match[0][start : start + _MAX_COMPOUND], query=query)


def _compound(text: str, *, query: bool) -> Iterator[tuple[str, float]]:
    """The whole of a compound, then its pieces: "10-K", "2분기", "john.doe"."""
    text = _POSSESSIVE.sub("", text)
    runs = _runs(text)
    if len(runs) == 1:
        yield from _run(runs[0], query=query)
        return
    if sum(map(len, runs)) <= _MAX_PARTS and len(text) <= MAX_TERM:
        whole = _JOINERS.sub("", text).casefold()
        yield stem(whole), 1.0
        yield from ((shorter, 1.0) for shorter in korean_stems(whole))
    for run in runs:
        # What an apostrophe leaves ("don't", "d'accord") is a word only when it is longer than a letter.
        if len(run) == 1 and len(run[0][0]) == 1 and _APOSTROPHE.search(text) and run[0].lastgroup == "word":
            continue
        for term, weight in _run(run, query=query):
            yield term, weight * (_PART_WEIGHT if query else 1.0)


def _runs(text: str) -> list[list[re.Match[str]]]:
    """The pieces of a compound, those together that one run of letters and digits is made of, such as "FY2018"."""
    runs: list[list[re.Match[str]]] = []
    for piece in _PIECE.finditer(text):
        last = runs[-1][-1] if runs else None
        mixed = last is not None and {last.lastgroup, piece.lastgroup} == {"word", "number"}
        if last is not None and mixed and last.end() == piece.start():
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return runs


def _run(run: list[re.Match[str]], *, query: bool) -> Iterator[tuple[str, float]]:
    if len(run) == 1:
        yield from _piece(run[0], query=query)
        return
    whole = "".join(piece[0] for piece in run)
    if len(run) <= _MAX_PARTS and len(whole) <= MAX_TERM:
        yield _APOSTROPHE.sub("", whole).replace(",", "").casefold(), 1.0
    for piece in run:
        if len(piece[0]) > 1:  # The Q and the 3 of "Q3" would only be found by chance.
            for term, weight in _piece(piece, query=query):
                yield term, weight * (_PART_WEIGHT if query else 1.0)


def _piece(match: re.Match[str], *, query: bool) -> Iterator[tuple[str, float]]:
    text = match[0]
    kind = match.lastgroup
    if kind == "number":
        return ((term, 1.0) for term in _number(text))
    if kind == "hangul":
        return iter(_hangul(text, query=query).items())
    return _pairs(text.casefold(), query=query) if kind == "pairs" else _word(text)


def _number(text: str) -> Iterator[str]:
    """A number without separators of thousands and trailing zeros, and its whole part; versions stay as they are."""
    text = "".join(
        str(unicodedata.decimal(character, "")) if character.isdecimal() else character for character in text
    )
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+", text):  # 1.234,5 as written on the European mainland
        text = text.replace(".", "").replace(",", ".")
    text = re.sub(r"[,'\u2019]", "", text)
    whole, dot, decimals = text.partition(".")
    if "." in decimals or not dot:
        yield text[:MAX_TERM]
        return
    decimals = decimals.rstrip("0")
    yield (f"{whole}.{decimals}" if decimals else whole)[:MAX_TERM]
    if decimals and len(whole) > 1:
        yield whole[:MAX_TERM]


def _word(text: str) -> Iterator[tuple[str, float]]:
    folded = text.casefold()[:MAX_TERM]
    yield stem(folded), 1.0
    if not folded.isascii() and folded[0] < _ACCENTS_END:
        plain = _unaccented(folded)
        if plain and plain != folded:
            yield stem(plain), 1.0
    humps = _CAMEL.findall(text) if not (text.islower() or text.isupper() or text.istitle()) else []
    if len(humps) > 1:
        yield from ((stem(hump.casefold()), _PART_WEIGHT) for hump in humps if len(hump) > 1)


def _hangul(text: str, *, query: bool) -> dict[str, float]:
    """A Korean word whole, without particles, and as pairs of syllables.

    In a question, pairs are taken of the shortest stem only: those that reach into a particle say nothing.
    """
    terms: dict[str, float] = {}
    stems = korean_stems(text)
    if len(text) <= MAX_TERM:
        terms.update(dict.fromkeys((text, *stems), 1.0))
    base = stems[-1] if query and stems else text
    for place in range(len(base) - 1):
        terms.setdefault(base[place : place + 2], _PART_WEIGHT)
    return terms


def _pairs(text: str, *, query: bool) -> Iterator[tuple[str, float]]:
    """Pairs of neighbouring characters; single ones too in a text, so that a word of one character is found."""
    if len(text) == 1:
        yield text, 1.0
        return
    for place in range(len(text) - 1):
        yield text[place : place + 2], 1.0
    if not query and text[0] >= "\u3400":
        yield from ((character, 1.0) for character in text)


def _unaccented(text: str) -> str:
    """Letters without their accents, as many people type them."""
    return "".join(
        character for character in unicodedata.normalize("NFD", text) if unicodedata.category(character) != "Mn"
    )
