"""Webhooks of providers: `/webhooks/<platform>/<credential>/<webhook_key>/`."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from invocations.engine import webhooks

MAX_BODY_BYTES = 8_000_000  # a prediction carries its input and its output along


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, platform: str, credential: str, webhook_key: str) -> HttpResponse:
    """204 where the signature is right, 401 otherwise: nothing else can be learnt here."""
    body = request.read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    at = timezone.now()
    accepted = webhooks.receive(platform, credential, webhook_key, headers, body, at=at)
    return HttpResponse(status=204 if accepted else 401)
