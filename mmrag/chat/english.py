"""Follow-up questions in English: what is left out, or pointed at with a word such as "it", put in from what was said.

Rules over function words and capitals; noun phrases are runs of words between them. Knows no grammar beyond that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mmrag.chat.slots import find_slots, without_slots
from mmrag.chat.words import ASKING, AUXILIARIES, MEASURES, OPERATIONS, PREPOSITIONS, VERBS, WH

__all__ = ["Phrase", "exchange_noun", "fragments", "phrases", "refer", "strip_lead", "summed", "why"]

_LEADS = re.compile(
    r"^(?:(?:and|but|so|then|ok|okay|well|also|now|thanks|thank you|right|hm+|oh|yes|no|great|nice|i see)[,.!\s]+)+",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"^(?:(?:what|how)\s+about|(?:and\s+)?the same(?:\s+(?:question\s+)?for)?|same(?:\s+(?:question\s+)?(?=for\b))?"
    r"|what if (?:it|that) (?:is|was|were))\s+",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"^(?:but\s+)?(?:why|how come|how so|for what reason|what for)"
    r"(?:\s+(?:is|was|did|does)\s+(?:that|it|this)(?:\s+(?:happen|so|the case))?)?$",
    re.IGNORECASE,
)
_SUM = re.compile(
    r"^(?:(?:what|how much|how many)(?:'s|\s+(?:is|are|was|were|does|do))\s+"
    r"(?:that|those|these|they|it|this|the)?\s*(?:all\s+)?(?:come to\s+)?)?"
    r"(?:in total|in all|altogether|all together|total|combined|the sum|sum|together)$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:the|a|an)\s+", re.IGNORECASE)
_TOKEN = re.compile(r"[^\s,;:?!()\"]+|[,;:?!()\"]")
_POSSESSIVE = re.compile(r"^(?:its|their|his|her)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase of a question: where it stands, its words with the article, the preposition before it ("")."""

    text: str
    start: int
    stop: int
    preposition: str = ""

    @property
    def bare(self) -> str:
        """Without the article."""
        return _ARTICLE.sub("", self.text)

    @property
    def words(self) -> list[str]:
        """The words without the article, in lower case."""
        return self.bare.lower().split()

    @property
    def is_name(self) -> bool:
        """Whether every word but small ones begins with a capital or holds a digit."""
        return all(
            word[:1].isupper() or word[:1].isdigit() or word in ("of", "the", "and") for word in self.bare.split()
        )


def strip_lead(question: str) -> str:
    """The question without a word that only joins it to the last one."""
    return _LEADS.sub("", question.strip()).strip()


def why(question: str, previous: str, answer: str) -> str | None:
    """ "why?" put to what was asked before; None for another question."""
    asked = strip_lead(question).rstrip(" ?.!")
    so = re.match(r"why so (\w+)$", asked, re.IGNORECASE)
    if so and (topic := _thing(previous, answer, False)):
        return f"Why is {topic} so {so[1]}?"
    if not _WHY.match(asked):
        return None
    body = previous.strip().rstrip("?. ")
    words = body.split()
    if words[0].lower() in AUXILIARIES:
        return f"Why {words[0].lower()} {' '.join(words[1:])}?"
    how = re.match(
        r"(?:how (?:much|many|far|fast|long|often)|by how much|when|where|how)\s+(?=\w+)", body, re.IGNORECASE
    )
    rest = body[how.end() :] if how else ""
    if how and rest.split()[0].lower() in AUXILIARIES:
        return f"Why {rest}?"
    short = answer.strip().rstrip(".")
    copula = re.match(r"(?:what|which|who)\s+(is|are|was|were)\s+(.+)$", body, re.IGNORECASE)
    if copula and short and len(short) <= 40:
        return f"Why {copula[1]} {copula[2]} {short}?"
    return f"Why: {body}?"


def summed(question: str, previous: str) -> str | None:
    """ "how much is that in total?" put to what was asked before; None for another question."""
    text = strip_lead(question).rstrip(" ?.!")
    if not _SUM.match(text):
        return None
    body = re.sub(r",?\s+respectively$", "", previous.strip().rstrip("?. "), flags=re.IGNORECASE)
    return f"{body} in total?"


def fragments(question: str) -> list[tuple[str, str]] | None:
    """(preposition, noun phrase) pairs of a question without a verb, such as "and from buoys in Q4?".

    None for a whole question. The prefix "what about" makes anything without a verb such a fragment.
    """
    text = _ABOUT.sub("", strip_lead(question)).strip().rstrip("?.! ")
    stepped = next((slot for slot in find_slots(text) if slot.step), None)
    if stepped is not None and not without_slots(text, [stepped]).strip("in for"):
        return [("", stepped.text)]
    if not text or _is_whole(text):
        return None
    found: list[tuple[str, list[str]]] = [("", [])]
    for token in text.split():
        word = token.strip(",").lower()
        # "of" joins two nouns, and "to" and "and" two years; both stay inside.
        if word in PREPOSITIONS and word not in ("of", "to"):
            found.append((word, []))
        else:
            found[-1][1].append(token.strip(","))
    return [(preposition, " ".join(words)) for preposition, words in found if words]


