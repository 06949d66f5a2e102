"""mmrag as parts of LangChain: a retriever, two tools, and a runnable whose answers are checked against the page.

`MmragRetriever` finds pages, `MmragAnswers` answers from them, `MmragSearchTool` and `MmragAskTool` give both to an
agent; `vision_llm` makes a chat model of LangChain one that mmrag can ask. Knows neither command line nor server.
"""

from __future__ import annotations

from importlib.util import find_spec

from mmrag.errors import MissingExtra

if find_spec("langchain_core") is None:
    raise MissingExtra("LangChain is not installed", "pip install 'mmrag[langchain]'")

from mmrag.langchain.answers import MmragAnswers
from mmrag.langchain.opening import vision_llm
from mmrag.langchain.retriever import MmragRetriever
from mmrag.langchain.tools import MmragAskTool, MmragSearchTool

__all__ = ["MmragAnswers", "MmragAskTool", "MmragRetriever", "MmragSearchTool", "vision_llm"]
