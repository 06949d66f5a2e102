"""Any server with OpenAI's chat completions: vLLM, Ollama, llama.cpp, `transformers serve`, or a hosted one.

Only what the prompt and the pictures hold is sent, and only to the server that the user named. Neither the list of
models nor log-probabilities are relied on.
"""

from __future__ import annotations

import http.client
import json
import logging
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mmrag.errors import MmragError, ModelUnavailable, UsageError
from mmrag.llms.choosing import ask, chosen, decided, undecided
from mmrag.llms.events import Delta, Reported, Rubbish, document, events, message_of
from mmrag.llms.listening import Guard, pumped, whole, without_thinking
from mmrag.llms.options import Deadline, Options, PromptTooLong
from mmrag.llms.pictures import data_url, prepared_all
from mmrag.llms.secrets import key, scrubbed
from mmrag.llms.wire import Exchange, Head, is_near, parse_address
from mmrag.protocols import Completion

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["OpenAIServer"]

_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_MOST_ERROR = 100_000
_MOST_PAUSE = 20.0
_TOP = 20
_GRACE = 5.0
"""Seconds that the socket waits beyond the deadline, so that the deadline is what is reported."""

logger = logging.getLogger(__name__)


class _TryAgain(Exception):
    """What may pass; `after` is how many seconds the server asks to wait."""

    def __init__(self, problem: ModelUnavailable, after: float = 0.0) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.after = after


