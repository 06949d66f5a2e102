"""Words of a statement that carry meaning, in the forms under which a page may have them.

Latin words are compared by their stem and by listed synonyms, Korean ones without their particles and inside
compounds. Knows no grammar.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from mmrag.lexical.languages import QUERY_STOP_WORDS, korean_stems
from mmrag.lexical.tokens import word_terms
from mmrag.scorers.lexicon import synonyms
from mmrag.scorers.lexicon import words as listed

__all__ = ["Term", "forms_of", "korean_kin", "labels_of", "near_forms", "plain", "same_verb", "squeeze", "terms_of"]

_PIECE = re.compile(r"[가-힣]+|(?:(?![가-힣])[^\W\d_])+(?:['’](?:[a-z]{1,2})\b)?")
_KOREAN_STOP_WORDS = """
있다 있는 있으며 있습니다 없이 하는 하여 하고 한다 했다 합니다 하였다 된다 되는
되었다 됩니다 이다 입니다 이며 및 등 것 수 그 이 저
대한 대해 위한 위해 따른 따라 통해 통한 관한 의한 의해 또는 또한
그리고 하지만 경우 각각 총 약 전체 중 당시 해당 여기 이후 대비
"""
_KOREAN_STOP = frozenset(_KOREAN_STOP_WORDS.split())
_UNITS_WORDS = """
million billion thousand trillion hundred percent percentage dollar dollars usd won year years fiscal ended
만 억 조 천 원 년 월 일 퍼센트 달러 년도 분기 명 개 건
"""
_UNITS = frozenset(_UNITS_WORDS.split())
_MONTHS_WORDS = """
january february march april may june july august september october november december jan feb mar apr jun jul aug sep
sept oct nov dec quarter quarters first second third fourth
"""
_MONTHS = frozenset(_MONTHS_WORDS.split())


_LIGHT_WORDS = """
have make take come go get give put hold stand call name use spend amount record list old far present begin say state
show become remain keep see know do people person way thing total still yet already already so called certain whole
held made taken came got gave stood spent said went own around about about approximately nearly almost only both also
하기로 하였다 했다 그중 가운데 이다 때 보통 평소 모두 있다 넣는다 들어간다 합계 총액 나타났다 기록했다
"""
_LIGHT = frozenset(_LIGHT_WORDS.split())
"""Words that a retelling puts in or leaves out without saying anything else."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word: as written, plain (NFKC, lower case), the forms that count as the same, and where it stands."""

    text: str
    word: str
    forms: frozenset[str]
    start: int
    stop: int

    @property
    def light(self) -> bool:
        """Whether it carries little: "stood at", "called", "amounted to"."""
        return not self.forms.isdisjoint(_LIGHT)

    @property
    def hangul(self) -> bool:
        """Whether it is Korean, so that compounds and particles are to be expected."""
        return "가" <= self.word[0] <= "힣"

    @property
    def stem(self) -> str:
        """The shortest form that a text may have it in: no sign of a lost particle, which no page has."""
        written = (form for form in self.forms if not form.endswith(_LOST))
        # Of equal length always the same one: a set of words has another order in every process.
        return min(written, key=lambda form: (len(form), form), default=self.word)


