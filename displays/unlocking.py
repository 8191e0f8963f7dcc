"""A kiosk that an admin has unlocked: for some minutes its panic button stops everything.

The admin gives e-mail and password and is not signed in by it: a signed cookie of this browser says who it was.
It is sent with no request that another site makes, and it opens nothing but the stop.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import AuditEntry, User
from invocations import halts
from invocations.models import StopAll

COOKIE = "unlocked"
UNLOCKED_SECONDS = 300
SALT = "displays.unlocking"


class NotUnlocked(Exception):
    """No admin has unlocked this kiosk, or the time is over."""


def unlock(
    response: HttpResponse, *, request: HttpRequest, page: str, admin: User, at: datetime
) -> None:
    """From now on, and for some minutes, the button of this browser stops everything. `page`: where it is,
    for the log."""
    until = at + timedelta(seconds=UNLOCKED_SECONDS)
    response.set_cookie(
        COOKIE,
        signing.dumps([admin.public_id, until.timestamp()], salt=SALT),
        max_age=UNLOCKED_SECONDS,
        secure=request.is_secure(),
        httponly=True,
        samesite="Strict",
    )
    # Without the query: a terminal's has its visitors' token.
    AuditEntry.record(admin, "kiosk.unlocked", page.partition("?")[0][:100])


def lock(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, samesite="Strict")


def unlocked_until(request: HttpRequest) -> datetime | None:
    """None where the kiosk is locked. No query."""
    return _read(request)[1]


def stop_all(request: HttpRequest, *, at: datetime) -> StopAll:
    """Stop everything, in the name of the admin who has unlocked this kiosk. Raises NotUnlocked."""
    public_id, until = _read(request)
    admin = User.objects.admins().filter(public_id=public_id).first() if until else None
    if admin is None:
        raise NotUnlocked
    return halts.stop_all(stopped_by=admin, at=at)


def _read(request: HttpRequest) -> tuple[str, datetime | None]:
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=UNLOCKED_SECONDS)
    except signing.BadSignature:
        return "", None
    public_id, until = (
        str(found[0]),
        datetime.fromtimestamp(found[1], tz=timezone.get_default_timezone()),
    )
    return (public_id, until) if until > timezone.now() else ("", None)
