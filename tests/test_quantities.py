"""Numbers, units and dates in text: tables of real forms in English and Korean, and properties that hold for all."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mmrag.quantities import agree, periods, quantities, scale_of


def read(text: str) -> list[tuple[str, str]]:
    return [(f"{one.value.normalize():f}", one.unit) for one in quantities(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("revenue of $1.2 million", [("1200000", "USD")]),
        ("US$ 3bn and £5k", [("3000000000", "USD"), ("5000", "GBP")]),
        ("$3m but 3 m of cable", [("3000000", "USD"), ("3", "m")]),
        ("a loss of (461), $(1,234), ($5) and (4.5)%", [("-461", ""), ("-1234", "USD"), ("-5", "USD"), ("-4.5", "%")]),
        ("−5 and -7.5% but 10–15%", [("-5", ""), ("-7.5", "%"), ("10", "%"), ("15", "%")]),
        ("(1) the first item of (2019)", [("1", ""), ("1", "ordinal"), ("2019", "year")]),
        ("up 12 percentage points, 25 basis points", [("12", "pp"), ("0.25", "pp")]),
        ("nine justices and twenty-one clerks", [("9", ""), ("21", "")]),
        ("one hundred and fifty two million dollars", [("152000000", "USD")]),
        ("a million people; half a million", [("1000000", "person"), ("500000", "")]),
        ("between 3 and 5 million euros", [("3000000", "EUR"), ("5000000", "EUR")]),
        ("$10 to $15 million", [("10000000", "USD"), ("15000000", "USD")]),
        ("Form 10-K, B737, COVID-19, [E1], section 3.1.2", []),
        ("FY19 and 2018-19", [("2019", "year"), ("2018", "year"), ("2019", "year")]),
        ("3rd of 5 years", [("3", "ordinal"), ("5", "year")]),
        ("at 14:30, or 2:30 p.m.", [("870", "clock"), ("870", "clock")]),
        ("(2,072 + 2,230) / 2 = 2,151", [("2072", ""), ("2230", ""), ("2", ""), ("2151", "")]),
        ("6,000 thousands and 5 millions of dollars", [("6000000", ""), ("5000000", "")]),
        ("12 kg, 3.5 GHz, 20°C", [("12", "kg"), ("3.5", "GHz"), ("20", "C")]),
        ("3만 5천 원", [("35000", "KRW")]),
        ("1억 2,000만원과 3조 2,000억 원", [("120000000", "KRW"), ("3200000000000", "KRW")]),
        ("2천3백만원, 3백만 달러", [("23000000", "KRW"), ("3000000", "USD")]),
        ("1,234천원 △3.2%", [("1234000", "KRW"), ("-3.2", "%")]),
        ("5만여 명이 2만 3,500개", [("50000", "person"), ("23500", "")]),
        ("일곱 명, 세 개, 스물두 살, 하나는", [("7", "person"), ("3", ""), ("22", "year"), ("1", "")]),
        ("삼만 오천 원과 삼십 명", [("35000", "KRW"), ("30", "person")]),
        ("제3조 세 번째", [("3", "ordinal"), ("3", "ordinal")]),
        ("0.5%포인트 3%p 20퍼센트", [("0.5", "pp"), ("3", "pp"), ("20", "%")]),
        ("2시간 30분, 3개월, 5년간", [("2", "hour"), ("30", "minute"), ("3", "month"), ("5", "year")]),
        ("3분의 1은 2배", [("0.3333333333333333333333333333", ""), ("2", "x")]),
        ("이 명령은 오전에 만든 조직의 일이다", []),
        ("１，２３４원", [("1234", "KRW")]),
    ],
)
def test_values_and_units(text: str, expected: list[tuple[str, str]]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("$1.2 million", "1,249,999", True),
        ("$1.2 million", "1,250,001", False),
        ("2,230", "2,320", False),
        ("12%", "12", False),
        ("12%", "12.4%", True),
        ("12%", "12 pp", False),
        ("$5", "5", True),
        ("$5", "£5", False),
        ("5 kg", "5 km", False),
        ("(461)", "461", False),
        ("nine", "9", True),
        ("3만 5천원", "35,000원", True),
        ("1.2억 원", "120,000,000원", True),
        ("5 years", "5 months", False),
        ("일곱 명", "7명", True),
    ],
)
def test_agreement(one: str, other: str, same: bool) -> None:
    assert agree(quantities(one)[0], quantities(other)[0]) is same
    assert agree(quantities(other)[0], quantities(one)[0]) is same


def test_a_table_scales_its_numbers() -> None:
    claim, cell = quantities("$2.2 billion")[0], quantities("2,230")[0]
    assert agree(claim, cell, 1_000_000)
    assert not agree(claim, cell)


@pytest.mark.parametrize(
    ("note", "factor"),
    [
        ("(in thousands, except per share amounts)", 1_000),
        ("Dollars in millions", 1_000_000),
        ("(In $ millions)", 1_000_000),
        ("(Millions of dollars)", 1_000_000),
        ("$m", 1_000_000),
        ("$000s", 1_000),
        ("(단위: 백만원)", 1_000_000),
        ("(단위 : 천원)", 1_000),
        ("(단위: 억 원)", 100_000_000),
        ("(단위: 명, 천원)", 1),
        ("단위: 원", 1),
        ("the number of people", 1),
        ("", 1),
    ],
)
def test_notes_of_scale(note: str, factor: int) -> None:
    assert scale_of(note) == factor


@pytest.mark.parametrize(
    ("text", "start", "stop"),
    [
        ("December 31, 2019", date(2019, 12, 31), date(2019, 12, 31)),
        ("31 December 2019", date(2019, 12, 31), date(2019, 12, 31)),
        ("Dec. 31st, 2019", date(2019, 12, 31), date(2019, 12, 31)),
        ("31/12/2019", date(2019, 12, 31), date(2019, 12, 31)),
        ("12/31/2019", date(2019, 12, 31), date(2019, 12, 31)),
        ("2019-12-31", date(2019, 12, 31), date(2019, 12, 31)),
        ("2019. 12. 31.", date(2019, 12, 31), date(2019, 12, 31)),
        ("2019년 3월 31일", date(2019, 3, 31), date(2019, 3, 31)),
        ("2019년 3월", date(2019, 3, 1), date(2019, 3, 31)),
        ("Q3 2019", date(2019, 7, 1), date(2019, 9, 30)),
        ("1Q19", date(2019, 1, 1), date(2019, 3, 31)),
        ("third quarter of fiscal 2019", date(2019, 7, 1), date(2019, 9, 30)),
        ("2019년 3분기", date(2019, 7, 1), date(2019, 9, 30)),
        ("2019년 하반기", date(2019, 7, 1), date(2019, 12, 31)),
        ("first half of 2019", date(2019, 1, 1), date(2019, 6, 30)),
        ("FY2019", date(2019, 1, 1), date(2019, 12, 31)),
        ("2019 회계연도", date(2019, 1, 1), date(2019, 12, 31)),
        ("fiscal years 2010 to 2012, that is", date(2010, 1, 1), date(2012, 12, 31)),
        ("2010년~2012년", date(2010, 1, 1), date(2012, 12, 31)),
        ("2018/19", date(2018, 1, 1), date(2019, 12, 31)),
        ("1990s", date(1990, 1, 1), date(1999, 12, 31)),
        ("3분기", date(1, 7, 1), date(1, 9, 30)),
        ("5월 3일", date(1, 5, 3), date(1, 5, 3)),
    ],
)
def test_periods(text: str, start: date, stop: date) -> None:
    found = periods(text)[0]
    assert (found.start, found.stop) == (start, stop)
    assert (found.year is None) is (start.year == 1)


@pytest.mark.parametrize(
    "text", ["2,019 units", "$2019", "2019 million", "99/99/2019", "February 30, 2019", "you may go"]
)
def test_what_is_no_period(text: str) -> None:
    assert all(one.kind in ("year", "month") for one in periods(text))


def test_a_year_holds_its_quarters_and_a_quarter_without_a_year_fits_any() -> None:
    year, quarter, other = (periods(text)[0] for text in ("2019", "Q3 2019", "Q3"))
    assert year.holds(quarter)
    assert not quarter.holds(year)
    assert other.holds(quarter)
    assert year.holds(other)
    assert not other.holds(year)  # what is said of a year is not said of one of its quarters


@given(st.integers(-(10**12), 10**12), st.integers(0, 4))
def test_a_written_number_is_read_as_itself(number: int, places: int) -> None:
    value = Decimal(number).scaleb(-places)
    found = quantities(f"It was {value:,.{places}f} kg then")
    assert [one.value for one in found] == [value]
    assert found[0].step == Decimal(1).scaleb(-places)


@given(st.integers(1, 9999), st.integers(0, 9999), st.integers(0, 9999))
def test_korean_myriads(hundred_millions: int, ten_thousands: int, ones: int) -> None:
    text = f"{hundred_millions}억" + (f" {ten_thousands:,}만" if ten_thousands else "") + "원"
    assert quantities(text)[0].value == hundred_millions * 10**8 + ten_thousands * 10**4
    if ones:
        assert quantities(f"{ten_thousands or 1}만 {ones:,}원")[0].value == (ten_thousands or 1) * 10**4 + ones


@given(st.text(max_size=200))
@example("1234567890123456789012345678901234567891")
@example("0.1234567890123456789012345678901234567891 %")
@example("5%P")
def test_no_text_is_too_odd(text: str) -> None:
    behind = 0
    for one in quantities(text):
        assert one.start >= behind
        assert len(one.text) == one.stop - one.start
        behind = one.stop
        assert agree(one, one)
    for period in periods(text):
        assert period.start <= period.stop
    assert scale_of(text) >= 1


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_a_day_is_read_in_every_form(day: date) -> None:
    forms = [day.isoformat(), f"{day:%B} {day.day}, {day.year}", f"{day.day} {day:%b} {day.year}"]
    forms.append(f"{day.year}년 {day.month}월 {day.day}일")
    assert {(found.start, found.stop) for form in forms for found in periods(form)} == {(day, day)}


def test_a_million_characters_take_seconds_not_minutes() -> None:
    begun = time.monotonic()
    for text in ("1" * 1_000_000, "1,234 " * 170_000, "삼만 " * 330_000, "one hundred and " * 62_000, "(((" * 330_000):
        quantities(text[:300_000])
        periods(text[:300_000])
    assert time.monotonic() - begun < 15
