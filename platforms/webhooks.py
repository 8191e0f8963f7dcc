"""Signed calls from a provider to us, by the Standard Webhooks scheme (Svix, Replicate).

What is signed is `id.timestamp.body`, with HMAC-SHA256 under a secret that the provider tells over
its API. The timestamp is part of it, so that what was overheard cannot be sent again for ever.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

TOLERANCE = 300.0  # seconds the sender's clock may differ from ours, its own retries included
PREFIX = "whsec_"


def is_signed(headers: Mapping[str, str], body: bytes, secret: str, *, now: float) -> bool:
    """Whether whoever knows `secret` sent exactly this, just now. Names of headers in lower case."""
    message, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message or not sent_at.isdecimal() or abs(now - float(sent_at)) > TOLERANCE:
        return False
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    if not key:
        return False
    signed = f"{message}.{sent_at}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    given = [entry.partition(",") for entry in headers.get("webhook-signature", "").split()]
    # All are looked at, each in constant time: a provider that changes its secret sends two.
    matches = [
        hmac.compare_digest(signature.encode(), expected)
        for version, _, signature in given
        if version == "v1"
    ]
    return any(matches)
