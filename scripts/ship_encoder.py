"""Put a trained encoder into the package as `document-clip`, and pin the hash of its files.

    mmrag train --generated 120000 --size small --batch 256 --steps 1800 --grow --out models/document-clip
    python scripts/ship_encoder.py models/document-clip

Of several folders, parts of one training, the mean of the weights is shipped. Writes the graphs, the tokenizer, the
settings and, where there is none, the model card, which is completed by hand with what tests/benchmarks/bench_looks.py
measures. Every index whose pixels an earlier one made has to be rebuilt.
"""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
from pathlib import Path

from mmrag.embedders import onnx_models
from mmrag.training.exporting import CARD_FILE, average, export_onnx

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "mmrag" / "embedders" / "document_clip"
MODULE = ROOT / "mmrag" / "embedders" / "onnx_models.py"


def main() -> None:
    """Average, write, check that it loads, pin."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", help="what `mmrag train` wrote")
    folders: list[Path] = parser.parse_args().folders
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        average(folders, folder)
        export_onnx(folder)
        for name in onnx_models.FILES:
            shutil.copyfile(folder / name, TARGET / name)
        if not (TARGET / CARD_FILE).is_file():
            shutil.copyfile(folders[0] / CARD_FILE, TARGET / CARD_FILE)
    digest = onnx_models.files_hash(TARGET)
    embedder = onnx_models.OnnxClipEmbedder(TARGET, "document-clip", digest)
    text = MODULE.read_text("utf-8")
    MODULE.write_text(re.sub(r'(DOCUMENT_CLIP_SHA256 = )"\w*"', rf'\1"{digest}"', text), "utf-8")
    size = sum(file.stat().st_size for file in TARGET.iterdir())
    print(f"{embedder.fingerprint}: {size / 1e6:.1f} MB, sha256 {digest}")


if __name__ == "__main__":
    main()
