"""The operator's keys, and whose networks may spend on them. For admins."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.views.members import admins_only
from credentials import key_checks, operator_keys
from platforms import registry

from .credentials import show_check

PER_PAGE = 50


@require_safe
@never_cache
@admins_only
def index(request: HttpRequest) -> HttpResponse:
    shown = [
        {"key": key, "platform": registry.get_platform(key.platform)}
        for key in operator_keys.operator_keys()
    ]
    curators = User.objects.filter(is_active=True, is_superuser=False).order_by("email")
    context = {
        "shown": shown,
        "curators": Paginator(curators, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "credentials/operator_keys.html", context)


@require_POST
@admins_only
def test(request: HttpRequest, platform: str) -> HttpResponse:
    key = operator_keys.operator_key(platform)
    if key is None:
        raise Http404
    show_check(request, key_checks.check_key(key))
    return redirect("keys:operator")


@require_POST
@admins_only
def allow(request: HttpRequest, public_id: str) -> HttpResponse:
    """Whether somebody's networks may spend on the operator's keys: `may` is yes or no."""
    person = get_object_or_404(User, public_id=public_id, is_active=True, is_superuser=False)
    allowed = request.POST.get("may") == "yes"
    by = cast("User", request.user)
    operator_keys.allow_operator_keys(person=person, allowed=allowed, by=by)
    sentence = gettext("Networks of %(who)s may no longer spend on the operator's keys.")
    if allowed:
        sentence = gettext("Networks of %(who)s may spend on the operator's keys.")
    messages.success(request, sentence % {"who": person})
    return redirect("keys:operator")
