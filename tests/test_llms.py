"""Language models by name, and what all backends share: bounds, loops, thinking, choices, pictures, secrets."""

from __future__ import annotations

import base64
import io
import itertools
import math
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mmrag import llms
from mmrag.errors import ModelUnavailable, UsageError
from mmrag.llms.choosing import ask, chosen, decided, undecided
from mmrag.llms.listening import Guard, is_looping, pumped, whole, without_thinking
from mmrag.llms.options import Deadline, Options
from mmrag.llms.pictures import data_url, prepared
from mmrag.llms.secrets import key, scrubbed
from mmrag.llms.weighing import weigh


def test_none_is_no_model() -> None:
    assert llms.load("none") is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "gpt-4o",
        "hf:",
        "openai:gpt-4o",
        "openai:@http://x",
        "openai:m@ftp://x/v1",
        "langchain:openai",
        "none:1",
        "x:y",
    ],
)
def test_a_name_of_another_form_says_which_forms_there_are(name: str) -> None:
    with pytest.raises(UsageError) as raised:
        llms.load(name)
    assert "openai:MODEL@" in raised.value.hint


def test_a_local_model_that_is_not_there_is_named_at_once() -> None:
    began = time.monotonic()
    for name in ("hf:nobody/nothing", "hf:/no/such/folder"):
        with pytest.raises(ModelUnavailable, match="not on disk"):
            llms.load(name)
    assert time.monotonic() - began < 60  # most of it is the first import of the library


@pytest.mark.parametrize("there", [(), ("config.json",), ("config.json", "pytorch_model.bin")])
def test_a_folder_without_safetensors_is_no_model(tmp_path: Path, there: tuple[str, ...]) -> None:
    for file in there:
        (tmp_path / file).write_text("{}")
    with pytest.raises(ModelUnavailable, match=r"config\.json|safetensors"):
        llms.load(f"hf:{tmp_path}")


def test_credentials_in_a_url_are_refused_and_not_repeated() -> None:
    for name in ("openai:m@http://me:hunter2@host/v1", "openei:m@http://me:hunter2@host/v1"):
        with pytest.raises(UsageError) as raised:
            llms.load(name)
        assert "hunter2" not in raised.value.message + raised.value.hint


def test_a_key_never_leaves_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-abcdefgh")
    with pytest.raises(UsageError, match="in the clear") as raised:
        llms.load("openai:m@http://llm.example.org/v1")
    assert "sk-abcdefgh" not in str(raised.value)
    for near in ("http://localhost:8000", "http://192.168.1.7/v1", "http://[::1]:80/v1", "https://llm.example.org"):
        assert llms.load(f"openai:m@{near}") is not None
    monkeypatch.setenv("MMRAG_LLM_KEY", "")
    assert key() == ""
    assert llms.load("openai:m@http://llm.example.org/v1") is not None
    monkeypatch.setenv("MMRAG_LLM_KEY", "a key\nX-Evil: 1")
    with pytest.raises(UsageError) as raised:
        key()
    assert "Evil" not in str(raised.value)


def test_messages_are_scrubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "verysecretvalue")
    said = scrubbed("bad key verysecretvalue or sk-proj-12345678,\x1b[31m Bearer abc.def " + "x" * 900)
    assert "verysecret" not in said
    assert "12345678" not in said
    assert "abc.def" not in said
    assert "\x1b" not in said
    assert len(said) <= 300


# ---- listening -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["a", "no ", "The total is 12. ", "매출은 증가하였다. ", "x" * 90 + "\n"])
def test_a_loop_is_heard(unit: str) -> None:
    assert is_looping("An honest start. " + unit * math.ceil(600 / len(unit)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0 0 0 0 0 0",
        "Total: 1\n" + "\n".join(f"Row {number}: {number * 7}" for number in range(90)),
        "| --- | --- | --- | --- |\n| 1 | 2 | 3 | 4 |",
        "예, 예, 예. 매출은 늘었다.",
    ],
)
def test_repetition_in_moderation_is_no_loop(text: str) -> None:
    assert not is_looping(text)