def _is_whole(text: str) -> bool:
    words = [word.strip(",").lower() for word in text.split()]
    if words[0] in WH or words[0] in AUXILIARIES or words[0] in ASKING or len(words) > 10:
        return True
    return any(word in AUXILIARIES or word in WH for word in words) or any(
        word in VERBS - MEASURES for word in words[1:]
    )


def phrases(question: str) -> list[Phrase]:
    """The noun phrases of a question, from left to right."""
    found: list[Phrase] = []
    run: list[re.Match[str]] = []
    preposition, after_do = "", False
    tokens = list(_TOKEN.finditer(question))
    for number, token in enumerate([*tokens, None]):
        word = token.group().lower() if token else ""
        ends = token is None or _delimits(word) or (run and _ends_run(run, tokens[number:], after_do))
        if not ends and token is not None:
            run.append(token)
            continue
        if run:
            start, stop = run[0].start(), run[-1].end()
            found.append(Phrase(question[start:stop], start, stop, preposition))
            run, preposition, after_do = [], "", False
        if word in PREPOSITIONS:
            preposition = word
        elif word in ("do", "does", "did", "can", "will", "should"):
            after_do = True
    return [phrase for phrase in found if phrase.bare.strip()]


def _delimits(word: str) -> bool:
    return word in AUXILIARIES or word in WH or word in PREPOSITIONS or word in VERBS - MEASURES or word in (
        "much", "many", "there", "long", ",", ";", ":", "?", "!", "(", ")", '"', "that", "it", "they", "each", "not",
    )  # fmt: skip


def _ends_run(run: list[re.Match[str]], rest: list[re.Match[str]], after_do: bool) -> bool:
    """Whether the next word is the verb of the noun before it: "did Noeul Instruments [grow]", "is it [located] in"."""
    word = rest[0].group()
    following = rest[1].group().lower() if len(rest) > 1 else "?"
    if word.endswith("ed") and (following in PREPOSITIONS or not following[0].isalnum()):
        return True
    verb_follows = any(later.group().lower() in VERBS for later in rest[1:])
    return after_do and not verb_follows and run[-1].group()[:1].isupper() and word[:1].islower()


def exchange_noun(previous: str, preposition: str, noun: str, taken: tuple[str, ...] = ()) -> str | None:
    """The previous question with the noun phrase of the same kind exchanged; None where it has none.

    `taken` are texts of phrases that were put in already.
    """
    owned = _POSSESSIVE.match(noun)
    new = Phrase(noun[owned.end() :] if owned else noun, 0, 0, preposition)
    candidates = [
        phrase
        for phrase in phrases(previous)
        if phrase.text not in taken and phrase.bare not in taken and without_slots(phrase.bare, find_slots(phrase.bare))
    ] or [phrase for phrase in phrases(previous) if phrase.bare not in taken]
    if not candidates or not new.words:
        return None
    if owned:
        candidates = candidates[:1]
    scored = [(_likeness(phrase, new) + 0.1 * number, phrase) for number, phrase in enumerate(candidates)]
    who = re.match(r"who (?:is|was|are|were)\s+", previous, re.IGNORECASE)
    if who and not new.is_name:  # a post for a post
        scored = [(score + 1.5 * (phrase.start == who.end()), phrase) for score, phrase in scored]
    best = max(scored, key=lambda pair: pair[0])[1]
    return previous[: best.start] + _put(best, new) + previous[best.stop :]


def _likeness(old: Phrase, new: Phrase) -> float:
    """How well one may stand for the other: a shared head, a shared word, both names, the same preposition."""
    score = 0.0
    if _singular(old.words[-1]) == _singular(new.words[-1]):
        score += 5
    elif set(old.words) & set(new.words):
        score += 3
    if new.preposition and old.preposition:
        score += 2 if new.preposition == old.preposition else -0.5
    elif not new.preposition and not old.preposition:
        score += 0.8
    score += 2 if old.is_name == new.is_name else -2
    if _singular(old.words[-1]) in OPERATIONS and _singular(new.words[-1]) not in OPERATIONS:
        score -= 4
    measured = (_is_measure(old), _is_measure(new))
    return score + (2 if measured[0] == measured[1] else -1)


