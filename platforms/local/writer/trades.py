"""The four trades: how each asks the model. Examples rotate, so that none of them leaks for long."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .phrasing import lowered

USER = "<|im_start|>user\n"
ASSISTANT = "<|im_end|>\n<|im_start|>assistant\n"
TURN_END = "<|im_end|>\n"


@dataclass(frozen=True, slots=True)
class Trade:
    """`opening` begins the answer; it is kept in the sentence where `keeps_opening`."""

    ask: str
    examples: tuple[tuple[str, str], ...]
    shots: int
    opening: Callable[[str, random.Random], str]
    fallback: Callable[[str, random.Random], str]
    keeps_opening: bool = True

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
    ("It was quiet.", "In the reading room at Tartu only Maret's pencil was to be heard."),
    ("Two chairs", "Two wicker chairs stand outside Amina's tailor shop in Dakar."),
    ("The bread is warm.", "Under a checked cloth in Tbilisi, Nino's flat bread is still warm."),
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


def _nothing(given: str, chance: random.Random) -> str:
    return ""


def _some_place(given: str, chance: random.Random) -> str:
    return f"{chance.choice(PLACES)} {chance.choice(PEOPLE)}"


def _short(given: str) -> str:
    return lowered(" ".join(given.split()[:14]))


TRADES: Mapping[str, Trade] = {
    "rewriter": Trade(
        ask="Say it in other words",
        examples=SAME,
        shots=2,
        opening=_nothing,
        fallback=lambda given, chance: chance.choice(
            ("It might be said that {}.", "What one sees is this: {}.", "In short, {}, once more.")
        ).format(_short(given)),
    ),
    "storyteller": Trade(
        ask="Continue this story with one short sentence",
        examples=SAME,
        shots=0,
        opening=lambda given, chance: chance.choice(THEN),
        fallback=lambda given, chance: (
            f"{chance.choice(THEN).rstrip(',')}, as if {_short(given)}, the door opened."
        ),
    ),
    "contrarian": Trade(
        ask="Say the opposite of this",
        examples=tuple((question, f"Not {question}, but {answer}.") for question, answer in OTHER),
        shots=2,
        opening=lambda given, chance: f"Not {lowered(given)}, but",
        fallback=lambda given, chance: f"Nothing is less true than that {_short(given)}.",
        keeps_opening=False,
    ),
    "detailer": Trade(
        ask="Rewrite with a name, a place and a thing",
        examples=PRECISE,
        shots=2,
        opening=_some_place,
        fallback=lambda given, chance: f"{_some_place(given, chance)} remembers: {_short(given)}.",
    ),
}
