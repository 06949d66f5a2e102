"""LangChain's own standard tests, as every retriever and tool of its ecosystem has to pass them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import mmrag

pytest.importorskip("langchain_tests", reason="pip install langchain-tests")

from langchain_tests.integration_tests import RetrieversIntegrationTests, ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests

from mmrag.langchain import MmragAskTool, MmragRetriever, MmragSearchTool

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("standard")
    (folder / "documents").mkdir()
    for number in range(5):
        (folder / "documents" / f"{number}.txt").write_text(f"Apple harvest number {number}.", "utf-8")
    with mmrag.Corpus(folder / "index", text="fake", pixels="none", ocr="off", workers=1) as corpus:
        corpus.index(folder / "documents")
    return folder / "index"


@pytest.fixture(autouse=True)
def _index(request: pytest.FixtureRequest, home: Path) -> None:
    request.instance.home = home


class TestRetriever(RetrieversIntegrationTests):
    home: Path

    @property
    def retriever_constructor(self) -> type[MmragRetriever]:
        return MmragRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"index": self.home}

    @property
    def retriever_query_example(self) -> str:
        return "apple harvest"


class _Tool:
    home: Path
    kind: type[Any]
    example: dict[str, Any]

    @property
    def tool_constructor(self) -> type[Any]:
        return self.kind

    @property
    def tool_constructor_params(self) -> dict[str, Any]:
        return {"index": self.home}

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return self.example


class TestSearchToolUnit(_Tool, ToolsUnitTests):
    kind = MmragSearchTool
    example = {"query": "apple harvest"}  # noqa: RUF012


class TestSearchTool(_Tool, ToolsIntegrationTests):
    kind = MmragSearchTool
    example = {"query": "apple harvest"}  # noqa: RUF012


class TestAskToolUnit(_Tool, ToolsUnitTests):
    kind = MmragAskTool
    example = {"question": "Which apple harvest was number 3?"}  # noqa: RUF012


class TestAskTool(_Tool, ToolsIntegrationTests):
    kind = MmragAskTool
    example = {"question": "Which apple harvest was number 3?"}  # noqa: RUF012
