"""The server of the Model Context Protocol with the official client: over a real pipe, for the rest in one process."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import mmrag
from mmrag.errors import UsageError
from mmrag.types import Answer, AnswerEvent

pytest.importorskip("mcp", reason="pip install 'mmrag[mcp]'")

import anyio
from mcp import Client, MCPError, StdioServerParameters

from mmrag.mcp import Service, make_server
from mmrag.mcp.service import picture_bytes

TEXTS = {
    "harvest.txt": "The apple harvest of 1998 began in September and brought in 412 tons.",
    "ferry.md": "# Ferries\n\nThe ferry to Jeju leaves Mokpo at nine in the morning.\n",
    "회의록.txt": "이번 회의에서는 내년 예산과 신입 사원 채용 계획을 논의하였다. 예산은 42억 원이다.",
}
QUESTION = "When did the apple harvest of 1998 begin?"
TOOLS = {"search", "ask", "verify", "read_page", "status"}


def build(home: Path, texts: dict[str, str]) -> Path:
    """An index of text files, in `home / "index"`."""
    (home / "documents").mkdir()
    for name, text in texts.items():
        (home / "documents" / name).write_text(text, "utf-8")
    with mmrag.Corpus(home / "index", text="fake", pixels="none", ocr="off", workers=1) as corpus:
        assert corpus.index(home / "documents").failed == ()
    return home / "index"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("mcp"), TEXTS)


@pytest.fixture(scope="module")
def corpus(home: Path) -> Iterator[mmrag.Corpus]:
    with mmrag.Corpus(home) as opened:
        yield opened


def talk(server: Any, said: Callable[[Client], Awaitable[Any]], mode: str = "auto") -> Any:
    """What comes of a conversation with a server: a corpus, or the parameters of a command."""

    async def run() -> Any:
        target = make_server(server) if isinstance(server, mmrag.Corpus) else server
        async with Client(target, mode=mode) as client:
            return await said(client)

    return anyio.run(run)


def call(corpus: mmrag.Corpus, tool: str, **arguments: Any) -> Any:
    """The result of one call in this process."""
    return talk(corpus, lambda client: client.call_tool(tool, arguments))


def command(home: Path) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable, args=["-m", "mmrag", "mcp", "--index", str(home)], env=dict(os.environ)
    )


@pytest.mark.parametrize("mode", ["auto", pytest.param("legacy", marks=pytest.mark.slow)])
def test_a_whole_visit_over_a_pipe(home: Path, mode: str) -> None:
    steps: list[str] = []

    async def progress(_done: float, _total: float | None, message: str | None) -> None:
        steps.append(message or "")

    async def visit(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == TOOLS
        assert all(tool.output_schema and tool.description for tool in tools.values())
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())
        found = (await client.call_tool("search", {"query": "예산", "k": 1})).structured_content
        assert Path(found["hits"][0]["path"]).name == "회의록.txt"
        answer = (await client.call_tool("ask", {"question": QUESTION}, progress_callback=progress)).structured_content
        assert "September" in answer["text"]
        cited = answer["claims"][0]["citations"][0]
        assert "September" in cited["quote"]
        page = await client.call_tool("read_page", {"page_id": cited["page_id"], "image": True, "box": cited["box"]})
        assert page.structured_content["text"] == TEXTS["harvest.txt"]
        assert page.content[1].mime_type == "image/png"
        assert marked(base64.b64decode(page.content[1].data), cited["box"])
        verdict = (
            await client.call_tool("verify", {"claim": "The ferry to Jeju leaves Mokpo at eight."})
        ).structured_content
        assert verdict["verdict"] != "supported"
        status = (await client.call_tool("status", {})).structured_content
        assert (status["files"], status["pages"], status["ready"]) == ({"indexed": 3}, 3, True)
        assert [str(one.uri) for one in (await client.list_resources()).resources] == ["mmrag://status"]
        text = (await client.read_resource(f"mmrag://page/{cited['page_id']}")).contents[0]
        assert text.text == TEXTS["harvest.txt"]
        picture = (await client.read_resource(f"mmrag://page/{cited['page_id']}/image")).contents[0]
        assert Image.open(io.BytesIO(base64.b64decode(picture.blob))).format == "PNG"
        assert json.loads((await client.read_resource("mmrag://status")).contents[0].text) == status
        wrong = await client.call_tool("search", {"query": "  "})
        assert wrong.is_error
        assert wrong.structured_content["error"]["code"] == "usage"

    talk(command(home), visit, mode)
    assert steps[:3] == ["Searching", "Reading the pages", "Checking each claim"]
    assert any(step.startswith("supported: ") for step in steps)


def marked(png: bytes, box: list[float]) -> bool:
    """Whether the outline's red is in the picture, at the box and not far from it."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    red = [
        (x / image.width, y / image.height)
        for x in range(image.width)
        for y in range(image.height)
        if image.getpixel((x, y)) == (214, 62, 32)
    ]
    left, top, right, bottom = box
    return bool(red) and all(left - 0.02 < x < right + 0.02 and top - 0.02 < y < bottom + 0.02 for x, y in red)


