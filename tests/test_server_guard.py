"""What a server on a machine full of other programs and web pages has to withstand."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import random
import shutil
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from serving import QUESTION, TOKEN, Running, build, connected, running, write_files, write_pdf

from mmrag.server import Limits, Settings
from mmrag.server.guard import CSP
from mmrag.server.pictures import PageIds
from mmrag.server.problems import Problem
from mmrag.types import Box

SECRET = "canary-7731-outside"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("guarded")
    write_files(home / "files")
    build(home / "index", home / "files")
    (home / "secret.txt").write_text(f"{SECRET}\n" * 20, "utf-8")
    write_pdf(home / "secret.pdf", (SECRET, SECRET))
    return home


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Running]:
    with running(home / "index") as found:
        yield found


# --- S5: who asks ---------------------------------------------------------------------------------------------------


def _forged(port: int) -> Iterator[tuple[str, str, dict[str, str], int]]:
    """(method, target, headers, status). An empty header is not sent; the token is, unless it is named."""
    here = f"127.0.0.1:{port}"
    targets = [("GET", "/api/status"), ("GET", "/api/search?q=x"), ("POST", "/api/index"), ("POST", "/api/ask"),
               ("DELETE", "/api/conversations/x"), ("POST", "/v1/chat/completions"), ("GET", "/")]  # fmt: skip
    hosts = ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", "localhost.evil.example",
             f"127.0.0.1@evil.example:{port}", f"192.0.2.7:{port}", "", "[::1].evil.example", "0.0.0.0")  # fmt: skip
    for host in hosts:
        yield "GET", "/api/status", {"Host": host}, 400 if not host else 403
        yield "GET", "/healthz", {"Host": host, "Authorization": ""}, 400 if not host else 403
    for origin in ("http://evil.example", "https://evil.example", "null", f"http://localhost:{port}",
                   "http://127.0.0.1:1", "http://127.0.0.1", "file://", f"https://{here}.evil.example"):  # fmt: skip
        for method, target in targets[:4]:
            yield method, target, {"Origin": origin}, 403
    for site in ("cross-site", "same-site"):
        for method, target in targets:
            yield method, target, {"Sec-Fetch-Site": site}, 403
        yield "GET", "/", {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, 403
        yield "GET", "/", {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, 403
    for given in ("", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN,
                  f"Bearer {TOKEN.upper()}", "Bearer null", "Bearer \u00e9"):  # fmt: skip
        for method, target in targets[:6]:
            yield method, target, {"Authorization": given}, 401
    name = f"mmrag_token_{port}"
    for cookie in (f"{name}=", f"{name}={TOKEN}x", f"token={TOKEN}", f"{name} ={TOKEN[:5]}", "a=b; ;;;=", f"{name}"):
        yield "GET", "/api/status", {"Authorization": "", "Cookie": cookie}, 401
    yield "GET", f"/?token={TOKEN}x", {"Authorization": ""}, 401
    yield "GET", f"/?token={TOKEN}", {"Authorization": "", "Origin": "http://evil.example"}, 403
    yield "GET", f"/api/status?token={TOKEN}", {"Authorization": ""}, 401
    yield "POST", f"/?token={TOKEN}", {"Authorization": ""}, 401


def test_forged_requests_are_refused_and_do_nothing(server: Running) -> None:
    before = server.client.get("/api/conversations").json()
    forged = list(_forged(server.port))
    assert len(forged) >= 130
    for method, target, headers, status in forged:
        body = b'{"question": "x", "messages": [{"role": "user", "content": "x"}]}' if method == "POST" else b""
        found, reply = server.raw(method, target, headers, body)
        assert found == status, (method, target, headers, reply)
        if status != 400:
            assert set(json.loads(reply)["error"]) >= {"code", "message", "hint"}
    assert server.client.get("/api/conversations").json() == before
    assert server.client.get("/api/status").json()["indexing"] is None


def test_two_host_headers_are_refused(server: Running) -> None:
    with connected(server.port) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n")
        assert line.recv(4096).split()[1] in (b"400", b"403")


def test_the_browser_signs_in_once_with_a_cookie_that_no_script_reads(server: Running) -> None:
    browser = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    first = server.bare.get("/", params={"token": TOKEN}, headers=browser)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    cookie = first.headers["set-cookie"].lower()
    for part in (f"mmrag_token_{server.port}=", "httponly", "samesite=strict", "path=/"):
        assert part in cookie
    value = first.headers["set-cookie"].partition("=")[2].partition(";")[0]
    server.bare.cookies.clear()
    own = {"Cookie": f"mmrag_token_{server.port}={value}", "Sec-Fetch-Site": "same-origin", "Origin": server.url}
    assert server.bare.get("/api/status", headers=own).status_code == 200
    assert server.bare.post("/api/verify", headers=own, json={"claim": "a b", "evidence": "a b"}).status_code == 200
    page = server.bare.get("/", headers={"Accept": "text/html"})
    assert (page.status_code, "Not signed in" in page.text) == (401, True)


def test_two_servers_do_not_sign_each_other_out(server: Running, home: Path) -> None:
    with running(home / "index", token=f"{TOKEN}-of-the-other") as other, httpx.Client(trust_env=False) as browser:
        for one, token in ((server, TOKEN), (other, f"{TOKEN}-of-the-other")):
            assert browser.get(one.url, params={"token": token}, follow_redirects=True).status_code == 200
        assert [browser.get(f"{one.url}/api/status").status_code for one in (server, other)] == [200, 200]


def test_every_response_forbids_what_a_page_could_be_made_to_do(server: Running) -> None:
    for reply in (
        server.client.get("/"),
        server.client.get("/api/status"),
        server.client.get("/nothing/here"),
        server.client.post("/api/ask", content=b"{"),
        server.bare.get("/api/status"),
        server.bare.get("/healthz", headers={"Host": "evil.example"}),
    ):
        assert reply.headers["content-security-policy"] == CSP
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in reply.headers
        assert "server" not in reply.headers
    assert "'unsafe" not in CSP
    assert CSP.startswith("default-src 'none'")


def test_names_that_the_server_is_known_by() -> None:
    local = Settings(token=TOKEN, hosts=("box.lan",))
    assert all(local.knows(name) for name in ("127.0.0.1", "localhost", "LOCALHOST", "[::1]", "127.8.8.8", "Box.lan"))
    assert not any(local.knows(name) for name in ("", "evil.example", "10.0.0.1", "localhost.evil.example", "0.0.0.0"))
    everywhere = Settings(host="0.0.0.0", token=TOKEN)
    assert everywhere.knows("10.0.0.1")
    assert everywhere.knows(socket.gethostname())
    assert not everywhere.knows("evil.example")


def test_without_a_token_the_rest_still_holds(home: Path) -> None:
    with running(home / "index", token=None) as server:
        assert server.bare.get("/api/status").status_code == 200
        assert server.bare.get("/api/status", headers={"Host": "evil.example"}).status_code == 403
        assert server.bare.post("/api/index", headers={"Origin": "http://evil.example"}).status_code == 403
        assert server.bare.get("/api/status", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


# --- S1: no file but those that are indexed -------------------------------------------------------------------------


def _payloads(home: Path, count: int = 2400) -> list[str]:
    """Paths to files outside, as URLs can hide them."""
    absolute = str(home / "secret.txt")
    goals = ["etc/passwd", "secret.txt", "secret.pdf", "../secret.txt", absolute.lstrip("/"), "index/catalog.db",
             "proc/self/environ", "files/harvest.txt", "windows/win.ini"]  # fmt: skip
    ups = ["../", "..\\", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%252f", "%252e%252e%252f", "..%c0%af", "..%ef%bc%8f",
           "....//", ".%00./", "..;/", "%uff0e%uff0e/", "..%5c", "..%255c", "%c0%ae%c0%ae/", "..//", "./../", "..%09/",
           "..%0d%0a/"]  # fmt: skip
    heads = ["", "/", "//", "file://", "file:///", "\\\\127.0.0.1\\c$\\", "//127.0.0.1/", "%00", "~/", "C:/", "C%3a%5c"]
    tails = ["", "%00.png", "%00", ".png", "?x=.png", "#.png", "%20", "/.", "::$DATA", ";.png"]
    made = [
        f"{head}{up * depth}{goal}{tail}"
        for head, up, depth, goal, tail in itertools.product(heads, ups, (0, 1, 3, 9), goals, tails)
    ]
    random.Random(7).shuffle(made)
    whole = [
        absolute,
        quote(absolute, safe=""),
        f"file://{absolute}",
        "1",
        "0",
        "-1",
        "1 OR 1=1",
        "%",
        "%zz",
        "\u202e",
        "a" * 5000,
    ]
    return [*whole, *made[:count]]


def test_two_thousand_paths_give_no_byte_from_outside(server: Running, home: Path) -> None:
    payloads = _payloads(home)
    assert len(payloads) >= 2000
    outside = [SECRET.encode(), b"root:x:0", b"SQLite format 3", b"apple harvest"]
    wheres = ["/static/{}", "/api/conversations/{}", "/{}", "/api/pages/{}"]
    seen: dict[int, int] = {}
    for number, payload in enumerate(payloads):
        for where in ["/api/pages/{}.png", *wheres[number % 12 : number % 12 + 1]]:
            target = where.format(payload)
            target = "".join(sign if "!" <= sign <= "~" else quote(sign) for sign in target)
            status, body = server.raw("GET", target)
            seen[status] = seen.get(status, 0) + 1
            # The page itself is no file from outside: "/" and "/static/./index.html" may be asked for in many ways.
            assert status in (400, 404, 405, 413) or not payload.strip("/."), (target, status, body[:200])
            assert not any(word in body for word in outside), (target, body[:200])
    assert seen[404] > 2000


def test_ids_cannot_be_guessed_or_made() -> None:
    one, other = PageIds(), PageIds()
    names = {one.give("ab" * 32, page) for page in range(1, 200)}
    assert len(names) == 199
    assert one.give("ab" * 32, 1) in names
    assert not names & {other.give("ab" * 32, page) for page in range(1, 200)}
    with pytest.raises(Problem) as caught:
        other.find(next(iter(names)))
    assert caught.value.status == 404
    small = PageIds(most=10)
    first = small.give("cd" * 32, 1, (Box(0, 0, 0.5, 0.5),))
    for page in range(2, 12):
        small.give("cd" * 32, page)
    with pytest.raises(Problem):
        small.find(first)


@pytest.fixture
def swapped(tmp_path: Path) -> Iterator[tuple[Running, Path, str]]:
    """A server, the folder of the index's files, and the address of the picture of `sub/report.pdf`."""
    files = write_files(tmp_path / "files")
    (files / "sub").mkdir()
    shutil.move(files / "report.pdf", files / "sub" / "report.pdf")
    write_pdf(tmp_path / "secret.pdf", (SECRET, SECRET))
    with running(build(tmp_path / "index", files)) as server:
        hit = server.client.get("/api/search", params={"q": "revenue", "path": "report.pdf", "k": 1}).json()["hits"][0]
        address = f"/api/pages/{hit['page_id']}.png"
        assert server.client.get(address).status_code == 200
        yield server, files, address


