"""Which encoders an index was built with, and the same ones again: another model's vectors mean nothing to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mmrag import embedders
from mmrag.catalog import Catalog
from mmrag.config import Config
from mmrag.errors import ModelMismatch

if TYPE_CHECKING:
    from mmrag.protocols import Embedder

__all__ = ["SPACES", "Models", "forget_models", "name_models"]

SPACES = ("text", "pixels")
"""Vector spaces; each has its own embedder, and a channel of the same name."""


def name_models(catalog: Catalog, config: Config, *, anew: bool = False) -> Config:
    """The settings with `text` and `pixels` filled in: as named, else by the profile, else as the index was built.

    `anew`: as for an index that nothing has built yet. Raises `ModelMismatch` where the index has vectors of a space
    and the settings have none, or the reverse.
    """
    built = {space: name for space in SPACES if not anew and (name := catalog.get_meta(f"model:{space}"))}
    names: Mapping[str, str | None] = built
    if config.profile != "auto" or not built:
        profile = embedders.resolve_profile(config.profile)
        config = replace(config, profile=profile.name)
        names = {"text": profile.text, "pixels": profile.pixels}
    text, pixels = (getattr(config, space) or names.get(space) or "none" for space in SPACES)
    config = replace(config, text=text, pixels=pixels)
    for space, name in built.items():
        if (getattr(config, space) == "none") != (name == "none"):
            raise _mismatch(space, name, getattr(config, space))
    return config


def forget_models(catalog: Catalog) -> None:
    """Take the models out of an emptied catalog, so that others can build it."""
    for space in SPACES:
        for key in ("model", "space", "dim"):
            catalog.set_meta(f"{key}:{space}", None)


class Models(Mapping[str, "Embedder"]):
    """The embedder of each space that has one; loaded at first use, and refused if another one built the index.

    `config` must name both models, as `name_models` does.
    """

    def __init__(self, catalog: Catalog, config: Config) -> None:
        self._catalog = catalog
        names = {"text": config.text, "pixels": config.pixels}
        self._names = {space: name for space, name in names.items() if name and name != "none"}
        self._device = config.device
        self._loaded: dict[str, Embedder] = {}
        self._fits: set[str] = set()

    def load(self) -> None:
        """Load every embedder, whatever built the index: one that cannot be used is known before a word is changed."""
        for space, name in self._names.items():
            if space not in self._loaded:
                self._loaded[space] = embedders.load(name, self._device)

    def __getitem__(self, space: str) -> Embedder:
        if space not in self._fits:
            name = self._names[space]
            if space not in self._loaded:
                self._loaded[space] = embedders.load(name, self._device)
            model = self._loaded[space]
            built_by = self._catalog.get_meta(f"space:{space}")
            if built_by is None:
                self._catalog.set_meta(f"dim:{space}", str(model.dim))
                self._catalog.set_meta(f"space:{space}", model.fingerprint)
            elif built_by != model.fingerprint:
                raise _mismatch(space, self._catalog.get_meta(f"model:{space}") or "another model", name)
            self._fits.add(space)
        return self._loaded[space]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def loaded(self, space: str) -> Embedder | None:
        """The embedder of a space where a search has loaded it; loads nothing."""
        return self._loaded.get(space) if space in self._fits else None

    def name(self, space: str) -> str:
        """The id that the embedder of a space is loaded by."""
        return self._names[space]

    def built(self, space: str) -> tuple[str, int] | None:
        """Fingerprint and dimension of the model that built a space, None where nothing was built yet."""
        fingerprint, dim = self._catalog.get_meta(f"space:{space}"), self._catalog.get_meta(f"dim:{space}")
        return (fingerprint, int(dim)) if fingerprint and dim else None

    def record(self) -> None:
        """Keep the names of the models in a catalog that has none; one of another name has to be the same model."""
        names = {space: self._names.get(space, "none") for space in SPACES}
        kept = {space: self._catalog.get_meta(f"model:{space}") for space in SPACES}
        if None in kept.values():
            self.load()  # a model that cannot be used must not be remembered
        for space, name in names.items():
            if kept[space] is None:
                self._catalog.set_meta(f"model:{space}", name)
            elif kept[space] != name:
                self[space]


def _mismatch(space: str, built: str, wanted: str) -> ModelMismatch:
    said = f"the {space} vectors of this index were made by {built}, not by {wanted}"
    if built == "none":
        said = f"this index was built without {space} vectors, so it cannot take those of {wanted}"
    elif wanted == "none":
        said = f"this index has {space} vectors, made by {built}, and cannot go on without"
    return ModelMismatch(
        said,
        "Use the index's own model, give --rebuild to index everything again with the new one, or use another --index.",
    )
