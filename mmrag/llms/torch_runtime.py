"""torch and transformers for language models: imported offline and quietly, device and number format chosen.

Knows no model. Importing this module imports none of them.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from mmrag.errors import MissingExtra, MmragError, ModelUnavailable, UsageError

__all__ = ["choose_device", "choose_dtype", "four_bit", "import_library", "on_disk", "quietly"]


def import_library(name: str) -> Any:
    """A model library, with every connection to a hub switched off. Raises `MissingExtra`, `ModelUnavailable`."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    hub = sys.modules.get("huggingface_hub.constants")
    if hub is not None:  # imported before, when it read the variables
        hub.__dict__["HF_HUB_OFFLINE"] = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # their deprecations of one another are not the user's concern
            return import_module(name)
    except ModuleNotFoundError as error:
        raise MissingExtra(f"{error.name or name} is not installed", "pip install 'mmrag[models]'") from error
    except Exception as error:
        raise ModelUnavailable(
            f"{name} cannot be imported: {error}", "pip install --upgrade --force-reinstall 'mmrag[models]'"
        ) from error


def on_disk(argument: str) -> Path:
    """The folder that an id's argument names: a path, or a model that was downloaded before. Opens no connection.

    Raises `ModelUnavailable` where it is not there, or holds no whole model in safetensors.
    """
    folder = Path(argument).expanduser()
    if not argument or not folder.is_dir():
        try:
            found = import_library("huggingface_hub").snapshot_download(argument, local_files_only=True)
        except MmragError:
            raise
        except Exception as error:  # the hub's library raises kinds of its own, also for a name that cannot be
            raise ModelUnavailable(
                f"{argument!r} is not on disk; nothing was downloaded",
                f"Get it with `mmrag models --get hf:{argument}`, or name a local folder: hf:FOLDER.",
            ) from error
        folder = Path(found)
    if not (folder / "config.json").is_file():
        raise ModelUnavailable(f"{folder} holds no config.json", "Name the folder of a model for transformers.")
    if not [*folder.glob("*.safetensors")]:
        raise ModelUnavailable(
            f"{folder} holds no safetensors weights", "Only safetensors are loaded; convert the model, or get it again."
        )
    return folder


def choose_device(device: str) -> str:
    """ "auto" is CUDA if there is one, else the CPU. Raises `UsageError` for a device that is not there."""
    torch = import_library("torch")
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise UsageError(f"there is no device {device!r}", "Use --device auto, cpu, cuda or cuda:0.") from error
    usable = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not usable.get(chosen.type, False) or (chosen.index or 0) >= max(1, torch.cuda.device_count()):
        raise UsageError(f"there is no device {device!r} here", "Use --device auto or --device cpu.")
    return device


def choose_dtype(device: str) -> Any:
    """bfloat16 where the device has instructions for it, else float16 on a GPU and float32 on a CPU."""
    torch = import_library("torch")
    if device.startswith("cuda"):
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device == "mps":
        return torch.float16
    try:
        flags = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:  # only Linux says which instructions there are
        flags = ""
    return torch.bfloat16 if "avx512_bf16" in flags or "amx_bf16" in flags else torch.float32


def four_bit(dtype: Any) -> Any:
    """The settings of bitsandbytes for weights of 4 bits. Raises `MissingExtra` where it is not installed."""
    for name in ("bitsandbytes", "accelerate"):
        if importlib.util.find_spec(name) is None:
            raise MissingExtra(f"{name} is not installed, which @4bit needs", "pip install bitsandbytes accelerate")
    library = import_library("transformers")
    return library.BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)


@contextmanager
def quietly() -> Iterator[None]:
    """No warnings and no log messages of the libraries, which are not the user's concern."""
    root, level, handler = logging.getLogger(), logging.root.manager.disable, logging.NullHandler()
    root.addHandler(handler)
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
        root.removeHandler(handler)
