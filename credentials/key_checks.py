"""Testing a key: the platform is asked something that costs nothing, and the answer is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from lib.encryption import Unreadable
from lib.stored_sentences import stored_sentence
from platforms import http, registry
from platforms.base import Platform
from platforms.errors import PlatformError, TimedOut

from .models import Credential, OperatorKey
from .operator_keys import is_in_environment
from .resolution import ResolvedCredential

MAX_CHECK_SECONDS = 20.0  # for a platform that asks more than once
MAX_RETESTS = 100

PLATFORM_GONE = stored_sentence("There is no such platform any more.")
UNREADABLE = stored_sentence("It cannot be decrypted on this machine: type it in again.")
NO_FREE_WAY = stored_sentence(
    "%(platform)s has no free way to test a key: its first use will tell."
)


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """How a test went, in a stored sentence; `passed` is None where nothing was learned about the key."""

    passed: bool | None
    sentence: str


@dataclass(frozen=True, slots=True)
class KeyCheckReply:
    """How a test went, before it is written on the key; not `conclusive`: nothing is to be written."""

    check: KeyCheck
    conclusive: bool = False
    refused: bool = False


def check_key(key: Credential | OperatorKey) -> KeyCheck:
    """Test this key and write on it how that went. Blocks; never within a transaction."""
    return record_reply(key, ask_platform(key))


def ask_platform(key: Credential | OperatorKey) -> KeyCheckReply:
    """Test this key and write nothing. Blocks, and needs no database."""
    credential = ResolvedCredential(key.platform, key)
    try:
        platform = registry.get_platform(key.platform)
        sentence = asyncio.run(_ask(platform, credential.secrets()))
    except registry.UnknownModel:
        return KeyCheckReply(KeyCheck(None, PLATFORM_GONE))
    except Unreadable:
        return KeyCheckReply(KeyCheck(False, UNREADABLE))
    except PlatformError as error:  # one that is down says nothing about the key
        sentence = credential.redact(str(error))
        found = KeyCheck(False if error.permanent else None, sentence)
        return KeyCheckReply(found, conclusive=True, refused=error.key_refused)
    if not sentence:
        return KeyCheckReply(KeyCheck(None, NO_FREE_WAY % {"platform": platform.label}))
    return KeyCheckReply(KeyCheck(True, sentence), conclusive=True)


def record_reply(key: Credential | OperatorKey, reply: KeyCheckReply) -> KeyCheck:
    """Write it on the key, unless that was replaced meanwhile."""
    found = reply.check
    if reply.conclusive:
        at = timezone.now()
        key.note_test(found.sentence, passed=found.passed, refused=reply.refused, at=at)
    return found


def keys_due_for_retest(kind: type[Credential] | type[OperatorKey], at: datetime) -> list[int]:
    """The primary keys of refused keys that are to be tested again now."""
    refused = kind.objects.filter(refused_at__isnull=False)[:MAX_RETESTS]
    return [
        key.pk
        for key in refused
        if key.is_due_for_retest(at) and (isinstance(key, Credential) or is_in_environment(key))
    ]


async def _ask(platform: Platform, secrets: Mapping[str, str]) -> str:
    try:
        async with asyncio.timeout(MAX_CHECK_SECONDS):
            return await platform.check(secrets)
    except TimeoutError:
        raise TimedOut(http.not_in_time(platform.label, MAX_CHECK_SECONDS)) from None
    finally:
        await http.close()
