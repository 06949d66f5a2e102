"""Make the sample folder of `mmrag demo`: mmrag/samples. One invented company; facts agree across the files.

    python scripts/make_samples.py

Needs PyMuPDF, Pillow, numpy and the Nanum fonts (Debian: fonts-nanum). The result is the same bytes every time.
"""

# ruff: noqa: E501  (the text of the pages: a Korean character counts as two)

from __future__ import annotations

from pathlib import Path

import sample_pictures
import sample_report
from sample_report import COMPANY
from sheets import GREY, PALETTE, RULE, WIDE, Sheets, korean, latin

TARGET = Path(__file__).parents[1] / "mmrag" / "samples"


def slides(file: Path) -> None:
    """The launch plan of a product: six slides."""
    s = Sheets(latin(), WIDE, accent=PALETTE[2])
    s.running = "AquaSonde R3 launch plan"
    s.new_page(bare=True)
    s.page.draw_rect((0, 0, *WIDE), color=None, fill=(0.10, 0.20, 0.22))
    s.page.draw_rect((0, 392, WIDE[0], 400), color=None, fill=PALETTE[2])
    s.put("AquaSonde R3", 64, 250, 60, bold=True, color=(1, 1, 1))
    s.put("Launch plan  ·  product management  ·  January 2026", 66, 292, 20, color=(0.75, 0.85, 0.82))
    s.put(COMPANY, 66, 470, 16, color=(0.75, 0.85, 0.82))
    for title, draw in (
        ("Why a new probe?", _slide_why),
        ("What is new", _slide_new),
        ("The market is growing", _slide_market),
        ("Road to the launch", _slide_road),
        ("Price and targets", _slide_price),
    ):
        s.new_page()
        s.heading(title)
        draw(s)
    s.save(file, "AquaSonde R3 launch plan", COMPANY)


def _slide_why(s: Sheets) -> None:
    s.y += 16
    s.bullets(
        (
            "Customers ask for nitrate and chlorophyll in one probe; the R2 measures only three values.",
            "Batteries are changed every 7 months; each visit to a river costs about KRW 400,000.",
            "Two competitors have announced probes with four sensors for 2026.",
        ),
        22,
    )


def _slide_new(s: Sheets) -> None:
    s.y += 10
    s.table(
        (
            ("", "AquaSonde R2", "AquaSonde R3"),
            ("Sensors", "3", "5"),
            ("Battery life", "7 months", "18 months"),
            ("Depth rating", "50 m", "100 m"),
            ("Weight", "3.1 kg", "2.3 kg"),
            ("Radio", "LTE", "LTE, satellite"),
        ),
        (260, 280, 292),
        size=20,
        pad=12,
    )


def _slide_market(s: Sheets) -> None:
    s.put("River probes sold worldwide, thousand units (source: own estimate)", s.margin, s.y + 14, 15, color=GREY)
    top = s.y + 60
    s.bars(
        ("2022", "2023", "2024", "2025", "2026 (forecast)"),
        {"": (38, 43, 51, 60, 72)},
        box=(s.margin + 40, top, s.right, 455),
        digits=0,
    )


def _slide_road(s: Sheets) -> None:
    y = 290
    s.page.draw_line((90, y), (870, y), color=RULE, width=6)
    steps = (
        ("2 February", "Pilot in Tongyeong", "6 probes"),
        ("16 March", "Approval tests", "KTL, Ansan"),
        ("20 April", "Training of partners", "Osaka, Portland"),
        ("12 May", "Launch", "Gangneung"),
    )
    for at, (day, what, where) in enumerate(steps):
        x = 130 + at * 230
        s.page.draw_circle((x, y), 13, color=(1, 1, 1), fill=PALETTE[1 if at == 3 else 2], width=3)
        s.put(day, x, y - 34, 20, bold=True, align="centre")
        s.put(what, x, y + 46, 17, align="centre")
        s.put(where, x, y + 70, 14, color=GREY, align="centre")


def _slide_price(s: Sheets) -> None:
    s.y += 12
    s.bullets(
        (
            "List price: KRW 4.9 million (R2: KRW 3.8 million).",
            "Target for 2026: 900 units, 40 % of them in Japan.",
            "Owners of an R2 get 15 % off until 31 December 2026.",
            "The R2 stays on sale until stock runs out, and is served until 2031.",
        ),
        22,
    )


