"""Check an installation and an index, and say how to mend what is wrong. Changes nothing, opens no connection.

Libraries are imported in a process of their own, since some of them end the process that imports them when they do
not fit together.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, TypeAlias

from mmrag.errors import MmragError

__all__ = ["Check", "Level", "examine"]

Level: TypeAlias = Literal["ok", "note", "problem"]
"""`note`: works, and could do more. `problem`: has to be mended."""

REQUIRED = {
    "faiss": "faiss-cpu",
    "filelock": "filelock",
    "numpy": "numpy",
    "onnxruntime": "onnxruntime",
    "PIL": "pillow",
    "pymupdf": "pymupdf",
    "rapidocr": "rapidocr",
    "safetensors": "safetensors",
    "sqlalchemy": "sqlalchemy",
    "tokenizers": "tokenizers",
    "watchfiles": "watchfiles",
}
MODELS = {
    "torch": "torch",
    "torchvision": "torchvision",
    "transformers": "transformers",
    "open_clip": "open_clip_torch",
    "sentence_transformers": "sentence-transformers",
}
PROBE_SECONDS = 120
LITTLE_SPACE, HARDLY_SPACE = 2_000_000_000, 200_000_000

_IMPORT = """
import importlib, json, sys
errors, cuda = {}, []
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
        errors[name] = ""
    except BaseException as error:
        errors[name] = (type(error).__name__ + ": " + str(error)).splitlines()[0]
torch = sys.modules.get("torch")
try:
    cuda = [torch.cuda.get_device_name(at) for at in range(torch.cuda.device_count())] if torch else []
except Exception as error:
    errors["torch"] = errors["torch"] or str(error)
print(json.dumps({"errors": errors, "cuda": cuda}))
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the check-up; `hint` says what to do."""

    name: str
    level: Level
    message: str
    hint: str = ""


def examine(
    index: str | None = None, catalog: str | None = None, seen: Callable[[Check], None] | None = None
) -> list[Check]:
    """Every check, in the order to mend things in; none of them raises. `seen` is given each as it is known."""
    checks: list[Check] = []
    parts: list[Callable[[], list[Check]]] = [_python, _database, _recognition, _office, _models_on_disk]
    parts += [lambda: _space(index), lambda: _index(index, catalog), _required, _models_extra]
    for part in parts:
        try:
            found = part()
        except MmragError as error:
            found = [Check("check", "problem", error.message, error.hint)]
        except Exception as error:  # a check-up that fails says so and goes on
            found = [Check("check", "problem", f"{type(error).__name__}: {error}", "Please report this.")]
        for check in found:
            checks.append(check)
            if seen:
                seen(check)
    return checks


def _python() -> list[Check]:
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    fine = sys.version_info >= (3, 10)
    checks = [Check("python", "ok" if fine else "problem", text, "" if fine else "Install Python 3.10 or newer.")]
    version = _version("mmrag")
    checks.append(Check("mmrag", "ok", version or "run from its source folder, not installed"))
    return checks


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _run(code: str, *arguments: str) -> tuple[dict[str, Any], str]:
    """The JSON object that `code` prints last in a new Python, and what went wrong if it printed none."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PROBE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {}, f"no answer within {PROBE_SECONDS} s"
    try:
        found = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        lines = done.stderr.strip().splitlines()
        return {}, lines[-1] if lines else f"ended with code {done.returncode}"
    return (found, "") if isinstance(found, dict) else ({}, "an answer that cannot be read")


def _required() -> list[Check]:
    found, failure = _run(_IMPORT, *REQUIRED)
    if failure:
        return [Check("packages", "problem", f"importing them ended the program: {failure}", _reinstall(REQUIRED))]
    bad = {name: reason for name, reason in found["errors"].items() if reason}
    checks = [
        Check(
            "packages", "problem", f"{REQUIRED[name]} cannot be imported: {reason}", _reinstall({name: REQUIRED[name]})
        )
        for name, reason in bad.items()
    ]
    versions = ", ".join(f"{REQUIRED[name]} {_version(REQUIRED[name]) or '?'}" for name in REQUIRED if name not in bad)
    return [*checks, Check("packages", "ok", versions)]


