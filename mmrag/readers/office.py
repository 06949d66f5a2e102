"""Office files to pages: through LibreOffice as PDF, so that text and pictures are where their makers put them.

HWPX, which LibreOffice does not open, is read from its own XML as pages of text. Each conversion has a profile and a
folder of its own; macros, links and connections are off. Does not know PDF beyond handing it on.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from mmrag.errors import FileDamaged, FileFailed, FileLocked, FileUnsupported
from mmrag.protocols import ReadOptions
from mmrag.readers import hwpx
from mmrag.readers.detect import OFFICE_SUFFIXES, failed
from mmrag.readers.pdf import PdfReader
from mmrag.readers.text import pages_of_lines
from mmrag.types import Page

__all__ = ["OfficeReader", "office_pages", "office_pdf", "soffice"]

_SECONDS = 120
_INSTALL = (
    "Install LibreOffice: apt-get install libreoffice, dnf install libreoffice, brew install --cask libreoffice, "
    "or https://www.libreoffice.org; or save the file as PDF."
)
_PLACES = (
    "/usr/bin/soffice",
    "/usr/local/bin/soffice",
    "/opt/libreoffice/program/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    "C:/Program Files/LibreOffice/program/soffice.exe",
)
# No macros, no updates of links: a document must not run anything or call home when it is opened.
_SETTINGS = (
    ("Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Writer/Content/Update", "Link", "0"),
    ("Calc/Content/Update", "Link", "1"),
)
_ITEM = '<item oor:path="/org.openoffice.Office.{}"><prop oor:name="{}" oor:op="fuse"><value>{}</value></prop></item>'
_REGISTRY = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry">\n'
    + "\n".join(_ITEM.format(*setting) for setting in _SETTINGS)
    + "\n</oor:items>\n"
)


class OfficeReader:
    """Reads Word, PowerPoint, Excel, OpenDocument, RTF and HWP with LibreOffice, and HWPX without it."""

    suffixes: ClassVar[frozenset[str]] = OFFICE_SUFFIXES

    def read(self, path: Path, options: ReadOptions) -> Iterator[Page]:
        """Yield the wanted pages in order.

        Raises `FileUnsupported`, saying how to add it, where LibreOffice is needed and not there; `FileLocked` for
        encrypted files; `FileDamaged` where nothing comes out of them; `FileFailed` after 120 s.
        """
        pages = office_pages(path, options)
        if pages is not None:
            yield from pages
            return
        with office_pdf(path) as pdf:
            yield from PdfReader().read(pdf, options)


def office_pages(path: Path, options: ReadOptions) -> Iterator[Page] | None:
    """Pages of a file that is read without LibreOffice, or None. Raises `FileLocked` for encrypted files."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
        _refuse_locked(path, head)
    except OSError as error:
        raise failed(error) from error
    if head.startswith(b"PK") and hwpx.is_hwpx(path):
        lines = hwpx.hwpx_lines(path, options.limits.max_text_bytes)
        return pages_of_lines(lambda: lines, "", options)
    return None


def _refuse_locked(path: Path, head: bytes) -> None:
    locked = False
    if head.startswith(b"PK"):
        try:
            with zipfile.ZipFile(path) as archive, archive.open("META-INF/manifest.xml") as manifest:
                locked = b"encryption-data" in manifest.read(1 << 20)
        except (zipfile.BadZipFile, KeyError, ValueError, RuntimeError):
            pass  # not OpenDocument; whatever else is wrong shows when it is converted
    elif head.startswith(b"\xd0\xcf\x11\xe0"):
        # Word, Excel and PowerPoint put an encrypted file into an OLE file, under this name.
        with path.open("rb") as file:
            locked = "EncryptedPackage".encode("utf-16-le") in file.read(1 << 26)
    if locked:
        raise FileLocked("it needs a password", "Save a copy of it without the password.")


@lru_cache(maxsize=1)
def soffice() -> str | None:
    """Path of LibreOffice's program, or None."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    return found or next((place for place in _PLACES if os.access(place, os.X_OK)), None)


@contextmanager
def office_pdf(path: Path, seconds: int = _SECONDS) -> Iterator[Path]:
    """A PDF made of an office file, gone on leaving. Raises what `OfficeReader.read` raises."""
    program = soffice()
    if program is None:
        raise FileUnsupported("office files need LibreOffice, which is not installed", _INSTALL)
    with tempfile.TemporaryDirectory(prefix="mmrag-office-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        profile = folder / "profile"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_REGISTRY, encoding="utf-8")
        # A copy under a plain name: LibreOffice takes UTF-8 names only, and leaves lock files beside a source.
        source = folder / f"source{_suffix(path)}"
        try:
            shutil.copyfile(path, source)
        except OSError as error:
            raise failed(error) from error
        _convert(program, source, profile, seconds)
        made = folder / "out" / "source.pdf"
        if not made.is_file() or not made.stat().st_size:
            raise FileDamaged("LibreOffice cannot open it", "Open it in its own program and save it as PDF.")
        yield made


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    return suffix if suffix in OFFICE_SUFFIXES else ""


def _convert(program: str, source: Path, profile: Path, seconds: int) -> None:
    command = [
        program,
        f"-env:UserInstallation={profile.as_uri()}",
        "--headless",
        "--norestore",
        "--nolockcheck",
        "--nodefault",
        "--nofirststartwizard",
        "--convert-to",
        "pdf",
        "--outdir",
        str(source.parent / "out"),
        str(source),
    ]
    # A process group of its own, since soffice is a script that starts the program proper.
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise FileFailed(f"LibreOffice took longer than {seconds} s", "Save it as PDF and index that.") from error
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing of LibreOffice running."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
