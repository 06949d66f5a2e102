"""Pictures of pages: which page an opaque id means, and the processes that draw it.

An id is a number that only this run of the server can make, and only for pages that it has shown; whatever else is
asked for is not found, without a look at the disk. Knows the catalog; opens no document.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from mmrag import errors
from mmrag.catalog import Catalog
from mmrag.errors import MmragError, SourceChanged
from mmrag.server.problems import Problem
from mmrag.types import Box

__all__ = ["PageIds", "PageRef", "Painters", "page_request"]

_MOST_IDS = 50_000
_WHOLE = 0.98
_START_SECONDS = 60.0
_TRIES = 2
_CODE = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[2]); "
    "from mmrag.server.drawing import main; main(int(sys.argv[1]))"
)


@dataclass(frozen=True, slots=True)
class PageRef:
    """A page of an indexed document (sha256) and what is marked on it."""

    document: str
    page: int
    boxes: tuple[Box, ...] = ()


class PageIds:
    """Ids that say nothing and cannot be guessed; the same page has the same one as long as the server runs."""

    def __init__(self, most: int = _MOST_IDS) -> None:
        self._secret = secrets.token_bytes(32)
        self._known: OrderedDict[str, PageRef] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def give(self, document: str, page: int, boxes: Sequence[Box] = ()) -> str:
        """The id of a page with these boxes; a box around the whole page marks nothing."""
        ref = PageRef(document, page, tuple(box for box in boxes if box.area < _WHOLE))
        digest = hashlib.blake2b(repr(ref).encode(), key=self._secret, digest_size=16).digest()
        name = base64.b32encode(digest).decode().rstrip("=").lower()
        with self._lock:
            self._known.pop(name, None)
            self._known[name] = ref
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        return name

    def find(self, name: str) -> PageRef:
        """The page of an id. Raises `Problem` (404) for any that was not given out."""
        with self._lock:
            ref = self._known.get(name)
        if ref is None:
            raise Problem(
                404, "no_such_page", "there is no such page", "Search or ask again; ids are new at each start."
            )
        return ref


def page_request(catalog: Catalog, ref: PageRef, width: int, boxes: bool) -> dict[str, Any]:
    """What a painter is asked for a page: its files as the catalog knows them now. Raises `SourceChanged`."""
    paths = [os.fsencode(place.path) for place in catalog.places(ref.document)]
    paths = [path for path in paths if os.path.lexists(path)]
    if not paths:
        raise SourceChanged("the file is gone or not indexed any more", "Put it back, or index again.")
    roots = [root.path for root in catalog.roots()]
    shape = catalog.page_shape(ref.document, ref.page)
    if shape is None:
        raise SourceChanged("the page is not indexed any more", "Search again.")
    return {
        "paths": [base64.b64encode(path).decode() for path in paths[:8]],
        "roots": [base64.b64encode(root).decode() for root in roots],
        "document": ref.document,
        "page": ref.page,
        "width": width,
        "shape": shape,
        "boxes": [[box.left, box.top, box.right, box.bottom] for box in ref.boxes] if boxes else [],
    }


class Painters:
    """A drawing process for each thread that asks; one that hangs or dies takes nothing but its picture with it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._own = threading.local()
        self._all: set[_Painter] = set()
        self._lock = threading.Lock()
        self._closed = False

    def warm(self) -> None:
        """Start this thread's process and see it ready, which takes a second or two."""
        self._painter().wait()

    def draw(self, asked: dict[str, Any]) -> bytes:
        """A PNG of the first of `paths` that still is what was indexed; raises what drawing raised, or a `Problem`."""
        failure: MmragError | None = None
        for path in asked["paths"]:
            try:
                return self._drawn({**asked, "path": path})
            except SourceChanged as error:
                failure = failure or error
        raise failure or SourceChanged("the file is gone", "Index again.")

    def close(self) -> None:
        """End every process."""
        with self._lock:
            self._closed = True
            painters, self._all = self._all, set()
        for painter in painters:
            painter.end()

    def _drawn(self, asked: dict[str, Any]) -> bytes:
        for attempt in range(_TRIES):
            painter = self._painter()
            try:
                return painter.draw(asked, self._seconds)
            except TimeoutError as error:
                self._drop(painter)
                raise Problem(504, "too_slow", "the page took too long to draw", "Open the file itself.") from error
            except (EOFError, OSError) as error:  # it has died; of this page, if it does so twice
                self._drop(painter)
                if attempt + 1 == _TRIES:
                    raise Problem(422, "failed", "the page cannot be drawn", "Open the file itself.") from error
        raise AssertionError  # the loop returns or raises

    def _painter(self) -> _Painter:
        painter: _Painter | None = getattr(self._own, "painter", None)
        if painter is None:
            painter = _Painter()
            with self._lock:
                if self._closed:
                    painter.end()
                    raise Problem(503, "stopping", "the server is stopping")
                self._all.add(painter)
            self._own.painter = painter
        return painter

    def _drop(self, painter: _Painter) -> None:
        painter.end()
        self._own.painter = None
        with self._lock:
            self._all.discard(painter)


class _Painter:
    """One process."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _CODE, str(theirs.fileno()), json.dumps(sys.path)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._connection = Connection(ours.detach())
        self._ready = False

    def draw(self, asked: dict[str, Any], seconds: float) -> bytes:
        """A PNG; raises `TimeoutError`, `EOFError` or `OSError` where the process failed, else what drawing raised."""
        self.wait()
        self._connection.send_bytes(json.dumps(asked).encode())
        head = json.loads(self._heard(seconds))
        picture = self._heard(seconds)
        if head.get("ok"):
            return picture
        kinds = {kind.code: kind for kind in _kinds(MmragError)}
        raise kinds.get(head["code"], errors.FileFailed)(head["message"], head["hint"])

    def wait(self) -> None:
        """See that it has started."""
        if not self._ready:
            self._heard(_START_SECONDS)
            self._ready = True

    def end(self) -> None:
        """Kill it."""
        with suppress(OSError):
            self._connection.close()
        self._process.kill()
        self._process.wait()

    def _heard(self, seconds: float) -> bytes:
        if not self._connection.poll(seconds):
            raise TimeoutError
        return self._connection.recv_bytes()


def _kinds(kind: type[MmragError]) -> list[type[MmragError]]:
    return [kind, *(each for below in kind.__subclasses__() for each in _kinds(below))]
