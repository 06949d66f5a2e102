"""Korean verb forms turned into the plain form of a statement: 줄어든 -> 줄어들었다, 3년이니까 -> 3년이다.

Works on the letters of the last syllables (jamo); knows the contractions of vowels and the irregular stems that are
common in reports, and leaves a form that it does not know alone (None).
"""

from __future__ import annotations

import re

from mmrag.chat.words import ADNOMINALS_KO

__all__ = ["statement"]

_FIRST, _VOWELS, _FINALS = 0xAC00, 21, 28
_WOO = ("배운", "싸운", "채운", "키운", "세운", "비운", "지운", "태운", "치운", "메운", "외운", "재운")  # 배우다
_BRIGHT = {0, 2, 8}  # ㅏ ㅑ ㅗ: followed by 았
_A, _AE, _EO, _E, _YEO, _O, _WA, _OE, _WAE, _U, _WO, _EU, _I = 0, 1, 4, 5, 6, 8, 9, 11, 10, 13, 14, 18, 20
_N, _L, _B, _SS = 4, 8, 17, 20
_MERGED = {_A: _A, _EO: _EO, _AE: _AE, _E: _E, _YEO: _YEO, _O: _WA, _U: _WO, _I: _YEO, _EU: _EO, _OE: _WAE}
"""The vowel that a stem's last one and the 어 or 아 of the past make."""
_LONGEST_IRREGULAR = 4


def _parts(sign: str) -> tuple[int, int, int]:
    code = ord(sign) - _FIRST
    return code // (_VOWELS * _FINALS), code // _FINALS % _VOWELS, code % _FINALS


def _joined(initial: int, vowel: int, final: int) -> str:
    return chr(_FIRST + (initial * _VOWELS + vowel) * _FINALS + final)


def _is_syllable(sign: str) -> bool:
    return "가" <= sign <= "힣"


def statement(word: str, kind: str) -> str | None:
    """The last word of a clause as the end of a statement; None for a form that is not known.

    `kind`: "adnominal" (줄어든), "thing" (이전하는), "asked" (감소했나요), "quoted" (떠난다고), "hearsay" (20일이),
    "told" (쉬죠, 있잖아요), "clause" (3년이니까, 줄었는데), "noun" (20일).
    """
    forms = {"adnominal": _adnominal, "thing": _adnominal, "asked": _asked, "quoted": _quoted, "hearsay": _hearsay,
             "told": _told, "clause": _clause, "noun": _copula}  # fmt: skip
    return forms[kind](word)


def _adnominal(word: str) -> str | None:
    for size in range(min(len(word), _LONGEST_IRREGULAR), 0, -1):
        if word[-size:] in ADNOMINALS_KO and (size > 1 or len(word) == 1 or word[-1] in "한된인든온간"):
            return _copula(word[:-1]) if word[-1] == "인" else word[:-size] + ADNOMINALS_KO[word[-size:]]
    if word.endswith("는") and len(word) > 1:
        return _present(word[:-1])
    if word.endswith("던") and len(word) > 1:
        stem = word[:-1]
        return stem + "다" if _parts(stem[-1])[2] == _SS else _past(stem)
    if word.endswith("은") and len(word) > 1:
        return _past(word[:-1])
    return _with_final(word)


def _with_final(word: str) -> str | None:
    """A stem that ㄴ was put under: 오른 -> 올랐다, and 무거운 -> 무겁다."""
    if not _is_syllable(word[-1]):
        return None
    if word.endswith("운") and len(word) > 1 and not word.endswith(_WOO) and not _parts(word[-2])[2]:
        before = _parts(word[-2])
        return word[:-2] + _joined(before[0], before[1], _B) + "다"
    initial, vowel, final = _parts(word[-1])
    return _past(word[:-1] + _joined(initial, vowel, 0)) if final == _N else None


def _present(stem: str) -> str:
    """ "하" -> "한다", "쉬" -> "쉰다", "닫" -> "닫는다", "있" -> "있다"."""
    if not _is_syllable(stem[-1]):
        return stem + "다"
    initial, vowel, final = _parts(stem[-1])
    if stem.endswith(("있", "없", "않", "같", "많", "높", "낮", "크")) and not stem.endswith("않"):
        return stem + "다"
    if final == _SS:
        return stem + "다"
    if final == 0:
        return stem[:-1] + _joined(initial, vowel, _N) + "다"
    return stem[:-1] + _joined(initial, vowel, _N) + "다" if final == _L else stem + "는다"


