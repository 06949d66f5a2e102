"""Time to index a folder of PDFs: mmrag against the usual LangChain chain, same machine, same run.

    python tests/benchmarks/bench_index.py [FOLDER] [--runs 3] [--json OUT.json]

Each run is a fresh process, the two take turns, and both do the same job: text of every PDF, vectors of
all-MiniLM-L6-v2 from the same weights, an index on disk. mmrag adds its word index; pixels and OCR are off.
`inside` is what the process itself measured around the work, imports included; `whole` is from its start to its end.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from common import DATA, ROOT, Run, minilm_folder, python, run, save_json, size_of, table


def index_with_mmrag(folder: Path, target: Path) -> dict[str, object]:
    import mmrag

    with mmrag.Corpus(target, profile="offline", text="minilm", pixels="none", ocr="off") as corpus:
        report = corpus.index(folder)
    return {"pages": report.pages, "units": report.regions, "failed": len(report.failed)}


def index_with_chain(folder: Path, target: Path) -> dict[str, object]:
    from langchain_community.document_loaders import PyPDFLoader
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    pages = [page for file in sorted(folder.glob("*.pdf")) for page in PyPDFLoader(str(file)).load()]
    chunks = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(pages)
    FAISS.from_documents(chunks, HuggingFaceEmbeddings(model_name=minilm_folder())).save_local(str(target))
    return {"pages": len(pages), "units": len(chunks), "failed": 0}


WORK = {"mmrag": index_with_mmrag, "chain": index_with_chain}


def child(name: str, folder: Path) -> None:
    """One measured run; prints its figures as JSON on the last line."""
    with tempfile.TemporaryDirectory() as temporary:
        target = Path(temporary, "index")
        start = time.perf_counter()
        figures = WORK[name](folder, target)
        seconds = time.perf_counter() - start
        print(json.dumps({**figures, "seconds": seconds, "bytes": size_of(target)}))


def figures_of(finished: Run) -> dict[str, float]:
    if finished.code != 0:
        raise SystemExit(f"a run failed ({finished.code}):\n{finished.stderr[-3000:]}")
    return {
        **json.loads(finished.stdout.splitlines()[-1]),
        "whole": finished.seconds,
        "peak": finished.peak_mib,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=DATA / "docqa_uda" / "pdfs")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", choices=sorted(WORK), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        sys.path.insert(0, str(ROOT))
        child(arguments.child, arguments.folder.absolute())
        return
    results: dict[str, list[dict[str, float]]] = {name: [] for name in WORK}
    for turn in range(arguments.runs):
        for name in WORK if turn % 2 == 0 else reversed(WORK):
            finished = run(python(__file__, arguments.folder.absolute(), "--child", name))
            results[name].append(figures_of(finished))
            print(f"run {turn + 1} {name}: {results[name][-1]['whole']:.1f} s", file=sys.stderr)
    rows: list[list[object]] = [
        ["", "pages", "units", "inside s", "min", "whole s", "min", "pages/s", "index MiB", "peak MiB"]
    ]
    for name, runs in results.items():
        inside, whole = [each["seconds"] for each in runs], [each["whole"] for each in runs]
        last = runs[-1]
        rows.append(
            [
                *(name, int(last["pages"]), int(last["units"])),
                *(f"{value:.1f}" for value in (median(inside), min(inside), median(whole), min(whole))),
                f"{last['pages'] / median(whole):.1f}",
                f"{last['bytes'] / 2**20:.1f}",
                f"{max(each['peak'] for each in runs):.0f}",
            ]
        )
    print(table(rows))
    for figure, label in (("whole", "time"), ("bytes", "size on disk"), ("peak", "memory")):
        ours, theirs = (median(each[figure] for each in results[name]) for name in ("mmrag", "chain"))
        print(f"{label}: chain / mmrag = {theirs / ours:.2f}")
    save_json(arguments.json, results)


if __name__ == "__main__":
    main()
