"""A server of this machine that answers each POST with the next step of a script, and remembers what it was asked."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Step = Callable[["Handler"], None]


@dataclass
class Script:
    """What comes next, and what was asked. The last step is repeated. `url` is the base URL."""

    steps: list[Step]
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: Script

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        script = self.server.script  # type: ignore[attr-defined]
        script.asked.append(json.loads(body))
        script.headers.append(dict(self.headers))
        script.paths.append(self.path)
        self.script = script
        step = script.steps[min(len(script.asked), len(script.steps)) - 1]
        self.close_connection = True
        with suppress(OSError):  # the client has left, as it should where it heard enough
            step(self)

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def head(self, status: int, kind: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()


@contextmanager
def scripted(*steps: Step) -> Iterator[Script]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    script = Script(list(steps), f"http://127.0.0.1:{server.server_address[1]}/v1")
    server.script = script  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        script.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def chunk(text: str = "", finish: str | None = None, **more: Any) -> bytes:
    choice: dict[str, Any] = {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish, **more}
    return b"data: " + json.dumps({"object": "chat.completion.chunk", "choices": [choice]}).encode() + b"\n\n"


def streams(*pieces: str, usage: tuple[int, int] | None = (7, 3), finish: str = "stop") -> Step:
    """A stream as vLLM and others send it: role, pieces, the reason of the end, usage, [DONE]."""

    def step(handler: Handler) -> None:
        handler.head(200, "text/event-stream")
        write = handler.wfile.write
        write(b": comment that keeps the line open\n\n")
        write(b'data: {"choices": [{"index": 0, "delta": {"role": "assistant", "content": null}}]}\n\n')
        for piece in pieces:
            write(chunk(piece))
        write(chunk(finish=finish))
        if usage:
            counts = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
            write(b"data: " + json.dumps({"choices": [], "usage": counts}).encode() + b"\n\n")
        write(b"data: [DONE]\n\n")

    return step


def raw(body: bytes, *, status: int = 200, kind: str = "application/json", **headers: str) -> Step:
    def step(handler: Handler) -> None:
        handler.head(status, kind, **headers)
        handler.wfile.write(body)

    return step


def says(value: Any, *, status: int = 200, **headers: str) -> Step:
    return raw(json.dumps(value).encode(), status=status, **headers)


def hangs(handler: Handler) -> None:
    """Takes the question and says nothing."""
    handler.script.over.wait(30)


def hangs_after(text: str) -> Step:
    def step(handler: Handler) -> None:
        handler.head(200, "text/event-stream")
        handler.wfile.write(chunk(text))
        handler.wfile.flush()
        handler.script.over.wait(30)

    return step


def drips(handler: Handler) -> None:
    """A byte now and then, never a line."""
    handler.head(200, "text/event-stream")
    while not handler.script.over.wait(0.05):
        handler.wfile.write(b":")
        handler.wfile.flush()


def resets(handler: Handler) -> None:
    """Closes the connection as a crash does."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def endless(pieces: Sequence[str]) -> Step:
    def step(handler: Handler) -> None:
        handler.head(200, "text/event-stream")
        number = 0
        while not handler.script.over.is_set():
            handler.wfile.write(chunk(pieces[number % len(pieces)].replace("#", str(number))))
            number += 1

    return step