def _reinstall(packages: dict[str, str]) -> str:
    return f"{_pip()} install --force-reinstall {' '.join(packages.values())}"


def _pip() -> str:
    return "python -m pip" if sys.prefix != sys.base_prefix else f"{Path(sys.executable).name} -m pip"


def _models_extra() -> list[Check]:
    """The packages of the `models` extra, which may all be absent, and whether torch and torchvision fit."""
    there = {name: package for name, package in MODELS.items() if _version(package)}
    if not there:
        hint = f"For more models: {_pip()} install 'mmrag[models]'"
        return [Check("models extra", "note", "not installed; the offline profile needs none of it", hint)]
    mismatch = torch_mismatch(_version("torch"), _version("torchvision"), _requirements("torchvision"))
    found, failure = _run(_IMPORT, *there)
    broken = {name: reason for name, reason in found.get("errors", {}).items() if reason}
    text = ", ".join(f"{package} {_version(package)}" for package in there.values())
    if mismatch or any("torchvision::nms" in reason for reason in [*broken.values(), failure]):
        return [Check("torch", "problem", mismatch or "torch and torchvision do not fit together", _mend_torch())]
    if failure:
        return [Check("models extra", "problem", f"importing it ended the program: {failure}", _reinstall(there))]
    return [
        *(
            Check("models extra", "problem", f"{name} cannot be imported: {reason}", _reinstall({name: MODELS[name]}))
            for name, reason in broken.items()
        ),
        Check("models extra", "ok", text),
        *_devices([str(name) for name in found.get("cuda", [])]),
    ]


def _requirements(package: str) -> list[str]:
    try:
        return metadata.requires(package) or []
    except metadata.PackageNotFoundError:
        return []


def torch_mismatch(torch: str | None, vision: str | None, vision_requires: Sequence[str]) -> str:
    """Why torch and torchvision cannot be used together, or nothing.

    torchvision is compiled for one version of torch, and for one build of it: a CPU build from one index beside a
    CUDA build from another fails with "operator torchvision::nms does not exist".
    """
    if not torch or not vision:
        return ""
    both = f"torch {torch} and torchvision {vision}"
    base, _, build = torch.partition("+")
    wanted = next((line.partition("==")[2].split(";")[0].strip() for line in vision_requires if "torch==" in line), "")
    if wanted and wanted.partition("+")[0] != base:
        return f"{both} do not fit together: this torchvision is for torch {wanted}"
    vision_build = vision.partition("+")[2]
    # Builds for the default platform of an index carry no label, so only a CPU label on one side tells of two indexes.
    if (build == "cpu") != (vision_build == "cpu") and sys.platform.startswith("linux"):
        return f"{both} come from different indexes: one is built for CPU only"
    return ""


def _mend_torch() -> str:
    command = f"{_pip()} install --force-reinstall torch torchvision"
    if "+cpu" in (_version("torch") or ""):
        return f"{command} --index-url https://download.pytorch.org/whl/cpu"
    return command


def _database() -> list[Check]:
    text = f"SQLite {sqlite3.sqlite_version}"
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("create virtual table words using fts5(text)")
    except sqlite3.OperationalError:
        hint = "Use a Python whose SQLite has FTS5, such as the one from python.org or conda-forge."
        return [Check("database", "problem", f"{text} without FTS5, which word search needs", hint)]
    finally:
        connection.close()
    return [Check("database", "ok", f"{text} with FTS5")]