def _past(stem: str) -> str:
    """The stem of a verb in the past: 나 -> 났다, 바뀌 -> 바뀌었다, 오르 -> 올랐다, 하 -> 했다."""
    last = stem[-1]
    if last in "하되":
        return stem[:-1] + ("했다" if last == "하" else "됐다")
    if not _is_syllable(last):
        return stem + "었다"
    initial, vowel, final = _parts(last)
    if last == "르" and len(stem) > 1 and _is_syllable(stem[-2]) and not _parts(stem[-2])[2]:
        before = _parts(stem[-2])
        return stem[:-2] + _joined(before[0], before[1], _L) + ("랐다" if before[1] in _BRIGHT else "렀다")
    if not final and vowel in _MERGED:
        return stem[:-1] + _joined(initial, _MERGED[vowel], _SS) + "다"
    return stem + ("았다" if vowel in _BRIGHT else "었다")


def _copula(noun: str) -> str | None:
    return noun + "이다" if noun else None


def _asked(word: str) -> str | None:
    """A predicate that asks: 감소했나요, 닫나요, 줄었습니까, 감소했어요, 합니까, 3년인가요."""
    if word.endswith(("인가요", "입니까")):
        return _copula(word[:-3])
    polite = re.match(r"^(.+)니까요?$", word)
    if polite:
        return _formal(polite[1])
    plain = re.match(r"^(.+?)(?:는가요?|나요?|지요|죠|니)$", word)
    if plain:
        return _stem_end(plain[1])
    match = re.match(r"^(.*[가-힣])(?:어요|아요|어|아|대요|지)$", word)
    if match and _parts(match[1][-1])[2] == _SS:
        return match[1] + "다"
    return word[:-2] + "한다" if word.endswith("해요") else None


def _formal(stem: str) -> str | None:
    """What stands before 니까: 줄었습, 합."""
    if stem.endswith("습"):
        return _stem_end(stem[:-1]) if len(stem) > 1 else None
    if not _is_syllable(stem[-1]):
        return None
    initial, vowel, final = _parts(stem[-1])
    return _stem_end(stem[:-1] + _joined(initial, vowel, 0)) if final == _B else None


def _stem_end(stem: str) -> str:
    return stem + "다" if _is_syllable(stem[-1]) and _parts(stem[-1])[2] == _SS else _present(stem)


def _quoted(word: str) -> str | None:
    if word.endswith("라고"):
        return _copula(re.sub(r"이?라고$", "", word))
    return word[:-1] if word.endswith("다고") else None


def _hearsay(word: str) -> str | None:
    """What stands before 라던데 or 다던데: 20일이, 떠난."""
    if word.endswith("이") and len(word) > 1:
        return word + "다"
    last = word[-1]
    if not _is_syllable(last):
        return _copula(word)
    return word + "다" if _parts(last)[2] in (_N, _SS) else _copula(word)


def _told(word: str) -> str | None:
    stem = re.sub(r"(?:잖아요?|죠|지요|지)$", "", word)
    if not stem or stem == word:
        return None
    if stem.endswith("이") and len(stem) > 1:
        return stem + "다"
    noun = stem[-1].isdigit() or not _is_syllable(stem[-1]) or stem.endswith(_NOUN_ENDS)
    return _copula(stem) if noun else _stem_end(stem)


_NOUN_ENDS = ("원", "명", "개", "번", "년", "월", "일", "요일", "시", "분", "초", "호", "층", "팀", "장", "곳")


def _clause(word: str) -> str | None:
    """A clause that goes on: 3년이니까, 214명이므로, 45,000원인데, 줄었는데, 운영되니, 높아서 is left alone."""
    for ending in ("이니까", "이므로", "인데", "이라서", "이니", "이기"):
        if word.endswith(ending) and len(word) > len(ending):
            return _copula(word[: -len(ending)])
    for ending in ("으니까", "니까", "으므로", "므로", "는데", "으니", "니"):
        if word.endswith(ending) and len(word) > len(ending):
            return _stem_end(word[: -len(ending)])
    if word.endswith("데") and len(word) > 1 and _is_syllable(word[-2]) and _parts(word[-2])[2] == _N:
        initial, vowel, _ = _parts(word[-2])
        return word[:-2] + _joined(initial, vowel, 0) + "다"
    return None
