"""English questions turned into statements: "did revenue fall" -> "revenue fell". Knows the common irregular verbs."""

from __future__ import annotations

import re

from mmrag.chat.words import PAST

__all__ = ["negated_front", "past", "restored", "third"]

_PRESENT = {"have": "has", "do": "does", "be": "is", "go": "goes"}
_LIKELY = re.compile(
    r"\b(?:decline|increase|decrease|improve|change|close|open|move|fail|refuse|double|halve|reach|exceed|cover|use"
    r"|delay|postpone|cancel|reject|accept|hire|fire|launch|start|end|merge|acquire|report|receive|return|remain|stay"
    r"|need|want|require|work|differ|vary|include|exclude|appear|happen|miss|raise|lower|reduce|expand|switch|sign)\b"
)


def past(verb: str) -> str:
    """The simple past of a verb's base form."""
    word = verb.lower()
    if word in PAST:
        return PAST[word]
    if word.endswith("e"):
        return word + "d"
    return word[:-1] + "ied" if re.search(r"[^aeiou]y$", word) else word + "ed"


def third(verb: str) -> str:
    """The form that follows he, she or it in the present."""
    word = verb.lower()
    if word in _PRESENT:
        return _PRESENT[word]
    if re.search(r"(?:s|x|z|ch|sh|o)$", word):
        return word + "es"
    return word[:-1] + "ies" if re.search(r"[^aeiou]y$", word) else word + "s"


def restored(auxiliary: str, rest: str) -> str:
    """The statement behind "why AUXILIARY REST?"; "" where its verb is not found."""
    base, negative = _plain(auxiliary)
    if base in ("did", "does", "do"):
        match = _verb(rest)
        if match is None:
            return ""
        subject, verb, more = rest[: match.start()], match.group(), rest[match.end() :]
        if negative or more.startswith(" not ") or subject.rstrip().endswith(" not"):
            return f"{subject}{base} not {verb}{more}"
        form = {"did": past, "does": third}.get(base, str)(verb)
        return f"{subject}{form}{more}"
    return _placed(rest, f"{base} not" if negative else base)


def negated_front(auxiliary: str, rest: str) -> str:
    """The statement that "isn't REST?" expects a yes to."""
    base, _ = _plain(auxiliary)
    return restored(base, rest)


def _plain(auxiliary: str) -> tuple[str, bool]:
    special = {"can't": "can", "won't": "will"}
    if auxiliary in special:
        return special[auxiliary], True
    return (auxiliary[:-3], True) if auxiliary.endswith("n't") else (auxiliary, False)


def _verb(rest: str) -> re.Match[str] | None:
    """The main verb after "did": the first word that is known as one, after at least one word of subject."""
    for known in re.finditer(r"(?<=\s)[a-z]+\b", rest):
        if known.group() in PAST or _LIKELY.fullmatch(known.group()):
            return known
    # After a name, the first word in small letters; else the second word.
    match = re.search(r"(?<=[A-Z0-9]\s)[a-z]+\b|(?<=[a-z]\s)[a-z]{3,}\b(?!\s+(?:did|was))", rest)
    named = re.match(r"(?:[A-Z][\w.'’&-]*\s)+(?=[a-z])", rest)
    return re.compile(r"[a-z]+").match(rest, named.end()) if named else match


_PARTICIPLE = re.compile(
    r"\s(?P<start>(?:not |no longer |never |still |also |already |so |too |the |a |an |in |at |on |only |much )*"
    r"(?:\w+ed|sent|sold|made|paid|held|kept|built|lost|won|given|taken|known|shown|written|cut|set|put|found|left|born"
    r"|included|based|located|higher|lower|larger|smaller|better|worse|more|less|closed|open|free|part|able|unable"
    r"|responsible|available|missing|absent|delayed|allowed|not|no|in|at|on|the)\b)",
    re.IGNORECASE,
)


_VERB_FORM = re.compile(
    r"\s(?:not |no longer |never |still |also |already )*"
    r"(?:\w{2,}ed|be|been|being|sent|sold|made|paid|held|kept|built|lost|won|given|taken|known|shown|written|found|born"
    r"|fallen|risen|grown|become|chosen|driven|begun|\w{2,}(?:er|ier) than|(?:more|less|as) \w+ (?:than|as))\b"
)


def _placed(rest: str, auxiliary: str) -> str:
    """REST with the auxiliary after its subject: before a participle, a comparison or a place, else the first noun."""
    if rest.lower().startswith("there "):
        return f"{rest[:5]} {auxiliary} {rest[6:]}"
    number = re.search(r"\s(?=[$€£₩]?\d)", rest)
    before = rest[: number.start()] if number else rest
    # Of the places where a predicate may begin, that of a participle first: a subject may hold "of" and "in".
    match = _VERB_FORM.search(before)
    if match is None and number is None:
        match = next((found for found in _PARTICIPLE.finditer(rest) if rest[: found.start()].lower() != "the"), None)
    place = match.start() if match else number.start() if number else -1
    if place <= 0:
        words = rest.split()
        place = len(" ".join(words[: 2 if words[0].lower() in ("the", "a", "an", "our", "its") else 1]))
    return f"{rest[:place]} {auxiliary} {rest[place:].strip()}"
