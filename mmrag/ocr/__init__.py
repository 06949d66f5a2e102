"""Words with boxes for pages that have no usable text layer.

Two engines behind one protocol: RapidOCR, whose models come with its package and which opens no connection, and
Tesseract where it is installed, which reads Korean. No engine is imported until a page is recognised.
"""

from __future__ import annotations

from mmrag.ocr.auto import ScriptAware, available, choose, has_text
from mmrag.ocr.images import is_blank
from mmrag.ocr.pages import needs_ocr, with_words
from mmrag.ocr.rapid import RapidOcr
from mmrag.ocr.tesseract import Tesseract

__all__ = [
    "RapidOcr",
    "ScriptAware",
    "Tesseract",
    "available",
    "choose",
    "has_text",
    "is_blank",
    "needs_ocr",
    "with_words",
]
