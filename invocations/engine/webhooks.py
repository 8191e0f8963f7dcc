"""The addresses at which a provider may announce news of a request, and what a received webhook does.

Webhooks are hints, never results: one makes whoever holds the request look at the provider at once.
What is forged, repeated, late or out of order costs one look at most, and a lost one costs the time
until the next look, which comes anyway.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from invocations.models import WebhookSecret
from platforms.base import Platform
from platforms.errors import PlatformError
from platforms.webhooks import is_signed
from realtime import wakeup

from .claims import Claim
from .threads import Threads

logger = logging.getLogger(__name__)

CHANNEL = "answer"
MAX_SECRET_AGE = timedelta(days=1)  # an owner may have changed the secret at the provider
ASK_AGAIN_SECONDS = 300.0  # until a platform that could not tell is asked once more
ASK_SECONDS = 3.0  # at most: a stop waits behind it


_known: dict[tuple[str, str], tuple[float, bool]] = {}  # until when; whether it signs webhooks


def webhook_key_of(claim: Claim) -> str:
    """Names the request and nobody can guess it. Of the idempotency key, so that a retry under the
    same key is the same request to the letter, and whoever adopts it gets the same webhook."""
    key = claim.attempt.idempotency_key
    return salted_hmac("invocations.callback", key, algorithm="sha256").hexdigest()[:32]


async def address(
    claim: Claim, platform: Platform, keys: Mapping[str, str], threads: Threads
) -> str:
    """Where the provider of a new request may call; empty where it cannot, or could not be checked."""
    if not settings.PUBLIC_URL or claim.attempt.reference or not claim.limiters.credential:
        return ""
    if type(platform).callback_secret is Platform.callback_secret:
        return ""
    name = platform.slug, claim.limiters.credential
    until, signs = _known.get(name, (0.0, False))
    if time.monotonic() > until:
        # Before it is known: the calls beside this one do not wait.
        _known[name] = time.monotonic() + ASK_AGAIN_SECONDS, False
        if signs := await _has_secret(platform, claim.limiters.credential, keys, threads):
            _known[name] = time.monotonic() + MAX_SECRET_AGE.total_seconds() / 2, True
    path = f"/webhooks/{platform.slug}/{claim.limiters.credential}/{webhook_key_of(claim)}/"
    return settings.PUBLIC_URL + path if signs else ""


async def _has_secret(
    platform: Platform, credential: str, keys: Mapping[str, str], threads: Threads
) -> bool:
    now = timezone.now()
    kept = await threads.in_database(lambda: _kept(platform.slug, credential))
    if kept and kept.secret and now - kept.fetched_at < MAX_SECRET_AGE:
        return True
    try:
        async with asyncio.timeout(ASK_SECONDS):
            secret = await platform.callback_secret(settings.PUBLIC_URL, keys)
    except (PlatformError, TimeoutError) as error:
        logger.warning("%s did not say how it signs; it is polled. %s", platform.label, error)
        return False
    if secret:
        keep = WebhookSecret.keep
        await threads.in_database(lambda: keep(platform.slug, credential, secret, at=now))
    return bool(secret)


def receive(
    platform: str,
    credential: str,
    webhook_key: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    at: datetime,
) -> bool:
    """Wake whoever waits for the request that `webhook_key` names; False where the signature is not right."""
    kept = _kept(platform, credential) if headers.get("webhook-signature") else None
    if kept is None or not is_signed(headers, body, kept.secret, now=at.timestamp()):
        return False
    wakeup.notify(CHANNEL, webhook_key)
    return True


def _kept(platform: str, credential: str) -> WebhookSecret | None:
    return WebhookSecret.objects.filter(platform=platform, credential=credential).first()
