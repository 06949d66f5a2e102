"""Running text of a model to parts that can be checked one by one.

Sentences, list items, and clauses where a cut is safe; labels such as [E1] are taken out and kept. Text that repeats
itself is cut, and so is text beyond what anyone would read; what is left out is never shown.
"""

from __future__ import annotations

import re
from collections import Counter

from mmrag.types import Draft, Part

__all__ = ["facts_of", "split"]

_LONGEST = 20_000
"""Characters of a draft that are looked at."""
_MOST_PARTS = 40
_MOST_REPEATS = 2
_FENCE = re.compile(r"^\s*(?:```|~~~).*$", re.MULTILINE)
_LABEL = re.compile(r"\s?[\[【(]\s?((?:E\d{1,3})(?:\s?[,;&-]\s?E?\d{1,3})*)\s?[\]】)]")
_LATE_LABEL = re.compile(r"([.!?。])((?:\s?[\[【(]\s?E\d{1,3}(?:\s?[,;&-]\s?E?\d{1,3})*\s?[\]】)])+)")
_LABEL_NAME = re.compile(r"\d{1,3}")
_MARK = re.compile(r"^\s*(?:#{1,6}\s+|>\s?|[-*+•◦▪·●○■]\s+|\(?\d{1,2}[.)]\s+|[①-⑳]\s*|[가나다라마바사]\.\s+)")
_RULE = re.compile(r"^\s*[-=_*|:\s]{3,}$")
_STYLE = re.compile(r"(\*\*|__|`|~~)")
_LEAD = re.compile(r"^(?:(?:final\s+)?answer|response|claim|claims|답변?|정답|결론)\s*[:：]\s*", re.IGNORECASE)
_TAGS = re.compile(r"</?[a-z][^<>]{0,80}>|<\|[^<>|]{0,40}\|>", re.IGNORECASE)
_SHORT = (
    r"(?:mr|mrs|ms|dr|prof|st|jr|sr|vs|etc|fig|eq|sec|no|nos|vol|pp|al|cf|ca|inc|corp|co|ltd|llc|approx|dept|e\.g|i\.e|u\.s|u\.k"
    r"|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec|[a-z])"
)
_SENTENCE_END = re.compile(
    r"(?:(?<=[.!?])|(?<=[.!?][\"'”’)\]]))(?:\s+)(?=[\"'“‘(\[]?[A-Z가-힣0-9$€£₩])|(?<=[。！？])|(?<=[가-힣]{2}[.!?])(?=[가-힣])"
)
_NOT_END = re.compile(rf"(?:^|[\s(]){_SHORT}\.$", re.IGNORECASE)
_CLAUSE = re.compile(
    r";\s+|,\s+(?:and|but|while|whereas)\s+(?=(?:it|they|he|she|this|that|the|its|their|in|for|[A-Z][\w&]*)\s+(?:[\w&’'-]+\s+){0,4}?"
    r"(?:is|are|was|were|has|have|had|will|rose|fell|grew|increased|decreased|declined|reported|did|does|can|may|must|remained)\b)"
)


_SOURCES = r"(?:evidence|document|page|report|table|context|text|source|passage|article|file|figure|statement)"
_REPORTED = re.compile(
    rf"^(?:(?:according to|based on|as (?:stated|shown|reported) (?:in|on)|per)\s+(?:the\s+|this\s+)?(?:provided\s+)?{_SOURCES}s?"  # noqa: E501
    rf"(?:\s+E?\d+)?\s*,\s*|(?:the|this)\s+{_SOURCES}\s+(?:also\s+)?(?:states|says|notes|shows|reports|indicates|mentions|explains)"
    r"(?:\s+that\b)?:?\s*,?\s*|(?:제공된\s?|주어진\s?|이\s)?(?:문서|자료|증거|페이지|보고서|표)에\s?(?:따르면|의하면)\s*,?\s*)",
    re.IGNORECASE,
)


