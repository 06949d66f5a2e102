"""An OpenAI-compatible server in every mood: what is sent to it, and what is made of whatever comes back."""

from __future__ import annotations

import json
import math
import socket
import threading
import time
from typing import Any

import pytest
from PIL import Image
from scripted_server import Step, chunk, drips, endless, hangs, hangs_after, raw, resets, says, scripted, streams

from mmrag import llms
from mmrag.errors import MmragError, ModelUnavailable
from mmrag.llms.openai_server import OpenAIServer
from mmrag.llms.options import Options, PromptTooLong
from mmrag.testing import VisionLLMContract

QUICK = Options(max_tokens=200, seconds=10, connect_seconds=2, tries=3, pause=0.01)


def ask(url: str, options: Options = QUICK, **how: Any) -> Any:
    return OpenAIServer("tiny", url, options).complete("How much?", **how)


def fails(step: Step, options: Options = QUICK, kind: type[MmragError] = ModelUnavailable) -> MmragError:
    with scripted(step) as script, pytest.raises(kind) as raised:
        ask(script.url, options)
    assert raised.value.hint or "called off" in raised.value.message
    return raised.value


class TestContract(VisionLLMContract):
    @pytest.fixture(autouse=True)
    def _server(self) -> Any:
        with scripted(streams("no", ", that is it.")) as script:
            self.url = script.url
            yield

    def make_llm(self) -> OpenAIServer:
        return OpenAIServer("tiny", self.url, QUICK)


def test_a_question_and_its_answer() -> None:
    with scripted(streams("Sales were ", "2,230. ", "[E1]")) as script:
        llm = llms.load(f"openai:org/tiny@{script.url}", options=QUICK)
        assert llm is not None
        completion = llm.complete("How much?")
    assert llm.name == f"openai:org/tiny@{script.url}"
    assert completion.text == "Sales were 2,230. [E1]"
    assert completion.usage == (7, 3)
    assert completion.choice_probabilities is None
    asked = script.asked[0]
    assert script.paths == ["/v1/chat/completions"]
    assert asked["model"] == "org/tiny"
    assert asked["messages"] == [{"role": "user", "content": "How much?"}]
    assert asked["max_tokens"] == 200
    assert asked["stream"] is True
    assert "logprobs" not in asked


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
def test_the_base_url_may_end_in_many_ways(ending: str) -> None:
    with scripted(streams("ok")) as script:
        ask(script.url.removesuffix("/v1") + ending)
        ask(script.url + "?api-version=2024-10-21")
    assert script.paths == ["/v1/chat/completions", "/v1/chat/completions?api-version=2024-10-21"]


def test_pictures_go_as_data_urls_before_the_text() -> None:
    with scripted(streams("red")) as script:
        ask(script.url, images=[Image.new("RGB", (3000, 300), "red"), Image.new("L", (9, 9))])
    *pictures, text = script.asked[0]["messages"][0]["content"]
    assert text == {"type": "text", "text": "How much?"}
    assert len(pictures) == 2
    assert all(part["image_url"]["url"].startswith("data:image/png;base64,") for part in pictures)


def test_no_more_pictures_than_allowed() -> None:
    with scripted(streams("red")) as script:
        ask(script.url, Options(max_images=2), images=[Image.new("RGB", (60, 60))] * 5)
    assert len(script.asked[0]["messages"][0]["content"]) == 3


