"""What a server is started with: where it listens, who may ask, and how much.

Plain values; knows neither the index nor HTTP.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import socket
from dataclasses import dataclass, field

from mmrag.errors import UsageError

__all__ = ["Limits", "Settings", "is_loopback", "new_token"]

LEAST_TOKEN = 16
"""Characters of a token that someone chose; less could be guessed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one server takes on. Bytes, characters, seconds, numbers of requests.

    `answers`, `searches` and `pictures` are requests that wait or run; more are told to come again (429).
    """

    body: int = 64 << 10
    long_body: int = 2 << 20
    answers: int = 32
    searches: int = 64
    pictures: int = 64
    head_seconds: float = 10.0
    body_seconds: float = 20.0
    picture_seconds: float = 30.0
    silent_connections: int = 128
    heartbeat: float = 5.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Where and for whom. `token` None lets everyone ask who can reach the port; `hosts` are further names of it."""

    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = None
    hosts: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        """Raises `UsageError` for what would be open to anyone."""
        if self.token is None and not is_loopback(self.host):
            raise UsageError(
                f"--no-token is for this machine alone, and {self.host} is open to others",
                "Leave --no-token out, or --host.",
            )
        if self.token is not None and len(self.token) < LEAST_TOKEN:
            raise UsageError(
                f"the token has {len(self.token)} characters; {LEAST_TOKEN} are the least",
                "Leave MMRAG_TOKEN unset for a random one.",
            )
        if self.token is not None and not (self.token.isascii() and self.token.isprintable() and " " not in self.token):
            raise UsageError("the token has characters that no header can carry", "Use letters, digits, - and _.")

    def knows(self, name: str) -> bool:
        """Whether a request may name this server so; a name that someone else's DNS points here is not known.

        A literal address cannot be pointed elsewhere, so on all interfaces any of them will do.
        """
        name = name.lower().rstrip(".")
        if name in (*(host.lower() for host in self.hosts), self.host.lower()) or is_loopback(name):
            return True
        if self.host not in ("0.0.0.0", "::"):  # noqa: S104  (compared, not bound)
            return False
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return name == socket.gethostname().lower()
        return True


def is_loopback(name: str) -> bool:
    """Whether a name or address is this machine as only it can reach it."""
    bare = name.strip("[]").lower()
    if bare == "localhost":
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def new_token() -> str:
    """The token of `MMRAG_TOKEN`, else a random one."""
    return os.environ.get("MMRAG_TOKEN") or secrets.token_urlsafe(24)
