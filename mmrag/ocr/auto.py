"""Which engine reads what: the script of a page decides, page by page.

RapidOCR is the more accurate for Latin script, Tesseract the only one here that knows Hangul.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mmrag.errors import UsageError
from mmrag.ocr.lines import Line, reading_order
from mmrag.ocr.rapid import RAPIDOCR_LANGUAGES, RapidOcr, model_files
from mmrag.ocr.tesseract import Tesseract, tesseract_languages
from mmrag.ocr.turning import Quads, turned, turned_back
from mmrag.protocols import Recognizer
from mmrag.types import Box, Word

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["ScriptAware", "available", "choose", "has_text"]

_SURE = 0.85  # RapidOCR's confidence in a line of a script that it knows; Hangul gives 0.4 to 0.7
_SIGNS_TO_HEIGHT = 1.1  # signs in a line as long as it is high: Latin 2 and more, Hangul read as nothing below 1
_FEWEST_UNREAD, _UNREAD_SHARE = 2, 0.04  # detected lines without a trusted reading, before Tesseract is asked too
_HOPELESS = 0.7  # Tesseract's mean confidence below which the page may be upside down: Hangul does not show it
_LEAST = 0.4  # Tesseract's confidence in a line; below are parts of drawings
_DETECTION_SIDE = 1280


class ScriptAware:
    """Two engines behind one `Recognizer`: RapidOCR, and Tesseract for what RapidOCR cannot read.

    A few lines are tried first. RapidOCR reads the page if it knows one of them; the lines that it does not know are
    left to Tesseract. Pages on their side or head are turned first.
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
        look = self.rapid.look(image, _DETECTION_SIDE)
        if not len(look.quads):
            return []
        scores = [self.rapid.sample(line)[1] for line in look.crops]
        known = not scores or max(scores) >= _SURE
        lines, turns = self._read(look.image, look.quads, known), look.turns
        if not known and _mean_score(lines) < _HOPELESS:
            over = self._read(look.image.rotate(180), turned(look.quads, 2), known)
            if _mean_score(over) > _mean_score(lines):
                lines, turns = over, (turns + 2) % 4
        return [turned_back(line, turns) for line in lines]

    def _read(self, image: Image, quads: Quads, known: bool) -> list[Line]:
        aspect = image.width / image.height
        first = self.rapid.read(image) if known else []
        trusted = [line for line in first if _is_trusted(line, aspect)]
        unread = quads[[not any(_holds(line.box, x, y) for line in trusted) for x, y in quads.mean(axis=1).tolist()]]
        if known and (len(unread) < _FEWEST_UNREAD or len(unread) < _UNREAD_SHARE * len(quads)):
            return first
        second = [line for line in self.tesseract.read_lines(image, unread) if line.score >= _LEAST]
        taken = [line.box for line in trusted + second]
        rest = [line for line in first if not any(_meet(line.box, box) for box in taken)]
        return reading_order(trusted + second + rest, aspect)


def _mean_score(lines: list[Line]) -> float:
    """Confidence by words, 0 for no lines."""
    count = sum(len(line.words) for line in lines)
    return sum(line.score * len(line.words) for line in lines) / count if count else 0.0


def _is_trusted(line: Line, aspect: float) -> bool:
    """Whether RapidOCR knew the script: sure of itself, and as many signs as a line of that length holds."""
    length = (line.box.right - line.box.left) * aspect / max(line.box.bottom - line.box.top, 1e-6)
    return line.score >= _SURE and (length < 3 or len(line.text) >= _SIGNS_TO_HEIGHT * length)


def _holds(box: Box, x: float, y: float) -> bool:
    return box.left <= x <= box.right and box.top <= y <= box.bottom


def _meet(first: Box, second: Box) -> bool:
    return first.intersection(second) > 0.1 * min(first.area, second.area)


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