def _like(path: Path, other: Path) -> None:
    """Give a file the size and the times of another."""
    status = other.stat()
    content = path.read_bytes()
    path.write_bytes(content + b"\n" * max(0, status.st_size - len(content)))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_file_that_was_exchanged_is_not_shown(swapped: tuple[Running, Path, str]) -> None:
    server, files, address = swapped
    report, secret = files / "sub" / "report.pdf", files.parent / "secret.pdf"
    kept = files.parent / "kept.pdf"
    shutil.copy2(report, kept)
    _like(secret, kept)

    def refused() -> None:
        reply = server.client.get(address)
        assert (reply.status_code, reply.json()["error"]["code"]) == (410, "source_changed")
        assert reply.content[:4] != b"\x89PNG"

    report.unlink()
    refused()
    report.symlink_to(secret)  # a link to a file outside
    refused()
    report.unlink()
    report.symlink_to(kept)  # even to the same bytes: it does not lie where it was indexed
    refused()
    report.unlink()
    shutil.copy2(secret, report)  # another file of the same size and time
    assert (report.stat().st_size, report.stat().st_mtime_ns) == (kept.stat().st_size, kept.stat().st_mtime_ns)
    refused()
    report.unlink()
    report.mkdir()
    refused()
    report.rmdir()
    os.mkfifo(report)
    refused()
    report.unlink()
    (files / "sub").rmdir()
    (files.parent / "outside").mkdir()
    shutil.copy2(kept, files.parent / "outside" / "report.pdf")
    (files / "sub").symlink_to(files.parent / "outside")  # a link on the way
    refused()
    (files / "sub").unlink()
    (files / "sub").mkdir()
    shutil.copy2(kept, report)
    assert server.client.get(address).status_code == 200  # the file itself, come back


