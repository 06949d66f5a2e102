"""One `mmrag index` run over a folder of odd files: malformed, encrypted, truncated, bombs, strange orientations.

    python tests/benchmarks/bench_robust.py [FOLDER] [--ocr off] [--text none] [--json OUT.json]

Prints the exit code, whether every file ended in exactly one state, a table by state, the largest memory of all
processes together (from /proc), the time, and the slowest files, each indexed alone
afterwards, if `--slowest` asks for them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

from common import DATA, python, run, save_json, table


def command(index: Path, target: Path, ocr: str, text: str = "none") -> list[str]:
    arguments = ["index", target, "--index", index, "--json", "--profile", "offline"]
    return python("-m", "mmrag", *arguments, "--text", text, "--pixels", "none", "--ocr", ocr)


def files_under(folder: Path) -> list[Path]:
    return sorted(
        Path(place, name) for place, _, names in os.walk(folder) for name in names if not name.startswith(".")
    )


def check(report: dict, files: list[Path]) -> list[str]:
    """What does not add up in a report; empty when every file has exactly one state."""
    failed = Counter(item["path"] for item in report["failed"])
    problems = [f"{path} is listed {count} times" for path, count in failed.items() if count > 1]
    counted = report["added"] + report["updated"] + report["moved"] + report["unchanged"] + len(report["failed"])
    if counted != report["files"]:
        problems.append(f"the report counts {report['files']} files, its parts {counted}")
    if report["files"] != len(files):
        problems.append(f"{len(files)} files are there, {report['files']} are in the report")
    problems += [f"{item['path']}: no reason" for item in report["failed"] if not item["reason"]]
    return problems


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=DATA / "robust")
    parser.add_argument("--ocr", default="off")
    parser.add_argument("--text", default="none")
    parser.add_argument("--slowest", type=int, default=0, help="index each file alone and show the slowest so many")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder.absolute()
    files = files_under(folder)
    with tempfile.TemporaryDirectory() as temporary:
        finished = run(command(Path(temporary, "index"), folder, arguments.ocr, arguments.text))
        print(
            f"exit code {finished.code}, {finished.seconds:.1f} s, peak {finished.peak_mib:.0f} MiB, {len(files)} files"
        )
        try:
            report = json.loads(finished.stdout)
        except ValueError:
            raise SystemExit(f"no JSON on stdout: {finished.stdout[:500]!r}\n{finished.stderr[-3000:]}") from None
        if "error" in report:
            raise SystemExit(f"the run failed: {report['error']}")
        again = run(command(Path(temporary, "index"), folder, arguments.ocr, arguments.text))
        repeat = json.loads(again.stdout) if again.code == 0 else {}
    for problem in check(report, files):
        print(f"WRONG: {problem}")
    states = Counter(item["state"] for item in report["failed"])
    states["indexed"] = report["added"]
    print(table([["state", "files"], *([state, count] for state, count in states.most_common())]))
    reasons = Counter((item["state"], item["reason"].split(":")[0][:90]) for item in report["failed"])
    print(table([["state", "reason", "files"], *([*key, count] for key, count in reasons.most_common(25))]))
    for note in report["notes"]:
        print(f"note: {note}")
    print(f"pending OCR {report['pending_ocr']}")
    print(
        f"pages {report['pages']}; a second run: exit code {again.code}, {again.seconds:.1f} s, "
        f"unchanged {repeat.get('unchanged')}, added {repeat.get('added')}, failed {len(repeat.get('failed', []))}"
    )
    slow = slowest(files, arguments.slowest, arguments.ocr) if arguments.slowest else []
    if slow:
        print(table([["seconds", "peak MiB", "file"], *slow]))
    result = {"code": finished.code, "seconds": finished.seconds, "peak_mib": finished.peak_mib, "states": states}
    save_json(arguments.json, {**result, "slowest": slow, "report": report})
    sys.exit(finished.code)


def slowest(files: list[Path], count: int, ocr: str) -> list[list[str]]:
    """Seconds of a run over each file alone, longest first; the start of the process is part of each."""
    timed = []
    for file in files:
        with tempfile.TemporaryDirectory() as temporary:
            alone = run(command(Path(temporary, "index"), file, ocr))
        timed.append((alone.seconds, alone.peak_mib, str(file)))
    timed.sort(reverse=True)
    return [[f"{seconds:.1f}", f"{peak:.0f}", path] for seconds, peak, path in timed[:count]]


if __name__ == "__main__":
    main()
