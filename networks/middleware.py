"""Leads from an address that a network had before to the one it has now.

Looked up only once a page was not found, so that no other page pays for it; and only for whoever may
see the network, so that an old address tells nobody of a private one. 307 keeps the method and what
was typed; it is not remembered by browsers, because the network may move back.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from .models import Network


class FollowOldSlugs:
    """Middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        match = request.resolver_match
        if not isinstance(error, Http404) or match is None or match.namespace != "networks":
            return None
        if "slug" not in match.kwargs:  # a page of no network
            return None
        slug = match.kwargs["slug"]
        network = Network.objects.visible_to(request.user).filter(old_slugs__slug=slug).first()
        if network is None or network.slug == slug:
            return None
        path = reverse(match.view_name, kwargs={**match.kwargs, "slug": network.slug})
        query = request.META.get("QUERY_STRING", "")
        response = HttpResponseRedirect(f"{path}?{query}" if query else path)
        response.status_code = 307
        return response
