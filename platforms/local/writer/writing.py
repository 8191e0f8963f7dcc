"""Asking until there is an answer: other seeds, a little warmer each time; rules as the last resort."""

from __future__ import annotations

import hashlib
import logging
import random
import time
from collections.abc import Callable
from pathlib import Path

from platforms.local.protocol import Reply, Request, Unusable

from .engine import Engine, engine
from .phrasing import sentence, tidied, usable
from .trades import TRADES, Trade

logger = logging.getLogger(__name__)

TRIES = 4
TEMPERATURE = 0.85


def writer(trade: str, weights: Path) -> Callable[[Request], Reply]:
    """The function that practises a trade; loads the model now."""
    loaded = engine(weights)

    def write(request: Request) -> Reply:
        return write_with(loaded, trade, request)

    return write


def write_with(loaded: Engine, trade: str, request: Request) -> Reply:
    """One sentence, never an empty one; the same for the same words only where a seed is set."""
    begun = time.perf_counter()
    given = tidied(request.text)
    if not given:
        raise Unusable("There are no words to work on.")
    text = _written(loaded, TRADES[trade], given, request)
    return Reply(text=text, seconds=time.perf_counter() - begun)


def _written(loaded: Engine, trade: Trade, given: str, request: Request) -> str:
    warmth = min(1.5, max(0.1, request.parameter("temperature", TEMPERATURE)))
    for attempt in range(TRIES):
        if request.cancelled.is_set():
            break
        seed = _seed(request, given, attempt)
        chance = random.Random(seed)  # noqa: S311 (an example and an opening, not a secret)
        opening = trade.opening(given, chance)
        prompt = trade.prompt(given, opening, chance)
        answer, ended = loaded.complete(prompt, seed=seed, temperature=warmth + 0.1 * attempt)
        whole = f"{opening}{answer}" if trade.keeps_opening else answer
        found = sentence(whole, ended=ended)
        if answer.strip() and usable(found, given=given, examples=trade.answers()):
            return found
    logger.info("no usable answer in %d tries for call %s: by rule", TRIES, request.key)
    chance = random.Random(_seed(request, given, TRIES))  # noqa: S311
    return sentence(trade.fallback(given, chance), ended=True)


def _seed(request: Request, given: str, attempt: int) -> int:
    """Differs from step to step, so that a ring does not run into a fixed point, unless set."""
    fixed = request.parameters.get("seed")
    told = fixed if isinstance(fixed, int) else f"{request.key}/{request.number}"
    parts = f"{request.model}\n{given}\n{told}\n{attempt}"
    return int.from_bytes(hashlib.blake2b(parts.encode(), digest_size=4).digest(), "big") >> 1
