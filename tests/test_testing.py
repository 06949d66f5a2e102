"""The public fakes keep the contracts that they stand in for, and are found where the docs say."""

from __future__ import annotations

import pytest

import mmrag.testing
from mmrag.testing import FakeLLM, VisionLLMContract


class TestFakeLLM(VisionLLMContract):
    def make_llm(self) -> FakeLLM:
        return FakeLLM(probabilities={"yes": 0.7, "no": 0.2})


def test_every_name_is_there() -> None:
    for name in mmrag.testing.__all__:
        assert getattr(mmrag.testing, name).__name__ == name
    with pytest.raises(AttributeError):
        mmrag.testing.FakeFax  # noqa: B018


def test_it_says_what_it_is_told_and_remembers_what_it_was_asked() -> None:
    llm = FakeLLM(["one"])
    llm.enqueue("two", "maybe")
    assert [llm.complete("first").text, llm.complete("second").text] == ["one", "two"]
    assert llm.prompts == ["first", "second"]
    with pytest.raises(ValueError, match="maybe"):
        llm.complete("third", choices=("yes", "no"))
    assert llm.complete("fourth", choices=("no", "yes")).choice_probabilities is None
