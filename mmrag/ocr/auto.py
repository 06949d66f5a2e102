"""Which engine reads what: the script of a page decides, page by page.

RapidOCR is the more accurate for Latin script, Tesseract the only one here that knows Hangul.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from mmrag.errors import UsageError
from mmrag.ocr.images import flat
from mmrag.ocr.lines import Line, reading_order
from mmrag.ocr.rapid import RAPIDOCR_LANGUAGES, RapidOcr, model_files
from mmrag.ocr.tesseract import Tesseract, tesseract_languages
from mmrag.protocols import Recognizer
from mmrag.types import Box, Word

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["ScriptAware", "available", "choose", "has_text"]

_SAMPLES = 6  # lines looked at to decide
_SURE = 0.85  # RapidOCR's confidence in a line of a script that it knows; Hangul gives 0.4 to 0.7
_SIGNS_TO_HEIGHT = 1.1  # signs in a line as long as it is high: Latin 2 and more, Hangul read as nothing below 1
_FEWEST_UNREAD, _UNREAD_SHARE = 2, 0.04  # detected lines without a trusted reading, before Tesseract is asked too
_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")


Quads: TypeAlias = npt.NDArray[np.float64]
"""Corners of lines of text, shape (n, 4, 2), in fractions of the picture."""


class ScriptAware:
    """Two engines behind one `Recognizer`: RapidOCR, and Tesseract for what RapidOCR cannot read.

    A few lines are tried first. If RapidOCR reads them all it reads the page, if none Tesseract does; on a mixed page
    both do and each line is taken from the one that knows its script. Pages on their side or head are turned first.
    """

    def __init__(self, rapid: RapidOcr, tesseract: Tesseract) -> None:
        self.rapid = rapid
        self.tesseract = tesseract
        self.languages = rapid.languages | tesseract.languages

    def recognize(self, image: Image) -> tuple[Word, ...]:
        """Words in reading order; raises what the engines raise."""
        return tuple(word for line in self.lines(image) for word in line.words)

    def lines(self, image: Image) -> list[Line]:
        """Lines in reading order."""
        image = flat(image)
        quads = self.rapid.detect(image)
        if not len(quads):
            return []
        turns = _quarter_turns(quads, image)
        upright = image.rotate(90 * turns, expand=True) if turns else image
        samples = [self.rapid.sample(line) for line in _crops(upright, _turned(quads, turns))]
        if samples and sum(upside_down for _, _, upside_down in samples) > len(samples) / 2:
            turns = (turns + 2) % 4
            upright = image.rotate(90 * turns, expand=True)
        known = sum(score >= _SURE for _, score, _ in samples)
        lines = self._read(upright, _turned(quads, turns), known, len(samples))
        return [_turned_back(line, turns) for line in lines]

    def _read(self, image: Image, quads: Quads, known: int, samples: int) -> list[Line]:
        if samples and known == 0:
            return self.tesseract.lines(image)
        first = self.rapid.lines(image)
        aspect = image.width / image.height
        trusted = [line for line in first if _is_trusted(line, aspect)]
        unread = _unread(quads, trusted)
        if known == samples and (unread < _FEWEST_UNREAD or unread < _UNREAD_SHARE * len(quads)):
            return first
        return reading_order(_merged(first, trusted, self.tesseract.lines(image)), aspect)


def _crops(image: Image, quads: Quads) -> list[Image]:
    """Pictures of a few lines spread over the page, the longer ones where there is a choice."""
    size = np.array([image.width, image.height])
    low, high = quads.min(axis=1) * size, quads.max(axis=1) * size
    spans = high - low
    long = np.flatnonzero(spans[:, 0] >= min(4.0, float(np.median(spans[:, 0] / spans[:, 1]))) * spans[:, 1])
    order = long[np.argsort(low[long, 1], kind="stable")]
    picked = order[np.unique(np.linspace(0, len(order) - 1, _SAMPLES).round().astype(int))] if len(order) else order
    crops = []
    for number in picked.tolist():
        left, top, right, bottom = (int(value) for value in (*low[number], *high[number]))
        if right - left >= 8 and bottom - top >= 4:
            crops.append(image.crop((left, top, min(right, left + 24 * (bottom - top)), bottom)))
    return crops


def _quarter_turns(quads: Quads, image: Image) -> int:
    """1 where most lines stand upright, so that the page lies on its side, else 0."""
    spans = (quads.max(axis=1) - quads.min(axis=1)) * np.array([image.width, image.height])
    tall = spans[:, 1] > 1.5 * spans[:, 0]
    return int(len(quads) >= 3 and tall.mean() > 0.7)


def _turned(points: npt.NDArray[np.float64], turns: int) -> npt.NDArray[np.float64]:
    """Points (..., 2) of a picture after `turns` quarter turns counter-clockwise."""
    for _ in range(turns % 4):
        points = np.stack([points[..., 1], 1.0 - points[..., 0]], axis=-1)
    return points


def _turned_back(line: Line, turns: int) -> Line:
    if not turns:
        return line
    words = tuple(Word(word.text, _turned_box(word.box, -turns)) for word in line.words)
    return Line(words, _turned_box(line.box, -turns), line.score)


def _turned_box(box: Box, turns: int) -> Box:
    corners = _turned(np.array([[box.left, box.top], [box.right, box.bottom]]), turns)
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return Box(left, top, right, bottom)


def _is_trusted(line: Line, aspect: float) -> bool:
    """Whether RapidOCR knew the script: sure of itself, and as many signs as a line of that length holds."""
    length = (line.box.right - line.box.left) * aspect / max(line.box.bottom - line.box.top, 1e-6)
    return line.score >= _SURE and (length < 3 or len(line.text) >= _SIGNS_TO_HEIGHT * length)


def _unread(quads: Quads, lines: list[Line]) -> int:
    """How many detected lines no line that was read lies on."""
    return sum(not any(_holds(line.box, float(x), float(y)) for line in lines) for x, y in quads.mean(axis=1))


def _holds(box: Box, x: float, y: float) -> bool:
    return box.left <= x <= box.right and box.top <= y <= box.bottom


def _merged(first: list[Line], trusted: list[Line], second: list[Line]) -> list[Line]:
    """RapidOCR's trusted lines, and Tesseract's words that lie in none of them.

    A line that RapidOCR trusted but Tesseract finds Hangul in is Tesseract's. What only RapidOCR saw stays.
    """
    hangul = [line.box for line in second if len(_HANGUL.findall(line.text)) >= 2]
    kept = [line for line in trusted if not any(_same_line(line.box, box) for box in hangul)]
    result = list(kept)
    for line in second:
        words = tuple(word for word in line.words if not any(_centre_in(word.box, other.box) for other in kept))
        if words:
            box = words[0].box
            for word in words[1:]:
                box = box.union(word.box)
            result.append(Line(words, box, line.score))
    taken = [line.box for line in result]
    result += [line for line in first if not any(_meet(line.box, box) for box in taken)]
    return result


def _same_line(first: Box, second: Box) -> bool:
    return first.intersection(second) > 0.5 * min(first.area, second.area)


def _meet(first: Box, second: Box) -> bool:
    return first.intersection(second) > 0.1 * min(first.area, second.area)


def _centre_in(box: Box, other: Box) -> bool:
    return _holds(other, (box.left + box.right) / 2, (box.top + box.bottom) / 2)


def available() -> dict[str, frozenset[str]]:
    """Engine -> ISO 639-1 codes that it reads here. Loads no engine."""
    engines: dict[str, frozenset[str]] = {}
    if model_files() is not None:
        engines["rapidocr"] = RAPIDOCR_LANGUAGES
    if tesseract_languages():
        engines["tesseract"] = frozenset(tesseract_languages())
    return engines


def choose(languages: str = "auto") -> Recognizer | None:
    """A recognizer for "auto", "off" (None), an engine's name, or ISO 639-1 codes joined by "+" such as "ko+en".

    "auto" reads Korean too where Tesseract has it, and is None where no engine is installed. Raises `UsageError` for
    languages that nothing here reads.
    """
    wanted = languages.strip().lower()
    engines = available()
    if wanted in ("off", "none"):
        return None
    if wanted in ("rapidocr", "tesseract"):
        return RapidOcr() if wanted == "rapidocr" else Tesseract()
    rapid, other = engines.get("rapidocr", frozenset()), engines.get("tesseract", frozenset())
    codes: list[str]
    if wanted == "auto":
        codes = [code for code in ("ko", "en") if code in rapid | other]
    else:
        codes = [code for code in re.split(r"[+,\s]+", wanted) if code]
    if not codes:
        if wanted == "auto":
            return None
        raise UsageError("no language is given to read", "Use --ocr auto, --ocr off, or languages such as --ocr ko+en.")
    missing = sorted(set(codes) - rapid - other)
    if missing:
        raise UsageError(f"no installed engine reads {', '.join(missing)}", _hint(engines, missing))
    if rapid.issuperset(codes):
        return RapidOcr()
    if other.issuperset(codes) and not rapid.intersection(codes):
        return Tesseract(codes)
    return ScriptAware(RapidOcr(), Tesseract([code for code in codes if code in other]))


def _hint(engines: dict[str, frozenset[str]], missing: list[str]) -> str:
    read = sorted(frozenset().union(*engines.values()))
    advice = f"Readable here: {', '.join(read)}." if read else "Install rapidocr or Tesseract."
    if "ko" in missing:
        return advice + " For Korean install Tesseract with its Korean file, e.g. apt install tesseract-ocr-kor."
    return advice + " Tesseract reads more once its language files are installed; --ocr auto takes what there is."


def has_text(image: Image) -> bool:
    """Whether lines of text are found on a small copy, in about a fifth of a second; True if nothing here can tell."""
    if model_files() is None:
        return True
    return len(RapidOcr().detect(image)) > 0
