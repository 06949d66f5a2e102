"""Pictures as models take them: RGB, not too large, not too narrow; as data URLs where they are sent."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["data_url", "prepared", "prepared_all"]

_LEAST_SIDE = 56
"""Two merged patches of Qwen-VL; it and others refuse less."""
_MOST_RATIO = 12
_MOST_BYTES = 3_000_000


def prepared(image: Image, long_side: int) -> Image:
    """A picture of any mode and size in RGB, at most `long_side` pixels long, padded with white where it is a sliver.

    Transparency is shown on white.
    """
    from PIL import Image as Images

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = Images.new("RGBA", layer.size, "white")
        image = Images.alpha_composite(ground, layer).convert("RGB")
    elif image.mode != "RGB":
        image = image.convert("RGB")
    if max(image.size) > long_side:
        image = image.copy()
        image.thumbnail((long_side, long_side), Images.Resampling.LANCZOS)
    least = max(_LEAST_SIDE, -(-max(image.size) // _MOST_RATIO))
    if min(image.size) < least:
        size = (max(image.width, least), max(image.height, least))
        ground = Images.new("RGB", size, "white")
        ground.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
        image = ground
    return image


def prepared_all(images: Sequence[Image], long_side: int, most: int) -> list[Image]:
    """The first `most` pictures, prepared."""
    return [prepared(image, long_side) for image in images[:most]]


def data_url(image: Image) -> str:
    """A prepared picture as a data URL of at most about 4 MB: PNG where it fits, since JPEG blurs small print."""
    for quality in (None, 90, 75):
        data = _encoded(image, quality)
        if len(data) <= _MOST_BYTES:
            break
        if quality == 75:
            image = image.resize((max(1, image.width // 2), max(1, image.height // 2)))
            data = _encoded(image, quality)
    kind = "png" if data.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _encoded(image: Image, quality: int | None) -> bytes:
    stream = io.BytesIO()
    if quality is None:
        image.save(stream, "PNG")
    else:
        image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()
