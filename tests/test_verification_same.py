"""A verdict depends on claim, question and evidence alone: not on what was checked before, nor on the process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mmrag.corpus.typed import TypedPage
from mmrag.types import Claim, Draft, Part
from mmrag.verification import PageVerifier

PAGE = TypedPage(
    "섬의 하루\n\n앞마을길은 해가 지면 문을 닫습니다. 모래강은 봄마다 물이 넘칩니다. "
    "뒷산은 눈이 오면 오를 수 없습니다.\n\n"
    "큰집은 손님이 묵는 곳입니다. 옛논은 갈대밭이 되었습니다. 새벽장은 닷새에 한 번 섭니다.\n\n"
    "Non-members and non-residents pay 40 euros a day. Members and residents of the island pay 25 euros a day."
)
CLAIMS = (
    "해가 지면 문을 닫는 길은 앞마을에 있다.",
    "봄마다 물이 넘치는 강은 모래가 많다.",
    "눈이 오면 오를 수 없는 산은 마을 뒤에 있다.",
    "손님이 묵는 집은 크다.",
    "갈대밭이 된 논은 오래되었다.",
    "닷새에 한 번 서는 장은 새벽에 열린다.",
    "손님을 맞는 집은 문을 닫는다.",
    "물이 넘치는 논은 갈대밭이다.",
    "Residents and members pay 40 euros a day.",
    "Non-residents and non-members pay 25 euros a day.",
)
QUESTION = "해가 지면 닫는 길은 어디입니까?"


def verdicts() -> dict[str, Claim]:
    """Of one verifier: every claim in turn, with and without a question, then again from the last to the first."""
    verifier = PageVerifier(PAGE)
    found: dict[str, Claim] = {}
    for claim in (*CLAIMS, *reversed(CLAIMS)):
        for question in ("", QUESTION):
            draft = Draft(question, claim, (Part(claim, claim),))
            (checked,) = verifier.verify(draft, [PAGE.evidence()])
            assert found.setdefault(f"{claim} {question}", checked) == checked
    return found


def test_a_claim_has_the_same_verdict_first_and_after_others() -> None:
    together = verdicts()
    for claim in CLAIMS:
        (alone,) = PageVerifier(PAGE).verify(Draft("", claim, (Part(claim, claim),)), [PAGE.evidence()])
        assert together[f"{claim} "] == alone


def test_a_claim_has_the_same_verdict_in_every_process() -> None:
    # Sets of words are gone through in another order under each seed.
    code = "import test_verification_same as same\nfor one in same.verdicts().items(): print(ascii(one))"
    printed = set()
    for seed in "12":
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": os.pathsep.join((str(Path(__file__).parent), *sys.path)),
        }
        run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        printed.add(run.stdout)
    assert len(printed) == 1
    assert printed.pop().count("\n") == 2 * len(CLAIMS)
