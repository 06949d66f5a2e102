"""Make text from files harmless to show: control characters, direction overrides and undecodable bytes.

Knows nothing of the values. A terminal obeys C0 and C1 control characters and the sequences that they start (colours,
titles, clipboard writes), and direction overrides make a file name read as another, so none of them reaches a screen.
"""

from __future__ import annotations

import base64
import json
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["clean", "path_fields", "shorten", "shown_path", "to_json"]

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks, embeddings, overrides and isolates of direction
    "\u2028\u2029\ufeff"  # line and paragraph separators, byte order mark
    "\ud800-\udfff"  # undecodable bytes of file names, and broken UTF-16
    "\U000e0000-\U000e007f]"  # invisible tag characters
)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match.group())
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was not UTF-8, as `os.fsdecode` carries it
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def clean(text: str, *, lines: bool = False) -> str:
    r"""`text` with every unsafe character written as an escape such as `\x1b`.

    Whitespace characters become single spaces, or stay as line breaks where `lines` is true.
    """
    if lines:
        return "\n".join(clean(line) for line in text.splitlines())
    return _UNSAFE.sub(_escaped, re.sub(r"[\t\n\v\f\r ]+", " ", text))


def shown_path(path: str | os.PathLike[str]) -> str:
    """A path for eyes: as it is, but with unsafe characters (line breaks too) escaped."""
    return _UNSAFE.sub(_escaped, os.fspath(path))


def path_fields(path: str | os.PathLike[str]) -> dict[str, str]:
    """`path` for JSON; `path_bytes` (base64) is there only where the shown form is not the path itself."""
    shown = shown_path(path)
    if shown == os.fspath(path):
        return {"path": shown}
    return {"path": shown, "path_bytes": base64.b64encode(os.fsencode(path)).decode("ascii")}


def shorten(path: str | os.PathLike[str]) -> str:
    """The shortest familiar form of a path: from the working folder, else from the home folder, else whole."""
    full = Path(path)
    for base, prefix in ((Path.cwd(), ""), (Path.home(), "~")):
        try:
            rest = full.relative_to(base)
        except ValueError:
            continue
        return shown_path(Path(prefix, rest))
    return shown_path(full)


def _plain(value: Any) -> Any:
    """What JSON can carry: numbers of numpy as numbers, what is not a number as null, paths as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, os.PathLike):
        return shown_path(value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return round(number, 6) if math.isfinite(number) else None


def to_json(document: Mapping[str, Any], *, indent: int | None = 2, ascii_only: bool = False) -> str:
    r"""One JSON document as text that is safe on a terminal: unsafe characters as `\uXXXX`, which JSON reads back."""
    text = json.dumps(_plain(document), ensure_ascii=ascii_only, allow_nan=False, indent=indent)
    # json.dumps has escaped C0 already; what is left of it is the line breaks of `indent`.
    return _UNSAFE.sub(lambda match: match.group() if match.group() == "\n" else _json_escape(match.group()), text)


def _json_escape(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "\\ufffd"  # half a surrogate pair is not Unicode, and many parsers refuse it
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
