"""Execute the notebooks from a clean state, and keep their outputs or compare with those that are kept.

    python scripts/run_notebooks.py [--check] [NOTEBOOK ...]

Each runs in an empty folder of its own, with a fresh kernel, without the user's settings. Times are left out of what is
kept, so that running them again changes nothing; a path of this machine in an output is an error.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from traitlets.config import Config

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
TIMEOUT = 300
"""Seconds for one cell, on a slow and busy machine."""
TIMES = (
    (re.compile(r"\b\d{4}-\d\d-\d\dT[\d:.]+(?:\+00:00|Z)?"), "…"),
    (re.compile(r"\b\d+(?:\.\d+)? (s|ms)\b"), r"… \1"),
    (re.compile(r"\b\d+(?:\.\d+)? pages/s"), "… pages/s"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:…"),
)
"""What no two runs have alike, left out of what is kept: times and ports."""
VARYING = (
    (re.compile(r"\b\d+ ?%"), "N%"),
    (re.compile(r"\b\d+\.\d+\b"), "N.N"),
    (re.compile(r"data:image/\w+;base64,[A-Za-z0-9+/=]+"), "PICTURE"),
    (re.compile(r'(?:width|height)="\d+"'), "SIZE"),
)
"""What may differ between two machines, left out when outputs are compared: chances, scores, pixels."""


def main() -> int:
    """Run the notebooks; returns 1 where one fails, or with --check where one shows something else."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail where outputs differ")
    parser.add_argument("notebooks", nargs="*", type=Path)
    options = parser.parse_args()
    good = True
    for path in options.notebooks or sorted(NOTEBOOKS.glob("*.ipynb")):
        start = time.perf_counter()
        kept = nbformat.read(path, as_version=4)
        problems, ran = executed(kept)
        if not problems and options.check:
            problems = differences(kept, ran)
        elif not problems:
            nbformat.write(ran, path)
        print(f"{path.name}: {'; '.join(problems) or 'good'} ({time.perf_counter() - start:.1f} s)", flush=True)
        good = good and not problems
    return 0 if good else 1


def executed(notebook: Any) -> tuple[list[str], Any]:
    """What went wrong, and the notebook with new outputs."""
    ran = nbformat.from_dict(notebook)
    with tempfile.TemporaryDirectory(prefix="mmrag-notebook-") as folder:
        home = Path(folder, "work")
        home.mkdir()
        client = NotebookClient(
            ran,
            timeout=TIMEOUT,
            kernel_name="python3",
            resources={"metadata": {"path": str(home)}},
            record_timing=False,
            coalesce_streams=True,
            config=_connection(Path(folder)),
        )
        try:
            client.execute(env=_environment(Path(folder)))
        except (CellExecutionError, CellTimeoutError) as error:
            return [f"a cell failed:\n{error}"], ran
        _tidy(ran)
        text = nbformat.writes(ran)
        places = {str(Path(folder).resolve()), folder, str(Path.home()), sys.prefix, str(ROOT)} - {"/", "/root"}
        named = [place for place in sorted(places) if place in text]
    return [f"an output names {place}" for place in named], ran


def _connection(folder: Path) -> Config:
    """Sockets in the folder where the system has them, which nobody else can listen on; else those of the loopback."""
    return (
        Config() if os.name == "nt" else Config({"KernelManager": {"transport": "ipc", "ip": str(folder / "kernel")}})
    )


def _environment(folder: Path) -> dict[str, str]:
    """The environment without mmrag's settings, IPython's own files, or a way to a model hub."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MMRAG_") or name == "MMRAG_CACHE"}
    clean = {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_CONFIG_DIR": str(folder / "jupyter")}
    return {**kept, **clean, "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore", "PYTHONHASHSEED": "0"}


def _tidy(notebook: Any) -> None:
    """Leave out what differs from run to run and shows nothing."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    for at, cell in enumerate(notebook.cells):
        cell.id = f"cell-{at}"
        cell.metadata = nbformat.from_dict({})
        if cell.cell_type != "code":
            continue
        cell.outputs = [output for output in cell.outputs if not _is_empty(output)]
        for output in cell.outputs:
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})
            data = output.get("data", {})
            if "image/png" in data:
                data.pop("image/jpeg", None)  # which only some versions of Pillow add
            for kind in ("text/plain", "text/html"):
                if kind in data:
                    data[kind] = _replaced(data[kind], TIMES)
            if "text" in output:
                output.text = _replaced(output.text, TIMES)


def _is_empty(output: Any) -> bool:
    """Whether it is the place of a line that showed how a run went, and is over."""
    return output.output_type == "display_data" and not any(output.data.values())


def differences(kept: Any, ran: Any) -> list[str]:
    """How what is shown now differs from what is kept."""
    lines = list(difflib.unified_diff(_shown(kept), _shown(ran), "kept", "now", lineterm="", n=1))
    return (
        ["it shows something else (run scripts/run_notebooks.py to keep that):\n" + "\n".join(lines)] if lines else []
    )


def _shown(notebook: Any) -> list[str]:
    found: list[str] = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            kinds = sorted(output.get("data", ())) or [output.get("name", "")]
            found.append(f"{cell.id}: {output.output_type} {kinds}")
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            if "image/png" not in output.get("data", ()):
                found += _masked(text).splitlines()
                found += _masked(output.get("data", {}).get("text/html", "")).replace("><", ">\n<").splitlines()
    return found


def _masked(text: str) -> str:
    return _replaced(text, VARYING)


def _replaced(text: str, patterns: Sequence[tuple[re.Pattern[str], str]]) -> str:
    for pattern, stand_in in patterns:
        text = pattern.sub(stand_in, text)
    return text


if __name__ == "__main__":
    sys.exit(main())
