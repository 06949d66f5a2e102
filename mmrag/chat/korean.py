"""Follow-up questions in Korean: what is left out, or pointed at with a word such as 그건, put in from what was said.

Rules over particles and the order of words; no dictionary of nouns, only the words that measures and roles end in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mmrag.chat.words import MEASURES_KO

__all__ = ["Unit", "exchange_noun", "fragment", "particle", "refer", "short_answer", "summed", "why"]

_PAIRS = {
    form: pair for pair in (("은", "는"), ("이", "가"), ("을", "를"), ("과", "와"), ("으로", "로")) for form in pair
}
_PARTICLES = (
    *(
        "에서는",
        "에서의",
        "으로는",
        "에게는",
        "까지는",
        "부터는",
        "에서",
        "에게",
        "으로",
        "까지",
        "부터",
        "에는",
        "에도",
    ),
    *("은", "는", "이", "가", "을", "를", "의", "에", "로", "도", "과", "와", "만"),
)
_ASKS = re.compile(
    r"(?<!\S)(?:얼마나|얼마|몇|며칠|언제|어디|무엇|무슨|뭐|뭘|누가|누구|어느|어떤|어떻게|어떠|왜|어때)\S*|(?<=\s)각각(?=\s)"
)
_LEADS = re.compile(r"^(?:(?:그럼|그러면|그렇다면|그리고|그런데|근데|그래서|혹시|아|네|음|자)[,\s]+)+")
_TAIL = re.compile(
    r"\s*(?:어때요?|어떤가요|어떻습니까|어떻게\s?(?:돼요?|되나요|됩니까)"
    r"|(?:좀\s)?(?:알려|말해|가르쳐)\s?(?:줘요?|주세요)|얼마(?:예요|인가요|야|죠)?)$"
)
_OPEN = re.compile(r"^(?P<body>.*?)(?:(?:은|는)(?:요)?|도(?:요)?|의\s경우(?:는|에는)?(?:요)?|이?요)$")
_WHY = re.compile(
    r"^(?:그건\s|그게\s)?(?:왜|어째서)(?:요|죠|지요|그래요?|\s?그런가요|\s?그렇죠|\s?그렇습니까|인가요|일까요)?$"
    r"|^(?:그\s)?이유(?:는|가)?(?:\s?(?:뭐예요|무엇인가요|뭔가요|요))?$"
)
_SUM = re.compile(
    r"^(?:그걸\s|그게\s|그것을\s|둘을\s|둘\s다\s)?(?:다\s|모두\s|전부\s)?"
    r"(?:합치면|합하면|더하면|합쳐서|합해서|합계는|총합은|총액은|총\s|모두|전부|다\s합쳐)"
)
_MEASURE_ENDS = ("수", "값", "일", "도")
_RATES = ("비", "료", "액", "률", "율", "량")
_ROLE_ENDS = ("장", "무", "자", "원", "관", "수", "감", "표", "인", "사", "님")
_LOCATIVES = ("에서", "에", "으로", "로")
_APART = "|"  # of a period, which stands beside the nouns
_PERIOD = re.compile(r"(?:\d{4}년도?|제?\d사?분기|[상하]반기|\d{1,2}월|\d{1,2}일)")
_NAME = re.compile(r"^(?:[가-힣]{2,5}|[A-Z][\w.'’-]*(?:\s[A-Z][\w.'’-]*){0,4})$")
_ENDING = re.compile(r"(?:입니다|이에요|예요|이다|이야|다|\.|요)+$")


@dataclass(frozen=True, slots=True)
class Unit:
    """A run of words up to a particle: "숙박비 한도" + "는"."""

    words: tuple[str, ...]
    particle: str

    def __str__(self) -> str:
        if self.particle == _APART:
            return " ".join(self.words)
        return " ".join(self.words) + particle(self.words[-1] if self.words else "", self.particle)


def particle(word: str, wanted: str) -> str:
    """The form of a particle that follows a word: 은 or 는, 이 or 가, by its last sound."""
    if wanted not in _PAIRS or not word:
        return wanted
    closed, open_ = _PAIRS[wanted]
    last = word[-1]
    if "가" <= last <= "힣":
        final = (ord(last) - 0xAC00) % 28
        # 로 also follows ㄹ.
        return open_ if final == 0 or (open_ == "로" and final == 8) else closed
    # Digits as they are read aloud: 영 일 삼 육 칠 팔 end in a consonant. Latin letters: l m n r.
    return closed if last.lower() in "013678lmnr" else open_


def strip_lead(question: str) -> str:
    """The question without a word that only joins it to the last one."""
    return _LEADS.sub("", question).strip()


def fragment(question: str) -> str | None:
    """What a question without a predicate asks about: "그럼 2분기는?" -> "2분기"; None for a whole question."""
    body = strip_lead(question).rstrip(" ?.!~")
    tailless = _TAIL.sub("", body)
    match = _OPEN.match(tailless)
    if match is None or _PREDICATE.search(tailless):
        return None
    inner = match["body"].strip()
    words = inner.split()
    if not words or len(words) > 6 or _ASKS.search(inner) or any(_PREDICATE.search(word) for word in words):
        return None
    return inner


_PREDICATE = re.compile(
    r"(?:습니까|습니다|나요|까요|어요|아요|해요|세요|니까|는데|지만|하고|했고|한다|했다|인가|는가|하면|[았었했]을?\s?때)$"
)

_WHY_SO = re.compile(r"^왜\s(?:그렇게\s|이렇게\s)?(\S+(?:가요|나요|까요?|죠|지요|에요|예요|어요|아요|니))$")
"""Why it is so, of what was spoken of: 왜 비싼가요?"""


def why(question: str, previous: str, answer: str) -> str | None:
    """ "왜요?" put to what was asked before: the word that asked gives way to 왜; None for another question."""
    alone = strip_lead(question).rstrip(" ?.!~")
    if not _WHY.match(alone):
        so = _WHY_SO.match(alone)
        topic = _topic(previous) if so and re.search("[가-힣]", previous) else None
        return f"{topic}{particle(topic, '은')} 왜 {so[1]}?" if so and topic else None
    asked = list(_ASKS.finditer(previous))
    if not asked:
        words = previous.rstrip(" ?").split()
        return " ".join([*words[:-1], "왜", words[-1]]) + "?"
    first = asked[0]
    rest = previous[asked[-1].end() :].strip()
    if rest.strip(" ?."):
        counted = re.match(r"^\S+\s+(?=\S)", rest) if first.group() == "몇" else None
        rest = rest[counted.end() :] if counted else rest
        return f"{previous[: first.start()]}왜 {rest}"
    value = _ENDING.sub("", answer.strip()) if len(answer) <= 30 else ""
    return f"{previous[: first.start()]}왜 {value}인가요?" if value else None


def summed(question: str, previous: str) -> str | None:
    """ "합치면 얼마예요?" put to what was asked before; None for another question."""
    if not _SUM.match(strip_lead(question)):
        return None
    if "각각" in previous:
        return previous.replace("각각", "모두 합쳐", 1)
    asked = _ASKS.search(previous)
    return f"{previous[: asked.start()]}모두 합쳐 {previous[asked.start() :]}" if asked else None


def units(text: str) -> list[Unit]:
    """A noun phrase as units; a word without a particle belongs to the next."""
    found: list[Unit] = []
    words: list[str] = []
    for token in text.split():
        stem, ending = _split(token)
        if not words and not ending and _PERIOD.fullmatch(token):
            found.append(Unit((token,), _APART))
            continue
        words.append(stem)
        if ending:
            found.append(Unit(tuple(words), ending))
            words = []
    if words:
        found.append(Unit(tuple(words), ""))
    return found


_ADNOMINAL = re.compile(r"(?:하|되|있|없|같|않|나|가|오|태어나|이루어지|지)는$|(?:[었았했]던)$")


def _split(token: str) -> tuple[str, str]:
    if _ADNOMINAL.search(token) and not token.endswith(
        ("국가는", "평가는", "원가는", "단가는", "작가는", "휴가는", "증가는")
    ):
        return token, ""  # a clause before a noun
    for ending in _PARTICLES:
        if token.endswith(ending) and len(token) > len(ending):
            stem = token[: -len(ending)]
            # A stem of one syllable is likelier a word such as 회의, 나이 or 오이 than a noun with a particle.
            if (
                ending in ("의", "이", "가", "도", "로", "만", "과", "와", "에")
                and len(stem) == 1
                and is_syllable(stem)
            ):
                return token, ""
            return stem, ending
    return token, ""


def is_syllable(sign: str) -> bool:
    """Whether it is one Hangul syllable."""
    return len(sign) == 1 and "가" <= sign <= "힣"


def exchange_noun(previous: str, noun: str) -> str | None:
    """The previous question with the noun that is of the same kind exchanged; None where none is found."""
    asked = _ASKS.search(previous)
    stop = asked.start() if asked else len(previous.rstrip(" ?."))
    head, rest = previous[:stop], previous[stop:].lstrip()
    old, new = units(head), units(noun)
    if not old or not new:
        return None
    apart = [unit for unit in old if unit.particle == _APART]
    nouns = [unit for unit in old if unit.particle != _APART]
    if not nouns:
        return None
    if len(new) > 1:
        changed = _aligned(nouns, new)
    elif new[0].particle in _LOCATIVES:
        changed = _located(nouns, new[0])
    else:
        changed = _one_exchanged(nouns, new[0].words, rest)
    if changed is None:
        return None
    for unit in apart:
        changed.insert(min(old.index(unit), len(changed) - 1), unit)
    body = " ".join(str(unit) for unit in changed)
    return f"{body} {rest}" if rest.strip(" ?.") else f"{body}{rest}"


def _located(old: list[Unit], new: Unit) -> list[Unit]:
    """ "일본에서는?": in the place of another place, else before what is asked about."""
    for place, unit in enumerate(old):
        if unit.particle in (new.particle, "에서", "에", "의") and len(old) > 1:
            return [*old[:place], Unit(new.words, unit.particle), *old[place + 1 :]]
    return [*old[:-1], new, old[-1]]


def _aligned(old: list[Unit], new: list[Unit]) -> list[Unit] | None:
    """Units of a longer noun phrase in the places of the last ones: "억새마루길의 거리" over "노루목길의 거리"."""
    if len(new) > len(old):
        return None
    kept = old[: len(old) - len(new)]
    return kept + [Unit(own.words, before.particle) for own, before in zip(new, old[len(kept) :], strict=True)]


def _one_exchanged(old: list[Unit], words: tuple[str, ...], rest: str) -> list[Unit] | None:
    place = _same_head(old, words)
    if place is None and _is_measure(words[-1]):
        return [*old[:-1], Unit(words, old[-1].particle)]
    if place is None:
        place = _same_end(old, words)
    if place is not None:
        return [*old[:place], Unit(words, old[place].particle), *old[place + 1 :]]
    last = old[-1]
    if re.match(r"누구|누가", rest) and (words[-1].endswith(_ROLE_ENDS) or len(last.words) > 1) and len(words) == 1:
        return [*old[:-1], Unit((*last.words[:-1], *words), last.particle)]
    first = old[0]
    keeps = first.words[1:] if len(first.words) > len(words) else ()
    if len(first.words) > 2 and len(words) == 1:
        keeps = first.words[-1:]
    return [Unit((*words, *keeps), first.particle), *old[1:]]


def _same_head(old: list[Unit], words: tuple[str, ...]) -> int | None:
    return next((i for i in reversed(range(len(old))) if old[i].words[-1] == words[-1]), None)


def _same_end(old: list[Unit], words: tuple[str, ...]) -> int | None:
    """A unit whose last word ends in the same syllable: 첫차 and 막차, 지원금 and 기금."""
    end = words[-1][-1]
    if not is_syllable(end) or len(words[-1]) < 2:
        return None
    return next((i for i in range(len(old)) if old[i].words[-1].endswith(end) and len(old[i].words[-1]) > 1), None)


def _is_measure(word: str) -> bool:
    return word in MEASURES_KO or word.endswith(_RATES) or (len(word) > 2 and word.endswith(_MEASURE_ENDS))


_POINTING = re.compile(
    r"(?<!\S)(?:(?P<person>그|그녀|그분|그\s?사람|그들)(?P<p1>은|는|이|가|을|를|의|에게|과|와)"
    r"|(?P<thing>그것|이것|저것|그거|이거)(?P<p2>은|는|이|가|을|를|의|에|과|와|도)"
    r"|(?P<short>그건|이건|그게|이게|그걸|이걸)"
    r"|(?P<place>그곳|거기|그\s?장소)(?P<p4>은|는|이|가|을|를|의|에|에는|에서|서|에서는)?"
    r"|(?P<kind>(?:이|그|해당)\s(?:제품|회사|기기|장치|팀|부서|건물|도시|지역|섬|나라|학교|병원|노선|행사|사무소))"
    r"(?P<p6>은|는|이|가|을|를|의|에|에는|에서|에서는)"
    r"|(?P<time>그때|그\s?날|그\s?해)(?P<p5>은|는|에|에는|의)?)(?!\S)"
)
_SHORT = {"그건": "은", "이건": "은", "그게": "이", "이게": "이", "그걸": "을", "이걸": "을"}


def refer(question: str, previous: str, answer: str) -> tuple[str, str] | None:
    """A whole question with what it points at put in, and the words put in; None where it points at nothing said."""
    text = strip_lead(question)
    match = _POINTING.search(text)
    if match is None:
        return None
    if match["person"]:
        named, ending = short_answer(answer, names=True) or _topic(previous), match["p1"]
    elif match["place"]:
        asked_where = re.search(r"어디|어느\s?곳", previous)
        named = (short_answer(answer) if asked_where else None) or _place(previous)
        ending = {"서": "에서"}.get(match["p4"] or "", match["p4"] or "")
    elif match["kind"]:
        named, ending = _owner(previous), match["p6"]
    elif match["time"]:
        named, ending = _time(previous, answer), match["p5"] or ""
    else:
        ending = match["p2"] or _SHORT[match["short"]]
        named = (short_answer(answer) if re.search(r"무엇|뭐|누구|누가|어느|어디|이름", previous) else None) or _topic(
            previous
        )
    if not named:
        return None
    return text[: match.start()] + named + particle(named, ending) + text[match.end() :], named


def short_answer(answer: str, names: bool = False) -> str | None:
    """A short answer as a noun: without copula and full stop; with `names`, only what may be a name."""
    text = _ENDING.sub("", answer.strip().strip("\"'“”")).strip()
    if not text or len(text.split()) > (5 if names else 3) or any(sign.isdigit() for sign in text):
        return None
    return text if not names or _NAME.match(text) else None


def _topic(previous: str) -> str | None:
    found = units(previous[: match.start()] if (match := _ASKS.search(previous)) else previous.rstrip(" ?"))
    for unit in found:
        if unit.particle in ("은", "는", "이", "가"):
            before = found[: found.index(unit)]
            owner = [" ".join(each.words) + each.particle for each in before if each.particle == "의"]
            return " ".join([*owner, *unit.words])
    return " ".join(found[0].words) if found else None


def _owner(previous: str) -> str | None:
    """What the previous question is about: 정수기 of 정수기의 크기는."""
    found = [unit for unit in units(previous) if unit.particle != _APART and not _ASKS.search(" ".join(unit.words))]
    return " ".join(found[0].words) if found else None


def _place(previous: str) -> str | None:
    found = [unit for unit in units(previous) if not _ASKS.search(" ".join(unit.words))]
    for ending in ("에서", "에", "의", "은", "는"):
        for unit in found:
            if unit.particle == ending:
                return " ".join(unit.words)
    return None


def _time(previous: str, answer: str) -> str | None:
    pattern = r"(?:\d{4}년\s?)?\d{1,2}월(?:\s?\d{1,2}일)?|\d{4}년"
    for text in (answer, previous):
        match = re.search(pattern, text)
        if match:
            return match.group()
    return None
