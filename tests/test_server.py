"""The server as a client sees it: search, ask, verify, pictures, conversations, indexing, its own description."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageChops
from scripted_server import hangs, scripted, streams
from serving import QUESTION, REPORT, Running, build, events, running, until, write_files, write_pdf

import mmrag
from mmrag.errors import UsageError
from mmrag.server import Settings
from mmrag.server.schemas import AnswerDocument, ConversationDocument, SearchDocument, StatusDocument, VerifyDocument


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("server") / "files")


@pytest.fixture(scope="module")
def index(files: Path) -> Path:
    return build(files.parent / "index", files)


@pytest.fixture(scope="module")
def server(index: Path) -> Any:
    with running(index) as found:
        yield found


def _picture(reply: httpx.Response) -> Image.Image:
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/png"), reply.text
    return Image.open(io.BytesIO(reply.content))


def test_status_tells_what_is_indexed(server: Running, files: Path) -> None:
    status = server.client.get("/api/status").json()
    StatusDocument.model_validate(status)
    assert status["ready"] is True
    assert status["files"] == {"indexed": 4}
    assert status["pages"] == 4
    assert status["roots"] == [{"path": str(files), "files": 4}]
    assert status["models"]["text"] == "fake"
    assert status["models"]["generator"] == "extractive"
    assert status["indexing"] is None


def test_search_gives_what_the_corpus_finds_and_a_picture_of_it(server: Running, index: Path) -> None:
    found = server.client.get("/api/search", params={"q": "ferry to Jeju", "k": 2}).json()
    SearchDocument.model_validate(found)
    with mmrag.Corpus(index) as corpus:
        wanted = [hit.region.document.path.name for hit in corpus.search("ferry to Jeju", 2)]
    assert [Path(hit["path"]).name for hit in found["hits"]] == wanted
    assert wanted[0] == "ferry.md"
    picture = _picture(server.client.get(f"/api/pages/{found['hits'][0]['page_id']}.png"))
    assert picture.width <= 1002


def test_search_in_korean_and_with_filters(server: Running) -> None:
    def names(**query: Any) -> list[str]:
        reply = server.client.get("/api/search", params={"q": "revenue harvest 회의", "k": 10, **query})
        assert reply.status_code == 200, reply.text
        return sorted(Path(hit["path"]).name for hit in reply.json()["hits"])

    assert (
        server.client.get("/api/search", params={"q": "신입 사원 채용"})
        .json()["hits"][0]["path"]
        .endswith("회의록.txt")
    )
    assert names(path="*.pdf") == ["report.pdf"]
    assert names(path=["*.pdf", "harvest*"]) == ["harvest.txt", "report.pdf"]
    assert names(kind="table") == []
    assert names(until="2001-01-31") == []
    assert len(names(since="1h")) == 4


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"q": " "}, "empty"),
        ({"q": "x", "kind": "sonnet"}, "kind"),
        ({"q": "x", "since": "soon"}, "date"),
        ({"q": "x", "since": "2024-02-01", "until": "2024-01-01"}, "later"),
        ({"q": "x", "k": "0"}, "k"),
        ({"q": "x", "path": ["*"] * 21}, "paths"),
        ({}, "q"),
    ],
)
def test_what_cannot_be_searched_for_is_told(server: Running, query: dict[str, Any], said: str) -> None:
    reply = server.client.get("/api/search", params=query)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (400, "usage")
    assert said in error["message"]
    assert error["hint"]


def test_an_answer_comes_step_by_step_and_claim_by_claim(server: Running, index: Path) -> None:
    told = server.ask(QUESTION)
    kinds = [kind for kind, _ in told]
    assert kinds[0] == "progress"
    assert [data["stage"] for kind, data in told if kind == "progress"] == ["search", "read", "verify"]
    assert kinds.index("evidence") < kinds.index("claim") < kinds.index("answer") == len(kinds) - 1
    claims = [data for kind, data in told if kind == "claim"]
    assert [claim["index"] for claim in claims] == list(range(len(claims)))
    answer = told[-1][1]
    AnswerDocument.model_validate(answer)
    with mmrag.Corpus(index) as corpus:
        wanted = corpus.ask(QUESTION)
    assert answer["text"] == wanted.text
    assert "512" in (wanted.text or "")
    assert [claim["text"] for claim in answer["claims"]] == [claim["text"] for claim in claims]
    citation = answer["claims"][0]["citations"][0]
    assert (Path(citation["path"]).name, citation["page"]) == ("report.pdf", 1)
    assert _picture(server.client.get(f"/api/pages/{citation['page_id']}.png"))


def test_a_conversation_goes_on_is_listed_read_again_and_deleted(server: Running) -> None:
    first = server.ask(QUESTION)[-1][1]
    name = first["conversation"]
    second = server.ask("and in 2023?", conversation=name)[-1][1]
    assert (second["conversation"], second["turn"], second["follows"]) == (name, 2, True)
    assert "438" in second["text"]
    listed = {one["id"]: one for one in server.client.get("/api/conversations").json()}
    assert (listed[name]["title"], listed[name]["turns"]) == (QUESTION, 2)
    kept = server.client.get(f"/api/conversations/{name}").json()
    ConversationDocument.model_validate(kept)
    assert [turn["question"] for turn in kept["turns"]] == [QUESTION, "and in 2023?"]
    again = kept["turns"][0]["answer"]
    assert again["text"] == first["text"]
    for old, new in zip(first["claims"], again["claims"], strict=True):
        assert (old["text"], old["verdict"]) == (new["text"], new["verdict"])
        assert old["citations"] == new["citations"]
    assert server.client.delete(f"/api/conversations/{name}").json() == {"id": name, "turns": 2}
    assert server.client.get(f"/api/conversations/{name}").status_code == 404
    assert server.client.delete(f"/api/conversations/{name}").status_code == 404


def test_a_conversation_that_is_not_there_ends_in_an_error_event(server: Running) -> None:
    kind, data = server.ask(QUESTION, conversation="20200101-000000-abcd")[-1]
    assert (kind, data["error"]["code"]) == ("error", "usage")


def test_verify_against_the_index_and_against_a_text(server: Running) -> None:
    held = server.client.post("/api/verify", json={"claim": "Revenue in 2024 was 512 million won."}).json()
    VerifyDocument.model_validate(held)
    assert held["verdict"] == "supported"
    assert held["citations"][0]["page_id"]
    false = server.client.post(
        "/api/verify", json={"claim": "The fee is 30 euros.", "evidence": "The fee is 20 euros."}
    )
    assert false.json()["verdict"] == "contradicted"
    assert all(spot["page_id"] is None for spot in false.json()["citations"])


def test_pictures_are_as_wide_as_asked_for_and_show_the_box(server: Running) -> None:
    hit = server.client.get("/api/search", params={"q": REPORT[1], "k": 1, "kind": "passage"}).json()["hits"][0]
    address = f"/api/pages/{hit['page_id']}.png"
    whole = _picture(server.client.get(address, params={"width": 800, "boxes": 0}))
    marked = _picture(server.client.get(address, params={"width": 800}))
    assert whole.size == marked.size
    assert abs(whole.width - 800) <= 2
    assert abs(whole.height / whole.width - 842 / 595) < 0.01
    changed = ImageChops.difference(whole.convert("RGB"), marked.convert("RGB")).getbbox()
    left, top, right, bottom = hit["box"]
    assert changed is not None
    assert abs(changed[1] / whole.height - top) < 0.02
    assert abs(changed[3] / whole.height - bottom) < 0.02
    assert abs(changed[0] / whole.width - left) < 0.02
    assert abs(changed[2] / whole.width - right) < 0.02
    assert abs(_picture(server.client.get(address, params={"thumb": 1})).width - 240) <= 2
    for width in (15, 3001, "wide"):
        assert server.client.get(address, params={"width": width}).status_code == 400


def test_a_picture_is_sent_once(server: Running) -> None:
    hit = server.client.get("/api/search", params={"q": "harvest", "k": 1}).json()["hits"][0]
    address = f"/api/pages/{hit['page_id']}.png"
    tag = server.client.get(address).headers["etag"]
    again = server.client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert server.client.get(address, params={"width": 300}, headers={"If-None-Match": tag}).status_code == 200


def test_ids_are_those_of_this_server_alone(server: Running, index: Path) -> None:
    def ids(found: Running) -> set[str]:
        hits = found.client.get("/api/search", params={"q": "revenue", "k": 5}).json()["hits"]
        return {hit["page_id"] for hit in hits}

    mine = ids(server)
    assert mine == ids(server)
    with running(index) as other:
        assert not mine & ids(other)
        for name in mine:
            reply = other.client.get(f"/api/pages/{name}.png")
            assert (reply.status_code, reply.json()["error"]["code"]) == (404, "no_such_page")


def test_the_web_page_is_served_with_its_files_and_no_others(server: Running) -> None:
    page = server.client.get("/")
    assert page.status_code == 200
    assert server.client.get("/static/none.js").status_code == 404
    for name in ("app.css", "index.html"):
        reply = server.client.get(f"/static/{name}")
        if reply.status_code == 404:
            pytest.skip("this checkout has no web page")
        again = server.client.get(f"/static/{name}", headers={"If-None-Match": reply.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_the_description_is_whole(server: Running) -> None:
    described = server.client.get("/openapi.json").json()
    assert set(described["paths"]) == {
        "/api/status", "/api/index", "/api/index/stop", "/api/search", "/api/ask", "/api/verify", "/api/conversations",
        "/api/conversations/{name}", "/api/pages/{page_id}.png", "/v1/models", "/v1/models/{name}",
        "/v1/chat/completions", "/healthz",
    }  # fmt: skip
    known = {tag["name"] for tag in described["tags"]}
    for methods in described["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert operation["description"]
            assert set(operation["tags"]) <= known
            assert "422" not in operation["responses"]
    assert described["security"] == [{"token": []}]
    assert described["paths"]["/healthz"]["get"]["security"] == []


def test_without_an_index_it_says_so(tmp_path: Path) -> None:
    with running(tmp_path / "none") as server:
        status = server.client.get("/api/status").json()
        assert (status["ready"], status["pages"]) == (False, 0)
        assert "mmrag index" in status["message"]
        for reply in (
            server.client.get("/api/search", params={"q": "x"}),
            server.client.post("/api/index"),
            server.client.get("/api/conversations"),
        ):
            assert (reply.status_code, reply.json()["error"]["code"]) == (409, "nothing_indexed")
        kind, data = server.ask("x")[-1]
        assert (kind, data["error"]["code"]) == ("error", "nothing_indexed")
    assert not (tmp_path / "none").exists()


def test_indexing_in_the_background_and_a_file_that_changed(tmp_path: Path) -> None:
    files = write_files(tmp_path / "files")
    index = build(tmp_path / "index", files)
    with running(index, workers=1) as server:
        hit = server.client.get("/api/search", params={"q": "revenue 2024", "k": 1}).json()["hits"][0]
        assert Path(hit["path"]).name == "report.pdf"
        address = f"/api/pages/{hit['page_id']}.png"
        assert server.client.get(address).status_code == 200
        write_pdf(files / "report.pdf", ("Another report", "Revenue in 2025 was 600 million won."))
        (files / "later.txt").write_text("The lighthouse was painted red.", "utf-8")
        (files / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing")
        gone = server.client.get(address)
        assert (gone.status_code, gone.json()["error"]["code"]) == (410, "source_changed")

        assert server.client.post("/api/index").status_code == 202
        state = until(lambda: _ended(server))
        assert (state["error"], state["stopped"]) == (None, False)
        assert (state["report"]["added"], state["report"]["updated"]) == (1, 1)
        assert (
            server.client.get("/api/search", params={"q": "lighthouse", "k": 1})
            .json()["hits"][0]["path"]
            .endswith("later.txt")
        )
        status = until(lambda: _with_failed(server))
        assert [(Path(one["path"]).name, one["state"]) for one in status["failed"]] == [("broken.pdf", "damaged")]
        assert status["failed"][0]["reason"]
        assert server.client.get(address).status_code == 410


def _ended(server: Running) -> Any:
    state = server.client.get("/api/status").json()["indexing"]
    return None if state["running"] else state


def _with_failed(server: Running) -> Any:
    status = server.client.get("/api/status").json()
    return status if status["failed"] else None


def test_indexing_stops_keeps_what_it_has_and_goes_on(tmp_path: Path) -> None:
    files = write_files(tmp_path / "files")
    index = build(tmp_path / "index", files)
    for number in range(150):
        (files / f"note {number}.txt").write_text(f"Note number {number} is about nothing.", "utf-8")
    with running(index, workers=1) as server:
        assert server.client.post("/api/index", json={}).status_code == 202
        busy = server.client.post("/api/index")
        assert (busy.status_code, busy.json()["error"]["code"]) == (409, "index_busy")
        seen = until(lambda: _reading(server))
        assert seen["total"] == 150
        assert server.client.get("/api/search", params={"q": "ferry"}).status_code == 200
        assert server.client.post("/api/index/stop").json()["stopping"] is True
        state = until(lambda: _ended(server))
        assert state["stopped"] is True
        assert server.client.post("/api/index/stop").json()["stopping"] is False
        server.client.post("/api/index")
        assert until(lambda: _ended(server), 60)["report"]["files"] == 154
    with mmrag.Corpus(index) as corpus:
        assert corpus.check() == []
        assert corpus.status().catalog.pages == 154


def _reading(server: Running) -> Any:
    state = server.client.get("/api/status").json()["indexing"]
    return state if state["stage"] == "read" else None


def test_who_goes_away_takes_the_question_back(index: Path) -> None:
    question = "When did the harvest begin?"
    with (
        scripted(hangs, streams("The apple harvest began in September.")) as script,
        running(index, llm=f"openai:some-model@{script.url}") as server,
    ):
        with server.client.stream("POST", "/api/ask", json={"question": question}) as response:
            told = events(response)
            while next(told)[1].get("stage") != "draft":
                pass
            until(lambda: script.asked)
        until(lambda: server.desk.answers.waiting == 0, 5)
        assert server.client.get("/api/search", params={"q": "harvest"}).status_code == 200
        kind, data = server.ask(question)[-1]
        assert kind == "answer"
        assert data["models"]["generator"].startswith("openai:some-model")


def test_a_file_of_an_earlier_turn_that_is_gone(tmp_path: Path) -> None:
    files = write_files(tmp_path / "files")
    index = build(tmp_path / "index", files)
    with running(index, workers=1) as server:
        name = server.ask(QUESTION)[-1][1]["conversation"]
        shutil.move(files / "report.pdf", tmp_path / "elsewhere.pdf")
        server.client.post("/api/index")
        until(lambda: _ended(server))
        turn = server.client.get(f"/api/conversations/{name}").json()["turns"][0]
        ConversationDocument.model_validate({"id": name, "turns": [turn]})
        assert "512" in turn["answer"]["text"]
        spot = turn["answer"]["claims"][0]["citations"][0]
        assert (spot["path"], spot["page_id"]) == (None, None)


def test_settings_that_would_be_open_to_anyone_are_refused() -> None:
    for wrong in (
        {"host": "0.0.0.0"},
        {"token": "short"},
        {"token": "한글로 된 비밀번호입니다 길게"},
        {"host": "192.0.2.1"},
    ):
        with pytest.raises(UsageError):
            Settings(**wrong)
    assert Settings(host="::1").token is None