def split(draft: Draft) -> Draft:
    """The draft with its text as parts; one that has parts already, or no text, comes back as it is."""
    if draft.parts or not draft.text.strip():
        return draft
    parts: list[Part] = []
    seen: Counter[str] = Counter()
    for line in _lines(draft.text[:_LONGEST]):
        for sentence in _sentences(line):
            text, labels = _labels(sentence)
            key = re.sub(r"[\W_]", "", text.casefold())
            if not key:
                if labels and parts:
                    parts[-1] = _with_labels(parts[-1], labels)
                continue
            seen[key] += 1
            if seen[key] > 1:
                # A model that loops says the same again; the rest of such a text is worth nothing.
                if seen[key] > _MOST_REPEATS:
                    return _done(draft, parts)
                continue
            parts.append(Part(text, _claim(text), labels))
            if len(parts) >= _MOST_PARTS:
                return _done(draft, parts)
    return _done(draft, parts)


def facts_of(claim: str) -> list[str]:
    """A claim as statements with one fact each, as far as a cut is safe; a formula stays whole."""
    text = " ".join(claim.split())
    if "=" in text:
        return [text]
    facts = []
    for sentence in _sentences(text):
        pieces, begin = [], 0
        for cut in _CLAUSE.finditer(sentence):
            pieces.append(sentence[begin : cut.start()])
            begin = cut.end()
        pieces.append(sentence[begin:])
        if all(len(piece.split()) >= 4 for piece in pieces):
            facts += pieces
        else:
            facts.append(sentence)
    return [
        fact
        for fact in (_claim(_labels(fact)[0].strip()) for fact in facts)
        if any(letter.isalnum() for letter in fact)
    ]


def _done(draft: Draft, parts: list[Part]) -> Draft:
    return Draft(draft.question, draft.text, tuple(parts), draft.note, draft.usage)


def _lines(text: str) -> list[str]:
    """Lines of prose and list items, without markdown; wrapped lines of a paragraph are put together."""
    found: list[str] = []
    open_ = False
    for raw in _TAGS.sub(" ", _FENCE.sub("", text)).splitlines():
        line = raw.strip()
        if not line or _RULE.match(line):
            open_ = False
            continue
        heading = line.startswith("#")
        item = _MARK.match(line)
        line = _STYLE.sub("", _MARK.sub("", line)).strip(" *|")
        line = _LEAD.sub("", line)
        if heading and not re.search(r"\d", line):
            open_ = False
            continue
        if open_ and not item and found:
            found[-1] += " " + line
        elif line:
            found.append(line)
        open_ = not heading
    return found


def _sentences(text: str) -> list[str]:
    # Labels behind a full stop belong to the sentence before it.
    text = _LATE_LABEL.sub(r" \2\1", text)
    found: list[str] = []
    begin = 0
    for cut in _SENTENCE_END.finditer(text):
        head = text[begin : cut.start()]
        if _NOT_END.search(head[-12:]) and not head.endswith(("다.", "요.")):
            continue
        if re.search(r"(?:^|\s)\d{1,2}\.$", head[-4:]) or re.match(r"\s*[\[(]E\d", text[cut.start() : cut.start() + 6]):
            continue
        found.append(head.strip())
        begin = cut.end()
    found.append(text[begin:].strip())
    return [one for one in found if one]


def _labels(sentence: str) -> tuple[str, tuple[str, ...]]:
    labels: list[str] = []
    for match in _LABEL.finditer(sentence):
        labels += [f"E{number}" for number in _LABEL_NAME.findall(match.group(1))]
    text = _LABEL.sub("", sentence) if labels else sentence
    return re.sub(r"\s+([.,;:!?])", r"\1", text).strip(), tuple(dict.fromkeys(labels))


def _with_labels(part: Part, labels: tuple[str, ...]) -> Part:
    return Part(part.text, part.claim, tuple(dict.fromkeys((*part.labels, *labels))), part.confidence, part.citations)


def _claim(text: str) -> str:
    """The statement in a sentence: without what a model says about its sources."""
    bare = _REPORTED.sub("", text)
    return bare if len(bare) > 3 else text
