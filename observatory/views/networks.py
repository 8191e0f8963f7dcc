"""A network seen as a whole: its three numbers, what each slot has a part in, and its runs in one picture."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from lib.qr_codes import PublicUrl
from lib.version import product_version
from networks.views.permissions import visible_network
from observatory.models.embedding import TEXT_MODEL
from observatory.network_pages import network_context


@require_safe
def of_network(request: HttpRequest, slug: str) -> HttpResponse:
    network = visible_network(request, slug)
    context = network_context(network, request.user) | {
        "at": timezone.now(),
        "text_model": TEXT_MODEL,
        "version": product_version(),
        "address": PublicUrl.for_path(request, request.path).url,
    }
    return render(request, "observatory/network.html", context)
