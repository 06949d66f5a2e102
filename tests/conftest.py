"""What every test shares: no network but loopback, an own cache folder, and the way to the data that may lie beside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"

# Set before any library reads them: a test that reaches for a model hub must fail at once, not after 46 s of retries.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
for name in [name for name in os.environ if name.startswith("MMRAG_")]:
    del os.environ[name]


@pytest.fixture(autouse=True)
def _loopback_only() -> None:
    """Sockets to anywhere but this machine raise."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Compiled models are cached once for the whole run, never in the user's own cache."""
    os.environ["MMRAG_CACHE"] = str(tmp_path_factory.getbasetemp().parent / "mmrag-cache")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real documents beside the checkout; the test skips, saying so, where there is none."""
    if not SHARED.is_dir():
        pytest.skip(f"no real documents at {SHARED}")
    return SHARED


@pytest.fixture
def folder_of_docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the index that the page of documentation speaks of."""
    import mmrag

    (tmp_path / "documents").mkdir()
    text = "The board decided on the budget. The budget for research rose by a tenth, to 4.2 million euros."
    (tmp_path / "documents" / "minutes.txt").write_text(text, "utf-8")
    with mmrag.Corpus(tmp_path / "indexes" / "home", text="fake", pixels="none", ocr="off", workers=1) as corpus:
        corpus.index(tmp_path / "documents")
    monkeypatch.chdir(tmp_path)
    return tmp_path
