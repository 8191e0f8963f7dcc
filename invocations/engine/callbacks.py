"""Where a provider may ring when there is news of a request, and what happens when somebody does.

A ring is never believed: it makes whoever holds the request look at the provider at once. So what is
forged, repeated, late or out of order costs one look at most, and a ring that is lost costs the time
until the next look, which comes anyway.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from invocations.models import CallbackSecret
from platforms.base import Platform
from platforms.errors import PlatformError
from platforms.webhooks import is_signed
from realtime import wakeup

from .claims import Claim

logger = logging.getLogger(__name__)
T = TypeVar("T")

CHANNEL = "answer"
KEPT = timedelta(days=1)  # an owner may have changed the secret at the provider
NOT_AGAIN = 300.0  # seconds until a platform that could not tell is asked once more
ASKING = 3.0  # seconds at most: a stop waits behind it


class Desk(Protocol):
    async def in_database(self, work: Callable[[], T]) -> T: ...


_known: dict[tuple[str, str], tuple[float, bool]] = {}  # until when; whether it rings


def bell_of(claim: Claim) -> str:
    """Names the request and nobody can guess it. Of the idempotency key, so that a retry under the
    same key is the same request to the letter, and whoever adopts it hears the same bell."""
    key = claim.attempt.idempotency_key
    return salted_hmac("invocations.callback", key, algorithm="sha256").hexdigest()[:32]


async def address(claim: Claim, platform: Platform, keys: Mapping[str, str], desk: Desk) -> str:
    """Where the provider of a new request may ring; empty where it cannot, or could not be checked."""
    if not settings.PUBLIC_URL or claim.attempt.reference or not claim.way.credential:
        return ""
    if type(platform).callback_secret is Platform.callback_secret:
        return ""
    name = platform.slug, claim.way.credential
    until, rings = _known.get(name, (0.0, False))
    if time.monotonic() > until:
        _known[name] = time.monotonic() + NOT_AGAIN, False  # the calls beside this one do not wait
        if rings := await _has_secret(platform, claim.way.credential, keys, desk):
            _known[name] = time.monotonic() + KEPT.total_seconds() / 2, True
    path = f"/webhooks/{platform.slug}/{claim.way.credential}/{bell_of(claim)}/"
    return settings.PUBLIC_URL + path if rings else ""


async def _has_secret(
    platform: Platform, credential: str, keys: Mapping[str, str], desk: Desk
) -> bool:
    now = timezone.now()
    kept = await desk.in_database(lambda: _kept(platform.slug, credential))
    if kept and kept.secret and now - kept.fetched_at < KEPT:
        return True
    try:
        async with asyncio.timeout(ASKING):
            secret = await platform.callback_secret(settings.PUBLIC_URL, keys)
    except (PlatformError, TimeoutError) as error:
        logger.warning("%s did not say how it signs; it is polled. %s", platform.label, error)
        return False
    if secret:
        keep = CallbackSecret.keep
        await desk.in_database(lambda: keep(platform.slug, credential, secret, at=now))
    return bool(secret)


def hear(
    platform: str,
    credential: str,
    bell: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    at: datetime,
) -> bool:
    """Wake whoever waits for the request that `bell` names; False where the signature is not right."""
    kept = _kept(platform, credential) if headers.get("webhook-signature") else None
    if kept is None or not is_signed(headers, body, kept.secret, now=at.timestamp()):
        return False
    wakeup.ring(CHANNEL, bell)
    return True


def _kept(platform: str, credential: str) -> CallbackSecret | None:
    return CallbackSecret.objects.filter(platform=platform, credential=credential).first()
