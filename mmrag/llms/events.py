"""What an OpenAI-compatible server sends back, read with doubt: server-sent events or one JSON document.

Knows the format of chat completions and no connection.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Delta", "Reported", "Rubbish", "document", "events", "message_of"]

_MOST_LINE = 1_000_000
_MOST_DOCUMENT = 8_000_000


class Rubbish(Exception):
    """The bytes are not what such a server sends; says what they are. Becomes a `ModelUnavailable`."""


class Reported(Exception):
    """The server says in place of an answer what went wrong. Becomes a `ModelUnavailable`."""


@dataclass(frozen=True, slots=True)
class Delta:
    """One event: text that was added, thinking aside, and what else came with it. `finished`: why, or ""."""

    text: str = ""
    thinking: str = ""
    finished: str = ""
    tokens: tuple[tuple[str, Mapping[str, float]], ...] = ()
    usage: tuple[int, int] | None = None
    has_choice: bool = False


def events(blocks: Iterable[bytes]) -> Iterator[Delta]:
    """The deltas of a stream of server-sent events, each as soon as its line is whole; ends at [DONE]."""
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        if len(rest) > _MOST_LINE:
            raise Rubbish("a line without an end")
        for line in lines:
            delta = _line(line)
            if delta is not None:
                yield delta
                if delta.finished == "[DONE]":
                    return
    delta = _line(rest)
    if delta is not None:
        yield delta


def _line(line: bytes) -> Delta | None:
    text = line.decode("utf-8", "replace").strip()
    if not text.startswith("data:"):
        # Comments keep the connection open; a server that fails half-way may send its error bare.
        return _read(text) if text.startswith("{") else None
    text = text.removeprefix("data:").strip()
    if text == "[DONE]":
        return Delta(finished="[DONE]")
    return _read(text) if text else None


def document(blocks: Iterable[bytes]) -> Delta:
    """The one answer of a server that does not stream."""
    whole = bytearray()
    for block in blocks:
        whole += block
        if len(whole) > _MOST_DOCUMENT:
            raise Rubbish("an answer without an end")
    if not whole.strip():
        raise Rubbish("an empty answer")
    return _read(whole.decode("utf-8", "replace"))


def _read(text: str) -> Delta:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Rubbish(f"no JSON ({text[:60]!r})") from error
    if not isinstance(value, dict):
        raise Rubbish(f"JSON of another kind ({text[:60]!r})")
    if "choices" not in value or value.get("error"):
        if message := message_of(value):
            raise Reported(message)
        raise Rubbish(f"no choices ({text[:60]!r})")
    choices = value["choices"]
    usage = _usage(value.get("usage"))
    if not isinstance(choices, list) or not choices:
        return Delta(usage=usage)
    choice = choices[0] if isinstance(choices[0], dict) else {}
    said = choice.get("delta") or choice.get("message") or {}
    if not isinstance(said, dict):
        said = {}
    return Delta(
        text=_text(said.get("content", choice.get("text"))),
        thinking=_text(said.get("reasoning_content") or said.get("reasoning")),
        finished=str(choice.get("finish_reason") or ""),
        tokens=_tokens(choice.get("logprobs")),
        usage=usage,
        has_choice=True,
    )


def _text(content: Any) -> str:
    """A string, or the text of a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str))
    return ""


def _usage(value: Any) -> tuple[int, int] | None:
    if not isinstance(value, dict):
        return None
    counts = (value.get("prompt_tokens"), value.get("completion_tokens"))
    if all(isinstance(count, int) and 0 <= count < 10**9 for count in counts):
        return counts  # type: ignore[return-value]
    return None


def _tokens(value: Any) -> tuple[tuple[str, Mapping[str, float]], ...]:
    entries = value.get("content") if isinstance(value, dict) else None
    found = []
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or not isinstance(entry.get("token"), str):
            continue
        likeliest: dict[str, float] = {}
        alternatives = entry.get("top_logprobs")
        for one in [entry, *(alternatives if isinstance(alternatives, list) else [])]:
            logarithm = one.get("logprob") if isinstance(one, dict) else None
            if isinstance(logarithm, int | float) and not math.isnan(logarithm) and isinstance(one.get("token"), str):
                likeliest[one["token"]] = float(logarithm)
        found.append((entry["token"], likeliest))
    return tuple(found)


def message_of(value: Any) -> str:
    """The message of an error document, in any of the forms that servers use; "" where there is none."""
    for name in ("error", "message", "detail", "msg"):
        found = value.get(name) if isinstance(value, dict) else None
        if isinstance(found, str) and found:
            return found
        if isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, dict):
            return message_of(found) or json.dumps(found, ensure_ascii=False)[:300]
    return ""
