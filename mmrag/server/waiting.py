"""Waiting for work on behalf of a client who may go away, and the wire form of events.

Knows requests and futures; no route.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

from starlette.requests import Request

from mmrag.display import to_json
from mmrag.server.problems import Problem

__all__ = ["Gone", "attended", "event_bytes", "is_gone"]

_T = TypeVar("_T")
_LOOK_SECONDS = 0.25
Gone = Problem(499, "gone", "nobody waits for the answer any more")


async def attended(request: Request, future: Future[_T]) -> _T:
    """The result of work in a line, which is called off if the client goes away; raises what the work raised."""
    task = asyncio.wrap_future(future)
    try:
        while True:
            done, _ = await asyncio.wait({task}, timeout=_LOOK_SECONDS)
            if done:
                return task.result()
            if await is_gone(request):
                raise Gone
    finally:
        task.cancel()


async def is_gone(request: Request) -> bool:
    """Whether the client has closed the connection."""
    return await request.is_disconnected()


def event_bytes(document: Mapping[str, Any] | None, event: str | None = None) -> bytes:
    """One server-sent event; None is a comment that only shows that the connection lives."""
    if document is None:
        return b": waiting\n\n"
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {to_json(document, indent=None)}\n\n".encode()
