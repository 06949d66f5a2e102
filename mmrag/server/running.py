"""uvicorn, set up so that a client who sends slowly or never stops no other.

Needs the `server` extra.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from mmrag.errors import UsageError
from mmrag.server.settings import Limits, Settings

__all__ = ["listen", "make_server"]

HEAD_BYTES = 16 << 10
KEEP_ALIVE = 5


def listen(settings: Settings) -> socket.socket:
    """A listening socket. Raises `UsageError` where the port is taken or the address is not this machine's."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # asyncio sends small pieces at once (TCP_NODELAY) only where a socket names its protocol; else events wait 40 ms.
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((settings.host, settings.port))
        opened.listen(256)
    except OSError as error:
        opened.close()
        raise UsageError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}",
            "Another program may use the port; give --port 0 for a free one.",
        ) from error
    return opened


def make_server(app: ASGIApp, settings: Settings, started: Callable[[], None] = lambda: None) -> uvicorn.Server:
    """A server for `run(sockets=[...])`; `started` is called once it answers.

    No access log: its lines hold what was asked. That of `mmrag.server` names routes alone.
    """

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                started()

    config = uvicorn.Config(
        app,
        http=_patient(settings.limits),
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=HEAD_BYTES,
        backlog=256,
    )
    # Its warnings hold addresses and parts of requests.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    return Server(config)


def _patient(limits: Limits) -> type[H11Protocol]:
    """A protocol that waits so long, and for so many, whose request has not come whole."""
    silent: OrderedDict[Any, asyncio.TimerHandle] = OrderedDict()

    class Patient(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait()
            if len(silent) > limits.silent_connections:
                next(iter(silent)).drop()  # the one that has kept silent longest

        def data_received(self, data: bytes) -> None:
            before = self.cycle
            super().data_received(data)
            if self.cycle is not before:
                self._heard()
            elif self not in silent and (self.cycle is None or self.cycle.response_complete):
                self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self._heard()
            super().connection_lost(exc)

        def drop(self) -> None:
            """Close without a word."""
            self._heard()
            self.transport.abort()

        def _wait(self) -> None:
            silent[self] = self.loop.call_later(limits.head_seconds, self.drop)

        def _heard(self) -> None:
            timer = silent.pop(self, None)
            if timer is not None:
                timer.cancel()

    return Patient
