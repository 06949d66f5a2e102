"""Check that what was changed in each unanswerable question occurs nowhere in the documents it is asked of.

    python scripts/check_unanswerable.py [FOLDER_OF_DOCQA]

Reads the text layer of every PDF of docqa_azure and docqa_uda. Names and measures are compared without case, accents,
punctuation and spaces, so that "Owl-Creek" and "OWL CREEK" are one, also across line ends; years as whole numbers, also
with spaces between their digits, and in the short forms '31 and FY31. Exit code 1 where anything is found.
"""

from __future__ import annotations

import argparse
import json
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pymupdf

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = ROOT / "tests" / "data" / "unanswerable" / "questions.jsonl"
SETS = ("docqa_azure", "docqa_uda")


def letters(text: str) -> str:
    """Letters and digits alone, without case and accents."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(letter for letter in apart if letter.isalnum())


def variants(term: str) -> Iterable[re.Pattern[str]]:
    """How a year may be written."""
    digits = r"\s?".join(term)
    yield re.compile(rf"(?<![\d.,]){digits}(?!\d|[.,]\d)")
    yield re.compile(rf"(?:['’‘]|\bFY\s?){term[2:]}(?!\d)", re.IGNORECASE)


def documents(data: Path) -> dict[str, str]:
    """File name -> text of all its pages, and its own name."""
    texts = {}
    for file in sorted(path for name in SETS for path in (data / name / "pdfs").glob("*.pdf")):
        with pymupdf.open(file) as document:
            texts[file.name] = "\n".join([file.name, *(page.get_text() for page in document)])
    return texts


def found(term: str, texts: dict[str, str], squeezed: dict[str, str]) -> list[str]:
    """Names of the documents that hold a term."""
    if re.fullmatch(r"\d{4}", term):
        return [name for name, text in texts.items() if any(pattern.search(text) for pattern in variants(term))]
    return [name for name, text in squeezed.items() if letters(term) in text]


def main() -> int:
    """Print each term with the documents that hold it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=ROOT.parent / "shared" / "data")
    texts = documents(parser.parse_args().data)
    squeezed = {name: letters(text) for name, text in texts.items()}
    bad = 0
    questions = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    for question in questions:
        for term in question["changed"]["absent"]:
            if letters(term) not in letters(question["question"]):
                bad += 1
                print(f"{question['id']}: {term!r} is not in the question")
            if holders := found(term, texts, squeezed):
                bad += 1
                print(f"{question['id']}: {term!r} occurs in {', '.join(holders)}")
    print(f"{len(questions)} questions, {len(texts)} documents, {bad} faults")
    return bool(bad)


if __name__ == "__main__":
    raise SystemExit(main())
