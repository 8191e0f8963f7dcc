"""Trying a key: the platform is asked something that costs nothing, and the answer is remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone

from . import registry, web
from .base import Platform
from .errors import PlatformError, TimedOut
from .keyring import Grant
from .models import Credential, HouseKey
from .sealing import Unreadable

LONGEST = 20.0  # seconds, for a platform that asks more than once


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of it, in a sentence; `passed` is None where nothing was learned of the key."""

    passed: bool | None
    sentence: str


def prove(key: Credential | HouseKey) -> Proof:
    """Ask with this key and note on it how that went. Blocks; never within a transaction."""
    grant = Grant(key.platform, key)
    try:
        platform = registry.get_platform(key.platform)
        sentence = asyncio.run(_asked(platform, grant.credentials()))
    except registry.UnknownModel:
        return Proof(None, "There is no such platform any more.")
    except Unreadable:
        return Proof(False, "It cannot be decrypted on this machine: type it in again.")
    except PlatformError as error:
        return _failed(key, error, grant.in_words(str(error)))
    if not sentence:
        return Proof(
            None, f"{platform.label} has no free way to try a key: its first use will tell."
        )
    key.note_test(sentence, passed=True, refused=False, at=timezone.now())
    return Proof(True, sentence)


def _failed(key: Credential | HouseKey, error: PlatformError, sentence: str) -> Proof:
    """A platform that is down says nothing about the key."""
    passed = False if error.permanent else None
    key.note_test(sentence, passed=passed, refused=error.key_refused, at=timezone.now())
    return Proof(passed, sentence)


async def _asked(platform: Platform, credentials: Mapping[str, str]) -> str:
    try:
        async with asyncio.timeout(LONGEST):
            return await platform.check(credentials)
    except TimeoutError:
        raise TimedOut(f"{platform.label} did not answer within {LONGEST:g} seconds.") from None
    finally:
        await web.close()
