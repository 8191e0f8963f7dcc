"""Devices on which somebody has signed in: there, wrong passwords slow an account down and never lock it.

The lock of ten wrong passwords falls on an account and an address, and strangers may have the same
address: those of one office, or everybody behind a proxy that is not known. So a browser gets a cookie
after a good sign-in that says, signed, for whose accounts it is known. It opens nothing.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts import members
from accounts.models import User

COOKIE = "panic_device"
COOKIE_SECONDS = 60 * 60 * 24 * 400  # browsers keep none for longer
MAX_ACCOUNTS = 8  # of one device
FREE_TRIES = 3
MAX_WAIT_SECONDS = 60
FAILURES_KEPT_SECONDS = 60 * 60
_SALT = "accounts.known_devices"


def is_known(request: HttpRequest, credentials: Mapping[str, str] | None) -> bool:
    """Whether the account that is tried has been signed in to with this browser before."""
    tried = _digest(members.sign_in_address(request, credentials))
    return any(constant_time_compare(tried, known) for known in _device(request)["accounts"])


def remember(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Know this browser for this account from now on, and forget what failed there."""
    device = _device(request)
    account = _digest(members.normalized_address(user.email))
    others = [known for known in device["accounts"] if known != account]
    response.set_cookie(
        COOKIE,
        signing.dumps({**device, "accounts": [account, *others][:MAX_ACCOUNTS]}, salt=_SALT),
        max_age=COOKIE_SECONDS,
        path="/account/",
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    cache.delete_many(_cache_keys(device["id"], account))


def seconds_to_wait(request: HttpRequest) -> int:
    """How long the next try has to wait on a device that is known; 0 where it may be made now.

    Then it counts as failed until `remember`: tries at the same moment do not slip through.
    """
    if not is_known(request, None):
        return 0
    failures, pause = _cache_keys(
        _device(request)["id"], _digest(members.sign_in_address(request, None))
    )
    now = time.time()
    if ready_at := cache.get(pause):
        return max(1, round(float(ready_at) - now))
    cache.add(failures, 0, FAILURES_KEPT_SECONDS)
    seconds = wait_after(int(cache.incr(failures)))
    slipped = seconds and not cache.add(pause, now + seconds, seconds)
    return seconds if slipped else 0


def wait_after(failures: int) -> int:
    """Seconds between the last of so many wrong passwords and the next try."""
    if failures < FREE_TRIES:
        return 0
    return int(min(MAX_WAIT_SECONDS, 2 ** (failures - FREE_TRIES + 1)))


def _device(request: HttpRequest) -> dict[str, Any]:
    """`{id, accounts}`: a new one where the cookie is missing, or not ours."""
    try:
        found: dict[str, Any] = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=COOKIE_SECONDS
        )
    except signing.BadSignature:
        return {"id": secrets.token_urlsafe(12), "accounts": []}
    return found


def _digest(account: str) -> str:
    """So that a cookie does not tell whose it is."""
    return salted_hmac(_SALT, account).hexdigest()[:32]


def _cache_keys(device: str, account: str) -> tuple[str, str]:
    return f"sign-in:failures:{device}:{account}", f"sign-in:pause:{device}:{account}"
