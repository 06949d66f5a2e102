"""What page retrieval reaches without mmrag: word search, the usual LangChain chain, and their plain fusion.

    python tests/benchmarks/baselines.py FOLDER QUESTIONS.jsonl [--json OUT.json]

- words: Okapi BM25 (k1 1.5, b 0.75) over whole pages, words of letters and digits, without common English words
- chain: PyPDFLoader, RecursiveCharacterTextSplitter(1000, 200), all-MiniLM-L6-v2, FAISS; a page scores as its best
  chunk
- fusion: each one's page scores over the whole folder as z-scores, added
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from common import minilm_folder, save_json, table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmrag.evaluation import (
    PageKey,
    Question,
    RetrievalScores,
    as_json,
    compare,
    evaluate_retrieval,
    page_key,
    read_questions,
    unmatchable,
)

WORDS = re.compile(r"\w+")
COMMON = frozenset(
    WORDS.findall(
        "a an and are as at be but by can could did do does for from had has have how i in into is it its may of on or "
        "should than that the their them then there these this to was were what when where which who whom why will "
        "with would you your"
    )
)
"""Not counted: without this the baseline loses 0.08 nDCG@5 on questions in whole sentences."""


def words_of(text: str) -> list[str]:
    return [word for word in WORDS.findall(text.lower()) if word not in COMMON]


class Okapi:
    """BM25 with the idf of rank_bm25's BM25Okapi, without its floor for words in more than half of the pages."""

    def __init__(self, texts: Sequence[str], k1: float = 1.5, b: float = 0.75) -> None:
        counts = [Counter(words_of(text)) for text in texts]
        lengths = np.array([sum(count.values()) for count in counts], dtype=float)
        self._norm = k1 * (1 - b + b * lengths / lengths.mean())
        self._k1 = k1
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for position, count in enumerate(counts):
            for word, times in count.items():
                self._postings[word].append((position, times))

    def scores(self, question: str) -> np.ndarray:
        total = np.zeros(len(self._norm))
        for word in words_of(question):
            postings = self._postings.get(word, [])
            if postings:
                at, times = np.array(postings).T
                idf = math.log(1 + (len(total) - len(at) + 0.5) / (len(at) + 0.5))
                total[at] += idf * times * (self._k1 + 1) / (times + self._norm[at])
        return total


def load_pages(folder: Path) -> tuple[list[PageKey], list]:
    """Every page of every PDF in a folder, as the LangChain loader gives them."""
    from langchain_community.document_loaders import PyPDFLoader

    pages = [page for file in sorted(folder.glob("*.pdf")) for page in PyPDFLoader(str(file)).load()]
    return [page_key(Path(page.metadata["source"]).name, page.metadata["page"] + 1) for page in pages], pages


def chain_scores(pages: list, keys: list[PageKey], questions: Sequence[Question]) -> list[np.ndarray]:
    """Cosine of each question to each page's best chunk, from the chain's own FAISS store."""
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    place = {key: position for position, key in enumerate(keys)}
    chunks = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(pages)
    embeddings = HuggingFaceEmbeddings(model_name=minilm_folder())
    store = FAISS.from_documents(chunks, embeddings)
    result = []
    for question in questions:
        scores = np.full(len(keys), -1.0)
        for chunk, distance in store.similarity_search_with_score(question.question, k=len(chunks)):
            at = place[page_key(Path(chunk.metadata["source"]).name, chunk.metadata["page"] + 1)]
            scores[at] = max(scores[at], 1 - distance / 2)  # squared distance of unit vectors
        result.append(scores)
    return result


def z(values: np.ndarray) -> np.ndarray:
    spread = values.std()
    return (values - values.mean()) / spread if spread > 0 else np.zeros_like(values)


def score(questions: Sequence[Question], keys: list[PageKey], rows: Sequence[np.ndarray]) -> RetrievalScores:
    rankings = {
        question.id: [{keys[at]} for at in np.argsort(-row, kind="stable")[:100]]
        for question, row in zip(questions, rows, strict=True)
    }
    return evaluate_retrieval(questions, rankings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--json", type=Path, help="also write every score to this file")
    arguments = parser.parse_args()
    everything = read_questions(arguments.questions)
    questions = [question for question in everything if question.gold]
    keys, pages = load_pages(arguments.folder)
    counts = Counter(name for name, _ in keys)
    missing = unmatchable(questions, counts)
    print(f"{len(counts)} PDFs, {len(keys)} pages; {len(everything)} questions, {len(questions)} with gold pages")
    for item in missing:
        print(f"unmatchable: {item.question_id}: {item.page[0]} p.{item.page[1]}: {item.reason}")

    okapi = Okapi([page.page_content for page in pages])
    words = [okapi.scores(question.question) for question in questions]
    chain = chain_scores(pages, keys, questions)
    runs = {
        "words (BM25)": words,
        "LangChain chain": chain,
        "z-score fusion": [z(one) + z(two) for one, two in zip(words, chain, strict=True)],
    }
    scores = {name: score(questions, keys, rows) for name, rows in runs.items()}
    rows: list[Sequence[object]] = [("", "nDCG@5", "hit@5", "held-out nDCG@5", "held-out hit@5", "nDCG@5 - words")]
    for name, result in scores.items():
        whole, half = result.intervals(), result.half(held=True).intervals()
        difference = compare(scores["words (BM25)"], result)["nDCG@5"]
        rows.append((name, whole["nDCG@5"], whole["hit@5"], half["nDCG@5"], half["hit@5"], difference))
    print(table(rows))
    save_json(arguments.json, {name: as_json(result, unmatchable=missing) for name, result in scores.items()})


if __name__ == "__main__":
    main()
