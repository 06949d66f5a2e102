"""What stands before every request: who asks, from where, for how much; and the headers of every response.

A page of another site can make a browser send requests here, and DNS can make its name point here. So a request must
name this server as it is known (Host), must not come from another origin (Origin, Sec-Fetch-Site), and must carry the
token, in a header or in a cookie that no other site's page can have sent. Knows no route.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import re
import time
import traceback
from collections.abc import Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mmrag.server.desk import Desk
from mmrag.server.problems import Problem, as_problem
from mmrag.server.settings import Limits, Settings

__all__ = ["COOKIE", "CSP", "Guard"]

COOKIE = "mmrag_token"
CSP = (
    "default-src 'none'; img-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[bytes, bytes] = {
    b"content-security-policy": CSP.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"x-frame-options": b"DENY",
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
}
OPEN_PATHS = ("/healthz",)
LONG_BODIES = ("/api/verify", "/v1/chat/completions")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?", re.ASCII)
_NOT_LOGGED_IN = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>mmrag</title><h1>Not signed in</h1>"
    "<p>Open the address that <code>mmrag serve</code> printed: it ends in <code>?token=...</code>."
)

log = logging.getLogger("mmrag.server")


class Guard:
    """ASGI middleware around all of the server; `desk` is what lies behind it, for whoever runs it."""

    def __init__(self, app: ASGIApp, desk: Desk, settings: Settings, debug: bool = False) -> None:
        self.desk = desk
        self._app = app
        self._settings = settings
        self._debug = debug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._serve(scope, receive, _Answering(scope, send))

    async def _serve(self, scope: Scope, receive: Receive, send: _Answering) -> None:
        try:
            early = self._checked(scope)
            if early is not None:
                await early(scope, receive, send)
                return
            await self._app(scope, await _with_body(scope, receive, self._settings.limits), send)
        except Problem as problem:
            await self._refuse(problem, scope, receive, send)
        except Exception as error:  # the last resort: nothing of what was asked or read may reach a log or a client
            place = traceback.extract_tb(error.__traceback__)[-1]
            log.error("%s in %s:%d", type(error).__name__, place.filename, place.lineno, exc_info=self._debug)
            if not send.started:
                await as_problem(error).reply()(scope, receive, send)
        finally:
            send.note()

    async def _refuse(self, problem: Problem, scope: Scope, receive: Receive, send: _Answering) -> None:
        if send.started:
            return
        # A body that nobody wants is not waited for.
        problem.headers.setdefault("Connection", "close")
        reply: Response = problem.reply()
        wants_page = b"text/html" in _header(scope, b"accept")
        if problem.status == 401 and scope["path"] == "/" and wants_page:
            reply = HTMLResponse(_NOT_LOGGED_IN, 401, {"Connection": "close"})
        await reply(scope, receive, send)

    def _checked(self, scope: Scope) -> Response | None:
        """None where a request may pass, a response where it is served here. Raises `Problem`."""
        host = _header(scope, b"host").decode("latin-1").strip()
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or not self._settings.knows(_name(host)):
            raise Problem(403, "wrong_host", "this server is not known by that name", "Use the address it printed.")
        _same_origin(scope, host)
        if scope["path"] in OPEN_PATHS or self._settings.token is None:
            return None
        if scope["path"] == "/" and scope["method"] == "GET" and b"token=" in scope["query_string"]:
            return self._signed_in(scope)
        if not any(self._fits(token) for token in _tokens(scope)):
            raise Problem(
                401,
                "unauthorized",
                "a token is needed",
                "Open the address that `mmrag serve` printed, or send `Authorization: Bearer TOKEN`.",
                {"WWW-Authenticate": "Bearer"},
            )
        return None

    def _signed_in(self, scope: Scope) -> Response:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
        if len(given) != 1 or not self._fits(given[0]):
            raise Problem(401, "unauthorized", "the token is wrong", "Open the address that `mmrag serve` printed.")
        reply = RedirectResponse("/", 303)
        reply.set_cookie(_cookie(scope), given[0], path="/", httponly=True, samesite="strict")
        return reply

    def _fits(self, given: str) -> bool:
        """Whether a token is the right one, in a time that does not tell how much of it is."""
        wanted = hashlib.sha256((self._settings.token or "").encode()).digest()
        return hmac.compare_digest(hashlib.sha256(given.encode("utf-8", "replace")).digest(), wanted)


class _Answering:
    """`send` with the headers of every response, that remembers how far it came and what to log."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._begun = time.perf_counter()
        self.started = False
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            headers = [(name, value) for name, value in message.get("headers", ()) if name.lower() not in HEADERS]
            if not any(name.lower() == b"cache-control" for name, _ in headers):
                headers.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*headers, *HEADERS.items()]}
        await self._send(message)

    def note(self) -> None:
        """One line for the log: the pattern of the route, never what was asked."""
        route = getattr(self._scope.get("route"), "path", "-")
        milliseconds = (time.perf_counter() - self._begun) * 1000
        log.info("%s %s %d %.0f ms", self._scope["method"], route, self.status, milliseconds)


