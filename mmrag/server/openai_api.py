"""`/v1`: the interface of OpenAI's chat models, for programs that speak it already.

What the text of an answer cannot carry comes in the extra field `mmrag`: claims, verdicts, citations, evidence.
Messages of the system, tools and sampling settings change nothing: an answer is what the pages carry.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Optional, Union

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from mmrag.errors import UsageError
from mmrag.retrieval import MAX_QUESTION
from mmrag.server.asking import Ticket
from mmrag.server.desk import Answered, Asked, Desk, exchanges
from mmrag.server.problems import Problem, Reply, as_problem
from mmrag.server.routes import BUSY, desk_of
from mmrag.server.shapes import answered_shape, claim_shape, hits_shape
from mmrag.server.waiting import Gone, event_bytes, is_gone

__all__ = ["MODEL", "router"]

MODEL = "mmrag"
MOST_MESSAGES = 400
_BEGAN = int(time.time())
_WORDS = re.compile(r"\s*\S+\s*?(?=\s|\Z)|\s+\Z")
_LOOK_SECONDS = 0.25

router = APIRouter(prefix="/v1", tags=["openai"])


class Part(BaseModel):
    """A piece of a message; only text is understood."""

    model_config = ConfigDict(extra="allow")
    type: str
    text: Optional[str] = None  # noqa: UP045


class Message(BaseModel):
    """One message; the last one is the question, and it is understood from the ones before."""

    model_config = ConfigDict(extra="allow")
    role: str
    content: Optional[Union[str, list[Part]]] = None  # noqa: UP007, UP045

    def text(self) -> str:
        """All its text. Raises `UsageError` where there is anything else."""
        if isinstance(self.content, list):
            if any(part.type != "text" for part in self.content):
                raise UsageError("only text can be asked", "Index the picture, and ask in words.")
            return "\n".join(part.text or "" for part in self.content)
        return self.content or ""


class Options(BaseModel):
    """The extra field `mmrag` of a request."""

    model_config = ConfigDict(extra="forbid")
    k: int = Field(default=8, ge=1, le=50, description="How many pages to look at")
    max_risk: Optional[float] = Field(default=None, ge=0, le=1, description="As in `/api/ask`")  # noqa: UP045
    conversation: Optional[str] = Field(  # noqa: UP045
        default=None,
        max_length=200,
        description="Go on with a kept conversation; earlier messages are ignored",
    )
    keep: bool = Field(default=False, description="Keep this as a new conversation")


class StreamOptions(BaseModel):
    """`include_usage` adds a last chunk with the tokens, where they were counted."""

    model_config = ConfigDict(extra="allow")
    include_usage: bool = False


class ChatRequest(BaseModel):
    """A chat completion; whatever else the interface knows is accepted and has no effect."""

    model_config = ConfigDict(extra="ignore")
    model: str = MODEL
    messages: list[Message] = Field(min_length=1, max_length=MOST_MESSAGES)
    stream: Optional[bool] = False  # noqa: UP045
    stream_options: Optional[StreamOptions] = None  # noqa: UP045
    n: Optional[int] = Field(1, ge=1, le=1)  # noqa: UP045
    mmrag: Options = Field(default_factory=Options)

    def asked(self) -> Asked:
        """The question of the messages. Raises `UsageError`."""
        spoken = [message for message in self.messages if message.role in ("user", "assistant")]
        if not spoken or self.messages[-1].role != "user":
            raise UsageError("the last message is not the user's", "Send the question as the last message.")
        question = spoken[-1].text().strip()
        if not question or len(question) > MAX_QUESTION:
            said = f"has {len(question):,} characters; {MAX_QUESTION:,} are allowed" if question else "is empty"
            raise UsageError(f"the question {said}", "Ask for one thing, in a sentence or a few words.")
        more = self.mmrag
        if more.conversation is not None or more.keep:
            return Asked(question, more.conversation, more.k, more.max_risk)
        before = [(message.role, message.text()) for message in spoken[:-1]]
        return Asked(question, None, more.k, more.max_risk, history=exchanges(before))


DeskOf = Annotated[Desk, Depends(desk_of)]


@router.get("/models", summary="The one model there is")
async def models() -> dict[str, Any]:
    """As OpenAI lists models."""
    return {"object": "list", "data": [_model()]}


@router.get("/models/{name}", summary="That model")
async def model(name: str) -> dict[str, Any]:
    """As OpenAI describes a model."""
    _known(name)
    return _model()


@router.post("/chat/completions", summary="Ask as one asks a chat model", responses=BUSY)
async def complete(asked: ChatRequest, request: Request, desk: DeskOf) -> Response:
    """A checked answer. `mmrag` in the response holds what `/api/ask` gives in its event `answer`.

    With `stream`, chunks without text tell the steps and each claim as it is checked in `mmrag.event`; the text follows
    once all of it has been checked. Where the evidence carries no answer, the content says why, `refusal` too, and
    `mmrag.abstained` is true.
    """
    _known(asked.model)
    ticket = Ticket(desk, asked.asked())
    name = f"chatcmpl-{secrets.token_hex(12)}"
    if asked.stream:
        wants_usage = asked.stream_options is not None and asked.stream_options.include_usage
        told = _told(ticket, desk, _Chunks(name), request.app.state.limits.heartbeat, wants_usage)
        return StreamingResponse(told, media_type="text/event-stream")
    answered = await _answered(request, ticket)
    said = _said(answered)
    message = {"role": "assistant", "content": said, "refusal": said if answered.answer.text is None else None}
    return Reply(
        {
            "id": name,
            "object": "chat.completion",
            "created": int(time.time()),
            "model": MODEL,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
            "usage": _usage(answered),
            "mmrag": answered_shape(answered, desk.ids),
        }
    )


def _model() -> dict[str, Any]:
    return {"id": MODEL, "object": "model", "created": _BEGAN, "owned_by": MODEL}


def _known(name: str) -> None:
    if name != MODEL:
        raise Problem(404, "model_not_found", "there is no such model", f"The one there is is called {MODEL}.")


async def _answered(request: Request, ticket: Ticket) -> Answered:
    """The answer, unless the client goes away first; raises what asking raised."""
    async for step in ticket.steps(_LOOK_SECONDS):
        if isinstance(step, Answered):
            return step
        if isinstance(step, Exception):
            raise as_problem(step)
        if step is None and await is_gone(request):
            break
    raise Gone


class _Chunks:
    """The chunks of one streamed answer."""

    def __init__(self, name: str) -> None:
        self._head = {"id": name, "object": "chat.completion.chunk", "created": int(time.time()), "model": MODEL}

    def delta(self, delta: dict[str, Any], extra: dict[str, Any] | None = None, end: str | None = None) -> bytes:
        """A piece of the message, or nothing of it and something in `mmrag`."""
        choice = {"index": 0, "delta": delta, "finish_reason": end, "logprobs": None}
        document = {**self._head, "choices": [choice]}
        return event_bytes(document if extra is None else {**document, "mmrag": extra})

    def usage(self, usage: dict[str, int] | None) -> bytes:
        """The chunk that `include_usage` asks for."""
        return event_bytes({**self._head, "choices": [], "usage": usage})


async def _told(
    ticket: Ticket, desk: Desk, chunks: _Chunks, heartbeat: float, wants_usage: bool
) -> AsyncIterator[bytes]:
    yield chunks.delta({"role": "assistant", "content": ""}, {"event": "progress", "stage": "search"})
    evidence: Sequence[Any] = ()
    async for step in ticket.steps(heartbeat):
        if step is None:
            yield event_bytes(None)
        elif isinstance(step, Exception):
            yield event_bytes(as_problem(step).document())
            return
        elif isinstance(step, Answered):
            for piece in _WORDS.findall(_said(step)):
                yield chunks.delta({"content": piece})
            yield chunks.delta({}, {"event": "answer", **answered_shape(step, desk.ids)}, "stop")
            if wants_usage:
                yield chunks.usage(_usage(step))
        elif step.claim is not None:
            yield chunks.delta({}, {"event": "claim", **claim_shape(step.claim, evidence, desk.ids)})
        else:
            evidence = step.evidence or evidence
            yield chunks.delta({}, _progress(step.stage, evidence, desk))
    yield b"data: [DONE]\n\n"


def _progress(stage: str, evidence: Sequence[Any], desk: Desk) -> dict[str, Any]:
    if stage == "answering":
        return {"event": "evidence", "hits": hits_shape(evidence, desk.ids)}
    return {"event": "progress", "stage": "search" if stage == "searching" else "verify"}


def _said(answered: Answered) -> str:
    answer = answered.answer
    return answer.text if answer.text is not None else answer.reason or "The evidence does not state an answer."


def _usage(answered: Answered) -> dict[str, int] | None:
    counted = answered.answer.usage
    if counted is None:
        return None
    return {"prompt_tokens": counted[0], "completion_tokens": counted[1], "total_tokens": sum(counted)}