# --- S8: how much ---------------------------------------------------------------------------------------------------


def test_a_question_of_a_million_characters_is_refused_at_once(server: Running) -> None:
    start = time.perf_counter()
    question = "와" * 1_000_000
    for reply in (
        server.client.post("/api/ask", json={"question": question}),
        server.client.post("/api/verify", json={"claim": "a" * 1_000_000}),
        server.client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "a" * 1_000_000}]}),
        server.client.post("/api/ask", json={"question": "a" * 20_000}),
        server.client.post("/api/ask", content=b'{"question": "' + b"a" * 50_000_000 + b'"}'),
    ):
        assert reply.status_code in (400, 413), reply.text
        assert len(reply.content) < 2000
    assert time.perf_counter() - start < 10
    server.healthy()


def test_a_body_that_does_not_say_how_long_it_is(server: Running) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"question": "'
        for _ in range(100):
            yield b"a" * 10_000

    assert server.client.post("/api/ask", content=pieces()).status_code == 413


def test_who_sends_slowly_stops_nobody(home: Path) -> None:
    limits = Limits(head_seconds=2.0, body_seconds=2.0, silent_connections=100)
    with running(home / "index", limits) as server, ExitStack() as lines:
        begun = [lines.enter_context(connected(server.port)) for _ in range(300)]
        for number, line in enumerate(begun):
            line.sendall(b"GET /api/status HTTP/1.1\r\nHost: 127.0" if number % 2 else b"")
        half = lines.enter_context(connected(server.port))
        head = f"POST /api/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 999\r\n"
        half.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n{")
        assert server.healthy() < (10.0 if _crowded() else 1.0)
        half.settimeout(20)
        assert b" 408 " in half.recv(200)
        for line in begun:
            line.settimeout(20)
            with suppress(ConnectionError):  # closed as well
                assert line.recv(100) == b""
        assert server.healthy() < (10.0 if _crowded() else 1.0)


def test_a_head_without_end_is_cut_off(server: Running) -> None:
    with connected(server.port) as line:
        line.sendall(b"GET / HTTP/1.1\r\n")
        with pytest.raises(ConnectionError):  # noqa: PT012
            for number in range(2000):
                line.sendall(f"X-{number}: {'a' * 100}\r\n".encode())
                time.sleep(0.0005)
            if line.recv(100):
                raise ConnectionResetError
    server.healthy()


def test_a_hundred_chats_at_once(home: Path) -> None:
    """Twenty are answered without an error; of a hundred the rest are told when to come again."""
    with running(home / "index", Limits(answers=40)) as server:
        server.ask(QUESTION)
        times: list[float] = []
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.05):
                times.append(server.healthy())

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            twenty = _all_at_once(server, 20)
            hundred = _all_at_once(server, 100)
        finally:
            over.set()
            watcher.join()
        assert twenty == [200] * 20
        assert set(hundred) == {200, 429}
        assert hundred.count(200) >= 40
        assert statistics.median(times) < 1.0
        if not _crowded():
            assert max(times) < 1.0


