"""Put a trained encoder into the package as `document-clip`, and pin the hash of its files.

    mmrag train --generated 120000 --size small --batch 256 --steps 1800 --grow --onnx --out models/document-clip
    python scripts/ship_encoder.py models/document-clip

Copies the graphs, the tokenizer, the settings and the model card. The card is then completed by hand with what
tests/benchmarks/bench_looks.py measures. Every index whose pixels an earlier one made has to be rebuilt.
"""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path

from mmrag.embedders import onnx_models

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "mmrag" / "embedders" / "document_clip"
MODULE = ROOT / "mmrag" / "embedders" / "onnx_models.py"


def main() -> None:
    """Copy, check that it loads, pin."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="what `mmrag train --onnx` wrote")
    folder: Path = parser.parse_args().folder
    TARGET.mkdir(exist_ok=True)
    for name in (*onnx_models.FILES, "README.md"):
        shutil.copyfile(folder / name, TARGET / name)
    digest = onnx_models.files_hash(TARGET)
    embedder = onnx_models.OnnxClipEmbedder(TARGET, "document-clip", digest)
    text = MODULE.read_text("utf-8")
    MODULE.write_text(re.sub(r'(DOCUMENT_CLIP_SHA256 = )"\w*"', rf'\1"{digest}"', text), "utf-8")
    size = sum(file.stat().st_size for file in TARGET.iterdir())
    print(f"{embedder.fingerprint}: {size / 1e6:.1f} MB, sha256 {digest}")


if __name__ == "__main__":
    main()
