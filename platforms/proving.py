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


@dataclass(frozen=True, slots=True)
class Reply:
    """What was heard, before it is noted; with nothing heard of the key there is nothing to note."""

    proof: Proof
    noted: bool = False
    refused: bool = False


def prove(key: Credential | HouseKey) -> Proof:
    """Ask with this key and note on it how that went. Blocks; never within a transaction."""
    return note(key, ask(key))


def ask(key: Credential | HouseKey) -> Reply:
    """Ask and note nothing. Blocks, and needs no database."""
    grant = Grant(key.platform, key)
    try:
        platform = registry.get_platform(key.platform)
        sentence = asyncio.run(_asked(platform, grant.credentials()))
    except registry.UnknownModel:
        return Reply(Proof(None, "There is no such platform any more."))
    except Unreadable:
        return Reply(Proof(False, "It cannot be decrypted on this machine: type it in again."))
    except PlatformError as error:  # one that is down says nothing about the key
        told = Proof(False if error.permanent else None, grant.in_words(str(error)))
        return Reply(told, noted=True, refused=error.key_refused)
    if not sentence:
        label = platform.label
        return Reply(Proof(None, f"{label} has no free way to try a key: its first use will tell."))
    return Reply(Proof(True, sentence), noted=True)


def note(key: Credential | HouseKey, reply: Reply) -> Proof:
    """Write it on the key, unless that was replaced meanwhile."""
    proof = reply.proof
    if reply.noted:
        at = timezone.now()
        key.note_test(proof.sentence, passed=proof.passed, refused=reply.refused, at=at)
    return proof


async def _asked(platform: Platform, credentials: Mapping[str, str]) -> str:
    try:
        async with asyncio.timeout(LONGEST):
            return await platform.check(credentials)
    except TimeoutError:
        raise TimedOut(f"{platform.label} did not answer within {LONGEST:g} seconds.") from None
    finally:
        await web.close()