def ask_raw(process: subprocess.Popen[bytes], number: int, method: str, params: dict[str, Any]) -> None:
    assert process.stdin is not None
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    process.stdin.write(json.dumps(message).encode() + b"\n")
    process.stdin.flush()


HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
NOISY = """
import os, sys
import mmrag
from mmrag.mcp import serve
search = mmrag.Corpus.search
def noisy(self, *given, **more):
    print("printed in a tool")
    os.write(1, b"written below Python\\n")
    os.system("echo said by a child")
    return search(self, *given, **more)
mmrag.Corpus.search = noisy
with mmrag.Corpus(sys.argv[1]) as corpus:
    serve(corpus)
"""


def test_only_the_protocol_reaches_standard_output_and_the_end_of_input_ends_it(home: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", NOISY, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        ask_raw(process, 1, "initialize", HELLO)
        process.stdout.readline()
        ask_raw(process, 2, "tools/call", {"name": "search", "arguments": {"query": "apple", "k": 1}})
        answer = json.loads(process.stdout.readline())
        out, err = process.communicate(b"this is no JSON\n", timeout=60)
        assert process.returncode == 0
    assert answer["id"] == 2
    assert answer["result"]["structuredContent"]["hits"][0]["label"] == "E1"
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in out.splitlines())
    for noise in (b"printed in a tool", b"written below Python", b"said by a child"):
        assert noise in err


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_stop_from_outside_is_quiet(home: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "mmrag", "mcp", "--index", str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        ask_raw(process, 1, "initialize", HELLO)
        assert json.loads(process.stdout.readline())["result"]["serverInfo"]["name"] == "mmrag"
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, b"", b"")


def test_without_an_index_it_starts_and_every_call_says_what_to_do(tmp_path: Path) -> None:
    with mmrag.Corpus(tmp_path / "none") as corpus:
        for tool, arguments in (
            ("search", {"query": "apple"}),
            ("ask", {"question": "Who?"}),
            ("verify", {"claim": "Yes."}),
        ):
            result = call(corpus, tool, **arguments)
            assert result.is_error
            assert result.structured_content["error"]["code"] == "nothing_indexed"
            assert "mmrag index" in result.content[0].text
        status = call(corpus, "status").structured_content
        assert (status["ready"], status["pages"]) == (False, 0)


def test_the_text_of_a_result_is_its_data_as_json(corpus: mmrag.Corpus) -> None:
    for tool, arguments in (("search", {"query": "apple"}), ("ask", {"question": QUESTION}), ("status", {})):
        result = call(corpus, tool, **arguments)
        assert not result.is_error
        assert json.loads(result.content[0].text) == result.structured_content


