"""What can go wrong with a request, as a status and the JSON that every surface of the server answers with.

Knows HTTP and the errors of mmrag; repeats nothing of what was sent.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from mmrag.display import clean, to_json
from mmrag.errors import MmragError

__all__ = ["Problem", "Reply", "as_problem"]

STATUS: Mapping[str, int] = {
    "usage": 400,
    "path_not_found": 400,
    "index_busy": 409,
    "nothing_indexed": 409,
    "model_mismatch": 409,
    "source_changed": 410,
    "missing_extra": 501,
    "model_unavailable": 503,
    "format_too_new": 500,
    "index_damaged": 500,
    "storage_full": 507,
}
"""Status for each `MmragError.code`; a file that cannot be drawn is 422, anything else 500."""


class Reply(Response):
    """JSON that no character of a file can break out of; see `mmrag.display.to_json`."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The bytes of a document; a list at the top is fine."""
        return to_json(content, indent=None).encode()


class Problem(Exception):
    """A request that ends with a status and an error instead of an answer."""

    def __init__(
        self, status: int, code: str, message: str, hint: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint
        self.headers = dict(headers or {})

    def document(self) -> dict[str, Any]:
        """`{"error": {...}}`; `type` and `param` are there for clients of OpenAI's interface, which look for them."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        error = {"code": self.code, "message": clean(self.message), "hint": clean(self.hint), "type": kind}
        return {"error": {**error, "param": None}}

    def reply(self) -> Reply:
        """The response."""
        return Reply(self.document(), self.status, self.headers)


def as_problem(error: Exception) -> Problem:
    """Any exception as a `Problem`; of one that nobody foresaw only its kind is told, for its words may be a page's."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, MmragError):
        status = 422 if error.code in ("locked", "damaged", "too_large", "unsupported", "failed") else 500
        return Problem(STATUS.get(error.code, status), error.code, error.message, error.hint)
    if isinstance(error, MemoryError):
        return Problem(503, "memory", "not enough memory", "Close other programs, or use a smaller model.")
    if isinstance(error, OSError) and error.strerror:
        place = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        return Problem(500, "system", f"{place}{error.strerror}", "Check that the place exists and can be used.")
    hint = "This is a fault of mmrag. Please report it with what the server wrote with MMRAG_DEBUG=1 set."
    return Problem(500, "fault", f"unexpected {type(error).__name__}", hint)
