"""A real server on a free port of this machine, in a thread, over a small index of real files."""

from __future__ import annotations

import http.client
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pymupdf

import mmrag
from mmrag.server import Limits, Settings, create_app, listen, make_server
from mmrag.server.desk import Desk

TOKEN = "a-token-for-the-tests-only"
TEXTS = {
    "harvest.txt": "The apple harvest of 1998 began in September and brought in 400 tons. It ended in October.",
    "ferry.md": "# Ferries\n\nThe ferry to Jeju leaves Mokpo at nine in the morning.\n",
    "회의록.txt": "이번 회의에서는 내년 예산과 신입 사원 채용 계획을 논의하였다.",
}
QUESTION = "What was the revenue in 2024?"
REPORT = ("Annual report", "Revenue in 2024 was 512 million won.", "Revenue in 2023 was 438 million won.")


def write_files(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, text in TEXTS.items():
        (folder / name).write_text(text, "utf-8")
    write_pdf(folder / "report.pdf", REPORT)
    return folder


def write_pdf(path: Path, lines: tuple[str, ...]) -> None:
    with pymupdf.open() as document:
        page = document.new_page(width=595, height=842)
        for number, line in enumerate(lines):
            page.insert_text((72, 100 + 40 * number), line, fontsize=24 if not number else 12)
        document.save(path)


def build(index: Path, folder: Path) -> Path:
    with mmrag.Corpus(index, text="fake", pixels="none", ocr="off", workers=1) as corpus:
        assert not corpus.index(folder).failed
    return index


@dataclass
class Running:
    """A server that answers. `client` has the token, `bare` has nothing."""

    port: int
    desk: Desk
    client: httpx.Client
    bare: httpx.Client
    line: http.client.HTTPConnection

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def raw(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, bytes]:
        """A request with a target and headers that no library has tidied."""
        line = self.line
        line.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        given = {"Host": f"127.0.0.1:{self.port}", "Authorization": f"Bearer {TOKEN}", **(headers or {})}
        if body:
            given |= {"Content-Length": str(len(body)), "Content-Type": "application/json"}
        for name, value in given.items():
            if value:
                line.putheader(name, value.encode("latin-1", "replace"))
        line.endheaders(body or None)
        response = line.getresponse()
        return response.status, response.read()

    def ask(self, question: str, **more: Any) -> list[tuple[str, dict[str, Any]]]:
        """Every event of an answer."""
        with self.client.stream("POST", "/api/ask", json={"question": question, **more}) as response:
            assert response.status_code == 200, response.read()
            return list(events(response))

    def healthy(self) -> float:
        """Seconds that the health check took."""
        start = time.perf_counter()
        assert self.bare.get("/healthz").json() == {"ok": True}
        return time.perf_counter() - start


def events(response: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    kind = ""
    for line in response.iter_lines():
        if line.startswith("event: "):
            kind = line[7:]
        elif line.startswith("data: "):
            yield kind, json.loads(line[6:])


@contextmanager
def running(
    index: Path, limits: Limits | None = None, token: str | None = TOKEN, hosts: tuple[str, ...] = (), **corpus: Any
) -> Iterator[Running]:
    settings = Settings(port=0, token=token, hosts=hosts, limits=limits or Limits())
    listening = listen(settings)
    port = listening.getsockname()[1]
    app = create_app(index, replace(settings, port=port), corpus)
    ready = threading.Event()
    server = make_server(app, settings, ready.set)
    logging.getLogger("mmrag.server").setLevel(logging.INFO)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    assert ready.wait(30)
    url, given = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with (
            httpx.Client(base_url=url, headers=given, timeout=60, trust_env=False) as client,
            httpx.Client(base_url=url, timeout=60, trust_env=False) as bare,
            closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as line,
        ):
            yield Running(port, app.desk, client, bare, line)
    finally:
        server.should_exit = True
        thread.join(30)
        listening.close()
    assert not thread.is_alive()


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def until(found: Any, seconds: float = 20.0) -> Any:
    """The first thing that `found` gives which counts as true."""
    end = time.monotonic() + seconds
    while True:
        value = found()
        if value or time.monotonic() > end:
            assert value
            return value
        time.sleep(0.05)
