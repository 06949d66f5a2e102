"""Every error a user can cause, with what to do about it.

    MmragError                    exit 1
    ├── UsageError                exit 2   an option, path or question that cannot be used
    │   └── PathNotFound          exit 2   none of the given paths exists
    ├── IndexBusy                 exit 3   another process writes to the index
    ├── NothingIndexed            exit 4   there is no index, or it is empty
    ├── AnswerRefused             exit 5   the evidence does not carry an answer
    ├── ModelUnavailable          exit 1   a model is neither on disk nor reachable
    ├── ModelMismatch             exit 1   the index was built by another model
    ├── MissingExtra              exit 1   an optional package is not installed
    ├── FormatTooNew              exit 1   the index was written by a newer mmrag
    ├── IndexDamaged              exit 1   the catalog cannot be read
    ├── StorageFull               exit 1   no space left, quota, or read-only
    ├── SourceChanged             exit 1   a file is not the one that was indexed
    └── FileProblem               exit 1   one file cannot be indexed; ends in its state, never stops a run
        ├── FileLocked            locked        needs a password
        ├── FileDamaged           damaged       broken, truncated, or empty
        ├── FileTooLarge          too_large     over a limit
        ├── FileUnsupported       unsupported   not a kind that is read here
        └── FileFailed            failed        anything else: permission, time-out, crash

The command line ends with the error's exit code; `--json` carries its `code`, message and hint.
"""

from __future__ import annotations

from typing import ClassVar

from mmrag.types import FileState

__all__ = [
    "AnswerRefused",
    "FileDamaged",
    "FileFailed",
    "FileLocked",
    "FileProblem",
    "FileTooLarge",
    "FileUnsupported",
    "FormatTooNew",
    "IndexBusy",
    "IndexDamaged",
    "MissingExtra",
    "MmragError",
    "ModelMismatch",
    "ModelUnavailable",
    "NothingIndexed",
    "PathNotFound",
    "SourceChanged",
    "StorageFull",
    "UsageError",
]


class MmragError(Exception):
    """Root of the tree. `hint` says what to do; `code` is the stable name that JSON output carries."""

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "error"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    # Exceptions cross process borders by their args; without this the hint would be lost there.
    def __reduce__(self) -> tuple[type[MmragError], tuple[str, str]]:
        return type(self), (self.message, self.hint)


class UsageError(MmragError):
    """An option, path or question that cannot be used."""

    exit_code = 2
    code = "usage"


class PathNotFound(UsageError):
    """None of the given paths exists."""

    code = "path_not_found"


class IndexBusy(MmragError):
    """Another process writes to the index."""

    exit_code = 3
    code = "index_busy"


class NothingIndexed(MmragError):
    """There is no index, or it is empty."""

    exit_code = 4
    code = "nothing_indexed"


class AnswerRefused(MmragError):
    """The evidence does not carry an answer."""

    exit_code = 5
    code = "refused"


class ModelUnavailable(MmragError):
    """A model is neither on disk nor reachable."""

    code = "model_unavailable"


class ModelMismatch(MmragError):
    """The index was built by another model."""

    code = "model_mismatch"


class MissingExtra(MmragError):
    """An optional package is not installed."""

    code = "missing_extra"


class FormatTooNew(MmragError):
    """The index was written by a newer mmrag."""

    code = "format_too_new"


class IndexDamaged(MmragError):
    """The catalog cannot be read."""

    code = "index_damaged"


class StorageFull(MmragError):
    """No space left, quota exceeded, or read-only."""

    code = "storage_full"


class SourceChanged(MmragError):
    """A file is not the one that was indexed."""

    code = "source_changed"


class FileProblem(MmragError):
    """One file cannot be indexed. It ends in `state`; the run goes on."""

    code = "file_problem"
    state: ClassVar[FileState] = "failed"


class FileLocked(FileProblem):
    """Needs a password."""

    code = state = "locked"


class FileDamaged(FileProblem):
    """Broken, truncated, or empty."""

    code = state = "damaged"


class FileTooLarge(FileProblem):
    """Over a limit that protects the machine."""

    code = state = "too_large"


class FileUnsupported(FileProblem):
    """Not a kind of file that is read here."""

    code = state = "unsupported"


class FileFailed(FileProblem):
    """Anything else: no permission, too slow, a crashed reader."""

    code = state = "failed"
