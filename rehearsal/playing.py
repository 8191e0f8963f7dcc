"""Playing a programme: opens the stages, plays the acts, has the histories checked."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from . import invariants
from .acts.base import Act, NotPlayed
from .card import Card, Verdict
from .hiccups import Hiccups
from .opening import House, opened
from .programme import Lane
from .stage import Broken, Stage

logger = logging.getLogger(__name__)

APART = (
    0.7  # seconds between the acts of a group; failures in a burst would close the platform's gate
)


def play(house: House, lanes: Sequence[Lane], card: Card) -> None:
    """Every lane at the same time; what comes of it goes onto the card."""
    with ThreadPoolExecutor(max(1, len(lanes)), "lane") as pool:
        list(pool.map(lambda lane: _play_lane(house, lane, card), lanes))


def _play_lane(house: House, lane: Lane, card: Card) -> None:
    for bill in lane:
        try:
            with opened(house, bill) as stage, Hiccups() as hiccups:
                for group in bill.groups:
                    _play_group(stage, group, card)
                stage.settle()
                card.check(bill.name, stage.history(hiccups.longest), invariants.ALL)
        except (AssertionError, Broken, httpx.HTTPError, OSError) as error:
            card.add(Verdict.of_stage(bill.name, f"the installation did not hold: {error}"))


def _play_group(stage: Stage, group: Sequence[Act], card: Card) -> None:
    def one(numbered: tuple[int, Act]) -> None:
        number, act = numbered
        time.sleep(number * APART)
        card.add(_play_act(stage, act))

    with ThreadPoolExecutor(len(group)) as pool:
        list(pool.map(one, enumerate(group)))


def _play_act(stage: Stage, act: Act) -> Verdict:
    began = time.monotonic()
    try:
        sentence, passed = act.play(stage), True
    except NotPlayed as error:
        return Verdict(act.name, act.title, act.promises, None, str(error), 0.0)
    except Broken as error:
        sentence, passed = str(error), False
    except Exception as error:  # a border: one act's mistake must not end the evening
        logger.exception("act %s", act.name)
        sentence, passed = f"{type(error).__name__}: {error}", False
    seconds = time.monotonic() - began
    if passed and seconds > act.limit:
        sentence, passed = f"took {seconds:.0f} s, over {act.limit:.0f} s: {sentence}", False
    return Verdict(act.name, act.title, act.promises, passed, sentence, seconds)
