"""The application: routes, guard, and how errors look.

`create_app` is all that a program needs that brings its own ASGI server.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from mmrag.errors import MmragError
from mmrag.server import openai_api, routes, static_files
from mmrag.server.desk import Desk
from mmrag.server.guard import Guard
from mmrag.server.problems import Problem, Reply, as_problem
from mmrag.server.settings import Settings

__all__ = ["create_app"]

DESCRIPTION = """Ask your folders; every answer is checked against the page.

Send `Authorization: Bearer TOKEN` with the token that `mmrag serve` printed. Boxes are [left, top, right, bottom] in
fractions of the page. Every error is `{"error": {"code", "message", "hint"}}`. Fields may be added, never renamed.
"""
TAGS = [
    {"name": "ask", "description": "Search, ask, check a claim"},
    {"name": "conversations", "description": "What was asked before"},
    {"name": "pages", "description": "Pictures of pages"},
    {"name": "index", "description": "What is indexed, and bringing it up to date"},
    {"name": "openai", "description": "The interface of OpenAI's chat models, with verdicts in `mmrag`"},
    {"name": "health", "description": "Whether the server lives"},
]


def create_app(
    index: str | Path | None = None,
    settings: Settings | None = None,
    corpus: Mapping[str, Any] | None = None,
    debug: bool = False,
) -> Guard:
    """An ASGI application over an index. `corpus` are settings of `mmrag.Corpus`; `debug` logs tracebacks.

    Raises `UsageError` for settings that cannot be used. An index need not be there yet.
    """
    settings = settings or Settings()
    desk = Desk(index, corpus or {}, settings.limits)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        desk.warm()
        try:
            yield
        finally:
            desk.close()

    app = FastAPI(
        title="mmrag",
        version=version("mmrag"),
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.desk = desk
    app.state.limits = settings.limits
    for router in (routes.router, openai_api.router, static_files.router):
        app.include_router(router)
    app.add_api_route("/healthz", _health, tags=["health"], summary="Needs no token")
    for kind in (Problem, MmragError, Exception):  # of the last, the guard notes the place in the log as well
        app.add_exception_handler(kind, _failed)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    _describe_token(app)
    return Guard(app, desk, settings, debug)


async def _health() -> dict[str, bool]:
    """That the server lives."""
    return {"ok": True}


async def _failed(_: Request, error: Exception) -> Response:
    return as_problem(error).reply()


async def _refused(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    codes = {404: "not_found", 405: "method_not_allowed"}
    headers = dict(getattr(error, "headers", None) or {})
    message = str(getattr(error, "detail", "")) or "it cannot be done"
    return Problem(status, codes.get(status, "usage"), message, headers=headers).reply()


async def _invalid(_: Request, error: Exception) -> Reply:
    """Which field is wrong and why, without what it held."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    said = "; ".join(f"{'.'.join(str(part) for part in one['loc'][1:]) or 'body'}: {one['msg']}" for one in found[:3])
    return Problem(400, "usage", said[:500] or "the request cannot be read", "See /openapi.json.").reply()


def _describe_token(app: FastAPI) -> None:
    """Tell the OpenAPI description of the token, which the guard asks for."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        document = plain()
        parts = document.setdefault("components", {})
        parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        document["paths"]["/healthz"]["get"]["security"] = []
        for methods in document["paths"].values():
            for operation in methods.values():
                operation["responses"].pop("422", None)  # they are 400 here, in the shape of every error
        return document

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's documented way to extend it