def agreement(file: Path) -> None:
    """A scanned page without a text layer."""
    s = Sheets(latin(serif=True), accent=(0.1, 0.1, 0.1))
    s.new_page(bare=True)
    s.put("NOEUL INSTRUMENTS CO., LTD.", s.margin, 70, 12, bold=True)
    s.put("27 Haeoreum-ro, Gangneung", s.margin, 86, 10)
    s.put("Gangneung, 14 March 2025", s.right, 86, 10, align="right")
    s.y = 120
    s.heading("Maintenance agreement No. T-2025-031", 1)
    s.para(
        "between Noeul Instruments Co., Ltd. (the Contractor) and the Waterworks of the City of Tongyeong (the Customer).",
        12,
    )
    s.heading("1. Subject", 2)
    s.para("The Contractor maintains 24 river probes of the type AquaSonde R2 at the places listed in Annex A.", 12)
    s.heading("2. Fee", 2)
    s.para("The Customer pays a monthly fee of KRW 3,150,000, due on the tenth day of the following month.", 12)
    s.heading("3. Response time", 2)
    s.para("A fault is attended to within 8 hours on working days and within 24 hours on weekends and holidays.", 12)
    s.heading("4. Term", 2)
    s.para("The agreement runs for three years from 1 April 2025 and may be ended with 90 days' notice in writing.", 12)
    s.y += 40
    s.put("For the Contractor", s.margin, s.y, 11)
    s.put("For the Customer", 340, s.y, 11)
    for x, strokes in ((s.margin, (0, 26, -18, 30, 4)), (340, (6, -22, 24, -10, 18))):
        s.page.draw_curve((x, s.y + 44), (x + 40, s.y + 20 + strokes[0]), (x + 70, s.y + 44 + strokes[2]), width=1.3)
        s.page.draw_bezier(
            (x + 30, s.y + 50), (x + 60, s.y + 10), (x + 80, s.y + 70), (x + 130, s.y + 34 + strokes[4] / 3), width=1.3
        )
        s.page.draw_line((x, s.y + 62), (x + 170, s.y + 62), width=0.6)
    s.put("Han Do-yun", s.margin, s.y + 78, 10)
    s.put("Jeong Ha-eun, director", 340, s.y + 78, 10)
    s.scan(file, title="", seed=3, turn=0.7, dpi=150, quality=42)


def handbook(file: Path) -> None:
    """The Korean handbook for employees: four pages."""
    s = Sheets(korean(), accent=PALETTE[3])
    s.running = "노을계측 직원 안내서 2026"
    s.new_page()
    s.heading("직원 안내서 2026")
    s.para(
        "이 안내서는 노을계측(Noeul Instruments) 직원이 자주 묻는 것을 모은 것입니다. 본사는 강릉에 있으며 부산, 오사카, 로테르담에 사무소가 있습니다.",
        11,
    )
    s.heading("근무 시간", 2)
    s.para(
        "하루 근무 시간은 8시간이며 오전 10시부터 오후 4시까지는 모두가 일하는 공통 시간입니다. 나머지 시간은 오전 7시와 오후 8시 사이에서 스스로 정합니다.",
        11,
    )
    s.para(
        "재택근무는 일주일에 이틀까지 할 수 있습니다. 교정실과 생산동 직원은 조장과 상의하여 한 달에 사흘까지 쓸 수 있습니다.",
        11,
    )
    s.heading("휴가", 2)
    s.table(
        (
            ("종류", "일수", "비고"),
            ("연차 휴가", "15일", "2년마다 하루씩 늘어 최대 25일"),
            ("여름 휴가", "4일", "7월과 8월 사이"),
            ("배우자 출산 휴가", "20일", "세 번까지 나누어 사용"),
            ("장기 근속 휴가", "10일", "입사 10년이 되는 해"),
        ),
        (150, 100, 221),
        size=10,
    )
    s.new_page()
    s.heading("출장")
    s.para("출장은 떠나기 사흘 전까지 신청합니다. 법인 카드로 결제하고, 돌아온 뒤 닷새 안에 영수증을 올립니다.", 11)
    s.table(
        (
            ("지역", "숙박비 한도(1박)", "일비"),
            ("국내", "120,000원", "35,000원"),
            ("일본", "180,000원", "60,000원"),
            ("유럽", "230,000원", "75,000원"),
            ("북미", "250,000원", "80,000원"),
        ),
        (171, 170, 130),
        size=10,
    )
    s.para(
        "KTX는 일반실을 이용합니다. 두 시간이 넘는 비행에는 좌석 추가 요금을 청구할 수 있습니다. 자기 차를 쓰면 1 km에 280원을 드립니다.",
        11,
    )
    s.heading("현장 작업의 안전", 2)
    s.bullets(
        (
            "호수나 강에서 부이를 다룰 때는 반드시 두 사람 이상이 함께 가고 구명조끼를 입습니다.",
            "바람이 초속 12 m를 넘으면 배를 띄우지 않습니다.",
            "수온이 10도보다 낮으면 방수복을 입습니다.",
        ),
        11,
    )
    s.new_page()
    s.heading("정보 보안")
    s.para(
        "비밀번호는 열두 글자 이상으로 정하고 다른 곳에서 쓰는 것을 다시 쓰지 않습니다. 고객의 측정 자료는 회사 밖의 저장 장치에 옮길 수 없습니다.",
        11,
    )
    s.para(
        "노트북을 잃어버리면 두 시간 안에 전산실(내선 4242)에 알립니다. 손님용 무선망의 비밀번호는 매주 월요일에 바뀝니다.",
        11,
    )
    s.heading("교육과 자기 계발", 2)
    s.para(
        "직원은 한 해에 80만 원까지 교육비를 받습니다. 어학 시험의 응시료는 한 해에 두 번까지 회사가 냅니다. 2025년 직원 한 사람의 평균 교육 시간은 31시간이었습니다.",
        11,
    )
    s.caption("그림 1. 직원 한 사람의 연간 교육 시간")
    top = s.y + 20
    s.bars(
        ("2022", "2023", "2024", "2025"), {"": (19, 23, 27, 31)}, box=(s.margin + 30, top, s.right, top + 150), digits=0
    )
    s.new_page()
    s.heading("복지")
    s.para(
        "점심은 강릉 본사 식당에서 무료로 먹을 수 있고, 다른 사무소에서는 하루 9,000원을 지원합니다. 생일에는 오후 휴가와 5만 원 상품권을 드립니다.",
        11,
    )
    s.para(
        "자녀 학자금은 고등학생 한 명에 한 학기 60만 원, 대학생 한 명에 한 학기 200만 원까지입니다. 강릉으로 이사하는 직원은 한 번 150만 원의 정착 지원금을 받습니다.",
        11,
    )
    s.heading("동호회", 2)
    s.table(
        (
            ("동호회", "모임", "회원"),
            ("등산", "매월 첫째 토요일", "34"),
            ("서핑", "6월부터 9월까지 매주", "21"),
            ("합창", "매주 수요일", "17"),
        ),
        (150, 200, 121),
        size=10,
    )
    s.save(file, "노을계측 직원 안내서 2026", COMPANY)


