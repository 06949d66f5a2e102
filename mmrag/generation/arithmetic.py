"""Sums over stated values, with the formula written out so that a reader, or a program, can do it again.

Decimal throughout; percentages are rounded to two digits, other results to what a reader expects of the operands.
Signs: a change is the later value minus the earlier one; a difference between two things is positive.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, TypeAlias

__all__ = ["Operand", "Result", "Sum", "compute", "shown"]

Sum: TypeAlias = Literal[
    "average", "total", "change", "difference", "percentage_change", "percentage_difference", "share", "ratio"
]
"""`change`, `percentage_change`: of (earlier, later). `difference`: of two things. `share`: of (part, whole)."""

_MARKS = {"USD": "$", "EUR": "€", "GBP": "£", "KRW": "₩"}


@dataclass(frozen=True, slots=True)
class Operand:
    """A value as stated: what it measures, its number, its unit ("" if none), and what its last digit is worth."""

    name: str
    value: Decimal
    unit: str = ""
    step: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Result:
    """`text` is the result as shown, `formula` ends with it: "(2,072 + 2,230) / 2 = 2,151"."""

    value: Decimal
    text: str
    formula: str


def compute(operation: Sum, operands: Sequence[Operand]) -> Result | None:
    """The result, or None where it has none: a whole of 0, operands of unlike units, too few of them."""
    if len(operands) < 2 or len({one.unit for one in operands if one.unit}) > 1:
        return None
    if operation not in ("average", "total") and len(operands) != 2:
        return None
    return _SUMS[operation](list(operands))


def shown(value: Decimal, digits: int | None = None) -> str:
    """A number with thousands separators; `digits` after the point, None for those it has, at most two."""
    if digits is None:
        exact = -int(value.normalize().as_tuple().exponent) if value == value.to_integral_value() else 2
        digits = 0 if exact <= 0 else min(2, max(0, -int(value.as_tuple().exponent)))
    rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{rounded + 0:,f}" if rounded else "0"


def _number(operand: Operand) -> str:
    digits = max(0, -int(operand.step.normalize().as_tuple().exponent)) if operand.step else 0
    text = shown(operand.value, digits)
    return f"({text})" if operand.value < 0 else text


def _digits(operands: Sequence[Operand]) -> int:
    return max(max(0, -int(one.step.normalize().as_tuple().exponent)) if one.step else 0 for one in operands)


def _unit(operands: Sequence[Operand], text: str) -> str:
    """The operands' unit put to a result of the same kind."""
    unit = next((one.unit for one in operands if one.unit), "")
    if unit == "%":
        return f"{text}%"
    mark = _MARKS.get(unit, "")
    return f"-{mark}{text[1:]}" if text.startswith("-") and mark else f"{mark}{text}"


def _average(operands: list[Operand]) -> Result:
    total = sum((one.value for one in operands), Decimal(0))
    value = total / len(operands)
    digits = _digits(operands)
    exact = value.quantize(Decimal(1).scaleb(-digits)) == value
    text = _unit(operands, _trimmed(shown(value, digits if exact else max(2, digits + 1))))
    parts = " + ".join(map(_number, operands))
    return Result(value, text, f"({parts}) / {len(operands)} = {text}")


def _total(operands: list[Operand]) -> Result:
    value = sum((one.value for one in operands), Decimal(0))
    text = _unit(operands, shown(value, _digits(operands)))
    return Result(value, text, f"{' + '.join(map(_number, operands))} = {text}")


def _change(operands: list[Operand]) -> Result:
    earlier, later = operands
    value = later.value - earlier.value
    text = _unit(operands, shown(value, _digits(operands)))
    return Result(value, text, f"{_number(later)} - {_number(earlier)} = {text}")


def _difference(operands: list[Operand]) -> Result:
    smaller, larger = sorted(operands, key=lambda one: one.value)
    return _change([smaller, larger])


def _percentage_change(operands: list[Operand]) -> Result | None:
    earlier, later = operands
    if earlier.value == 0:
        return None
    value = (later.value - earlier.value) / abs(earlier.value) * 100
    text = f"{shown(value, 2)}%"
    return Result(value, text, f"({_number(later)} - {_number(earlier)}) / {_number(earlier)} = {text}")


def _percentage_difference(operands: list[Operand]) -> Result | None:
    smaller, larger = sorted(operands, key=lambda one: one.value)
    return _percentage_change([smaller, larger])


def _share(operands: list[Operand]) -> Result | None:
    part, whole = operands
    if whole.value == 0:
        return None
    value = part.value / whole.value * 100
    text = f"{shown(value, 2)}%"
    return Result(value, text, f"{_number(part)} / {_number(whole)} = {text}")


def _ratio(operands: list[Operand]) -> Result | None:
    one, other = operands
    if other.value == 0:
        return None
    value = one.value / other.value
    text = _trimmed(shown(value, 2))
    return Result(value, text, f"{_number(one)} / {_number(other)} = {text}")


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


_SUMS: dict[Sum, Callable[[list[Operand]], Result | None]] = {
    "average": _average,
    "total": _total,
    "change": _change,
    "difference": _difference,
    "percentage_change": _percentage_change,
    "percentage_difference": _percentage_difference,
    "share": _share,
    "ratio": _ratio,
}
