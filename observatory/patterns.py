"""What a run can fall into, or lose: freezing, going flat, going round in a cycle, forgetting a word.

Each is told from the outputs in their order and answers with a position in them, or None. A run that wanders
must not be taken for any: every rule compares the run with itself. Pure, and without numpy: see `vectors`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, log
from statistics import median

from .numbers import distances, mean_distance
from .vectors import Vectors

MIN_REPEATS = 4  # of a text, before the run counts as frozen
MOSTLY = 0.8  # of what follows has to agree, so that one exception hides nothing
MIN_FLAT = 3  # pictures in a row
# A flat picture has a half to a quarter of the usual bytes, at most
FLAT_BY = (log(2), log(4))
FLAT_DEVIATIONS = 4.0
MAX_PERIOD = 6
MIN_ROUNDS = 3
CYCLE_RATIO = 0.6  # of the distance after one round to the least distance within a round
STILL = 0.01  # cosine distance below which two texts say the same
MIN_ABSENT = 3  # texts without a word before it counts as lost
BY_CHANCE = 0.005  # how likely an absence may be by chance, for a word that comes and goes
MIN_LETTERS = 3
WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
# Words of a prompt that name no thing. English, like the vocabulary of the models of this machine.
NO_THINGS = frozenset(
    """
    about above across after again against all almost alone along already also always among and another any
    are around away back because been before behind being below beneath beside between beyond both but can
    could did does done down during each either else ever every few for from full get gets give gives goes
    going gone good great had has have having her here hers him his how into its just keep keeps kept large
    last less let like little long look looks made make makes making many may more most much must near nearly
    never new next not nothing off often old once one only onto other our out outside over own per please
    quite rather same seem seems she should show shows since small some something soon still such take than
    that the their them then there these they thing things this those though three through thus too toward
    towards turn turning turns two under until upon very was well were what when where which while who whose
    why will with within without would yet you your slowly quickly suddenly softly gently brightly beautiful
    big tiny huge bright dark black white red blue green yellow orange purple pink brown grey gray golden
    silver young sleeping flying running walking standing sitting painting
    """.split()  # noqa: SIM905
)


# Small words of English, and of languages that prompts are written in as well; the models of this machine answer in
# English, where no word of another language can be kept or lost.
ENGLISH = frozenset(
    """
    a an and are as at by for from her his in is it its of on or that the their to was with
    """.split()  # noqa: SIM905
)
OTHERS = frozenset(
    """
    au aux avec ce cette dans de des du elle en est et il ils je la le les ma mais mes mon ne nous ou par pas pour que qui
    sa se ses son sont sous sur un une vous al como con del el ella ellos es esta este las lo los mas mi muy no para pero
    por porque quien se si sin sobre su sus y che come dal dalla degli dei della delle di e gli ha hai ho i nel nella non
    per piu sono sul sulla tra uno aber auf aus bei das dem den der die ein eine einem einen einer er es hat ich im ist
    kein mit nach nicht oder sie sind ueber um und unter vom von vor war wie wir zu zum zur ao com da do dos em era
    foi mais nas nem nos o os ou pela pelo que sem seu sua uma het een van niet op zijn naar voor maar och att det som
    """.split()  # noqa: SIM905
) - frozenset({"no", "so", "die", "war", "do", "com", "i"})


@dataclass(frozen=True, slots=True)
class Cycle:
    period: int  # texts
    since: int  # the position of its first text


@dataclass(frozen=True, slots=True)
class LostWord:
    word: str
    position: int  # of the first text without it


def frozen_at(texts: Sequence[str]) -> int | None:
    """The first of the texts that repeat each other, but for case, space and punctuation, until now."""
    folded = [_folded(text) for text in texts]
    same = [first == second for first, second in pairwise(folded)]
    return _begin_of_end(same, MIN_REPEATS)


def flat_at(sizes: Sequence[int]) -> int | None:
    """The first of the pictures whose compressed size has fallen under the run's own norm until now.

    The norm is that of its first third, five pictures at least."""
    logs = [log(max(1, size)) for size in sizes]
    first = max(5, len(logs) // 3)
    if len(logs) < first + MIN_FLAT:
        return None
    usual = median(logs[:first])
    deviation = 1.4826 * median(abs(size - usual) for size in logs[:first])
    least, most = FLAT_BY
    limit = usual - min(most, max(least, FLAT_DEVIATIONS * deviation))
    return _begin_of_end([size < limit for size in logs], MIN_FLAT)


def _begin_of_end(holds: Sequence[bool], least: int) -> int | None:
    """Where the stretch begins that lasts until now, holds mostly, and in its last places always."""
    if len(holds) < least or sum(holds[-least:]) < least - 1 or not holds[-1]:
        return None
    found = None
    for position in range(len(holds) - 1, -1, -1):
        rest = holds[position:]
        if holds[position] and sum(rest) >= MOSTLY * len(rest):
            found = position
        elif len(rest) > 4 * least and sum(rest) < MOSTLY * len(rest):
            break
    return found if found is not None and sum(holds[found:]) >= least - 1 else None


def cycle_of(vectors: Vectors) -> Cycle | None:
    """A round of up to six texts that the run goes now, three times at least: the text of one round before
    is nearer than any in between. In a run that wanders, what is further away in time is further away."""
    for period in range(2, MAX_PERIOD + 1):
        recent = vectors[-(period * (MIN_ROUNDS + 1)) :]
        if len(recent) < period * MIN_ROUNDS:
            break
        within = min(mean_distance(recent, apart) for apart in range(1, period))
        if within > STILL and mean_distance(recent, period) < CYCLE_RATIO * within:
            return Cycle(period, _cycle_since(vectors, period, within))
    return None


def _cycle_since(vectors: Vectors, period: int, within: float) -> int:
    """The text from which on the one of a round later is near."""
    near = [after_round < 0.8 * within for after_round in distances(vectors, period)]
    found = _begin_of_end(near, period)
    return len(near) - period if found is None else found


def things_of(prompt: str) -> list[str]:
    """The words of a prompt that may name things, in their order, each once."""
    words = (word.lower() for word in WORD.findall(unicodedata.normalize("NFKC", prompt)))
    kept = (
        w for w in words if len(w) >= MIN_LETTERS and w not in NO_THINGS and not w.endswith("ly")
    )
    return list(dict.fromkeys(kept))


def lost_words(prompt: str, texts: Sequence[str]) -> list[LostWord]:
    """Of the prompt's things those that no text names any more, by when they went.

    How long a word has to be gone depends on how often it was there before: one that comes and goes is not
    lost the first time that it is absent for three texts. Nothing of a prompt in another language than English."""
    if not _is_english(prompt):
        return []
    stems = [{_stem(word.lower()) for word in WORD.findall(text)} for text in texts]
    found = []
    for word in things_of(prompt):
        there = [_stem(word) in one for one in stems]
        since = max((at + 1 for at, is_there in enumerate(there) if is_there), default=0)
        absent = len(texts) - since
        if absent >= _needed_absence(sum(there[:since]), since):
            found.append(LostWord(word, since))
    return sorted(found, key=lambda one: one.position)


def _is_english(prompt: str) -> bool:
    """As far as its small words and its script tell; one without any is taken for English."""
    letters = [sign for sign in unicodedata.normalize("NFKD", prompt) if sign.isalpha()]
    words = [word.lower() for word in re.split(r"[\W\d_]+", prompt) if word]
    english, other = (sum(word in known for word in words) for known in (ENGLISH, OTHERS))
    return other <= english and sum(sign.isascii() for sign in letters) >= 0.5 * len(letters)


def _needed_absence(times: int, texts: int) -> int:
    """So many that they would hardly all lack the word by chance."""
    if not texts:  # the first text lacked it already
        return MIN_ABSENT
    rate = (times + 0.5) / (texts + 1.5)
    return max(MIN_ABSENT, ceil(log(BY_CHANCE) / log(1 - rate)))


def _stem(word: str) -> str:
    for ending, instead in (
        ("ies", "y"),
        ("sses", "ss"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("xes", "x"),
    ):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + instead
    short = word.removesuffix("'s").removesuffix("\u2019s")
    return (
        short[:-1] if len(short) > 3 and short.endswith("s") and not short.endswith("ss") else short
    )


def _folded(text: str) -> str:
    """Without punctuation; numbers, and signs of every script, tell texts apart."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(" " if unicodedata.category(sign)[0] in "PZC" else sign for sign in plain)
    return " ".join(kept.split()) or plain.strip()
