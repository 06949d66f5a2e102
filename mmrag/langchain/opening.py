"""What LangChain's parts have in common here: the index that they stand on, and how they are kept and sent.

A part made from the name of an index can be pickled and serialised, and opens the index again where it is read. One
made around an open corpus cannot, and says so: what is open in this process means nothing in another.
"""

from __future__ import annotations

import os
from typing import Any

from langchain_core.load.dump import dumpd
from langchain_core.load.serializable import Serializable, SerializedConstructor, SerializedNotImplemented
from pydantic import ConfigDict, Field, field_validator, model_validator
from typing_extensions import Self

from mmrag import llms
from mmrag.config import index_folder
from mmrag.corpus import Corpus
from mmrag.corpus.given_models import use_llm
from mmrag.corpus.pages import IndexedPages
from mmrag.errors import UsageError
from mmrag.llms import Options
from mmrag.protocols import VisionLLM
from mmrag.types import Filters

__all__ = ["STRICT", "AsksModel", "OverIndex", "filters_json", "vision_llm"]

STRICT = ConfigDict(arbitrary_types_allowed=True, extra="forbid")
"""A mistyped option is refused. Named in each part, since LangChain's own bases would let it pass."""


def vision_llm(chat_model: Any, *, options: Options | None = None) -> VisionLLM:
    """A chat model of LangChain as the `VisionLLM` that generation and verification ask.

    `options` limit tokens, seconds, and the number and size of pictures. Raises `UsageError` for what is no chat model.
    """
    return llms.from_langchain(chat_model, options=options)


def filters_json(filters: Filters | None) -> dict[str, Any] | None:
    """Filters as plain values, which `Filters(**...)` and the parts here read back; None for none."""
    if filters is None:
        return None
    since, until = (moment and moment.isoformat() for moment in (filters.since, filters.until))
    return {"paths": list(filters.paths), "kinds": list(filters.kinds), "since": since, "until": until}


class OverIndex(Serializable):
    """Stands on one index: the one named by `index` (as in `Corpus`; None for the default), or the `corpus` given.

    `settings` are fields of `mmrag.config.Config` for an index that is named. Nothing is opened before it is needed.
    Use it as a context manager, or call `close`; a corpus that was given stays its owner's to close.
    """

    index: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict, repr=False)
    corpus: Corpus | None = Field(default=None, exclude=True, repr=False)

    model_config = STRICT

    @field_validator("index", mode="before")
    @classmethod
    def _as_text(cls, index: Any) -> Any:
        return os.fspath(index) if isinstance(index, os.PathLike) else index

    @model_validator(mode="after")
    def _stand(self) -> Self:
        """Raises `UsageError` where index and corpus are not the same, or settings are given for an open corpus."""
        if self.corpus is None:
            self.index = str(index_folder(self.index))  # whole, so that it is the same one from every working folder
            self.corpus = Corpus(self.index, **self.settings)
        elif self.index is None and self.settings:
            raise UsageError("settings are for an index that is named", "Give them to the Corpus itself.")
        elif self.index is not None and index_folder(self.index) != self.corpus.folder:
            raise UsageError(f"the corpus is not that of {self.index}", "Give either index or corpus.")
        return self

    @property
    def over(self) -> Corpus:
        """The corpus that this part stands on."""
        if self.corpus is None:
            raise UsageError("this part stands on no index", "Make a new one.")
        return self.corpus

    @property
    def pages(self) -> IndexedPages:
        """The pages and regions of the index, by name and id."""
        return IndexedPages(self.over)

    def close(self) -> None:
        """Let go of an index that was named; what is used again opens it anew."""
        if self.index is not None:
            self.over.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Yes: a name and plain values. `langchain_core.load.loads` must be told to allow the class."""
        return True

    @property
    def lc_attributes(self) -> dict[str, Any]:
        """Filters as plain values; settings without the catalog's address, which may hold a password."""
        filters = getattr(self, "filters", None)
        plain = {"filters": filters_json(filters)} if isinstance(filters, Filters) else {}
        kept = {name: value for name, value in self.settings.items() if name != "catalog"}
        return plain if kept == self.settings else {**plain, "settings": kept}

    def to_json(self) -> SerializedConstructor | SerializedNotImplemented:
        """The constructor call that makes this again; "not implemented" for a part around an open corpus.

        A catalog's address is left to MMRAG_CATALOG where the call is made.
        """
        return self.to_json_not_implemented() if self.index is None else super().to_json()

    def __getstate__(self) -> dict[Any, Any]:
        if self.index is None:
            raise UsageError(
                f"a {type(self).__name__} around an open corpus cannot be pickled",
                f"Make it from the name of the index: {type(self).__name__}(index=...).",
            )
        state = dict(super().__getstate__())
        state["__dict__"] = {**state["__dict__"], "corpus": None}
        return state

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        self.corpus = Corpus(self.index, **self.settings)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        memo = {} if memo is None else memo
        memo[id(self.corpus)] = self.corpus  # what is open is shared
        return super().__deepcopy__(memo)


class AsksModel(OverIndex):
    """A part that answers. `chat_model` is a chat model of LangChain that drafts, in place of what the settings name.

    With a corpus that was given, the model is that corpus's from then on.
    """

    chat_model: Any = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _ask_it(self) -> Self:
        self._give_model()
        return self

    def _give_model(self) -> None:
        if self.chat_model is not None:
            use_llm(self.over, vision_llm(self.chat_model))

    def to_json(self) -> SerializedConstructor | SerializedNotImplemented:
        """As in `OverIndex`; "not implemented" too where the chat model cannot be serialised."""
        if self.chat_model is not None and dumpd(self.chat_model).get("type") != "constructor":
            return self.to_json_not_implemented()
        return super().to_json()

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        self._give_model()