def _crowded() -> bool:
    """Whether so much else runs on this machine that a time says nothing of the server."""
    return os.getloadavg()[0] > 2 * (os.cpu_count() or 1)


def _all_at_once(server: Running, count: int) -> list[int]:
    async def one(client: httpx.AsyncClient) -> int:
        async with client.stream("POST", "/api/ask", json={"question": QUESTION}) as response:
            text = (await response.aread()).decode()
            if response.status_code == 429:
                assert int(response.headers["retry-after"]) >= 1
                assert json.loads(text)["error"]["code"] == "busy"
            else:
                assert "event: answer" in text
                assert "event: error" not in text
            return response.status_code

    async def every() -> list[int]:
        limits = httpx.Limits(max_connections=count)
        given = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(
            base_url=server.url, headers=given, timeout=120, limits=limits, trust_env=False
        ) as client:
            return list(await asyncio.gather(*(one(client) for _ in range(count))))

    return asyncio.run(every())


@pytest.mark.slow
def test_a_reader_that_dies_or_hangs_takes_only_its_picture_with_it(home: Path) -> None:
    with running(home / "index", Limits(picture_seconds=8.0)) as server:
        hit = server.client.get("/api/search", params={"q": "revenue", "k": 1}).json()["hits"][0]
        address = f"/api/pages/{hit['page_id']}.png"
        assert server.client.get(address).status_code == 200
        for painter in list(server.desk.painters._all):
            painter._process.kill()
            painter._process.wait()
        assert server.client.get(address).status_code == 200
        assert server.client.get(address).status_code == 200
        for painter in list(server.desk.painters._all):
            os.kill(painter._process.pid, 19)  # SIGSTOP: it hangs
        with ThreadPoolExecutor(2) as pool:
            replies = list(pool.map(lambda _: server.bare.get(address, headers=server.client.headers), range(2)))
        assert {reply.status_code for reply in replies} == {504}
        assert server.client.get(address).status_code == 200


