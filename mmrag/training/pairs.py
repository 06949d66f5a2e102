"""Pictures with texts that say what they show: from a file of pairs, drawn by the project, or from an index.

What is held out is held out by document: a hash of its name decides, so that the same pairs are never trained on,
whatever else comes with them. Knows no model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from PIL import Image, ImageOps

from mmrag.corpus import Corpus
from mmrag.corpus.opened import OpenIndex
from mmrag.errors import FileProblem, NothingIndexed, PathNotFound, SourceChanged, UsageError
from mmrag.types import RegionKind

__all__ = ["FilePairs", "GeneratedPairs", "IndexPairs", "Pair", "Pairs", "Split", "is_held_out"]

Split: TypeAlias = Literal["train", "held-out"]

_DRAWN_BY = "mmrag.training.pictures:picture"
_LONG_SIDE = 640
"""Pixels of the longer side at which regions of documents are drawn: twice what small encoders look at, at least."""
_SHORTEST_CAPTION = 12
_PASSAGE = 300
"""Letters of a page's text that stand for it: about what the text towers take."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A picture, wordings that fit it (one or more), and a name: pairs of one name are no negatives of each other.

    Where it is known, `seen` is all that is true of the picture and `claims` what each text says of it: a text whose
    claims are all seen in another picture fits that one too.
    """

    image: Image.Image
    texts: tuple[str, ...]
    key: str
    claims: tuple[frozenset[str], ...] = ()
    seen: frozenset[str] = frozenset()


class Pairs(Protocol):
    """Where pairs come from. The same split and index always give the same pair; worker processes get a copy."""

    def count(self, split: Split) -> int:
        """How many pairs there are."""

    def pair(self, split: Split, index: int) -> Pair:
        """Read or draw pair `index`, from 0."""

    def texts(self, split: Split, index: int) -> tuple[str, ...]:
        """The wordings of pair `index` alone."""

    def describe(self) -> Mapping[str, Any]:
        """What the model card says of the data: plain values, "name" among them, that change where the data does."""


def is_held_out(document: str, one_in: int = 10) -> bool:
    """Whether a document's pairs are for measuring only: decided by a hash of its name, for one in `one_in`."""
    return int.from_bytes(hashlib.sha256(document.encode("utf-8", "surrogatepass")).digest()[:8], "big") % one_in == 0


@dataclass(frozen=True)
class GeneratedPairs:
    """`total` pictures drawn by the project from `seed`, and `held` of its held-out fonts, colours and wordings.

    `drawn_by` names the function `(index, seed, split) -> picture` as "module:attribute"; what it gives has an
    `image`, `captions`, the `claims` of each and what is `seen`.
    """

    total: int
    seed: int = 0
    held: int = 200
    drawn_by: str = _DRAWN_BY

    def count(self, split: Split) -> int:
        """As many as were asked for."""
        return self.total if split == "train" else self.held

    def pair(self, split: Split, index: int) -> Pair:
        """Draw one picture."""
        drawn = self._draw()(index, self.seed, split)
        return Pair(drawn.image, tuple(drawn.captions), f"{split}-{index}", tuple(drawn.claims), frozenset(drawn.seen))

    def texts(self, split: Split, index: int) -> tuple[str, ...]:
        """Wordings are made with the picture, so this draws it."""
        return self.pair(split, index).texts

    def describe(self) -> Mapping[str, Any]:
        """Number, seed and the function that draws."""
        return {"name": f"{self.total:,} generated pictures", "drawn by": self.drawn_by, "seed": self.seed}

    def _draw(self) -> Callable[[int, int, str], Any]:
        module, _, attribute = self.drawn_by.partition(":")
        draw: Callable[[int, int, str], Any] = getattr(import_module(module), attribute)
        return draw


@dataclass(frozen=True, slots=True)
class _Line:
    image: Path
    texts: tuple[str, ...]


