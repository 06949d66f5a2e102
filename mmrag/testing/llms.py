"""`FakeLLM`, which says what it is told and remembers what it was asked; `VisionLLMContract` for real backends."""

# ruff: noqa: S101  (these are tests)
from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence

import pytest
from PIL import Image

from mmrag.protocols import Completion, VisionLLM

__all__ = ["FakeLLM", "VisionLLMContract"]


class FakeLLM:
    """A `VisionLLM` without a model: answers come from a queue, and `prompts` and `images` keep what was asked.

    `probabilities` are what it says of choices, by choice; None for a backend that cannot say. With an empty queue it
    answers "" or, when there are choices, the likeliest of them, else the first.
    """

    def __init__(self, answers: Sequence[str] = (), probabilities: Mapping[str, float] | None = None) -> None:
        self.name = "fake"
        self.prompts: list[str] = []
        self.images: list[tuple[Image.Image, ...]] = []
        self._answers = deque(answers)
        self._probabilities = probabilities

    def enqueue(self, *answers: str) -> None:
        """Say these next, one a call."""
        self._answers.extend(answers)

    def complete(self, prompt: str, images: Sequence[Image.Image] = (), *, choices: Sequence[str] = ()) -> Completion:
        """The next answer; raises ValueError for one that is not among `choices`, as no backend may give it."""
        self.prompts.append(prompt)
        self.images.append(tuple(images))
        known = self._probabilities
        likeliest = max(choices, key=lambda choice: (known or {}).get(choice, 0.0)) if choices else ""
        text = self._answers.popleft() if self._answers else likeliest
        if choices and text not in choices:
            raise ValueError(f"{text!r} is not one of {list(choices)}")
        said = {choice: known.get(choice, 0.0) for choice in choices} if choices and known is not None else None
        return Completion(text, said, (len(prompt.split()), len(text.split())))


class VisionLLMContract(ABC):
    """What generation and verification rely on. Inherit it in a class whose name begins with Test."""

    @abstractmethod
    def make_llm(self) -> VisionLLM:
        """A backend that is ready to be asked; a tiny one with random weights will do."""

    def test_it_has_a_name(self) -> None:
        """Answers say which model wrote them."""
        assert self.make_llm().name

    @pytest.mark.parametrize("prompt", ["Say yes.", "예라고 답하세요.", "", "a" * 2000, "\x00\x1b[31m"], ids=len)
    def test_any_prompt_is_answered_with_text(self, prompt: str) -> None:
        """Noise is allowed, failing is not."""
        completion = self.make_llm().complete(prompt)
        assert isinstance(completion.text, str)
        assert completion.usage is None or all(count >= 0 for count in completion.usage)

    def test_pictures_of_any_mode_and_size(self) -> None:
        """Crops come in RGB, a caller's own pictures may not."""
        pictures = [Image.new("RGB", (40, 30)), Image.new("L", (7, 90), 128), Image.new("RGBA", (64, 64))]
        assert isinstance(self.make_llm().complete("What is shown?", pictures).text, str)

    def test_choices_may_be_any_words(self) -> None:
        """Several, of several words, one the beginning of another, in any language."""
        for choices in (("no", "not found", "supported by the page"), ("예", "아니요"), ("A",)):
            completion = self.make_llm().complete("Which one?", choices=choices)
            assert completion.text in choices
            assert completion.choice_probabilities is None or set(completion.choice_probabilities) == set(choices)

    def test_a_choice_is_one_of_those_offered(self) -> None:
        """Probabilities, where the backend has them, are of the choices and add up to at most one."""
        completion = self.make_llm().complete("Is it red?", choices=("yes", "no"))
        assert completion.text in ("yes", "no")
        if completion.choice_probabilities is not None:
            assert set(completion.choice_probabilities) == {"yes", "no"}
            values = completion.choice_probabilities.values()
            assert all(0.0 <= value <= 1.0 for value in values)
            assert math.fsum(values) <= 1.0 + 1e-6
