"""Words of a Korean question that no page need hold: what asks, begs or binds, and predicates."""

from __future__ import annotations

import re

__all__ = ["is_light", "is_predicate", "is_verbal"]

_LIGHT = re.compile(
    r"(?:몇|얼마|언제|어디|누구|누가|무엇|무슨|어떤|어느|어떻게|어떡|왜|뭐|뭔|뭘|뭡)\S*"
    r"|(?:알려|말해|가르쳐|보여|찾아|설명해)\S*|주(?:세요|십시오|시겠\S*|실래\S*)|줘|줄래|궁금\S*|싶\S*|부탁\S*"
    r"|데|때|것|게|건|거|걸|수|점|등|및|좀|또|더|그|이|저|나요|한가요|해요|해야|하려면|하면|되려면|되면|있는|있나요?|있습니까|없나요?"
    r"|했\S*|하[나는니]\S*|합니까|됩니까|되[나는니]\S*|돼\S*|될까\S*|할까\S*|하죠|하지|인가요?|입니까|까닭\S*|이유\S*"
)
_PREDICATE = re.compile(
    r"(?:나요?|까요?|는가요?|가요?|니까|습니까|어요?|아요?|여요?|해요?|돼요?|워요?|야|예요|죠|지요?|니|냐|던가)$"
)
_NOUN = re.compile(r"(?:은|는|을|를|이|의)$")


def is_light(word: str) -> bool:
    """Whether a word of a question only asks, begs or binds ("얼마인가요", "알려", "데"): no page need hold it."""
    return _LIGHT.fullmatch(word) is not None


def is_predicate(word: str) -> bool:
    """Whether the last word of a question is its predicate ("걸립니까"), which tables leave out."""
    return bool(_PREDICATE.search(word)) and not _NOUN.search(word)


_VERBAL = re.compile(
    r"(?:[아어여해]야|야|려면|으면|하면|려고|[어아]난|[어아]든|[었았였했된]던|으며|하며|하고|되고)$|^(?:받|가|하|쓰)기$|^시부터$"
)


def is_verbal(word: str) -> bool:
    """Whether a word of a question is a verb that a page may well say otherwise ("금식해야", "줄어든", "하려면")."""
    return len(word) > 1 and (is_predicate(word) or _VERBAL.search(word) is not None)
