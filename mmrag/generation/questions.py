"""What a question asks for: its kind, the type of its answer, its names and years. English and Korean.

Rules over the words of the question, no model, microseconds: a wrong guess costs a question, so whoever uses it treats
it as evidence, never as a filter that cannot be overruled. Types follow the coarse classes of Li and Roth, "Learning
Question Classifiers" (COLING 2002), with those added that documents ask for (money, percentage, duration).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from mmrag.generation.question_rules import (
    COMPARISONS,
    ENGLISH_KINDS,
    NAME_WORDS,
    OPERATIONS,
    SCALES,
    TYPES_OF_NOUNS,
)
from mmrag.generation.question_rules_ko import KOREAN_KINDS
from mmrag.lexical import query_terms

__all__ = ["AnswerType", "Comparison", "Form", "Kind", "Operation", "Question", "analyse"]

Kind: TypeAlias = Literal[
    "definition",
    "who",
    "what",
    "when",
    "where",
    "how_many",
    "how_much",
    "which",
    "yes_no",
    "list",
    "explanation",
    "computation",
]
AnswerType: TypeAlias = Literal[
    "person",
    "organisation",
    "place",
    "date",
    "year",
    "time",
    "duration",
    "number",
    "money",
    "percent",
    "name",
    "reason",
    "yes_no",
    "text",
]
Operation: TypeAlias = Literal[
    "", "average", "difference", "total", "percentage_change", "share", "ratio", "maximum", "minimum", "count"
]
Comparison: TypeAlias = Literal["", "most", "least", "more", "less"]
Form: TypeAlias = Literal["short", "sentence", "list"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart.

    `kind`: "computation" where a value has to be worked out, by `operation`; questions of an extreme keep their kind
    ("which year was the highest": "when" with operation "maximum").
    `answer_type`: what the answer is ("yes_no" and "text" are open).
    `form`: a short value, sentences, or every item of a list.
    `focus`: the words that say what is asked for, as written, lower case and without wh-words, years and words of the
    operation: "What is the average value of packaging for 2018 and 2019?" gives ("value",
    "packaging").
    `noun`: what "which" or "how many" stands before ("year", "justices"), "" for none.
    `text`: without suffixes of file names. `terms`: search terms with weights, as `mmrag.lexical.query_terms` gives
    them.
    `entities`: names and quoted titles as written. `years`: as asked for, in order; `periods`: dates, quarters and
    months as written ("December 31, 2019", "Q3 2019", "2025년 3분기").
    `comparison`: "most", "least", "more", "less" or ""; `scale`: the unit that the answer is wanted in (1,000,000 for
    "in millions"), 1 where the question does not say. `respectively`: one value for each year or thing named.
    `parts`: the questions inside ("How does X work, and what are the costs of Y?"), () for a single one.
    `language`: "ko" where there is Hangul, else "en".
    """

    text: str
    kind: Kind
    answer_type: AnswerType
    form: Form
    operation: Operation = ""
    focus: tuple[str, ...] = ()
    noun: str = ""
    terms: Mapping[str, float] = field(default_factory=dict)
    entities: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    periods: tuple[str, ...] = ()
    comparison: Comparison = ""
    scale: int = 1
    respectively: bool = False
    parts: tuple[str, ...] = ()
    language: Literal["en", "ko"] = "en"


_MAX = 2_000  # characters of a question that are looked at
_HANGUL = re.compile("[\uac00-\ud7a3]")
_YEAR = re.compile(r"(?<![\d,.$])(?:FY\s?|')?((?:1[5-9]|20)\d\d)(?![\d,]*\d|%|\.\d)", re.IGNORECASE)
_SHORT_YEARS = re.compile(r"\b((?:19|20)\d\d)\s*[-–—/]\s*(\d\d)\b(?![-/]\d)")
_SPAN_OF_YEARS = re.compile(r"\b((?:19|20)\d\d)년?(?:부터|에서)\s*((?:19|20)\d\d)년?(?:도)?까지.*(?:평균|합계|총합)")
_LONGEST_SPAN = 12
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_PERIOD = re.compile(
    rf"\b{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?\s*,?\s*(?:19|20)\d\d\b"
    rf"|\b\d{{1,2}}\s+{_MONTH}\.?\s+(?:19|20)\d\d\b|\b{_MONTH}\.?,?\s+(?:of\s+)?(?:19|20)\d\d\b"
    r"|\bQ[1-4]\s*(?:of\s+)?(?:FY\s?)?(?:(?:19|20)\d\d)?\b|\b[1-4]Q\s*(?:(?:19|20)?\d\d)?\b"
    r"|\b(?:first|second|third|fourth)\s+(?:fiscal\s+)?(?:quarter|half)(?:\s+of\s+(?:fiscal\s+)?(?:19|20)\d\d)?"
    r"|(?:(?:19|20)\d\d\s*년\s*)?(?:제?\s*[1-4]\s*분기|상반기|하반기|\d{1,2}\s*월(?:\s*\d{1,2}\s*일)?)",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"(\w)\.(?:pdf|docx?|pptx?|xlsx?|hwpx?|txt|html?|md|png|jpe?g)\b", re.IGNORECASE)
