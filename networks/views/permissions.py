"""Which network a page is about, and who may see the page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from lib.validation import is_legible
from networks.models import Network

Page = Callable[..., HttpResponse]


def owners_only(page: Callable[..., HttpResponse]) -> Page:
    """Sign in first; 404 where it is not theirs to see, then 403. Gives the page the network."""

    @wraps(page)
    @login_required
    def checked(request: HttpRequest, slug: str, **more: str) -> HttpResponse:
        network = visible_network(request, slug)
        if not network.may_edit(request.user):
            raise PermissionDenied
        return page(request, network, **more)

    return checked


def visible_network(request: HttpRequest, slug: str) -> Network:
    """The network of this address, with its owner. Raises Http404 where the person may not see it."""
    if not is_legible(slug):  # it may have been typed, and no database looks that up
        raise Http404
    found = Network.objects.visible_to(request.user).select_related("owner")
    return get_object_or_404(found, slug=slug)


def attended_network(request: HttpRequest, slug: str) -> Network:
    """For attendants, who see nothing else of a private network, and those who control it. Raises Http404,
    or PermissionDenied for others who may see it."""
    if is_legible(slug):
        found = Network.objects.select_related("owner").filter(slug=slug).first()
        if found is not None and found.may_attend(request.user):
            return found
    visible_network(request, slug)
    raise PermissionDenied


def controlled_network(request: HttpRequest, slug: str) -> Network:
    """The same for those who may control it. Raises PermissionDenied for others who may see it."""
    network = visible_network(request, slug)
    if not network.may_control(request.user):
        raise PermissionDenied
    return network
