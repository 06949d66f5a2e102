"""Questions with the pages that answer them, read from JSON lines. Knows nothing of indexes or rankings."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

from mmrag.errors import PathNotFound, UsageError

__all__ = [
    "PageKey",
    "Question",
    "Unmatchable",
    "held_out",
    "line_id",
    "page_key",
    "read_lines",
    "read_questions",
    "unmatchable",
]

PageKey: TypeAlias = tuple[str, int]
"""A document's file name in Unicode form NFC, and a page number from 1. Make it with `page_key`."""

_FORMAT = (
    'A line is like {"id": "q1", "question": "...", "doc": "report.pdf", "gold_pages": [3]} '
    'or has "gold": [{"doc": "report.pdf", "page": 3}]; "answer" is the gold answer.'
)


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


_Line = TypeVar("_Line", bound=_Identified)


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `gold` are the pages that answer it, () where none are known; `kind` groups questions.

    `answers` are the gold answers, of which any one is right, as they are written, empty ones too. `answerable` is
    None where the line says nothing of answers, so that the question counts for pages only.
    """

    id: str
    question: str
    gold: frozenset[PageKey] = frozenset()
    kind: str = ""
    answers: tuple[str, ...] = ()
    answerable: bool | None = None


@dataclass(frozen=True, slots=True)
class Unmatchable:
    """A gold page that no search of an index can return, and why."""

    question_id: str
    page: PageKey
    reason: str


def page_key(name: str, page: int) -> PageKey:
    """The key of a page; file systems differ in how they compose letters, so the name is put in form NFC."""
    return unicodedata.normalize("NFC", name), page


def held_out(question_id: str) -> bool:
    """Whether a question is in the half not looked at while tuning: SHA-256 of its id starts with an odd byte.

    The split depends on the id alone, so it stays the same when questions are added or put in another order.
    """
    return sha256(question_id.encode("utf-8", "surrogatepass")).digest()[0] % 2 == 1


def read_questions(path: Path) -> tuple[Question, ...]:
    """Questions of a JSON lines file (UTF-8), in order; empty lines are passed over.

    Gold pages come from `gold` (a list of `{"doc", "page"}`) where it is given, else from `doc` with `gold_pages`.
    Raises `PathNotFound`, and `UsageError` that names the line for anything else than that form.
    """
    return read_lines(path, _question, "questions", _FORMAT)


def read_lines(path: Path, parse: Callable[[dict[str, Any]], _Line], what: str, form: str) -> tuple[_Line, ...]:
    """The objects of a JSON lines file (UTF-8), in order; empty lines are passed over.

    `parse` makes one out of a line's object and raises ValueError that says what is wrong with it; `what` and `form`
    are for people. Raises `PathNotFound`, and `UsageError` that names the line, also where an id comes twice.
    """
    hint = "Give a file of JSON lines."
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except FileNotFoundError as error:
        raise PathNotFound(f"{path} does not exist", hint) from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error}", hint) from error
    found: dict[str, _Line] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            item = parse(_object(line))
            if item.id in found:
                raise ValueError(f"the id {item.id!r} was used before")
        except ValueError as error:
            raise UsageError(f"{path}, line {number}: {error}", form) from error
        found[item.id] = item
    if not found:
        raise UsageError(f"{path} holds no {what}", form)
    return tuple(found.values())


def line_id(value: Mapping[str, Any]) -> str:
    """The `id` of a line's object; raises ValueError where it is not a text or a number."""
    identity = value.get("id")
    if isinstance(identity, bool) or not isinstance(identity, (str, int)) or identity == "":
        raise ValueError('"id" has to be a text or a number')
    return str(identity)


def _object(line: bytes) -> dict[str, Any]:
    """One line; raises ValueError that says what is wrong (JSON and UTF-8 errors are ValueErrors too)."""
    try:
        value = json.loads(line.decode("utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: {error.reason} at byte {error.start + 1}") from error
    except RecursionError as error:
        raise ValueError("not JSON that can be read: nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _question(value: dict[str, Any]) -> Question:
    identity = line_id(value)
    text = value.get("question")
    if not isinstance(text, str) or not text.strip():
        raise ValueError('"question" has to be a text that is not empty')
    kind = value.get("kind")
    answers, answerable = _answers(value)
    return Question(identity, text, frozenset(_gold(value)), kind if isinstance(kind, str) else "", answers, answerable)


def _answers(value: Mapping[str, Any]) -> tuple[tuple[str, ...], bool | None]:
    several = value.get("answers")
    if several is not None and not isinstance(several, list):
        raise ValueError('"answers" has to be a list of texts')
    found = [value.get("answer"), *(several or ())]
    golds = [str(each) for each in found if isinstance(each, (str, int, float)) and not isinstance(each, bool)]
    if len(golds) != sum(each is not None for each in found):
        raise ValueError("an answer has to be a text or a number")
    answerable = value.get("answerable")
    if answerable is None:
        return tuple(dict.fromkeys(golds)), True if golds else None
    if not isinstance(answerable, bool):
        raise ValueError('"answerable" has to be true or false')
    return tuple(dict.fromkeys(golds)), answerable


def _gold(value: Mapping[str, Any]) -> list[PageKey]:
    gold = value.get("gold")
    if gold is not None:
        if not isinstance(gold, list) or not all(isinstance(entry, dict) for entry in gold):
            raise ValueError('"gold" has to be a list of {"doc", "page"}')
        return [_checked(entry.get("doc"), entry.get("page"), "gold") for entry in gold]
    pages = value.get("gold_pages")
    if pages is None:
        return []
    if not isinstance(pages, list):
        raise ValueError('"gold_pages" has to be a list of page numbers')
    return [_checked(value.get("doc"), page, "gold_pages") for page in pages]


def _checked(name: object, page: object, field: str) -> PageKey:
    if not isinstance(name, str) or not name:
        raise ValueError(f'"{field}" needs the file name of its document in "doc"')
    if isinstance(page, bool) or not isinstance(page, int) or page < 1:
        raise ValueError(f'"{field}" has a page {page!r}; pages are whole numbers from 1')
    return page_key(name, page)


def unmatchable(questions: Sequence[Question], page_counts: Mapping[str, int]) -> tuple[Unmatchable, ...]:
    """Gold pages that an index with these documents (file name -> number of pages) cannot return.

    They stay in the scores: a label is listed, never edited.
    """
    counts = {page_key(name, 1)[0]: count for name, count in page_counts.items()}
    found = []
    for question in questions:
        for name, page in sorted(question.gold):
            if name not in counts:
                found.append(Unmatchable(question.id, (name, page), "the document is not in the index"))
            elif page > counts[name]:
                reason = f"the document has {counts[name]} pages"
                found.append(Unmatchable(question.id, (name, page), reason))
    return tuple(found)