def test_the_key_comes_from_the_environment_and_goes_to_this_server_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(streams("ok")) as script:
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        ask(script.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-first-key")
        ask(script.url)
        monkeypatch.setenv("MMRAG_LLM_KEY", "second-key")
        ask(script.url)
    sent = [headers.get("Authorization") for headers in script.headers]
    assert sent == [None, "Bearer sk-first-key", "Bearer second-key"]


def test_a_key_in_an_error_is_struck_out(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "topsecretvalue")
    caplog.set_level("DEBUG")
    error = fails(says({"error": {"message": "Incorrect API key provided: topsecretvalue"}}, status=401))
    assert "topsecretvalue" not in error.message + error.hint + caplog.text + repr(error.__cause__)
    assert "OPENAI_API_KEY" in error.hint


def test_proxies_are_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with scripted(streams("ok")) as script:
        assert ask(script.url).text == "ok"


# ---- what comes back -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (says({"choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}]}), "whole"),
        (says({"choices": [{"message": {"content": [{"type": "text", "text": "parts"}]}}]}), "parts"),
        (says({"choices": [{"message": {"content": None, "reasoning_content": "hm"}}]}), ""),
        (streams("<think>2 or 3", "?</think>", "3."), "3."),
        (streams("매출은 ", "12%다. ", "[E1]"), "매출은 12%다. [E1]"),
        (streams(), ""),
        (raw(chunk("no done", "stop"), kind="text/event-stream"), "no done"),
        (raw(chunk("a\r\nb", "stop").replace(b"\n", b"\r\n"), kind="text/event-stream; charset=utf-8"), "a\r\nb"),
        (streams("First [E1]\n", "Second is 2,2", finish="length"), "First [E1]"),
    ],
    ids=range(9),
)
def test_answers_in_many_forms(step: Step, text: str) -> None:
    with scripted(step) as script:
        assert ask(script.url).text == text


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (raw(b"<html><body>Welcome to nginx!</body></html>", kind="text/html"), "does not answer as"),
        (raw(b"not json at all"), "no JSON"),
        (raw(b""), "empty answer"),
        (raw(b"[1, 2]"), "another kind"),
        (says({"ok": True}), "no choices"),
        (says({"choices": []}), "without choices"),
        (raw(b"data: {broken\n\n", kind="text/event-stream"), "no JSON"),
        (raw(b"data: [DONE]\n\n", kind="text/event-stream"), "without choices"),
        (raw(b"", kind="text/event-stream"), "without choices"),
        (raw(chunk("half an ans"), kind="text/event-stream"), "broke off"),
        (raw(b'data: {"error": {"message": "CUDA out of memory"}}\n\n', kind="text/event-stream"), "CUDA out of"),
        (raw(b"\xff\xfe" * 3_000_000), "no JSON|without an end"),
        (raw(b"data: " + b"x" * 3_000_000, kind="text/event-stream"), "without an end"),
        (raw(b"[" * 100_000), "no JSON"),
    ],
    ids=range(14),
)
def test_rubbish_is_named(step: Step, message: str) -> None:
    with scripted(step) as script, pytest.raises(ModelUnavailable, match=message) as raised:
        ask(script.url)
    assert len(raised.value.message) < 500
    assert raised.value.hint


