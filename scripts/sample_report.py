"""The annual report of the sample folder: eight pages with charts, tables, headings and an outline."""

# ruff: noqa: E501  (the text of the pages)

from __future__ import annotations

from pathlib import Path

from sheets import A4, GREY, PALETTE, Sheets, latin

COMPANY = "Noeul Instruments"


def write(file: Path) -> None:
    """The annual report: eight pages with charts, tables, headings and an outline."""
    s = Sheets(latin())
    s.running = f"{COMPANY}  |  Annual Report 2025"
    _cover(s)
    _letter(s)
    _revenue(s)
    _profit(s)
    _markets(s)
    _people(s)
    _environment(s)
    _outlook(s)
    s.save(file, "Noeul Instruments Annual Report 2025", COMPANY)


def _cover(s: Sheets) -> None:
    s.new_page(bare=True)
    w, h = A4
    s.page.draw_rect((0, 0, w, h * 0.62), color=None, fill=PALETTE[0])
    for at, shade in enumerate(((0.12, 0.42, 0.63), (0.16, 0.49, 0.70), (0.22, 0.56, 0.76))):
        y = h * (0.44 + 0.06 * at)
        s.page.draw_bezier((0, y), (w * 0.3, y - 60), (w * 0.6, y + 60), (w, y - 10), color=shade, width=26)
    s.put("Annual Report", 62, 190, 44, bold=True, color=(1, 1, 1))
    s.put("2025", 62, 244, 44, color=(0.80, 0.90, 0.97))
    s.put(COMPANY, 62, h * 0.62 + 62, 22, bold=True, color=PALETTE[0])
    s.put("Sensors for clean water", 62, h * 0.62 + 88, 13, color=GREY)
    s.put("Gangneung  ·  Busan  ·  Osaka  ·  Rotterdam", 62, h - 62, 10, color=GREY)


def _letter(s: Sheets) -> None:
    s.new_page()
    s.heading("Letter from the chief executive")
    s.para(
        "2025 was the year in which our probes became a normal sight on Korean rivers. We delivered our 1,310th monitoring "
        "station in November, a buoy on Lake Chungju, and for the first time more than half of our revenue came "
        "from customers outside Korea."
    )
    s.para(
        "Revenue rose by 18.0 % to KRW 48.6 billion, and the operating margin reached 13.2 %. Behind these figures stand 214 "
        "colleagues at four sites. They shipped the AquaSonde R2 without a single recall, opened our Rotterdam office in March, "
        "and cut the time of a calibration from 45 to 28 minutes."
    )
    s.para(
        "Not everything went well. A shortage of optical windows delayed deliveries to Japan by seven weeks in the spring, and "
        "we lost the tender of the Rhine commission to a cheaper offer. We have since signed a second supplier for windows."
    )
    s.para("Han Do-yun, chief executive officer", color=GREY)
    s.heading("Key figures", 2)
    s.table(
        (
            ("", "2025", "2024", "Change"),
            ("Revenue (KRW billion)", "48.6", "41.2", "+18.0 %"),
            ("Operating profit (KRW billion)", "6.4", "4.9", "+30.6 %"),
            ("Operating margin", "13.2 %", "11.8 %", "+1.4 points"),
            ("Employees at year end", "214", "187", "+27"),
            ("Stations in service", "1,310", "980", "+330"),
            ("Dividend per share (KRW)", "620", "540", "+80"),
        ),
        (220, 80, 80, 91),
    )


def _revenue(s: Sheets) -> None:
    s.new_page()
    s.heading("Revenue")
    s.para(
        "Revenue grew in every quarter. The fourth quarter was the strongest in our history, carried by 96 river probes for "
        "the water authority of Kyushu. Seasonality is falling: the first quarter contributed 21 % of the year, against 17 % "
        "three years ago."
    )
    s.caption("Figure 1. Quarterly revenue 2024 and 2025, KRW billion")
    top = s.y + 40
    s.bars(
        ("Q1", "Q2", "Q3", "Q4"),
        {"2025": (10.4, 11.9, 12.7, 13.6), "2024": (8.9, 10.1, 10.7, 11.5)},
        box=(s.margin + 30, top, s.right, top + 210),
        unit="",
    )
    s.y = top + 235
    s.heading("Revenue by product line", 2)
    s.table(
        (
            ("Product line", "2025", "2024", "Share 2025"),
            ("River probes (AquaSonde)", "21.4", "17.3", "44 %"),
            ("Reservoir buoys", "14.1", "12.2", "29 %"),
            ("Laboratory analysers", "8.3", "8.0", "17 %"),
            ("Services and spare parts", "4.8", "3.7", "10 %"),
            ("Total (KRW billion)", "48.6", "41.2", "100 %"),
        ),
        (220, 80, 80, 91),
        total=True,
    )
    s.para("Laboratory analysers grew least, since two large universities postponed their orders to 2026.")


def _profit(s: Sheets) -> None:
    s.new_page()
    s.heading("Profitability")
    s.para(
        "The operating margin has risen for four years in a row. About half of the gain in 2025 came from the shorter "
        "calibration, the rest from a larger share of services. Energy cost us 0.4 points less than the year before."
    )
    s.caption("Figure 2. Operating margin, per cent of revenue")
    top = s.y + 30
    s.lines(
        ("2021", "2022", "2023", "2024", "2025"),
        {"Operating margin": (8.2, 9.1, 10.3, 11.8, 13.2)},
        box=(s.margin + 30, top, s.right, top + 190),
    )
    s.y = top + 215
    s.heading("Five years at a glance", 2)
    s.table(
        (
            ("KRW billion", "2021", "2022", "2023", "2024", "2025"),
            ("Revenue", "27.8", "31.4", "35.9", "41.2", "48.6"),
            ("Gross profit", "10.3", "12.0", "14.2", "16.9", "20.6"),
            ("Research and development", "3.1", "3.6", "4.2", "4.7", "5.5"),
            ("Operating profit", "2.3", "2.9", "3.7", "4.9", "6.4"),
            ("Net profit", "1.7", "2.1", "2.8", "3.8", "5.0"),
        ),
        (171, 60, 60, 60, 60, 60),
    )
    s.heading("Quarterly margin 2025", 3)
    s.para("The operating margin was 11.5 % in Q1, 12.6 % in Q2, 13.9 % in Q3 and 14.4 % in Q4.")