_QUOTED = re.compile('["“「『‘]([^"”」』’]{2,80})["”」』’]')
_PARTICLE = re.compile(
    "(?<=[A-Za-z0-9])[가-힣](?=[가-힣]*(?:\\s|$|[?.,]))"
)  # one place wide, so that words keep theirs
_WORD = re.compile(r"[^\W_]+(?:[-'’&.][^\W_]+)*")
_OPENERS = re.compile(
    r"^\s*(?:please|tell me|so|and|but|according to [^,]{2,80},|considering [^,]{2,160}(?:, (?=how|"
    r"what|which|who|when|where|why)|,)|by \d{4},|in (?:the )?[^,]{2,60},)\s*",
    re.I,
)
_AND_QUESTION = re.compile(
    r",?\s+and\s+(?=(?:what|how|which|who|when|where|why)\s+(?:is|are|was|were|do|does|did|can|should|"
    r"will|many|much|[a-z]+)\b)",
    re.IGNORECASE,
)


def analyse(question: str) -> Question:
    """Take a question apart; of a very long one the beginning. Never fails: an empty one asks "what" for text."""
    text = " ".join(_SUFFIX.sub(r"\1", question[:_MAX].replace("_", " ")).split())
    language: Literal["en", "ko"] = "ko" if _HANGUL.search(text) else "en"
    parts = _parts(text) if language == "en" else ()
    kind, answer_type, form, noun = _kind(parts[0] if parts else text, language)
    operation = _operation(text)
    stated = operation in ("", "maximum", "minimum")  # the table or the text names an extreme, it is not worked out
    if not stated and kind not in ("yes_no", "which", "when", "who", "explanation", "list"):
        kind = "computation"
    if operation in ("percentage_change", "share") and kind == "computation":
        answer_type = "percent"
    elif operation and kind == "computation" and answer_type not in ("percent", "money"):
        answer_type = "number"
    return Question(
        text=text,
        kind=kind,
        answer_type=answer_type,
        form=form if kind != "computation" else "short",
        operation=operation,
        focus=_focus(text),
        noun=noun,
        terms=query_terms(text),
        entities=_entities(text),
        years=_years(text),
        periods=tuple(match[0].strip() for match in _PERIOD.finditer(text)),
        comparison=_comparison(text),
        scale=next((value for pattern, value in SCALES if pattern.search(text)), 1),
        respectively=bool(re.search(r"\brespectively\b|각각", text, re.IGNORECASE)),
        parts=parts,
        language=language,
    )


def _parts(text: str) -> tuple[str, ...]:
    """The questions joined by "and" or a question mark; () for one question alone."""
    pieces = [piece.strip(" ,;") for mark in text.split("?") for piece in _AND_QUESTION.split(mark)]
    kept = [piece + "?" for piece in pieces if len(piece.split()) >= 3]
    return tuple(kept) if len(kept) > 1 else ()


def _kind(text: str, language: str) -> tuple[Kind, AnswerType, Form, str]:
    if language == "ko":
        return _first_rule(text, KOREAN_KINDS, ("what", "text", "sentence"))
    plain = _OPENERS.sub("", text)
    found = _first_rule(plain, ENGLISH_KINDS, ("what", "text", "sentence"))
    kind, answer_type, form, noun = found
    if noun and (kind in ("which", "what") or (kind == "list" and answer_type == "text")):
        for pattern, wanted in TYPES_OF_NOUNS:
            if pattern.search(noun):
                return kind, wanted, form if kind == "list" else "short", noun
    return found


def _first_rule(
    text: str, rules: tuple[tuple[re.Pattern[str], Kind, AnswerType, Form], ...], default: tuple[Kind, AnswerType, Form]
) -> tuple[Kind, AnswerType, Form, str]:
    for pattern, kind, answer_type, form in rules:
        match = pattern.search(text)
        if match:
            noun = (match.groupdict().get("noun") or "").strip().casefold()
            return kind, answer_type, form, noun
    return (*default, "")


def _operation(text: str) -> Operation:
    for pattern, operation in OPERATIONS:
        if pattern.search(text):
            return operation
    return ""


