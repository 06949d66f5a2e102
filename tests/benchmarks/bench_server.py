"""The server as a client feels it: time to the first event, to the first claim, to a picture; twenty chats at once.

    python tests/benchmarks/bench_server.py [--index FOLDER] [--questions FILE.jsonl] [--count 40] [--json OUT.json]

Starts `mmrag serve` on a free port. Without an index, the demo's samples are indexed; FILE has lines with "question".
Times are wall-clock at the client, each on a connection that is open already.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from common import ROOT, resident, save_json, table, tree

QUESTIONS = (
    "What was the operating margin in 2025?",
    "What was the revenue in 2025?",
    "How many employees does the company have?",
    "What is the monthly fee for maintaining the river probes?",
    "How much was dividend per share?",
    "Which quarter was the strongest?",
)


@contextmanager
def served(index: Path) -> Iterator[tuple[str, str, int]]:
    """The base URL, the token and the process of a server over an index."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "mmrag", "serve", "--index", str(index), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            url, _, token = process.stdout.readline().strip().partition("/?token=")
            yield url, token, process.pid
        finally:
            process.terminate()
            process.wait(60)


def build(folder: Path) -> Path:
    """An index of the samples that the demo has."""
    import mmrag

    with mmrag.Corpus(folder / "index", profile="offline", text="minilm", pixels="none", ocr="off") as corpus:
        corpus.index(ROOT / "mmrag" / "samples")
    return folder / "index"


def one_answer(client: httpx.Client, question: str) -> dict[str, float]:
    """Milliseconds to the first event, from the draft to the first claim, to the answer."""
    times: dict[str, float] = {}
    start = time.perf_counter()
    kind = ""
    with client.stream("POST", "/api/ask", json={"question": question}) as response:
        response.raise_for_status()
        for line in response.iter_lines():
            now = (time.perf_counter() - start) * 1000
            if line.startswith("event: "):
                kind = line[7:]
                times.setdefault("first event", now)
            elif line.startswith("data: "):
                if kind == "progress" and '"verify"' in line:
                    times["draft"] = now
                elif kind in ("claim", "answer", "error"):
                    times.setdefault(kind, now)
    if "error" in times:
        raise SystemExit(f"an answer failed: {question}")
    if "claim" in times and "draft" in times:
        times["claim after draft"] = times["claim"] - times["draft"]
    return times


def pictures(client: httpx.Client, questions: Sequence[str], count: int) -> dict[str, list[float]]:
    """Milliseconds of page pictures with a box, drawn for the first time and again."""
    ids: list[str] = []
    for question in questions:
        hits = client.get("/api/search", params={"q": question, "k": 10}).json()["hits"]
        ids += [hit["page_id"] for hit in hits if hit["page_id"] not in ids]
    times: dict[str, list[float]] = {"page with box, first time": [], "page with box, again": [], "thumbnail": []}
    for name, query in zip(times, ({"width": 1000}, {"width": 1000}, {"thumb": 1}), strict=True):
        for page in ids[:count]:
            start = time.perf_counter()
            reply = client.get(f"/api/pages/{page}.png", params=query)
            times[name].append((time.perf_counter() - start) * 1000)
            if reply.status_code != 200:
                raise SystemExit(f"a picture failed: {reply.text}")
    return times


async def at_once(url: str, token: str, questions: Sequence[str], count: int) -> dict[str, Any]:
    """`count` chats at the same time, with the health check beside them."""
    limits = httpx.Limits(max_connections=count + 1)
    given = {"Authorization": f"Bearer {token}"}
    health: list[float] = []
    first: list[float] = []
    statuses: list[str] = []

    async with httpx.AsyncClient(base_url=url, headers=given, timeout=600, limits=limits) as client:

        async def chat(question: str) -> None:
            start = time.perf_counter()
            async with client.stream("POST", "/api/ask", json={"question": question}) as response:
                text = ""
                async for piece in response.aiter_text():
                    if not text:
                        first.append((time.perf_counter() - start) * 1000)
                    text += piece
            ended = "answer" if "event: answer" in text and "event: error" not in text else "error"
            statuses.append(ended if response.status_code == 200 else str(response.status_code))

        async def watch() -> None:
            while True:
                start = time.perf_counter()
                (await client.get("/healthz")).raise_for_status()
                health.append((time.perf_counter() - start) * 1000)
                await asyncio.sleep(0.05)

        await asyncio.gather(*(client.get("/healthz") for _ in range(count + 1)))  # opens the connections
        watcher = asyncio.create_task(watch())
        start = time.perf_counter()
        await asyncio.gather(*(chat(questions[number % len(questions)]) for number in range(count)))
        seconds = time.perf_counter() - start
        watcher.cancel()
    ends = {end: statuses.count(end) for end in sorted(set(statuses))}
    return {"ends": ends, "seconds": seconds, "health": health, "first event": first}


def described(name: str, values: Sequence[float], goal: str = "") -> list[str]:
    """One row: median, 95th percentile and worst, in milliseconds."""
    if not values:
        return [name, "0", "-", "-", "-", goal]
    ordered = sorted(values)
    ninety_fifth = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    cells = (statistics.median(values), ninety_fifth, ordered[-1])
    return [name, str(len(values)), *(f"{cell:.0f}" for cell in cells), goal]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, help="an index that is there already")
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--chats", type=int, default=20)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    questions: Sequence[str] = QUESTIONS
    if arguments.questions:
        questions = [json.loads(line)["question"] for line in arguments.questions.read_text("utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as temporary:
        index = (arguments.index or build(Path(temporary))).absolute()
        with served(index) as (url, token, pid):
            given = {"Authorization": f"Bearer {token}"}
            with httpx.Client(base_url=url, headers=given, timeout=600) as client:
                one_answer(client, questions[0])  # loads the models
                answers = [one_answer(client, questions[number % len(questions)]) for number in range(arguments.count)]
                drawn = pictures(client, questions, arguments.count)
            many = asyncio.run(at_once(url, token, questions, arguments.chats))
            memory = sum(resident(each) for each in tree(pid)) / 2**20
    rows = [["milliseconds", "n", "median", "95 %", "worst", "goal"]]
    for name, goal in (("first event", "<= 100"), ("claim after draft", "<= 100"), ("answer", "")):
        rows.append(described(name, [one[name] for one in answers if name in one], goal))
    for name, values in drawn.items():
        rows.append(described(name, values, "<= 150" if "box" in name else ""))
    rows.append(described(f"first event, {arguments.chats} chats at once", many["first event"], "<= 100"))
    rows.append(described(f"health check, {arguments.chats} chats at once", many["health"], "< 1000"))
    load = os.getloadavg()[0]
    sys.stdout.write(
        f"{table(rows)}\n\n{arguments.chats} chats at once: {many['ends']} in {many['seconds']:.1f} s; memory of the "
        f"server and its processes {memory:.0f} MiB; load of the machine {load:.1f} on {os.cpu_count()} cores\n"
    )
    save_json(
        arguments.json, {"answers": answers, "pictures": drawn, "at once": many, "memory_mib": memory, "load": load}
    )


if __name__ == "__main__":
    main()
