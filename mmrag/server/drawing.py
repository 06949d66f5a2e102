"""The drawing process: pages of indexed files as PNG, for a server that must outlive any file.

A file is drawn only while it lies, without links, under one of the roots and has the content that was indexed; both
are looked at before and after. Speaks JSON and bytes over a socket; knows neither catalog nor HTTP.
"""

from __future__ import annotations

import base64
import io
import json
import os
import resource
import signal
import stat
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from mmrag.errors import MmragError, SourceChanged
from mmrag.types import Box, Document, Page, Region, Word

if TYPE_CHECKING:
    from PIL.Image import Image

    from mmrag.readers import SourceRenderer

__all__ = ["Drawer", "identity", "main"]

Identity: TypeAlias = tuple[int, int, int, int, int]
"""Device, inode, size, and times of content and of inode: what a file cannot be exchanged without changing."""

MEMORY = 4 << 30
_KEPT = 256


def main(descriptor: int) -> None:
    """Answer requests that come over a connected socket until it is closed: `{...}` in, `{...}` and a PNG out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):  # a lower limit is set for us already, or the system has none (macOS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    drawer = Drawer()
    with Connection(descriptor) as connection:
        try:
            connection.send_bytes(b'{"ready": true}')
            while True:
                head, picture = _served(drawer, json.loads(connection.recv_bytes()))
                connection.send_bytes(json.dumps(head).encode())
                connection.send_bytes(picture)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return


def _served(drawer: Drawer, asked: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        return {"ok": True}, drawer.draw(asked)
    except MmragError as error:
        return {"code": error.code, "message": error.message, "hint": error.hint}, b" "
    except MemoryError:
        return {"code": "too_large", "message": "the page needs too much memory to draw", "hint": ""}, b" "
    except Exception as error:  # a fault of a reader must end the picture, not the process
        return {"code": "failed", "message": f"the page cannot be drawn: {type(error).__name__}", "hint": ""}, b" "


class Drawer:
    """Draws pages; keeps what it knows of a file for as long as the file is the same."""

    def __init__(self) -> None:
        from mmrag.display import draw_boxes
        from mmrag.readers import SourceRenderer
        from mmrag.readers.drawing import draw_page

        # The first word of another script has every library loaded, so that the first page need not wait for them.
        draw_page(Page(1, 100.0, 100.0, (Word("가", Box(0.0, 0.0, 0.5, 0.5)),)), 100)
        self._new = SourceRenderer
        self._mark = draw_boxes
        self._renderers: OrderedDict[tuple[bytes, Identity], SourceRenderer] = OrderedDict()

    def draw(self, asked: Mapping[str, Any]) -> bytes:
        """A page as PNG. `asked`: path and roots (base64), document (sha256), page, width, boxes, and
        `shape`, the page's height as a multiple of its width.

        Raises `SourceChanged` where the file is not the one indexed, and a `FileProblem` where it cannot be read.
        """
        path = base64.b64decode(asked["path"])
        roots = [base64.b64decode(root) for root in asked["roots"]]
        before = identity(path, roots)
        boxes = [Box(*sides) for sides in asked["boxes"]]
        image = self._page(path, before, asked)
        if identity(path, roots) != before:
            raise SourceChanged("the file was exchanged while it was drawn", "Index again.")
        if boxes:
            image = self._mark(image, boxes)
        stream = io.BytesIO()
        # The fastest that still packs the white of a page: the picture travels within one machine.
        image.save(stream, "PNG", compress_level=1)
        return stream.getvalue()

    def _page(self, path: bytes, known: Identity, asked: Mapping[str, Any]) -> Image:
        document = Document(asked["document"], Path(os.fsdecode(path)), 0)
        region = Region(0, document, asked["page"], "page", Box())
        renderer, width = self._renderer(path, known), int(asked["width"])
        image = renderer.crop(region, max(width, round(width * asked["shape"])))
        if image.width <= width + 2:
            return image
        return image.resize((width, max(1, round(image.height * width / image.width))))

    def _renderer(self, path: bytes, known: Identity) -> SourceRenderer:
        """A renderer that has not seen another file of this name: it takes the hash of each file once."""
        key = (path, known)
        renderer = self._renderers.pop(key, None) or self._new()
        self._renderers[key] = renderer
        if len(self._renderers) > _KEPT:
            self._renderers.popitem(last=False)
        return renderer


def identity(path: bytes, roots: Sequence[bytes]) -> Identity:
    """What the file at a path is. Raises `SourceChanged` unless it is a plain file under a root, reached without links.

    Indexing follows no links and keeps paths without them; a link on the way has been put there since.
    """
    try:
        inside = any(path == root or path.startswith(root.rstrip(b"/") + b"/") for root in roots)
        if not inside or b"\0" in path or os.path.realpath(path) != path:
            raise SourceChanged("the file does not lie in an indexed folder any more", "Index again.")
        status = os.stat(path, follow_symlinks=False)  # noqa: PTH116  paths are bytes
    except OSError as error:
        raise SourceChanged("the file is gone or cannot be read", "Put it back, or index again.") from error
    if not stat.S_ISREG(status.st_mode):
        raise SourceChanged("there is no plain file any more where it was indexed", "Index again.")
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