def test_the_guard_stops_loops_and_endless_talk() -> None:
    looping, talking = Guard(100_000), Guard(100)
    assert any(looping.add("same again. ") for _ in range(200))
    assert looping.stopped == "loop"
    assert any(talking.add(f"{number} ") for number in range(10_000))
    assert talking.stopped == "long"
    assert len(talking.text) < 2000


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("First claim [E1]\nSecond claim is 2,2", "First claim [E1]"),
        ("Sales were 2,230. [E1] Costs were 1,1", "Sales were 2,230. [E1]"),
        ("Sales were 2,2", "Sales were"),
        ("매출은 12%였다. [E1] 이익은", "매출은 12%였다. [E1]"),
        ("Growth was 3.5", "Growth was"),
        ("2,2", ""),
        ("", ""),
    ],
)
def test_what_was_cut_off_keeps_no_half(text: str, kept: str) -> None:
    assert whole(text) == kept


def test_thinking_aloud_is_left_out() -> None:
    assert without_thinking("<think>maybe 7?</think>It is 8. [E1]") == "It is 8. [E1]"
    assert without_thinking("maybe 7?\n</think>\nIt is 8.") == "\nIt is 8."
    assert without_thinking("It is 8. <think>or is it") == "It is 8. "
    assert without_thinking("plain") == "plain"


def test_a_pump_yields_raises_and_ends() -> None:
    deadline = Deadline(Options(seconds=20))
    assert list(pumped(lambda: iter([1, 2, 3]), deadline, "it")) == [1, 2, 3]

    def fails() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(pumped(fails, deadline, "it"))
    aborted = threading.Event()
    endless = pumped(itertools.count, deadline, "it", aborted.set)
    assert next(endless) == 0
    endless.close()  # type: ignore[attr-defined]
    assert aborted.is_set()


def test_a_pump_outlasts_no_deadline_and_no_cancel() -> None:
    blocked = threading.Event()

    def hangs() -> Iterator[int]:
        blocked.wait(30)
        yield 1

    began = time.monotonic()
    with pytest.raises(ModelUnavailable, match="within"):
        list(pumped(hangs, Deadline(Options(seconds=0.2)), "it"))
    cancel = threading.Event()
    threading.Timer(0.2, cancel.set).start()
    with pytest.raises(ModelUnavailable, match="called off"):
        list(pumped(hangs, Deadline(Options(seconds=30, cancel=cancel)), "it"))
    assert time.monotonic() - began < 5
    blocked.set()


# ---- choices ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "choices", "choice"),
    [
        ("Yes.", ("yes", "no"), "yes"),
        ("**No**, it is not", ("yes", "no"), "no"),
        ("<think>yes? yes.</think> no", ("yes", "no"), "no"),
        ("The answer is: no", ("yes", "no"), "no"),
        ('"not_found"', ("supported", "not found", "no"), "not found"),
        ("NOT FOUND", ("no", "not found"), "not found"),
        ("예, 맞습니다", ("예", "아니요"), "예"),
        ("아니요", ("예", "아니요"), "아니요"),
    ],
)
def test_a_choice_is_read_from_what_was_said(said: str, choices: tuple[str, ...], choice: str) -> None:
    assert chosen(said, choices).text == choice


@pytest.mark.parametrize("said", ["", "noise", "Nothing of that kind", "yes or no, who knows", "<think>yes"])
def test_no_choice_is_no_answer(said: str) -> None:
    made = chosen(said, ("maybe", "no")) if "yes" not in said else chosen(said, ("no", "yes", "unknown"))
    if made.choice_probabilities is not None:
        assert len(set(made.choice_probabilities.values())) == 1


def test_undecided_is_the_last_and_even() -> None:
    made = undecided(("yes", "no"))
    assert made.text == "no"
    assert made.choice_probabilities == {"yes": 0.5, "no": 0.5}