def _comparison(text: str) -> Comparison:
    for pattern, comparison in COMPARISONS:
        if pattern.search(text):
            return comparison
    return ""


def _years(text: str) -> tuple[int, ...]:
    """Years named; "2008-10" names both ends."""
    found = [(match.start(), int(match[1])) for match in _YEAR.finditer(text)]
    span = _SPAN_OF_YEARS.search(text)
    if span and int(span[1]) < int(span[2]) < int(span[1]) + _LONGEST_SPAN:
        found += [(span.start(), year) for year in range(int(span[1]) + 1, int(span[2]))]
    for match in _SHORT_YEARS.finditer(text):
        found.append((match.start() + 5, int(match[1][:2] + match[2])))
    return tuple(dict.fromkeys(year for _, year in sorted(found)))


def _entities(text: str) -> tuple[str, ...]:
    """Quoted titles, then runs of capitalised words, acronyms and words that mix letters with digits or capitals.

    The first word of the question counts only where it goes on with a name; a question typed all in capitals, or as
    a title, tells nothing.
    """
    found = [match[1].strip() for match in _QUOTED.finditer(text)]
    rest = _QUOTED.sub(" | ", text)
    words = [(match[0], match.start(), match.end()) for match in _WORD.finditer(_PARTICLE.sub(" ", rest))]
    latin = [word for word, _, _ in words if word[0].isascii() and word[0].isalpha()]
    if latin and sum(_is_name(word) for word in latin) > max(2, 0.7 * len(latin)):
        return tuple(dict.fromkeys(found))
    run: list[tuple[str, int, int]] = []
    for place, (word, start, end) in enumerate([*words, ("", len(rest) + 9, len(rest) + 9)]):
        follows = bool(run) and start - run[-1][2] <= 1
        joins = follows and word.casefold() in ("of", "the", "and", "&", "de", "for") and _next_is_name(words, place)
        if word and _is_name(word) and (place > 0 or not _is_question_word(word)):
            if not follows:
                found += _finished(run)
                run = []
            run.append((word, start, end))
        elif joins and word.casefold() != "and":
            run.append((word, start, end))
        else:
            found += _finished(run)
            run = []
    return tuple(dict.fromkeys(name for name in found if name))


def _finished(run: list[tuple[str, int, int]]) -> list[str]:
    name = " ".join(word for word, _, _ in run)
    return [name] if name and not _PERIOD.fullmatch(name) and not re.fullmatch(_MONTH, name, re.IGNORECASE) else []


def _next_is_name(words: list[tuple[str, int, int]], place: int) -> bool:
    following = [word for word, _, _ in words[place + 1 : place + 3] if word.casefold() not in ("the",)]
    return bool(following) and _is_name(following[0])


def _is_name(word: str) -> bool:
    if not word[0].isascii() or word.casefold() in NAME_WORDS:
        return False
    return word[0].isupper() or (word[0].isalpha() and any(c.isupper() or c.isdigit() for c in word[1:]))


def _is_question_word(word: str) -> bool:
    return word.istitle() and word.casefold() in NAME_WORDS | {"does", "tell", "name", "list", "describe", "explain"}


_NO_FOCUS = frozenset(
    [
        "average",
        "mean",
        "total",
        "sum",
        "altogether",
        "difference",
        "change",
        "changes",
        "percentage",
        "percent",
        "growth",
        "rate",
        "ratio",
        "net",
        "increase",
        "decrease",
        "respectively",
        "year",
        "years",
        "ended",
        "ending",
        "end",
        "december",
        "quarter",
        "fiscal",
        "highest",
        "lowest",
        "largest",
        "smallest",
        "most",
        "least",
        "higher",
        "lower",
        "greater",
        "less",
        "millions",
        "thousands",
        "billions",
        "million",
        "thousand",
        "billion",
        "among",
        "constitution",
        "combined",
        "value",
        "expected",
        "calculate",
        "between",
        "within",
        "compute",
        "kind",
        "type",
        "kinds",
        "types",
        "name",
        "list",
    ]
) | {"평균", "합계", "차이", "비율"}


def _focus(text: str) -> tuple[str, ...]:
    plain = _PERIOD.sub(" ", text)
    kept: list[str] = []
    spare: list[str] = []
    for match in _WORD.finditer(plain):
        word = match[0]
        if not query_terms(f"{word} zzqx").keys() - {"zzqx"} or _YEAR.fullmatch(word):
            continue
        (spare if word.casefold() in _NO_FOCUS else kept).append(word.casefold())
    return tuple(kept or spare)
