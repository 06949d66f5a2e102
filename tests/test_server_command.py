"""`mmrag serve` as a program: what it prints, how it ends, what it refuses."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from scripted_server import hangs, scripted
from serving import TOKEN, build, until, write_files

from mmrag.server import Settings, listen

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("command")
    return build(home / "index", write_files(home / "files"))


def _environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


@contextmanager
def _started(index: Path, *options: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "mmrag", "serve", "--index", str(index), "--port", "0", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environment(**environment)
    ) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def _refused(*options: str, **environment: str) -> str:
    command = [sys.executable, "-m", "mmrag", "serve", *options]
    found = subprocess.run(command, check=False, capture_output=True, text=True, env=_environment(**environment))
    assert found.returncode == 2, found.stderr
    assert found.stdout == ""
    return found.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_the_address_serves_and_ends(index: Path, how: signal.Signals) -> None:
    with _started(index) as (process, page):
        address, _, token = page.partition("/?token=")
        assert address.startswith("http://127.0.0.1:")
        assert len(token) >= 32
        with httpx.Client(trust_env=False, follow_redirects=True, timeout=30) as browser:
            assert browser.get(f"{address}/api/status").status_code == 401
            assert browser.get(page).url.path == "/"
            assert browser.get(f"{address}/api/status").json()["ready"] is True
        children = _children(process.pid)
        process.send_signal(how)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, "", "")
        end = time.monotonic() + 10
        while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < end:
            time.sleep(0.05)
        assert not any(Path(f"/proc/{child}").exists() for child in children)


def test_it_ends_in_the_middle_of_an_answer(index: Path) -> None:
    with scripted(hangs) as script, _started(index, "--llm", f"openai:slow@{script.url}", MMRAG_TOKEN=TOKEN) as started:
        process, page = started
        address = page.partition("/?token=")[0]
        given = {"Authorization": f"Bearer {TOKEN}"}
        with (
            httpx.Client(trust_env=False, timeout=60, headers=given) as client,
            client.stream("POST", f"{address}/api/ask", json={"question": "When did the harvest begin?"}),
        ):
            until(lambda: script.asked, 60)
            start = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
        assert process.returncode == 0
        assert time.monotonic() - start < 25


def _children(pid: int) -> list[str]:
    found: list[str] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += task.read_text().split()
    return found


def test_a_token_of_ones_own_and_a_log_without_questions(index: Path) -> None:
    with _started(index, "-v", MMRAG_TOKEN=TOKEN) as (process, page):
        address, _, token = page.partition("/?token=")
        assert token == TOKEN
        with httpx.Client(trust_env=False, timeout=60, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
            client.get(f"{address}/api/search", params={"q": "a very private question"})
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        assert "GET /api/search 200" in err
        assert "private" not in err
        assert TOKEN not in err


def test_what_would_be_open_to_anyone_is_refused(index: Path) -> None:
    assert "--no-token" in _refused("--host", "0.0.0.0", "--no-token")
    assert "characters" in _refused(MMRAG_TOKEN="short")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "cannot listen" in _refused("--index", str(index), "--port", port)


def test_without_the_extra_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['fastapi'] = None; from mmrag.cli import run; sys.exit(run(['serve', '--port', '0']))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, env=_environment()
    )
    assert found.returncode == 1
    assert "pip install 'mmrag[server]'" in found.stderr.replace("\n", "")


def test_pieces_of_an_answer_are_sent_at_once() -> None:
    """Without this the kernel holds small pieces back for 40 ms."""
    listening = listen(Settings(port=0, token=TOKEN))
    try:
        assert listening.proto == socket.IPPROTO_TCP
    finally:
        listening.close()
