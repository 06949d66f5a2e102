"""Claims made by program from sentences of documents: true ones in other words, and the same with one fact changed.

Everything follows from the text and a seed. The word lists are those of the scorer, so an edit by an opposite says
little about opposites that are not listed; substitution by neighbours in the encoder's space makes up for some of that.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from mmrag.quantities import agree, quantities
from mmrag.scorers import lexicon
from mmrag.scorers.words import bases, stem

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[A-Za-z]+(?:['’][A-Za-z]+)*|[가-힣]+")
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|has been|have been|will|can|may|must|should|could|would|does|do|did)\b(?! not|n't)"
)
NAME = re.compile(r"(?<=[a-z,;] )(?:[A-Z][\w&.-]*[a-z]\w*)(?: (?:of |and )?[A-Z][\w&.-]*[a-z]\w*)*")
_PARTICLES = "은는이가을를의에로와과도"


@dataclass(frozen=True)
class Made:
    """A claim over `evidence`; `changed` are the spans of its text that are not what the evidence says."""

    claim: str
    evidence: str
    document: str
    edit: str = ""
    changed: tuple[tuple[int, int], ...] = ()
    korean: bool = False


@dataclass(frozen=True)
class Material:
    """What edits are made of: names, sentences and neighbours of words from the same documents."""

    names: Sequence[str]
    sentences: Sequence[str]
    neighbours: Mapping[str, Sequence[str]]


def true_claims(sentence: str, other: str, dice: random.Random) -> str:
    """The sentence, shortened, joined with another, said to be said, or with listed synonyms in place of words."""
    korean = is_korean(sentence)
    kind = dice.choice(["as is", "shorter", "joined", "reported", "synonyms", "synonyms"])
    if kind == "shorter":
        parts = re.split(r"(?<=[^\d]), (?=\w)|\s*\([^()]*\)", sentence)
        if len(parts) > 1 and len(parts[0].split()) >= 6:
            return parts[0].rstrip(" ,.") + "."
    if kind == "joined" and other and len(other.split()) < 40:
        return f"{sentence} {other}"
    if kind == "reported" and not korean:
        opening = dice.choice(
            ["The document states that ", "According to the text, ", "The report says that ", "It is noted that "]
        )
        first = sentence.split()[0]  # noqa: PLC0207
        lower = first[:1].lower() + first[1:] if first.lower() in lexicon.words("function words") else first
        return opening + lower + sentence[len(first) :]
    if kind == "synonyms":
        return _reworded(sentence, dice, korean)
    return sentence


def _reworded(sentence: str, dice: random.Random, korean: bool) -> str:
    if korean:
        for old, new in (("하였다", "했다"), ("하였습니다", "했습니다"), ("되었다", "됐다"), ("한다", "합니다")):
            if sentence.rstrip(".").endswith(old):
                return sentence.rstrip(".").removesuffix(old) + new + "."
        return sentence
    words = [m for m in _WORD.finditer(sentence) if m.start() > 0 and m.group().islower()]
    dice.shuffle(words)
    spans = []
    for match in words:
        same = sorted(
            {word for base in bases(match.group()) for word in lexicon.synonyms(base)} - set(bases(match.group()))
        )
        if same and match.group() not in lexicon.words("function words"):
            spans.append((match.start(), match.end(), _like(match.group(), dice.choice(same))))
        if len(spans) == 3:
            break
    return _replaced(sentence, spans)[0]


def _replaced(text: str, spans: Sequence[tuple[int, int, str]]) -> tuple[str, tuple[tuple[int, int], ...]]:
    out, last, places = "", 0, []
    for start, stop, new in sorted(spans):
        out += text[last:start]
        places.append((len(out), len(out) + len(new)))
        out, last = out + new, stop
    return out + text[last:], tuple(places)


def _like(old: str, new: str) -> str:
    """The new word with the ending and the capital of the old one, roughly."""
    if old.endswith("ing") and not new.endswith("ing") and len(old) > 5:
        new = new.removesuffix("e") + "ing"
    elif old.endswith("ed") and not new.endswith("ed") and len(old) > 4:
        new = new.removesuffix("e") + "ed"
    elif old.endswith("s") and not old.endswith("ss") and not new.endswith("s"):
        new += "s"
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


Edit = Callable[[Made, Material, random.Random], Made | None]


def is_korean(text: str) -> bool:
    """Whether a good part of a text is Hangul."""
    return sum("가" <= letter <= "힣" for letter in text) * 3 > len(text)


def _put(made: Made, start: int, stop: int, new: str, edit: str) -> Made:
    claim, changed = _replaced(made.claim, [(start, stop, new)])
    return replace(made, claim=claim, changed=changed, edit=edit)


def number(made: Made, material: Material, dice: random.Random) -> Made | None:  # noqa: ARG001
    """Another number: a digit off, or another of the same evidence that does not agree."""
    stated = [one for one in quantities(made.claim) if any(c.isdigit() for c in one.text)]
    if not stated:
        return None
    one = dice.choice(stated)
    match = re.search(r"\d+(?:[.,]\d+)*", one.text)
    if match is None:
        return None
    old = match.group()
    others = [o for o in quantities(made.evidence) if o.unit == one.unit and not agree(o, one) and o.text[:1].isdigit()]
    found = re.match(r"\d+(?:[.,]\d+)*", dice.choice(others).text) if others and dice.random() < 0.4 else None
    place = dice.randrange(len(old))
    while not old[place].isdigit():
        place = dice.randrange(len(old))
    digit = str((int(old[place]) + dice.randrange(1, 10)) % 10)
    new = (
        found.group()
        if found
        else old[:place] + ("1" if place == 0 and digit == "0" and len(old) > 1 else digit) + old[place + 1 :]
    )
    start = one.start + match.start()
    if new == old or any(agree(o, o2) for o in quantities(new) for o2 in quantities(old)):
        return None
    return _put(made, start, start + len(old), new, "number")


def name(made: Made, material: Material, dice: random.Random) -> Made | None:
    """Another name, of the same page or of any."""
    if made.korean:
        return None
    found = [m for m in NAME.finditer(made.claim) if len(m.group()) > 3]
    if not found:
        return None
    old = dice.choice(found)
    near = sorted({m.group() for m in NAME.finditer(made.evidence)})
    new = dice.choice(near if near and dice.random() < 0.5 else list(material.names))
    if stem(new.split()[0]) in {stem(w) for w in old.group().split()} or new in made.claim:
        return None
    return _put(made, old.start(), old.end(), new, "name")


def listed(made: Made, material: Material, dice: random.Random) -> Made | None:  # noqa: ARG001
    """An opposite, or another word of its kind."""
    choices = []
    for match in _WORD.finditer(made.claim):
        for table in (lexicon.opposites, lexicon.alternatives):
            forms = bases(match.group())
            others = sorted({w for base in forms for w in table(base)} - set(forms))
            if others and match.group().lower() not in lexicon.words("function words"):
                choices.append((match, others))
        if made.korean:
            choices += [
                (re.compile(re.escape(key)).search(made.claim, match.start()), sorted(lexicon.opposites(key)))
                for key in (match.group()[:2],)
                if lexicon.opposites(key) and len(key) == 2
            ]
    if not choices:
        return None
    match, others = dice.choice(choices)
    if match is None:
        return None
    others = [w for w in others if len(w) > 1] or others
    return _put(made, match.start(), match.end(), _like(match.group(), dice.choice(others)), "opposite")


def negation(made: Made, material: Material, dice: random.Random) -> Made | None:  # noqa: ARG001
    """A "not" put in or taken out."""
    claim = made.claim
    if made.korean:
        for old, new in (
            ("하였다", "하지 않았다"),
            ("했다", "하지 않았다"),
            ("한다", "하지 않는다"),
            ("합니다", "하지 않습니다"),
        ):
            place = claim.rfind(old)
            if place > 0:
                return _put(made, place, place + len(old), new, "negation")
        place = claim.rfind("있")
        return _put(made, place, place + 1, "없", "negation") if place > 0 else None
    gone = re.search(r"\b(not|never|no) ", claim)
    if gone and dice.random() < 0.5:
        edited = claim[: gone.start()] + claim[gone.end() :]
        return replace(
            made, claim=edited, changed=((gone.start(), min(len(edited), gone.start() + 8)),), edit="negation"
        )
    found = _AUXILIARY.search(claim)
    if found is None:
        return None
    return _put(made, found.end(), found.end(), dice.choice([" not", " not", " never", " no longer"]), "negation")


def neighbour(made: Made, material: Material, dice: random.Random) -> Made | None:
    """A content word exchanged for one near to it in the encoder's space."""
    found = [m for m in _WORD.finditer(made.claim) if material.neighbours.get(m.group().lower())]
    if not found:
        return None
    match = dice.choice(found)
    new = dice.choice(list(material.neighbours[match.group().lower()]))
    return _put(made, match.start(), match.end(), _like(match.group(), new), "neighbour")


