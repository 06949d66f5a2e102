"""The Hugging Face cache as it lies on disk: is a model there, and where. Imports no library, opens no connection.

Layout (huggingface_hub): `models--ORG--NAME/refs/main` names a commit, `snapshots/COMMIT/` holds its files.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["hub_cache", "local_folder", "snapshot"]


def hub_cache() -> Path:
    """`HF_HUB_CACHE`, else `HF_HOME`/hub, else ~/.cache/huggingface/hub, as huggingface_hub has it."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if folder := os.environ.get(name):
            return Path(folder).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").expanduser() / "huggingface" / "hub"


def snapshot(repository: str) -> Path | None:
    """The folder of the newest complete files of `ORG/NAME`, or None where it was never downloaded."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        return None
    folder = hub_cache() / ("models--" + repository.replace("/", "--"))
    try:
        commit = (folder / "refs" / "main").read_text("utf-8").strip()
        found = folder / "snapshots" / commit
        if commit and found.is_dir():
            return found
        snapshots = sorted((folder / "snapshots").iterdir(), key=lambda one: one.stat().st_mtime)
    except (OSError, ValueError):
        return None
    return snapshots[-1] if snapshots else None


def local_folder(argument: str) -> Path | None:
    """The folder that an id's argument names: a path of a folder, or a repository that was downloaded."""
    path = Path(argument).expanduser()
    if argument and path.is_dir():
        return path
    return snapshot(argument)