def test_log_probabilities_of_a_server_are_shared_among_the_choices() -> None:
    tokens = [
        ("<think>", {}),
        ("x", {"yes": -0.1}),
        ("</think>", {}),
        ("\n", {"\n": 0.0}),
        ("Yes", {"Yes": math.log(0.5), " yes": math.log(0.1), "No": math.log(0.2), "Maybe": math.log(0.2)}),
        (".", {".": 0.0}),
    ]
    made = chosen("<think>x</think>\nYes.", ("yes", "no"), tokens)
    assert made.text == "yes"
    assert made.choice_probabilities == pytest.approx({"yes": 0.75, "no": 0.25})
    unsure = [("Well", {"Well": math.log(0.9), "Yes": math.log(0.1)})]
    assert chosen("Well, yes", ("yes", "no"), unsure).choice_probabilities is None
    ambiguous = [("no", {"no": math.log(0.9)})]  # begins both
    assert chosen("not found", ("no", "not found"), ambiguous).choice_probabilities is None


def test_the_request_for_a_choice_is_in_the_prompts_language() -> None:
    assert "exactly one" in ask("Is it red?", ("yes", "no"))
    assert "하나로만" in ask("빨간색입니까?", ("예", "아니요"))
    assert not decided("<think>" + "x" * 500, ("yes", "no"))
    assert decided("yes" + " because" * 9, ("yes", "no"))


class _Bigrams:
    """A language model of three tokens and an end, in which what follows depends on the token before."""

    NEXT: ClassVar[dict[int | None, tuple[float, ...]]] = {
        None: (0.5, 0.3, 0.1, 0.1),
        0: (0.1, 0.2, 0.3, 0.4),
        1: (0.6, 0.1, 0.1, 0.2),
        2: (0.25, 0.25, 0.25, 0.25),
    }

    def log_probabilities(self, forced: tuple[int, ...]) -> list[list[float]]:
        before = [None, *forced][: max(1, len(forced))]
        return [[math.log(value) for value in self.NEXT[token]] for token in before]


def test_choices_are_weighed_by_all_their_tokens() -> None:
    spelt = {"a": [0], "A": [0], "bc": [1, 2], "Bc": [1, 2]}
    found = weigh(("a", "bc"), spelt.__getitem__, _Bigrams().log_probabilities, None)
    assert found == pytest.approx({"a": 0.5 / 0.53, "bc": 0.03 / 0.53})


def test_a_choice_that_begins_another_counts_with_its_end() -> None:
    spelt = {"a": [0], "A": [0], "ab": [0, 1], "Ab": [0, 1]}
    found = weigh(("a", "ab"), spelt.__getitem__, _Bigrams().log_probabilities, 3)
    alone, longer = 0.5 * 0.4, 0.5 * 0.2 * 0.2
    assert found == pytest.approx({"a": alone / (alone + longer), "ab": longer / (alone + longer)})


def test_both_spellings_of_a_choice_count() -> None:
    spelt = {"a": [0], "A": [2], "b": [1], "B": [1]}
    found = weigh(("a", "b"), spelt.__getitem__, _Bigrams().log_probabilities, None)
    assert found == pytest.approx({"a": 0.6 / 0.9, "b": 0.3 / 0.9})


# ---- pictures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "HSV", "I", "F", "I;16"])
@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 3), (640, 480)], ids=str)
def test_any_picture_becomes_one_that_models_take(mode: str, size: tuple[int, int]) -> None:
    ready = prepared(Image.new(mode, size), 512)
    assert ready.mode == "RGB"
    assert max(ready.size) <= 512
    assert min(ready.size) * 12 >= max(ready.size)
    assert min(ready.size) >= 42


def test_transparent_is_white() -> None:
    assert prepared(Image.new("RGBA", (80, 80), (0, 0, 0, 0)), 100).getpixel((5, 5)) == (255, 255, 255)


def test_data_urls_are_bounded_and_readable() -> None:
    noise = Image.effect_noise((2400, 2400), 120).convert("RGB")
    for picture, kind in ((Image.new("RGB", (300, 200), "red"), "png"), (noise, "jpeg")):
        url = data_url(picture)
        assert url.startswith(f"data:image/{kind};base64,")
        assert len(url) < 4_200_000
        with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as read:
            assert read.size[0] >= picture.size[0] // 2


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_nothing_that_is_said_breaks_the_listener(text: str) -> None:
    assert isinstance(without_thinking(text), str)
    assert len(whole(text)) <= len(text)
    is_looping(text)
    assert chosen(text, ("yes", "no")).text in ("yes", "no")
