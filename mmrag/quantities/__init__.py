"""Numbers, units and dates in running text, English and Korean: what they are worth, and whether two of them agree.

Knows text only: not which table a number stands in, nor what it measures.
"""

from __future__ import annotations

from mmrag.quantities.periods import Period, periods
from mmrag.quantities.scanning import quantities
from mmrag.quantities.values import Quantity, agree, scale_of

__all__ = ["Period", "Quantity", "agree", "periods", "quantities", "scale_of"]