def test_filters(corpus: mmrag.Corpus) -> None:
    def names(**more: Any) -> set[str]:
        result = call(corpus, "search", query="apple ferry 회의", k=9, **more)
        return {Path(hit["path"]).name for hit in result.structured_content["hits"]}

    assert names() == set(TEXTS)
    assert names(paths=["*.md"]) == {"ferry.md"}
    assert names(kinds=["figure"]) == set()
    assert names(until="1999-12-31") == set()
    assert names(since="1999-12-31") == set(TEXTS)
    swapped = call(corpus, "search", query="apple", since="2024-01-02", until="2024-01-01")
    assert "later than" in swapped.content[0].text


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("search", {"query": "apple", "k": 51}),
        ("search", {"query": "a" * 10_001}),
        ("search", {"query": "apple", "kinds": ["letter"]}),
        ("search", {"query": "apple", "since": "yesterday"}),
        ("search", {"query": "apple", "paths": ["*"] * 21}),
        ("ask", {"question": QUESTION, "max_risk": 2}),
        ("ask", {}),
        ("verify", {"claim": "Yes.", "evidence": " "}),
        ("read_page", {"page_id": "a" * 65}),
        ("read_page", {"page_id": "0000000000000000-1"}),
        ("read_page", {"page_id": "x", "start": -1}),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(
    corpus: mmrag.Corpus, tool: str, arguments: dict[str, Any]
) -> None:
    result = call(corpus, tool, **arguments)
    assert result.is_error
    assert len(result.content[0].text) > 20


def test_a_text_as_evidence_stands_nowhere(corpus: mmrag.Corpus) -> None:
    told = call(corpus, "verify", claim="The sky is green.", evidence="The sky is green.").structured_content
    assert told["verdict"] == "supported"
    assert told["citations"][0]["path"] is None
    assert told["citations"][0]["page_id"] is None


def test_a_refusal_is_an_answer_and_no_error(corpus: mmrag.Corpus) -> None:
    result = call(corpus, "ask", question="What is the boiling point of tungsten?")
    assert not result.is_error
    assert (result.structured_content["text"], result.structured_content["abstained"]) == (None, True)
    assert result.structured_content["reason"]


def test_long_pages_come_in_parts_and_neighbours_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join(f"Line {number} of the long list of quinces." for number in range(200))
    with mmrag.Corpus(build(tmp_path, {"list.txt": text})) as corpus:
        service = Service(corpus)
        first = service.page(service.search("Line 0 quinces", 1).hits[0].page_id)
        assert (first.start, first.rest) == (0, 0)
        monkeypatch.setattr("mmrag.mcp.service.LONGEST_PAGE", 500)
        read = ""
        while (part := service.page(first.page_id, len(read))).rest:
            assert len(part.text) == 500
            read += part.text
        assert read + part.text == first.text
        assert service.page(first.page_id, 10**9).text == ""
        every, name = [], f"{first.page_id.partition('-')[0]}-1"
        while name:
            page = service.page(name)
            assert page.previous_page_id == (every[-1] if every else None)
            every.append(name)
            name = page.next_page_id or ""
        assert len(every) == first.pages > 1


def test_a_page_id_holds_after_a_restart_and_for_moved_files(tmp_path: Path) -> None:
    index = build(tmp_path, TEXTS)
    with mmrag.Corpus(index) as corpus:
        name = Service(corpus).search("apple harvest", 1).hits[0].page_id
    (tmp_path / "documents" / "harvest.txt").rename(tmp_path / "documents" / "moved.txt")
    with mmrag.Corpus(index, workers=1) as corpus:
        corpus.index()
        assert Path(Service(corpus).page(name).path).name == "moved.txt"
        (tmp_path / "documents" / "moved.txt").unlink()
        corpus.index()
        with pytest.raises(UsageError, match="no page of that name"):
            Service(corpus).page(name)


