"""The views of a picture whose mean vector stands for it: the whole at several sizes, and parts of it.

A small encoder errs otherwise at each size and on each part, and the mean of what it makes of several errs less (multi-
scale and multi-crop testing: Krizhevsky et al. 2012, Szegedy et al. 2015). One picture costs as many runs as it has
views, so a model says which are worth it. Knows pixels, no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["View"]

Pixels = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class View:
    """The whole picture at one size, or square parts of it.

    `edge`: height and width of the whole in pixels. `share`: of its sides that a part takes; 1 is the whole. `corners`:
    where the parts begin, (x, y) from 0 (left, top) to 1 (as far right, as far down as they fit). `weight`: what all
    parts of the view together count in the mean.
    """

    edge: int
    share: float = 1.0
    corners: tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    weight: float = 1.0

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> View:
        """From what `dataclasses.asdict` made of one, by way of JSON. Raises KeyError, TypeError, ValueError."""
        corners = tuple((float(x), float(y)) for x, y in settings["corners"])
        view = cls(int(settings["edge"]), float(settings["share"]), corners, float(settings["weight"]))
        if not (view.edge > 0 and 0 < view.share <= 1 and view.corners and view.weight > 0):
            raise ValueError(f"no view of a picture: {settings}")
        return view

    def parts(self, whole: Pixels) -> Pixels:
        """The view cut from a picture of shape (3, edge, edge); shape (number of corners, 3, side, side)."""
        side = round(self.edge * self.share)
        room = self.edge - side
        places = [(round(x * room), round(y * room)) for x, y in self.corners]
        return np.stack([whole[:, top : top + side, left : left + side] for left, top in places])