def _same_origin(scope: Scope, host: str) -> None:
    """Raises `Problem` for a request that a page of another origin made.

    Ports are part of an origin but not of a site: another program's page on this machine sends our cookies along.
    """
    origin = _header(scope, b"origin").decode("latin-1")
    site = _header(scope, b"sec-fetch-site").decode("latin-1")
    opens_page = (
        scope["method"] == "GET"
        and scope["path"] == "/"
        and _header(scope, b"sec-fetch-mode") == b"navigate"
        and _header(scope, b"sec-fetch-dest") in (b"document", b"")
    )
    foreign = bool(origin) and origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}")
    if foreign or (site in ("cross-site", "same-site") and not opens_page):
        raise Problem(403, "wrong_origin", "a page of another site may not ask here")


def _header(scope: Scope, name: bytes) -> bytes:
    return b", ".join(value for key, value in scope["headers"] if key == name)


def _name(host: str) -> str:
    """The name in a Host header, without its port; "" where it is no name."""
    found = _HOST.fullmatch(host)
    return found[1] if found else ""


def _tokens(scope: Scope) -> Sequence[str]:
    """What a request offers as tokens: that of its header, else those of its cookies."""
    kind, _, given = _header(scope, b"authorization").decode("latin-1").partition(" ")
    if kind:
        return [given.strip()] if kind.lower() == "bearer" else []
    try:
        cookies: SimpleCookie = SimpleCookie(_header(scope, b"cookie").decode("latin-1").replace(", ", "; "))
    except CookieError:
        return []
    name = _cookie(scope)
    return [cookies[name].value] if name in cookies else []


def _cookie(scope: Scope) -> str:
    """The name of the cookie at this port: browsers keep one jar for all ports, and two indexes may be served."""
    port = _header(scope, b"host").decode("latin-1").rpartition(":")[2]
    return f"{COOKIE}_{port}" if port.isdigit() else COOKIE


async def _with_body(scope: Scope, receive: Receive, limits: Limits) -> Receive:
    """`receive` that gives a body which has been read already. Raises `Problem` where it is too long or too slow."""
    most = limits.long_body if scope["path"] in LONG_BODIES else limits.body
    too_long = Problem(413, "too_large", f"the request has more than {most:,} bytes", "Ask for one thing at a time.")
    length = _header(scope, b"content-length")
    if not length and not _header(scope, b"transfer-encoding"):
        return receive
    if length and (not length.isdigit() or int(length) > most):
        raise too_long
    body = bytearray()

    async def read() -> None:
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Problem(400, "gone", "the request was not finished")
            body.extend(message.get("body", b""))
            if len(body) > most:
                raise too_long
            more = message.get("more_body", False)

    try:
        await asyncio.wait_for(read(), limits.body_seconds)
    except (TimeoutError, asyncio.TimeoutError) as error:
        raise Problem(408, "too_slow", "the request took too long to arrive") from error
    given: list[Any] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

    async def replay() -> Message:
        return given.pop() if given else await receive()

    return replay
