"""Where providers ring: `/webhooks/<platform>/<credential>/<bell>/`."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from invocations.engine import callbacks

LARGEST = 8_000_000  # bytes; a prediction carries its input and its output along


@csrf_exempt
@require_POST
def ring(request: HttpRequest, platform: str, credential: str, bell: str) -> HttpResponse:
    """204 where the signature is right, 401 otherwise: nothing else can be learnt here."""
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    at = timezone.now()
    heard = callbacks.hear(platform, credential, bell, headers, body, at=at)
    return HttpResponse(status=204 if heard else 401)
