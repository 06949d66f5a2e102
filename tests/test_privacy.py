"""Libraries send nothing home: ONNX Runtime's usage events are off wherever it is loaded from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("first", ["from mmrag.embedders.text import minilm", "import mmrag.readers.pdf, pymupdf"])
def test_the_model_runtime_keeps_no_device_id(tmp_path: Path, first: str) -> None:
    code = f"{first}\nimport os, onnxruntime\nassert os.environ['ORT_DISABLE_TELEMETRY'] == '1'"
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment.update(HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "cache"))
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert not [path for path in tmp_path.rglob("*") if "microsoft" in path.name.lower()]
