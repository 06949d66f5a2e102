"""torch and the model libraries: imported once, offline, with errors that say what to do; device and precision.

Knows no model. Importing this module imports none of them.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from mmrag.embedders import cache
from mmrag.errors import MissingExtra, MmragError, ModelUnavailable, UsageError
from mmrag.types import Vectors

__all__ = ["batches", "choose_device", "choose_precision", "import_library", "loading"]

_GATE = 0.999
"""Least cosine to the float32 vectors of the sample at which a half precision is used."""

logger = logging.getLogger(__name__)


def import_library(name: str) -> Any:
    """A model library, with every connection to a hub switched off for the process.

    Raises `MissingExtra` where it is not installed and `MmragError` where torch and torchvision do not fit together.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    hub = sys.modules.get("huggingface_hub.constants")
    if hub is not None:  # imported before, when it read the variables
        hub.__dict__["HF_HUB_OFFLINE"] = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # their deprecations of one another are not the user's concern
            return import_module(name)
    except Exception as error:
        raise _import_problem(name, error) from error


def _import_problem(name: str, error: BaseException) -> MmragError:
    chain: BaseException | None = error
    while chain is not None:
        if "torchvision::nms does not exist" in str(chain):
            return MmragError(
                "the installed torchvision was built for another torch",
                "pip install --upgrade --force-reinstall torch torchvision",
            )
        chain = chain.__cause__ or chain.__context__
    if isinstance(error, ModuleNotFoundError):
        return MissingExtra(f"{error.name or name} is not installed", "pip install 'mmrag[models]'")
    return MmragError(f"{name} cannot be imported: {error}", "pip install --upgrade --force-reinstall 'mmrag[models]'")


@contextmanager
def loading(what: str) -> Iterator[None]:
    """Turns whatever a model library raises while it loads `what` into `ModelUnavailable`, and quietens it."""
    try:
        with warnings.catch_warnings(), _silent_logs():
            warnings.simplefilter("ignore")
            yield
    except MmragError:
        raise
    except Exception as error:
        problem = _import_problem(what, error)
        if "torchvision" in problem.message or isinstance(problem, MissingExtra):
            raise problem from error
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelUnavailable(
            f"{what} cannot be loaded: {lines[0]}", "Check that the folder is complete, or get the model again."
        ) from error


@contextmanager
def _silent_logs() -> Iterator[None]:
    """No messages of the libraries, such as that weights are random before they are loaded.

    They log to the root logger, which puts a handler of its own on a program that has none.
    """
    root, level, handler = logging.getLogger(), logging.root.manager.disable, logging.NullHandler()
    root.addHandler(handler)
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(level)
        root.removeHandler(handler)


def choose_device(device: str) -> str:
    """ "auto" is the first CUDA device if there is one, else the CPU. Raises `UsageError` for one that is not there."""
    torch = import_library("torch")
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        chosen = torch.device(device)
        usable = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
        if not usable.get(chosen.type, False) or (
            chosen.type == "cuda" and chosen.index is not None and chosen.index >= torch.cuda.device_count()
        ):
            raise UsageError(f"there is no device {device!r} here", "Use --device auto or --device cpu.")
    except RuntimeError as error:
        raise UsageError(f"there is no device {device!r}", "Use --device auto, cpu, cuda or cuda:0.") from error
    return str(device)


def choose_precision(model: Any, device: str, sample: Callable[[], Vectors], key: str) -> Any:
    """Move `model` to `device` in the quickest precision whose vectors hold; returns the torch dtype.

    `sample` embeds a few fixed inputs with the model as it stands. Half precision (fp16 or bf16 on CUDA, bf16 on CPUs
    with instructions for it) is used where every vector keeps a cosine of 0.999 to float32. The outcome is remembered
    under `key`, so that the two are not compared at every start.
    """
    torch = import_library("torch")
    kinds = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}
    half = ["fp16", "bf16"] if device.startswith("cuda") else ["bf16"] if device == "cpu" and _cpu_has_bf16() else []
    note = cache.cache_folder() / "precision" / f"{key}-{device.partition(':')[0]}-{'-'.join(half) or 'none'}.txt"
    try:
        kept = note.read_text("ascii").strip()
    except (OSError, ValueError):
        kept = ""
    if kept in kinds:
        model.to(device=device, dtype=kinds[kept])
        return kinds[kept]
    chosen = "fp32"
    if half:
        model.to(device=device, dtype=torch.float32)
        state = {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}
        wanted = sample()
        for name in half:
            model.to(dtype=kinds[name])
            cosine = float((wanted * sample()).sum(axis=1).min())
            logger.info("%s has a least cosine of %.5f to fp32", name, cosine)
            if cosine >= _GATE:  # also False for a vector that is not a number
                chosen = name
                break
            model.to(dtype=torch.float32).load_state_dict(state)
    model.to(device=device, dtype=kinds[chosen])
    cache.write_atomically(note, chosen.encode())
    return kinds[chosen]


def _cpu_has_bf16() -> bool:
    """Without instructions for bfloat16 it is slower than float32. Only Linux says which there are."""
    try:
        flags = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def batches(count: int, size: int, run: Callable[[slice], Vectors], dim: int) -> Vectors:
    """`run` on slices of at most `size`; halves the size where the device's memory does not suffice."""
    torch = import_library("torch")
    vectors = np.zeros((count, dim), np.float32)
    start = 0
    while start < count:
        part = slice(start, min(count, start + size))
        try:
            vectors[part] = run(part)
        except torch.cuda.OutOfMemoryError:
            if size == 1:
                raise
            size //= 2
            torch.cuda.empty_cache()
            continue
        start = part.stop
    return vectors
