"""Evidence packs: what an answer rested on, as it is written to a file and read back.

A pack may come from anybody. Reading one gives plain, checked values and opens no file but the pack itself; the names
in it are compared with those of an index and never made into paths.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args

from mmrag.errors import FormatTooNew, PathNotFound, UsageError
from mmrag.types import Box, Label, Verdict

__all__ = [
    "FORMAT",
    "MARK",
    "RECORD",
    "VERSION",
    "CitationCheck",
    "ClaimCheck",
    "FileCheck",
    "FileState",
    "Pack",
    "PackCheck",
    "PackedCitation",
    "PackedClaim",
    "PackedFile",
    "QuoteState",
    "digest",
    "read_pack",
]

FORMAT = "mmrag-evidence-pack"
VERSION = 1
RECORD = "answer.json"
"""The record's name in a folder."""
MARK = '<pre id="mmrag-pack">'
"""What stands before the record in an HTML file; `</pre>` stands behind it."""
MAX_BYTES = 32_000_000
MAX_TEXT = 100_000
MAX_ITEMS = 1000
MAX_CITATIONS = 5000
HINT = "Give a file that `mmrag ask --export` wrote: .html, .json, or the folder of both."
FileState: TypeAlias = Literal["same", "moved", "changed", "gone"]
QuoteState: TypeAlias = Literal["there", "elsewhere", "gone", "unread", "none"]
"""Of a quote: on its page, on another page of the file, nowhere in it, not looked for, or nothing was quoted."""
_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file that an answer looked at: the sha256 of its bytes, and its place below an indexed folder, to compare."""

    sha256: str
    name: str
    within: str = ""


@dataclass(frozen=True, slots=True)
class PackedCitation:
    """The spot that decided a claim; `file` is a sha256."""

    file: str
    page: int
    box: Box | None = None
    quote: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class PackedClaim:
    """A claim with its verdict of then."""

    text: str
    label: Label
    probability: float
    reason: str = ""
    citations: tuple[PackedCitation, ...] = ()


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack as read. `pages` are those that the answer was looked for on, as (sha256, page).

    `whole`: record and pictures are those that were written. It finds damage, and no forger who knows the format: what
    a pack says is believed only as far as the files say so too.
    """

    question: str
    text: str | None
    claims: tuple[PackedClaim, ...]
    files: tuple[PackedFile, ...]
    pages: tuple[tuple[str, int], ...]
    made: str = ""
    program: str = ""
    models: Mapping[str, str] = field(default_factory=dict)
    whole: bool = True


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What became of a file. `path` is where it lies now, None where it is gone; `sha256` of what lies there."""

    file: PackedFile
    state: FileState
    path: Path | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class CitationCheck:
    """What became of a citation. `page` is where the quote stands now."""

    citation: PackedCitation
    state: FileState
    quote: QuoteState
    page: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """A claim of a pack and its verdict now, None where nothing is left to check it against; `why` then says so."""

    claim: PackedClaim
    now: Verdict | None
    citations: tuple[CitationCheck, ...] = ()
    why: str = ""

    @property
    def same(self) -> bool:
        """Whether the verdict is what it was."""
        return self.now is not None and self.now.label == self.claim.label


@dataclass(frozen=True, slots=True)
class PackCheck:
    """What became of a pack: its files and claims. `models` are those that checked it now."""

    pack: Pack
    files: tuple[FileCheck, ...]
    claims: tuple[ClaimCheck, ...]
    models: Mapping[str, str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether the pack is undamaged and all that it calls supported still is."""
        return self.pack.whole and all(check.same for check in self.claims if check.claim.label == "supported")

    def name_of(self, citation: PackedCitation) -> str:
        """The name of the file that a citation cites."""
        return next(check.file.name for check in self.files if check.file.sha256 == citation.file)


