"""Statements as people write them about a full page: subject filled in, in other words, with one thing changed."""

from __future__ import annotations

import pytest

from mmrag.corpus.typed import TypedPage
from mmrag.types import Draft, Part
from mmrag.verification import PageVerifier

REPORT = """Corvid Marine annual report

2019 versus 2018. Net revenues in towing were $6.9 million, 12% lower than 2018. For the years ended December 31, 2019
and 2018 the contribution expense recognized in the statements was $367 and $417, respectively. At the end of the year
the company had federal and state credits of approximately $10.7 million and $5.2 million, respectively. The adoption of
Topic 606 did not have a material impact on the statements. The deductible for in-network services is $1,500 for
individuals and $3,000 for families. Outpatient services include skin grafts. The yard in the United States builds
ferries. Participating providers have agreed to the set rates. Customers pay fixed monthly fees for each berth.
"""
RICE = "굴 무밥 조리법\n\n밥물은 평소보다 20 % 적게 잡습니다. 경지 면적 가운데 논이 58 %를 차지한다."


def label(text: str, claim: str) -> str:
    page = TypedPage(text)
    draft = Draft("", claim, (Part(claim, claim),))
    return next(iter(PageVerifier(page).verify(draft, [page.evidence()]))).verdict.label


@pytest.mark.parametrize(
    ("text", "true", "false"),
    [
        (REPORT, "Towing net revenues were $6.9 million in 2019.", "Towing net revenues were $9.6 million in 2019."),
        (REPORT, "In 2019 the contribution expense was $367.", "In 2019 the contribution expense was $417."),
        (
            REPORT,
            "Corvid Marine had state credits of about $5.2 million.",
            "Corvid Marine had state credits of about $10.7 million.",
        ),
        (
            REPORT,
            "Adopting Topic 606 had no material impact on Corvid's statements.",
            "Adopting Topic 606 had a material impact on Corvid's statements.",
        ),
        (
            REPORT,
            "For families, the deductible for in-network services is $3,000.",
            "For families, the deductible for in-network services is $1,500.",
        ),
        (REPORT, "Skin grafts are outpatient services.", "Skin grafts are inpatient services."),
        (REPORT, "The yard in the U.S. builds ferries.", "The yard in the U.K. builds ferries."),
        (
            REPORT,
            "Participating providers agreed to the set rates.",
            "Non-participating providers agreed to the set rates.",
        ),
        (REPORT, "Customers pay fixed monthly fees.", "Customers pay fixed yearly fees."),
        (RICE, "밥물은 평소보다 20 % 적게 잡는다.", "밥물은 평소보다 20 % 많게 잡는다."),
        (RICE, "논은 경지 면적의 58 %이다.", "논은 경지 면적의 68 %이다."),
    ],
)
def test_a_restated_fact_is_supported_and_one_with_a_change_is_not(text: str, true: str, false: str) -> None:
    assert label(text, true) == "supported"
    assert label(text, false) != "supported"