def _markets(s: Sheets) -> None:
    s.new_page()
    s.heading("Markets")
    s.para(
        "Korea remains the largest single market, but exports now make up 54 % of revenue. Japan overtook Europe in 2023 and "
        "holds that place. North America is served through a partner in Portland, Oregon."
    )
    s.caption("Figure 3. Revenue by region, 2025")
    shares = {"Korea": 46, "Japan": 21, "Europe": 18, "North America": 11, "Other": 4}
    s.pie(shares, centre=(s.size[0] / 2, s.y + 125), radius=95)
    s.y += 250
    s.heading("Orders and customers", 2)
    s.table(
        (
            ("Customer", "Country", "Ordered", "Value (KRW billion)"),
            ("Kyushu water authority", "Japan", "96 river probes", "5.2"),
            ("City of Tongyeong", "Korea", "24 river probes, service", "1.4"),
            ("Port of Rotterdam", "Netherlands", "11 buoys", "1.9"),
            ("Korea Lakes Agency", "Korea", "40 buoys", "6.3"),
        ),
        (150, 90, 135, 96),
    )


def _people(s: Sheets) -> None:
    s.new_page()
    s.heading("People")
    s.para(
        "We hired 41 people in 2025 and 14 left us. The average employee is 37 years old and has been with us for 5.2 years. "
        "Women hold 38 % of all posts and three of the eight posts on the management board."
    )
    s.heading("Sites", 2)
    s.table(
        (
            ("Site", "Purpose", "Since", "Employees"),
            ("Gangneung, Korea", "Head office, plant, calibration hall", "2009", "128"),
            ("Busan, Korea", "Research and development", "2014", "46"),
            ("Osaka, Japan", "Sales and service", "2019", "22"),
            ("Rotterdam, Netherlands", "Sales and service", "2025", "18"),
        ),
        (130, 195, 66, 80),
    )
    s.caption("Figure 4. Employees at year end")
    top = s.y + 20
    s.bars(
        ("2021", "2022", "2023", "2024", "2025"),
        {"": (131, 149, 166, 187, 214)},
        box=(s.margin + 30, top, s.right, top + 150),
        digits=0,
    )
    s.y = top + 175
    s.heading("Safety and training", 2)
    s.bullets(
        (
            "2 accidents with lost time (2024: 5), none of them serious.",
            "31 hours of training for each employee; the diving course for buoy engineers is now open to Osaka.",
            "Board of directors: Seo Min-ji (chair), Han Do-yun (chief executive), Park Ga-ram (finance).",
        )
    )


def _environment(s: Sheets) -> None:
    s.new_page()
    s.heading("Environment")
    s.para(
        "Our plant used 2.84 GWh of electricity (2024: 2.97 GWh), of which 31 % came from the solar panels on the roof of the "
        "calibration hall. Emissions of scope 1 and 2 fell by 13 % to 1,120 tonnes of CO2 equivalent."
    )
    s.caption("Figure 5. Emissions, scope 1 and 2, tonnes of CO2 equivalent")
    top = s.y + 20
    s.bars(
        ("2022", "2023", "2024", "2025"),
        {"": (1480, 1375, 1290, 1120)},
        box=(s.margin + 30, top, s.right, top + 160),
        digits=0,
    )
    s.y = top + 190
    s.heading("Sensor return programme", 2)
    s.para(
        "Customers sent back 4,600 worn sensors. We refurbished 3,910 of them (85 %) and recycled the rest. Mercury has been "
        "absent from all products since 2018."
    )
    s.table(
        (
            ("Material", "Used (t)", "Recycled share"),
            ("Stainless steel", "64", "71 %"),
            ("Acetal plastic", "22", "18 %"),
            ("Optical glass", "3.1", "0 %"),
        ),
        (220, 120, 131),
    )


def _outlook(s: Sheets) -> None:
    s.new_page()
    s.heading("Outlook and risks")
    s.para(
        "For 2026 we expect revenue between KRW 55 and 57 billion and an operating margin of about 14 %. We will invest KRW 4.2 "
        "billion, most of it in a second calibration hall in Gangneung, which is to open in September 2026."
    )
    s.para("The AquaSonde R3, our first probe with five sensors, goes on sale on 12 May 2026 at KRW 4.9 million.")
    s.heading("Main risks", 2)
    s.table(
        (
            ("Risk", "What it could cost", "What we do"),
            ("Supply of optical windows", "KRW 2.5 billion of revenue", "Second supplier signed in July 2025"),
            ("Yen exchange rate", "KRW 0.9 billion of profit", "Half of the yen income is hedged"),
            ("Public budgets in Korea", "KRW 3.0 billion of revenue", "Grow services and exports"),
        ),
        (140, 150, 181),
    )
    s.heading("Calendar 2026", 2)
    s.bullets(
        ("27 March: annual general meeting in Gangneung", "8 May: first quarter results", "12 May: launch of the R3")
    )