def plain(text: str) -> str:
    """NFKC and lower case, the quotes and dashes of typography as those of a keyboard."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return text.translate(_TYPED)


_TYPED = str.maketrans("‘’‛′“”„″–—−‐‑", "''''\"\"\"\"-----", "\u00ad\u200b\u200c\u200d\ufeff")


def squeeze(text: str) -> str:
    """Letters and digits only, plain: what is left of a text that is broken, hyphenated or spaced in another way."""
    return "".join(letter for letter in plain(text) if letter.isalnum() or letter in ".%")


_IRREGULAR_WORDS = """
rose risen rise | fell fallen fall | grew grown grow | became become | began begun begin | brought bring
bought buy | sold sell | led lead | left leave | lost lose | made make | paid pay | held hold | kept keep
met meet | won win | spent spend | sent send | built build | chose chosen choose | drew drawn draw
drove driven drive | gave given give | went gone go | knew known know | lent lend | said say | saw seen see
shown show | spoke spoken speak | stood stand | took taken take | taught teach | told tell | thought think
wrote written write | ran run | came come | found find | felt feel | lay lain lie | meant mean | sought seek
shrank shrunk shrink | stole stolen steal | swam swum swim | wore worn wear | threw thrown throw
broke broken break
"""
_IRREGULAR = {
    form: words[-1]
    for entry in _IRREGULAR_WORDS.replace("\n", " | ").split("|")
    if (words := entry.split())
    for form in words[:-1]
}


_SHORT_KO = 2
_LOST = "·"
"""Stands for the particle that a noun of one syllable has lost."""


@lru_cache(maxsize=100_000)
def _forms(word: str) -> frozenset[str]:
    if "가" <= word[0] <= "힣":
        # A noun of one syllable is told from a syllable of another word by the particle it has lost.
        short = {word[0] + _LOST} if len(word) == _SHORT_KO and word[1] in "은는이가을를의에도" else set()
        return frozenset({word, *(stem for stem in korean_stems(word) if len(stem) > 1), *short})
    base = word.split("'", maxsplit=1)[0]
    found = {base, *word_terms(base)[:1], *word_terms(_IRREGULAR.get(base, ""))[:1]}
    if len(base) > 4 and base.endswith(("ed", "ing", "es", "al", "ly")):
        found |= set(word_terms(re.sub(r"(?:ing|ed|es|al|ly)$", "", base))[:1])
        found.add(re.sub(r"(?:ing|ed|es)$", "e", base))
    return frozenset(found)


@lru_cache(maxsize=20_000)
def near_forms(word: str) -> frozenset[str]:
    """Forms of the listed synonyms of a plain word and of its stems."""
    return frozenset(form for one in _forms(word) for other in synonyms(one) for form in _forms(other))


_VERBS_KO_WORDS = """
증가 늘었 늘어 늘고 늘며 늘린 늘렸 상승 높아 | 감소 줄었 줄어 줄고 줄며 줄인 줄였 하락 낮아
담당 맡는 맡아 맡고 맡았 맡습 책임 | 설립 세웠 세워 세운 창립
개관 개장 개업 열었 열고 | 생산 만들 만든 제조
시작 개시 착수 | 종료 끝났 끝나 마감
구매 구입 매입 | 판매 팔았 팔고 팔린
이용 사용 | 금지 불가
확장 확대 넓혔 넓혀 넓힌 | 보관 보존
제출 냈다 내야 | 운행 다닌 다니
"""
_VERBS_KO = tuple(entry.split() for line in _VERBS_KO_WORDS.strip().splitlines() for entry in line.split("|"))


def korean_kin(word: str) -> frozenset[str]:
    """Stems of Korean verbs that say the same as a word, its own included; none for a word that is not listed."""
    return frozenset(stem for group in _VERBS_KO if word.startswith(tuple(group)) for stem in group)


def same_verb(one: str, other: str) -> bool:
    """Whether two Korean words are forms of verbs that say the same."""
    return any(other.startswith(stem) for stem in korean_kin(one))


@lru_cache(maxsize=4_096)
def _pieces(text: str) -> tuple[Term, ...]:
    found = []
    for match in _PIECE.finditer(text):
        word = plain(match.group()) or match.group()
        found.append(Term(match.group(), word, _forms(word), match.start(), match.end()))
    return tuple(found)


def forms_of(text: str) -> frozenset[str]:
    """Every form of every word of a text."""
    return frozenset(form for term in _pieces(text) for form in term.forms)


def terms_of(text: str) -> tuple[Term, ...]:
    """The words of a text that say what it is about: no function words, units or names of months."""
    return tuple(term for term in _pieces(text) if not _is_empty(term))


def labels_of(text: str) -> tuple[Term, ...]:
    """The words of a label: single letters, syllables and digits tell rows apart as well as words do."""
    every = _pieces(text)
    words = [term for term in every if term.word.split("'")[0] not in listed("function words") or len(term.word) == 1]
    # A row may be called "Other", or nothing but "All".
    words = words or list(every)
    digits = (
        Term(found.group(), found.group(), frozenset({found.group()}), found.start(), found.end())
        for found in _DIGITS.finditer(text)
    )
    return tuple(term for term in (*words, *digits) if term.word not in _UNITS)


_DIGITS = re.compile(r"\d+")


def _is_empty(term: Term) -> bool:
    word = term.word.split("'")[0]
    if term.hangul:
        return word in _KOREAN_STOP or word in QUERY_STOP_WORDS or bool(term.forms & _UNITS) or len(word) < 2
    return (
        len(word) < 2
        or word in listed("function words")
        or word in QUERY_STOP_WORDS
        or word in _UNITS
        or word in _MONTHS
        or word in listed("negations")
    )
