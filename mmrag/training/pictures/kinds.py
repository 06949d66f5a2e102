"""The kinds of picture: a name, how often it is drawn, the shape of its sheet, and the function that draws it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from mmrag.training.pictures.sheet import Sheet

__all__ = ["KINDS", "Kind", "kind"]

Painter = TypeVar("Painter", bound=Callable[[Sheet], None])


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of picture. `group` is the coarse class that page regions are sorted by; `shapes` are width : height."""

    name: str
    group: str
    paint: Callable[[Sheet], None]
    weight: float
    shapes: tuple[float, float]
    dark: float


KINDS: dict[str, Kind] = {}


def kind(
    name: str, group: str, *, weight: float = 1.0, shapes: tuple[float, float] = (1.0, 1.8), dark: float = 0.0
) -> Callable[[Painter], Painter]:
    """Enter a painter under `name`. `dark` is the share of sheets with a dark ground."""

    def enter(paint: Painter) -> Painter:
        KINDS[name] = Kind(name, group, paint, weight, shapes, dark)
        return paint

    return enter