class _Refused(Exception):
    """The server found a fault with the request: status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class _Heard:
    """What one stream said."""

    text: str = ""
    tokens: list[Any] = field(default_factory=list)
    usage: tuple[int, int] | None = None
    finished: str = ""
    has_choice: bool = False
    cut: bool = False


class OpenAIServer:
    """A `VisionLLM` behind a base URL such as http://localhost:8000/v1.

    The key comes from `MMRAG_LLM_KEY` or `OPENAI_API_KEY`; it is never sent over plain http to the open internet.
    Raises `UsageError` for a URL that cannot be used; no connection is opened before the first question.
    """

    def __init__(self, model: str, base_url: str, options: Options | None = None) -> None:
        self._address = parse_address(base_url)
        self._model = model
        self._options = options or Options()
        self.name = f"openai:{model}@{self._address}"
        self.sees_images = True
        """False once the server has said that its model takes no pictures."""
        # What servers are known to refuse; dropped for good at the first refusal that names it.
        self._extras: dict[str, Any] = {"stream_options": {"include_usage": True}, "temperature": 0}
        self._logprobs: dict[str, Any] = {"logprobs": True, "top_logprobs": _TOP}
        self._limit = "max_tokens"
        if self._address.scheme == "http" and key() and not is_near(self._address.host):
            raise UsageError(
                f"a key would be sent in the clear to {self._address.host}",
                "Use https://, or set MMRAG_LLM_KEY='' to send none.",
            )

    def complete(self, prompt: str, images: Sequence[Image] = (), *, choices: Sequence[str] = ()) -> Completion:
        """One answer. Raises `ModelUnavailable`, saying what to do, where there is none to be had."""
        deadline = Deadline(self._options)
        if images and choices and not self.sees_images:
            return undecided(choices)
        asked = ask(prompt, choices) if choices else prompt
        urls = [data_url(image) for image in self._prepared(images)] if self.sees_images else []
        for _ in range(8):  # one round for each thing that a server may refuse
            try:
                heard = self._patiently(self._payload(asked, urls, bool(choices)), choices, deadline)
                break
            except _Refused as refusal:
                if urls and _names_images(str(refusal)):
                    logger.info("%s takes no pictures", self.name)
                    self.sees_images, urls = False, []
                    if choices:
                        return undecided(choices)
                elif not self._adapted(str(refusal)):
                    raise self._refusal(refusal.status, str(refusal)) from None
        else:
            raise ModelUnavailable(f"{self.name} refuses every form of the question")
        if choices:
            made = chosen(heard.text, choices, heard.tokens)
            return Completion(made.text, made.choice_probabilities, heard.usage)
        said = without_thinking(whole(heard.text) if heard.cut else heard.text)
        return Completion(said.strip(), None, heard.usage)

    def _prepared(self, images: Sequence[Image]) -> list[Image]:
        return prepared_all(images, self._options.long_side, self._options.max_images)

    def _payload(self, prompt: str, urls: Sequence[str], is_choice: bool) -> bytes:
        text = prompt.encode("utf-8", "replace").decode("utf-8")
        content: Any = text
        if urls:
            content = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
            content.append({"type": "text", "text": text})
        body = {"model": self._model, "messages": [{"role": "user", "content": content}], "stream": True}
        body |= {self._limit: self._options.max_tokens, **self._extras}
        return json.dumps(body | self._logprobs if is_choice else body).encode("ascii")

    def _patiently(self, payload: bytes, choices: Sequence[str], deadline: Deadline) -> _Heard:
        """Ask, and ask again with growing pauses while the server is busy or drops the line."""
        tried, pause = 1, self._options.pause
        while True:
            try:
                return self._once(payload, choices, deadline)
            except _TryAgain as again:
                wait = min(_MOST_PAUSE, max(again.after, pause * random.uniform(0.75, 1.25)))  # noqa: S311
                if tried >= self._options.tries or wait >= deadline.left():
                    raise again.problem from None
                logger.info("%s; asking again in %.1f s", again.problem.message, wait)
                deadline.sleep(wait)
            tried, pause = tried + 1, pause * 2

    def _once(self, payload: bytes, choices: Sequence[str], deadline: Deadline) -> _Heard:
        headers = {"Accept": "text/event-stream, application/json"}
        if secret := key():
            headers["Authorization"] = f"Bearer {secret}"
        exchange = Exchange(self._address, payload, headers, self._options.connect_seconds)
        heard = _Heard()
        pieces = pumped(lambda: exchange.run(deadline.left() + _GRACE), deadline, self.name, exchange.close)
        try:
            head = next(pieces)
            if not isinstance(head, Head):
                raise Rubbish("a body without a head")
            body: Iterator[bytes] = (piece for piece in pieces if isinstance(piece, bytes))
            if head.status != 200:
                self._failed(head, body)
            self._listen(head, body, choices, heard)
        except MmragError:
            if not heard.text.strip() or deadline.left() > 0:
                raise
            heard.cut = True  # out of time: what was said so far counts
        except Rubbish as rubbish:
            raise self._rubbish(str(rubbish)) from None
        except Reported as report:
            raise ModelUnavailable(f"{self._address} reports: {scrubbed(str(report))}", _LOOK_AT_LOG) from None
        except (OSError, http.client.HTTPException) as error:
            raise self._broken(error) from None
        finally:
            pieces.close()  # type: ignore[attr-defined]
        return heard

    def _listen(self, head: Head, body: Iterator[bytes], choices: Sequence[str], heard: _Heard) -> None:
        is_stream = "json" not in head.headers.get("content-type", "")
        guard = Guard(self._options.max_tokens)
        for delta in events(body) if is_stream else iter([document(body)]):
            _take(delta, heard)
            stop = guard.add(delta.text) or (bool(delta.thinking) and guard.add(delta.thinking))
            if stop or (choices and decided(heard.text, choices)):
                heard.cut = stop
                return
        if not heard.has_choice:
            raise Rubbish("an answer without choices")
        if not heard.finished and is_stream:
            raise _TryAgain(ModelUnavailable(f"{self._address} broke off in the middle of an answer", _LOOK_AT_LOG))
        heard.cut = heard.finished == "length"

    def _failed(self, head: Head, body: Iterator[bytes]) -> None:
        """Raise what a status other than 200 means."""
        if 300 <= head.status < 400:
            raise ModelUnavailable(
                f"{self._address} redirects elsewhere, which is not followed", "Name the final address of the server."
            )
        message = scrubbed(_error_text(body))
        if head.status in _BUSY:
            problem = ModelUnavailable(f"{self._address} answered {head.status}: {message or 'busy'}", _LOOK_AT_LOG)
            raise _TryAgain(problem, _seconds(head.headers.get("retry-after", "")))
        if head.status in (400, 413, 415, 422):
            raise _Refused(head.status, message)
        raise self._refusal(head.status, message)

    def _refusal(self, status: int, message: str) -> ModelUnavailable:
        said = f"{self._address} answered {status}" + (f": {message}" if message else "")
        if status in (401, 403):
            return ModelUnavailable(said, "Set OPENAI_API_KEY (or MMRAG_LLM_KEY) to a key that this server accepts.")
        if status == 413 or any(word in message.lower() for word in ("context", "too long", "too large", "length")):
            return PromptTooLong(said, "Use fewer pages (-k 3), or start the server with a longer context.")
        if status in (404, 405) or "requested" in message or "model" in message.lower().split():
            return ModelUnavailable(
                said, f"Check the model's name ({self._model}) and the base URL, which mostly ends in /v1."
            )
        return ModelUnavailable(said, _LOOK_AT_LOG)

    def _adapted(self, message: str) -> bool:
        """Leave out, or rename, what the server says it does not take; False where it named nothing of that kind."""
        if "max_completion_tokens" in message and self._limit == "max_tokens":
            self._limit = "max_completion_tokens"
            return True
        for group in (self._extras, self._logprobs):
            named = [name for name in group if name in message or name.partition("_")[2] in message.split()]
            if named:
                named = list(group) if group is self._logprobs else named
                for name in named:
                    del group[name]
                return True
        return False

    def _rubbish(self, what: str) -> ModelUnavailable:
        return ModelUnavailable(
            f"{self._address} does not answer as an OpenAI-compatible server: {scrubbed(what)}",
            "Check the base URL, which mostly ends in /v1, and the server's own log.",
        )

    def _broken(self, error: OSError | http.client.HTTPException) -> Exception:
        reason = scrubbed(str(error) or type(error).__name__)
        if isinstance(error, ConnectionRefusedError) or type(error).__name__ in (
            "gaierror",
            "SSLCertVerificationError",
        ):
            return ModelUnavailable(
                f"no server answers at {self._address} ({reason})", "Start it, or check the address after the @."
            )
        return _TryAgain(
            ModelUnavailable(f"the connection to {self._address} failed ({reason})", "Check that the server is up.")
        )


_LOOK_AT_LOG = "Look at the server's own log, then try again."


def _take(delta: Delta, heard: _Heard) -> None:
    heard.text += delta.text
    heard.tokens += delta.tokens
    heard.usage = delta.usage or heard.usage
    heard.finished = heard.finished or delta.finished
    heard.has_choice = heard.has_choice or delta.has_choice


def _error_text(body: Iterator[bytes]) -> str:
    collected = bytearray()
    for block in body:
        collected += block
        if len(collected) > _MOST_ERROR:
            break
    text = collected.decode("utf-8", "replace")
    try:
        return message_of(json.loads(text))
    except (ValueError, RecursionError):
        return "" if "<html" in text.lower() else text


def _names_images(message: str) -> bool:
    lowered = message.lower()
    return any(word in lowered for word in ("image", "multimodal", "vision", "mmproj"))


def _seconds(retry_after: str) -> float:
    try:
        return max(0.0, float(retry_after))
    except ValueError:  # a date, or nothing: our own pauses will do
        return 0.0
