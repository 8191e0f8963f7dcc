"""The four personas: how each prompts the model. Examples rotate, so that none shows up for long."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

USER = "<|im_start|>user\n"
ASSISTANT = "<|im_end|>\n<|im_start|>assistant\n"
TURN_END = "<|im_end|>\n"


@dataclass(frozen=True, slots=True)
class Persona:
    """`opening` begins the answer and is kept in the sentence."""

    ask: str
    examples: tuple[tuple[str, str], ...]
    shots: int
    opening: Callable[[str, random.Random], str]
    fallback: Callable[[str, random.Random], str]

    def prompt(self, given: str, opening: str, chance: random.Random) -> str:
        turns = [
            f"{USER}{self.ask}: {question}{ASSISTANT}{answer}{TURN_END}"
            for question, answer in chance.sample(self.examples, self.shots)
        ]
        return f"{''.join(turns)}{USER}{self.ask}: {given}{ASSISTANT}{opening}"

    def answers(self) -> tuple[str, ...]:
        return tuple(answer for _, answer in self.examples)


SAME = (
    ("Someone counts the windows.", "One by one, the panes are being numbered."),
    ("Hot soup in a blue bowl", "Steam rises from something round and blue."),
    ("It was quiet in the hall.", "Not a sound came from the corridor."),
    ("Two chairs stand by the door.", "Beside the entrance a pair of seats is waiting."),
    ("The paper is folded twice.", "A sheet has been creased, and creased again."),
    ("A clock ticks in the office.", "Time is audible between the desks."),
    ("The bread is still warm.", "Heat has not yet left the loaf."),
)
OTHER = (
    ("someone counts the windows", "nobody notices the walls"),
    ("hot soup in a blue bowl", "cold sand on a yellow plate"),
    ("it was quiet in the hall", "a noise as of hammers fills the yard"),
    ("two chairs stand by the door", "a single bed floats far from any wall"),
    ("the paper is folded twice", "an iron sheet lies flat and bare"),
    ("a clock ticks in the office", "in the meadow time has stopped"),
)
PRECISE = (
    ("Someone counts the windows.", "In Lima, Rosa counts eleven windows of the old post office."),
    ("Hot soup", "On a ferry to Bergen, Nils burns his tongue on leek soup."),
    ("It was quiet.", "In the reading room at Tartu only Maret's pencil was to be sound."),
    ("Two chairs", "Two wicker chairs stand outside Amina's tailor shop in Dakar."),
    ("The bread is warm.", "Under a checked cloth in Tbilisi, Nino's flat bread is still warm."),
)
DENIALS = ("Not {}, but", "Instead of {},", "Anything but {}:")  # of a thing
CLAUSE_DENIALS = ("Not {}, but", "It is not so that {};")
DENIAL = re.compile(r"(?i)^(not .*?, but|instead of .*?,|anything but .*?:|it is not so that .*?;)")
PAUSE = re.compile(r"[,;:.!?\u2026]")
NOUN_BEGINS = frozenset(
    ("a", "an", "the", "my", "your", "his", "her", "their", "our", "two", "three")
)
THEN = (
    "Then", "Suddenly,", "That night,", "An hour later,", "Behind them,", "Nobody saw that", "At last",
    "In the morning", "From far away", "Without a word,", "Years later,", "Just then a", "The next day,",
    "When the lights went out,", "Under the floor,", "A stranger", "Somebody whispered that", "Slowly",
)  # fmt: skip
PLACES = (
    "In Valparaíso,", "At the harbour of Riga,", "On a bus in Lagos,", "In a kitchen in Osaka,",
    "Behind the museum in Cairo,", "On the night train to Oslo,", "In a laundrette in Glasgow,",
    "Under a bridge in Prague,", "At the fish market of Busan,", "In a greenhouse in Utrecht,",
    "On a roof in Marrakesh,", "In the library of Coimbra,", "At a bus stop in Winnipeg,",
    "In the lift of a hotel in Baku,", "On a quay in Hobart,", "In a barber's shop in Havana,",
    "At the observatory of La Silla,", "In an orchard near Izmir,", "On the steps in Varanasi,",
)  # fmt: skip
PEOPLE = (
    "Ines", "Anton", "Adaeze", "Kenji", "Samira", "Ingrid", "Callum", "Ludmila", "Min-ji", "Pieter",
    "Youssef", "Beatriz", "Tomasz", "Leyla", "Agnes", "Octavio", "Noor", "Emre", "Shanti", "Mateus",
)  # fmt: skip


def lowered(text: str) -> str:
    """To go on in the middle of a sentence: no capital, no full stop."""
    open_end = text.rstrip(".!?… ")
    word = open_end.split()[0] if open_end else ""
    if not word or word == "I" or (len(word) > 1 and word[:2].isupper()):
        return open_end or text
    return open_end[0].lower() + open_end[1:]


def _nothing(given: str, chance: random.Random) -> str:
    return ""


def _some_place(given: str, chance: random.Random) -> str:
    return f"{_other_opening(PLACES, given, chance)} {chance.choice(PEOPLE)}"


def _other_opening(openings: tuple[str, ...], given: str, chance: random.Random) -> str:
    """Not the one that the words begin with: steps that follow each other open differently."""
    begins = given.casefold()
    return chance.choice(
        [
            one
            for one in openings
            if not begins.startswith(one.partition("{")[0].strip(" ,").casefold())
        ]
    )


def _contrary(given: str, chance: random.Random) -> str:
    """Names what is denied, as far as the first pause, and leaves out what was denied before."""
    affirmed = DENIAL.sub("", lowered(given)).strip() or lowered(given)
    subject = " ".join(PAUSE.split(affirmed)[0].split()[:10])
    openings = DENIALS if subject.split()[0] in NOUN_BEGINS else CLAUSE_DENIALS
    return _other_opening(openings, given, chance).format(subject)


def _short(given: str) -> str:
    return lowered(" ".join(given.split()[:14]))


PERSONAS: Mapping[str, Persona] = {
    "rewriter": Persona(
        ask="Say it in other words",
        examples=SAME,
        shots=2,
        opening=_nothing,
        fallback=lambda given, chance: chance.choice(
            ("It might be said that {}.", "What one sees is this: {}.", "In short, {}, once more.")
        ).format(_short(given)),
    ),
    "storyteller": Persona(
        ask="Continue this story with one short sentence",
        examples=SAME,
        shots=0,
        opening=lambda given, chance: _other_opening(THEN, given, chance),
        fallback=lambda given, chance: (
            f"{chance.choice(THEN).rstrip(',')}, as if {_short(given)}, the door opened."
        ),
    ),
    "contrarian": Persona(
        ask="Say the opposite of this",
        examples=tuple((question, f"Not {question}, but {answer}.") for question, answer in OTHER),
        shots=2,
        opening=_contrary,
        fallback=lambda given, chance: f"Nothing is less true than that {_short(given)}.",
    ),
    "detailer": Persona(
        ask="Rewrite with a name, a place and a thing",
        examples=PRECISE,
        shots=2,
        opening=_some_place,
        fallback=lambda given, chance: f"{_some_place(given, chance)} remembers: {_short(given)}.",
    ),
}