@pytest.mark.parametrize(
    ("status", "hint"), [(401, "OPENAI_API_KEY"), (403, "OPENAI_API_KEY"), (404, "base URL"), (405, "base URL")]
)
def test_refusals_say_what_to_do_and_are_not_repeated(status: int, hint: str) -> None:
    answer = says({"error": {"message": "model 'tiny' not found"}}, status=status)
    with scripted(answer) as script, pytest.raises(ModelUnavailable, match=f"{status}: model 'tiny'") as raised:
        ask(script.url)
    assert hint in raised.value.hint
    assert len(script.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    with scripted(streams("stolen")) as other:
        away = raw(b"", status=status, Location=other.url + "/chat/completions")
        with scripted(away) as script, pytest.raises(ModelUnavailable, match="redirects"):
            ask(script.url)
        assert other.asked == []


@pytest.mark.parametrize(
    "first", [says({"detail": "busy"}, status=429), raw(b"<html>", status=500), raw(b"", status=503), resets]
)
def test_what_passes_is_waited_for(first: Step) -> None:
    with scripted(first, first, streams("at last")) as script:
        assert ask(script.url).text == "at last"
    assert len(script.asked) == 3


def test_a_stream_that_breaks_off_is_asked_for_again() -> None:
    with scripted(raw(chunk("half"), kind="text/event-stream"), streams("whole")) as script:
        assert ask(script.url).text == "whole"


def test_what_does_not_pass_is_given_up() -> None:
    with scripted(says({"error": "overloaded"}, status=503)) as script, pytest.raises(ModelUnavailable, match="503"):
        ask(script.url)
    assert len(script.asked) == 3
    assert "failed" in fails(resets).message


def test_a_server_may_ask_for_patience() -> None:
    with scripted(says({}, status=429, Retry_After="0.3"), streams("ok")) as script:
        began = time.monotonic()
        assert ask(script.url).text == "ok"
        assert 0.3 <= time.monotonic() - began < 5
    began = time.monotonic()
    fails(says({}, status=429, Retry_After="3600"), Options(seconds=1, pause=0.01))
    assert time.monotonic() - began < 5


def test_no_server_is_said_at_once() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(ModelUnavailable, match="no server answers") as raised:
        ask(f"http://127.0.0.1:{port}/v1")
    assert time.monotonic() - began < 2
    assert "Start it" in raised.value.hint


@pytest.mark.parametrize("step", [hangs, drips])
def test_silence_ends_at_the_deadline(step: Step) -> None:
    began = time.monotonic()
    assert "within" in fails(step, Options(seconds=0.5)).message
    assert time.monotonic() - began < 5


def test_whole_lines_said_before_the_deadline_count() -> None:
    with scripted(hangs_after("Sales were 2,230. [E1]\nCosts were 1,")) as script:
        assert ask(script.url, Options(seconds=0.5)).text == "Sales were 2,230. [E1]"


def test_a_call_can_be_called_off() -> None:
    cancel = threading.Event()
    threading.Timer(0.2, cancel.set).start()
    began = time.monotonic()
    assert "called off" in fails(hangs, Options(seconds=30, cancel=cancel)).message
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("pieces", [["again and "], ["number # "], ["a"], ["\n"]])
def test_a_model_that_does_not_stop_is_stopped(pieces: list[str]) -> None:
    with scripted(endless(pieces)) as script:
        began = time.monotonic()
        completion = ask(script.url, Options(max_tokens=100, seconds=20))
        assert time.monotonic() - began < 10
    assert len(completion.text) < 3000


# ---- servers that take less ------------------------------------------------------------------------------------------


def refuses(*names: str, status: int = 400) -> Step:
    def step(handler: Any) -> None:
        for name in names:
            if name in handler.script.asked[-1]:
                says({"error": {"message": f"Unrecognized request argument supplied: {name}"}}, status=status)(handler)
                return
        streams("yes")(handler)

    return step


def test_what_a_server_does_not_take_is_left_out_for_good() -> None:
    with scripted(refuses("stream_options", "temperature", "logprobs", status=422)) as script:
        llm = OpenAIServer("tiny", script.url, QUICK)
        assert llm.complete("?", choices=("yes", "no")).text == "yes"
        before = len(script.asked)
        assert llm.complete("?", choices=("yes", "no")).text == "yes"
        assert len(script.asked) == before + 1
    assert set(script.asked[-1]) == {"model", "messages", "stream", "max_tokens"}


def test_max_tokens_may_have_another_name() -> None:
    message = (
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    )

    def step(handler: Any) -> None:
        is_old = "max_tokens" in handler.script.asked[-1]
        (says({"error": {"message": message}}, status=400) if is_old else streams("ok"))(handler)

    with scripted(step) as script:
        assert ask(script.url).text == "ok"
    assert script.asked[-1]["max_completion_tokens"] == 200


def test_a_model_without_eyes_answers_from_text_and_never_by_a_picture() -> None:
    def step(handler: Any) -> None:
        has_picture = isinstance(handler.script.asked[-1]["messages"][0]["content"], list)
        (says({"error": "image input is not supported"}, status=400) if has_picture else streams("ok"))(handler)

    picture = Image.new("RGB", (60, 60))
    with scripted(step) as script:
        llm = OpenAIServer("tiny", script.url, QUICK)
        assert llm.complete("?", [picture]).text == "ok"
        assert not llm.sees_images
        made = llm.complete("Is it red?", [picture], choices=("yes", "no"))
    assert made.choice_probabilities == {"yes": 0.5, "no": 0.5}


def test_a_prompt_that_is_too_long_is_told_apart() -> None:
    message = "This model's maximum context length is 4096 tokens. However, you requested 9000 tokens."
    error = fails(says({"error": {"message": message}}, status=400), kind=PromptTooLong)
    assert "-k" in error.hint


# ---- choices ---------------------------------------------------------------------------------------------------------


def test_probabilities_where_the_server_gives_them() -> None:
    tops = [{"token": "Yes", "logprob": math.log(0.6)}, {"token": "no", "logprob": math.log(0.2)}]
    entry = {"token": "Yes", "logprob": math.log(0.6), "top_logprobs": tops}
    body = chunk("Yes", "stop", logprobs={"content": [entry]}) + b"data: [DONE]\n\n"
    with scripted(raw(body, kind="text/event-stream")) as script:
        made = ask(script.url, choices=("yes", "no"))
    assert made.text == "yes"
    assert made.choice_probabilities == pytest.approx({"yes": 0.75, "no": 0.25})
    assert script.asked[0]["logprobs"] is True
    assert "exactly one" in script.asked[0]["messages"][0]["content"]


@pytest.mark.parametrize("broken", [None, 5, {"content": None}, {"content": [1, {"token": 3}, {"token": "x"}]}])
def test_odd_probabilities_are_none(broken: Any) -> None:
    body = chunk("Yes", "stop", logprobs=broken) + b"data: [DONE]\n\n"
    with scripted(raw(body, kind="text/event-stream")) as script:
        made = ask(script.url, choices=("yes", "no"))
    assert made.text == "yes"
    assert made.choice_probabilities is None


def test_listening_stops_when_the_choice_is_known() -> None:
    with scripted(endless(["No, since # is not it. "])) as script:
        began = time.monotonic()
        assert ask(script.url, Options(max_tokens=100_000, seconds=20), choices=("yes", "no")).text == "no"
        assert time.monotonic() - began < 5


def test_lone_surrogates_can_be_asked() -> None:
    with scripted(streams("ok")) as script:
        assert OpenAIServer("tiny", script.url, QUICK).complete("odd \udce9 name").text == "ok"
    json.dumps(script.asked[0])
