"""One HTTP POST to the server that the user named: no redirects, no retries, nothing but the bytes that come back.

Written on the standard library, so that the socket is at hand: a call that is over closes it, whatever it waits for.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from mmrag.errors import ModelUnavailable, UsageError

__all__ = ["Address", "Exchange", "Head", "is_near", "parse_address"]

_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server answers: the parts of its base URL. `str()` shows no query, which can hold a key."""

    scheme: str
    host: str
    port: int
    path: str
    query: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == {"http": 80, "https": 443}[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers (lower case) of a reply."""

    status: int
    headers: Mapping[str, str]


def parse_address(url: str) -> Address:
    """The parts of a base URL; "/v1" is added to one without a path. Raises `UsageError`, never showing credentials."""
    hint = "For example openai:MODEL@http://localhost:8000/v1"
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError("the URL of the server cannot be read", hint) from error
    if parts.username is not None or parts.password is not None:
        raise UsageError("the URL of the server holds a name or password", "Give the key as OPENAI_API_KEY instead.")
    if parts.scheme not in ("http", "https") or not host or any(ord(character) <= 32 for character in url.strip()):
        raise UsageError("the URL of the server must begin with http:// or https:// and name a host", hint)
    path = parts.path.rstrip("/").removesuffix("/chat/completions").rstrip("/") or "/v1"
    return Address(parts.scheme, host, port or {"http": 80, "https": 443}[parts.scheme], path, parts.query)


def is_near(host: str) -> bool:
    """Whether a host, by its name alone, is this machine or on a private network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".localhost", ".local", ".lan", ".internal"))
    return address.is_private or address.is_loopback


class Exchange:
    """One request and its reply. `run` blocks; `close`, from any thread, ends it."""

    def __init__(self, address: Address, payload: bytes, headers: Mapping[str, str], connect_seconds: float) -> None:
        self._address = address
        self._payload = payload
        self._headers = {**headers, "Content-Type": "application/json", "Connection": "close"}
        self._seconds = connect_seconds
        self._socket: socket.socket | None = None
        self._closed = False

    def run(self, read_seconds: float) -> Iterator[Head | bytes]:
        """The reply's `Head`, then its body as it comes. Raises OSError and http.client.HTTPException."""
        target = f"{self._address.path}/chat/completions"
        if self._address.query:
            target += f"?{self._address.query}"
        connection, target = self._connection(target)
        reply: http.client.HTTPResponse | None = None
        try:
            connection.connect()
            self._socket = connection.sock
            self._check_peer()
            connection.sock.settimeout(max(0.01, read_seconds))
            connection.request("POST", target, self._payload, self._headers)
            reply = connection.getresponse()
            yield Head(reply.status, {name.lower(): value for name, value in reply.getheaders()})
            while block := reply.read1(_BLOCK):
                yield block
        finally:
            self.close()
            if reply is not None:
                reply.close()  # it holds the socket, too
            connection.close()

    def close(self) -> None:
        """Ends the exchange; a read that waits returns or raises."""
        if self._closed or self._socket is None:
            return
        self._closed = True
        with contextlib.suppress(OSError):  # the server was quicker
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _connection(self, target: str) -> tuple[http.client.HTTPConnection, str]:
        where = self._address
        secure = ssl.create_default_context() if where.scheme == "https" else None
        proxy = "" if is_near(where.host) or proxy_bypass(where.host) else getproxies().get(where.scheme, "")
        via = urlsplit(proxy if "//" in proxy else f"//{proxy}") if proxy else None
        host, port = (via.hostname or "", via.port or 80) if via else (where.host, where.port)
        connection: http.client.HTTPConnection
        if secure:
            connection = http.client.HTTPSConnection(host, port, timeout=self._seconds, context=secure)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=self._seconds)
        if via is None:
            return connection, target
        passes = {}
        if via.username:
            pair = f"{unquote(via.username)}:{unquote(via.password or '')}"
            passes = {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        if secure:
            connection.set_tunnel(where.host, where.port, headers=passes)
            return connection, target
        self._headers.update(passes)
        return connection, f"{where.scheme}://{where.host}:{where.port}{target}"

    def _check_peer(self) -> None:
        """Link-local addresses hold the credentials of cloud machines: no name may lead there."""
        peer = self._socket.getpeername()[0] if self._socket is not None else ""
        address = ipaddress.ip_address(str(peer).partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        if address.is_link_local or address.is_multicast:
            raise ModelUnavailable(
                f"{self._address} leads to {address}, where no model is asked", "Name the server by another address."
            )
