"""What is known of single languages: English endings, Korean particles, and words that only make a sentence."""

from __future__ import annotations

import re

__all__ = ["QUERY_STOP_WORDS", "korean_stems", "stem"]

_ENGLISH = """
a about am an and any are as at be been being but by can could did do does doing done each for from get give had has
have having he her here hers him his how i if in into is it its itself just let's many me might more most much my of
on or our ours please show she should so some such tell than that the their theirs them then there these they this
those to up us was we were what what's when where which while who whom whose why will with would you your yours
according following
"""
_KOREAN = """
무엇 무엇은 무엇이 무엇을 무엇인가 무엇인가요 무엇입니까 무언가 뭐 뭐야 뭔가요 뭐예요 뭔지
얼마 얼마나 얼마인가 얼마인가요 얼마입니까 얼마였나요 언제 언제인가요 언제입니까 어디 어디에
어디서 어디인가요 어디입니까 누가 누구 누구인가요 누구입니까 왜 어떻게 어떤 어느 몇 무슨 및
그리고 또는 대한 대해 대하여 관한 관해 있는 있나요 있습니까 되나요 됩니까 하나요 합니까
했나요 인가요 입니까 알려줘 알려주세요 보여줘 보여주세요 찾아줘 찾아주세요 그 이 저 것 수
등
"""
QUERY_STOP_WORDS: frozenset[str] = frozenset(_ENGLISH.split()) | frozenset(_KOREAN.split())
"""Left out of questions, never out of texts: a question of nothing else is still searched."""

_AFTER_CONSONANT = ("은", "이", "을", "과", "아", "으로", "이라고", "이라는", "이란", "이나", "이며", "이고", "이랑")
_AFTER_VOWEL = ("는", "가", "를", "와", "라고", "라는", "란", "나", "며", "고", "랑")
_AFTER_ANY = """
의 에 도 만 로 에는 에도 에만 에서 에서는 에서도 에서의 에게 에게는 에게서 한테 까지 까지의 까지는 부터 부터의 보다
보다는 처럼 마다 조차 마저 밖에 뿐 대로 만큼 께서 으로는 으로도 으로의 으로서 으로써 로는 로도 로의 로서 로써 와의 과의
와는 과는 이다 이었다 였다 입니다 이었습니다 였습니다 입니까 인가 인가요 이에요 예요 이며 이고 인 이라 라 들 들은 들이
들을 들의 들에게 하다 한다 하는 하고 하며 하여 해서 했다 하였다 했습니다 하였습니다 합니다 되다 된다 되는 되고 되며 되어
됐다 되었다 되었습니다 됩니다
"""
_PARTICLES: dict[str, str] = {
    **dict.fromkeys(_AFTER_ANY.split(), "any"),
    **dict.fromkeys(_AFTER_VOWEL, "vowel"),
    **dict.fromkeys(_AFTER_CONSONANT, "consonant"),
}
_LONGEST_PARTICLE = max(map(len, _PARTICLES))


def korean_stems(word: str) -> tuple[str, ...]:
    """The word without the particles that it may end in, longest stem first; () where none fits.

    A particle counts only where its form suits the syllable before it (은 follows a final consonant, 는 a vowel): a
    rule of the language that spares 국가 and 사과 from being cut. What may be a part of the word is cut as well, so the
    whole word has to be kept beside the stems.
    """
    stems = []
    for length in range(1, min(_LONGEST_PARTICLE, len(word) - 1) + 1):
        fits = _PARTICLES.get(word[-length:])
        last = word[-length - 1]
        if fits is None or not "\uac00" <= last <= "\ud7a3":
            continue
        closed = (ord(last) - 0xAC00) % 28 != 0
        if fits == "any" or closed == (fits == "consonant"):
            stems.append(word[:-length])
    return tuple(stems)


_VOWEL = re.compile("[aeiouy]")


def stem(word: str) -> str:
    """An English word without the endings of plurals and verb forms; any other word as it is.

    Harman's S-stemmer (1991), then -ing, -ed and a final -e: "companies" and "company", "used" and "using" meet.
    """
    if len(word) < 4 or not (word.isascii() and word.isalpha()):
        return word
    word = _singular(word)
    for ending in ("ing", "ed"):
        rest = word[: -len(ending)]
        if word.endswith(ending) and len(rest) >= 3 and not word.endswith("eed") and _VOWEL.search(rest):
            # "stopped" and "stop", but "called" and "call".
            word = rest[:-1] if rest[-1] == rest[-2] and rest[-1] not in "lsz" else rest
            break
    else:
        if word.endswith("ly") and len(word) > 5:
            word = word[:-2]
    if word.endswith("e") and len(word) > 4:
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word


def _singular(word: str) -> str:
    """Three rules, of which the first that fits counts."""
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    if word.endswith("s") and not word.endswith(("us", "ss")):
        return word[:-1]
    return word
