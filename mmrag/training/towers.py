"""A dual encoder while it is trained: its features, which of its weights may change, and its state by name.

Knows nothing of data, steps or files.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from mmrag.embedders.clip import Loaded
from mmrag.embedders.preprocessing import Recipe
from mmrag.embedders.torch_runtime import import_library
from mmrag.errors import UsageError
from mmrag.training.losses import MAX_SCALE, Tensor
from mmrag.training.starting import initial_scale

__all__ = ["Side", "Towers", "Trains", "convolves"]

Trains: TypeAlias = Literal["all", "image", "blocks", "adapter"]
"""What may change: everything, all but the text tower, the last blocks of both towers, or an adapter behind each."""
Side: TypeAlias = Literal["image", "text"]

# Where the last linear map of a tower lies: parameters of shape (width, dim), and linear layers.
_MATRICES: Mapping[Side, tuple[str, ...]] = {
    "image": ("visual.proj",),
    "text": ("text_projection", "text.text_projection"),
}
_LINEARS: Mapping[Side, tuple[str, ...]] = {
    "image": (
        "visual.head.proj",
        "visual.trunk.classifier",
        "visual.trunk.head.fc",
        "visual.trunk.head",
        "visual.trunk.fc",
        "visual_projection",
    ),
    "text": ("text.proj.2", "text.proj", "text_projection", "text.text_projection", "text_model.head"),
}
_BEHIND_BLOCKS = re.compile(
    r"(^|\.)(proj|head|conv_head|norm_head|classifier|fc|norm|fc_norm|ln_post|ln_final|attn_pool|post_layernorm|final_layer_norm|final_layernorm"
    r"|text_projection|visual_projection)(\.|$)"
)
_LIKE = 64
"""Texts that are encoded together."""
_OWN_SCALE = frozenset({"logit_scale", "logit_bias"})


class Towers:
    """`trained`: what may change; `blocks`: how many last blocks, where that is "blocks".

    `loss` and `pairs` (of a step) decide where scale and bias begin that the model does not bring.

    Raises `UsageError` for a model that cannot be trained so.
    """

    def __init__(
        self, start: Loaded, trained: Trains = "all", *, blocks: int = 1, loss: str = "infonce", pairs: int = 64
    ) -> None:
        self.start = start
        self.model = start.tower.model
        self.trained = trained
        recipe = start.tower.recipe
        if not isinstance(recipe, Recipe):
            raise UsageError("a model that keeps the shape of pictures cannot be trained here", "Name another model.")
        self.recipe = recipe
        self._torch = import_library("torch")
        self.convolves = convolves(self.model)
        parameter = self._torch.nn.Parameter
        scale, bias = initial_scale(loss, pairs)
        own = dict(self.model.named_parameters())
        self.log_scale = parameter(self._torch.tensor(_value(own.get("logit_scale"), scale)))
        self.bias = parameter(self._torch.tensor(_value(own.get("logit_bias"), bias)))
        self.bias.requires_grad_(loss == "sigmoid")
        self.adapters: dict[Side, Any] = {}
        self._choose(trained, blocks)

    def to(self, device: str) -> None:
        """Move all that there is to a device."""
        self.model.to(device)
        if self.convolves:
            self.model.to(memory_format=self._torch.channels_last)  # half as slow again without, on CPUs
        for parameter in (self.log_scale, self.bias, *self.adapters.values()):
            parameter.data = parameter.data.to(device)

    @property
    def scale(self) -> Tensor:
        """What cosines are multiplied by."""
        return self.log_scale.exp()

    def clamp(self) -> None:
        """Keep the scale at most at `MAX_SCALE`."""
        self.log_scale.data.clamp_(max=math.log(MAX_SCALE))

    def image_features(self, pixels: Tensor) -> Tensor:
        """From uint8 (n, 3, height, width), fitted by the recipe, to rows of length 1, float32."""
        torch, recipe = self._torch, self.recipe
        std = torch.tensor(recipe.std, device=pixels.device)[:, None, None]
        mean = torch.tensor(recipe.mean, device=pixels.device)[:, None, None]
        normal = pixels.float() * (recipe.scale / std) - mean / std
        if self.convolves:
            normal = normal.contiguous(memory_format=torch.channels_last)
        return self._finish("image", self.start.tower.image_features(pixels=normal))

    def text_features(self, texts: Sequence[str]) -> Tensor:
        """Rows of length 1, float32."""
        # Texts of like length go together, because towers that can leave out what is behind the longest.
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        parts = [order[start : start + _LIKE] for start in range(0, len(order), _LIKE)]
        rows = self._torch.cat([self._texts([texts[place] for place in part]) for part in parts])
        return self._finish("text", rows[np.argsort(order)])

    def _texts(self, texts: Sequence[str]) -> Tensor:
        tokens = self.start.tower.tokenize(texts)
        moved = {name: tensor.to(self.log_scale.device) for name, tensor in tokens.items()}
        return self.start.tower.text_features(**moved)

    def train(self, on: bool = True) -> None:
        """Training or measuring; what is frozen stays as in measuring (dropout, running means)."""
        self.model.train(on)
        for module in self.model.modules() if on else ():
            parameters = list(module.parameters())
            if parameters and not any(parameter.requires_grad for parameter in parameters):
                module.eval()

    def parameters(self) -> dict[str, Any]:
        """What may change, by name."""
        found = {f"model.{name}": one for name, one in self.model.named_parameters() if one.requires_grad}
        found |= {f"adapter.{side}": one for side, one in self.adapters.items()}
        found["log_scale"] = self.log_scale
        if self.bias.requires_grad:
            found["bias"] = self.bias
        return found

    def state(self) -> dict[str, Tensor]:
        """All that changes in training, running means among it, by name; tensors are the model's own."""
        buffers = {f"model.{name}": one for name, one in self.model.named_buffers()}
        kept = {f"model.{name}" for name in self.model.state_dict()}
        found = {name: one for name, one in buffers.items() if name in kept}
        return {**found, **{name: one.data for name, one in self.parameters().items()}}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take what `state` gave. Raises `UsageError` where names or shapes are others."""
        own = self.state()
        if {name: one.shape for name, one in own.items()} != {name: one.shape for name, one in state.items()}:
            raise UsageError("the checkpoint is of another model", "Resume with the options that it was begun with.")
        for name, tensor in own.items():
            tensor.copy_(state[name])

    def merged(self) -> dict[str, Tensor]:
        """The model's weights by its own names, on the CPU, scale and adapters worked in.

        f + f A is f (I + A), so an adapter behind a linear map is a linear map: the model is loaded as any other.
        """
        state = {name: one.detach().cpu().clone() for name, one in self.model.state_dict().items()}
        for name, own in (("logit_scale", self.log_scale), ("logit_bias", self.bias)):
            if name in state:
                state[name] = own.detach().cpu().reshape(state[name].shape).to(state[name].dtype).clone()
        for side, adapter in self.adapters.items():
            change = self._torch.eye(len(adapter)) + adapter.detach().cpu()
            matrix, linear = self._last(side)
            if matrix:
                state[matrix] = state[matrix] @ change
            else:
                state[f"{linear}.weight"] = change.T @ state[f"{linear}.weight"]
                if f"{linear}.bias" in state:
                    state[f"{linear}.bias"] = state[f"{linear}.bias"] @ change
        return state

    def _finish(self, side: Side, features: Tensor) -> Tensor:
        features = features.float()
        if side in self.adapters:
            features = features + features @ self.adapters[side]
        return self._torch.nn.functional.normalize(features, dim=-1)

    def _choose(self, trained: Trains, blocks: int) -> None:
        named = dict(self.model.named_parameters())
        allowed = {"all": set(named), "image": _of_images(named), "blocks": set[str](), "adapter": set[str]()}[trained]
        if trained == "blocks":
            allowed = self._last_blocks(named, blocks)
        for name, parameter in named.items():
            parameter.requires_grad_(name in allowed and name not in _OWN_SCALE)
        if trained == "adapter":
            for side in ("image", "text"):
                self._adapt(side)
            if not self.adapters:
                raise UsageError("this model has no projection that an adapter fits behind", "Use --blocks N instead.")

    def _adapt(self, side: Side) -> None:
        matrix, linear = self._last(side)
        state = self.model.state_dict()
        if matrix or linear:
            dim = state[matrix].shape[1] if matrix else state[f"{linear}.weight"].shape[0]
            self.adapters[side] = self._torch.nn.Parameter(self._torch.zeros(dim, dim))

    def _last(self, side: Side) -> tuple[str, str]:
        """Name of the last matrix of a tower, or of its last linear layer; ("", "") where it ends otherwise."""
        state = self.model.state_dict()
        matrix = next((name for name in _MATRICES[side] if name in state), "")
        linear = next((name for name in _LINEARS[side] if f"{name}.weight" in state), "")
        return matrix, "" if matrix else linear

    def _last_blocks(self, named: Mapping[str, Any], blocks: int) -> set[str]:
        """Parameters of the last blocks of both towers and of what lies behind them."""
        images = _of_images(named)
        found: set[str] = set()
        for tower in (images, set(named) - images):
            stack, count = self._stack(tower)
            if not stack:
                raise UsageError("this model has no stack of blocks", "Train all of it, or use --adapter.")
            last = tuple(f"{stack}.{number}." for number in range(max(0, count - blocks), count))
            inside = {name for name in tower if name.startswith(f"{stack}.")}
            found |= {name for name in inside if name.startswith(last)}
            found |= {name for name in tower - inside if _BEHIND_BLOCKS.search(name)}
        return found

    def _stack(self, tower: set[str]) -> tuple[str, int]:
        """The list of blocks with the most weights in a tower, and how many there are."""
        kinds = (self._torch.nn.ModuleList, self._torch.nn.Sequential)
        best, most = ("", 0), 0
        for name, module in self.model.named_modules():
            inside = [one for one in tower if name and one.startswith(f"{name}.")]
            if isinstance(module, kinds) and len(module) > 1 and inside:
                weights = sum(parameter.numel() for parameter in module.parameters())
                if weights > most:
                    best, most = (name, len(module)), weights
        return best


def convolves(model: Any) -> bool:
    """Whether a model's images go through convolutions, which take any size."""
    convolution = import_library("torch").nn.Conv2d
    return sum(isinstance(module, convolution) for module in model.modules()) > 2


def _of_images(names: Mapping[str, Any]) -> set[str]:
    return {name for name in names if name.startswith(("visual.", "vision_model.", "visual_projection."))}


def _value(parameter: Any, default: float) -> float:
    return default if parameter is None else float(parameter.detach().reshape(-1)[0])
