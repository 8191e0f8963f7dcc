"""Reporting unforeseen errors to Sentry, where the operator asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint


def begin(dsn: str) -> None:
    """What failed and where is reported, and nothing of people: no request, whose address may hold
    a guest's key; no local variables, which may be prompts or keys to platforms; no log lines."""
    if not dsn:
        return
    import sentry_sdk  # costs megabytes: only where it is asked for
    from sentry_sdk.integrations.django import DjangoIntegration

    sentry_sdk.init(
        dsn=dsn,
        integrations=[DjangoIntegration()],
        auto_enabling_integrations=False,  # it would import every platform's own library
        send_default_pii=False,
        include_local_variables=False,
        max_breadcrumbs=0,
        before_send=discreet,
    )


def discreet(event: Event, hint: Hint) -> Event:
    """The error without what came with it, and without the secrets that a library may have put into
    its sentence."""
    from django.conf import settings

    from lib.redaction import redact_data

    event.pop("request", None)
    event.pop("user", None)
    event.pop("breadcrumbs", None)
    event.pop("extra", None)
    redacted: Event = redact_data(event, settings.PLATFORM_KEYS.values())
    return redacted
