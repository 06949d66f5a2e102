"""Forms of the values for people and programs: a value in, a JSON dict or something rich can print out.

Pure functions. Knows neither where the output goes nor how the values were made; whatever comes from a file is made
harmless for a terminal here.
"""

from __future__ import annotations

from mmrag.display.documents import (
    checks_json,
    error_json,
    evidence_json,
    models_json,
    plan_json,
    region_json,
    report_json,
    search_json,
    status_json,
)
from mmrag.display.escaping import clean, path_fields, shorten, shown_path, to_json
from mmrag.display.terminal import (
    check_view,
    checks_view,
    count,
    error_view,
    evidence_view,
    models_view,
    plan_view,
    report_view,
    search_view,
    size,
    status_view,
)

__all__ = [
    "check_view",
    "checks_json",
    "checks_view",
    "clean",
    "count",
    "error_json",
    "error_view",
    "evidence_json",
    "evidence_view",
    "models_json",
    "models_view",
    "path_fields",
    "plan_json",
    "plan_view",
    "region_json",
    "report_json",
    "report_view",
    "search_json",
    "search_view",
    "shorten",
    "shown_path",
    "size",
    "status_json",
    "status_view",
    "to_json",
]
