"""Chat models of LangChain, given as objects or by name."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from mmrag import llms
from mmrag.errors import MissingExtra, ModelUnavailable, UsageError
from mmrag.llms.options import Options
from mmrag.protocols import VisionLLM
from mmrag.testing import VisionLLMContract

messages = pytest.importorskip("langchain_core.messages", reason="pip install 'mmrag[langchain]'")
models = pytest.importorskip("langchain_core.language_models")

SHORT = Options(max_tokens=50, seconds=5)


def says(*texts: str) -> VisionLLM:
    model = models.GenericFakeChatModel(messages=iter([messages.AIMessage(text) for text in texts]))
    return llms.from_langchain(model, options=SHORT)


class _Chat:
    """As little as a chat model can be: it streams what it is told."""

    def __init__(self, *chunks: Any) -> None:
        self.chunks = chunks
        self.asked: list[Any] = []

    def stream(self, asked: Any) -> Iterator[Any]:
        self.asked.append(asked)
        for one in self.chunks:
            if isinstance(one, BaseException):
                raise one
            yield one


def chunk(text: Any, **more: Any) -> Any:
    return messages.AIMessageChunk(content=text, **more)


class TestContract(VisionLLMContract):
    def make_llm(self) -> VisionLLM:
        return llms.from_langchain(_Chat(chunk("yes"), chunk(", it is.")), options=SHORT)


def test_a_real_fake_of_langchain() -> None:
    assert says("Sales were 2,230. [E1]").complete("How much?").text == "Sales were 2,230. [E1]"
    assert says("No, it is not.").complete("Is it?", choices=("yes", "no")).text == "no"


def test_text_pictures_and_usage() -> None:
    counted = {"input_tokens": 7, "output_tokens": 1, "total_tokens": 8}
    more = {"input_tokens": 0, "output_tokens": 2, "total_tokens": 2}
    chat = _Chat(
        chunk("a", usage_metadata=counted), chunk([{"type": "text", "text": "b"}]), chunk("", usage_metadata=more)
    )
    completion = llms.from_langchain(chat, options=SHORT).complete("What?", [Image.new("RGB", (70, 70))])
    assert (completion.text, completion.usage) == ("ab", (7, 3))
    (kind, parts) = chat.asked[0][0]
    assert kind == "human"
    assert [part["type"] for part in parts] == ["image_url", "text"]


def test_half_an_answer_is_cut_back() -> None:
    chat = _Chat(chunk("First. [E1]\nSecond is 2,2", response_metadata={"finish_reason": "length"}))
    assert llms.from_langchain(chat, options=SHORT).complete("?").text == "First. [E1]"


def test_probabilities_where_it_gives_them() -> None:
    tops = [{"token": "Yes", "logprob": math.log(0.6)}, {"token": "No", "logprob": math.log(0.2)}]
    entry = {"token": "Yes", "logprob": math.log(0.6), "top_logprobs": tops}
    chat = _Chat(chunk("Yes", response_metadata={"logprobs": {"content": [entry]}}))
    made = llms.from_langchain(chat, options=SHORT).complete("?", choices=("yes", "no"))
    assert made.choice_probabilities == pytest.approx({"yes": 0.75, "no": 0.25})


def test_loops_are_stopped() -> None:
    chat = _Chat(*[chunk("over and over ")] * 100_000)
    assert len(llms.from_langchain(chat, options=SHORT).complete("?").text) < 1000


def test_what_it_raises_is_named_without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "topsecretvalue")
    chat = _Chat(ValueError("bad key topsecretvalue"))
    with pytest.raises(ModelUnavailable, match="bad key") as raised:
        llms.from_langchain(chat, options=SHORT).complete("?")
    assert "topsecret" not in raised.value.message
    assert raised.value.__suppress_context__


def test_silence_ends_at_the_deadline() -> None:
    class Silent(_Chat):
        def stream(self, asked: Any) -> Iterator[Any]:
            time.sleep(3)
            yield chunk("late")

    began = time.monotonic()
    with pytest.raises(ModelUnavailable, match="within"):
        llms.from_langchain(Silent(), options=Options(seconds=0.2)).complete("?")
    assert time.monotonic() - began < 2


def test_what_is_no_chat_model_is_refused() -> None:
    with pytest.raises(UsageError):
        llms.from_langchain(object())


def test_a_provider_that_is_not_installed_is_named() -> None:
    pytest.importorskip("langchain.chat_models", reason="pip install 'mmrag[langchain]'")
    with pytest.raises(MissingExtra) as raised:
        llms.load("langchain:cohere:command-r")
    assert "pip install" in raised.value.hint
    assert "langchain-cohere" in raised.value.hint
    with pytest.raises(ModelUnavailable, match="cannot be made"):
        llms.load("langchain:nobody:nothing")
