"""What is needed to go on exactly: weights, optimiser, random numbers and step, as safetensors and JSON.

Written as a crash-safe snapshot with checksums: a kill at any point leaves the old checkpoint or the new one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmrag.durable import HEAD_FILE, Head, open_snapshot, write_snapshot
from mmrag.embedders.torch_runtime import import_library
from mmrag.errors import ModelUnavailable
from mmrag.training.towers import Towers

__all__ = ["has_checkpoint", "load_checkpoint", "save_checkpoint"]

_FORMAT = "mmrag-training-1"
_RNG, _CUDA_RNG = "rng", "rng_cuda"


def has_checkpoint(folder: Path) -> bool:
    """Whether there is one, whole or not."""
    return (folder / HEAD_FILE).exists()


def save_checkpoint(folder: Path, towers: Towers, optimizer: Any, step: int, state: Mapping[str, Any]) -> None:
    """Replace the checkpoint in `folder`. `step`: steps done; `state`: plain values. Raises `StorageFull`."""
    from safetensors.torch import save

    torch = import_library("torch")
    moments: dict[str, Any] = {_RNG: torch.get_rng_state()}
    if torch.cuda.is_available():
        moments[_CUDA_RNG] = torch.cuda.get_rng_state()
    for name, parameter in towers.parameters().items():
        for key, value in optimizer.state.get(parameter, {}).items():
            moments[f"{key}:{name}"] = value.detach().cpu().contiguous()
    # Several names of one tensor would not be written: they are the same numbers, but a file holds each.
    weights = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in towers.state().items()}
    files = {
        "weights": [save(weights)],
        "optimizer": [save(moments)],
        "state": [json.dumps(dict(state)).encode()],
    }
    write_snapshot(folder, Head(_FORMAT, step, len(weights)), files)


def load_checkpoint(folder: Path, towers: Towers, optimizer: Any) -> tuple[int, dict[str, Any]]:
    """Put the checkpoint into the towers and the optimiser; returns the steps done and the plain values.

    Raises `ModelUnavailable` for one that is damaged, `UsageError` for one of another model.
    """
    from safetensors.torch import load

    snapshot = open_snapshot(folder, _FORMAT)
    if snapshot is None:
        raise ModelUnavailable(
            f"the checkpoint in {folder} is damaged or incomplete",
            "Its bytes are not those that were written, so it cannot be resumed: begin again in another folder.",
        )
    torch = import_library("torch")
    towers.restore(load(bytes(snapshot.files["weights"])))
    moments = load(bytes(snapshot.files["optimizer"]))
    for name, parameter in towers.parameters().items():
        kept = {key.partition(":")[0]: value for key, value in moments.items() if key.partition(":")[2] == name}
        if kept:
            # The count of steps stays where the optimiser wants it: on the CPU.
            optimizer.state[parameter] = {
                key: value if key == "step" else value.to(parameter.device) for key, value in kept.items()
            }
    torch.set_rng_state(moments[_RNG])
    if _CUDA_RNG in moments and torch.cuda.is_available():
        torch.cuda.set_rng_state(moments[_CUDA_RNG])
    state: dict[str, Any] = json.loads(bytes(snapshot.files["state"]))
    return snapshot.head.generation, state
