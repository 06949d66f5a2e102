"""From the start of a process to its result: `mmrag --help` and `mmrag search`, on a small index made here.

    python tests/benchmarks/bench_cold.py [--index FOLDER] [--question TEXT] [--runs 7] [--json OUT.json]

`python -c pass` is measured in turn with them; the ratios are to it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

from common import ROOT, run, save_json, table

sys.path.insert(0, str(ROOT))

NOTES = {
    "invoice.txt": "Invoice of the plumber\n\nThe repair of the bathroom cost 310 euros and was paid in March.\n",
    "recipe.md": "# Bread\n\nKnead flour, water, salt and yeast; let it rest for two hours; bake for forty minutes.\n",
    "minutes.txt": "Minutes of the meeting\n\nThe board moved the launch to September and raised the budget.\n",
}


def build(folder: Path) -> Path:
    """An index of three notes, with text vectors."""
    import mmrag

    files = folder / "files"
    files.mkdir()
    for name, text in NOTES.items():
        (files / name).write_text(text, "utf-8")
    with mmrag.Corpus(folder / "index", profile="offline", text="minilm", pixels="none", ocr="off") as corpus:
        corpus.index(files)
    return folder / "index"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, help="an index that is there already")
    parser.add_argument("--question", default="what did the repair of the bathroom cost")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        index = (arguments.index or build(Path(temporary))).absolute()
        commands = {
            "python": [sys.executable, "-c", "pass"],
            "mmrag --help": [sys.executable, "-m", "mmrag", "--help"],
            "mmrag search": [
                sys.executable,
                "-m",
                "mmrag",
                "search",
                "--index",
                str(index),
                "--json",
                arguments.question,
            ],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(arguments.runs):
            for name, command in commands.items():
                finished = run(command, every=5)
                if finished.code != 0:
                    raise SystemExit(f"{name} ended with {finished.code}:\n{finished.stderr[-2000:]}")
                seconds[name].append(finished.seconds)
    bare = median(seconds["python"])
    rows: list[list[object]] = [["", "median s", "min s", "first s", "/ python"]]
    for name, values in seconds.items():
        figures = (median(values), min(values), values[0])
        rows.append([name, *(f"{value:.3f}" for value in figures), f"{median(values) / bare:.1f}"])
    print(table(rows))
    save_json(arguments.json, seconds)


if __name__ == "__main__":
    main()