def test_a_changed_file_is_not_shown_as_the_one_indexed(tmp_path: Path) -> None:
    index = build(tmp_path, TEXTS)
    with mmrag.Corpus(index) as corpus:
        name = Service(corpus).search("apple harvest", 1).hits[0].page_id
        (tmp_path / "documents" / "harvest.txt").unlink()
        secret = tmp_path / "secret.txt"
        secret.write_text("The password is swordfish.", "utf-8")
        (tmp_path / "documents" / "harvest.txt").symlink_to(secret)
        result = call(corpus, "read_page", page_id=name, image=True)
        assert result.is_error
        assert result.structured_content["error"]["code"] == "source_changed"
        assert "swordfish" not in str(result)
        assert not call(corpus, "read_page", page_id=name).is_error, "the text is that of the index"


def payloads(target: Path) -> list[str]:
    """Ways to name a file that other servers have fallen for."""
    plain = [str(target), f"../../../..{target}", f"file://{target}", f"{target}\0-1", f"~/{target.name}", target.name]
    coded = [one.replace("/", code) for one in plain for code in ("%2f", "%252f", "..%c0%af", "\\", "//", "／", "%5c")]
    named = [f"{one}-1" for one in (*plain, *coded)] + [f"0123456789abcdef-1{one}" for one in plain]
    return [
        *plain,
        *coded,
        *named,
        "0123456789abcdef-1\n",
        "０１２３456789abcdef-1",
        "0123456789abcdef-0",
        "-1",
        "",
        "*",
    ]


WATCHED = """
import sys
import mmrag
from mmrag.mcp import serve
index, log, control = sys.argv[1:]
seen = open(log, "w", encoding="utf-8")
def watch(event, arguments):
    if event in ("open", "os.listdir", "os.scandir", "os.stat", "subprocess.Popen", "socket.connect"):
        if "canary" in str(arguments):
            seen.write(f"{event} {arguments[0]}\\n")
            seen.flush()
sys.addaudithook(watch)
open(control).close()
with mmrag.Corpus(index) as corpus:
    serve(corpus)
"""


def test_no_path_from_a_client_is_ever_opened(home: Path, tmp_path: Path) -> None:
    canary, control, log = tmp_path / "canary.txt", tmp_path / "control_canary.txt", tmp_path / "opened.log"
    canary.write_text("The canary sings at dawn.", "utf-8")
    control.write_text("To see that the watch is awake.", "utf-8")
    claim = "The canary sings at dawn."

    async def attack(client: Client) -> None:
        for one in payloads(canary):
            for tool, arguments in (
                ("read_page", {"page_id": one, "image": True}),
                ("search", {"query": one, "k": 1, "paths": [one[:500]]}),
                ("verify", {"claim": claim, "evidence": one or "-", "question": one}),
            ):
                result = await client.call_tool(tool, arguments)
                assert tool != "read_page" or result.is_error
                assert tool != "verify" or result.is_error or result.structured_content["verdict"] != "supported"
                assert claim not in str(result.structured_content).replace(claim, "", 1)
            for uri in (f"mmrag://page/{one}", f"mmrag://page/{one}/image", one):
                with pytest.raises(MCPError):
                    await client.read_resource(uri)

    arguments = ["-c", WATCHED, str(home), str(log), str(control)]
    talk(StdioServerParameters(command=sys.executable, args=arguments, env=dict(os.environ)), attack)
    assert log.read_text("utf-8").splitlines() == [f"open {control}"]


