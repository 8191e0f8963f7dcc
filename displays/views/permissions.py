"""Which installation a page is about, and who may see the page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from displays.access import known_installation, missing_as_404

Page = Callable[..., HttpResponse]


def known_only(page: Page) -> Page:
    """For whoever looks after its network: sign in first; 404 for everybody else. Gives the page
    the installation."""

    @wraps(page)
    @never_cache
    @login_required
    def checked(request: HttpRequest, installation_id: str, **more: str) -> HttpResponse:
        with missing_as_404():
            return page(request, known_installation(request.user, installation_id), **more)

    return checked


def editors_only(page: Page) -> Page:
    """The same for whoever may edit its network; 403 for those who only help with it."""

    @wraps(page)
    @never_cache
    @login_required
    def checked(request: HttpRequest, installation_id: str, **more: str) -> HttpResponse:
        installation = known_installation(request.user, installation_id)
        if not installation.network.may_edit(request.user):
            raise PermissionDenied
        with missing_as_404():
            return page(request, installation, **more)

    return checked
