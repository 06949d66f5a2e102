"""mmrag as parts of LangChain, over a real index: its standard tests, and what a chain or an agent relies on."""

from __future__ import annotations

import asyncio
import base64
import copy
import io
import json
import os
import pickle
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import mmrag
from mmrag.errors import NothingIndexed, UsageError
from mmrag.types import Filters

pytest.importorskip("langchain_core", reason="pip install 'mmrag[langchain]'")

from langchain_core.documents import Document
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.load import dumpd, dumps, load, loads
from langchain_core.messages import AIMessage, HumanMessage, ToolCall
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField, RunnablePassthrough
from langchain_core.tools import ToolException

from mmrag.langchain import MmragAnswers, MmragAskTool, MmragRetriever, MmragSearchTool, vision_llm
from mmrag.langchain.streaming import events

TEXTS = {
    "harvest.txt": "The apple harvest of 1998 began in September and brought in 412 tons. It ended in November.",
    "ferry.md": "# Ferries\n\nThe ferry to Jeju leaves Mokpo at nine in the morning and takes four hours.\n",
    "회의록.txt": "이번 회의에서는 내년 예산과 신입 사원 채용 계획을 논의하였다. 예산은 42억 원이다.",
    "불고기.txt": "소고기를 간장과 배즙에 재워 두었다가 센 불에 굽는다.",
}
QUESTION = "When did the apple harvest of 1998 begin?"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index of four files beside it."""
    folder = tmp_path_factory.mktemp("langchain")
    documents = folder / "documents"
    documents.mkdir()
    for name, text in TEXTS.items():
        (documents / name).write_text(text, "utf-8")
    with mmrag.Corpus(folder / "index", text="fake", pixels="none", ocr="off", workers=1) as corpus:
        assert corpus.index(documents).added == 4
    return folder / "index"


@pytest.fixture(scope="module")
def corpus(home: Path) -> Iterator[mmrag.Corpus]:
    with mmrag.Corpus(home) as opened:
        yield opened


def names(found: list[Document]) -> list[str]:
    return [Path(one.metadata["path"]).name for one in found]


def test_documents_say_where_they_stand(corpus: mmrag.Corpus, home: Path) -> None:
    found = MmragRetriever(corpus=corpus, k=2).invoke("apple harvest")
    first = found[0]
    assert len(found) == 2
    assert first.page_content == TEXTS["harvest.txt"]
    about = first.metadata
    assert about["path"] == about["source"] == str(home.parent / "documents" / "harvest.txt")
    assert (about["page"], about["pages"], about["kind"], about["label"], about["rank"]) == (1, 1, "passage", "E1", 1)
    assert about["score"] >= found[1].metadata["score"]
    assert "words" in about["channels"]
    left, top, right, bottom = about["box"]
    assert 0 <= left < right <= 1
    assert 0 <= top < bottom <= 1
    assert "image" not in about
    assert json.loads(json.dumps(about)) == about, "metadata goes into stores and traces as it is"
    assert first.id
    assert len({one.id for one in found}) == 2


def test_korean_questions_and_paths(corpus: mmrag.Corpus) -> None:
    assert names(MmragRetriever(corpus=corpus, k=1).invoke("신입 사원 채용")) == ["회의록.txt"]


def test_k_filters_and_images_for_one_call(corpus: mmrag.Corpus) -> None:
    retriever = MmragRetriever(corpus=corpus, filters=Filters(paths=("*.txt",)))
    assert len(retriever.invoke("apple ferry", k=1)) == 1
    assert "ferry.md" not in names(retriever.invoke("ferry to Jeju"))
    assert names(retriever.invoke("apple ferry", filters=Filters(paths=("*.md",)))) == ["ferry.md"]
    assert retriever.invoke("apple", k=1, images="url")[0].metadata["image"].startswith("data:image/png;base64,")
    with pytest.raises(UsageError, match="jpeg"):
        retriever.invoke("apple", images="jpeg")
    with pytest.raises(UsageError, match="k cannot be 0"):
        retriever.invoke("apple", k=0)
    with pytest.raises(ValueError, match="kk"):
        MmragRetriever(corpus=corpus, kk=3)


def test_images_are_those_of_the_region(corpus: mmrag.Corpus) -> None:
    retriever = MmragRetriever(corpus=corpus, k=1, images="pil", image_side=600)
    found = retriever.invoke("apple harvest")[0]
    picture = found.metadata["image"]
    assert picture.mode == "RGB"
    assert max(picture.size) <= 600
    assert picture.getextrema() != ((255, 255),) * 3, "there is type on it"
    url = MmragRetriever(corpus=corpus, k=1, images="url", image_side=600).invoke("apple harvest")[0].metadata["image"]
    assert Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))).size == picture.size
    later = MmragRetriever(corpus=corpus, image_side=600)
    assert later.image(found).tobytes() == picture.tobytes()
    assert later.image(found, whole=True).size != picture.size
    with pytest.raises(UsageError):
        later.image(Document("not ours"))


def test_the_text_of_the_whole_page(corpus: mmrag.Corpus) -> None:
    found = MmragRetriever(corpus=corpus, k=1, content="page").invoke("When does the ferry to Jeju leave?")[0]
    assert found.page_content.startswith("Ferries")
    assert "nine in the morning" in found.page_content


def test_a_changed_file_has_no_image_and_says_so(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "harvest.txt").write_text(TEXTS["harvest.txt"], "utf-8")
    with mmrag.Corpus(tmp_path / "index", text="fake", pixels="none", ocr="off", workers=1) as corpus:
        corpus.index(documents)
        (documents / "harvest.txt").write_text("rewritten since then", "utf-8")
        about = MmragRetriever(corpus=corpus, k=1, images="url").invoke("apple harvest")[0].metadata
    assert about["stale"]
    assert about["image"] is None
    assert "not the file that was indexed" in about["image_error"]


def test_async_and_batches(corpus: mmrag.Corpus) -> None:
    retriever = MmragRetriever(corpus=corpus, k=1)
    assert [names(one) for one in retriever.batch(["apple", "ferry"])] == [["harvest.txt"], ["ferry.md"]]

    async def both() -> list[list[Document]]:
        return await asyncio.gather(*(retriever.ainvoke(word, k=2) for word in ("apple", "ferry")))

    assert [len(one) for one in asyncio.run(both())] == [2, 2]


def test_no_index_is_said_at_the_first_question(tmp_path: Path) -> None:
    retriever = MmragRetriever(index=tmp_path / "none")
    with pytest.raises(NothingIndexed) as none:
        retriever.invoke("apple")
    assert "mmrag index" in none.value.hint


def test_a_chain_with_a_chat_model(corpus: mmrag.Corpus) -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage("412 tons.")]))
    prompt = ChatPromptTemplate.from_template("Answer from this:\n{context}\n\nQuestion: {question}")

    def together(found: list[Document]) -> str:
        return "\n".join(one.page_content for one in found)

    retriever = MmragRetriever(corpus=corpus, k=2)
    steps = {"context": retriever | together, "question": RunnablePassthrough()} | prompt
    assert "412 tons" in steps.invoke(QUESTION).to_string()
    assert (steps | model | StrOutputParser()).invoke(QUESTION) == "412 tons."


def test_configurable_fields_share_the_index(home: Path) -> None:
    with MmragRetriever(index=home) as retriever:
        wide = retriever.configurable_fields(k=ConfigurableField(id="pages"))
        assert len(wide.invoke("apple", {"configurable": {"pages": 3}})) == 3


def test_pickled_by_name_and_refused_around_an_open_corpus(home: Path, corpus: mmrag.Corpus) -> None:
    with MmragRetriever(index=home, k=2, filters=Filters(paths=("*.txt",))) as retriever:
        retriever.invoke("apple")
        again = pickle.loads(pickle.dumps(retriever))
        with again:
            assert (again.k, again.filters, again.index) == (2, retriever.filters, str(home))
            assert again.over is not retriever.over
            assert names(again.invoke("apple", k=1)) == ["harvest.txt"]
        twin = copy.deepcopy(retriever)
        assert twin.over is retriever.over
    with pytest.raises(UsageError, match="cannot be pickled") as refused:
        pickle.dumps(MmragRetriever(corpus=corpus))
    assert "index=" in refused.value.hint


beta = pytest.mark.filterwarnings("ignore:The function `loads?` is in beta")


@beta
@pytest.mark.parametrize("kind", [MmragRetriever, MmragAnswers, MmragSearchTool, MmragAskTool])
def test_every_part_can_be_pickled_and_serialised(kind: Any, home: Path) -> None:
    since = datetime(2020, 1, 1, tzinfo=timezone.utc)
    with kind(index=home, k=3, filters=Filters(kinds=("passage",), since=since)) as part:
        assert pickle.loads(pickle.dumps(part)).k == 3
        text = dumps(part)
        assert str(home) in text
        again = loads(text, allowed_objects=[kind], valid_namespaces=["mmrag"])
        assert type(again) is kind
        assert (again.k, again.filters, again.index) == (3, part.filters, part.index)


@beta
def test_serialised_without_what_is_open_and_without_a_password(
    home: Path, corpus: mmrag.Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dumpd(MmragRetriever(corpus=corpus))["type"] == "not_implemented"
    secret = "postgresql://user:hunter2@127.0.0.1/pages"
    part = MmragRetriever(index=home, settings={"catalog": secret, "ocr": "off"})
    assert "hunter2" not in dumps(part) + repr(part)
    again = load(dumpd(part), allowed_objects=[MmragRetriever], valid_namespaces=["mmrag"])
    assert again.settings == {"ocr": "off"}
    monkeypatch.setenv("MMRAG_CATALOG", secret)
    assert load(dumpd(part), allowed_objects=[MmragRetriever], valid_namespaces=["mmrag"]).over.config.catalog == secret


def test_index_and_corpus_must_be_the_same(home: Path, corpus: mmrag.Corpus) -> None:
    assert MmragRetriever(index=home, corpus=corpus).over is corpus
    with pytest.raises(UsageError, match="not that of"):
        MmragRetriever(index="other", corpus=corpus)
    with pytest.raises(UsageError, match="settings"):
        MmragRetriever(corpus=corpus, settings={"ocr": "off"})


def test_closing_leaves_a_given_corpus_open_and_one_made_here_closed(home: Path) -> None:
    with mmrag.Corpus(home) as corpus:
        with MmragRetriever(corpus=corpus) as retriever:
            retriever.invoke("apple")
        assert corpus._opened._catalog is not None
    with MmragRetriever(index=home) as retriever:
        retriever.invoke("apple")
    assert retriever.over._opened._catalog is None
    assert retriever.invoke("apple"), "what is used again is opened again"
    retriever.close()


def test_the_answer_is_that_of_the_command(corpus: mmrag.Corpus) -> None:
    answers = MmragAnswers(corpus=corpus)
    answer = answers.invoke(QUESTION)
    assert "September" in answer["text"]
    assert answer["claims"][0]["verdict"] == "supported"
    cited = answer["claims"][0]["citations"][0]
    assert Path(cited["path"]).name == "harvest.txt"
    assert (cited["page"], cited["label"]) == (1, "E1")
    assert "September" in cited["quote"]
    assert set(answer) == set(mmrag_json(answers.ask(QUESTION)))
    assert json.loads(json.dumps(answer)) == answer


def mmrag_json(answer: mmrag.Answer) -> dict[str, Any]:
    from mmrag.display import answer_json

    return answer_json(answer, 0.0)


def without_time(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "seconds"}


def test_what_the_files_do_not_state_is_refused(corpus: mmrag.Corpus) -> None:
    answer = MmragAnswers(corpus=corpus).invoke("What is the boiling point of tungsten?")
    assert answer["text"] is None
    assert answer["abstained"]
    assert answer["reason"]


def test_a_stream_gives_evidence_then_claims_then_the_rest_and_adds_up(corpus: mmrag.Corpus) -> None:
    answers = MmragAnswers(corpus=corpus)
    parts = list(answers.stream(QUESTION))
    assert set(parts[0]) == {"evidence"}
    assert set(parts[1]) == {"claims"}
    assert parts[1]["claims"][0]["verdict"] == "supported"
    assert "text" in parts[-1]
    assert all("text" not in part for part in parts[:-1])
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + part
    assert without_time(whole) == without_time(answers.invoke(QUESTION))

    async def streamed() -> list[dict[str, Any]]:
        return [part async for part in answers.astream(QUESTION)]

    assert [set(part) for part in asyncio.run(streamed())] == [set(part) for part in parts]


def test_a_mapping_with_options_and_what_is_no_question(corpus: mmrag.Corpus) -> None:
    answers = MmragAnswers(corpus=corpus)
    assert len(answers.invoke({"question": QUESTION, "k": 1, "history": []})["evidence"]) == 1
    assert len(answers.invoke(QUESTION, k=2)["evidence"]) == 2
    assert answers.invoke({"question": QUESTION, "max_risk": 0.0})["text"] is None
    for wrong in ({"query": "apple"}, 3, None, {"question": 3}):
        with pytest.raises(UsageError, match="no question"):
            answers.invoke(wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="colour"):
        answers.invoke(QUESTION, colour="red")
    with pytest.raises(UsageError, match="max_risk"):
        list(answers.stream({"question": QUESTION, "max_risk": 3}))


def test_answers_in_a_chain(corpus: mmrag.Corpus) -> None:
    chain = RunnablePassthrough.assign(answer=MmragAnswers(corpus=corpus)) | (lambda told: told["answer"]["text"])
    assert "September" in chain.invoke({"question": QUESTION})

    async def answered() -> list[str]:
        return await chain.abatch([{"question": QUESTION}, {"question": "예산은 얼마인가?"}])

    month, money = asyncio.run(answered())
    assert "September" in month
    assert "42억" in money


def test_a_chat_model_drafts_and_what_it_makes_up_is_struck(home: Path) -> None:
    said = "The harvest brought in 412 tons. [E1] The mayor of Mokpo danced for joy. [E1]"
    model = GenericFakeChatModel(messages=iter([AIMessage(said)] * 4))
    with MmragAnswers(index=home, chat_model=model) as answers:
        answer = answers.invoke(QUESTION)
    assert "412 tons" in answer["text"]
    assert "mayor" not in answer["text"]
    assert [claim["verdict"] for claim in answer["claims"]] == ["supported", "not_found"]
    assert answer["models"]["generator"] == "langchain:GenericFakeChatModel"


def test_a_stream_that_nobody_reads_on_stops_the_work() -> None:
    ended = threading.Event()

    def ask(tell: Callable[[mmrag.AnswerEvent], None]) -> mmrag.Answer:
        try:
            while True:
                tell(mmrag.AnswerEvent("searching"))
                time.sleep(0.001)
        finally:
            ended.set()

    stream = events(ask)
    assert next(stream) == mmrag.AnswerEvent("searching")
    assert not ended.is_set()
    stream.close()  # type: ignore[attr-defined]
    assert ended.wait(10)


def test_a_chat_model_as_vision_llm() -> None:
    model = vision_llm(GenericFakeChatModel(messages=iter([AIMessage("412 tons")])))
    assert model.complete("How many?").text == "412 tons"
    with pytest.raises(UsageError):
        vision_llm(object())


def test_the_search_tool_tells_a_model_and_a_program(corpus: mmrag.Corpus) -> None:
    tool = MmragSearchTool(corpus=corpus, k=2)
    message = tool.invoke(ToolCall(name=tool.name, args={"query": "apple harvest"}, id="1", type="tool_call"))
    assert message.content.startswith("[E1] ")
    assert "harvest.txt, page 1 of 1, passage\nThe apple harvest of 1998" in message.content
    assert [type(one) for one in message.artifact] == [Document, Document]
    assert set(tool.args) == {"query"}


def test_the_ask_tool_tells_verdicts_and_places(corpus: mmrag.Corpus) -> None:
    tool = MmragAskTool(corpus=corpus)
    message = asyncio.run(tool.ainvoke(ToolCall(name=tool.name, args={"question": QUESTION}, id="1", type="tool_call")))
    assert "September" in message.content
    assert "- supported: " in message.content
    assert "harvest.txt, page 1: " in message.content
    assert message.artifact["claims"]
    refusal = tool.invoke({"question": "What is the boiling point of tungsten?"})
    assert refusal.startswith("No answer: ")


def test_a_tool_says_what_went_wrong(corpus: mmrag.Corpus, tmp_path: Path) -> None:
    tool = MmragSearchTool(corpus=corpus)
    message = tool.invoke(ToolCall(name=tool.name, args={"query": "  "}, id="1", type="tool_call"))
    assert message.status == "error"
    assert "the question is empty" in message.content
    with pytest.raises(ToolException, match="mmrag index"):
        MmragAskTool(index=tmp_path / "none", handle_tool_error=False).invoke({"question": "Who?"})


def test_no_control_characters_reach_a_model(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "evil\x1b[31m\u202e.txt").write_text(
        "Quokkas live on \u202eRottnest Island. Quokkas were first seen in 1696.", "utf-8"
    )
    with mmrag.Corpus(tmp_path / "index", text="fake", pixels="none", ocr="off", workers=1) as corpus:
        corpus.index(documents)
        for tool in (MmragSearchTool(corpus=corpus), MmragAskTool(corpus=corpus)):
            key = next(iter(tool.args))
            content = tool.invoke({key: "When were quokkas first seen?"})
            assert "1696" in content
            assert not [sign for sign in content if sign in "\x1b\x07\u202e"]


def test_messages_of_an_agent_with_a_bound_tool(corpus: mmrag.Corpus) -> None:
    """What a model with tools asks for is answered by the tool as a message that can be sent back."""
    tool = MmragAskTool(corpus=corpus)
    asked = AIMessage("", tool_calls=[{"name": tool.name, "args": {"question": QUESTION}, "id": "7"}])
    history = [HumanMessage(QUESTION), asked, tool.invoke(asked.tool_calls[0])]
    assert history[-1].tool_call_id == "7"
    assert "September" in history[-1].content
    assert os.fspath(corpus.folder) not in history[-1].content


def test_the_examples_of_the_documentation_run(
    folder_of_docs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One after another, as one program; only the chat model is one of LangChain's fakes."""
    import langchain.chat_models

    said = "The budget for research rose by a tenth. [E1]"
    make = lambda _name: GenericFakeChatModel(messages=iter([AIMessage(said)] * 9))  # noqa: E731
    monkeypatch.setattr(langchain.chat_models, "init_chat_model", make)
    page = (Path(__file__).parent.parent / "docs" / "langchain.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 6
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block, names)
    shown = capsys.readouterr().out
    assert "minutes.txt 1 [" in shown
    assert shown.count("supported") >= 2
    assert "rose by a tenth" in shown
    for part in ("retriever", "answers", "checked"):
        names[part].close()
