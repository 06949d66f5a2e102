"""The word lists of `mmrag.generation.questions`: which words ask for what, in English and Korean. First rule wins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmrag.generation.questions import AnswerType, Comparison, Form, Kind, Operation

__all__ = ["COMPARISONS", "ENGLISH_KINDS", "NAME_WORDS", "OPERATIONS", "SCALES", "TYPES_OF_NOUNS"]


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_BE = r"(?:is|are|was|were|'s|’s|does|do|did|has|have|had|will|would|can|could|should|may|might|must|am)"
_NOUN = r"(?P<noun>(?:[\w'’-]+\s+){0,2}?[\w'’-]+?)"

ENGLISH_KINDS: tuple[tuple[re.Pattern[str], Kind, AnswerType, Form], ...] = (
    (_words(r"\bhow (?:long|old)\b"), "how_many", "duration", "short"),
    (_words(r"\b(?:lengths?|terms?) of (?:term|office|time)\b|\bhow often\b"), "how_many", "duration", "short"),
    (
        _words(
            r"\bhow many (?P<noun>(?:[\w'’-]+ ){0,4}?[\w'’-]+?)(?:['’]s)?"
            r"(?= (?:are|were|is|was|do|does|did|have|has|had|can|could|will|would|should|must|may|of|in|on|at"
            r"|to|for|from"
            r"|there|that|per|by|with)\b|\W*$)"
        ),
        "how_many",
        "number",
        "short",
    ),
    (_words(r"\b(?:what|which) (?:percent|percentage|proportion|share)\b"), "how_much", "percent", "short"),
    (_words(r"\bwhat (?:is|was|are|were) the (?:percentage|percent|share|rate)\b"), "how_much", "percent", "short"),
    (
        _words(r"\bhow much (?:does|did|do|is|was|were|are|will|would)\b.*\b(?:cost|paid|pay|earn|spend|spent)"),
        "how_much",
        "money",
        "short",
    ),
    (
        _words(
            r"\bto what (?:(?:level|amount|figure|value|price|number) )?(?:did|does|do|has|have|had|will|would)\b.*"
            r"\b(?:ris|rose|increas|grow|climb|jump|fall|drop|declin|decreas|chang|mov)"
        ),
        "how_much",
        "number",
        "short",
    ),
    (_words(r"\bhow (?:much|high|tall|far|large|big|deep|wide|heavy|fast)\b"), "how_much", "number", "short"),
    (
        _words(
            r"^\W*(?:what|which|who)?\W*(?:is|are|was|were)?\s*(?:the )?(?:total )?(?:numbers?|"
            r"count) of (?P<noun>[\w'’-]+)"
        ),
        "how_many",
        "number",
        "short",
    ),
    (
        _words(r"\b(?:in|by|to|within|during) (?:what|which) (?P<noun>year|month|quarter|date|day|time)\b"),
        "when",
        "date",
        "short",
    ),
    (_words(r"\b(?:what|which) (?P<noun>year|month|quarter|date|day|time)s?\b"), "when", "date", "short"),
    (_words(r"\bwhat (?:is|was|are|were) the (?:\w+ )?(?:effective |due )?date\b"), "when", "date", "short"),
    (_words(r"^\W*(?:\w+ ){0,2}when\b(?! (?:using|choosing|filing))"), "when", "date", "short"),
    (_words(r"^\W*(?:(?:from|to|in) )?where\b"), "where", "place", "short"),
    (_words(r"^\W*(?:[\w ]{0,30} )?\bwho(?:m|se)? (?:all )?are\b|\bwhat are the names\b"), "list", "person", "list"),
    (_words(r"^\W*(?:by |to |of |with |for )?who(?:m|se|'s|’s)?\b"), "who", "person", "short"),
    (_words(rf"^\W*{_BE}(?:n't|n’t)?\b"), "yes_no", "yes_no", "sentence"),
    (
        _words(r"^\W*(?:why|for what reason|what (?:is|was|are|were) the (?:reason|cause)s?|what caused)\b"),
        "explanation",
        "reason",
        "sentence",
    ),
    (
        _words(r"^\W*(?:how|in what way|explain|describe|what (?:should|can|do|must) (?:i|we|you|one)\b)"),
        "explanation",
        "text",
        "sentence",
    ),
    (
        _words(
            r"^\W*what (?:is|was|are|were) the (?:process|procedure|role|purpose|impact|effect|implication|"
            r"relation|consequence)s?\b"
        ),
        "explanation",
        "text",
        "sentence",
    ),
    (_words(r"^\W*what steps\b|\bnecessary steps\b|^\W*(?:list|name|give)\b"), "list", "text", "list"),
    (
        _words(r"^\W*what (?:are|were) (?:all |some |the |some of the )?(?:\w+ )?(?P<noun>[\w-]+s)\b"),
        "list",
        "text",
        "list",
    ),
    (_words(r"^\W*(?:what|which) (?:kinds?|types?|sorts?) of (?P<noun>[\w'’-]+)"), "list", "text", "list"),
    (
        _words(r"^\W*(?:what|which) (?P<noun>[\w'’-]+(?<!s)s) (?:are|were|do|did|have|can|does|is)\b"),
        "list",
        "text",
        "list",
    ),
    (
        _words(
            r"\bwhat (?:does|do|did) .{2,80}\b(?:mean|stand for|refer to|signify)\b|^\W*what is (?:meant by|"
            r"the (?:meaning|definition) of)|^\W*define\b|^\W*what (?:is|are) .{2,60} mean\b"
        ),
        "definition",
        "text",
        "sentence",
    ),
    (
        _words(
            r"^\W*what(?:'s|’s| is| was) (?:the |a |an )?(?P<noun>(?:(?!of\b|in\b|for\b|on\b|to\b|at\b|by\b|"
            r"from\b)[\w'’&/-]+ ){0,4}(?!of\b|in\b|for\b|on\b|to\b|at\b|by\b|from\b)[\w'’&/-]+) (?:of|in|for|on|"
            r"to|at|by|from|between)\b"
        ),
        "what",
        "text",
        "short",
    ),
    (_words(r"^\W*what(?:'s|’s| is| are) (?:an? )?(?:[\w'’&/-]+\W+){1,8}$"), "definition", "text", "sentence"),
    (_words(rf"^\W*(?:\w+ )?which (?:of )?{_NOUN} {_BE}\b"), "which", "name", "short"),
    (_words(r"\bwhich (?P<noun>[\w'’-]+)"), "which", "name", "short"),
    (_words(rf"^\W*(?:\w+ )?what {_NOUN} {_BE}\b"), "what", "text", "short"),
    (_words(rf"\bwhat {_BE}\b"), "what", "text", "short"),
)
TYPES_OF_NOUNS: tuple[tuple[re.Pattern[str], AnswerType], ...] = (
    (_words(r"\b(?:percentage|percent|proportion|rate|margin|yield)$"), "percent"),
    (
        _words(
            r"\b(?:price|cost|salary|fee|fees|budget|amount|revenue|income|expense|expenses|copay|deductible|"
            r"value)$"
        ),
        "money",
    ),
    (
        _words(
            r"\b(?:number|count|population|quantity|score|accuracy|size|height|length|weight|area|capacity|"
            r"temperature)$"
        ),
        "number",
    ),
    (_words(r"\b(?:year)$"), "year"),
    (_words(r"\b(?:date|day|month|deadline|quarter|birthday)$"), "date"),
    (_words(r"\b(?:duration|period|age|term|tenure|lifetime)$"), "duration"),
    (
        _words(
            r"\b(?:person|actor|actress|author|president|king|queen|director|manager|ceo|winner|founder|employee|"
            r"judge|inspector|justices?|leader|chair(?:man|person|woman)?)$"
        ),
        "person",
    ),
    (
        _words(
            r"\b(?:company|organi[sz]ation|firm|agency|university|bank|institution|team|party|vendor|supplier|"
            r"client)$"
        ),
        "organisation",
    ),
    (
        _words(
            r"\b(?:country|city|state|place|location|region|address|capital|town|county|airport|province|room|"
            r"floor)$"
        ),
        "place",
    ),
    (
        _words(
            r"\b(?:name|title|book|film|movie|song|play|album|series|role|character|symbol|model|product|language|"
            r"brand|dataset|method)$"
        ),
        "name",
    ),
)
_PCT = r"(?:percent(?:age)?|%)"
_UP = (
    r"(?:changed?|increased?|decreased?|growth|grow|grew|grown|declined?|rise|rose|fall|fell|drop(?:ped)?|"
    r"reduction|difference)"
)
OPERATIONS: tuple[tuple[re.Pattern[str], Operation], ...] = (
    (
        _words(
            rf"\b{_PCT}(?: \w+)? {_UP}\b|\b(?:growth|grow) rate\b|\brate of (?:growth|increase|change|decline)\b|"
            rf"\bwhat {_PCT} did\b.*\b{_UP}\b|\b{_UP} in .*\b(?:as a|in) {_PCT}|\b{_UP} .*\bas a {_PCT}|\broi\b|"
            rf"\breturn on (?:the |an )?investment\b|증가율|감소율|증감률|변화율|상승률|하락률|성장률"
        ),
        "percentage_change",
    ),
    (
        _words(
            rf"\b(?:what|which) {_PCT} (?:of|from)\b|\b{_PCT} (?:constitution|share|composition|contribution)\b|"
            rf"\b(?:share|proportion|portion|fraction) of\b|\b{_PCT} of .* (?:comprised|made up|composed|"
            rf"accounted|"
            rf"among)\b|차지하는 비[율중]|의 비[율중]|비중은"
        ),
        "share",
    ),
    (_words(r"\bratio\b|\bhow many times\b|몇 배"), "ratio"),
    (
        _words(
            r"(?<!weighted )(?<!weighted-)\baverage\b(?! (?:exercise|remaining|grant|price per|number|age\b))|"
            r"\bmean (?:of|value)\b|평균"
        ),
        "average",
    ),
    (
        _words(
            r"\b(?:net )?(?:change|changes|difference|differences) (?:in|between|of|for|from)\b|"
            r"\bdifference\b.*\bbetween\b|\bhow much (?:more|less|higher|lower|did .* (?:increase|decrease|change|"
            r"grow|rise|fall|drop))\b|\bhow many (?:more|fewer|less)\b|\bby how much\b|\b(?:increase|decrease|"
            r"growth|decline) (?:in|of) .*\b(?:between|from)\b|차이|증감|얼마나 (?:늘|줄|증가|감소)|만큼 (?:늘|줄)"
        ),
        "difference",
    ),
    (
        _words(
            r"\baltogether\b|\bcombined\b|\badd(?:s|ed)? up\b|\bsum of\b|\btotal of\b.*\band\b|"
            r"\btotal\b.*\b(?:of all|over|(?:19|20)\d\d (?:to|through|and|-) (?:19|20)\d\d|(?:19|"
            r"20)\d\d\s*, (?:19|20)\d\d)(?!.*\brespectively\b)|합계|합은|모두 더하|합치면|합산"
        ),
        "total",
    ),
    (
        _words(
            r"\bhow many (?:years|quarters|months|periods|companies|items|categories|types|rows|products|"
            r"countries|people|directors|officers)\b.*\b(?:exceed|more than|less than|greater|above|below|over|"
            r"under|higher|lower)\b"
        ),
        "count",
    ),
    (
        _words(
            r"\b(?:highest|largest|greatest|biggest|most|maximum|best|longest|oldest|tallest|higher|larger|"
            r"greater|more)\b(?! than)(?! recent)(?! important)(?! possible)"
            r"|(?:가장|제일) (?:많|높|큰|크|컸|긴|길|비[싼싸]|"
            r"오래|넓|무거)|최대(?! ?(?:몇|얼마|주주))|최고"
        ),
        "maximum",
    ),
    (
        _words(
            r"\b(?:lowest|smallest|least|minimum|worst|shortest|fewest|youngest|lower|smaller|fewer)\b(?! than)|"
            r"(?:가장|제일) (?:적|낮|작|짧|[싼싸]|가벼|좁)|최소(?! ?(?:몇|얼마))|최저"
        ),
        "minimum",
    ),
)
COMPARISONS: tuple[tuple[re.Pattern[str], Comparison], ...] = (
    (
        _words(
            r"\b(?:most|highest|largest|greatest|biggest|longest|oldest|maximum|best|top)\b|가장 (?:많|높|큰|"
            r"크|긴|길)|최대|"
            r"최고"
        ),
        "most",
    ),
    (
        _words(r"\b(?:least|lowest|smallest|shortest|fewest|youngest|minimum|worst)\b|가장 (?:적|낮|작|짧)|최소|최저"),
        "least",
    ),
    (
        _words(
            r"\b(?:more|higher|larger|greater|bigger|longer|exceed(?:ed|s)?|outperform(?:ed|s)?)\b|\b(?:above|"
            r"over) \$?\d|보다 (?:많|높|크|길)|초과|이상"
        ),
        "more",
    ),
    (
        _words(r"\b(?:less|lower|smaller|fewer|shorter)\b|\b(?:below|under) \$?\d|보다 (?:적|낮|작|짧)|미만|이하"),
        "less",
    ),
)
SCALES: tuple[tuple[re.Pattern[str], int], ...] = (
    (_words(r"\bin thousands\b|천\s?원 ?단위"), 1_000),
    (_words(r"\bin millions\b|백만\s?원 ?단위"), 1_000_000),
    (_words(r"\bin billions\b"), 1_000_000_000),
)
NAME_WORDS = frozenset(
    [
        "around",
        "approximately",
        "roughly",
        "over",
        "within",
        "a",
        "about",
        "according",
        "after",
        "all",
        "also",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "before",
        "between",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "during",
        "each",
        "for",
        "from",
        "had",
        "has",
        "have",
        "how",
        "i",
        "if",
        "in",
        "is",
        "it",
        "its",
        "list",
        "may",
        "might",
        "many",
        "most",
        "much",
        "must",
        "name",
        "of",
        "on",
        "or",
        "please",
        "q",
        "shall",
        "should",
        "since",
        "some",
        "tell",
        "than",
        "that",
        "the",
        "their",
        "there",
        "these",
        "this",
        "those",
        "through",
        "to",
        "under",
        "was",
        "were",
        "what",
        "when",
        "where",
        "whether",
        "which",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "considering",
        "given",
        "yes",
        "no",
        "describe",
        "explain",
        "based",
    ]
)
