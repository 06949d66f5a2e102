"""Words that the pictures show and the captions name: subjects, categories, people, places and running text.

Everything is made up here, in English and Korean side by side. Knows no picture.
"""

# ruff: noqa: E501 - Korean letters count as two columns

from __future__ import annotations

from random import Random
from typing import NamedTuple

__all__ = [
    "ACTIONS",
    "CATEGORIES",
    "COMPANIES",
    "GOODS",
    "HEADINGS",
    "MEASURES",
    "PARTS",
    "PEOPLE",
    "SERIES",
    "SUBJECTS",
    "Term",
    "sentence",
    "terms",
]


class Term(NamedTuple):
    """A wording in English and in Korean."""

    en: str
    ko: str

    def said(self, language: str) -> str:
        """The wording in `language`, `en` or `ko`."""
        return self.ko if language == "ko" else self.en


def terms(lines: str) -> tuple[Term, ...]:
    """Terms from `english | korean` entries, one a line or parted by semicolons."""
    entries = [entry for line in lines.strip().splitlines() for entry in line.split(";") if entry.strip()]
    return tuple(Term(*(side.strip() for side in entry.split("|"))) for entry in entries)


SUBJECTS = terms("""
revenue by region | 지역별 매출; monthly rainfall | 월별 강수량; number of students | 학생 수; net income | 순이익
electricity use | 전력 사용량; exports and imports | 수출입; population by age | 연령별 인구; market share | 시장 점유율
website visitors | 웹사이트 방문자; energy sources | 에너지원; test scores | 시험 점수; hospital visits | 병원 방문
traffic accidents | 교통사고; rice production | 쌀 생산량; house prices | 주택 가격; unemployment rate | 실업률
air temperature | 기온; water quality | 수질; fine dust levels | 미세먼지 농도; tourist arrivals | 관광객 수
research spending | 연구비; customer satisfaction | 고객 만족도; delivery times | 배송 시간; operating costs | 운영 비용
car sales | 자동차 판매; smartphone shipments | 스마트폰 출하량; library loans | 도서관 대출; farm income | 농가 소득
birth rate | 출생률; carbon emissions | 탄소 배출량; budget plan | 예산 계획; staff numbers | 직원 수
server response time | 서버 응답 시간; memory usage | 메모리 사용량; error counts | 오류 건수; bus passengers | 버스 승객
coffee consumption | 커피 소비; subway ridership | 지하철 이용객; forest area | 산림 면적; interest rates | 금리
stock price | 주가; tax income | 세금 수입; insurance claims | 보험 청구; vaccine doses | 백신 접종
game scores | 경기 점수; school meals | 학교 급식; recycling | 재활용; crop yields | 작물 수확량
model accuracy | 모델 정확도; training loss | 학습 손실; reaction speed | 반응 속도; body weight | 체중
sea level | 해수면; wind power | 풍력 발전; solar power | 태양광 발전; fish catch | 어획량
pension funds | 연금 기금; safety checks | 안전 점검; project schedule | 사업 일정; order processing | 주문 처리
data storage | 데이터 저장; user accounts | 사용자 계정; cloud services | 클라우드 서비스; payment system | 결제 시스템
product quality | 제품 품질; shipping process | 출하 공정; patient care | 환자 진료; city planning | 도시 계획
history of the company | 회사 연혁; machine learning | 기계 학습; network security | 네트워크 보안; food safety | 식품 안전
climate change | 기후 변화; public health | 공중 보건; space travel | 우주 여행; art education | 미술 교육
""")

CATEGORIES = tuple(
    terms(lines)
    for lines in (
        "North | 북부; South | 남부; East | 동부; West | 서부; Central | 중부; Coast | 해안; Islands | 도서",
        "Q1 | 1분기; Q2 | 2분기; Q3 | 3분기; Q4 | 4분기; Q5 | 5분기; Q6 | 6분기; Q7 | 7분기; Q8 | 8분기",
        "Jan | 1월; Feb | 2월; Mar | 3월; Apr | 4월; May | 5월; Jun | 6월; Jul | 7월; Aug | 8월; Sep | 9월; Oct | 10월",
        "2015|2015; 2016|2016; 2017|2017; 2018|2018; 2019|2019; 2020|2020; 2021|2021; 2022|2022; 2023|2023; 2024|2024",
        "Seoul | 서울; Busan | 부산; Daegu | 대구; Incheon | 인천; Gwangju | 광주; Daejeon | 대전; Ulsan | 울산; Jeju | 제주",
        "Korea | 한국; Japan | 일본; China | 중국; India | 인도; France | 프랑스; Brazil | 브라질; Kenya | 케냐; Peru | 페루",
        "Sales | 영업; Legal | 법무; IT | 전산; Finance | 재무; Design | 디자인; Support | 지원; Research | 연구; HR | 인사",
        "Apple | 사과; Pear | 배; Grape | 포도; Melon | 참외; Peach | 복숭아; Plum | 자두; Fig | 무화과; Kiwi | 키위",
        "A | 가; B | 나; C | 다; D | 라; E | 마; F | 바; G | 사; H | 아; I | 자; J | 차",
        "Math | 수학; Science | 과학; Music | 음악; Art | 미술; History | 역사; English | 영어; Sports | 체육; Ethics | 도덕",
        "10s | 10대; 20s | 20대; 30s | 30대; 40s | 40대; 50s | 50대; 60s | 60대; 70s | 70대; 80s | 80대",
        "Mon | 월; Tue | 화; Wed | 수; Thu | 목; Fri | 금; Sat | 토; Sun | 일",
    )
)

