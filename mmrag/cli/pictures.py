"""`--show`: the cited pages with their boxes, inside the terminal where it can show pictures, else as files.

Knows no command. A viewer of the desktop is started only for a person at a desktop, never from a script.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from mmrag.cli import output

if TYPE_CHECKING:
    from PIL.Image import Image

    from mmrag.display import Spot
    from mmrag.display.crops import Crop

__all__ = ["draw", "picture_file", "show_pictures", "viewer"]

MOST = 4
"""Pages shown of one answer."""
WIDEST = 110
"""Columns of a picture in the terminal."""


def show_pictures(
    cited: Sequence[Spot], crop: Crop, folder: Path | None = None, *, quiet: bool = False
) -> list[dict[str, Any]]:
    """Show what is cited; returns label, page and file of each picture that was written.

    Pictures go to `folder`, or to a new temporary one. With `quiet` they are only written, for a program to find. A
    page that cannot be drawn is said so and passed over.
    """
    from rich.text import Text

    from mmrag.display import clean, is_given_text, spot_picture
    from mmrag.errors import MmragError

    console = output.err()
    shown = [spot for spot in cited if not is_given_text(spot.region)]
    if not shown:
        console.print("No page is cited that could be shown.", markup=False)
    written: list[dict[str, Any]] = []
    for spot in shown[:MOST]:
        try:
            image = spot_picture(spot, crop)
        except MmragError as error:
            console.print(Text(f"The page cannot be shown: {clean(error.message)}. {clean(error.hint)}"))
            continue
        if not quiet and draw(image):
            continue
        folder = folder or Path(mkdtemp(prefix="mmrag-"))
        file = _saved(image, folder, spot)
        written.append({"label": spot.label or None, "page": spot.region.page, "file": str(file)})
        if not quiet:
            output.show(Text(f"Picture of {spot.label or 'the page'}: {clean(str(file))}"), whole=True)
    if written and not quiet:
        _open([Path(one["file"]) for one in written])
    return written


def draw(image: Image) -> bool:
    """Draw a picture in the terminal; False, and nothing done, where it is not known to show any."""
    from mmrag.display import encode_picture, picture_protocol

    protocol = picture_protocol(os.environ) if sys.stdout.isatty() else None
    if protocol is None:
        return False
    sys.stdout.flush()
    sys.stdout.write(encode_picture(image, protocol, min(output.err().width, WIDEST)) + "\n")
    sys.stdout.flush()
    return True


def picture_file(folder: Path, spot: Spot) -> Path:
    """The file for a spot's picture: label, document and page, in characters that every file system takes."""
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in spot.region.document.path.stem)
    parts = [spot.label, name.encode("utf-8", "replace")[:80].decode("utf-8", "ignore"), f"page-{spot.region.page}"]
    return folder / ("-".join(part for part in parts if part) + ".png")


def _saved(image: Image, folder: Path, spot: Spot) -> Path:
    from mmrag.errors import UsageError

    file = picture_file(folder, spot)
    try:
        image.save(file)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}", "Name a folder that you may write.") from error
    return file


def viewer(environment: Mapping[str, str], platform: str) -> list[str] | None:
    """The program that opens a file on this desktop, None where there is no desktop to open it on."""
    if environment.get("SSH_CONNECTION") or environment.get("CI"):
        return None
    if platform == "darwin":
        return ["open"]
    there = environment.get("WAYLAND_DISPLAY") or environment.get("DISPLAY")
    found = shutil.which("xdg-open") if there and platform.startswith("linux") else None
    return [found] if found else None


def _open(files: Sequence[Path]) -> None:
    """Open files with the desktop's viewer, where a person sits at one."""
    program = viewer(os.environ, sys.platform)
    if program is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return
    for file in files:
        try:
            subprocess.Popen(
                [*program, str(file)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            return  # the path was told; a desktop without a viewer is no fault
