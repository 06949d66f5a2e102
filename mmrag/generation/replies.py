"""What a model wrote, whatever it is, to short claims, with labels that exist; or to nothing.

Nothing is believed here: what comes out is a draft that the verifier judges. Forms that models fall into (thinking
aloud, markdown, JSON, labels in other brackets, saying the same again and again) are read as what they mean.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterator
from typing import Any

from mmrag.generation.fencing import harmless
from mmrag.generation.prompts import ANSWER
from mmrag.llms.listening import is_looping, whole, without_thinking

__all__ = ["read_reply"]

_MOST_CHARACTERS = 12_000
_MOST_LINES = 24
_MOST_LINE = 600
_ANSWER = re.compile(
    rf"^[\W_]*(?:{ANSWER[:-1]}|final answer|최종 답변|최종 답|답변|정답)[*_\s]*[:：][*_]*", re.IGNORECASE | re.MULTILINE
)
_STEPS = re.compile(r"^[\W_]*(?:LOOK|READ)[*_\s]*[:：].*$", re.MULTILINE)
_NOT_FOUND = re.compile(
    r"\W*(?:not[\s_-]*found|not (?:stated|mentioned|given) in the (?:evidence|data|documents?)"
    r"|(?:답|답변|정보|내용|근거)?[을를은는이가]?\s*(?:찾을 수 없(?:습니다|음|다)|없(?:습니다|음)))\W*",
    re.IGNORECASE,
)
_CODE = re.compile(r"^\s*`{3,}\s*\w*\s*$", re.MULTILINE)
_BULLET = re.compile(r"^\s*(?:[-*+•·▪◦–—]+|\(?\d{1,2}[.)]|#{1,6}|>+)\s+")
_TITLE = re.compile(r"^(?:claims?|answer|답|주장)\s*\d{0,2}\s*[:：]\s*", re.IGNORECASE)
_EMPHASIS = re.compile(r"(\*\*|__|`)(?=\S)(.+?)(?<=\S)\1")
_LABELS = re.compile(
    r"[\[(【{（［]\s*(?:evidence|근거|source|출처)?\s*((?:E?\s*\d{1,3}\s*(?:[,;/&·、]|and|및|와|과)?\s*)+)[\])】}）］]",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(E?)\s*(\d{1,3})", re.IGNORECASE)
_FENCE = re.compile(r"^\s*(?:<<<|>>>|< < <|> > >).*$", re.MULTILINE)
_NO_TEXT = frozenset({"Cc", "Cn", "Co", "Cs"})
_CLAIM_KEYS = ("claim", "text", "answer", "statement", "sentence", "value")
_LABEL_KEYS = ("labels", "label", "evidence", "citations", "citation", "sources", "source")


def read_reply(text: str, labels: Collection[str], *, steps: bool = False) -> tuple[list[str], str]:
    """The claims with their labels, and a note that says why there are none.

    `labels` are those that exist; others are dropped from the text. `steps`: the answer stands after "ANSWER:".
    """
    said = without_thinking(text)
    if len(said) > _MOST_CHARACTERS:
        said = whole(said[:_MOST_CHARACTERS])
    if _is_garbled(said):
        return [], "the model wrote no readable text"
    answers = list(_ANSWER.finditer(said))
    if answers:
        said = said[answers[-1].end() :]
    elif steps and _STEPS.search(said):
        return [], "the model did not come to its answer"
    lines, refused = [], False
    for line in _lines(_FENCE.sub("", said)):
        claim = _claim(line, labels)
        if _NOT_FOUND.fullmatch(_LABELS.sub("", claim)):
            refused = True
        elif any(character.isalnum() for character in _LABELS.sub("", claim)) and not is_looping(claim):
            lines.append(claim)
    lines = list(dict.fromkeys(lines))[:_MOST_LINES]
    if lines:
        return lines, ""
    return [], "the model found no answer in the evidence" if refused else "the model wrote no claim"


def _is_garbled(said: str) -> bool:
    """Whether it holds what no text holds: damaged weights, or a wrong tokenizer, give halves of characters."""
    broken = sum(character == "\ufffd" or unicodedata.category(character) in _NO_TEXT for character in said)
    return broken - sum(map(said.count, "\n\t\r")) > max(2, len(said) // 100)


def _lines(said: str) -> Iterator[str]:
    plain = _CODE.sub("", said).strip()
    if plain[:1] in ("{", "["):
        try:
            yield from _of_json(json.loads(plain))
            return
        except (ValueError, RecursionError):
            pass  # a label at its beginning, or JSON that was cut: read as lines
    yield from plain.splitlines()


def _of_json(value: Any, depth: int = 0) -> Iterator[str]:
    """Claims with their labels, wherever they are in what was written."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        yield from str(value).splitlines()
    elif depth > 6:
        return
    elif isinstance(value, list):
        for one in value:
            yield from _of_json(one, depth + 1)
    elif isinstance(value, dict):
        claim = next((value[key] for key in _CLAIM_KEYS if isinstance(value.get(key), str | int | float)), None)
        if claim is None:
            for one in value.values():
                yield from _of_json(one, depth + 1)
            return
        named = next((value[key] for key in _LABEL_KEYS if key in value), ())
        found = _NUMBER.findall(" ".join(map(str, named)) if isinstance(named, list) else str(named))
        yield str(claim) + "".join(f" [E{number}]" for _, number in found)


def _claim(line: str, labels: Collection[str]) -> str:
    """A line without marks of lists and emphasis, its labels in one form; those that do not exist left out."""
    line = _LABELS.sub(lambda found: _known(found, labels), line)
    line = _TITLE.sub("", _EMPHASIS.sub(r"\2", _BULLET.sub("", _EMPHASIS.sub(r"\2", line))))
    parts = re.split(r"(\[E\d{1,3}\])", line)
    line = "".join(part if place % 2 else harmless(part) for place, part in enumerate(parts))
    line = " ".join(line.split())
    return line if len(line) <= _MOST_LINE else whole(line[:_MOST_LINE])


def _known(found: re.Match[str], labels: Collection[str]) -> str:
    """The labels of one bracket as [E1][E2]. What only looks like labels, such as a year or (12), stays."""
    numbers = _NUMBER.findall(found[1])
    is_label = found[0][0] in "[【［" or any(letter for letter, _ in numbers)
    named = [f"E{int(number)}" for _, number in numbers]
    if not is_label or (not any(letter for letter, _ in numbers) and not all(name in labels for name in named)):
        return found[0]
    return "".join(f"[{name}]" for name in dict.fromkeys(named) if name in labels)
