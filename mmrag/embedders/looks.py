"""What a question says of how a page looks: kinds of pictures and their colours, English and Korean, in one wording.

The encoder that comes with mmrag knows what documents look like and nothing else, so it is asked for looks alone: of
"the pie chart of revenue by end market" it is told "pie chart", and a question that says nothing of looks is none of
its business. Text only; knows no model.
"""

from __future__ import annotations

# ruff: noqa: E501 - a row of a table stays one line
import re
from functools import lru_cache

__all__ = ["looks_in"]

_KINDS = """
horizontal bar chart | horizontal bar (?:chart|graph|plot)s? | (?:가로|누운) ?막대 ?(?:그래프|차트|도표)?
stacked bar chart | stacked (?:bar|column)s?(?: (?:chart|graph)s?)? | 누적 ?막대 ?(?:그래프|차트|도표)?
grouped bar chart | (?:grouped|clustered) (?:bar|column)s?(?: (?:chart|graph)s?)? | 묶은 ?막대 ?(?:그래프|차트|도표)?
histogram | histograms? | 히스토그램
bar chart | (?:bar|column)s? ?(?:chart|graph|plot|diagram)s?|bars | 막대 ?(?:그래프|차트|도표|그림)?
area chart | area (?:chart|graph|plot)s? | (?:영역|면적) ?(?:그래프|차트|도표)
line chart | line ?(?:chart|graph|plot)s?|trend ?lines?|curves? | (?:꺾은)?선 ?(?:그래프|차트|도표)|곡선
donut chart | (?:donut|doughnut|ring)s?(?: (?:chart|graph)s?)? | (?:도넛|고리) ?(?:그래프|차트|도표|모양)?
pie chart | pies? ?(?:chart|graph|diagram)s?|pies?|slices|circle charts? | (?:원형?|파이) ?(?:그래프|차트|도표)|조각
scatter plot | scatter ?(?:plot|chart|graph|diagram)s? | 산점도|분산형 ?(?:그래프|차트)
box plot | box ?plots?|whiskers | 상자 ?(?:그림|수염)|박스 ?플롯
heat map | heat ?maps? | 히트 ?맵|열 ?지도
chart | charts?|graphs?|plots? | 그래프|차트|도표
flow chart | flow ?(?:chart|diagram)s?|process diagrams? | 순서도|흐름도
tree diagram | (?:tree|hierarchy) diagrams?|organi[sz]ation(?:al)? charts?|org charts? | 트리|계층도|조직도|계통도
network diagram | network (?:diagram|graph)s?|neural networks?|nodes and (?:links|edges) | 네트워크 ?(?:그림|도표|구조)|신경망|연결망
architecture diagram | (?:architecture|system|block|schematic|circuit) diagrams?|schematics? | 구성도|블록도|회로도|아키텍처 ?(?:그림|다이어그램|도)?
timeline | timelines? | 연표|타임라인
Venn diagram | venn(?: diagrams?)?|overlapping circles | 벤 ?다이어그램
map | maps? | 지도|약도
diagram | diagrams?|figures? (?:with|of|showing|that shows)|line drawings? | 다이어그램|도식|도해|도형|그림
photo | photos?|photographs?|pictures? of|portraits? | 사진|초상
drawing | drawings?|illustrations?|cartoons?|paintings?|sketch(?:es)? | 삽화|일러스트
invoice | invoices? | 송장|청구서|거래 ?명세서
receipt | receipts? | 영수증
business card | (?:business|name) cards? | 명함
form | (?:application|registration|report|order|entry|blank|printed) forms?|forms? (?:with|to fill|for)|fields? to fill|questionnaires?|check ?boxes | 양식|서식|신청서|기록지|설문지|빈칸
letter | letters? (?:to|from|with) | 편지|공문|서한
title page | title pages?|cover(?: pages?)? | 표지|제목 ?(?:페이지|쪽)
table of contents | tables? of contents|contents pages? | 목차|차례
two-column paper | two[- ]columns?|in columns | 2단|두 단
slide | slides? | 슬라이드
screenshot | screen ?shots?|screens? of | 스크린샷|화면 ?(?:캡처|사진)|캡처
code listing | (?:code|program) listings?|source code | 소스 ?코드|프로그램 ?코드
equation | equations?|formulas?|formulae | 수식|공식|방정식
table | tables? (?:of|with|that|showing|listing|about|on|where)|(?:the|a|shaded|ruled) tables? | 표
"""
_COLOURS = """
red | red | 빨간|빨강|붉은|적색
orange | orange | 주황
yellow | yellow | 노란|노랑
green | green | 초록|녹색|연두
teal | teal|turquoise|cyan | 청록|하늘색
blue | blue | 파란|파랑|푸른|남색
purple | purple|violet | 보라
pink | pink | 분홍
brown | brown | 갈색
grey | gr[ae]y | 회색
black | black | 검은|검정|까만
"""
_PARTICLES = "(?:(?:이|가|은|는|을|를|의|에|로|와|과|도|만|나)|에서|으로|이나|하고|에는|에도|들|들이|들은|들을)?"


@lru_cache(maxsize=2)
def _table(rows: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Words of the encoder, and where they are meant: English by whole words, Korean with its particles."""
    found = []
    for row in rows.strip().splitlines():
        name, english, korean = (cell.strip() for cell in row.split(" | "))
        either = (
            rf"(?<![a-z])(?:{english})(?![a-z])|(?<![가-힣])(?:{korean})(?:색|색의|색과|색인)?{_PARTICLES}(?![가-힣])"
        )
        found.append((name, re.compile(either)))
    return tuple(found)


def looks_in(question: str) -> str:
    """The kinds of pictures that a question names, the most exact name of each, and their colours; "" for none.

    Colours alone are none: "Blue Ridge" is a name.
    """
    text, kinds = " ".join(question.casefold().split()), []
    for name, pattern in _table(_KINDS):
        if pattern.search(text):
            kinds.append(name)
            text = pattern.sub(" , ", text)  # a bar chart is not asked for a chart once more
    colours = [name for name, pattern in _table(_COLOURS) if pattern.search(text)] if kinds else []
    if not kinds:
        return ""
    return " and ".join(kinds) + (f", in {' and '.join(colours)}" if colours else "")