def insertion(made: Made, material: Material, dice: random.Random) -> Made | None:
    """A phrase of another text put in."""
    if made.korean:
        other = dice.choice(list(material.sentences)).split()
        words = made.claim.split()
        if len(words) < 4 or len(other) < 5:
            return None
        start = dice.randrange(1, len(words) - 1)
        taken = other[: dice.randrange(2, 4)]
        new = " ".join(taken) + " "
        place = len(" ".join(words[:start])) + 1
        return _put(replace(made, claim=" ".join(words)), place, place, new, "insertion")
    other = dice.choice(list(material.sentences)).split()
    if len(other) < 8:
        return None
    taken = " ".join(other[-dice.randrange(3, 7) :]).rstrip(".")
    joint = dice.choice([", and ", ", but not ", " except for ", ", including ", " only for ", " because of "])
    place = len(made.claim.rstrip(". "))
    return _put(made, place, len(made.claim), joint + taken + ".", "insertion")


def particle(made: Made, material: Material, dice: random.Random) -> Made | None:
    """A Korean noun exchanged for another that stands before the same particle."""
    if not made.korean:
        return None
    found = [m for m in re.finditer(rf"[가-힣]{{2,}}(?=[{_PARTICLES}](?:\s|$))", made.claim)]  # noqa: C416
    if not found:
        return None
    old = dice.choice(found)
    follows = made.claim[old.end()]
    others = [
        m.group()
        for m in re.finditer(
            rf"[가-힣]{{2,}}(?={follows}(?:\s|$))", " ".join(dice.choices(list(material.sentences), k=12))
        )
    ]
    others = [word for word in others if word not in made.claim and stem(word) != stem(old.group())]
    return _put(made, old.start(), old.end(), dice.choice(others), "neighbour") if others else None


EDITS: tuple[Edit, ...] = (number, name, listed, negation, neighbour, insertion, particle)


def claims_of(
    sentences: tuple[str, str], evidence: str, document: str, material: Material, dice: random.Random
) -> list[Made]:
    """A true claim of a sentence (the second is the one that follows, or "") and up to two edited ones."""
    sentence, other = sentences
    korean = is_korean(sentence)
    made = Made(true_claims(sentence, other, dice), evidence, document, korean=korean)
    found = [made]
    for edit in dice.sample(EDITS, len(EDITS)):
        base = made if dice.random() < 0.7 else replace(made, claim=true_claims(sentence, other, dice))
        edited = edit(base, material, dice)
        if edited is not None and edited.claim != base.claim:
            found.append(edited)
        if len(found) == 3:
            break
    return found
