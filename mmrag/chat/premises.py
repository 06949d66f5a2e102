"""What a question takes for granted, as statements that can be checked, and an answer that leads with what holds.

"Why did revenue fall in 2025?" states that it fell. Where a page says otherwise, answering the why would agree with
something false. Rules over the forms of English and Korean; a form that is not known gives no statement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from mmrag.chat.english_verbs import negated_front, past, restored
from mmrag.chat.korean_verbs import statement
from mmrag.chat.slots import is_hangul
from mmrag.chat.words import AUXILIARIES, PREPOSITIONS, SMALL, VERBS
from mmrag.types import Answer, Claim, Evidence

__all__ = ["Check", "contradicted", "led_by", "premises"]

Check = Callable[[str, Sequence[Evidence]], Claim]
"""A statement and evidence to the claim with its verdict, as `Corpus.verify` gives it."""

MAX_LENGTH = 1000
SURE = 0.1
"""P(supported) above which a contradiction is too doubtful to correct a user with."""
_FEWEST_WORDS = 3
_FUNCTION = SMALL | AUXILIARIES | PREPOSITIONS
_NUMBERED = re.compile(
    r"(?:krw|usd|eur|[$€£₩])?\s?\d[\d.,]*\s?(?:%|hundred|thousand|million|billion|trillion|[a-z]{1,3}\b|[만억천조]?\s?[가-힣]{1,2})?"
)

_AUX = r"(?P<aux>did|does|do|is|are|was|were|has|have|had|can|could|will|would|isn't|aren't|wasn't|weren't|didn't|doesn't|don't|hasn't|haven't|can't|won't)"  # noqa: E501
_ENGLISH: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), kind)
    for pattern, kind in (
        (rf"^(?:and |but |so )?why {_AUX} (?P<rest>.+)$", "inverted"),
        (r"^(?:and |but |so )?how come (?P<said>.+)$", "said"),
        (r"^what (?:made|caused|led) (?P<subject>.+?) (?:to )?(?P<verb>rise|fall|grow|drop|increase|decrease|decline|go (?:up|down)|shrink)(?P<rest>\b.*)$", "made"),  # noqa: E501
        (r"^what (?:is|was|are|were) the reasons? (?:that|why) (?P<said>.+)$", "said"),
        (r"^(?:given|considering|assuming|knowing|seeing|now)(?: the fact)? that (?P<said>.+?)[,;:] ?(?=\w)", "said"),
        (r"^(?:since|because|as|considering|given) (?P<said>.+?), (?=(?:and )?(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|can|could|will|would|should|in which|by how|to whom|for)\b)", "clause"),  # noqa: E501
        (r"^(?:since|because|given that) (?P<said>.+?) (?=(?:what|how (?:much|many|long)|which|who|when|where|why)\b)",
         "clause"),
        (r"^(?:so,? |and |but )*(?P<said>.+?), (?:right|correct|no|true|ok|is that (?:right|correct)|am i right)$",
         "said"),
        (r"^(?:so,? |and |but )*(?P<said>.+?), (?:is|are|was|were|do|does|did|has|have|had|can|will)(?:n't| not)? (?:it|they|he|she|we|there)(?: not)?$", "said"),  # noqa: E501
        (r"^(?P<aux>isn't|aren't|wasn't|weren't|didn't|doesn't|don't|hasn't|haven't) (?P<rest>.+)$", "negated"),
        (r"^(?:is|isn't) it (?:true|correct|right|the case|not true) that (?P<said>.+)$", "true"),
        (r"^(?:i (?:heard|read|thought|think|know|understand|saw|believe|was told)|you (?:said|told me|wrote)|(?:they|people) say|we know|it says)(?: that)? (?P<said>.+?)(?:[.;:!]|,? (?:and|but|so)\b|, (?=(?:who|what|which|when|where|why|how)\b)|$)", "said"),  # noqa: E501
    )
)  # fmt: skip
_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|has|have|had|does|do|did|can|could|will|would|should|may|must|isn't|wasn't|cannot)\b",
    re.IGNORECASE,
)
_FINITE = re.compile(
    _AUXILIARY.pattern + r"|(?<=\s)(?:\w{2,}ed|" + "|".join(sorted(VERBS - {"found", "last"})) + r")\s+\S",
    re.IGNORECASE,
)
_REASON = r"(?:이유|까닭|원인|배경)"
_ASKED = re.compile(r"(?:무엇|무슨|뭐|뭘|얼마|몇|언제|어디|누가|누구|어느|어떤|어떻게|왜)")
_KOREAN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (rf"^(?P<said>.+?\S[^\s의])\s{_REASON}(?:은|는|이|가|을|를|과|와|도)?(?:\s.*)?$", "adnominal"),
        (r"^왜\s(?P<said>.+)$", "asked"),
        (r"^(?P<said>\S+(?:은|는|이|가)\s(?:.+\s)?)왜\s(?P<more>.+)$", "asked"),
        (r"^(?P<said>.+?)\s(?:거|것|게|것이|건)\s?"
         r"(?:맞죠|맞지요?|맞나요|맞습니까|아닌가요|아니에요|아닌지요|사실인가요|사실이죠|죠|지요|이죠|인가요|입니까|잖아요)$",
         "thing"),
        (r"^(?P<said>.+?\S)\s(?:맞죠|맞지요?|맞나요|맞습니까)$", "noun"),
        (r"^(?P<said>.+?(?:다고|라고))\s"
         r"(?:들었는데|하던데|했는데|알고\s있는데|들었습니다|들었어요|하는데)[,.]?(?:\s.*)?$", "quoted"),
        (r"^(?P<said>.+?)(?:라던데|다던데|라는데|다는데|라면서요?|다면서요?)[,.]?(?:\s.*)?$", "hearsay"),
        (r"^(?P<said>.+?잖아요?)[.,!]?(?:\s.*)?$", "told"),
        (r"^(?P<said>.+?(?:죠|지요|지))$", "told"),
        (r"^(?P<said>.+?(?:니까|므로|기 때문에|어서|아서|는데|은데|인데|니|ㄴ데))[,]?\s(?P<more>.+)$", "clause"),
    )
)  # fmt: skip


def premises(question: str) -> tuple[str, ...]:
    """The statements that a question takes for granted, in its own words, each without a full stop; often none."""
    text = " ".join(question.split())
    if not text or len(text) > MAX_LENGTH:
        return ()
    found = _korean(text) if is_hangul(text) else _english(text)
    return tuple(dict.fromkeys(found))


def _english(text: str) -> list[str]:
    # A mark in the middle ends a sentence before the question itself: "I heard that X. How many ...?"
    body = text.rstrip(" ?.!")
    for pattern, kind in _ENGLISH:
        match = pattern.match(body)
        if match is None:
            continue
        said = _english_statement(match, kind)
        if said and _is_statement(said):
            return [said]
    return []


def _english_statement(match: re.Match[str], kind: str) -> str:
    groups = match.groupdict()
    if kind == "inverted":
        return restored(groups["aux"].lower(), groups["rest"])
    if kind == "negated":
        return negated_front(groups["aux"].lower(), groups["rest"])
    if kind == "made":
        verb, _, more = groups["verb"].partition(" ")
        return f"{groups['subject']} {past(verb)}{' ' + more if more else ''}{groups['rest']}"
    said = groups["said"].strip(" ,")
    if kind != "clause":
        return said
    # "given increased costs, ..." states nothing; after "since" and "because" a clause follows.
    asserted = _AUXILIARY if re.match(r"(?:considering|given) ", match.string, re.IGNORECASE) else _FINITE
    return said if asserted.search(said) and not said.startswith("of ") else ""


def _is_statement(said: str) -> bool:
    words = said.split()
    starts_asking = re.match(r"(?:who|what|which|when|where|why|how|not)\b", said, re.IGNORECASE)
    pointing = re.match(r"(?:it|that|this|they|he|she|so)\b", said, re.IGNORECASE) and len(words) < 5
    return len(words) >= _FEWEST_WORDS and not starts_asking and not pointing


def _korean(text: str) -> list[str]:
    body = re.sub(r"^(?:그럼|그러면|그런데|근데|그리고|그래서)[,\s]+", "", text).rstrip(" ?.!~")
    first, _, rest = body.partition(". ")
    for part in (body, first) if rest else (body,):
        for pattern, kind in _KOREAN:
            match = pattern.match(part)
            said = _korean_said(match, kind) if match else ""
            if len(said.split()) >= 2:
                return [said]
    return []


def _korean_said(match: re.Match[str], kind: str) -> str:
    said = match["said"].strip()
    if kind == "clause" and not _ASKED.search(match["more"]):
        return ""
    if kind == "asked" and "more" in match.groupdict():
        said = f"{said} {match['more']}"
    words = said.split()
    if _ASKED.search(said):  # before its ending is put right, which may hide the word that asks
        return ""
    ended = statement(words[-1], kind) if words else None
    return " ".join([*words[:-1], ended]) if ended else ""


def contradicted(question: str, evidence: Sequence[Evidence], check: Check) -> tuple[Claim, ...]:
    """The premises of a question that do not hold, with the citation that shows it.

    Those that a page contradicts, and those that no page states though a sentence speaks of their subject. What is
    merely not found is no reason to correct anyone.
    """
    if not evidence:
        return ()
    found = []
    for said in premises(question):
        claim = check(said, evidence)
        verdict = claim.verdict
        if verdict.label == "supported" or verdict.probability > SURE or not verdict.citations:
            continue
        quote = verdict.citations[0].quote
        known = _same_subject(said, f"{quote} {verdict.reason}" if verdict.label == "contradicted" else quote)
        stated = verdict.label == "contradicted" or len(quote.split()) >= _FEWEST_WORDS
        if stated and known >= (_HALF if verdict.label == "contradicted" else _MOST):
            found.append(replace(claim, text=said))
    return tuple(found)


_HALF, _MOST = 0.5, 0.6
"""Shares of a premise's words that the spot has to have: where it contradicts, where it only says something else."""


