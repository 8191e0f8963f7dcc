"""Tells admins when the certificate behind PUBLIC_URL is about to end: looked at as a browser is shown it."""

from __future__ import annotations

import logging
import socket
import ssl
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings
from django.db import transaction

from notifications import outbox
from notifications.models import Condition
from notifications.occasions import Occasion

logger = logging.getLogger(__name__)

WARNED_BEFORE = timedelta(days=14)
TIMEOUT_SECONDS = 10.0
CONDITION = "certificate-ends"


def end_of_certificate() -> datetime | None:
    """None where nobody answers there with one. Whether it is trusted is for browsers to judge."""
    parts = urlsplit(settings.PUBLIC_URL)
    host, port = str(parts.hostname), parts.port or 443
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), TIMEOUT_SECONDS) as line,
            context.wrap_socket(line, server_hostname=host) as secure,
        ):
            shown = secure.getpeercert(binary_form=True)
    except OSError as error:
        logger.info("The certificate of %s cannot be looked at: %s", settings.PUBLIC_URL, error)
        return None
    return x509.load_der_x509_certificate(shown).not_valid_after_utc if shown else None


def watch_certificate(ends_at: datetime | None, at: datetime) -> None:
    if ends_at is None:
        return
    with transaction.atomic():
        if ends_at - at > WARNED_BEFORE:
            Condition.end(CONDITION)
        elif Condition.begin(CONDITION, at=at):
            days = max(0, (ends_at - at).days)
            host = str(urlsplit(settings.PUBLIC_URL).hostname)
            facts: outbox.Facts = {
                "host": host,
                "days": days,
                "date": f"{ends_at.astimezone(UTC):%Y-%m-%d}",
            }
            outbox.tell_admins(Occasion.CERTIFICATE_ENDS, subject=host, facts=facts, at=at)