SERIES = terms("""
Plan | 계획; Actual | 실적; Domestic | 국내; Overseas | 해외; Online | 온라인; Store | 매장; Men | 남성; Women | 여성
This year | 올해; Last year | 작년; Group A | 가 집단; Group B | 나 집단; Model X | 모델 X; Model Y | 모델 Y
Oil | 석유; Gas | 가스; Coal | 석탄; Wind | 풍력; Hydro | 수력; Target | 목표; Average | 평균; Maximum | 최대
""")

MEASURES = terms("""
Amount | 금액; Share (%) | 비중(%); Count | 건수; Total | 합계; Change | 증감; Rate | 비율; Price | 가격; Score | 점수
Volume | 수량; Cost | 비용; Profit | 이익; Index | 지수; Days | 일수; Hours | 시간; Weight | 무게; Rank | 순위
""")

GOODS = terms("""
Paper A4 | A4 용지; Blue pens | 파란 펜; Desk lamp | 책상 조명; Green tea | 녹차; Notebook | 공책; Cable 2 m | 케이블 2m
Office chair | 사무용 의자; Rice 10 kg | 쌀 10kg; Coffee beans | 원두; Printer ink | 프린터 잉크; Batteries | 건전지
Water bottle | 물병; Repair work | 수리 작업; Monthly fee | 월 이용료; Keyboard | 키보드; Bread | 빵; Milk | 우유
""")

ACTIONS = terms("""
Start | 시작; Receive order | 주문 접수; Check stock | 재고 확인; Approve? | 승인?; Ship | 출하; Pay | 결제; End | 끝
Read input | 입력 읽기; Validate | 검증; Save data | 데이터 저장; Send mail | 메일 발송; Retry | 재시도; Review | 검토
Design | 설계; Build | 구축; Test | 시험; Deploy | 배포; Train model | 모델 학습; Report | 보고; Plan | 계획; Archive | 보관
""")

PARTS = terms("""
Web app | 웹 앱; Database | 데이터베이스; Gateway | 게이트웨이; Queue | 대기열; Cache | 캐시; Client | 클라이언트
Storage | 저장소; Firewall | 방화벽; Server | 서버; Search | 검색; Logs | 로그; Users | 사용자; Identity | 인증
Function | 함수; Monitor | 모니터; Router | 라우터; Sensor | 센서; Model | 모델; Backup | 백업; Portal | 포털
CEO | 대표이사; Sales | 영업부; Finance | 재무부; Research | 연구소; Support | 지원팀; Design | 디자인팀; Factory | 공장
""")

HEADINGS = terms("""
Introduction | 서론; Methods | 방법; Results | 결과; Discussion | 논의; Conclusion | 결론; Summary | 요약; Overview | 개요
Background | 배경; Data | 자료; Related work | 관련 연구; Terms | 약관; Contact | 연락처; Schedule | 일정; Scope | 범위
Risk factors | 위험 요인; Next steps | 향후 계획; References | 참고 문헌; Appendix | 부록; Purpose | 목적; Goals | 목표
""")

PEOPLE = terms("""
Minji Kim | 김민지; Junho Park | 박준호; Anna Weber | 안나 베버; David Cole | 데이비드 콜; Seoyeon Lee | 이서연
Maria Lopez | 마리아 로페스; Jiho Choi | 최지호; Emma Stone | 에마 스톤; Hyunwoo Jung | 정현우; Lucas Meyer | 루카스 마이어
""")

COMPANIES = terms("""
Hanbit Trading | 한빛상사; Blue River Ltd. | 푸른강 주식회사; Dasom Foods | 다솜식품; Maple Works | 단풍공업
Nuri Energy | 누리에너지; Orchard Labs | 과수원연구소; Sejong Books | 세종서적; Harbor Tools | 항구공구; Byul Systems | 별시스템
""")

_NOUNS = terms("""
the plan | 계획; a report | 보고서; the city | 도시; our team | 우리 팀; the market | 시장; each sample | 각 표본
the model | 모형; the river | 강; a new rule | 새 규정; the price | 가격; the service | 서비스; every school | 모든 학교
the survey | 조사; the method | 방법; the budget | 예산; local farmers | 지역 농가; the system | 시스템; the result | 결과
""")
_VERBS = terms("""
shows | 보여 준다; changes | 바꾼다; supports | 지원한다; describes | 설명한다; needs | 필요로 한다; reaches | 도달한다
reduces | 줄인다; improves | 개선한다; compares | 비교한다; explains | 밝힌다; follows | 따른다; depends on | 좌우한다
""")
_ENDS = terms("""
in most years | 대부분의 해에; at low cost | 낮은 비용으로; over time | 시간이 지나면서; in the north | 북부에서
with few errors | 적은 오류로; before the deadline | 마감 전에; for the first time | 처음으로; as expected | 예상대로
under these conditions | 이러한 조건에서; in the second half | 하반기에; without delay | 지체 없이; | 또한
""")


def sentence(rng: Random, language: str) -> str:
    """A plain sentence about nothing in particular, for running text."""
    first, second = rng.sample(_NOUNS, 2)
    verb, end = rng.choice(_VERBS), rng.choice(_ENDS)
    if language == "ko":
        return f"{end.ko} {first.ko}의 변화는 {second.ko}도 함께 {verb.ko}."
    line = f"{first.en} {verb.en} {second.en} {end.en}".strip()
    return line[0].upper() + line[1:] + "."
