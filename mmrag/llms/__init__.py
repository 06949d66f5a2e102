"""Language models that generation and verification may ask, by name; without one, mmrag answers extractively.

A name is `none`, `hf:ID_OR_FOLDER` (on this machine), `openai:MODEL@BASE_URL` (any server with OpenAI's chat
completions) or `langchain:PROVIDER:MODEL`. Loading opens no connection. Model libraries are imported inside the
functions that need them; keys come from the environment only.
"""

from __future__ import annotations

import re
from typing import Any

from mmrag.errors import UsageError
from mmrag.llms.options import Options
from mmrag.protocols import VisionLLM

__all__ = ["FORMS", "Options", "from_langchain", "load"]

FORMS = "none, hf:ID_OR_FOLDER, openai:MODEL@BASE_URL or langchain:PROVIDER:MODEL"
"""What a name can be, for help texts and errors."""


def load(name: str, device: str = "auto", *, options: Options | None = None) -> VisionLLM | None:
    """The model behind a name, or None for "none". `device` ("auto", "cpu", "cuda", "cuda:N") is for `hf:` alone.

    Raises `UsageError` for a name of another form, `ModelUnavailable` where a local model is not on disk, and
    `MissingExtra` where a package is missing. Whether a server answers is seen at the first question.
    """
    kind, _, argument = name.strip().partition(":")
    if kind == "none" and not argument:
        return None
    if kind == "hf" and argument:
        from mmrag.llms.transformers_models import hugging_face

        return hugging_face(argument, device, options)
    if kind == "openai" and (parts := re.fullmatch(r"(.+?)@(https?://.+)", argument)):
        from mmrag.llms.openai_server import OpenAIServer

        return OpenAIServer(parts[1], parts[2], options)
    if kind == "langchain" and ":" in argument:
        from mmrag.llms.langchain_models import chat_model

        return chat_model(argument, options)
    raise UsageError(f"{_shown(name)} names no language model", f"Forms: {FORMS}.")


def from_langchain(chat_model: Any, *, options: Options | None = None) -> VisionLLM:
    """A chat model of LangChain that the caller made, as a `VisionLLM`."""
    from mmrag.llms.langchain_models import LangChainModel

    return LangChainModel(chat_model, options=options)


def _shown(name: str) -> str:
    """The name for an error, without what may be credentials in a URL."""
    return repr(re.sub(r"//[^/@\s]*@", "//***@", name)[:80])
