"""File to pages, one page in memory at a time; and the pixels of what was indexed.

Knows PDF, pictures, text and office files. Does not recognise text in pixels, and does not decide what is indexed.
"""

from __future__ import annotations

from mmrag.readers.detect import content_hash, reader_name
from mmrag.readers.images import ImageReader
from mmrag.readers.office import OfficeReader
from mmrag.readers.pdf import PdfReader
from mmrag.readers.rendering import SourceRenderer
from mmrag.readers.text import TextReader

__all__ = [
    "ImageReader",
    "OfficeReader",
    "PdfReader",
    "SourceRenderer",
    "TextReader",
    "content_hash",
    "reader_name",
]
