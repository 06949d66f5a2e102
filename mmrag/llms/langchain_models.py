"""Any LangChain chat model: by provider and name, or an object that the caller made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mmrag.errors import MissingExtra, MmragError, ModelUnavailable, UsageError
from mmrag.llms.choosing import ask, chosen, decided
from mmrag.llms.listening import Guard, pumped, whole, without_thinking
from mmrag.llms.options import Deadline, Options
from mmrag.llms.pictures import data_url, prepared_all
from mmrag.llms.secrets import scrubbed
from mmrag.protocols import Completion

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["LangChainModel", "chat_model"]

_REASONS = ("finish_reason", "done_reason", "stop_reason")
_CUT = ("length", "max_tokens", "MAX_TOKENS")


class LangChainModel:
    """A `VisionLLM` around a chat model of LangChain (anything with `stream(messages)`).

    Settings such as temperature are the chat model's own. Time-outs and retries are too, but a call is given up at the
    deadline of `options` in any case.
    """

    def __init__(self, model: Any, name: str = "", options: Options | None = None) -> None:
        if not callable(getattr(model, "stream", None)):
            raise UsageError("that is no chat model of LangChain", "Give an object with a method `stream(messages)`.")
        self._model = model
        self._options = options or Options()
        self.name = name or f"langchain:{type(model).__name__}"

    def complete(self, prompt: str, images: Sequence[Image] = (), *, choices: Sequence[str] = ()) -> Completion:
        """One answer. Raises `ModelUnavailable` for whatever the chat model raises."""
        message = self._message(ask(prompt, choices) if choices else prompt, images)
        deadline, guard = Deadline(self._options), Guard(self._options.max_tokens)
        text, usage, stopped = "", None, False
        tokens: list[Any] = []
        pieces = pumped(lambda: iter(self._model.stream([message])), deadline, self.name)
        try:
            for chunk in pieces:
                piece = _text(getattr(chunk, "content", ""))
                text += piece
                usage = _usage(getattr(chunk, "usage_metadata", None), usage)
                about = getattr(chunk, "response_metadata", None) or {}
                tokens += _tokens(about)
                stopped = stopped or any(about.get(name) in _CUT for name in _REASONS)
                if guard.add(piece) or (choices and decided(text, choices)):
                    break
            stopped = stopped or bool(guard.stopped)
        except MmragError:
            if not text.strip() or deadline.left() > 0:
                raise
            stopped = True  # out of time: what was said so far counts
        except Exception as error:  # every provider's package raises kinds of its own
            raise ModelUnavailable(
                f"{self.name} cannot be asked: {scrubbed(str(error) or type(error).__name__)}",
                "Check the provider's key in the environment, the model's name and the connection.",
            ) from None  # the error's own text can hold the key
        finally:
            pieces.close()  # type: ignore[attr-defined]
        if choices:
            made = chosen(text, choices, tokens)
            return Completion(made.text, made.choice_probabilities, usage)
        return Completion(without_thinking(whole(text) if stopped else text).strip(), None, usage)

    def _message(self, prompt: str, images: Sequence[Image]) -> Any:
        prompt = prompt.encode("utf-8", "replace").decode("utf-8")
        pictures = prepared_all(images, self._options.long_side, self._options.max_images)
        if not pictures:
            return ("human", prompt)
        parts: list[Any] = [{"type": "image_url", "image_url": {"url": data_url(picture)}} for picture in pictures]
        return ("human", [*parts, {"type": "text", "text": prompt}])


def chat_model(argument: str, options: Options | None = None) -> LangChainModel:
    """The chat model of PROVIDER:MODEL, as `langchain.chat_models.init_chat_model` makes it.

    Raises `MissingExtra` with the pip command where LangChain's or the provider's package is not installed.
    """
    provider, _, model = argument.partition(":")
    if not provider or not model:
        raise UsageError("a LangChain model is named by provider and model", "For example langchain:openai:gpt-4o")
    command = f"pip install 'mmrag[langchain]' langchain-{provider.replace('_', '-')}"
    options = options or Options()
    try:
        made = import_module("langchain.chat_models").init_chat_model(
            model, model_provider=provider, temperature=0, max_tokens=options.max_tokens
        )
    except ImportError as error:
        raise MissingExtra(f"a package for LangChain's {provider} is not installed", command) from error
    except Exception as error:  # the packages of providers raise kinds of their own
        raise ModelUnavailable(
            f"langchain:{argument} cannot be made: {scrubbed(str(error) or type(error).__name__)}",
            "Check the provider's name, and its key in the environment.",
        ) from None  # the error's own text can hold the key
    return LangChainModel(made, f"langchain:{argument}", options)


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts: Iterator[Any] = iter(content) if isinstance(content, list) else iter(())
    found = [part if isinstance(part, str) else part.get("text") for part in parts if isinstance(part, str | dict)]
    return "".join(piece for piece in found if isinstance(piece, str))


def _usage(counted: Any, before: tuple[int, int] | None) -> tuple[int, int] | None:
    """Of a stream's pieces each may carry a share of the count."""
    if not isinstance(counted, dict):
        return before
    prompt, answer = before or (0, 0)
    return prompt + int(counted.get("input_tokens") or 0), answer + int(counted.get("output_tokens") or 0)


def _tokens(metadata: Mapping[str, Any]) -> list[Any]:
    entries = metadata.get("logprobs")
    content = entries.get("content") if isinstance(entries, dict) else None
    found = []
    for entry in content or []:
        tops = {one["token"]: float(one["logprob"]) for one in entry.get("top_logprobs") or []}
        found.append((entry["token"], tops | {entry["token"]: float(entry.get("logprob", 0.0))}))
    return found