def inspection(file: Path) -> None:
    """A scanned Korean page."""
    s = Sheets(korean(), accent=(0.1, 0.1, 0.1))
    s.new_page(bare=True)
    s.heading("정기 점검 보고서")
    s.para("점검 일자: 2025년 8월 20일        담당: 부이운영팀 오세린", 13)
    s.para("대상: 소양호 부이 B1-07 (춘천, 수심 38 m)", 13)
    s.table(
        (
            ("항목", "측정값", "판정"),
            ("용존 산소", "7.8 mg/L", "정상"),
            ("수온(수심 1 m)", "24.6 도", "정상"),
            ("탁도", "3.2 NTU", "정상"),
            ("배터리 전압", "11.4 V", "교체함"),
        ),
        (170, 150, 151),
        size=12,
        pad=9,
    )
    s.para(
        "배터리를 새것으로 바꾸고 센서 창의 이끼를 닦아 냈습니다. 닻줄에 닳은 곳이 있어 다음 점검 때 교체할 예정입니다.",
        13,
    )
    s.para("다음 점검 예정일: 2025년 11월 20일", 13)
    s.scan(file, title="", seed=5, turn=-0.6, dpi=150, quality=42)


README = """# The sample folder of `mmrag demo`

Made by `scripts/make_samples.py`. The company, its people and its figures are invented. The documents and pictures are
CC0. The PDFs contain parts of NanumBarunGothic (SIL Open Font License 1.1, Copyright 2010 NAVER Corporation) and of
the Nimbus fonts (AGPL with an exception for embedding), cut down to the glyphs used.
"""


def main() -> None:
    """Write every file anew."""
    pictures = TARGET / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    sample_report.write(TARGET / "annual-report-2025.pdf")
    slides(TARGET / "aquasonde-r3-launch.pdf")
    agreement(TARGET / "maintenance-agreement-scan.pdf")
    handbook(TARGET / "직원안내서-2026.pdf")
    inspection(TARGET / "점검보고서-스캔.pdf")
    sample_pictures.main(pictures)
    (TARGET / "README.md").write_text(README, "utf-8")


if __name__ == "__main__":
    main()
