"""Time to make pixels searchable: mmrag against a plain script, same encoder, same machine, same run.

    python tests/benchmarks/bench_pixels.py [--pages 60] [--photos 40] [--runs 3] [--json OUT.json] [--work FOLDER]

The encoder is ViT-B/32 of open_clip with random weights: speed does not depend on them. Pages come from the PDFs of
`docqa_uda` (the first `--pages` of a few of them), photos are the small ones of `photos_coco_cc` enlarged to 12
megapixels and saved as JPEG. The plain script draws each page at 150 dpi into a PNG file, opens it with PIL, and
encodes one picture at a time in float32; loading the model is left out on both sides. mmrag runs with pixels only,
one region a page, without recognition; starting its workers and committing are counted. The sides take turns.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median

from common import DATA, ROOT, python, run, save_json, table

MODEL = "ViT-B-32"
PDFS = ("ADI_2009.pdf", "1705.07830.pdf", "1801.05147.pdf", "1909.00754.pdf")
SIZE = (4000, 3000)
SETTINGS = {"text": "none", "ocr": "off", "regions": "page"}


def make_inputs(work: Path, pages: int, photos: int) -> None:
    """The weights, the PDFs cut to size and the photos, unless they are there."""
    import pymupdf
    from PIL import Image

    sys.path.insert(0, str(ROOT / "tests"))
    import tiny_models

    if not (work / "model.safetensors").is_file():
        tiny_models.open_clip_file(work / "model.safetensors", MODEL)
    for kind in ("pages", "photos"):
        (work / kind).mkdir(exist_ok=True)
    left = pages
    for name in PDFS:
        with pymupdf.open(DATA / "docqa_uda" / "pdfs" / name) as source, pymupdf.open() as target:
            count = min(left, max(1, pages // len(PDFS)), source.page_count)
            if count:
                target.insert_pdf(source, to_page=count - 1)
                target.save(work / "pages" / name)
            left -= count
    sources = sorted((DATA / "photos_coco_cc" / "images").glob("*.jpg"))
    for number in range(photos):
        with Image.open(sources[number % len(sources)]) as image:
            image.convert("RGB").resize(SIZE).save(work / "photos" / f"{number:03}.jpg", quality=90)


def plain(work: Path, kind: str) -> dict[str, float]:
    """The script that a tutorial would show."""
    import open_clip
    import pymupdf
    import torch
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, _, transform = open_clip.create_model_and_transforms(MODEL, load_weights=False)
        open_clip.load_checkpoint(model, str(work / "model.safetensors"))
    model.eval()
    with torch.no_grad():
        model.encode_image(torch.zeros(1, 3, 224, 224))
    picture = work / "page.png"
    start, drawing, vectors = time.perf_counter(), 0.0, []
    for file in sorted((work / kind).iterdir()):
        document = pymupdf.open(file) if kind == "pages" else None
        for number in range(document.page_count if document is not None else 1):
            begun = time.perf_counter()
            if document is not None:
                document[number].get_pixmap(dpi=150).save(picture)
            pixels = transform(Image.open(file if document is None else picture).convert("RGB")).unsqueeze(0)
            drawing += time.perf_counter() - begun
            with torch.no_grad():
                vectors.append(model.encode_image(pixels, normalize=True).numpy())
    return {"count": len(vectors), "seconds": time.perf_counter() - start, "reading": drawing}


def with_mmrag(work: Path, kind: str) -> dict[str, float]:
    """`Corpus.index` as it is; the time within `embed_images` is shown beside."""
    from PIL import Image

    import mmrag
    from mmrag import embedders
    from mmrag.embedders import clip

    inside = [0.0]
    embed = clip.ClipEmbedder.embed_images

    def timed(self: clip.ClipEmbedder, images: list) -> object:
        begun = time.perf_counter()
        found = embed(self, images)
        inside[0] += time.perf_counter() - begun
        return found

    clip.ClipEmbedder.embed_images = timed
    name = f"open_clip:{MODEL}@{work / 'model.safetensors'}"
    model = embedders.load(name)
    model.embed_images([Image.new("RGB", (300, 300))] * 8)
    embedders.load = lambda *_: model  # what a model takes to load is no part of indexing
    with (
        tempfile.TemporaryDirectory() as folder,
        mmrag.Corpus(Path(folder, "index"), pixels=name, **SETTINGS) as corpus,
    ):
        inside[0] = 0.0
        start = time.perf_counter()
        report = corpus.index(work / kind)
        seconds = time.perf_counter() - start
    return {"count": report.pages, "seconds": seconds, "encoding": inside[0]}


SIDES: dict[str, Callable[[Path, str], dict[str, float]]] = {"plain": plain, "mmrag": with_mmrag}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--photos", type=int, default=40)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", type=Path, help="keep weights and inputs here")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        sys.path.insert(0, str(ROOT))
        side, kind = arguments.child
        print(json.dumps(SIDES[side](arguments.work, kind)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        work = (arguments.work or Path(temporary)).absolute()
        work.mkdir(exist_ok=True)
        sys.path.insert(0, str(ROOT))
        make_inputs(work, arguments.pages, arguments.photos)
        results: dict[str, list[dict[str, float]]] = {}
        for turn in range(arguments.runs):
            for kind in ("pages", "photos"):
                for side in SIDES if turn % 2 == 0 else reversed(SIDES):
                    finished = run(python(__file__, "--work", work, "--child", side, kind))
                    if finished.code:
                        raise SystemExit(finished.stderr[-3000:])
                    figures = json.loads(finished.stdout.splitlines()[-1])
                    results.setdefault(f"{kind} {side}", []).append(figures)
                    print(turn + 1, kind, side, figures, file=sys.stderr)
    rows: list[list[object]] = [["", "pictures", "seconds", "min", "a second", "of it reading", "of it encoding"]]
    for name, runs in results.items():
        seconds = [each["seconds"] for each in runs]
        last = runs[-1]
        parts = [f"{last[part]:.1f}" if part in last else "" for part in ("reading", "encoding")]
        rate = f"{last['count'] / median(seconds):.1f}"
        rows.append([name, int(last["count"]), f"{median(seconds):.1f}", f"{min(seconds):.1f}", rate, *parts])
    print(table(rows))
    for kind in ("pages", "photos"):
        theirs, ours = (median(each["seconds"] for each in results[f"{kind} {side}"]) for side in ("plain", "mmrag"))
        print(f"{kind}: plain / mmrag = {theirs / ours:.2f}")
    save_json(arguments.json, results)


if __name__ == "__main__":
    main()