def digest(record: Mapping[str, Any]) -> str:
    """The sha256 of a record, of everything but itself and the pictures, which have their own."""
    rest = {key: value for key, value in record.items() if key != "sha256"}
    if isinstance(crops := rest.get("crops"), list):
        rest["crops"] = [
            {key: value for key, value in crop.items() if key != "data"} if isinstance(crop, dict) else crop
            for crop in crops
        ]
    text = json.dumps(rest, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return sha256(text.encode("ascii")).hexdigest()


def read_pack(path: Path) -> Pack:
    """The pack in a file, or in a folder that holds one.

    Raises `PathNotFound`, `FormatTooNew`, and `UsageError` for what is damaged or no pack.
    """
    file = path / RECORD if path.is_dir() else path
    text = _text_of(file)
    try:
        record = _record(text)
        return _pack(record, _is_whole(record, text))
    except FormatTooNew:
        raise
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise UsageError(f"{file} is damaged, or no evidence pack: {reason}", HINT) from error


def _text_of(file: Path) -> str:
    try:
        if not file.is_file():
            raise PathNotFound(f"{file} is not there", HINT)
        if file.stat().st_size > MAX_BYTES:
            raise UsageError(f"{file} is larger than any evidence pack ({MAX_BYTES // 1_000_000} MB)", HINT)
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is damaged, or no evidence pack: it is not UTF-8", HINT) from error
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise UsageError(f"{file} cannot be read: {error}", HINT) from error


def _record(text: str) -> dict[str, Any]:
    """The record of a JSON or HTML file; raises ValueError."""
    if not _is_json(text):
        text = unescape(_around(text)[1])
    value = json.loads(text, parse_constant=_no_constant)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ValueError("it is of another format")
    version = value.get("version")
    if type(version) is not int or version < 1:
        raise ValueError("it does not say its version")
    if version > VERSION:
        raise FormatTooNew("the evidence pack was written by a newer mmrag", "Update mmrag to check it.")
    return value


def _is_json(text: str) -> bool:
    return text.lstrip().startswith("{")


def _around(text: str) -> tuple[str, str]:
    """The page around the record of an HTML file, and the record; raises ValueError."""
    head, mark, rest = text.partition(MARK)
    inner, end, tail = rest.partition("</pre>")
    if not mark or not end:
        raise ValueError("it holds no record")
    return f"{head}{end}{tail}", inner


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _is_whole(record: Mapping[str, Any], text: str) -> bool:
    """Whether the sha256 of the record, of every picture and of the page are right.

    Raises ValueError for what cannot be a pack.
    """
    crops = _list(record, "crops")
    try:
        right = record.get("sha256") == digest(record)
    except ValueError:  # numbers that JSON cannot write
        return False
    if not _is_json(text):
        return right and record.get("page") == sha256(_around(text)[0].encode()).hexdigest()
    return right and all(crop.get("sha256") == _picture_hash(crop.get("data")) for crop in crops)


def _picture_hash(data: object) -> str:
    try:
        return sha256(base64.b64decode(data if isinstance(data, str) else "", validate=True)).hexdigest()
    except (binascii.Error, ValueError):
        return ""


# -------------------------------------------------------------------------------------------------------- checking


def _pack(record: Mapping[str, Any], whole: bool) -> Pack:
    files = tuple(_file(one) for one in _list(record, "files"))
    known = {file.sha256 for file in files}
    claims = tuple(_claim(one, known) for one in _list(record, "claims"))
    if sum(len(claim.citations) for claim in claims) > MAX_CITATIONS:
        raise ValueError(f"it has more than {MAX_CITATIONS:,} citations")
    pages = tuple((_known(one.get("file"), known), _page(one.get("page"))) for one in _list(record, "evidence"))
    program = record.get("program")
    version = program.get("mmrag") if isinstance(program, dict) else None
    models = record.get("models")
    return Pack(
        question=_text(record, "question"),
        text=None if record.get("text") is None else _text(record, "text", MAX_BYTES),
        claims=claims,
        files=files,
        pages=tuple(dict.fromkeys(pages)),
        made=_text(record, "made", 40),
        program=version[:40] if isinstance(version, str) else "",
        models=_texts(models.items() if isinstance(models, dict) else ()),
        whole=whole,
    )


def _file(value: Mapping[str, Any]) -> PackedFile:
    name = _text(value, "name", 1000)
    if not name or "/" in name:
        raise ValueError("the name of a file is not a name")
    return PackedFile(_hash(value.get("sha256")), name, _text(value, "within", MAX_TEXT))


def _claim(value: Mapping[str, Any], known: Iterable[str]) -> PackedClaim:
    text = _text(value, "text")
    if not text.strip():
        raise ValueError("a claim is empty")
    if value.get("verdict") not in get_args(Label):
        raise ValueError("a claim has no verdict")
    citations = tuple(_citation(one, known) for one in _list(value, "citations"))
    probability = _number(value.get("probability"), "a probability")
    return PackedClaim(text, cast("Label", value["verdict"]), probability, _text(value, "reason"), citations)


def _citation(value: Mapping[str, Any], known: Iterable[str]) -> PackedCitation:
    label = value.get("label")
    return PackedCitation(
        _known(value.get("file"), known),
        _page(value.get("page")),
        _box(value.get("box")),
        _text(value, "quote"),
        label[:20] if isinstance(label, str) else "",
    )


def _list(value: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    found = value.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError(f'"{name}" is not a list of objects')
    if len(found) > MAX_ITEMS:
        raise ValueError(f'"{name}" has {len(found):,} entries; {MAX_ITEMS:,} are allowed')
    return found


def _text(value: Mapping[str, Any], name: str, limit: int = MAX_TEXT) -> str:
    found = value.get(name)
    if not isinstance(found, str):
        raise ValueError(f'"{name}" is not a text')
    if len(found) > limit:
        raise ValueError(f'"{name}" has {len(found):,} characters; {limit:,} are allowed')
    return found


def _texts(items: Iterable[tuple[Any, Any]]) -> dict[str, str]:
    return {str(key)[:100]: value[:500] for key, value in items if isinstance(value, str)}


def _hash(value: object) -> str:
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise ValueError("a file has no sha256")
    return value


def _known(value: object, known: Iterable[str]) -> str:
    if _hash(value) not in known:
        raise ValueError("it cites a file that it does not list")
    return cast("str", value)


def _page(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10_000_000:
        raise ValueError("a page is not a number from 1")
    return value


def _box(value: object) -> Box | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 4:
        raise ValueError("a box has not four sides")
    return Box(*(_number(side, "a side of a box") for side in value))


def _number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not (math.isfinite(value) and 0 <= value <= 1):
        raise ValueError(f"{what} is not a number from 0 to 1")
    return float(value)
