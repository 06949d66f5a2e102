"""The notebooks run from a clean state and show what is kept in them, which shows well where scripts are stripped."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LARGEST = 500_000
"""Bytes of a notebook with its outputs; code hosts stop showing them at a few million."""


def _of(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _stem(path: Path) -> str:
    return path.stem


def test_there_are_four() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "ask_and_verify",
        "evaluate_and_tune",
        "first_steps",
        "own_embedder_or_model",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=_stem)
def test_the_outputs_are_kept_whole_and_name_no_machine(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.encode()) < LARGEST
    cells = [cell for cell in _of(path)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1)), "run them all, in order"
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    shown = json.dumps(outputs, ensure_ascii=False)
    assert not re.search(r"/home/|/tmp/|/root/|/Users/|/work/|C:\\\\|site-packages", shown)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=_stem)
def test_the_outputs_need_no_script_and_no_style_sheet(path: Path) -> None:
    for cell in _of(path)["cells"]:
        for output in cell.get("outputs", ()):
            page = "".join(output.get("data", {}).get("text/html", ""))
            assert not re.search(r"<(?:script|style|link|iframe|object)\b|\son\w+=|https?://", page)
            assert not page or output["data"]["text/plain"], "there is text where HTML cannot be shown"


def test_the_notebooks_show_verdicts_and_pages() -> None:
    shown = "".join(
        "".join(output.get("data", {}).get("text/html", ""))
        for cell in _of(ROOT / "notebooks" / "ask_and_verify.ipynb")["cells"]
        for output in cell.get("outputs", ())
    )
    for words in ("✓ supported", "✗ contradicted", "No answer.", "<img", "<blockquote", "file changed", "150만 원"):
        assert words in shown


def test_links_between_them_lead_somewhere() -> None:
    for path in NOTEBOOKS:
        for cell in _of(path)["cells"]:
            if cell["cell_type"] == "markdown":
                for target in re.findall(r"\]\(([^)#:]+)\)", "".join(cell["source"])):
                    assert (path.parent / target).exists(), f"{path.name}: {target}"


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=_stem)
def test_they_run_from_a_clean_state_and_show_the_same(path: Path) -> None:
    pytest.importorskip("nbclient", reason="the notebooks are run by nbclient and ipykernel, of the dev extra")
    pytest.importorskip("ipykernel", reason="the notebooks are run by nbclient and ipykernel, of the dev extra")
    script = ROOT / "scripts" / "run_notebooks.py"
    ran = subprocess.run(
        [sys.executable, str(script), "--check", str(path)], capture_output=True, text=True, check=False, timeout=600
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
