"""The web page: the files that lie in `static`, and no others.

Knows nothing of what they hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from mmrag.server.problems import Problem

__all__ = ["FOLDER", "router"]

FOLDER = Path(__file__).with_name("static")
TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}

router = APIRouter(include_in_schema=False)


@router.get("/")
async def home(request: Request) -> Response:
    """The page itself."""
    if not (FOLDER / "index.html").is_file():
        return PlainTextResponse("mmrag is running; this build has no web page. The interface is at /openapi.json.")
    return _file("index.html", request)


@router.get("/static/{name:path}")
async def asset(name: str, request: Request) -> Response:
    """One of its files."""
    return _file(name, request)


@router.get("/favicon.ico")
async def icon(request: Request) -> Response:
    """What browsers ask for unasked."""
    return _file("favicon.ico", request) if (FOLDER / "favicon.ico").is_file() else Response(status_code=204)


def _file(name: str, request: Request) -> Response:
    # Found by being in the list of what is there: no path is ever made from what a client sent.
    files = {path.relative_to(FOLDER).as_posix(): path for path in FOLDER.rglob("*") if path.is_file()}
    path = files.get(name)
    if path is None or path.suffix not in TYPES:
        raise Problem(404, "not_found", "there is no such file")
    content = path.read_bytes()
    tag = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, headers={**headers, "Content-Type": TYPES[path.suffix]})
