"""One frozen `Config` of plain values: keyword > environment > the index's own > default.

Holds names of models and parts, never live objects; knows neither what the names mean nor whether they exist.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from mmrag.errors import StorageFull, UsageError

__all__ = ["CONFIG_FILE", "Config", "expanded", "index_folder", "load_config", "save_config"]

CONFIG_FILE = "config.json"
_KINDS: Mapping[str, type] = {"workers": int, "exclude": tuple, "examples": bool, "steps": bool}
_SWITCHES = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting of an index. `pixels`, `text` and `ocr` are names that `mmrag.registry` and the parts resolve.

    `pixels` and `text` are None where the profile decides and "none" where the channel is switched off. `ocr` is
    "auto", "off" or languages such as "ko+en". `workers` 0 means one for each core. `examples` and `steps` say how the
    model that `llm` names is asked: with answered examples before the question, and to look and read before it answers.
    """

    profile: str = "auto"
    pixels: str | None = None
    text: str | None = None
    ocr: str = "auto"
    regions: str = "all"
    catalog: str | None = None
    llm: str = "none"
    device: str = "auto"
    workers: int = 0
    exclude: tuple[str, ...] = ()
    examples: bool = False
    steps: bool = False

    def __post_init__(self) -> None:
        """Raises `UsageError` for values that no part could use."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, _KINDS.get(field.name, str)) and value is not None:
                raise UsageError(f"{field.name} cannot be {value!r}", "Mend the setting, or delete config.json.")
        if self.regions not in ("page", "all"):
            raise UsageError(f"regions cannot be {self.regions!r}", "Use --regions page or --regions all.")
        if self.workers < 0:
            raise UsageError(f"workers cannot be {self.workers}", "Use 0 for one worker a core, or a positive number.")


_KEPT = tuple(
    field.name
    for field in fields(Config)
    if field.name not in ("catalog", "workers", "device", "llm", "examples", "steps")
)


def expanded(path: str | os.PathLike[str]) -> Path:
    """An absolute path with `~` put in where there is such a home, links and dots kept as they are."""
    return Path(os.path.expanduser(path)).absolute()  # noqa: PTH111  (Path's own raises where no home is known)


def index_folder(name: str | os.PathLike[str] | None = None) -> Path:
    """The folder of an index: a path if `name` has a separator or is an index folder, else `indexes/<name>`.

    None means `MMRAG_INDEX`, or `default`. Raises `UsageError` for an empty name.
    """
    text = os.fspath(name) if name is not None else os.environ.get("MMRAG_INDEX") or "default"
    if not text.strip():
        raise UsageError("the name of the index is empty", "Give a name or a folder to --index.")
    is_path = os.sep in text or (os.altsep and os.altsep in text) or text in (".", "..")
    if is_path or os.path.isfile(os.path.join(text, CONFIG_FILE)):  # noqa: PTH113, PTH118  (False for any odd name)
        return expanded(text)
    return Path("indexes", text).absolute()


def load_config(folder: Path, keywords: Mapping[str, Any] | None = None) -> Config:
    """Settings for the index in `folder`, which need not exist. Raises `UsageError` for unknown or unusable values."""
    known = {field.name for field in fields(Config)}
    unknown = sorted(set(keywords or {}) - known)
    if unknown:
        raise UsageError(f"there is no setting {unknown[0]!r}", f"Settings: {', '.join(sorted(known))}.")
    environment = {name: os.environ.get(f"MMRAG_{name.upper()}") or None for name in known}
    values: dict[str, Any] = {}
    for source in (_stored(folder, known), environment, keywords or {}):
        given = {name: value for name, value in source.items() if value is not None}
        if given.get("profile", "auto") != "auto":
            # A profile named later replaces the models that an earlier source named one by one.
            values.pop("pixels", None)
            values.pop("text", None)
        elif "profile" in values:
            given.pop("profile", None)
        values.update(given)
    if isinstance(values.get("exclude"), str):
        values["exclude"] = values["exclude"].split(os.pathsep)
    values["exclude"] = tuple(values.get("exclude", ()))
    for name in ("examples", "steps"):
        if isinstance(values.get(name), str):
            values[name] = _switch(name, values[name])
    try:
        values["workers"] = int(values.get("workers", 0))
    except (TypeError, ValueError) as error:
        raise UsageError(f"workers cannot be {values['workers']!r}", "Use a number.") from error
    return replace(Config(), **values)


def _switch(name: str, text: str) -> bool:
    """A setting that is on or off, as the environment gives it; raises `UsageError`."""
    found = _SWITCHES.get(text.strip().lower())
    if found is None:
        raise UsageError(f"{name} cannot be {text!r}", "Use 1 or 0.")
    return found


def _stored(folder: Path, known: Set[str]) -> dict[str, Any]:
    file = folder / CONFIG_FILE
    if not file.is_file():
        return {}
    try:
        stored = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{file} cannot be read: {error}", "Mend or delete it; the next index run writes it anew."
        ) from error
    if not isinstance(stored, dict):
        raise UsageError(f"{file} holds no settings", "Delete it; the next index run writes it anew.")
    return {name: value for name, value in stored.items() if name in known}


def save_config(folder: Path, config: Config) -> None:
    """Keep what belongs to the index.

    Not what belongs to the machine or the asker: workers, device, llm and how it is asked; nor secrets: the catalog's
    address.

    Raises `StorageFull` where it cannot be written; the settings kept before are then still whole.
    """
    kept = {name: value for name, value in asdict(config).items() if name in _KEPT}
    temporary = folder / (CONFIG_FILE + ".tmp")
    try:
        with temporary.open("w", encoding="utf-8") as stream:
            json.dump(kept, stream, indent=2, ensure_ascii=False)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(folder / CONFIG_FILE)
    except OSError as error:
        raise StorageFull(
            f"{folder / CONFIG_FILE} cannot be written: {error.strerror}",
            "Free some space or make the folder writable, then run it again; what was saved is kept.",
        ) from error