@dataclass(frozen=True)
class FilePairs:
    """Pairs of a JSONL file: `{"image": PATH, "text": TEXT or [TEXT, ...], "document": NAME}`, paths relative to it.

    "document" is optional and says what is held out together; without it every picture is a document of its own.
    Raises `UsageError` with the line's number for what is no pair, `PathNotFound` for a picture that is not there.
    """

    file: Path
    _lines: Mapping[Split, tuple[_Line, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        lines: dict[Split, list[_Line]] = {"train": [], "held-out": []}
        try:
            content = self.file.read_text("utf-8-sig")
        except FileNotFoundError as error:
            raise PathNotFound(f"there is no file {self.file}", "Name a JSONL file of pairs.") from error
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{self.file} cannot be read: {error}", _LINE_HINT) from error
        for number, text in enumerate(content.split("\n"), 1):
            if text.strip():
                split, line = _parse_line(text, f"{self.file.name}, line {number}", self.file.parent)
                lines[split].append(line)
        if not lines["train"] and not lines["held-out"]:
            raise UsageError(f"{self.file} holds no pairs", _LINE_HINT)
        object.__setattr__(self, "_lines", {split: tuple(found) for split, found in lines.items()})

    def count(self, split: Split) -> int:
        """Lines of the file that are of that split."""
        return len(self._lines[split])

    def pair(self, split: Split, index: int) -> Pair:
        """Open one picture. Raises `FileProblem` for one that cannot be read."""
        line = self._lines[split][index]
        try:
            with Image.open(line.image) as picture:
                image = ImageOps.exif_transpose(picture)
                image.load()
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise FileProblem(
                f"{line.image} cannot be read: {error}", "Take its line out, or mend the file."
            ) from error
        return Pair(image, line.texts, str(line.image))

    def texts(self, split: Split, index: int) -> tuple[str, ...]:
        """The wordings of one line."""
        return self._lines[split][index].texts

    def describe(self) -> Mapping[str, Any]:
        """The file's name, its number of pairs and a hash of its lines."""
        parts = [f"{line.image.name}\0{line.texts}" for split in self._lines.values() for line in split]
        digest = hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:16]
        return {"name": f"{len(parts):,} pairs of {self.file.name}", "sha256 of the pairs": digest}


_LINE_HINT = 'A line is {"image": "chart.png", "text": "a bar chart of sales"}; "text" may be a list.'


def _parse_line(text: str, where: str, folder: Path) -> tuple[Split, _Line]:
    try:
        value = json.loads(text)
        image, texts = value["image"], value["text"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UsageError(f"{where} is no pair", _LINE_HINT) from error
    found = [texts] if isinstance(texts, str) else texts
    if not isinstance(image, str) or not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise UsageError(f"{where} is no pair", _LINE_HINT)
    kept = tuple(one.strip() for one in found if one.strip())
    if not kept:
        raise UsageError(f"{where} has no text", _LINE_HINT)
    path = folder / Path(image).expanduser()
    if not path.is_file():
        raise PathNotFound(f"{where}: there is no picture {path}", "Paths are relative to the JSONL file.")
    return "held-out" if is_held_out(str(value.get("document") or image)) else "train", _Line(path, kept)


class IndexPairs:
    """Pairs that an index holds: figures and pictures with their captions, pages with title, headings and passages.

    Raises `NothingIndexed` where no region has a text long enough to describe it.
    """

    def __init__(self, index: str, *, pages: bool = True) -> None:
        self.index = index
        self._opened: tuple[Corpus, OpenIndex] | None = None
        self._ids: dict[Split, list[int]] = {"train": [], "held-out": []}
        self._texts: dict[int, tuple[str, ...]] = {}
        self._collect(pages)
        if not self._texts:
            raise NothingIndexed(
                f"{index} holds no figure with a caption and no page with text", "Index documents with text first."
            )

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None}  # each process opens the index for itself

    def count(self, split: Split) -> int:
        """Figures and pages whose document is of that split."""
        return len(self._ids[split])

    def pair(self, split: Split, index: int) -> Pair:
        """Draw one region from its file. Raises `SourceChanged` where that is not the file that was indexed."""
        region = self._ids[split][index]
        if self._opened is None:
            corpus = Corpus(self.index)
            self._opened = corpus, OpenIndex(corpus.folder, corpus.config)
        corpus, opened = self._opened
        found = opened.catalog().regions([region])
        if region not in found:
            raise SourceChanged("the index has changed since the training began", "Start the training anew.")
        return Pair(corpus.crop(found[region], _LONG_SIDE), self._texts[region], str(region))

    def texts(self, split: Split, index: int) -> tuple[str, ...]:
        """The wordings of one region."""
        return self._texts[self._ids[split][index]]

    def describe(self) -> Mapping[str, Any]:
        """The index's name, its number of pairs and a hash of their texts."""
        digest = hashlib.sha256(repr(sorted(self._texts.items())).encode("utf-8", "replace")).hexdigest()[:16]
        return {"name": f"{len(self._texts):,} regions of an index", "sha256 of the texts": digest}

    def _collect(self, pages: bool) -> None:
        with Corpus(self.index) as corpus:
            catalog = OpenIndex(corpus.folder, corpus.config).catalog()
            kinds: tuple[RegionKind, ...] = ("figure", "picture", "page") if pages else ("figure", "picture")
            try:
                ids = [int(one) for one in catalog.region_ids(kinds=kinds)]
                for start in range(0, len(ids), 500):
                    part = ids[start : start + 500]
                    titles = dict(catalog.names(part))
                    for number, region in sorted(catalog.regions(part).items()):
                        texts = _wordings(region.kind, region.text, region.headings, titles.get(number, ""))
                        if texts:
                            self._texts[number] = texts
                            self._ids["held-out" if is_held_out(region.document.id) else "train"].append(number)
            finally:
                catalog.close()


def _wordings(kind: str, text: str, headings: Sequence[str], names: str) -> tuple[str, ...]:
    """What can be said of a region: a figure's caption, with and without its heading; a page's title and beginning."""
    text = " ".join(text.split())
    title = names.partition("\n")[2].strip()
    if kind != "page":
        if len(text) < _SHORTEST_CAPTION:
            return ()
        return (text[:_PASSAGE], f"{headings[-1]}: {text}"[:_PASSAGE]) if headings else (text[:_PASSAGE],)
    begun = [text[:_PASSAGE]] if len(text) >= _SHORTEST_CAPTION else []
    named = [" > ".join([title, *headings][-2:])] if title and begun else []
    middle = [text[len(text) // 2 :][:_PASSAGE]] if len(text) > 3 * _PASSAGE else []
    return tuple(begun + named + middle)
