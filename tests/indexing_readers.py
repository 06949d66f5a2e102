"""A reader for tests: ".leaf" files are text, a page ends at a form feed, and a page can misbehave by order.

`!hang`, `!crash`, `!broken`, `!fault`, `!memory` and `!slow` as first word of a page do what they say; `!scan`
is a page that has to be recognised.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from mmrag.errors import FileDamaged, FileLocked
from mmrag.protocols import ReadOptions
from mmrag.types import Block, Box, Page, Word

READERS = ((".leaf", "indexing_readers:LeafReader"),)


class LeafReader:
    suffixes = frozenset((".leaf",))

    def read(self, path: Path, options: ReadOptions) -> Iterator[Page]:
        text = path.read_bytes().decode("utf-8")
        if text.startswith("!locked ") and text.split()[1] not in options.passwords:
            raise FileLocked("a password is needed")
        pages = text.split("\f")
        for number, page in enumerate(pages, 1):
            if options.pages is None or number in options.pages:
                yield self._page(page, number, len(pages), options.long_side)

    def _page(self, text: str, number: int, count: int, long_side: int | None) -> Page:
        order = text.split(maxsplit=1)[0] if text.strip() else ""
        misbehave(order)
        texts = text.split() if order != "!scan" else []
        words = tuple(Word(word, _place(i)) for i, word in enumerate(texts[:400]))
        blocks = (Block(Box(0.1, 0.1, 0.9, 0.9), 0, len(words), 0, 0.012),) if words else ()
        pictures = (Box(0.0, 0.0, 1.0, 1.0),) if order == "!scan" else ()
        image = None
        if long_side:
            shade = sum(text.encode()) % 256
            image = Image.new("RGB", (round(long_side * 0.7), long_side), (shade, number % 256, 128))
        origin = "layer" if words else "none"
        return Page(number, 595, 842, words, blocks, pictures, origin=origin, count=count, title="", image=image)


def _place(i: int) -> Box:
    left, top = 0.1 + 0.08 * (i % 10), 0.1 + 0.02 * (i // 10)
    return Box(left, top, left + 0.07, top + 0.01)


def misbehave(order: str) -> None:
    if order == "!hang":
        time.sleep(1000)
    elif order == "!crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif order == "!broken":
        raise FileDamaged("cut off in the middle")
    elif order == "!fault":
        raise ZeroDivisionError("a fault of the reader")
    elif order == "!memory":
        bytearray(64 << 30)
    elif order == "!slow":
        time.sleep(0.02)
