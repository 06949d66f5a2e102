"""The server through OpenAI's own client, as programs use it that know nothing of mmrag."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from scripted_server import hangs, scripted, streams
from serving import QUESTION, TOKEN, Running, build, running, until, write_files

from mmrag.server.schemas import AnswerDocument


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("openai")
    return build(home / "index", write_files(home / "files"))


@pytest.fixture(scope="module")
def server(index: Path) -> Iterator[Running]:
    with running(index) as found:
        yield found


def _client(server: Running, key: str = TOKEN) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0, timeout=60)


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[openai.OpenAI]:
    with _client(server) as found:
        yield found


def _user(*texts: str) -> list[Any]:
    """Questions and answers in turn, the last a question."""
    return [{"role": ("user", "assistant")[number % 2], "content": text} for number, text in enumerate(texts)]


def test_there_is_one_model(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["mmrag"]
    assert client.models.retrieve("mmrag").owned_by == "mmrag"
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("gpt-4o")
    assert caught.value.code == "model_not_found"


def test_an_answer_with_its_verdicts(client: openai.OpenAI, server: Running) -> None:
    found = client.chat.completions.create(model="mmrag", messages=_user(QUESTION))
    choice = found.choices[0]
    assert (found.object, found.model, choice.finish_reason, choice.message.role) == (
        "chat.completion", "mmrag", "stop", "assistant",
    )  # fmt: skip
    assert "512" in (choice.message.content or "")
    assert choice.message.refusal is None
    extra = found.model_extra["mmrag"]
    AnswerDocument.model_validate(extra)
    assert extra["text"] == choice.message.content
    claim = extra["claims"][0]
    assert claim["verdict"] == "supported"
    spot = claim["citations"][0]
    assert (Path(spot["path"]).name, spot["page"]) == ("report.pdf", 1)
    assert server.client.get(f"/api/pages/{spot['page_id']}.png").status_code == 200
    assert extra["conversation"] is None


def test_a_stream_tells_the_claims_and_then_the_same_text(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="mmrag", messages=_user(QUESTION))
    chunks = list(
        client.chat.completions.create(
            model="mmrag", messages=_user(QUESTION), stream=True, stream_options={"include_usage": True}
        )
    )
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    said = [chunk for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert "".join(chunk.choices[0].delta.content for chunk in said) == whole.choices[0].message.content
    told = [(chunk.model_extra or {}).get("mmrag", {}).get("event") for chunk in chunks]
    assert told.index("progress") < told.index("evidence") < told.index("claim") < told.index("answer")
    assert told.index("claim") < chunks.index(said[0]), "nothing is said before it was checked"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].choices == []


def test_a_refusal_says_so_in_every_field(client: openai.OpenAI) -> None:
    found = client.chat.completions.create(model="mmrag", messages=_user("Who won the chess tournament in Oslo?"))
    message = found.choices[0].message
    extra = found.model_extra["mmrag"]
    assert (extra["text"], extra["abstained"]) == (None, True)
    assert message.content == message.refusal
    assert message.content
    parts = client.chat.completions.create(
        model="mmrag", messages=_user("Who won the chess tournament in Oslo?"), stream=True
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in parts if chunk.choices) == message.content


def test_follow_ups_are_understood_from_the_messages_before(client: openai.OpenAI, server: Running) -> None:
    before = server.client.get("/api/conversations").json()
    found = client.chat.completions.create(
        model="mmrag",
        messages=[{"role": "system", "content": "Answer like a pirate."}, *_user(QUESTION, "512 [E1]", "and in 2023?")],
        temperature=0.7,
        max_tokens=5,
    )
    extra = found.model_extra["mmrag"]
    assert extra["follows"] is True
    assert "2023" in extra["question"]
    assert "438" in (found.choices[0].message.content or "")
    assert server.client.get("/api/conversations").json() == before, "nothing is kept unless that is asked for"


def test_a_conversation_can_be_kept_and_gone_on_with(client: openai.OpenAI, server: Running) -> None:
    first = client.chat.completions.create(
        model="mmrag", messages=_user(QUESTION), extra_body={"mmrag": {"keep": True, "k": 3}}
    ).model_extra["mmrag"]
    assert len(first["evidence"]) <= 3
    name = first["conversation"]
    second = client.chat.completions.create(
        model="mmrag", messages=_user("and in 2023?"), extra_body={"mmrag": {"conversation": name}}
    ).model_extra["mmrag"]
    assert (second["conversation"], second["turn"]) == (name, 2)
    assert "438" in second["text"]
    assert server.client.get(f"/api/conversations/{name}").json()["turns"][1]["question"] == "and in 2023?"


def test_text_may_come_in_parts_and_in_korean(client: openai.OpenAI) -> None:
    content = [{"type": "text", "text": "회의에서 무엇을"}, {"type": "text", "text": "논의하였습니까?"}]
    found = client.chat.completions.create(model="mmrag", messages=[{"role": "user", "content": content}])
    assert found.model_extra["mmrag"]["question"] == "회의에서 무엇을\n논의하였습니까?"
    assert "회의록" in found.model_extra["mmrag"]["evidence"][0]["path"]


def test_what_cannot_be_asked_is_told(client: openai.OpenAI) -> None:
    wrong: list[dict[str, Any]] = [
        {"messages": _user("x" * 10_001)},
        {"messages": _user(" ")},
        {"messages": _user("question", "answer")},
        {"messages": [{"role": "system", "content": "x"}]},
        {"messages": _user("x"), "n": 2},
        {"messages": _user("x"), "extra_body": {"mmrag": {"k": 0}}},
        {"messages": _user("x"), "extra_body": {"mmrag": {"surprise": 1}}},
        {"messages": _user("x"), "extra_body": {"mmrag": {"conversation": "none"}}},
    ]
    for request in wrong:
        with pytest.raises(openai.BadRequestError) as caught:
            client.chat.completions.create(model="mmrag", **request)
        assert caught.value.code == "usage"
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="gpt-4o", messages=_user("x"))


def test_a_wrong_key_is_refused(server: Running) -> None:
    with _client(server, "wrong-key-of-someone") as stranger, pytest.raises(openai.AuthenticationError):
        stranger.chat.completions.create(model="mmrag", messages=_user(QUESTION))


def test_a_stream_that_fails_raises(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="mmrag", messages=_user("x"), stream=True, extra_body={"mmrag": {"conversation": "none"}}
    )
    with pytest.raises(openai.APIError, match="no conversation"):
        list(stream)


def test_a_picture_by_its_address_is_never_fetched(client: openai.OpenAI) -> None:
    """S2: nothing that a client sends makes the server open a connection."""
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.5)
        address = f"http://127.0.0.1:{canary.getsockname()[1]}/picture.png"
        part: Any = {"type": "image_url", "image_url": {"url": address}}
        with pytest.raises(openai.BadRequestError):
            client.chat.completions.create(model="mmrag", messages=[{"role": "user", "content": [part]}])
        client.chat.completions.create(model="mmrag", messages=_user(f"What does {address} show? ![x]({address})"))
        with pytest.raises(TimeoutError):
            canary.accept()


def test_a_client_that_leaves_stops_the_model(index: Path) -> None:
    with (
        scripted(hangs, streams("The apple harvest began in September.")) as script,
        running(index, llm=f"openai:some-model@{script.url}") as server,
        _client(server) as client,
    ):
        impatient = client.with_options(timeout=3)
        waits = threading.Thread(target=_ask_in_vain, args=(impatient,))
        waits.start()
        until(lambda: script.asked)
        waits.join()
        until(lambda: server.desk.answers.waiting == 0, 10)
        found = client.chat.completions.create(model="mmrag", messages=_user("When did the harvest begin?"))
        assert found.usage is not None
        assert found.usage.total_tokens == found.usage.prompt_tokens + found.usage.completion_tokens > 0


def _ask_in_vain(client: openai.OpenAI) -> None:
    with pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(model="mmrag", messages=_user("When did the harvest begin?"))


def test_the_example_of_the_documentation(server: Running, capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parents[1] / "docs" / "server.md").read_text("utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    code = code.replace("http://127.0.0.1:8765", server.url).replace("revenue in 2025", "revenue in 2024")
    exec(compile(code, "server.md", "exec"), {"token": TOKEN})
    assert "supported" in capsys.readouterr().out
