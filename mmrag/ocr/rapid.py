"""RapidOCR on ONNX Runtime, with the models that its package carries. Opens no connection. Reads no Hangul.

It answers Hangul with few signs of low confidence, or nothing at all; `mmrag.ocr.auto` makes use of that.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mmrag.errors import MissingExtra
from mmrag.ocr.images import fitted, flat
from mmrag.ocr.lines import Line, reading_order, split_line
from mmrag.ocr.turning import Quads, crops, quarter_turns, turned, turned_back
from mmrag.types import Box, Word

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["RAPIDOCR_LANGUAGES", "RapidOcr", "model_files"]

RAPIDOCR_LANGUAGES = frozenset(
    ["en", "zh", "ja", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "fi", "pl", "cs", "tr", "ro", "hu"]
)
"""ISO 639-1 codes; every letter of these is in the alphabet of the model shipped with rapidocr 3.10."""

_SMALLEST, _LARGEST = 1000, 2600  # long side in pixels
_DETECTION_SIDE = 1280  # measured: same recall as 2400 at a seventh of the time
_LEAST_SCORE = 0.5
_OVER = 0.7  # mean probability above which a page is turned over; upright Hangul reaches 0.6


@lru_cache(maxsize=1)
def model_files() -> dict[str, Path] | None:
    """Paths of detection, direction and recognition model inside the package; None where it is not installed whole."""
    spec = find_spec("rapidocr")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / "models"
    found = {part: sorted(folder.glob(f"*_{part.lower()}*.onnx")) for part in ("Det", "Cls", "Rec")}
    found["Cls"] = found["Cls"] or sorted(folder.glob("*cls*.onnx"))
    return {part: files[-1] for part, files in found.items()} if all(found.values()) else None


@lru_cache(maxsize=4)
def _engine(threads: int) -> Any:
    """One engine a process: loading takes half a second."""
    files = model_files()
    if files is None:
        raise MissingExtra("RapidOCR or its models are not installed", "pip install 'rapidocr>=3.4'")
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    parameters: dict[str, Any] = {f"{part}.model_path": str(path) for part, path in files.items()}
    parameters |= {
        "Global.log_level": "critical",
        "Global.max_side_len": _LARGEST,
        "Global.text_score": 0.0,
        "Det.limit_type": "max",
        "Det.limit_side_len": _DETECTION_SIDE,
        "Rec.rec_batch_num": 1,  # measured: lines of unlike length pad one another, 6 at once take 1.8 times as long
        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    return RapidOCR(params=parameters)


@dataclass(frozen=True, slots=True)
class Look:
    """A page turned upright by `turns` quarter turns, where its lines are, and pictures of a few of them."""

    image: Image
    turns: int
    quads: Quads
    crops: tuple[Image, ...]


class RapidOcr:
    """Recognizer for Latin script, Chinese and Japanese."""

    languages = RAPIDOCR_LANGUAGES

    def __init__(self, threads: int = 1) -> None:
        """`threads` of ONNX Runtime; 1 suits one worker process for each core. Loads nothing until first used."""
        self.threads = threads

    def recognize(self, image: Image) -> tuple[Word, ...]:
        """Words in reading order; () where nothing is found. Raises `MissingExtra` if the package is not there."""
        return tuple(word for line in self.lines(image) for word in line.words)

    def lines(self, image: Image) -> list[Line]:
        """Lines in reading order with their confidence; a page on its side or head is turned to be read."""
        look = self.look(image)
        if not len(look.quads):
            return []
        return [turned_back(line, look.turns) for line in self.read(look.image)]

    def read(self, image: Image) -> list[Line]:
        """Lines of a page that is upright."""
        pixels = _pixels(fitted(image, _SMALLEST, _LARGEST))
        # Its own check of direction, line by line, turns one line in forty of a noisy scan on its head.
        result = _engine(self.threads)(
            pixels, use_det=True, use_cls=False, use_rec=True, return_word_box=True, return_single_char_box=True
        )
        if getattr(result, "txts", None) is None or result.boxes is None:
            return []
        height, width = pixels.shape[:2]
        signs = result.word_results or ()
        lines = []
        for number, (text, score, quad) in enumerate(zip(result.txts, result.scores, result.boxes, strict=True)):
            if score < _LEAST_SCORE or not text.strip():
                continue
            box = _quad_box(np.asarray(quad), width, height)
            edges = _edges(signs[number], width) if len(signs) == len(result.txts) else None
            lines.append(Line(split_line(text, box, edges), box, float(score)))
        return reading_order(lines, width / height)

    def detect(self, image: Image, side: int = 736) -> Quads:
        """Quadrangles around lines of text, shape (n, 4, 2), in fractions, found on a copy `side` pixels long."""
        pixels = _pixels(fitted(flat(image), 320, side))
        result = _engine(self.threads)(pixels, use_det=True, use_cls=False, use_rec=False)
        boxes = getattr(result, "boxes", None)
        if boxes is None or len(boxes) == 0:
            return np.zeros((0, 4, 2))
        scale = np.array([pixels.shape[1], pixels.shape[0]], dtype=np.float64)
        return np.divide(np.asarray(boxes, dtype=np.float64), scale)

    def look(self, image: Image, side: int = 736) -> Look:
        """Where lines are and which way up, from a small copy and a few lines: a quarter of a second."""
        image = flat(image)
        quads = self.detect(image, side)
        if not len(quads):
            return Look(image, 0, quads, ())
        turns = quarter_turns(quads, image)
        for _ in range(2):
            upright = image.rotate(90 * turns, expand=True) if turns else image
            placed = turned(quads, turns)
            pictures = crops(upright, placed)
            if turns >= 2 or self._upside_down(pictures) <= _OVER:
                break
            turns += 2
        return Look(upright, turns, placed, tuple(pictures))

    def _upside_down(self, lines: Sequence[Image]) -> float:
        """Mean probability that lines stand on their head. The model sees four by one, so each is asked in pieces."""
        chances = []
        for line in lines:
            width = min(line.width, 4 * line.height)
            for left in {0, (line.width - width) // 2, line.width - width}:
                piece = line.crop((left, 0, left + width, line.height))
                result = _engine(self.threads)(_pixels(piece), use_det=False, use_cls=True, use_rec=False)
                for label, sure in getattr(result, "cls_res", None) or ():
                    chances.append(float(sure) if label == "180" else 1.0 - float(sure))
        return sum(chances) / len(chances) if chances else 0.0

    def sample(self, line: Image) -> tuple[str, float]:
        """Text and confidence, 0 to 1, of the picture of one line."""
        engine = _engine(self.threads)
        result = engine(_pixels(line), use_det=False, use_cls=False, use_rec=True, return_word_box=False)
        return (result.txts[0], float(result.scores[0])) if getattr(result, "txts", None) else ("", 0.0)


def _pixels(image: Image) -> npt.NDArray[np.uint8]:
    """Blue, green, red: what the models were trained on."""
    return np.ascontiguousarray(np.asarray(flat(image))[:, :, ::-1])


def _quad_box(quad: npt.NDArray[Any], width: int, height: int) -> Box:
    x, y = quad[:, 0] / width, quad[:, 1] / height
    low, high = np.clip([x.min(), y.min()], 0, 1), np.clip([x.max(), y.max()], 0, 1)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _edges(signs: Any, width: int) -> list[tuple[float, float]]:
    edges = []
    for text, _, quad in signs:
        if not str(text).strip():
            continue
        x = np.clip([float(point[0]) / width for point in quad], 0.0, 1.0)
        edges.append((float(x.min()), float(x.max())))
    return edges
