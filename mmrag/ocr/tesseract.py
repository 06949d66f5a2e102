"""Tesseract as a program: a picture in, words with boxes out. Reads Korean where its language file is installed.

Does not turn pages: a scan that lies on its side gives no words worth keeping.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from mmrag.errors import FileFailed, MissingExtra, UsageError
from mmrag.ocr.images import fitted, flat
from mmrag.ocr.lines import Line, reading_order
from mmrag.ocr.sheet import Sheet
from mmrag.ocr.turning import Quads
from mmrag.types import Box, Word

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Tesseract", "tesseract_languages"]

_CODES = {
    "ara": "ar", "bul": "bg", "cat": "ca", "ces": "cs", "chi_sim": "zh", "chi_tra": "zh", "dan": "da", "deu": "de",
    "ell": "el", "eng": "en", "est": "et", "fin": "fi", "fra": "fr", "heb": "he", "hin": "hi", "hrv": "hr",
    "hun": "hu", "ind": "id", "ita": "it", "jpn": "ja", "kor": "ko", "lav": "lv", "lit": "lt", "nld": "nl",
    "nor": "no", "pol": "pl", "por": "pt", "ron": "ro", "rus": "ru", "slk": "sk", "slv": "sl", "spa": "es",
    "srp": "sr", "swe": "sv", "tha": "th", "tur": "tr", "ukr": "uk", "vie": "vi",
}  # fmt: skip
_SMALLEST, _LARGEST = 1000, 1800  # long side in pixels: a page at 150 dpi; more is slower and in Korean worse
_LEAST_CONFIDENCE = 30.0  # of 100: below are mostly specks and parts of drawings
_SURE = 0.9  # mean confidence of a line below which other languages are tried
_SECONDS = 30.0


@lru_cache(maxsize=1)
def tesseract_languages() -> dict[str, str]:
    """ISO 639-1 code -> Tesseract's own name, for what is installed; empty without the program."""
    program = shutil.which("tesseract")
    if program is None:
        return {}
    try:
        listed = subprocess.run(
            [program, "--list-langs"], capture_output=True, timeout=10, check=True, env=_environment()
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    found: dict[str, str] = {}
    for name in listed.stdout.decode("utf-8", "replace").split():
        if name in _CODES:
            found.setdefault(_CODES[name], name)
    return found


def _environment() -> dict[str, str]:
    # Its threads wait for one another more than they work: 7.4 s a page with them, 1.5 s without.
    return {**os.environ, "OMP_THREAD_LIMIT": "1"}


class Tesseract:
    """Recognizer for the languages given, or every one of English and Korean that is installed."""

    def __init__(self, languages: Iterable[str] = (), seconds: float = _SECONDS) -> None:
        """One page may take `seconds`. Raises `MissingExtra` without Tesseract, `UsageError` without a language."""
        installed = tesseract_languages()
        if not installed:
            raise MissingExtra(
                "Tesseract is not installed, or has no language",
                "Install it, e.g. apt install tesseract-ocr tesseract-ocr-kor.",
            )
        default = [code for code in ("ko", "en") if code in installed] or [*installed][:1]
        wanted = list(dict.fromkeys(languages)) or default
        missing = [code for code in wanted if code not in installed]
        if missing:
            raise UsageError(
                f"Tesseract cannot read {', '.join(missing)} here",
                f"It reads {', '.join(sorted(installed))}. Install its file, e.g. apt install tesseract-ocr-kor.",
            )
        self.languages = frozenset(wanted)
        self.seconds = seconds
        self._names = "+".join(installed[code] for code in wanted)

    def recognize(self, image: Image) -> tuple[Word, ...]:
        """Words in reading order; () where nothing is found. Raises `FileFailed` when it takes too long or crashes."""
        return tuple(word for line in self.lines(image) for word in line.words)

    def lines(self, image: Image) -> list[Line]:
        """Lines in reading order with the mean confidence of their words, 0 to 1."""
        small = fitted(flat(image, "L"), _SMALLEST, _LARGEST)
        table, text = self._run(small)
        lines = _lines(table, text, small.width, small.height)
        return reading_order(lines, small.width / small.height)

    def read_lines(self, image: Image, quads: Quads) -> list[Line]:
        """Lines whose places are known, shape (n, 4, 2), in no order; what cannot be read is left out.

        They are set below one another at one size of type: its own search for lines is fragile with Hangul. Korean
        is read alone first, which turns fewer syllables into Latin letters; doubtful lines also with the other
        languages, and the reading it is surer of is kept.
        """
        if not len(quads):
            return []
        sheet = Sheet.of(image, quads)
        alone = self._with("ko") if "ko" in self.languages and len(self.languages) > 1 else self
        found = alone._read_sheet(sheet)
        doubtful = [number for number in range(len(quads)) if _doubt(found.get(number))] if alone is not self else []
        if doubtful:
            again = self._read_sheet(Sheet.of(image, quads[doubtful], sheet.scale))
            for place, line in again.items():
                number = doubtful[place]
                if number not in found or line.score > found[number].score:
                    found[number] = line
        return list(found.values())

    def _with(self, language: str) -> Tesseract:
        return Tesseract([language], self.seconds)

    def _read_sheet(self, sheet: Sheet) -> dict[int, Line]:
        """Number of the strip -> its line, in fractions of the page."""
        table, text = self._run(sheet.image, "6")
        words: dict[int, list[tuple[Word, float]]] = {}
        for line in _lines(table, text, sheet.image.width, sheet.image.height):
            number = sheet.strip_at((line.box.top + line.box.bottom) / 2)
            placed = [(Word(word.text, sheet.on_page(number, word.box)), line.score) for word in line.words]
            words.setdefault(number, []).extend(placed)
        return {number: _line(found) for number, found in words.items()}

    def _run(self, image: Image, layout: str = "3") -> tuple[str, str]:
        """What the program prints as a table of words and as plain text; `layout`: 3 finds columns, 6 is one block."""
        pixels = io.BytesIO()
        image.save(pixels, "PPM")
        with tempfile.TemporaryDirectory(prefix="mmrag-ocr-") as folder:
            base = Path(folder, "page")
            command = ["tesseract", "-", str(base), "-l", self._names, "--psm", layout]
            try:
                subprocess.run(
                    # Without this setting, which Korean files bring but other languages undo, syllables come apart.
                    [*command, "-c", "preserve_interword_spaces=1", "tsv", "txt"],
                    input=pixels.getvalue(),
                    capture_output=True,
                    timeout=self.seconds,
                    check=True,
                    env=_environment(),
                )
                table, text = base.with_suffix(".tsv"), base.with_suffix(".txt")
                return table.read_text("utf-8", "replace"), text.read_text("utf-8", "replace")
            except subprocess.TimeoutExpired as error:
                raise FileFailed(
                    f"text recognition took more than {self.seconds:g} s", "Try again, or use --ocr off."
                ) from error
            except (OSError, subprocess.CalledProcessError) as error:
                raise FileFailed(
                    f"Tesseract failed: {type(error).__name__}", "Run `tesseract --version` to see if it works."
                ) from error


def _doubt(line: Line | None) -> bool:
    return line is None or line.score < _SURE


class _Token:
    """A piece that Tesseract calls a word; in Korean often a single syllable."""

    __slots__ = ("bottom", "confidence", "key", "left", "right", "text", "top")

    def __init__(self, fields: list[str]) -> None:
        self.key = tuple(fields[1:5])
        self.left, self.top, width, height = (int(value) for value in fields[6:10])
        self.right, self.bottom = self.left + width, self.top + height
        self.confidence = float(fields[10])
        self.text = "".join(fields[11].split())


def _lines(table: str, text: str, width: int, height: int) -> list[Line]:
    tokens = []
    for row in table.splitlines()[1:]:
        fields = row.split("\t", 11)
        if len(fields) == 12 and fields[0] == "5" and fields[11].strip():
            tokens.append(_Token(fields))
    for token, following in pairwise(tokens):
        # Some syllables get the box of half a line; the next one tells where they end.
        if token.key == following.key and token.left < following.left < token.right:
            token.right = following.left
    lines: dict[tuple[str, ...], list[tuple[Word, float]]] = {}
    for word in _joined(tokens, text):
        confidence = sum(token.confidence for token in word) / len(word)
        if confidence < _LEAST_CONFIDENCE:
            continue
        box = Box(
            max(0.0, min(token.left for token in word) / width),
            max(0.0, min(token.top for token in word) / height),
            min(1.0, max(token.right for token in word) / width),
            min(1.0, max(token.bottom for token in word) / height),
        )
        lines.setdefault(word[0].key, []).append((Word("".join(token.text for token in word), box), confidence / 100))
    return [_line(words) for words in lines.values()]


def _line(words: list[tuple[Word, float]]) -> Line:
    box = words[0][0].box
    for word, _ in words[1:]:
        box = box.union(word.box)
    return Line(tuple(word for word, _ in words), box, sum(score for _, score in words) / len(words))


def _joined(tokens: list[_Token], text: str) -> list[list[_Token]]:
    """Tokens put together to the words of the plain text, whose spaces are right in Korean where the table's are not.

    A token that no longer fits the text stands for itself from there on.
    """
    words = text.split()
    result: list[list[_Token]] = []
    position = 0
    for number, word in enumerate(words):
        group: list[_Token] = []
        rest = word
        while rest and position < len(tokens) and rest.startswith(tokens[position].text):
            if group and group[0].key != tokens[position].key:
                break
            rest = rest[len(tokens[position].text) :]
            group.append(tokens[position])
            position += 1
        if group:
            result.append(group)
        if rest or (not group and number < len(words)):
            break
    return result + [[token] for token in tokens[position:]]
