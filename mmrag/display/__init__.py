"""Forms of the values for people and programs: a value in, a JSON dict or something rich can print out.

Pure functions. Knows neither where the output goes nor how the values were made; whatever comes from a file is made
harmless for a terminal here.
"""

from __future__ import annotations

from mmrag.display.answers import answer_view, claim_view, sources_view, verdict_view
from mmrag.display.cited import Spot, is_given_text, spots
from mmrag.display.conversations import conversations_json, conversations_view, turns_view
from mmrag.display.crops import draw_boxes, spot_picture
from mmrag.display.documents import (
    answer_json,
    checks_json,
    claim_json,
    error_json,
    evidence_json,
    models_json,
    plan_json,
    region_json,
    report_json,
    search_json,
    status_json,
    verify_json,
)
from mmrag.display.escaping import clean, path_fields, shorten, shown_path, to_json
from mmrag.display.export import answer_html, draw_pages
from mmrag.display.graphics import encode_picture, picture_protocol
from mmrag.display.live import LiveLine, live_line
from mmrag.display.notebook import (
    answer_piece,
    chat_piece,
    evidence_piece,
    hits_piece,
    recheck_piece,
    register,
    report_piece,
    verdict_piece,
)
from mmrag.display.pack import pack_record, write_pack
from mmrag.display.rechecked import recheck_json, recheck_view
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
    "LiveLine",
    "Spot",
    "answer_html",
    "answer_json",
    "answer_piece",
    "answer_view",
    "chat_piece",
    "check_view",
    "checks_json",
    "checks_view",
    "claim_json",
    "claim_view",
    "clean",
    "conversations_json",
    "conversations_view",
    "count",
    "draw_boxes",
    "draw_pages",
    "encode_picture",
    "error_json",
    "error_view",
    "evidence_json",
    "evidence_piece",
    "evidence_view",
    "hits_piece",
    "is_given_text",
    "live_line",
    "models_json",
    "models_view",
    "pack_record",
    "path_fields",
    "picture_protocol",
    "plan_json",
    "plan_view",
    "recheck_json",
    "recheck_piece",
    "recheck_view",
    "region_json",
    "register",
    "report_json",
    "report_piece",
    "report_view",
    "search_json",
    "search_view",
    "shorten",
    "shown_path",
    "size",
    "sources_view",
    "spot_picture",
    "spots",
    "status_json",
    "status_view",
    "to_json",
    "turns_view",
    "verdict_piece",
    "verdict_view",
    "verify_json",
    "write_pack",
]