def _is_measure(phrase: Phrase) -> bool:
    return phrase.words[-1] in MEASURES


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _put(old: Phrase, new: Phrase) -> str:
    """The new words in the form of the old: with its article, and with a head that names share ("... plan")."""
    article = _ARTICLE.match(old.text)
    if _ARTICLE.match(new.text):
        return new.text
    kept = _shared_tail(old, new)
    if article and (kept or not new.is_name):
        return article.group() + new.text + kept
    return new.text + kept


def _shared_tail(old: Phrase, new: Phrase) -> str:
    """ " plan" for "Northwind Standard plan" and "Northwind Health Plus": names that begin alike."""
    words = old.bare.split()
    same = new.bare.split()[0].lower() == words[0].lower() and len(new.bare.split()) > 1
    return f" {words[-1]}" if same and words[-1].islower() else ""


_EXPLETIVE = re.compile(
    r"\bit\s+(?:true|possible|necessary|required|allowed|likely|safe|legal|correct|worth|ok|okay|better)\b"
    r"|\bit\s+(?:take|takes|took|cost|costs)\s+to\b|\bit\s+(?:is|was)\s+\w+\s+(?:to|that)\b|\b(?:is|was)\s+it\s+\w+\s+(?:to|that)\b",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\b(he|she|him|his|her|hers)\b", re.IGNORECASE)
_PLURAL = re.compile(r"\b(they|them|their|theirs|those|these)\b(?!\s+(?:who|that)\b)", re.IGNORECASE)
_THING = re.compile(
    r"\b(it|its)\b|\b(that|this)\b"
    r"(?=\s*(?:[?.,]|$|(?:is|was|are|were|have|has|come|came|mean|cost|in|for|to|from|per|work|happen)\b))",
    re.IGNORECASE,
)
_NAMED = re.compile(r"^[A-Z][\w.'’-]*(?:\s(?:[A-Z][\w.'’-]*|of|the|de|van|von|and))*$")


def refer(question: str, previous: str, answer: str) -> tuple[str, str] | None:
    """A whole question with what its pronoun stands for put in, and those words; None where it stands for nothing."""
    text = strip_lead(question)
    hidden = _EXPLETIVE.sub(lambda match: "\0" * len(match.group()), text)
    for pattern, finder in ((_PERSON, _person), (_PLURAL, _plural), (_THING, _thing)):
        match = pattern.search(hidden)
        if match is None:
            continue
        named = finder(previous, answer, bool(re.search(r"\bof\s+$", hidden[: match.start()])))
        if named is None or named.lower() in text.lower():
            return None
        tail = "'s" if match.group().lower() in ("its", "his", "their") or _owns(match, hidden) else ""
        return text[: match.start()] + named + tail + text[match.end() :], named
    return None


def _owns(match: re.Match[str], text: str) -> bool:
    return match.group().lower() == "her" and bool(re.match(r"\s+[a-z]", text[match.end() :]))


def _name_in(answer: str) -> str | None:
    text = answer.strip().rstrip(".")
    return text if _NAMED.match(text) and len(text.split()) <= 6 else None


def _person(previous: str, answer: str, _: bool) -> str | None:
    return _name_in(answer) or next((phrase.text for phrase in phrases(previous) if phrase.is_name), None)


def _plural(previous: str, answer: str, _: bool) -> str | None:
    found = phrases(previous)
    for place, phrase in enumerate(found):
        if phrase.words[-1].endswith("s") and not phrase.words[-1].endswith("ss"):
            text = _with_of(previous, found, place)
            return text if phrase.is_name or phrase.text != phrase.bare else f"the {text}"
    return _name_in(answer) or _thing(previous, answer, False)


def _thing(previous: str, answer: str, part: bool) -> str | None:
    """The topic of a question. `part`: "how much of that" means what was counted, not who counted it."""
    found = phrases(previous)
    counted = re.match(r"how (?:much|many)\s+", previous, re.IGNORECASE)
    if part and counted and found and found[0].start == counted.end():
        return f"the {found[0].text}" if not _ARTICLE.match(found[0].text) else found[0].text
    if not found:
        return _name_in(answer)
    if found[0].is_name and not found[0].preposition:
        return found[0].text
    if re.match(r"(?:who|which|what)\b", previous, re.IGNORECASE) and (named := _name_in(answer)):
        return named
    name = next((phrase for phrase in found if _mostly_name(phrase)), None)
    return name.text if name else _with_of(previous, found, 0)


def _mostly_name(phrase: Phrase) -> bool:
    return phrase.bare[:1].isupper()


def _with_of(previous: str, found: list[Phrase], place: int) -> str:
    """A phrase with all that follows it after "of"."""
    start, stop = found[place].start, found[place].stop
    for phrase in found[place + 1 :]:
        if phrase.preposition != "of" or previous[stop : phrase.start].split() != ["of"]:
            break
        stop = phrase.stop
    return previous[start:stop]
