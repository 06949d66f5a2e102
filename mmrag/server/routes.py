"""`/api`: status, indexing, search, ask, verify, conversations, page images.

Turns requests into calls of `Desk` and values into JSON; knows neither the index nor tokens.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response, StreamingResponse

from mmrag.errors import NothingIndexed
from mmrag.server.asking import Ticket
from mmrag.server.desk import Answered, Asked, Desk
from mmrag.server.filtering import filters_of
from mmrag.server.pictures import page_request
from mmrag.server.problems import Problem, Reply, as_problem
from mmrag.server.schemas import (
    AskRequest,
    ConversationDocument,
    ConversationLine,
    ErrorDocument,
    IndexRequest,
    SearchDocument,
    StatusDocument,
    VerifyDocument,
    VerifyRequest,
)
from mmrag.server.shapes import (
    answered_shape,
    claim_shape,
    conversation_shape,
    conversations_shape,
    hits_shape,
    status_shape,
    verified_shape,
)
from mmrag.server.waiting import attended, event_bytes
from mmrag.types import Filters

__all__ = ["desk_of", "router"]

THUMB = 240
BUSY: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorDocument, "description": "Something in the request cannot be used"},
    409: {"model": ErrorDocument, "description": "Nothing is indexed, or another process writes"},
    429: {"model": ErrorDocument, "description": "Too many at once; `Retry-After` says when to come again"},
}
EVENTS = """Server-sent events: `progress` {stage, message}, with the stages search, read or draft, and verify;
`evidence` {hits}; `claim` for each claim as soon as it has its verdict, with its `index`; then `answer`, or `error`.
Closing the connection takes the question back."""

router = APIRouter(
    prefix="/api",
    responses={
        401: {"model": ErrorDocument, "description": "The token is missing or wrong"},
        403: {"model": ErrorDocument, "description": "A foreign `Host` or `Origin`"},
    },
)


async def desk_of(request: Request) -> Desk:  # async, for FastAPI runs what is not in a thread
    """The desk that the requests of a server share."""
    desk: Desk = request.app.state.desk
    return desk


async def wanted_filters(
    kind: Annotated[list[str] | None, Query(description="page, passage, figure, table, picture or tile")] = None,
    path: Annotated[list[str] | None, Query(description="Globs on the path or the name")] = None,
    since: Annotated[str | None, Query(description="2024-01-31, an ISO time, or 7d, 4w, 6m, 1y ago")] = None,
    until: Annotated[str | None, Query(description="As since; the day is included")] = None,
) -> Filters | None:
    """The filters of a query string."""
    return filters_of(path or (), kind or (), since, until)


DeskOf = Annotated[Desk, Depends(desk_of)]
Wanted = Annotated[Filters | None, Depends(wanted_filters)]


@router.get("/status", tags=["index"], summary="What is indexed", responses={200: {"model": StatusDocument}})
async def status(request: Request, desk: DeskOf) -> Response:
    """What the index holds, which files failed and why, and how far a run of indexing has come."""
    try:
        shape = await attended(request, desk.reads.enter(lambda: status_shape(desk, version("mmrag"))))
    except NothingIndexed as error:
        shape = _nothing(desk, error)
    return Reply(shape)


@router.post("/index", status_code=202, tags=["index"], summary="Bring the index up to date", responses=BUSY)
async def start_indexing(request: Request, desk: DeskOf, how: IndexRequest | None = None) -> Response:
    """Begin to bring every indexed folder up to date, in the background; `/api/status` tells how it goes."""
    retry = how is not None and how.retry_failed
    await attended(request, desk.reads.enter(desk.catalog))  # NothingIndexed is told now
    desk.updating.start(retry)
    return Reply({"indexing": desk.updating.state()}, 202)


@router.post("/index/stop", status_code=202, tags=["index"], summary="Stop indexing")
async def stop_indexing(desk: DeskOf) -> Response:
    """Stop the run at its next step; what it has saved stays."""
    return Reply({"stopping": desk.updating.stop(), "indexing": desk.updating.state()}, 202)


@router.get("/search", tags=["ask"], summary="Find pages", responses={200: {"model": SearchDocument}, **BUSY})
async def search(
    request: Request,
    desk: DeskOf,
    q: Annotated[str, Query(description="What to look for, in any words and language")],
    wanted: Wanted,
    k: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Response:
    """The best pages, best first, each by its best region and with the id by which its picture is asked for."""
    hits = await attended(request, desk.searches.enter(lambda: desk.search(q, k, wanted)))
    return Reply({"query": q, "hits": hits_shape(hits, desk.ids)})


@router.post(
    "/ask",
    tags=["ask"],
    summary="Ask, and see each claim as it is checked",
    description=f"A checked answer. {EVENTS}",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}, "description": EVENTS}, **BUSY},
)
async def ask(asked: AskRequest, request: Request, desk: DeskOf) -> Response:
    """A checked answer, as server-sent events."""
    ticket = Ticket(desk, Asked(asked.question, asked.conversation, asked.k, asked.max_risk))
    heartbeat = request.app.state.limits.heartbeat
    return StreamingResponse(_told(ticket, desk, heartbeat), media_type="text/event-stream")


@router.post("/verify", tags=["ask"], summary="Check a claim", responses={200: {"model": VerifyDocument}, **BUSY})
async def verify(asked: VerifyRequest, request: Request, desk: DeskOf) -> Response:
    """The verdict on a claim, from a text that comes with it or from what the index has on it."""
    work = desk.answers.enter(lambda: desk.verify(asked.claim, asked.evidence))
    claim, seconds = await attended(request, work)
    return Reply(verified_shape(claim, seconds, desk.ids))


@router.get("/conversations", tags=["conversations"], responses={200: {"model": list[ConversationLine]}})
async def conversations(request: Request, desk: DeskOf) -> Response:
    """The conversations kept with the index, the one last spoken in first."""
    kept = await attended(request, desk.reads.enter(lambda: desk.catalog().conversations()))
    return Reply(conversations_shape(kept))


Name = Annotated[str, Path(max_length=200)]


@router.get("/conversations/{name}", tags=["conversations"], responses={200: {"model": ConversationDocument}})
async def conversation(name: Name, request: Request, desk: DeskOf) -> Response:
    """The turns of a conversation. Verdicts are those of then; the files are those of now."""

    def _read() -> dict[str, Any] | None:
        turns = desk.catalog().turns(name)
        return conversation_shape(name, turns, desk.catalog(), desk.ids) if turns else None

    shape = await attended(request, desk.reads.enter(_read))
    if shape is None:
        raise _no_conversation()
    return Reply(shape)


@router.delete("/conversations/{name}", tags=["conversations"], summary="Delete a conversation")
async def forget(name: Name, request: Request, desk: DeskOf) -> Response:
    """Delete every turn of a conversation."""
    deleted = await attended(request, desk.reads.enter(lambda: desk.catalog().forget_conversation(name)))
    if not deleted:
        raise _no_conversation()
    return Reply({"id": name, "turns": deleted})


@router.get(
    "/pages/{page_id}.png",
    tags=["pages"],
    summary="A picture of a page",
    response_class=Response,
    responses={
        200: {"content": {"image/png": {}}, "description": "The page, at most as wide as asked for"},
        304: {"description": "Not changed since (`If-None-Match`)"},
        404: {"model": ErrorDocument, "description": "No such id; ids are made anew at each start"},
        410: {"model": ErrorDocument, "description": "The file is not the one that was indexed"},
    },
)
async def page(
    page_id: Annotated[str, Path(max_length=64)],
    request: Request,
    desk: DeskOf,
    width: Annotated[int | None, Query(ge=16, le=3000)] = None,
    boxes: bool = True,
    thumb: bool = False,
) -> Response:
    """A page as it is now, with a box around what was found or cited there unless `boxes=0`; `thumb=1` is small."""
    ref = desk.ids.find(page_id)
    width = width or (THUMB if thumb else 1000)
    tag = _tag(f"{ref}{width}{boxes}")

    def _draw() -> bytes:
        return desk.painters.draw(page_request(desk.catalog(), ref, width, boxes))

    # Drawn also where the browser has it: a file that has changed since must not go on looking like evidence.
    picture = await attended(request, desk.pictures.enter(_draw))
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(picture, media_type="image/png", headers=headers)


def _tag(text: str) -> str:
    return f'"{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"'


async def _told(ticket: Ticket, desk: Desk, heartbeat: float) -> AsyncIterator[bytes]:
    """The events of an answer. The first comes before anything is done, so that whoever waits sees it was heard."""
    waits = f"Waiting for {ticket.ahead} other questions" if ticket.ahead else "Searching"
    yield event_bytes({"stage": "search", "message": waits}, "progress")
    evidence: tuple[Any, ...] = ()
    claims = 0
    async for step in ticket.steps(heartbeat):
        if step is None:
            yield event_bytes(None)
        elif isinstance(step, Answered):
            yield event_bytes(answered_shape(step, desk.ids), "answer")
        elif isinstance(step, Exception):
            yield event_bytes(as_problem(step).document(), "error")
        elif step.claim is not None:
            yield event_bytes({**claim_shape(step.claim, evidence, desk.ids), "index": claims}, "claim")
            claims += 1
        elif step.stage != "searching" or ticket.ahead:
            if step.evidence:
                evidence = step.evidence
                yield event_bytes({"hits": hits_shape(evidence, desk.ids)}, "evidence")
            yield event_bytes(_progress(step.stage, len(evidence), desk.llm), "progress")


def _progress(stage: str, pages: int, llm: str) -> dict[str, Any]:
    if stage == "searching":
        return {"stage": "search", "message": "Searching"}
    if stage == "answering" and llm:
        return {"stage": "draft", "message": f"{llm} reads {pages} pages and drafts an answer"}
    if stage == "answering":
        return {"stage": "read", "message": f"Reading {pages} pages"}
    return {"stage": "verify", "message": "Checking each claim against the pages"}


def _no_conversation() -> Problem:
    return Problem(404, "no_such_conversation", "there is no such conversation", "/api/conversations lists them.")


def _nothing(desk: Desk, error: NothingIndexed) -> dict[str, Any]:
    from mmrag.display import clean, shown_path

    return {
        "index": shown_path(desk.folder),
        "ready": False,
        "files": {},
        "documents": 0,
        "pages": 0,
        "regions": 0,
        "pending_ocr": 0,
        "profile": desk.profile,
        "models": {"generator": desk.llm or "extractive"},
        "roots": [],
        "failed": [],
        "failed_total": 0,
        "indexing": desk.updating.state(),
        "version": version("mmrag"),
        "message": clean(f"{error.message}. {error.hint}"),
    }