def test_control_characters_of_files_do_not_reach_an_assistant(tmp_path: Path) -> None:
    texts = {"evil\x1b[31m\u202e.txt": "Quokkas live on \u202eRottnest Island. Quokkas were first seen in 1696."}
    with mmrag.Corpus(build(tmp_path, texts)) as corpus:
        service = Service(corpus)
        found = service.search("quokkas")
        told = [
            found,
            service.page(found.hits[0].page_id),
            service.ask("When were quokkas first seen?"),
            service.status(),
        ]
        told.append(service.verify("Quokkas were first seen in 1696."))
    assert "1696" in (told[2].text or "")
    for one in told:
        assert not [sign for sign in str(one.model_dump()) if sign in "\x1b\x07\u202e"]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_cancelled_question_ends_and_the_server_answers_meanwhile(
    corpus: mmrag.Corpus, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    begun, ended = threading.Event(), threading.Event()

    def slow(*given: Any) -> Answer:
        progress = given[-1]
        try:
            while True:
                begun.set()
                progress(AnswerEvent("checking"))
                time.sleep(0.01)
        finally:
            ended.set()

    monkeypatch.setattr(mmrag.Corpus, "ask", slow)

    async def visit(client: Client) -> float:
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "ask", {"question": QUESTION})
            while not begun.is_set():
                await anyio.sleep(0.01)
            start = time.perf_counter()
            await client.call_tool("status", {})
            meanwhile = time.perf_counter() - start
            assert not ended.is_set()
            group.cancel_scope.cancel()
        with anyio.fail_after(10):
            while not ended.is_set():
                await anyio.sleep(0.01)
        return meanwhile

    assert talk(corpus, visit, mode) < 5


def test_a_fault_of_ours_is_told_by_name_only(corpus: mmrag.Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the text of somebody's letter")

    monkeypatch.setattr(mmrag.Corpus, "search", broken)
    result = call(corpus, "search", query="apple")
    assert result.is_error
    assert "letter" not in str(result)


def test_pictures_are_small_enough_for_assistants() -> None:
    noise = Image.effect_noise((1200, 1600), 200).convert("RGB")
    data, kind = picture_bytes(noise)
    assert (len(data) <= 700_000, kind) == (True, "image/jpeg")
    assert picture_bytes(Image.new("RGB", (1000, 1400), "white"))[1] == "image/png"


@pytest.mark.slow
def test_the_entry_for_a_configuration_file_can_be_run_from_anywhere(home: Path, tmp_path: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "mmrag", "mcp", "--show-config", "--index", os.path.relpath(home), "--no-steps"],
        capture_output=True,
        check=True,
    )
    entry = json.loads(shown.stdout)["mcpServers"]["mmrag"]
    assert Path(entry["command"]).is_absolute()
    assert entry["args"][-4:] == ["mcp", "--index", str(home), "--no-steps"]
    parameters = StdioServerParameters(command=entry["command"], args=entry["args"], env=dict(os.environ), cwd=tmp_path)
    status = talk(parameters, lambda client: client.call_tool("status", {})).structured_content
    assert status["pages"] == 3


def test_the_examples_of_the_documentation_run(folder_of_docs: Path) -> None:
    page = (Path(__file__).parent.parent / "docs" / "mcp.md").read_text("utf-8")
    blocks = dict(re.findall(r"^```(\w+)\n(.*?)^```", page, re.MULTILINE | re.DOTALL))
    assert set(blocks) == {"json", "toml", "python"}
    assert set(json.loads(blocks["json"])["mcpServers"]["mmrag"]) == {"command", "args"}
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    shown = subprocess.run(
        [sys.executable, "-c", blocks["python"]], capture_output=True, env={**os.environ, "PATH": beside}, check=True
    ).stdout.decode()
    assert "minutes.txt 1 " in shown
    assert "image/png" in shown


def test_the_documentation_names_every_tool_and_argument() -> None:
    page = (Path(__file__).parent.parent / "docs" / "mcp.md").read_text("utf-8")
    with mmrag.Corpus("none") as corpus:
        tools = talk(corpus, lambda client: client.list_tools()).tools
    rows = {row.split("`")[1]: row for row in page.splitlines() if row.startswith("| `") and row.count("|") == 4}
    for tool in tools:
        for argument in tool.input_schema.get("properties", {}):
            assert f"`{argument}`" in rows[tool.name]