def _same_subject(said: str, told: str) -> float:
    """How far the spot speaks of what the premise speaks of: the share of its words, without numbers and units."""
    words = [word for word in re.findall(r"[^\W\d_]+", _NUMBERED.sub(" ", said.lower())) if word not in _FUNCTION]
    heard = _NUMBERED.sub(" ", told.lower())
    known = [word for word in words if word[: max(2 if is_hangul(word) else 4, len(word) - 3)] in heard]
    return len(known) / len(words) if words else 1.0


def led_by(answer: Answer, claims: Sequence[Claim], check: Check | None = None) -> Answer:
    """The answer with what the pages say against its premises put first; unchanged where there is nothing.

    A refusal stays one where no page contradicts a premise; its reason then says what the pages state instead. An
    answer is not burdened with premises that are merely not stated.
    What stands in the lead is the page's own words. With `check` they are kept as a claim of their own once they are
    found supported; the false premise stays among the claims, contradicted.
    """
    leads, added = [], []
    against = tuple(claim for claim in claims if claim.verdict.label == "contradicted")
    for claim in claims if answer.text is None else against:
        spot = claim.verdict.citations[0]
        quote = " ".join(spot.quote.split())
        label = next(
            (item.label for item in answer.evidence
             if (item.region.document.id, item.region.page) == (spot.region.document.id, spot.region.page)), "",
        )  # fmt: skip
        leads.append(_lead(claim, quote, label))
        if check is not None and quote:
            stated = check(quote, answer.evidence)
            if stated.verdict.label == "supported":
                added.append(stated)
        added.append(claim)
    if not leads:
        return answer
    every = (*added, *answer.claims)
    if answer.text is None and not against:
        return replace(answer, reason=" ".join([*leads, answer.reason]), claims=every)
    text = "\n".join([*leads, *([answer.text] if answer.text else [])])
    return replace(answer, text=text, reason="" if answer.text is None else answer.reason, claims=every)


def _lead(claim: Claim, quote: str, label: str) -> str:
    """One line: what was taken for granted, and what stands on which page. A lone value comes with the check's reason,
    which names its row and column.
    """
    spot = claim.verdict.citations[0]
    name, number, mark = spot.region.document.path.name, spot.region.page, f" [{label}]" if label else ""
    against = claim.verdict.label == "contradicted"
    if is_hangul(claim.text):
        said = "문서의 내용과 다릅니다" if against else "문서에 없는 내용입니다"
        says, where = "근거" if against else "가장 가까운 내용", f"({name}, {number}쪽)"
    else:
        said = "Not what the page says" if against else "No page says"
        says, where = "The page says" if against else "The nearest to it", f"({name}, page {number})"
    shown = f" {says}: “{quote}”{mark}" if quote else mark
    if len(quote.split()) < _FEWEST_WORDS and claim.verdict.reason:
        shown += f" – {claim.verdict.reason}"
    return f"{said}: “{claim.text}”.{shown} {where}"