def _recognition() -> list[Check]:
    from mmrag.ocr import available

    engines = available()
    if not engines:
        hint = f"{_pip()} install rapidocr onnxruntime"
        return [Check("recognition", "problem", "no engine can read scanned pages", hint)]
    text = "; ".join(f"{name}: {', '.join(sorted(languages))}" for name, languages in engines.items())
    if any("ko" in languages for languages in engines.values()):
        return [Check("recognition", "ok", text)]
    return [Check("recognition", "note", f"{text}. Korean scans cannot be read", _add_korean())]


def _add_korean() -> str:
    if sys.platform == "darwin":
        return "brew install tesseract tesseract-lang"
    if sys.platform == "win32":
        return "Install Tesseract from https://github.com/UB-Mannheim/tesseract/wiki and choose Korean."
    return "sudo apt-get install tesseract-ocr tesseract-ocr-kor   (or your system's packages of these names)"


def _office() -> list[Check]:
    from mmrag.readers.office import soffice

    program = soffice()
    if program:
        return [Check("LibreOffice", "ok", program)]
    hint = {"darwin": "brew install --cask libreoffice", "win32": "Install it from https://www.libreoffice.org"}.get(
        sys.platform, "sudo apt-get install libreoffice"
    )
    return [Check("LibreOffice", "note", "not installed; office files (DOCX, PPTX, XLSX ...) cannot be read", hint)]


def _devices(cuda: Sequence[str]) -> list[Check]:
    if cuda:
        return [Check("GPU", "ok", ", ".join(cuda))]
    if shutil.which("nvidia-smi"):
        hint = "Install a CUDA build of torch: https://pytorch.org/get-started"
        return [Check("GPU", "note", "there is an NVIDIA driver, but torch sees no GPU", hint)]
    return [Check("GPU", "ok", "none; models run on the processor")]


def _models_on_disk() -> list[Check]:
    from mmrag.embedders import describe, resolve_profile

    rows = describe()
    there = [row.id for row in rows if row.on_disk]
    chosen = resolve_profile("auto")
    if any(row.on_disk for row in rows if row.profile == chosen.name):
        text = f"{', '.join(dict.fromkeys(there))}; --profile auto takes {chosen.name}"
        least = chosen.name == "offline"
        hint = "For search by what photographs show: mmrag models --get standard" if least else ""
        return [Check("models", "note" if least else "ok", text, hint)]
    hint = f"{_pip()} install 'mmrag[offline]', or mmrag models --get standard"
    return [Check("models", "note", "none on disk; search goes by words and names only", hint)]


def _space(index: str | None) -> list[Check]:
    from mmrag.config import index_folder

    folder = index_folder(index)
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free at {folder}"
    if free < LITTLE_SPACE:
        hint = "Free some space, or keep the index elsewhere with --index FOLDER."
        return [Check("disk", "problem" if free < HARDLY_SPACE else "note", text, hint)]
    if not os.access(folder, os.W_OK):
        return [Check("disk", "problem", f"{folder} is read-only", "Keep the index elsewhere with --index FOLDER.")]
    return [Check("disk", "ok", text)]


def _index(index: str | None, catalog: str | None) -> list[Check]:
    """The index, if one is named or the usual one is there: every row and vector is read and checked."""
    from mmrag.config import index_folder
    from mmrag.corpus import Corpus

    folder = index_folder(index)
    if index is None and catalog is None and not (folder / "catalog.db").exists():
        return [Check("index", "ok", "none here yet; begin with `mmrag index FOLDER`")]
    with Corpus(index, catalog=catalog) as corpus:
        wrong = corpus.check()
        held = corpus.status().catalog
    if not wrong:
        return [Check("index", "ok", f"{folder}: {held.pages:,} pages and {held.regions:,} regions, all sound")]
    hint = "mmrag index --rebuild reads all files anew"
    shown = [Check("index", "problem", line, hint if at == 0 else "") for at, line in enumerate(wrong[:10])]
    return [*shown, *([Check("index", "problem", f"and {len(wrong) - 10:,} more")] if len(wrong) > 10 else [])]
