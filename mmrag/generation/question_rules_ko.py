"""Which Korean words ask for what, for `mmrag.generation.questions`. First rule wins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmrag.generation.questions import AnswerType, Form, Kind

__all__ = ["KOREAN_KINDS"]


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_KO_UNIT = (
    r"(?P<noun>개월|개|명|곳|대|번|회|가지|권|장|마리|킬로미터|킬로그램|킬로|센티미터|밀리미터|미터|밀리리터|리터|그램|층|쪽"
    r"|페이지|건|종|[기메]가와트시?|와트|데시벨|제곱미터|살|세|그루|자리|"
    r"인|호|쌍|팀|점|도|cm|km|kg|g|m|L|ml|mm)"
)
KOREAN_KINDS: tuple[tuple[re.Pattern[str], Kind, AnswerType, Form], ...] = (
    (
        _words(
            r"(?:이)?란\s*(?:무엇|뭐|뭔)|(?:뜻|의미|정의)(?:은|는|이|가|을|를)?\s*(?:무엇|뭐|뭔|$|\?|알려)|"
            r"무슨 (?:뜻|의미)"
        ),
        "definition",
        "text",
        "sentence",
    ),
    (_words(r"몇 ?(?P<noun>시간|개월)"), "how_many", "duration", "short"),
    (
        _words(
            r"얼마나 자주|얼마 ?동안|얼마나 (?:오래|걸)|(?:보증|유효) ?기간|얼마 ?만에|"
            r"몇 ?(?:년|시간|개월|주|일|달|분|초)\s?(?:간|동안|이나|"
            r"정도|걸|안에|마다|에 한|까지만|뒤|후|전)|며칠 ?(?:간|"
            r"동안|이나|걸|안에|전|뒤|후)|기간(?:은|이)"
        ),
        "how_many",
        "duration",
        "short",
    ),
    (
        _words(r"몇 ?(?:퍼센트|프로|%)|[율률](?:은|이|가)?\s*(?:얼마|몇|$|\?)|비율|증가율|감소율|증감률|비중"),
        "how_much",
        "percent",
        "short",
    ),
    (
        _words(
            r"몇 ?(?:원|달러|만 ?원|억)|(?:금액|액수|[가-힣](?:료|비|금)|"
            r"가격|요금|비용|예산|값|수수료|연봉|매출액?|벌금|지원금|참가비|"
            r"이용료|입장료)(?:은|는|이|가|도)?\s*(?:얼마|몇|$|\?|"
            r"총)"
        ),
        "how_much",
        "money",
        "short",
    ),
    (_words(r"(?:무슨|어느|몇)\s*(?P<noun>요일)"), "when", "date", "short"),
    (_words(r"몇 ?시(?!간)|(?:시각|시간)(?:은|는|이|가)?\s*(?:언제|몇|$|\?)|첫차|막차"), "when", "time", "short"),
    (
        _words(r"언제|몇 ?(?:년도|년|월|일|분기|주차)|며칠|어느 ?(?:해|달|날|분기|시기)|날짜|연도"),
        "when",
        "date",
        "short",
    ),
    (_words(rf"몇\s*{_KO_UNIT}?"), "how_many", "number", "short"),
    (
        _words(r"(?:무게|크기|용량|길이|높이|넓이|면적|거리|속도|소음|온도|규모)(?:은|는|이|가)?\s*(?:얼마|몇)"),
        "how_much",
        "number",
        "short",
    ),
    (_words(r"얼마나 (?=\S)"), "how_much", "number", "short"),
    (_words(r"얼마"), "how_much", "money", "short"),
    (
        _words(
            r"누구|누가|성함|(?:[사원시관]장|의사|저자|교수|감독|강사|작가|대표)[가-힣]*\s*이름|(?:사람|담당자|책임자|위원장|대표|저자|작성자)(?:은|는|이|가)?\s*(?:$|\?|이름)"
        ),
        "who",
        "person",
        "short",
    ),
    (_words(r"어디|(?:장소|위치|주소)(?:은|는|이|가)?\s*(?:$|\?)"), "where", "place", "short"),
    (_words(r"왜|이유|원인|까닭"), "explanation", "reason", "sentence"),
    (_words(r"어떻게|방법|절차|순서|어떡"), "explanation", "text", "sentence"),
    (
        _words(r"(?:무엇무엇|목록|종류|항목|나열|모두 (?:알려|말해|무엇)|무엇이 있|무엇들|어떤 것들|뭐가 있|뭐뭐)"),
        "list",
        "text",
        "list",
    ),
    (
        _words(r"전화번호|번호(?:은|는|이|가)?\s*(?:$|\?|무엇|몇)|개수|인원|총 ?인원|수는|인구"),
        "how_many",
        "number",
        "short",
    ),
    (
        _words(r"(?:어떤|무슨)\s*(?:영향|경우|때|내용|문제|효과|점|일|목적|역할|조건|제품|물건)"),
        "what",
        "text",
        "short",
    ),
    (_words(r"(?:어느|어떤|무슨)\s*(?P<noun>[\uac00-\ud7a3]+)"), "which", "name", "short"),
    (_words(r"무엇|뭐|뭔|무언|뭘"), "what", "text", "short"),
    (
        _words(
            r"(?:나요|습니까|입니까|됩니까|합니까|인가요|한가요|은가요|는가요?|ㄴ가요|을까요?|할까요?|될까요?|"
            r"인가|한가|되나|하나|있나|없나|있어|없어|맞아|되니|돼|있니|가능해|"
            r"해도 돼요?|되요|돼요|맞습니까|있지|되지|이야|예요|이에요)\s*\?*\s*$"
        ),
        "yes_no",
        "yes_no",
        "sentence",
    ),
)