# --- S9: what is written down ---------------------------------------------------------------------------------------


def test_no_log_holds_what_was_asked_or_read(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), running(home / "index") as server:
        server.ask(f"{SECRET}: what was the apple harvest of 1998?")
        server.client.get("/api/search", params={"q": SECRET})
        server.client.post("/api/verify", json={"claim": SECRET, "evidence": SECRET})
        server.client.post("/api/ask", json={"question": SECRET, "surprise": SECRET})
        server.client.get(f"/{SECRET}")
        server.bare.get("/", params={"token": SECRET})
        server.bare.get("/", params={"token": TOKEN})
        original = server.desk.search
        try:
            server.desk.search = lambda *_: (_ for _ in ()).throw(ValueError(SECRET))  # type: ignore[method-assign]
            failed = server.client.get("/api/search", params={"q": "x"})
        finally:
            server.desk.search = original  # type: ignore[method-assign]
        assert (failed.status_code, failed.json()["error"]["code"]) == (500, "fault")
        assert SECRET not in failed.text
    mine = [record for record in caplog.records if not record.name.startswith("httpx")]
    text = "\n".join(
        f"{record.getMessage()} {record.exc_info or ''}" for record in mine if "httpcore" not in record.name
    )
    assert "/api/search 200" in text
    assert "ValueError" in text
    for word in (SECRET, TOKEN, "apple harvest", "400 tons"):
        assert word not in text
